//! `auth status`: who is signed in, where that is kept, until when, and with which rights.

use crate::auth::{Store, TokenClaims};
use crate::cli::context::Context;
use crate::config::Profile;
use crate::domain::shape::AuthStatus;
use crate::domain::{Error, ErrorCode, Result, role};
use crate::render::{text::clean, time};
use crate::services::{self, ConnectOptions, sign_in};

/// Of the profile.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl auth status -p contoso\n  \
    mfactl auth status -p contoso -o json --jq .scopes\n\n\
    Exits with 4 where nobody is signed in")]
pub struct Args {}

/// So many scopes are told in the table; JSON has all.
const FEW: usize = 6;

const COLUMNS: &[&str] = &[
    "profile",
    "service",
    "tenant",
    "auth",
    "signed_in",
    "account",
    "object_id",
    "app_id",
    "store",
    "ends_at",
    "renews",
    "scopes",
    "roles",
];

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self {} = self;
        match cx.way_in(None).await? {
            Some((profile, options)) => show(cx, &profile, &options).await,
            None => {
                let session = cx.connect(crate::cli::context::Intent::Read).await?;
                let status = AuthStatus {
                    profile: session.profile,
                    service: session.service_name.to_owned(),
                    tenant: session.tenant,
                    auth: "inside".to_owned(),
                    signed_in: true,
                    account: Some(session.operator.account),
                    object_id: session.operator.user_id.map(|id| id.0),
                    app_id: None,
                    store: None,
                    ends_at: None,
                    renews: true,
                    scopes: session.operator.permissions,
                    roles: Vec::new(),
                };
                print(cx, &status)?;
                Ok(0)
            }
        }
    }
}

/// Shows the status of a profile elsewhere.
///
/// # Errors
/// `not_signed_in`, after the status was shown; what keeps it from being known.
pub(super) async fn show(cx: &Context, profile: &Profile, options: &ConnectOptions) -> Result<u8> {
    let (claims, missing) = match sign_in::tokens(options)?.claims().await {
        Ok(claims) => (claims, None),
        Err(error) if error.code() == ErrorCode::NotSignedIn => (TokenClaims::default(), Some(error)),
        Err(error) => return Err(error),
    };
    let kept = match sign_in::place(options)? {
        Some((place, _)) => place.read().await.ok().flatten(),
        None => None,
    };
    let (store, kept) = kept.map_or((None, None), |(store, kept)| (Some(store), Some(kept)));
    let account = claims.operator().account;
    let account = Some(account).filter(|account| !account.is_empty());
    let renews = missing.is_none()
        && if options.credential.is_a_persons() {
            kept.as_ref().is_some_and(|kept| kept.refresh.is_some())
        } else {
            !matches!(options.credential.way(), "token" | "api-token")
        };
    let status = AuthStatus {
        profile: profile.name.clone(),
        service: services::find(&options.service)?.name.to_owned(),
        tenant: claims.tenant.clone().unwrap_or_else(|| options.tenant.clone()),
        auth: options.credential.way().to_owned(),
        signed_in: missing.is_none(),
        account: account.or_else(|| kept.as_ref().and_then(|kept| kept.account.clone())),
        object_id: claims.object_id,
        app_id: claims
            .app_id
            .or_else(|| options.credential.client_id().map(str::to_owned)),
        store: missing.is_none().then(|| match store {
            Some(store) => store.name().to_owned(),
            None => "memory".to_owned(),
        }),
        ends_at: claims.ends_at.or_else(|| {
            kept.as_ref()
                .filter(|_| missing.is_none())
                .map(crate::auth::SignIn::ends_at)
        }),
        renews,
        scopes: claims.permissions,
        roles: claims.directory_roles.into_iter().map(named_role).collect(),
    };
    print(cx, &status)?;
    missing.map_or(Ok(0), |error| Err(hinted(error, &options.signing_in.login)))
}

/// The name of a directory role; the template id of one that an organization has made itself.
fn named_role(id: String) -> String {
    role::name(&id).map_or(id, str::to_owned)
}

fn hinted(error: Error, login: &str) -> Error {
    match error.hint_text() {
        Some(_) => error,
        None => error.hint(login),
    }
}

fn print(cx: &Context, status: &AuthStatus) -> Result<()> {
    let page = cx.page();
    let mut out = cx.ui.stdout();
    if !page.object(&mut out, status, "auth_status", COLUMNS)? {
        let mut rows: Vec<Vec<String>> = Vec::new();
        let mut line =
            |label: &str, value: String| rows.push(vec![label.to_owned(), clean(&value).into_owned()]);
        let or_dash = |value: Option<&str>| value.unwrap_or("-").to_owned();
        line("Profile", format!("{}, {}", status.profile, status.service));
        line("Tenant", status.tenant.clone());
        let who = if status.signed_in {
            status.account.clone().unwrap_or_else(|| "yes".to_owned())
        } else {
            "no".to_owned()
        };
        line("Signed in", format!("{who}, by {}", status.auth));
        line("Application", or_dash(status.app_id.as_deref()));
        line("Kept in", named(status.store.as_deref()));
        let until = match (status.ends_at, status.renews) {
            (Some(at), renews) => {
                let at = time::short(at, page.now, &page.zone);
                if renews {
                    format!("{at}, then renewed by itself")
                } else {
                    at
                }
            }
            (None, _) => "-".to_owned(),
        };
        line("Until", until);
        let list = |values: &[String]| match values {
            [] => "-".to_owned(),
            [first @ .., _] if first.len() >= FEW => {
                format!("{} and {} more", first[..FEW].join(", "), values.len() - FEW)
            }
            values => values.join(", "),
        };
        line("Scopes", list(&status.scopes));
        line("Roles", list(&status.roles));
        page.pairs(&mut out, &rows)?;
    }
    out.done()
}

/// A store in words.
pub(super) fn kept_in(store: Option<Store>) -> String {
    named(store.map(Store::name))
}

fn named(store: Option<&str>) -> String {
    match store {
        Some("keyring") => "the keyring".to_owned(),
        Some("file") => "an encrypted file".to_owned(),
        Some("credential") => "a file under the application's own credential".to_owned(),
        Some("memory") => "memory alone".to_owned(),
        Some(other) => other.to_owned(),
        None => "-".to_owned(),
    }
}
