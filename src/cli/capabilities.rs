//! `capabilities`: what the service can do, verb by verb, and what instead.

use serde::Serialize;

use super::context::{Context, Intent};
use crate::domain::{Answer, Capabilities, Result};
use crate::render::{Page, Row, Rows, Shape, text::clean};
use crate::services;

/// Of which service.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  mfactl -p local capabilities\n  mfactl capabilities --service entra")]
pub struct Args {
    /// Tell what this service can do, without a profile and without asking it
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
}

/// One capability.
#[derive(Debug, Serialize)]
struct CapabilityRow<'a> {
    service: &'a str,
    capability: String,
    answer: &'static str,
    instead: Option<&'a str>,
    wider: Option<bool>,
    why: Option<&'a str>,
}

impl Row for CapabilityRow<'_> {
    const TYPE: &'static str = "capability";
    const HEADINGS: &'static [&'static str] = &["CAPABILITY", "ANSWER", "DETAIL"];
    const COLUMNS: &'static [&'static str] = &["service", "capability", "answer", "instead", "wider", "why"];

    fn cells(&self, _page: &Page) -> Vec<String> {
        let detail = match (self.why, self.instead) {
            (Some(why), Some(instead)) => format!("{why}; {instead}"),
            (None, Some(instead)) if self.wider == Some(true) => {
                format!("{instead}, which does more than was asked")
            }
            (None, Some(instead)) => instead.to_owned(),
            (Some(why), None) => why.to_owned(),
            (None, None) => "-".to_owned(),
        };
        vec![
            clean(&self.capability).into_owned(),
            self.answer.to_owned(),
            clean(&detail).into_owned(),
        ]
    }
}

fn row<'a>(service: &'a str, capability: String, answer: &'a Answer) -> CapabilityRow<'a> {
    let (word, instead, wider, why) = match answer {
        Answer::Native => ("yes", None, None, None),
        Answer::Substitute { what, wider } => ("instead", Some(what.as_str()), Some(*wider), None),
        Answer::Unsupported { why, instead } => ("no", Some(instead.as_str()), None, Some(why.as_str())),
        Answer::Forbidden { why, mend } => ("no", Some(mend.as_str()), None, Some(why.as_str())),
    };
    CapabilityRow {
        service,
        capability,
        answer: word,
        instead,
        wider,
        why,
    }
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self { service } = self;
        let (name, capabilities, whose) = match service {
            Some(name) => {
                let service = services::find(&name)?;
                (service.name, (service.capabilities)(), service.title.to_owned())
            }
            None => {
                let session = cx.connect(Intent::Read).await?;
                let own = session.service.capabilities().clone();
                (
                    session.service_name,
                    own,
                    format!("{} as {}", session.profile, session.operator.account),
                )
            }
        };
        show(cx, name, &capabilities, &whose)
    }
}

fn show(cx: &Context, service: &str, capabilities: &Capabilities, whose: &str) -> Result<u8> {
    let page = cx.page();
    let mut out = cx.ui.stdout();
    let mut rows = Rows::new(&page, &mut out, Shape::One);
    for (capability, answer) in capabilities.entries() {
        rows.push(&row(service, capability.to_string(), answer))?;
    }
    let summary = serde_json::json!({ "service": service, "rows": rows.count() });
    rows.finish(&summary)?;
    out.done()?;
    let count = |word: &str| {
        capabilities
            .entries()
            .iter()
            .filter(|(_, answer)| row(service, String::new(), answer).answer == word)
            .count()
    };
    cx.ui.note(&format!(
        "{whose}: {} yes, {} instead, {} no",
        count("yes"),
        count("instead"),
        count("no")
    ));
    Ok(0)
}
