//! `auth login`: a person signs in, or an application tries its credential.

use std::time::Duration;

use jiff::SignedDuration;

use super::interactive::{Interactive, LIMIT};
use super::{status, typed};
use crate::auth::{self, Credential, Place, Store, TokenClaims, TokenStore};
use crate::cli::context::Context;
use crate::config::{Login, Place as Where, Profile};
use crate::domain::{Clock as _, Error, ErrorCode, Result, SystemClock};
use crate::render::Format;
use crate::services::{ConnectOptions, sign_in};

/// How to sign in.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl auth login -p contoso\n  \
    mfactl auth login -p contoso --device-code\n\n\
    The refresh token goes into the operating system's keyring; without one, into an encrypted file if a key for it is at\n\
    hand (MFACTL_TOKEN_KEY_FILE). An application with its own credential needs no login: this tries it")]
pub struct Args {
    /// Sign in with a code, in a browser on another device
    #[arg(long)]
    device_code: bool,
    /// Where to keep the sign-in
    #[arg(long, value_enum, value_name = "STORE")]
    token_store: Option<TokenStore>,
    /// How long to wait for the browser
    #[arg(long, value_name = "DUR")]
    wait: Option<SignedDuration>,
    /// What the service asked for, as it was printed
    #[arg(long, value_name = "BASE64")]
    claims_challenge: Option<String>,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self {
            device_code,
            token_store,
            wait,
            claims_challenge,
        } = self;
        let limit = match wait {
            None => LIMIT,
            Some(wait) => Duration::try_from(wait)
                .ok()
                .filter(|wait| !wait.is_zero())
                .ok_or_else(|| Error::new(ErrorCode::Usage, "--wait must be longer than nothing"))?,
        };
        let claims = match claims_challenge {
            None => None,
            Some(text) => Some(auth::challenge(&text).ok_or_else(|| {
                Error::new(
                    ErrorCode::Usage,
                    "--claims-challenge is not what a service asks for",
                )
                .hint("paste the whole command that was printed")
            })?),
        };
        let Some((profile, options)) = cx.way_in(token_store).await? else {
            cx.ui
                .note("the service is inside this program: nobody needs to sign in");
            return Ok(0);
        };
        if options.credential.is_a_persons() {
            let interactive = Interactive {
                ui: cx.ui.clone(),
                browser: cx.browser(),
                device_code: device_code || matches!(options.credential, Credential::DeviceCode { .. }),
                limit,
                account: expected(&profile),
                choose: claims.is_none(),
            };
            person(cx, &profile, &options, &interactive, claims.as_deref()).await
        } else if device_code {
            Err(sign_in::application(&options)
                .err()
                .unwrap_or_else(|| Error::new(ErrorCode::Usage, "--device-code is for people")))
        } else {
            application(cx, &profile, &options).await
        }
    }
}

/// The sign-in name that the profile names.
fn expected(profile: &Profile) -> Option<String> {
    match &profile.place {
        Where::At(address) => match &address.login {
            Login::Browser { username, .. } | Login::DeviceCode { username, .. } => username.clone(),
            _ => None,
        },
        Where::Inside(_) => None,
    }
}

async fn person(
    cx: &Context,
    profile: &Profile,
    options: &ConnectOptions,
    interactive: &Interactive,
    claims: Option<&str>,
) -> Result<u8> {
    let Some((place, _)) = sign_in::place(options)? else {
        return Err(Error::new(
            ErrorCode::Usage,
            "token_store = \"memory\" keeps nothing, so that a sign-in would end with this command",
        )
        .hint("choose another place: --token-store keyring, or --token-store file"));
    };
    // Asked first: a sign-in that succeeds and has no place to stay would be lost.
    let store = place.of_person().await?.unwrap_or(Store::File);
    let asked_at = SystemClock.now();
    let fetched = match &options.credential {
        Credential::Prompted { .. } => typed::sign_in(&interactive.ui, options).await?,
        _ => {
            let application = sign_in::application(options)?;
            interactive.sign_in(&application, claims).await?
        }
    };
    sign_in::addressee(options)?.check(&TokenClaims::read(&fetched.value))?;
    let new = auth::sign_in(&fetched, asked_at, None);
    let before = keep(&place, store, &new).await?;
    let who = new.account.as_deref().unwrap_or("somebody without a name");
    let kept = status::kept_in(Some(store));
    cx.ui
        .note(&format!("Signed in to {} as {who}; kept in {kept}", profile.name));
    if let Some(before) = before.filter(|before| Some(before.as_str()) != new.account.as_deref()) {
        cx.ui.warn(&format!("before, {before} was signed in here"));
    }
    if new.refresh.is_none() {
        cx.ui
            .warn("the service gave no refresh token: the sign-in ends with its token");
    }
    say(cx, profile, options).await
}

/// Keeps a sign-in, and says who was signed in before.
async fn keep(place: &Place, store: Store, new: &auth::SignIn) -> Result<Option<String>> {
    let _lock = place.lock().await?;
    let before = match place.read().await {
        Ok(Some((kept, before))) => {
            if kept != store {
                place.remove().await?;
            }
            before.account
        }
        // What cannot be read any more gives way.
        Ok(None) | Err(_) => None,
    };
    place.write(store, new).await?;
    Ok(before)
}

async fn application(cx: &Context, profile: &Profile, options: &ConnectOptions) -> Result<u8> {
    // A new one, so that rights which were just granted are in it.
    if let Some((place, _)) = sign_in::place(options)? {
        let _lock = place.lock().await.ok();
        place.remove().await?;
    }
    let claims = sign_in::tokens(options)?.claims().await?;
    let who = claims.operator().account;
    cx.ui.note(&format!(
        "{} signs in by {}{}{who}; no login is needed",
        profile.name,
        options.credential.way(),
        if who.is_empty() { "" } else { " as " },
    ));
    say(cx, profile, options).await
}

/// The status, where data is wanted.
async fn say(cx: &Context, profile: &Profile, options: &ConnectOptions) -> Result<u8> {
    if cx.page().format == Format::Table {
        return Ok(0);
    }
    status::show(cx, profile, options).await
}
