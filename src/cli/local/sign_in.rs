//! `local sign-in USER`

use super::factor::factor;
use super::{Data, answer, shown, snake};
use crate::cli::context::Context;
use crate::cli::people::completed;
use crate::domain::Result;
use crate::services::local::{Factor, SignIn};

/// With what.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  mfactl local sign-in adele --password 'demo password'\n  mfactl local sign-in adele --password p --factor sms:\n  mfactl local sign-in adele --session TOKEN"
)]
pub struct Args {
    /// Who signs in
    #[arg(value_name = "USER")]
    user: String,
    /// The password
    #[arg(
        long,
        value_name = "P",
        conflicts_with = "app_password",
        allow_hyphen_values = true
    )]
    password: Option<String>,
    /// An app password
    #[arg(long, value_name = "P", allow_hyphen_values = true)]
    app_password: Option<String>,
    /// The token of a device that may be remembered
    #[arg(long, value_name = "TOKEN", allow_hyphen_values = true)]
    device: Option<String>,
    /// The token of a session
    #[arg(long, value_name = "TOKEN", allow_hyphen_values = true)]
    session: Option<String>,
    /// A second factor: totp, sms, call, email, approve or pass; an empty CODE sends one to the outbox
    #[arg(long, value_name = "KIND:CODE", value_parser = factor)]
    factor: Vec<Factor>,
    /// Have the device remembered
    #[arg(long)]
    remember: bool,
    #[command(flatten)]
    data: Data,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self {
            user,
            password,
            app_password,
            device,
            session,
            factor,
            remember,
            data: Data { data },
        } = self;
        let (console, profile) = cx.console(data).await?;
        let attempt = SignIn {
            user: completed(&user, profile.domain.as_deref()),
            password,
            app_password,
            device_token: device,
            session_token: session,
            factors: factor,
            remember,
        };
        let told = snake(console.sign_in(&attempt).await?);
        let rows = [
            "result",
            "reason",
            "factors",
            "grace_days_left",
            "device_token",
            "session_token",
        ];
        let rows: Vec<(&str, String)> = rows.iter().map(|key| (*key, shown(told.get(*key)))).collect();
        answer(cx, &told, "sign_in", &rows)?;
        Ok(0)
    }
}
