//! `user show USER…`

use crate::cli::context::{Context, Intent};
use crate::cli::people;
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
    /// Sign-in names, object ids or primary mail addresses
    #[arg(required = true, value_name = "USER")]
    user: Vec<String>,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self { user } = self;
        let session = cx.connect(Intent::Read).await?;
        let read = people::info(cx, &session, &user, &["user", "show"], Parts::ALL).await?;
        let ids: Vec<_> = read.found.iter().map(|(user, _)| user.id.clone()).collect();
        let privileges = session.service.privileges(&ids).await;
        let pages: Vec<UserShow> = read
            .found
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
        let summary = people::summary(&session, &read, pages.len());
        render::user_show(&cx.page(), &mut out, &pages, people::shape(&user), &summary)?;
        out.done()?;
        Ok(read.end(cx))
    }
}
