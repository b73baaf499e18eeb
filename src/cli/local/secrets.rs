//! `local secrets USER`

use serde_json::Value;

use super::{Data, answer, shown, snake};
use crate::cli::context::Context;
use crate::cli::people::completed;
use crate::domain::{Result, UserId};

/// Whose.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  mfactl local secrets adele -o json --jq .password")]
pub struct Args {
    /// A demo person
    #[arg(value_name = "USER")]
    user: String,
    #[command(flatten)]
    data: Data,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self {
            user,
            data: Data { data },
        } = self;
        let (console, profile) = cx.console(data).await?;
        let user = UserId(completed(&user, profile.domain.as_deref()));
        let told = snake(console.secrets(&user).await?);
        let mut rows = vec![("password", shown(told.get("password")))];
        for (key, name, secret) in [
            ("totp", "device", "secret"),
            ("remembered_devices", "name", "token"),
            ("app_passwords", "name", "password"),
        ] {
            for item in told.get(key).and_then(Value::as_array).into_iter().flatten() {
                rows.push((
                    key,
                    format!("{}: {}", shown(item.get(name)), shown(item.get(secret))),
                ));
            }
        }
        answer(cx, &told, "secrets", &rows)?;
        Ok(0)
    }
}
