//! The file of rules: TOML, read strictly (docs/faults.md).

use std::ops::Range;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use jiff::SignedDuration;
use serde::Deserialize;
use toml::{Spanned, Value};

use super::rule::{Code, Fault, Lagging, Pattern, Rule};
use crate::domain::{Error, ErrorCode, Result, written};
use crate::server::token::context;

const VERBS: [&str; 5] = ["GET", "POST", "PATCH", "PUT", "DELETE"];

/// Codes that a rule may name, with what Graph says beside them (api/entra 6.3; the second is the one of a tenant without
/// the licence for it).
const CODES: [Code; 8] = [
    ("accessDenied", "Request Authorization failed"),
    (
        "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
        "Neither tenant is B2C or tenant doesn't have premium license",
    ),
    (
        "Authorization_RequestDenied",
        "Insufficient privileges to complete the operation.",
    ),
    ("BadRequest", "Resource not found for the segment."),
    ("Request_BadRequest", "The request was refused on purpose."),
    (
        "Request_ResourceNotFound",
        "Resource does not exist or one of its queried reference-property objects are not present.",
    ),
    ("resourceNotFound", "Resource not found."),
    ("UnknownError", ""),
];

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    rule: Vec<Spanned<Written>>,
}

/// One `[[rule]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    method: Option<Spanned<Value>>,
    path: Option<Spanned<String>>,
    version: Option<Spanned<String>>,
    share: Option<Spanned<f64>>,
    seed: Option<Spanned<u64>>,
    every: Option<Spanned<u64>>,
    first: Option<Spanned<u64>>,
    status: Option<Spanned<i64>>,
    retry_after: Option<Spanned<u64>>,
    code: Option<Spanned<String>>,
    reset_before: Option<Spanned<bool>>,
    reset_after: Option<Spanned<bool>>,
    slow: Option<Spanned<String>>,
    delay: Option<Spanned<String>>,
    lagging_deletes: Option<Spanned<WrittenLag>>,
    token_lifetime: Option<Spanned<String>>,
    claims_challenge: Option<Spanned<String>>,
    duplicate_page: Option<Spanned<bool>>,
    empty_page: Option<Spanned<bool>>,
    unknown_method: Option<Spanned<bool>>,
    half_success: Option<Spanned<bool>>,
    drop_item: Option<Spanned<String>>,
}

/// `{ reads = 2 }` or `{ for = "5s" }`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenLag {
    reads: Option<u64>,
    r#for: Option<String>,
}

/// What is wrong, and which part of the text it is about.
struct Wrong {
    what: String,
    hint: Option<String>,
    span: Range<usize>,
}

fn wrong(what: impl Into<String>, span: Range<usize>) -> Wrong {
    Wrong {
        what: what.into(),
        hint: None,
        span,
    }
}

/// Reads a file of rules.
///
/// # Errors
/// `file_unreadable`, or `invalid_input` with line and column.
pub(super) fn read(path: &Path) -> Result<Vec<Rule>> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| {
        Error::new(ErrorCode::FileUnreadable, format!("cannot be read: {error}")).at(&name, None, None)
    })?;
    parse(&name, &text)
}

/// Reads the text of a file called `name`.
///
/// # Errors
/// `invalid_input` with line and column.
pub(super) fn parse(name: &str, text: &str) -> Result<Vec<Rule>> {
    let file: File = toml::from_str(text)
        .map_err(|error| written::explain(ErrorCode::InvalidInput, name, text, &error))?;
    if file.rule.is_empty() {
        return Err(
            Error::new(ErrorCode::InvalidInput, "there is no [[rule]] in this file").at(name, None, None),
        );
    }
    let place = |span: &Range<usize>| written::place(text, span);
    file.rule
        .into_iter()
        .map(|rule| {
            let span = rule.span();
            let line = place(&span).0;
            read_rule(rule.into_inner(), span, line).map_err(|wrong| {
                let (line, column) = place(&wrong.span);
                let error = Error::new(ErrorCode::InvalidInput, wrong.what);
                match wrong.hint {
                    Some(hint) => error.hint(hint),
                    None => error,
                }
                .at(name, Some(line), Some(column))
            })
        })
        .collect()
}

