//! The way to a service: proxy, names, connection, TLS and the clock. One look at each host, without a token.

use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;
use url::Url;

use super::findings::{Findings, wrong};
use crate::config::{Address, ProxyOf};
use crate::domain::{ErrorCode, Network, is_loopback};
use crate::http::Certificate;
use crate::http::probe::{Seen, look};
use crate::render::text::lasting;

/// A clock that is so far off, in seconds, is told.
const OFF: i64 = 60;
/// So far off, tokens and assertions are refused (api/entra 8.2).
const TOO_FAR: i64 = 300;
/// A certificate that ends so soon, in seconds, is told.
const SOON: i64 = 14 * 24 * 3600;

/// How the network is reached, and how long that may take.
pub(super) struct Ways {
    pub(super) network: Network,
    pub(super) proxy: Option<ProxyOf>,
    pub(super) now: Timestamp,
    pub(super) limit: Duration,
}

impl Ways {
    /// Looks at the hosts of an address; gives whether they can be reached.
    pub(super) async fn look(&self, address: &Address, service: &str, findings: &mut Findings) -> bool {
        let before = findings.failed();
        let Some(all) = places(address, service, findings) else {
            return false;
        };
        self.proxies(&all, findings);
        let mut clock: Option<(i64, String)> = None;
        for (nth, place) in all.iter().enumerate() {
            let host = place.host();
            let same = all.iter().take(nth).any(|other| other.host() == host);
            if !same && !self.resolves(place, findings).await {
                for check in ["connect", "tls"] {
                    findings.skipped((check, Some(&host)), "needs the address of the host");
                }
                continue;
            }
            let Some(seen) = self.connects(place, findings).await else {
                continue;
            };
            if let Some(off) = seen.date.map(|date| date.as_second() - self.now.as_second())
                && clock.as_ref().is_none_or(|(other, _)| off.abs() > other.abs())
            {
                clock = Some((off, host.clone()));
            }
            if place.tells_tenant {
                tenant(&seen, &address.tenant, &host, findings);
            }
        }
        match clock {
            Some((off, host)) => judge_clock(off, &host, findings),
            None => findings.skipped(("clock", None), "needs an answer that tells the time"),
        }
        before || !hinders(findings)
    }

    fn proxies(&self, all: &[Looked], findings: &mut Findings) {
        let far: Vec<&Looked> = all.iter().filter(|place| !place.is_here()).collect();
        let what = ("proxy", None);
        match (&self.proxy, far.is_empty()) {
            (_, true) => findings.ok(what, "none: the service is on this machine"),
            (None, _) => findings.ok(what, "none"),
            (Some(proxy), _) => {
                let beside: Vec<String> = far
                    .iter()
                    .filter(|place| proxy.leaves_out(&place.url))
                    .map(|place| place.host())
                    .collect();
                let beside = match beside.as_slice() {
                    [] => String::new(),
                    hosts => format!("; not for {}", hosts.join(", ")),
                };
                findings.ok(what, format!("{}, by {}{beside}", proxy.address, proxy.by));
            }
        }
    }

    fn by_proxy(&self, place: &Looked) -> bool {
        !place.is_here()
            && self
                .proxy
                .as_ref()
                .is_some_and(|proxy| !proxy.leaves_out(&place.url))
    }

