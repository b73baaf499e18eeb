//! How it writes times, which is in several ways, and how it wants them.

use jiff::Timestamp;

/// A time: with a zone as it writes it mostly, or without one, which is then UTC.
pub(in super::super) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim().replacen(' ', "T", 1);
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    // `+0000`, without the colon that others write.
    if let Some((head, zone)) = text.split_at_checked(text.len().saturating_sub(5))
        && zone.starts_with(['+', '-'])
        && zone[1..].bytes().all(|byte| byte.is_ascii_digit())
        && let Ok(at) = format!("{head}{}:{}", &zone[..3], &zone[3..]).parse::<Timestamp>()
    {
        return Some(at);
    }
    format!("{text}Z").parse().ok()
}

/// A time as it wants one.
pub(in super::super) fn written(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M+0000").to_string()
}
