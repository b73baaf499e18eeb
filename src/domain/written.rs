//! A file in TOML that a person wrote: what is wrong in it, where, and which word was meant. Who reads such a file says
//! it in one way.

use std::ops::Range;

use super::{Error, ErrorCode};

/// What the reader of TOML says, with its place, and the nearest right key where one is not known.
pub(crate) fn explain(code: ErrorCode, name: &str, text: &str, error: &toml::de::Error) -> Error {
    let message = error.message().lines().next().unwrap_or_default();
    let wrong = match unknown(message) {
        Some((key, known)) => {
            let error = Error::new(code, format!("there is no key \"{key}\" here"));
            error.hint(meant(&key, "the keys are", known.iter().map(String::as_str)))
        }
        None => Error::new(code, another(message).unwrap_or_else(|| lower(message))),
    };
    let (line, column) = error.span().map_or((None, None), |span| {
        let (line, column) = place(text, &span);
        (Some(line), Some(column))
    });
    wrong.at(name, line, column)
}

fn lower(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_lowercase().to_string())
        .unwrap_or_default();
    format!("{first}{}", letters.as_str())
}

/// serde says: unknown field `x`, expected one of `a`, `b`.
fn unknown(message: &str) -> Option<(String, Vec<String>)> {
    let rest = message.strip_prefix("unknown field ")?;
    let mut quoted = rest.split('`').skip(1).step_by(2).map(str::to_owned);
    let key = quoted.next()?;
    Some((key, quoted.collect()))
}

/// serde says: invalid type: string "3", expected u64. Whoever writes a file knows none of these words.
fn another(message: &str) -> Option<String> {
    let rest = message
        .strip_prefix("invalid type: ")
        .or_else(|| message.strip_prefix("invalid value: "))?;
    let (found, expected) = rest.rsplit_once(", expected ")?;
    let expected = match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0 on",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a string" => "a text in quotation marks",
        "a sequence" => "a list in square brackets",
        "a map" => "a section",
        _ if expected.starts_with("struct ") => "a section",
        other => other,
    };
    let found = match found {
        "sequence" => "a list",
        "map" => "a section",
        _ => ["integer ", "floating point ", "boolean ", "string "]
            .iter()
            .find_map(|kind| found.strip_prefix(kind))
            .unwrap_or(found)
            .trim_matches('`'),
    };
    Some(format!("here belongs {expected}, and not {found}"))
}

/// Line and column, from 1.
pub(crate) fn place(text: &str, span: &Range<usize>) -> (u64, u64) {
    let before = text.get(..span.start).unwrap_or(text);
    let line = before.matches('\n').count() as u64 + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() as u64 + 1;
    (line, column)
}

/// The hint for a word that is not known: the one that was meant, else all of them behind `these`.
pub(crate) fn meant<'a>(word: &str, these: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    match nearest(word, known.clone()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("{these}: {}", known.collect::<Vec<_>>().join(", ")),
    }
}

/// The nearest of several words, where one is near.
pub(crate) fn nearest<'a>(word: &str, among: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let most = (word.chars().count() / 3).clamp(1, 3);
    among
        .map(|other| (distance(word, other), other))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
}

/// Letters to add, drop, change or swap with their neighbour (Damerau-Levenshtein, optimal string alignment).
fn distance(one: &str, other: &str) -> usize {
    let one: Vec<char> = one.to_lowercase().chars().collect();
    let other: Vec<char> = other.to_lowercase().chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let cost = usize::from(a != b);
            let mut least = (last[j] + cost).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}
