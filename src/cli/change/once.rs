//! A secret as the terminal shows it, once: spelled out to be read over the phone, with the code that a camera reads.

use super::image::Qr;
use crate::cli::context::Context;
use crate::domain::{Minted, Secret};
use crate::render::spelled::{in_fours, spelled};
use crate::render::text::clean;
use crate::render::{qr, time};

/// What stands on the terminal of a person's secret; begins with an empty line.
pub(super) fn text(cx: &Context, place: &Qr, user: &str, minted: &Minted) -> String {
    let user = clean(user);
    let value = minted.value.expose();
    let until = minted
        .expires_at
        .map(|at| format!(", until {}", time::short(at, cx.clock.now(), &cx.zone)))
        .unwrap_or_default();
    let draws = *place == Qr::Auto && !cx.ui.accessible();
    let uri = minted.uri.as_ref();
    let code = uri.filter(|_| draws).map_or_else(String::new, drawn);
    let line = |label: &str, text: &str| format!("  {label:4}  {text}\n");
    match minted.kind {
        "push" => {
            let link = line("link", &clean(value));
            format!("\nLink for the app of {user}, shown once:\n{code}{link}")
        }
        "totp" | "hotp" => {
            let seed = line("seed", &in_fours(value));
            let link = uri.map_or_else(String::new, |uri| line("link", uri.expose()));
            format!("\nSeed for the authenticator app of {user}, shown once:\n{code}{seed}{link}")
        }
        "qr-pin" => {
            let content = uri.map_or_else(String::new, |uri| line("code", &clean(uri.expose())));
            let pin = line("PIN", &in_fours(value));
            format!("\nQR code and PIN of {user}{until}, shown once:\n{code}{content}{pin}")
        }
        kind => {
            let what = match kind {
                "temporary-pass" => "Temporary pass",
                "app-password" => "App password",
                _ => "Password",
            };
            format!(
                "\n{what} of {user}{until}, shown once:\n  {}\n  {}\n",
                clean(value),
                spelled(value)
            )
        }
    }
}

/// The code in the letters of a terminal; nothing where it is too long for one: the link says the same.
fn drawn(uri: &Secret) -> String {
    qr::Qr::new(uri)
        .as_ref()
        .map_or_else(|_| String::new(), qr::Qr::lines)
}
