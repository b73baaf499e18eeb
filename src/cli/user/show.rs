//! `user show USER…`

use crate::cli::context::{Context, Intent};
use crate::cli::people;
use crate::cli::who::Whose;
use crate::domain::shape::UserShow;
use crate::domain::{Parts, Result};
use crate::jobs::guard::protected_by;
use crate::render;

/// Whom.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  mfactl user show adele\n  mfactl user show adele -o json --jq .registration.state"
)]
pub struct Args {
    #[command(flatten)]
    whose: Whose,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self { whose } = self;
        let whose = whose.select(cx)?;
        let session = cx.connect(Intent::Read).await?;
        let mut found = Vec::new();
        let read = people::each(
            cx,
            &session,
            &whose,
            &["user", "show"],
            Parts::PAGE,
            |user, info| {
                found.push((user.clone(), info.clone()));
                Ok(())
            },
        )
        .await?;
        let ids: Vec<_> = found.iter().map(|(user, _)| user.id.clone()).collect();
        let mut privileges = Vec::with_capacity(ids.len());
        for ids in ids.chunks(people::BATCH) {
            privileges.extend(session.service.privileges(ids).await);
        }
        let pages: Vec<UserShow> = found
            .iter()
            .zip(privileges)
            .map(|((user, info), privileges)| {
                // What the token may not tell stays unknown: the page is worth having without it.
                let privileges = privileges.unwrap_or_default();
                let protected_by = protected_by(&session.guard, user, &privileges);
                UserShow::new(session.who(user), user, info, &privileges, protected_by)
            })
            .collect();
        let mut out = cx.ui.stdout();
        let summary = read.summary(&session, pages.len() as u64);
        render::user_show(&cx.page(), &mut out, &pages, whose.shape(), &summary)?;
        out.done()?;
        Ok(read.end(cx))
    }
}