    async fn resolves(&self, place: &Looked, findings: &mut Findings) -> bool {
        let host = place.host();
        let what = ("dns", Some(host.as_str()));
        let name = place.url.host_str().unwrap_or_default();
        if name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
            findings.skipped(what, "it is an address, no name");
            return true;
        }
        if self.by_proxy(place) {
            findings.skipped(what, "the proxy looks the name up");
            return true;
        }
        let port = place.url.port_or_known_default().unwrap_or(443);
        let found = tokio::time::timeout(self.limit, tokio::net::lookup_host((name, port))).await;
        let why = match found {
            Ok(Ok(addresses)) => {
                let addresses: Vec<IpAddr> = addresses.map(|address| address.ip()).collect();
                if let Some(first) = addresses.first() {
                    let more = match addresses.len() {
                        1 => String::new(),
                        count => format!(" and {} more", count - 1),
                    };
                    findings.ok(what, format!("{first}{more}"));
                    return true;
                }
                "the name has no address".to_owned()
            }
            Ok(Err(_)) => "the name is not known".to_owned(),
            Err(_) => "nobody says in time where the name is".to_owned(),
        };
        let mend = "check the address in the profile, and the name servers of this machine";
        findings.fail(
            what,
            &wrong(ErrorCode::Unavailable, format!("{host}: {why}"), mend),
        );
        false
    }

    async fn connects(&self, place: &Looked, findings: &mut Findings) -> Option<Seen> {
        let host = place.host();
        let (connect, tls) = (("connect", Some(host.as_str())), ("tls", Some(host.as_str())));
        match look(&self.network, &place.url, self.limit).await {
            Ok(seen) => {
                findings.ok(connect, "answers");
                self.judge_tls(place, seen.certificate.as_ref(), findings);
                Some(seen)
            }
            Err(error) if error.message().starts_with("cannot connect securely") => {
                findings.fail(tls, &error);
                None
            }
            Err(error) => {
                findings.fail(connect, &error);
                findings.skipped(tls, "needs a connection");
                None
            }
        }
    }

    fn judge_tls(&self, place: &Looked, certificate: Option<&Certificate>, findings: &mut Findings) {
        let host = place.host();
        let what = ("tls", Some(host.as_str()));
        if place.url.scheme() != "https" {
            findings.skipped(what, "plain http, which never leaves this machine");
            return;
        }
        let Some(Certificate { issuer, ends_at }) = certificate else {
            findings.ok(what, "trusted");
            return;
        };
        let detail = format!("trusted, issued by {issuer}, until {ends_at}");
        if ends_at.as_second() - self.now.as_second() < SOON {
            let mend = "have the certificate of the service renewed; where a proxy issues it, tell who runs the proxy";
            findings.warn(what, detail, mend);
        } else {
            findings.ok(what, detail);
        }
    }
}

/// A place to look at.
struct Looked {
    url: Url,
    /// Whether its answer tells if the tenant is there.
    tells_tenant: bool,
}

impl Looked {
    fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url
            .port()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    fn is_here(&self) -> bool {
        is_loopback(&self.url)
    }
}

/// Where tokens come from and where the service is.
fn places(address: &Address, service: &str, findings: &mut Findings) -> Option<Vec<Looked>> {
    // Only these have the document of Microsoft's dialect there.
    let tells_tenant = matches!(service, "entra" | "local");
    let authority = address.authority.trim_end_matches('/');
    let first = if tells_tenant {
        format!("{authority}/v2.0/.well-known/openid-configuration")
    } else {
        authority.to_owned()
    };
    let mut all = Vec::new();
    for (text, tells_tenant) in [(first, tells_tenant), (address.url.clone(), false)] {
        match Url::parse(&text) {
            Ok(url) => {
                let one = Looked { url, tells_tenant };
                if all
                    .iter()
                    .all(|other: &Looked| other.url.origin() != one.url.origin())
                {
                    all.push(one);
                }
            }
            Err(error) => {
                let why = format!("\"{text}\" is no address: {error}");
                let mend = "check url and authority in the profile";
                findings.fail(("connect", None), &wrong(ErrorCode::ConfigInvalid, why, mend));
                return None;
            }
        }
    }
    Some(all)
}

fn tenant(seen: &Seen, tenant: &str, host: &str, findings: &mut Findings) {
    let what = ("tenant", None);
    match seen.status {
        200 => findings.ok(what, format!("{tenant} is known at {host}")),
        400 | 404 => findings.fail(
            what,
            &wrong(
                ErrorCode::NotSignedIn,
                format!("{host} knows no tenant {tenant}"),
                "check tenant, authority and cloud in the profile",
            ),
        ),
        status => findings.warn(
            what,
            format!("{host} does not say whether {tenant} is there (status {status})"),
            "try again later; a proxy may answer in its place",
        ),
    }
}

/// Says how far the clock is off: positive where the other one is ahead.
pub(super) fn judge_clock(off: i64, whose: &str, findings: &mut Findings) {
    let what = ("clock", None);
    let side = if off > 0 { "behind" } else { "ahead of" };
    let told = format!("{} {side} that of {whose}", lasting(off.unsigned_abs()));
    let mend = "set the clock of this machine: sudo timedatectl set-ntp true";
    match off.abs() {
        0..OFF => findings.ok(what, format!("agrees with {whose}")),
        OFF..TOO_FAR => findings.warn(what, told, mend),
        _ => {
            let why = format!("{told}: sign-ins and tokens are refused");
            findings.fail(what, &wrong(ErrorCode::Internal, why, mend));
        }
    }
}

/// Whether something keeps a sign-in from being tried.
fn hinders(findings: &Findings) -> bool {
    findings.rows().iter().any(|row| {
        row.state == crate::domain::shape::DoctorState::Fail
            && matches!(row.check.as_str(), "dns" | "connect" | "tls" | "tenant")
    })
}

#[cfg(test)]
mod tests;
