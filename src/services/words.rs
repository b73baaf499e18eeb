//! How a service's own words stand in our errors: behind ours, one short line, without control characters, because they
//! are untrusted text.

/// What stands before what a service says of a request that it does not take.
pub(crate) const REFUSED: &str = "the service refused";

/// The service's own words behind ours.
pub(crate) fn words(ours: &str, said: &str) -> String {
    if said.is_empty() {
        ours.to_owned()
    } else {
        format!("{ours}: {said}")
    }
}

/// `1 try`, `6 tries`.
pub(crate) fn tries(count: u32) -> String {
    if count == 1 {
        "1 try".to_owned()
    } else {
        format!("{count} tries")
    }
}

/// A message as a clause: one line, at most 300 characters, lower case at its beginning, without a full stop.
pub(crate) fn one_line(message: &str) -> String {
    let line: String = message
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(300)
        .collect::<String>()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let line = line.trim_end_matches('.');
    let mut chars = line.chars();
    match (chars.next(), chars.next()) {
        // An abbreviation or a name keeps its capital.
        (Some(first), Some(second)) if first.is_uppercase() && second.is_lowercase() => {
            format!("{}{}", first.to_lowercase(), &line[first.len_utf8()..])
        }
        _ => line.to_owned(),
    }
}
