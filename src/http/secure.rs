//! What a connection that failed means: a certificate that is not trusted, has expired or bears another name, TLS where
//! plain HTTP is spoken and the reverse, a proxy that refuses. One line each, with the mend; no address but the host.

use std::error::Error as StdError;
use std::io;

use tokio_rustls::rustls;
use tokio_rustls::rustls::{AlertDescription, CertificateError};
use url::Url;

use super::client::Failed;
use super::plain;
use crate::domain::{Error, ErrorCode, is_loopback};

/// What a failure of the transport comes to. A connection to a port of this machine that takes too long is looked at
/// once more: only there may plain HTTP be what is meant.
pub(super) async fn failed(error: &reqwest::Error, url: &Url) -> Failed {
    plain::looked_at(at_once(error, url), error.is_timeout(), url).await
}

/// What it comes to by itself.
fn at_once(error: &reqwest::Error, url: &Url) -> Failed {
    if let Some(error) = hopeless(error, url) {
        return Failed::Hopeless(error);
    }
    let mut why = innermost(error);
    if layers(error).any(|layer| layer.to_string().starts_with("tunnel error:")) {
        why = format!("the proxy in between: {why}");
    }
    if error.is_builder() {
        return Failed::Hopeless(
            Error::new(
                ErrorCode::InvalidInput,
                format!("no request can be made of this: {why}"),
            )
            .hint("a name or a filter is too long, or the url of the profile is none"),
        );
    }
    if error.is_connect() {
        Failed::NotSent(why)
    } else {
        Failed::NoAnswer {
            timed_out: error.is_timeout(),
            why,
        }
    }
}

/// What trying again does not mend.
fn hopeless(error: &reqwest::Error, url: &Url) -> Option<Error> {
    let host = host(url);
    for layer in layers(error) {
        if let Some(tls) = layer.downcast_ref::<rustls::Error>() {
            if matches!(tls, rustls::Error::InvalidMessage(_)) {
                return Some(no_tls(url));
            }
            return of_tls(tls, url).map(|(why, hint)| insecure(url, &why, hint));
        }
        let text = layer.to_string();
        if text == "tunnel error: proxy authorization required" {
            return Some(
                Error::new(
                    ErrorCode::Unavailable,
                    format!("cannot connect to {host}: the proxy in between asks for a user name and a password"),
                )
                .hint("write them into its address: http://USER:PASSWORD@HOST:PORT, as proxy in the profile or in HTTPS_PROXY"),
            );
        }
        // What hyper says of the first bytes of a TLS alert.
        if url.scheme() == "http" && text == "invalid HTTP version parsed" {
            return Some(
                Error::new(
                    ErrorCode::Unavailable,
                    format!("cannot connect to {host}: it does not speak plain http"),
                )
                .hint(format!(
                    "it may be https://{host}: correct the address in the profile"
                )),
            );
        }
    }
    None
}

fn insecure(url: &Url, why: &str, hint: String) -> Error {
    let host = host(url);
    Error::new(
        ErrorCode::Unavailable,
        format!("cannot connect securely to {host}: {why}"),
    )
    .hint(hint)
}

/// A server that speaks no TLS at this port, and the mend.
pub(super) fn no_tls(url: &Url) -> Error {
    let hint = if is_loopback(url) {
        format!(
            "it may be http://{}: correct the address in the profile",
            host(url)
        )
    } else {
        "check host and port in the profile, and whether a proxy is needed".to_owned()
    };
    insecure(url, "it does not speak TLS", hint)
}

/// Why there is no TLS with a server, and the mend. `None` for what may be better the next time.
fn of_tls(error: &rustls::Error, url: &Url) -> Option<(String, String)> {
    const BUNDLE: &str = "if it should be: ca_bundle = \"FILE\" in the profile, or MFACTL_CA_BUNDLE=FILE, with the root in PEM";
    let name = url.host_str().unwrap_or_default();
    Some(match error {
        rustls::Error::InvalidCertificate(wrong) => match wrong {
            CertificateError::UnknownIssuer => (
                "its certificate is not trusted: no root that is known here has issued it".to_owned(),
                BUNDLE.to_owned(),
            ),
            CertificateError::BadSignature => (
                "its certificate is not trusted: a signature in it is wrong".to_owned(),
                BUNDLE.to_owned(),
            ),
            CertificateError::Expired => (
                "its certificate has expired".to_owned(),
                "have it renewed, and check the clock of this machine".to_owned(),
            ),
            CertificateError::ExpiredContext { not_after, .. } => (
                format!("its certificate has expired ({})", day(not_after.as_secs())),
                "have it renewed, and check the clock of this machine".to_owned(),
            ),
            CertificateError::NotValidYet => (
                "its certificate is not valid yet".to_owned(),
                "check the clock of this machine".to_owned(),
            ),
            CertificateError::NotValidYetContext { not_before, .. } => (
                format!(
                    "its certificate is not valid before {}",
                    day(not_before.as_secs())
                ),
                "check the clock of this machine".to_owned(),
            ),
            CertificateError::NotValidForName => (
                format!("its certificate is for another name than {name}"),
                "check the address in the profile".to_owned(),
            ),
            CertificateError::NotValidForNameContext { presented, .. } => {
                let names: Vec<&str> = presented.iter().map(|name| shown(name)).take(4).collect();
                let whose = if names.is_empty() {
                    "nobody".to_owned()
                } else {
                    names.join(", ")
                };
                (
                    format!("its certificate is for another name than {name}: for {whose}"),
                    "check the address in the profile".to_owned(),
                )
            }
            CertificateError::Revoked => (
                "its certificate was revoked".to_owned(),
                "tell who runs it; nothing was sent".to_owned(),
            ),
            other => (
                format!(
                    "its certificate cannot be used: {}",
                    other.to_string().to_lowercase()
                ),
                BUNDLE.to_owned(),
            ),
        },
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => (
            "it asks for a certificate of yours".to_owned(),
            "set client_certificate and client_key in the profile".to_owned(),
        ),
        rustls::Error::AlertReceived(
            alert @ (AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::DecryptError),
        ) => (
            format!("it does not take the certificate that was shown ({alert:?})"),
            "check client_certificate in the profile".to_owned(),
        ),
        rustls::Error::AlertReceived(
            AlertDescription::ProtocolVersion | AlertDescription::HandshakeFailure,
        )
        | rustls::Error::PeerIncompatible(_) => (
            "it speaks no TLS that is safe: 1.2 or 1.3 is needed".to_owned(),
            "tell who runs it".to_owned(),
        ),
        _ => return None,
    })
}

/// The name out of `DnsName("…")`, as rustls gives those of a certificate.
fn shown(name: &str) -> &str {
    let inner = name
        .split_once('(')
        .map_or(name, |(_, rest)| rest.trim_end_matches(')'));
    inner.trim_matches('"')
}

fn day(seconds: u64) -> String {
    i64::try_from(seconds)
        .ok()
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok())
        .map_or_else(|| "-".to_owned(), |at| at.to_string())
}

/// Host and, where it is not the usual one, port.
pub(super) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// An error and its causes, from the outermost; what an I/O error wraps is a layer of its own.
fn layers<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |layer| {
        let layer: &'a (dyn StdError + 'static) = *layer;
        match layer.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn StdError + 'static)),
            None => layer.source(),
        }
    })
}

/// The last cause: the outer ones repeat the address, which may hold a person's name or a proxy's password.
pub(super) fn innermost(error: &(dyn StdError + 'static)) -> String {
    layers(error)
        .last()
        .map(|cause| cause.to_string().to_lowercase())
        .unwrap_or_default()
}
