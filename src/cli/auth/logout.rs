//! `auth logout`: what is kept goes, and what can be ended at the service is ended there.

use crate::auth::{Place, SignIn, TokenClaims};
use crate::cli::context::Context;
use crate::domain::{Result, Secret};
use crate::services::{ConnectOptions, sign_in};

/// Of the profile.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  mfactl auth logout -p contoso")]
pub struct Args {}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self {} = self;
        let Some((profile, options)) = cx.way_in(None).await? else {
            cx.ui
                .note("the service is inside this program: nobody is signed in there");
            return Ok(0);
        };
        let name = &profile.name;
        let nobody = || cx.ui.note(&format!("nobody is signed in to {name}"));
        let Some((place, _)) = sign_in::place(&options)? else {
            nobody();
            return Ok(0);
        };
        match end(cx, name, &options, &place).await? {
            Some(code) => Ok(code),
            None => {
                nobody();
                Ok(0)
            }
        }
    }
}

/// Takes away what is kept at this place, ends it at the service where that can be, and says both; gives the exit
/// status: 7, where a copy would work on because the service was not reached. `None`: nothing is kept.
///
/// # Errors
/// `file_locked`, `file_unreadable`, `not_signed_in` where the keyring does not open.
pub(crate) async fn end(
    cx: &Context,
    name: &str,
    options: &ConnectOptions,
    place: &Place,
) -> Result<Option<u8>> {
    let _lock = place.lock().await?;
    let (kept, unread) = match place.read().await {
        Ok(kept) => (kept.map(|(_, sign_in)| sign_in), None),
        Err(error) => (None, Some(error)),
    };
    // What the keyring holds does not go while that is locked: then nothing goes, and the error says so.
    if !place.remove().await? {
        return Ok(None);
    }
    if !options.credential.is_a_persons() {
        cx.ui.note(&format!(
            "the kept token of {name} is removed; it signs in again by itself, by {}",
            options.credential.way()
        ));
        return Ok(Some(0));
    }
    let who = kept.as_ref().and_then(|kept| kept.account.clone());
    cx.ui.note(&format!(
        "Signed out of {name}{}",
        who.map(|who| format!(": {who}")).unwrap_or_default()
    ));
    match kept {
        Some(SignIn {
            refresh: Some(refresh),
            access,
            ..
        }) => revoke(cx, options, &refresh, &access).await.map(Some),
        Some(_) => Ok(Some(0)),
        None => {
            let why = unread.map_or_else(String::new, |error| format!(": {error}"));
            cx.ui.warn(&format!(
                "what was kept could not be read, so that it was not ended at the service{why}"
            ));
            Ok(Some(7))
        }
    }
}

async fn revoke(cx: &Context, options: &ConnectOptions, refresh: &Secret, access: &Secret) -> Result<u8> {
    let everywhere = || {
        let user = TokenClaims::read(access)
            .sign_in_name
            .unwrap_or_else(|| "YOU".to_owned());
        cx.command(["user", "sign-out", &user, "--include-self"])
    };
    match sign_in::application(options)?.revoke(refresh).await {
        Ok(true) => {
            cx.ui.note(
                "the sign-in was ended at the service; a token that was handed out works until its own end",
            );
            Ok(0)
        }
        Ok(false) => {
            cx.ui.warn(
                "the service cannot end a single sign-in: a copy of its refresh token, if there is one, works on",
            );
            cx.ui.hint(&format!(
                "to end all of the account, while signed in: {}",
                everywhere()
            ));
            Ok(0)
        }
        Err(error) => {
            cx.ui.warn(&format!(
                "the sign-in was not ended at the service: {error}; a copy of its refresh token, if there is one, works on"
            ));
            Ok(7)
        }
    }
}