fn read_rule(written: Written, span: Range<usize>, line: u64) -> Result<Rule, Wrong> {
    let fault = match faults(&written)?.as_slice() {
        [(fault, _)] => *fault,
        [] => return Err(wrong("the rule has no fault: add one, as status = 503", span)),
        [.., (fault, span)] => {
            return Err(wrong(
                format!("{} is a second fault: write a rule for each", fault.name()),
                span.clone(),
            ));
        }
    };
    check_choice(&written)?;
    let seed = written.seed.map_or(0, Spanned::into_inner);
    Ok(Rule {
        line,
        methods: written.method.map(verbs).transpose()?.unwrap_or_default(),
        path: written.path.map(|path| Pattern::from(path.get_ref().as_str())),
        beta: written.version.as_ref().map(version).transpose()?,
        share: written.share.map(|share| (share.into_inner(), seed)),
        every: written.every.map(Spanned::into_inner),
        first: written.first.map(Spanned::into_inner),
        fault,
        seen: AtomicU64::new(0),
        picked: AtomicU64::new(0),
        given: AtomicU64::new(0),
    })
}

/// Whether a rule is about `/beta`, or about `/v1.0`.
fn version(found: &Spanned<String>) -> Result<bool, Wrong> {
    match found.get_ref().as_str() {
        "beta" => Ok(true),
        "v1.0" => Ok(false),
        other => Err(unknown("version", other, &["v1.0", "beta"], found.span())),
    }
}

/// Every fault that a rule names, with its place: one is right.
fn faults(written: &Written) -> Result<Vec<(Fault, Range<usize>)>, Wrong> {
    let mut faults = Vec::new();
    if let Some(found) = &written.status {
        let retry_after = written.retry_after.as_ref().map(|seconds| *seconds.get_ref());
        let code = written.code.as_ref().map(code).transpose()?;
        let fault = Fault::Status {
            status: status(found)?,
            retry_after,
            code,
        };
        faults.push((fault, found.span()));
    } else if let Some(code) = &written.code {
        return Err(wrong("code goes with a status", code.span()));
    } else if let Some(seconds) = &written.retry_after {
        return Err(wrong("retry_after goes with a status", seconds.span()));
    }
    for (found, fault) in [
        (&written.reset_before, Fault::ResetBefore),
        (&written.reset_after, Fault::ResetAfter),
        (&written.duplicate_page, Fault::DuplicatePage),
        (&written.empty_page, Fault::EmptyPage),
        (&written.unknown_method, Fault::UnknownMethod),
        (&written.half_success, Fault::HalfSuccess),
    ] {
        if let Some(found) = found {
            if !*found.get_ref() {
                return Err(wrong("only true says something: leave it out", found.span()));
            }
            faults.push((fault, found.span()));
        }
    }
    if let Some(found) = &written.slow {
        faults.push((Fault::Slow(time(found)?), found.span()));
    }
    if let Some(found) = &written.delay {
        faults.push((Fault::Delay(time(found)?), found.span()));
    }
    if let Some(found) = &written.token_lifetime {
        let time = time(found)?;
        if time.as_secs() == 0 {
            return Err(wrong("a token lives for a second at least", found.span()));
        }
        if written.path.is_some() || written.method.is_some() || written.version.is_some() {
            return Err(wrong(
                "token_lifetime is about every token: leave out method, version and path",
                found.span(),
            ));
        }
        faults.push((Fault::TokenLifetime(time), found.span()));
    }
    if let Some(found) = &written.claims_challenge {
        let context = context(found.get_ref())
            .ok_or_else(|| wrong("an authentication context is \"c1\" to \"c99\"", found.span()))?;
        faults.push((Fault::ClaimsChallenge(context), found.span()));
    }
    if let Some(found) = &written.lagging_deletes {
        faults.push((Fault::LaggingDeletes(lagging(found)?), found.span()));
    }
    if let Some(found) = &written.drop_item {
        let made = match found.get_ref().as_str() {
            "before" => false,
            "after" => true,
            other => return Err(unknown("drop_item", other, &["before", "after"], found.span())),
        };
        faults.push((Fault::DropItem { made }, found.span()));
    }
    Ok(faults)
}

