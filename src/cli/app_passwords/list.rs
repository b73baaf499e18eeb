//! `app-passwords list USER…`

use crate::cli::context::{Context, Intent};
use crate::cli::people;
use crate::domain::shape::AppPasswordRow;
use crate::domain::{Answer, Capability, Error, ErrorCode, Parts, Result};
use crate::render::{self, text::counted};

/// Whose app passwords.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  mfactl app-passwords list adele")]
pub struct Args {
    /// Sign-in names, object ids or primary mail addresses
    #[arg(required = true, value_name = "USER")]
    user: Vec<String>,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self { user } = self;
        let session = cx.connect(Intent::Read).await?;
        // Where the service cannot list them an empty list would be a lie.
        if let Answer::Unsupported { why, instead } =
            session.service.capabilities().get(Capability::ListAppPasswords)
        {
            return Err(Error::new(
                ErrorCode::Unsupported,
                format!("cannot {}: {why}", Capability::ListAppPasswords),
            )
            .hint(instead));
        }
        let parts = Parts {
            app_passwords: true,
            ..Parts::NONE
        };
        let read = people::info(cx, &session, &user, &["app-passwords", "list"], parts).await?;
        let rows: Vec<AppPasswordRow> = read
            .found
            .iter()
            .flat_map(|(user, info)| {
                let who = session.who(user);
                info.app_passwords
                    .iter()
                    .flatten()
                    .map(move |one| AppPasswordRow {
                        who: who.clone(),
                        app_password: one.clone(),
                    })
            })
            .collect();
        let mut out = cx.ui.stdout();
        let summary = people::summary(&session, &read, rows.len());
        render::app_passwords(&cx.page(), &mut out, &rows, people::shape(&user), &summary)?;
        out.done()?;
        let who: Vec<_> = read.found.iter().map(|(user, _)| session.who(user)).collect();
        if !who.is_empty() {
            let subject = people::subject(&session, &who.iter().collect::<Vec<_>>());
            cx.ui.note(&match rows.len() {
                0 => format!("{subject}: no app passwords"),
                count => format!(
                    "{subject}: {}",
                    counted(count as u64, "app password", "app passwords")
                ),
            });
        }
        Ok(read.end(cx))
    }
}
