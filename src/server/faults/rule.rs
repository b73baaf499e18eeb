//! One rule: which calls it takes, which of those it picks, and what it gives them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::server::graph::request::Call;

/// How a call came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// By itself.
    Single,
    /// In a `$batch`.
    Item,
    /// It is a `$batch`.
    Batch,
    /// It asks for a token.
    Token,
}

/// A code of an error, with its message.
pub(crate) type Code = (&'static str, &'static str);

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    /// This status instead of the call.
    Status {
        status: StatusCode,
        retry_after: Option<u64>,
        code: Option<Code>,
    },
    /// The connection is cut before the call is made.
    ResetBefore,
    /// The call is made, and the connection cut instead of an answer.
    ResetAfter,
    /// The answer takes so long from its first byte to its last.
    Slow(Duration),
    /// The call is made so much later.
    Delay(Duration),
    /// What was deleted is listed on.
    LaggingDeletes(Lagging),
    /// A token without this authentication context is refused with a claims challenge.
    ClaimsChallenge(u8),
    /// Tokens live so long.
    TokenLifetime(Duration),
    /// The page comes a second time, under the address of the next one.
    DuplicatePage,
    /// A page of nothing comes first.
    EmptyPage,
    /// A list of methods has one of a type that nobody knows.
    UnknownMethod,
    /// A number is stored, and refused as the sign-in name of somebody else.
    HalfSuccess,
    /// The answer to the batch says nothing of this item, which was made or was not.
    DropItem { made: bool },
}

/// For how long something deleted is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lagging {
    Reads(u64),
    For(Duration),
}

impl Fault {
    /// Its key in the file.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::ResetBefore => "reset_before",
            Self::ResetAfter => "reset_after",
            Self::Slow(_) => "slow",
            Self::Delay(_) => "delay",
            Self::LaggingDeletes(_) => "lagging_deletes",
            Self::ClaimsChallenge(_) => "claims_challenge",
            Self::TokenLifetime(_) => "token_lifetime",
            Self::DuplicatePage => "duplicate_page",
            Self::EmptyPage => "empty_page",
            Self::UnknownMethod => "unknown_method",
            Self::HalfSuccess => "half_success",
            Self::DropItem { .. } => "drop_item",
        }
    }
}

/// A rule of the file, and what came of it.
#[derive(Debug)]
pub(super) struct Rule {
    /// Where it stands in the file.
    pub(super) line: u64,
    /// The verbs; none means all.
    pub(super) methods: Vec<Method>,
    /// The pattern of paths; none means all but tokens and `$batch` itself.
    pub(super) path: Option<Pattern>,
    /// Whether it is about `/beta`, or about `/v1.0`; none means both, and what is below neither.
    pub(super) beta: Option<bool>,
    /// Which part of the calls, and the seed of the choice.
    pub(super) share: Option<(f64, u64)>,
    /// Each so-many-th call.
    pub(super) every: Option<u64>,
    /// No more calls than this.
    pub(super) first: Option<u64>,
    pub(super) fault: Fault,
    pub(super) seen: AtomicU64,
    pub(super) picked: AtomicU64,
    pub(super) given: AtomicU64,
}

impl Rule {
    /// Whether a call is of the ones that the rule is about.
    pub(super) fn takes(&self, kind: Kind, call: &Call) -> bool {
        let apt = match self.fault {
            Fault::TokenLifetime(_) => false,
            Fault::DropItem { .. } => kind == Kind::Item,
            Fault::ClaimsChallenge(_) => kind != Kind::Token,
            Fault::DuplicatePage | Fault::EmptyPage => {
                call.method == Method::GET && kind != Kind::Token && call.option("again").is_none()
            }
            Fault::UnknownMethod => {
                call.method == Method::GET && call.path.last().is_some_and(|last| last == "methods")
            }
            Fault::HalfSuccess => {
                matches!(call.method, Method::POST | Method::PATCH)
                    && call.path.get(3).is_some_and(|segment| segment == "phoneMethods")
            }
            Fault::LaggingDeletes(_) => call.method == Method::DELETE && is_method(call),
            _ => true,
        };
        apt && (self.methods.is_empty() || self.methods.contains(&call.method)) && self.covers(kind, call)
    }

