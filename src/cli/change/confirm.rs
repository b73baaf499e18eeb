//! The question before anything is sent.

use super::{Prepared, shown};
use crate::cli::context::{Context, Session};
use crate::domain::{Error, ErrorCode, Result};
use crate::render::text::grouped;

/// Shows the plan and asks, unless it was confirmed beforehand.
///
/// # Errors
/// `not_confirmed`: nobody can be asked, or the answer was No.
pub(super) fn ask(cx: &Context, session: &Session, prepared: &Prepared) -> Result<()> {
    let people = prepared.gathered.size.people;
    let first = people.min(prepared.gathered.limit.unwrap_or(people));
    let mut plan = shown::plan(cx, session, prepared);
    if first < people {
        plan.push_str(&format!(
            "\nOf {} people, the first {} are done in this run; jobs resume goes on.",
            grouped(people),
            grouped(first)
        ));
    }
    shown_is_meant(cx, &plan, first)
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
