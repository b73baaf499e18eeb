//! Whether to send again, as a table: what came back × idempotency class × attempt. No I/O, no clock.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;

use super::request::Class;

/// How often a call is sent at most.
pub(crate) const TRIES: u32 = 6;

const BASE: Duration = Duration::from_millis(500);
const CEILING: Duration = Duration::from_secs(20);

/// What a try came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// An answer with this status.
    Answered(u16),
    /// No connection: the service cannot have seen it.
    NotSent,
    /// It may have been sent, and nothing came back.
    NoAnswer,
    /// Nothing was sent, and nothing can be before somebody mends it.
    Hopeless,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is final, good or bad.
    Take,
    /// Wait and send again.
    Again,
    /// Drop the token and send again at once, once.
    SignIn,
    /// It may have been done: the caller reads back, or says so.
    Unknown,
}

/// The table.
pub(crate) const fn decide(outcome: Outcome, class: Class, attempt: u32, signed_in_again: bool) -> Verdict {
    let left = attempt < TRIES;
    let repeat = if left { Verdict::Again } else { Verdict::Take };
    let repeatable = matches!(class, Class::Read | Class::Idempotent);
    match outcome {
        Outcome::NotSent => repeat,
        Outcome::Hopeless => Verdict::Take,
        Outcome::NoAnswer if repeatable => repeat,
        Outcome::NoAnswer => Verdict::Unknown,
        Outcome::Answered(status) => match status {
            401 if signed_in_again => Verdict::Take,
            401 => Verdict::SignIn,
            // Refused before anything was done, whatever the class.
            429 | 509 => repeat,
            408 | 502 | 504 if repeatable => repeat,
            // Something between here and the service answered: the service may have done it.
            408 | 502 | 504 => Verdict::Unknown,
            500 | 503 if repeatable => repeat,
            // The service failed in the middle, so a look tells; but where each sending makes something new, only
            // a person decides.
            500 | 503 if matches!(class, Class::ReadBackFirst) => Verdict::Unknown,
            _ => Verdict::Take,
        },
    }
}

/// How long to wait before the next try: what the service asks for, else full jitter (`random` in 0..1) under a
/// ceiling that doubles.
pub(crate) fn wait(attempt: u32, retry_after: Option<Duration>, random: f64) -> Duration {
    retry_after.unwrap_or_else(|| {
        let ceiling = BASE
            .saturating_mul(1 << attempt.saturating_sub(1).min(10))
            .min(CEILING);
        ceiling.mul_f64(random.clamp(0.0, 1.0))
    })
}

/// Reads `Retry-After`: seconds, or a date, which is counted from the answer's own `Date` so that this machine's clock
/// does not matter.
pub(crate) fn retry_after(value: Option<&str>, date: Option<&str>, now: Timestamp) -> Option<Duration> {
    let value = value?.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = rfc2822::parse(value).ok()?.timestamp();
    let from = date
        .and_then(|date| rfc2822::parse(date).ok())
        .map_or(now, |date| date.timestamp());
    let seconds = at.as_second().saturating_sub(from.as_second()).max(0);
    Some(Duration::from_secs(seconds.unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_table() {
        let outcomes = [
            200, 204, 304, 400, 401, 403, 404, 408, 409, 424, 429, 500, 501, 502, 503, 504, 509,
        ]
        .map(|status| (status.to_string(), Outcome::Answered(status)))
        .into_iter()
        .chain([
            ("not sent".to_owned(), Outcome::NotSent),
            ("no answer".to_owned(), Outcome::NoAnswer),
            ("hopeless".to_owned(), Outcome::Hopeless),
        ]);
        let mut table = format!(
            "{:<9}  {}\n",
            "",
            Class::ALL.map(|class| format!("{class:?}")).join("  ")
        );
        for (name, outcome) in outcomes {
            let cells = Class::ALL.map(|class| {
                let first = decide(outcome, class, 1, false);
                let last = decide(outcome, class, TRIES, true);
                for attempt in 2..TRIES {
                    assert_eq!(
                        decide(outcome, class, attempt, false),
                        first,
                        "{name} {class:?} {attempt}"
                    );
                }
                if first == last {
                    format!("{first:?}")
                } else {
                    format!("{first:?}, then {last:?}")
                }
            });
            table += &format!("{name:<9}  {}\n", cells.join("  "));
        }
        insta::assert_snapshot!(table, @"
                   Read  Idempotent  ReadBackFirst  Never
        200        Take  Take  Take  Take
        204        Take  Take  Take  Take
        304        Take  Take  Take  Take
        400        Take  Take  Take  Take
        401        SignIn, then Take  SignIn, then Take  SignIn, then Take  SignIn, then Take
        403        Take  Take  Take  Take
        404        Take  Take  Take  Take
        408        Again, then Take  Again, then Take  Unknown  Unknown
        409        Take  Take  Take  Take
        424        Take  Take  Take  Take
        429        Again, then Take  Again, then Take  Again, then Take  Again, then Take
        500        Again, then Take  Again, then Take  Unknown  Take
        501        Take  Take  Take  Take
        502        Again, then Take  Again, then Take  Unknown  Unknown
        503        Again, then Take  Again, then Take  Unknown  Take
        504        Again, then Take  Again, then Take  Unknown  Unknown
        509        Again, then Take  Again, then Take  Again, then Take  Again, then Take
        not sent   Again, then Take  Again, then Take  Again, then Take  Again, then Take
        no answer  Again, then Take  Again, then Take  Unknown  Unknown
        hopeless   Take  Take  Take  Take
        ");
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_by_the_services_clock() {
        let now = Timestamp::UNIX_EPOCH;
        let read = |value, date| retry_after(value, date, now).map(|wait| wait.as_secs());
        assert_eq!(read(Some("7"), None), Some(7));
        let date = Some("Sun, 06 Nov 1994 08:49:00 GMT");
        assert_eq!(read(Some("Sun, 06 Nov 1994 08:49:37 GMT"), date), Some(37));
        assert_eq!(read(Some("Sun, 06 Nov 1994 08:48:00 GMT"), date), Some(0));
        assert_eq!(read(Some("soon"), None), None);
        assert_eq!(read(None, None), None);
    }

    #[test]
    fn waits_grow_with_full_jitter_and_the_service_has_the_last_word() {
        let ceilings: Vec<_> = (1..=7)
            .map(|attempt| wait(attempt, None, 1.0).as_millis())
            .collect();
        assert_eq!(ceilings, [500, 1000, 2000, 4000, 8000, 16000, 20000]);
        assert_eq!(wait(3, None, 0.25), Duration::from_millis(500));
        assert_eq!(wait(3, Some(Duration::from_secs(9)), 0.1), Duration::from_secs(9));
    }
}
