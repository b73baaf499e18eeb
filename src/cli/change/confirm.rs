//! The question before anything is sent.

use super::{Prepared, shown};
use crate::cli::context::{Context, Session};
use crate::domain::{Error, ErrorCode, Result};
use crate::render::text::{counted, grouped, lasting};
use crate::services::{TokenLeft, Traffic};

/// More writes than these are worth a word before they begin.
const LONG: u64 = 200;

/// Shows the plan and asks, unless it was confirmed beforehand.
///
/// # Errors
/// `not_confirmed`: nobody can be asked, or the answer was No.
pub(super) fn ask(cx: &Context, session: &Session, prepared: &Prepared) -> Result<()> {
    let people = prepared.gathered.size.people;
    let first = people.min(prepared.gathered.limit.unwrap_or(people));
    let mut plan = shown::plan(cx, session, prepared);
    if first < people {
        plan.push('\n');
        plan.push_str(&of_first(people, first));
    }
    let traffic = session.traffic.as_ref();
    let line = takes(
        prepared.gathered.size.steps,
        traffic.and_then(Traffic::writes_per_second),
        traffic.and_then(Traffic::token_left),
    );
    plan.push_str(&line.unwrap_or_default());
    shown_is_meant(cx, &plan, first)
}

/// What `--first` means for these people.
pub(super) fn of_first(people: u64, first: u64) -> String {
    let are = if first == 1 { "is" } else { "are" };
    format!(
        "Of {} people, the first {} {are} done in this run; jobs resume goes on.",
        grouped(people),
        grouped(first)
    )
}

/// What to know before a long run: how many writes, how long they take where that is known, and what ends before.
fn takes(writes: u64, a_second: Option<f64>, token: Option<TokenLeft>) -> Option<String> {
    if writes <= LONG {
        return None;
    }
    let mut line = format!("\n{} writes", grouped(writes));
    let Some(a_second) = a_second.filter(|rate| *rate > 0.0) else {
        line.push('.');
        return Some(line);
    };
    let seconds = (writes as f64 / a_second).ceil() as u64;
    let minutes = seconds.div_ceil(60);
    let time = match minutes {
        60.. => lasting(minutes * 60),
        minutes => counted(minutes, "minute", "minutes"),
    };
    line.push_str(&format!(", about {time}."));
    if let Some(token) = token.filter(|token| token.left.as_secs() < seconds) {
        line.push_str(&ends_before(token));
    }
    Some(line)
}

/// What the end of a token before that of the run means.
fn ends_before(token: TokenLeft) -> String {
    let left = match token.left.as_secs() {
        seconds @ 60.. => lasting(seconds / 60 * 60),
        seconds => lasting(seconds),
    };
    if token.renewed {
        format!(" The token is good for {left} and renewed before.")
    } else {
        format!(
            " The token that was given ends in {left}, before that, and cannot be renewed: what is left then goes on \
             with a new one, by jobs resume."
        )
    }
}

/// Shows this and asks whether it is meant, unless it was confirmed beforehand.
///
/// # Errors
/// As [`ask`].
pub(super) fn shown_is_meant(cx: &Context, plan: &str, people: u64) -> Result<()> {
    cx.ui.note(plan);
    if cx.globals.yes {
        return Ok(());
    }
    cx.ui.can_ask()?;
    // With -q the plan was not shown, and nobody says yes to what he has not seen.
    let before = if cx.globals.quiet {
        format!("{plan}\n")
    } else {
        String::new()
    };
    let confirmed = if people > 1 {
        let question = format!("{before}Type {} to go on:", grouped(people));
        cx.ui.confirm_number(people, &question)?
    } else {
        cx.ui.confirm(&format!("{before}Go on?"))?
    };
    if confirmed {
        Ok(())
    } else {
        Err(Error::new(
            ErrorCode::NotConfirmed,
            "not confirmed; nothing was sent",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_is_told_beforehand_and_a_short_one_is_not() {
        let left = |seconds, renewed| {
            Some(TokenLeft {
                left: std::time::Duration::from_secs(seconds),
                renewed,
            })
        };
        let hour = left(3599, true);
        assert_eq!(takes(200, Some(20.0), hour), None);
        let line = |writes, rate| takes(writes, rate, hour).unwrap();
        assert_eq!(line(1931, Some(20.0)), "\n1,931 writes, about 2 minutes.");
        assert_eq!(line(1931, None), "\n1,931 writes.");
        assert_eq!(
            line(100_000, Some(9.96)),
            "\n100,000 writes, about 2 h 48 min. The token is good for 59 min and renewed before."
        );
        let line = |token| takes(1931, Some(0.1), token).unwrap();
        assert_eq!(line(None), "\n1,931 writes, about 5 h 22 min.");
        assert!(line(left(40, true)).ends_with(" The token is good for 40 s and renewed before."));
        assert!(
            line(left(725, false)).ends_with(
                " The token that was given ends in 12 min, before that, and cannot be renewed: what is left then goes \
                 on with a new one, by jobs resume."
            )
        );
    }
}