    fn covers(&self, kind: Kind, call: &Call) -> bool {
        let ours = call.path.first().is_some_and(|first| first == "mfactl");
        if self
            .beta
            .is_some_and(|beta| kind == Kind::Token || ours || beta != call.beta)
        {
            return false;
        }
        let Some(Pattern(pattern)) = &self.path else {
            return matches!(kind, Kind::Single | Kind::Item);
        };
        // A pattern of asterisks is not meant for these two: they are named or left alone.
        let first = pattern.first().map_or("", String::as_str);
        let named = match kind {
            Kind::Single | Kind::Item => true,
            Kind::Batch => first == "$batch",
            Kind::Token => first == "oauth2",
        };
        let path: Vec<&str> = segments(&call.raw_path).collect();
        named && covers(pattern, &path)
    }

    /// Counts a call that it takes, and says whether it is picked.
    pub(super) fn picks(&self) -> bool {
        let number = self.seen.fetch_add(1, Ordering::Relaxed) + 1;
        let chosen = match (self.every, self.share) {
            (Some(every), _) => number.is_multiple_of(every),
            (None, Some((share, seed))) => fraction(seed, number) < share,
            (None, None) => true,
        };
        if !chosen {
            return false;
        }
        let limit = self.first.unwrap_or(u64::MAX);
        let more = |picked| (picked < limit).then_some(picked + 1);
        self.picked
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
            .is_ok()
    }

    /// Counts that its fault was given.
    pub(super) fn give(&self) {
        self.given.fetch_add(1, Ordering::Relaxed);
    }

    /// What came of it, on the wire.
    pub(super) fn told(&self, number: usize) -> Value {
        json!({
            "rule": number,
            "line": self.line,
            "fault": self.fault.name(),
            "seen": self.seen.load(Ordering::Relaxed),
            "given": self.given.load(Ordering::Relaxed),
        })
    }
}

/// `/users/{id}/authentication/{type}/{id}`
fn is_method(call: &Call) -> bool {
    call.path.len() == 5
        && call.path[0].eq_ignore_ascii_case("users")
        && call.path[2].eq_ignore_ascii_case("authentication")
}

/// A pattern of paths, cut in segments: `**` stands for any number of them, `*` for any letters of one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pattern(Vec<String>);

impl From<&str> for Pattern {
    fn from(text: &str) -> Self {
        Self(segments(text).map(str::to_owned).collect())
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

fn covers(pattern: &[String], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (None, Some(_)) => false,
        (Some((first, rest)), _) if first == "**" => {
            (0..=path.len()).any(|skipped| covers(rest, &path[skipped..]))
        }
        (Some(_), None) => false,
        (Some((first, rest)), Some((segment, more))) => {
            is_like(first.as_bytes(), segment.as_bytes()) && covers(rest, more)
        }
    }
}

fn is_like(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|skipped| is_like(rest, &text[skipped..])),
        Some((letter, rest)) => {
            text.first()
                .is_some_and(|other| other.eq_ignore_ascii_case(letter))
                && is_like(rest, &text[1..])
        }
    }
}

/// A number from 0 to 1 that is the same for the same seed and place (splitmix64).
#[expect(
    clippy::cast_precision_loss,
    reason = "53 bits are what the fraction keeps, and what is taken"
)]
fn fraction(seed: u64, number: u64) -> f64 {
    let mut mixed = seed.wrapping_add(number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^= mixed >> 31;
    (mixed >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(pattern: &str, path: &str) -> bool {
        covers(&Pattern::from(pattern).0, &segments(path).collect::<Vec<_>>())
    }

    #[test]
    fn an_asterisk_is_within_a_segment_and_two_are_any_segments() {
        assert!(covered(
            "/users/*/authentication/*Methods/*",
            "/users/a@b/authentication/phoneMethods/1"
        ));
        assert!(!covered("/users/*", "/users/a/authentication"));
        assert!(covered("/users/**", "/users/a/authentication"));
        assert!(covered("/users/**", "/Users"));
        assert!(covered("/**/methods", "/users/a/authentication/methods"));
        assert!(!covered("/**/methods", "/users/a/authentication/methods/1"));
        assert!(covered("/a*c*", "/abbcd"));
        assert!(!covered("/a*c", "/abbcd"));
    }

    #[test]
    fn a_share_is_the_same_for_the_same_seed_and_about_as_large_as_asked() {
        let hits = |seed| {
            (1..=10_000)
                .filter(|n| fraction(seed, *n) < 0.1)
                .collect::<Vec<_>>()
        };
        assert_eq!(hits(7), hits(7));
        assert_ne!(hits(7), hits(8));
        assert!((900..1100).contains(&hits(7).len()), "{}", hits(7).len());
    }
}
