//! Leading a person through a sign-in at the service itself: the password, and a second factor where it is asked for.
//! Neither is shown, nor taken from anywhere but the terminal.

use crate::auth::{Fetched, Prompt};
use crate::domain::{Error, ErrorCode, Result, Secret};
use crate::services::{ConnectOptions, sign_in};
use crate::ui::Ui;

/// Whoever sits at the terminal.
struct Somebody<'a>(&'a Ui);

impl Prompt for Somebody<'_> {
    fn answer(&self, asked: &str) -> Result<Secret> {
        let asked = asked.trim().trim_end_matches(':').trim();
        let asked = if asked.is_empty() { "Second factor" } else { asked };
        self.0.ask_secret(&format!("{asked}: "))
    }
}

/// Signs somebody in.
///
/// # Errors
/// `not_signed_in`: refused, or nobody may be asked; `unavailable`.
pub(super) async fn sign_in(ui: &Ui, options: &ConnectOptions) -> Result<Fetched> {
    let call = sign_in::own_call(options)?;
    ui.can_ask().map_err(|error| {
        let why = error.message().trim_start_matches("not confirmed: ").to_owned();
        Error::new(
            ErrorCode::NotSignedIn,
            format!("not signed in: a password has to be typed, and {why}"),
        )
        .hint("in a pipeline set MFACTL_PASSWORD, or use a key made for programs: auth = \"api-token\"")
    })?;
    let password = ui.ask_secret(&format!("Password of {}: ", call.username()))?;
    call.sign_in(&password, Some(&Somebody(ui))).await
}
