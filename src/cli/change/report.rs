//! What was done, for scripts and in a few last lines for people.

use jiff::Timestamp;
use serde_json::Value;

use super::keep::Keeper;
use super::{Prepared, shown};
use crate::cli::context::{Context, Session};
use crate::domain::shape::{Next, ResultDoc, StepRow, Summary};
use crate::domain::{Action, Error, ErrorCode, Result, Status};
use crate::jobs::execute::planned_row;
use crate::jobs::{outcome, remains};
use crate::render::text::{clean, counted};

/// How long an open page may go on after a sign-out, in seconds.
const ACCESS_ENDS_WITHIN: u64 = 3600;
/// Where people change their own security info, on services that have such a page.
const SECURITY_INFO: &str = "https://mysignins.microsoft.com/security-info";
/// How wide the last lines are.
const WIDTH: usize = 76;

/// How a job ended.
pub(super) struct Ended {
    pub(super) rows: Vec<StepRow>,
    pub(super) next: Vec<Next>,
    pub(super) hints: Vec<String>,
    pub(super) started: Timestamp,
    pub(super) interrupted: bool,
}

/// Shows a plan that is not carried out; gives the exit status.
///
/// # Errors
/// stdout is a file that cannot take it; where some had no plan, that.
pub(super) fn only_planned(cx: &Context, session: &Session, prepared: &Prepared) -> Result<u8> {
    let rows: Vec<StepRow> = prepared
        .people
        .iter()
        .flat_map(|person| person.steps.iter().map(|row| planned_row(person, row).0))
        .collect();
    let ended = Ended {
        rows,
        next: Vec::new(),
        hints: Vec::new(),
        started: cx.clock.now(),
        interrupted: false,
    };
    let mut doc = doc(cx, session, prepared, &ended, &Keeper::none());
    doc.dry_run = true;
    (doc.started_at, doc.finished_at) = (None, None);
    let mut out = cx.ui.stdout();
    crate::render::result(&cx.page(), &mut out, &doc)?;
    out.done()?;
    if prepared.plan.is_none() {
        let heading = shown::plan(session, prepared);
        let lines: Vec<&str> = heading.lines().collect();
        cx.ui.note(&format!(
            "Dry run: {}; nothing was sent",
            lines.first().copied().unwrap_or_default()
        ));
    }
    for warning in prepared.people.iter().flat_map(|person| &person.warnings) {
        cx.ui.warn(warning);
    }
    for person in prepared.people.iter().filter(|_| prepared.people.len() == 1) {
        if !person.stays.is_empty() {
            cx.ui.note(&format!("Stays: {}", person.stays));
        }
    }
    by_hand(cx, &doc);
    match outcome::verdict(&prepared.left, false) {
        None => Ok(0),
        Some(error) if prepared.people.is_empty() => Err(error),
        Some(error) => Err(Error::new(ErrorCode::Incomplete, error.message())),
    }
}

/// Shows one row that has ended.
///
/// # Errors
/// Why it did not end well.
pub(super) fn one_row(
    cx: &Context,
    session: &Session,
    prepared: &Prepared,
    row: StepRow,
    hints: Vec<String>,
) -> Result<u8> {
    let planned = row.status == Status::Planned;
    let ended = Ended {
        rows: vec![row],
        next: Vec::new(),
        hints,
        started: cx.clock.now(),
        interrupted: false,
    };
    let mut doc = doc(cx, session, prepared, &ended, &Keeper::none());
    doc.dry_run = planned;
    let mut out = cx.ui.stdout();
    crate::render::result(&cx.page(), &mut out, &doc)?;
    out.done()?;
    say(cx, session, prepared, &ended, &doc)
}

/// The result as scripts get it.
pub(super) fn doc(
    cx: &Context,
    session: &Session,
    prepared: &Prepared,
    ended: &Ended,
    keeper: &Keeper,
) -> ResultDoc {
    let steps: Vec<StepRow> = ended.rows.iter().chain(&prepared.left).cloned().collect();
    let mut summary: Summary = outcome::summary(&steps);
    // A person whose plan has no step at all was selected too.
    let empty = prepared
        .people
        .iter()
        .filter(|person| person.steps.is_empty())
        .count() as u64;
    summary.users.selected += empty;
    summary.users.unchanged += empty;
    let exit_code = outcome::verdict(&steps, ended.interrupted).map_or(0, |error| error.code().exit_code());
    let signed_out = prepared
        .people
        .iter()
        .flat_map(|person| person.steps.iter())
        .zip(&ended.rows)
        .any(|(planned, row)| {
            let ends = planned
                .to_send()
                .is_some_and(|step| matches!(step.action, Action::SignOut | Action::DisableAccount));
            ends && matches!(row.status, Status::Done)
        });
    let page = (session.service_name == "entra").then(|| SECURITY_INFO.to_owned());
    let next = ended.next.iter().cloned().map(|mut next| {
        if next.notice.url.is_none() && next.notice.text.contains("security info page") {
            next.notice.url.clone_from(&page);
        }
        next
    });
    ResultDoc {
        schema: "result/1".to_owned(),
        job: None,
        dry_run: false,
        profile: session.profile.clone(),
        tenant: session.tenant.clone(),
        verb: prepared.verb.clone(),
        playbook: prepared.playbook.clone(),
        ticket: prepared.ticket.clone(),
        reason: prepared.reason.clone(),
        plan: prepared.plan.clone(),
        started_at: Some(ended.started),
        finished_at: Some(cx.clock.now()),
        exit_code,
        summary,
        steps,
        by_hand: outcome::by_hand(&prepared.people),
        next: next.collect(),
        access_ends_within_s: signed_out.then_some(ACCESS_ENDS_WITHIN),
        undo: None,
        secrets: keeper.rows(),
        audit: None,
    }
}

