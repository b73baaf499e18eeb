//! `app-passwords list USER…`

use crate::cli::context::{Context, Intent};
use crate::cli::people;
use crate::cli::who::Whose;
use crate::domain::shape::AppPasswordRow;
use crate::domain::{Capability, Parts, Result};
use crate::render::{Rows, text::counted};

/// Whose app passwords.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  mfactl app-passwords list adele")]
pub struct Args {
    #[command(flatten)]
    whose: Whose,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self { whose } = self;
        let whose = whose.select(cx)?;
        let session = cx.connect(Intent::Read).await?;
        // Where the service cannot list them an empty list would be a lie.
        let lists = Capability::ListAppPasswords;
        if let Some(refused) = session.service.capabilities().get(lists).refusal(lists) {
            return Err(refused);
        }
        let parts = Parts {
            app_passwords: true,
            ..Parts::NONE
        };
        let page = cx.page();
        let mut out = cx.ui.stdout();
        let mut rows = Rows::new(&page, &mut out, whose.shape());
        let verb = ["app-passwords", "list"];
        let outcome = people::each(cx, &session, &whose, &verb, parts, |user, info| {
            let who = session.who(user);
            info.app_passwords.iter().flatten().try_for_each(|one| {
                rows.push(&AppPasswordRow {
                    who: who.clone(),
                    app_password: one.clone(),
                })
            })
        })
        .await;
        let finished = people::finish(&session, rows, outcome);
        out.done()?;
        let (read, count) = finished?;
        if let Some(subject) = read.subject(&session) {
            cx.ui.note(&match count {
                0 => format!("{subject}: no app passwords"),
                count => format!("{subject}: {}", counted(count, "app password", "app passwords")),
            });
        }
        Ok(read.end(cx))
    }
}
