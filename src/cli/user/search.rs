//! `user search TEXT`

use futures::StreamExt as _;

use crate::cli::context::{Context, Intent};
use crate::domain::shape::UserRow;
use crate::domain::{Error, ErrorCode, Result, UserQuery};
use crate::render::{self, text::counted};

/// What to look for.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  mfactl user search \"adele v\"")]
pub struct Args {
    /// The beginning of a name, a sign-in name or a mail address
    #[arg(value_name = "TEXT")]
    text: String,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self { text } = self;
        if text.trim().is_empty() {
            return Err(Error::new(ErrorCode::Usage, "there is nothing to search for")
                .hint(cx.command(["user", "search", "adele"])));
        }
        let session = cx.connect(Intent::Read).await?;
        let query = UserQuery::Search(text.clone());
        let mut rows = Vec::new();
        let mut failed = None;
        {
            let mut people = session.service.users(&query);
            while let Some(user) = people.next().await {
                match user {
                    Ok(user) => rows.push(UserRow {
                        who: session.who(&user),
                        mail: user.mail,
                        enabled: user.enabled,
                        guest: user.guest,
                    }),
                    Err(error) => {
                        failed = Some(error);
                        break;
                    }
                }
            }
        }
        let summary = serde_json::json!({
            "profile": session.profile, "tenant": session.tenant, "rows": rows.len(),
            "failed": u8::from(failed.is_some()),
        });
        let mut out = cx.ui.stdout();
        render::users(&cx.page(), &mut out, &rows, &summary)?;
        out.done()?;
        // Who could not be looked for may be there.
        let failed = match failed {
            Some(error) if rows.is_empty() => return Err(error),
            failed => failed,
        };
        cx.ui.note(&match rows.len() {
            0 => format!("nobody in {} matches \"{text}\"", session.profile),
            count => format!(
                "{} in {}",
                counted(count as u64, "person", "people"),
                session.profile
            ),
        });
        match failed {
            None => Ok(0),
            Some(error) => {
                cx.ui.error(&error);
                Ok(7)
            }
        }
    }
}
