//! `methods list USER…`

use crate::cli::context::{Context, Intent};
use crate::cli::people;
use crate::cli::who::Whose;
use crate::domain::shape::MethodRow;
use crate::domain::{Parts, Result, UnknownPart};
use crate::render::{Rows, Shape, text::counted};

/// Whose methods.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  mfactl methods list adele\n  mfactl methods list adele bas -o json --jq '.[].ref'\n  mfactl methods list --group Sales -o csv"
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
        let page = cx.page();
        let mut out = cx.ui.stdout();
        let mut rows = Rows::new(&page, &mut out, whose.shape());
        let mut sign_in = 0;
        let mut lacking: Vec<UnknownPart> = Vec::new();
        // Of one person it is said what makes the default moot.
        let mut picked = None;
        let outcome = people::each(
            cx,
            &session,
            &whose,
            &["methods", "list"],
            Parts::METHODS,
            |user, info| {
                // Once for everybody: it is the service's affair, not one person's.
                for part in info
                    .unknown
                    .iter()
                    .filter(|part| matches!(part.part.as_str(), "methods" | "default"))
                {
                    if !lacking.iter().any(|known| known.part == part.part) {
                        lacking.push(part.clone());
                    }
                }
                picked.clone_from(&info.system_preferred);
                sign_in += info.methods().iter().filter(|method| method.signs_in()).count();
                let list = MethodRow::list(&session.who(user), info.methods());
                list.iter().try_for_each(|row| rows.push(row))
            },
        )
        .await;
        let finished = people::finish(&session, rows, outcome);
        out.done()?;
        let (read, count) = finished?;
        for lacking in &lacking {
            let what = if lacking.part == "default" {
                "which method is the default is not known: "
            } else {
                ""
            };
            cx.ui.note(&format!("{what}{}; {}", lacking.why, lacking.instead));
        }
        if let Some(picked) =
            picked.filter(|picked| picked.enabled && whose.shape() == Shape::One && count > 0)
        {
            let kind = picked
                .method
                .map_or_else(String::new, |kind| format!(" ({kind})"));
            cx.ui.note(&format!(
                "the service asks for the strongest method first{kind}; the default counts only where that does not reach: \
                 NPS and AD FS"
            ));
        }
        if let Some(subject) = read.subject(&session) {
            cx.ui.note(&match count {
                0 => format!("{subject}: no methods"),
                count => format!(
                    "{subject}: {}, {sign_in} of them for sign-in",
                    counted(count, "method", "methods")
                ),
            });
        }
        Ok(read.end(cx))
    }
}
