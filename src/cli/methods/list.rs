//! `methods list USER…`

use crate::cli::context::{Context, Intent};
use crate::cli::people;
use crate::domain::shape::MethodRow;
use crate::domain::{Parts, Result};
use crate::render::{self, text::counted};

/// Whose methods.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  mfactl methods list adele\n  mfactl methods list adele bas -o json --jq '.[].ref'"
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
        let read = people::info(cx, &session, &user, &["methods", "list"], Parts::METHODS).await?;
        let rows: Vec<MethodRow> = read
            .found
            .iter()
            .flat_map(|(user, info)| MethodRow::list(&session.who(user), info.methods()))
            .collect();
        let mut out = cx.ui.stdout();
        let summary = people::summary(&session, &read, rows.len());
        render::methods(&cx.page(), &mut out, &rows, people::shape(&user), &summary)?;
        out.done()?;
        let who: Vec<_> = read.found.iter().map(|(user, _)| session.who(user)).collect();
        if !who.is_empty() {
            let subject = people::subject(&session, &who.iter().collect::<Vec<_>>());
            let sign_in = read
                .found
                .iter()
                .flat_map(|(_, info)| info.methods())
                .filter(|method| method.signs_in())
                .count();
            cx.ui.note(&match rows.len() {
                0 => format!("{subject}: no methods"),
                count => format!(
                    "{subject}: {}, {sign_in} of them for sign-in",
                    counted(count as u64, "method", "methods")
                ),
            });
        }
        Ok(read.end(cx))
    }
}
