//! The last lines on stderr, for people.

use futures::TryStreamExt as _;

use super::gathered::FEW;
use super::report::Report;
use crate::cli::context::{Context, Session};
use crate::config::OF_VARIABLES;
use crate::domain::shape::{ResultDoc, Summary, Undo};
use crate::domain::{Error, Result, Status};
use crate::jobs::execute::Early;
use crate::jobs::journal::{JobState, Journal, Which};
use crate::jobs::remains;
use crate::render::text::{clean, counted, grouped, lasting};

/// How wide the last lines are.
const WIDTH: usize = 76;
/// So many people get a sentence each.
const SENTENCES: u64 = 3;

/// How a job is shown among those that are kept.
pub(super) async fn shown(cx: &Context, id: &str) -> String {
    match cx.store().await {
        Ok(store) => store.short(id).await,
        Err(_) => id.to_owned(),
    }
}

/// The last lines on stderr; gives the exit status.
///
/// # Errors
/// Why the change did not end well.
pub(super) async fn say(cx: &Context, session: &Session, report: Report<'_>) -> Result<u8> {
    let doc = &report.doc;
    let job = shown(cx, &report.head.id).await;
    let mut sentences = Vec::new();
    let mut first = String::new();
    if doc.summary.users.selected <= SENTENCES {
        let mut people = report.journal.people();
        while let Some(taken) = people.try_next().await? {
            let next = report.next(&taken);
            let texts: Vec<&str> = next.iter().map(|next| next.notice.text.as_str()).collect();
            let person = taken.person;
            sentences.extend(remains::sentence(
                person.display_name.as_deref(),
                &person.user,
                &texts,
            ));
            first = person.user;
        }
    }
    let of_job = doc.job.as_ref().filter(|_| !doc.dry_run).map(|_| job.as_str());
    counts(cx, session, doc, &first, of_job, report.verdict.as_ref());
    for line in sentences {
        cx.ui.note(&wrapped(&clean(&line), WIDTH));
    }
    by_hand(cx, doc);
    for hint in &report.ended.ran.hints {
        cx.ui.note(hint);
    }
    let resume = cx.command(["jobs", "resume", &job]);
    let show = cx.command(["jobs", "show", &job, "-o", "csv"]);
    let many = doc.summary.users.selected > FEW as u64;
    let one = doc.summary.users.selected == 1;
    match report.verdict {
        None => {
            if report.ended.ran.early == Some(Early::Enough) && report.ended.open {
                let left = counted(doc.summary.users.skipped, "person is", "people are");
                cx.ui.note(&format!("{left} left; go on with: {resume}"));
            }
            Ok(0)
        }
        // Whoever was stopped goes on, whatever failed before; what was cancelled does not.
        Some(error) if report.ended.open && report.journal.state().await? == JobState::Cancelled => Err(
            Error::new(error.code(), format!("cancelled: {}", error.message())),
        ),
        Some(error) if report.ended.ran.early == Some(Early::SignedOut) => {
            Err(signed_out(cx, &session.profile, &job, error))
        }
        Some(error) if report.ended.open => Err(error.hint(resume)),
        Some(error) => {
            let failed = failures(report.journal).await?;
            if failed.unplanned > 0 && !one {
                let people = counted(failed.unplanned, "person", "people");
                cx.ui.note(&format!(
                    "{people} could not be planned:  {}",
                    never_planned(cx, &job)
                ));
            }
            if failed.tried && matches!(error.code().exit_code(), 7 | 8) {
                cx.ui.note(&format!("Try again what failed:  {resume}"));
                if many {
                    cx.ui.note(&format!("Every row:              {show}"));
                }
            }
            Err(error)
        }
    }
}

/// What failed of a job.
pub(super) struct Failures {
    /// Whether something was sent, so that `jobs resume` tries it again.
    pub(super) tried: bool,
    /// People for whom no plan could be made: nothing of theirs can be tried again.
    pub(super) unplanned: u64,
}

