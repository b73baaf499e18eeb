//! The bucket of `--throttle`: resource units as Graph counts them, and Graph's headers (api/entra 6.2).

use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderName, Method, StatusCode, header};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::server::error::ApiError;
use crate::server::graph::request::Call;

/// The dearest call. A bucket that holds less would never let it through.
const DEAREST: f64 = 5.0;

/// From which part of the limit Graph tells how near it is, and the most that it tells.
const TOLD: std::ops::RangeInclusive<f64> = 0.8..=1.8;

/// Resource units a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate(f64);

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_suffix("/s").unwrap_or(text).trim();
        match number.parse::<f64>() {
            Ok(units) if units.is_finite() && units > 0.0 => Ok(Self(units)),
            _ => Err("units a second, as in 50/s".to_owned()),
        }
    }
}

/// The bucket: it holds what a second gives.
#[derive(Debug)]
pub(super) struct Throttle {
    rate: f64,
    holds: f64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    at: Instant,
    /// What was taken and has not run off yet.
    used: f64,
    /// What was asked for beyond that, for the header.
    beyond: f64,
    requests: u64,
    units: f64,
    refused: u64,
}

impl Throttle {
    pub(super) fn new(Rate(rate): Rate, now: Instant) -> Self {
        Self {
            rate,
            holds: rate.max(DEAREST),
            state: Mutex::new(State {
                at: now,
                used: 0.0,
                beyond: 0.0,
                requests: 0,
                units: 0.0,
                refused: 0,
            }),
        }
    }

    pub(super) fn charge(
        &self,
        cost: f64,
        who: &str,
        now: Instant,
    ) -> Result<Vec<(HeaderName, String)>, ApiError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let ran_off = now.saturating_duration_since(state.at).as_secs_f64() * self.rate;
        state.at = now;
        state.beyond = (state.beyond - ran_off).max(0.0);
        state.used = (state.used - ran_off).max(0.0);
        state.requests += 1;
        let free = state.used + cost <= self.holds;
        if free {
            state.used += cost;
            state.units += cost;
        } else {
            state.beyond += cost;
            state.refused += 1;
        }
        let mut headers = vec![(name("x-ms-resource-unit"), cost.to_string())];
        let part = (state.used + state.beyond) / self.holds;
        if part >= *TOLD.start() || !free {
            let part = part.clamp(if free { *TOLD.start() } else { 1.0 }, *TOLD.end());
            headers.push((name("x-ms-throttle-limit-percentage"), format!("{part:.1}")));
        }
        if free {
            return Ok(headers);
        }
        let wait = ((state.used + cost - self.holds) / self.rate).ceil().max(1.0);
        drop(state);
        headers.extend([
            (header::RETRY_AFTER, wait.to_string()),
            (
                name("x-ms-throttle-scope"),
                format!("Tenant_Application/ReadWrite/{who}"),
            ),
            (
                name("x-ms-throttle-information"),
                "ResourceUnitLimitExceeded".to_owned(),
            ),
        ]);
        let error = ApiError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "TooManyRequests",
            "Too many requests.",
        );
        Err(headers
            .into_iter()
            .fold(error, |error, (name, value)| error.header(name, &value)))
    }

    pub(super) fn told(&self) -> Value {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        json!({
            "unitsPerSecond": self.rate,
            "requests": state.requests,
            "units": state.units,
            "refused": state.refused,
        })
    }
}

fn name(text: &'static str) -> HeaderName {
    HeaderName::from_static(text)
}

/// What a call costs in resource units.
pub(super) fn cost(call: &Call) -> f64 {
    let last = call.path.last().map_or("", String::as_str);
    let is = |name: &str| last.eq_ignore_ascii_case(name);
    let first = |name: &str| {
        call.path
            .first()
            .is_some_and(|first| first.eq_ignore_ascii_case(name))
    };
    let get = call.method == Method::GET;
    let base = if get && is("users") && call.path.len() == 1 || is("memberOf") || is("transitiveMemberOf") {
        2
    } else if get && first("groups") && is("members") {
        3
    } else if is("transitiveMembers") {
        5
    } else if is("getMemberGroups") || is("getMemberObjects") {
        2
    } else if is("checkMemberGroups") || is("checkMemberObjects") {
        4
    } else {
        1
    };
    let more = i32::from(get && call.option("expand").is_some());
    let few = call.option("top").and_then(|text| text.parse::<u32>().ok());
    let less = i32::from(get && call.option("select").is_some())
        + i32::from(get && few.is_some_and(|items| items < 20));
    f64::from((base + more - less).max(1))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn price(method: Method, target: &str) -> i64 {
        let cost = cost(&Call::new(false, method, target));
        cost.to_string().parse().unwrap()
    }

    #[test]
    fn a_call_costs_what_graph_documents() {
        let get = |target| price(Method::GET, target);
        assert_eq!(get("/users"), 2);
        assert_eq!(get("/users?$select=id"), 1);
        assert_eq!(get("/users?$select=id&$top=5"), 1);
        assert_eq!(get("/users?$expand=manager"), 3);
        assert_eq!(get("/users/a"), 1);
        assert_eq!(get("/users/a/authentication/methods"), 1);
        assert_eq!(get("/users/a/transitiveMemberOf"), 2);
        assert_eq!(get("/groups/a/members"), 3);
        assert_eq!(get("/groups/a/transitiveMembers"), 5);
        assert_eq!(price(Method::POST, "/users/a/checkMemberGroups"), 4);
        assert_eq!(price(Method::DELETE, "/users/a/authentication/phoneMethods/1"), 1);
    }

    #[test]
    fn a_bucket_gives_its_rate_after_the_first_second_and_says_when_to_come_back() {
        let start = Instant::now();
        let throttle = Throttle::new("10/s".parse().unwrap(), start);
        let at = |ms: u64| throttle.charge(1.0, "app/tenant", start + Duration::from_millis(ms));
        for n in 0..10 {
            let headers = at(0).unwrap();
            let told = headers
                .iter()
                .any(|(name, _)| name.as_str() == "x-ms-throttle-limit-percentage");
            assert_eq!(told, n >= 7, "{n}: {headers:?}");
        }
        let refused = at(0).unwrap_err();
        let headers: Vec<String> = refused
            .headers()
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        insta::assert_snapshot!(headers.join("\n"), @r"
        x-ms-resource-unit: 1
        x-ms-throttle-limit-percentage: 1.1
        retry-after: 1
        x-ms-throttle-scope: Tenant_Application/ReadWrite/app/tenant
        x-ms-throttle-information: ResourceUnitLimitExceeded
        ");
        assert!(at(99).is_err());
        assert!(at(101).is_ok());
        assert!(at(101).is_err());
        let taken = (1..=50).filter(|n| at(1_000 + n * 20).is_ok()).count();
        assert!((18..=20).contains(&taken), "{taken}");
        assert_eq!(throttle.told()["refused"], 53 - taken);
    }

    #[test]
    fn a_rate_is_a_number_of_units_a_second() {
        assert_eq!("2.5".parse(), Ok(Rate(2.5)));
        assert_eq!("50/s".parse(), Ok(Rate(50.0)));
        for wrong in ["0", "-1/s", "50/m", "inf", ""] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
    }
}
