//! One look at a host: whether it answers, by which clock, and with which certificate. No token is sent, nothing is
//! repeated, no redirect is followed.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use url::Url;

use super::certificate::Certificate;
use super::client::{Failed, way_to};
use super::secure;
use crate::domain::{Error, ErrorCode, Network, Result};

/// What a look shows.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// The status of its answer.
    pub(crate) status: u16,
    /// The moment on its clock.
    pub(crate) date: Option<Timestamp>,
    /// The certificate that it showed; `None`: no TLS, or one that cannot be read.
    pub(crate) certificate: Option<Certificate>,
}

/// Looks at this address once.
///
/// # Errors
/// `unavailable` and `timed_out` with why, as every other request says it; `config_invalid` and `file_unreadable` for
/// roots, certificates and proxies that cannot be used.
pub(crate) async fn look(network: &Network, url: &Url, timeout: Duration) -> Result<Seen> {
    let client = network.looking(way_to(url))?;
    let answer = match client.get(url.clone()).timeout(timeout).send().await {
        Ok(answer) => answer,
        Err(error) => return Err(told(secure::failed(&error, url).await, url)),
    };
    let date = answer
        .headers()
        .get("date")
        .and_then(|value| value.to_str().ok())
        .and_then(|text| rfc2822::parse(text).ok())
        .map(|at| at.timestamp());
    let certificate = answer
        .extensions()
        .get::<reqwest::tls::TlsInfo>()
        .and_then(reqwest::tls::TlsInfo::peer_certificate)
        .and_then(Certificate::read);
    Ok(Seen {
        status: answer.status().as_u16(),
        date,
        certificate,
    })
}

fn told(failed: Failed, url: &Url) -> Error {
    let host = secure::host(url);
    match failed {
        Failed::Hopeless(error) => error,
        Failed::NotSent(why) => {
            Error::new(ErrorCode::Unavailable, format!("cannot connect to {host}: {why}")).hint(
                "check that the service runs, the address in the profile, and whether a proxy is needed",
            )
        }
        Failed::NoAnswer { timed_out: true, .. } => {
            Error::new(ErrorCode::TimedOut, format!("no answer from {host} in time"))
                .hint("check the network, and whether a proxy is needed")
        }
        Failed::NoAnswer { why, .. } => {
            Error::new(ErrorCode::Unavailable, format!("no answer from {host}: {why}"))
                .hint("check the network, and whether a proxy is needed")
        }
    }
}