/// What failed of a job, read from its journal.
///
/// # Errors
/// It cannot be read.
pub(super) async fn failures(journal: &dyn Journal) -> Result<Failures> {
    let mut failures = Failures {
        tried: false,
        unplanned: 0,
    };
    let mut rows = journal.rows(Which::Failed);
    while let Some(row) = rows.try_next().await? {
        match row.status {
            Status::Failed if row.step == "all" => failures.unplanned += 1,
            Status::Failed | Status::Unknown => failures.tried = true,
            // What was done of people of whom something failed.
            _ => {}
        }
    }
    Ok(failures)
}

/// The command that lists who was never planned, as the verb takes them.
pub(super) fn never_planned(cx: &Context, job: &str) -> String {
    cx.command(["jobs", "show", job, "--failed", "-o", "csv"])
}

/// The error of a job whose sign-in has ended, with what mends that, and the two commands that go on: both name the
/// profile, so that they are the right ones wherever they are pasted.
fn signed_out(cx: &Context, profile: &str, job: &str, error: Error) -> Error {
    let profile = (profile != OF_VARIABLES).then_some(profile);
    let login = cx.command_of(profile, ["auth", "login"]);
    let on = format!("{login} && {}", cx.command_of(profile, ["jobs", "resume", job]));
    // Of a person the login is all of the mend.
    let mend = error
        .hint_text()
        .filter(|hint| !hint.contains("auth login"))
        .map(|hint| format!("{hint}; then: {on}"));
    error.hint(mend.unwrap_or(on))
}

/// How many people came out how, or that it is done.
pub(super) fn counts(
    cx: &Context,
    session: &Session,
    doc: &ResultDoc,
    whom: &str,
    job: Option<&str>,
    verdict: Option<&Error>,
) {
    let users = &doc.summary.users;
    let one = users.selected == 1;
    let audit = doc.audit.as_ref().filter(|_| one).map(|audit| {
        let start: String = audit.head.chars().take(4).collect();
        format!(", audit {}:{start}", audit.seq)
    });
    let took = match (doc.started_at, doc.finished_at) {
        (Some(from), Some(to)) => u64::try_from(to.duration_since(from).as_secs()).unwrap_or_default(),
        _ => 0,
    };
    // A second or two says nothing.
    let took = if !one && took > 2 {
        format!(", {}", lasting(took))
    } else {
        String::new()
    };
    let job = job
        .map(|job| format!(" Job {job}{}{took}", audit.unwrap_or_default()))
        .unwrap_or_default();
    let undo = undo(doc);
    if one && verdict.is_none() && doc.summary.steps.done > 0 {
        cx.ui.note(&format!("Done.{job}{undo}"));
    } else if one && verdict.is_none() && doc.summary.steps.unsupported == 0 {
        let place = super::place(session);
        cx.ui
            .note(&format!("Nothing to change: {whom} in {place} is so already"));
    } else if users.selected == 0 {
        cx.ui
            .note(&format!("Nobody is left to change: nothing was sent.{job}"));
    } else if !one {
        let exit = match doc.exit_code {
            0 => String::new(),
            code => format!(". Exit {code}"),
        };
        cx.ui
            .note(&format!("{}.{job}{exit}{undo}", outcomes(&doc.summary)));
    }
}

/// `12 people done, 3 so already`; nothing of what is none.
pub(super) fn outcomes(summary: &Summary) -> String {
    let users = &summary.users;
    let mut counts: Vec<String> = Vec::new();
    for (count, word) in [
        (users.done, "done"),
        (users.unchanged, "so already"),
        (users.failed, "failed"),
        (users.skipped, "skipped"),
    ] {
        if count > 0 {
            counts.push(if counts.is_empty() {
                format!("{} {word}", counted(count, "person", "people"))
            } else {
                format!("{} {word}", grouped(count))
            });
        }
    }
    counts.join(", ")
}

/// How to take it back, where that can be.
fn undo(doc: &ResultDoc) -> String {
    match &doc.undo {
        Some(Undo {
            what,
            command: Some(command),
            ..
        }) => format!(". Undo ({}): {command}", what.join(", ")),
        _ => String::new(),
    }
}

/// What somebody does by hand.
pub(super) fn by_hand(cx: &Context, doc: &ResultDoc) {
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