/// Holds against each other what a rule says of the calls that it is about.
fn check_choice(written: &Written) -> Result<(), Wrong> {
    for number in [&written.every, &written.first].into_iter().flatten() {
        if *number.get_ref() == 0 {
            return Err(wrong("the number is 1 or more", number.span()));
        }
    }
    match (&written.share, &written.every, &written.seed) {
        (Some(share), ..) if !(*share.get_ref() > 0.0 && *share.get_ref() <= 1.0) => {
            Err(wrong("a share is above 0 and at most 1", share.span()))
        }
        (Some(_), Some(every), _) => Err(wrong("give share or every, not both", every.span())),
        (None, _, Some(seed)) => Err(wrong("a seed goes with a share", seed.span())),
        _ => match &written.path {
            Some(path) if !path.get_ref().starts_with('/') => Err(wrong("a path begins with /", path.span())),
            _ => Ok(()),
        },
    }
}

fn status(written: &Spanned<i64>) -> Result<StatusCode, Wrong> {
    u16::try_from(*written.get_ref())
        .ok()
        .and_then(|code| StatusCode::from_u16(code).ok())
        .filter(|code| code.is_client_error() || code.is_server_error())
        .ok_or_else(|| wrong("a status of an error is from 400 to 599", written.span()))
}

/// One of the codes that Graph answers with.
fn code(written: &Spanned<String>) -> Result<Code, Wrong> {
    let name = written.get_ref();
    let found = CODES.iter().find(|(code, _)| code.eq_ignore_ascii_case(name));
    found.copied().ok_or_else(|| {
        let known: Vec<&str> = CODES.iter().map(|(code, _)| *code).collect();
        unknown("code", name, &known, written.span())
    })
}

fn lagging(written: &Spanned<WrittenLag>) -> Result<Lagging, Wrong> {
    let span = written.span();
    match written.get_ref() {
        WrittenLag {
            reads: Some(reads),
            r#for: None,
        } if *reads > 0 => Ok(Lagging::Reads(*reads)),
        WrittenLag {
            reads: None,
            r#for: Some(text),
        } => Ok(Lagging::For(time(&Spanned::new(span, text.clone()))?)),
        _ => Err(wrong("give one: { reads = 2 } or { for = \"5s\" }", span)),
    }
}

fn time(text: &Spanned<String>) -> Result<Duration, Wrong> {
    let read = text.get_ref().parse::<SignedDuration>().ok();
    read.and_then(|time| Duration::try_from(time).ok())
        .filter(|time| !time.is_zero())
        .ok_or_else(|| {
            wrong(
                "a time is a number with a unit, as \"200ms\" or \"5s\"",
                text.span(),
            )
        })
}

/// One verb, or several in a list.
fn verbs(written: Spanned<Value>) -> Result<Vec<Method>, Wrong> {
    let span = written.span();
    let names = match written.into_inner() {
        Value::Array(names) => names,
        one => vec![one],
    };
    if names.is_empty() {
        return Err(wrong("name a method, or leave it out for all", span));
    }
    names
        .iter()
        .map(|name| {
            let name = name.as_str().unwrap_or_default();
            if !VERBS.contains(&name) {
                return Err(unknown("method", name, &VERBS, span.clone()));
            }
            Method::from_bytes(name.as_bytes()).map_err(|_| wrong("that is no method", span.clone()))
        })
        .collect()
}

fn unknown(what: &str, given: &str, known: &[&str], span: Range<usize>) -> Wrong {
    Wrong {
        what: format!("{what} \"{given}\" is not known"),
        hint: Some(written::meant(given, "one of", known.iter().copied())),
        span,
    }
}
