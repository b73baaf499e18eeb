//! `hardware-tokens list`

use crate::cli::change::place;
use crate::cli::context::{Context, Intent};
use crate::domain::Result;
use crate::domain::shape::TokenRow;
use crate::render::{Rows, Shape, text::counted};

/// Which tokens.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl hardware-tokens list\n  \
    mfactl hardware-tokens list --available")]
pub struct Args {
    /// Those alone that nobody has
    #[arg(long)]
    available: bool,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self { available } = self;
        let session = cx.connect(Intent::Read).await?;
        let mut tokens = session.service.hardware_tokens().await?;
        tokens.retain(|token| !available || token.user_id.is_none());
        tokens.sort_by(|a, b| a.serial.cmp(&b.serial));
        let page = cx.page();
        let mut out = cx.ui.stdout();
        let mut rows = Rows::new(&page, &mut out, Shape::One);
        let count = tokens.len() as u64;
        for token in tokens {
            rows.push(&TokenRow::new(&session.profile, &session.tenant, token))?;
        }
        rows.finish(&serde_json::json!({ "rows": count }))?;
        out.done()?;
        cx.ui.note(&format!(
            "{}: {}",
            place(&session),
            match count {
                0 => "no hardware tokens".to_owned(),
                count => counted(count, "hardware token", "hardware tokens"),
            }
        ));
        Ok(0)
    }
}
