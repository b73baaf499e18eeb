//! `local seed --users N`

use serde_json::Value;

use super::{Data, answer, snake};
use crate::cli::context::Context;
use crate::domain::Result;
use crate::render::text::grouped;

/// How many.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  mfactl local seed --users 1000")]
pub struct Args {
    /// Add people until there are so many beside the demo directory's own
    #[arg(long, value_name = "N")]
    users: u64,
    #[command(flatten)]
    data: Data,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self {
            users,
            data: Data { data },
        } = self;
        let (console, _) = cx.console(data).await?;
        let told = snake(console.seed(users).await?);
        let count = |key: &str| grouped(told.get(key).and_then(Value::as_u64).unwrap_or(0));
        answer(
            cx,
            &told,
            "seeded",
            &[("Added", count("added")), ("People", count("users"))],
        )?;
        Ok(0)
    }
}
