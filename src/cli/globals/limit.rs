//! Options that bound a job: how fast, how many at once, how many may fail.

pub use crate::domain::Pace;

/// When to stop a job that is going wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MaxFailures {
    /// More than so many people.
    People(u64),
    /// More than this share of them, from 0 to 1.
    Share(f64),
}

/// A number over nothing, up to a limit, before its sign.
fn share(text: &str) -> Option<f64> {
    let number: f64 = text.strip_suffix('%')?.trim().parse().ok()?;
    (number > 0.0 && number <= 100.0).then_some(number / 100.0)
}

/// `20/s`, `20` or `50%`.
pub(super) fn pace(text: &str) -> Result<Pace, String> {
    let why = || "write requests a second, such as 20/s, or a share, such as 50%".to_owned();
    if text.ends_with('%') {
        return share(text).map(Pace::Share).ok_or_else(why);
    }
    let number = text.strip_suffix("/s").unwrap_or(text).trim().parse::<f64>();
    match number {
        Ok(number) if number > 0.0 && number.is_finite() => Ok(Pace::PerSecond(number)),
        _ => Err(why()),
    }
}

/// From 1 to 1000 people.
pub(super) fn people(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(number @ 1..=1000) => Ok(number),
        _ => Err("write a number from 1 to 1000".to_owned()),
    }
}

/// `10` or `5%`.
pub(super) fn failures(text: &str) -> Result<MaxFailures, String> {
    let why = || "write a number of people, such as 10, or a share, such as 5%".to_owned();
    if text.ends_with('%') {
        return share(text).map(MaxFailures::Share).ok_or_else(why);
    }
    text.parse().map(MaxFailures::People).map_err(|_| why())
}