/// Everything of a result but its steps: the last line of NDJSON.
pub(super) fn without_steps(doc: &ResultDoc) -> Result<Value> {
    let mut value = serde_json::to_value(doc)
        .map_err(|error| Error::new(ErrorCode::Internal, format!("writing JSON failed: {error}")))?;
    if let Some(fields) = value.as_object_mut() {
        fields.shift_remove("steps");
    }
    Ok(value)
}

/// The last lines on stderr; gives the exit status.
///
/// # Errors
/// Why the change did not end well.
pub(super) fn say(
    cx: &Context,
    session: &Session,
    prepared: &Prepared,
    ended: &Ended,
    doc: &ResultDoc,
) -> Result<u8> {
    let verdict = outcome::verdict(&doc.steps, ended.interrupted);
    let users = &doc.summary.users;
    let place = super::place(session);
    let one = users.selected == 1;
    let whom = || match prepared.people.first() {
        Some(person) if one => person.user.clone(),
        None if one => doc.steps.first().map(|row| row.user.clone()).unwrap_or_default(),
        _ => counted(users.selected, "person", "people"),
    };
    if one && verdict.is_none() && doc.summary.steps.done > 0 {
        cx.ui.note("Done.");
    } else if one && verdict.is_none() && doc.summary.steps.unsupported == 0 {
        cx.ui
            .note(&format!("Nothing to change: {} in {place} is so already", whom()));
    } else if !one {
        let counts: Vec<String> = [
            (users.done, "done"),
            (users.unchanged, "so already"),
            (users.failed, "failed"),
            (users.skipped, "skipped"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
        cx.ui
            .note(&format!("{} in {place}: {}", whom(), counts.join(", ")));
    }
    for line in sentences(prepared, &doc.next) {
        cx.ui.note(&wrapped(&clean(&line), WIDTH));
    }
    by_hand(cx, doc);
    for hint in &ended.hints {
        cx.ui.note(hint);
    }
    match verdict {
        None => Ok(0),
        Some(error) => {
            again(cx, prepared, doc);
            Err(error)
        }
    }
}

/// A playbook that did some of it: how to do the rest, without taking away the number that it has just put in.
fn again(cx: &Context, prepared: &Prepared, doc: &ResultDoc) {
    let changed: Vec<&StepRow> = doc
        .steps
        .iter()
        .filter(|row| row.step == "change" && row.status == Status::Done)
        .collect();
    if let (Some(playbook), [row]) = (&prepared.playbook, changed.as_slice()) {
        let words = [
            "user",
            "reset",
            &row.user,
            "--playbook",
            playbook,
            "--keep",
            &row.target,
        ];
        cx.ui
            .note(&format!("Try again what failed: {}", cx.command(words)));
    }
}

/// A sentence for each person of whom something remains, where they are few.
fn sentences(prepared: &Prepared, next: &[Next]) -> Vec<String> {
    const FEW: usize = 3;
    if prepared.people.len() > FEW {
        return Vec::new();
    }
    prepared
        .people
        .iter()
        .filter_map(|person| {
            let texts: Vec<&str> = next
                .iter()
                .filter(|next| next.user == person.user)
                .map(|next| next.notice.text.as_str())
                .collect();
            remains::sentence(person.display_name.as_deref(), &person.user, &texts)
        })
        .collect()
}

fn by_hand(cx: &Context, doc: &ResultDoc) {
    for one in &doc.by_hand {
        let whom = if doc.summary.users.selected > 1 {
            format!(" for {}", one.users)
        } else {
            String::new()
        };
        cx.ui.note(&wrapped(
            &format!("By hand{whom}: {}: {}", one.what, one.place),
            WIDTH,
        ));
    }
}

/// Breaks a text into lines; a telephone number stays whole.
fn wrapped(text: &str, width: usize) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut in_number = false;
    for word in text.split(' ') {
        let digits = word
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '-' | ';' | ',' | '.' | 'x'));
        if in_number
            && digits
            && !word.is_empty()
            && let Some(last) = words.last_mut()
        {
            last.push(' ');
            last.push_str(word);
            in_number = word.chars().all(|c| c.is_ascii_digit());
            continue;
        }
        in_number = word
            .strip_prefix('+')
            .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit()));
        words.push(word.to_owned());
    }
    let mut out = String::new();
    let mut length = 0;
    for word in words {
        let long = word.chars().count();
        if length > 0 && length + 1 + long > width {
            out.push('\n');
            length = 0;
        } else if length > 0 {
            out.push(' ');
            length += 1;
        }
        out.push_str(&word);
        length += long;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_break_where_the_screen_shows_it() {
        let text = "Adele now signs in again everywhere, verified by text or call to +1 425 555 0199; adds the new \
                    phone on the security info page; makes a new app password for Outlook 2013.";
        insta::assert_snapshot!(wrapped(text, WIDTH), @r"
        Adele now signs in again everywhere, verified by text or call to
        +1 425 555 0199; adds the new phone on the security info page; makes a new
        app password for Outlook 2013.
        ");
    }
}
