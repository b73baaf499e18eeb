//! `local outbox [USER]`

use serde::Serialize;
use serde_json::Value;

use super::{Data, shown, snake};
use crate::cli::context::Context;
use crate::cli::people::completed;
use crate::domain::Result;
use crate::render::{Page, Row, Rows, Shape, text::counted, time};

/// Whose.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  mfactl local outbox\n  mfactl local outbox adele -o json --jq '.[-1].code'"
)]
pub struct Args {
    /// Only what this person received
    #[arg(value_name = "USER")]
    user: Option<String>,
    #[command(flatten)]
    data: Data,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Message(Value);

impl Row for Message {
    const TYPE: &'static str = "message";
    const HEADINGS: &'static [&'static str] = &["SENT", "USER", "BY", "TO", "CODE"];
    const COLUMNS: &'static [&'static str] = &["id", "user", "channel", "to", "text", "code", "sent_at"];

    fn cells(&self, page: &Page) -> Vec<String> {
        let sent = self.0.get("sent_at").and_then(Value::as_str);
        let sent = sent
            .and_then(|text| text.parse().ok())
            .map_or_else(|| "-".to_owned(), |at| time::moment(at, page.now, &page.zone));
        vec![
            sent,
            shown(self.0.get("user")),
            shown(self.0.get("channel")),
            shown(self.0.get("to")),
            shown(self.0.get("code")),
        ]
    }
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self {
            user,
            data: Data { data },
        } = self;
        let (console, profile) = cx.console(data).await?;
        let user = user.map(|user| completed(&user, profile.domain.as_deref()));
        let page = cx.page();
        let mut out = cx.ui.stdout();
        let mut rows = Rows::new(&page, &mut out, Shape::One);
        for item in console.outbox(user.as_deref()).await? {
            rows.push(&Message(snake(item)))?;
        }
        let count = rows.count();
        rows.finish(&serde_json::json!({ "rows": count }))?;
        out.done()?;
        cx.ui.note(&match count {
            0 => "nothing was sent".to_owned(),
            count => format!("{}, the newest last", counted(count, "message", "messages")),
        });
        Ok(0)
    }
}
