//! The dialogue of `profile add`: asks for what was not said, on the terminal itself. A wrong answer is asked again.

use super::add::Args;
use crate::cli::context::Context;
use crate::config::{self, AUTHS};
use crate::domain::{Error, ErrorCode, Result};
use crate::services::{self, SERVICES};

/// How often a wrong answer is asked again.
const TRIES: usize = 5;

/// Clouds with what they are.
const CLOUDS: &[(&str, &str)] = &[
    ("global", "everybody else"),
    ("us-gov", "US government, GCC High"),
    ("us-dod", "US Department of Defense"),
    ("china", "operated by 21Vianet"),
];

/// Fills what is missing.
///
/// # Errors
/// `usage` where nobody can be asked, with the options that would do.
pub(super) fn fill(cx: &Context, args: &mut Args) -> Result<()> {
    cx.ui.can_ask().map_err(|error| {
        let why = error.message().trim_start_matches("not confirmed: ").to_owned();
        Error::new(
            ErrorCode::Usage,
            format!("what is missing cannot be asked for: {why}"),
        )
        .hint("mfactl profile add NAME --service entra --tenant TENANT --client-id ID --auth browser")
    })?;
    if args.name.is_none() {
        let taken = |name: &str| {
            config::check_name(name).map_err(|error| error.message().to_owned())?;
            match cx.config() {
                Ok(config) if !args.replace && config.rows().iter().any(|row| row.profile == name) => {
                    Err(format!("there is a profile \"{name}\"; --replace changes it"))
                }
                _ => Ok(()),
            }
        };
        args.name = Some(ask(cx, "Name, such as contoso", taken)?);
    }
    if args.extends.is_some() {
        return Ok(());
    }
    let service = match args.service.clone() {
        Some(service) => service,
        None => {
            let items: Vec<(&str, &str)> = SERVICES
                .iter()
                .map(|service| (service.name, service.title))
                .collect();
            choose(cx, "Service", &items)?
        }
    };
    let is_entra = service == "entra";
    // Its tokens come from the realm, which is what others call a tenant.
    let is_keycloak = service == "keycloak";
    let is_privacyidea = service == "privacyidea";
    args.service = Some(service);
    if is_entra && args.url.is_none() {
        if args.cloud.is_none() {
            let cloud = choose(cx, "Cloud", CLOUDS)?;
            args.cloud = Some(cloud).filter(|cloud| cloud != "global");
        }
    } else if is_keycloak || is_privacyidea {
        if args.url.is_none() {
            let without = if is_keycloak {
                "Address, without /admin and /realms"
            } else {
                "Address, without /auth and /#"
            };
            args.url = Some(ask(cx, without, address)?);
        }
        if args.realm.is_none() {
            args.realm = Some(ask(cx, "Realm", some)?);
        }
    } else {
        if args.url.is_none() {
            args.url = Some(ask(cx, "Address, as local serve prints it (graph)", address)?);
        }
        if args.authority.is_none() {
            args.authority = Some(ask(cx, "Where tokens come from (authority)", address)?);
        }
    }
    if args.tenant.is_none() && !is_keycloak && !is_privacyidea {
        args.tenant = Some(ask(cx, "Tenant: its domain or id", some)?);
    }
    sign_in(cx, args)?;
    if args.domain.is_none() {
        args.domain = maybe(cx, "Domain that completes sign-in names (Enter for none)", |_| {
            Ok(())
        })?;
    }
    if args.region.is_none() {
        args.region = maybe(
            cx,
            "Region of national phone numbers, such as NL (Enter for none)",
            |text| {
                if crate::domain::is_region(&text.to_uppercase()) {
                    Ok(())
                } else {
                    Err("write two letters: NL, US, GB".to_owned())
                }
            },
        )?;
    }
    Ok(())
}

/// The way to sign in, and what it needs.
fn sign_in(cx: &Context, args: &mut Args) -> Result<()> {
    let name = match args.auth.clone() {
        Some(name) => name,
        None => {
            let service = args.service.as_deref().and_then(|name| services::find(name).ok());
            let items: Vec<(&str, &str)> = AUTHS
                .iter()
                .filter(|auth| service.is_none_or(|service| service.takes(auth.name)))
                .map(|auth| (auth.name, auth.meaning))
                .collect();
            choose(cx, "Sign in", &items)?
        }
    };
    // Nobody signs in to privacyIDEA through an application.
    let needs_client_id = args.service.as_deref() != Some("privacyidea")
        && AUTHS.iter().any(|auth| auth.name == name && auth.needs_client_id);
    if needs_client_id && args.client_id.is_none() {
        args.client_id = Some(ask(cx, "Client id of the application", some)?);
    }
    match name.as_str() {
        "certificate" if args.certificate.is_none() => {
            args.certificate = Some(ask(cx, "Certificate and key: a PEM or PKCS#12 file", file)?);
        }
        "private-key" if args.private_key.is_none() => {
            args.private_key = Some(ask(cx, "Private key: a file", file)?);
        }
        "password" if args.username.is_none() => {
            args.username = Some(ask(cx, "Sign-in name", some)?);
        }
        _ => {}
    }
    args.auth = Some(name);
    Ok(())
}

fn some(text: &str) -> Result<(), String> {
    if text.is_empty() {
        Err("something is needed here".to_owned())
    } else {
        Ok(())
    }
}

fn address(text: &str) -> Result<(), String> {
    config::check_address(text).map_err(ToOwned::to_owned)
}

fn file(text: &str) -> Result<(), String> {
    some(text)?;
    match std::fs::metadata(config::home_file(text)) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{text}: {error}")),
    }
}

/// Asks until the answer is good.
fn ask(cx: &Context, prompt: &str, check: impl Fn(&str) -> Result<(), String>) -> Result<String> {
    for _ in 0..TRIES {
        let answer = cx.ui.ask(&format!("{prompt}: "))?;
        match check(&answer) {
            Ok(()) => return Ok(answer),
            Err(why) => cx.ui.note(&why),
        }
    }
    Err(Error::new(
        ErrorCode::Usage,
        format!("no answer to \"{prompt}\" could be used"),
    ))
}

/// The same where nothing is an answer too.
fn maybe(cx: &Context, prompt: &str, check: impl Fn(&str) -> Result<(), String>) -> Result<Option<String>> {
    let answer = ask(
        cx,
        prompt,
        |text| if text.is_empty() { Ok(()) } else { check(text) },
    )?;
    Ok(Some(answer).filter(|answer| !answer.is_empty()))
}

fn choose(cx: &Context, prompt: &str, items: &[(&str, &str)]) -> Result<String> {
    let at = cx.ui.choose(prompt, items)?;
    Ok(items
        .get(at)
        .map(|(name, _)| (*name).to_owned())
        .unwrap_or_default())
}
