//! By which of a person's methods a caller may be asked: not by what is lost, nor by what is on the lost phone, nor by
//! what was added a few days ago, since whoever calls may have added it.

use jiff::{SignedDuration, Timestamp};

use crate::domain::{Asked, Method, MethodKind, MethodState, reference};

/// A method younger than this says nothing about a caller.
pub const NEW: SignedDuration = SignedDuration::from_hours(7 * 24);

/// One method, and whether a caller may be asked by it.
#[derive(Clone, Debug)]
pub struct Way<'a> {
    /// The method.
    pub method: &'a Method,
    /// As it is typed.
    pub reference: String,
    /// How it asks.
    pub asked: Asked,
    /// Why it may not be used.
    pub why_not: Option<String>,
}

/// What asks best first, by the way of asking and the kind of method.
const ORDER: &[(Asked, MethodKind)] = &[
    (Asked::Push, MethodKind::Authenticator),
    (Asked::Push, MethodKind::Push),
    (Asked::Code, MethodKind::PhoneMobile),
    (Asked::Code, MethodKind::Totp),
    (Asked::Call, MethodKind::PhoneAlternate),
    (Asked::Call, MethodKind::PhoneOffice),
    (Asked::Call, MethodKind::PhoneMobile),
    (Asked::Code, MethodKind::Email),
];

/// Every way of asking by these methods, the best first; `by`: only those that ask so.
pub fn ways<'a>(methods: &'a [Method], lost: &[&Method], by: Option<Asked>, now: Timestamp) -> Vec<Way<'a>> {
    let references = reference::of_methods(methods);
    let all = || methods.iter().zip(&references);
    ORDER
        .iter()
        .filter(|(asked, _)| by.is_none_or(|by| by == *asked))
        .flat_map(|(asked, kind)| {
            all()
                .filter(move |(method, _)| method.kind == *kind)
                .map(move |(method, reference)| (asked, method, reference))
        })
        .map(|(asked, method, reference)| Way {
            method,
            reference: reference.clone(),
            asked: *asked,
            why_not: why_not(method, lost, now),
        })
        .collect()
}

fn why_not(method: &Method, lost: &[&Method], now: Timestamp) -> Option<String> {
    let is_lost = |gone: &&Method| gone.id == method.id && gone.kind == method.kind;
    if lost.iter().any(is_lost) {
        return Some("it is lost".to_owned());
    }
    if method.kind.on_phone() && lost.iter().any(|gone| gone.kind.on_phone()) {
        return Some("it is on the lost phone".to_owned());
    }
    if method.state != MethodState::Ready {
        return Some("it is not ready".to_owned());
    }
    if method.pending_number.is_some() {
        return Some("a new number waits for its code".to_owned());
    }
    let age = method.added_at.map(|added| now.duration_since(added))?;
    (age < NEW).then(|| match age.as_hours() / 24 {
        ..=0 => "it was added today".to_owned(),
        1 => "it was added yesterday".to_owned(),
        days => format!("it was added {days} days ago"),
    })
}
