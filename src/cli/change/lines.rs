//! The last lines on stderr, for people.

use super::report::Ended;
use crate::cli::change::kept;
use crate::cli::context::{Context, Session};
use crate::domain::shape::{Next, ResultDoc, StepRow};
use crate::domain::{Error, Result, Status};
use crate::jobs::journal::{JobHead, Journal};
use crate::jobs::outcome::{self, Reasons};
use crate::jobs::remains;
use crate::render::text::{clean, counted};
use futures::TryStreamExt as _;

/// How wide the last lines are.
const WIDTH: usize = 76;
/// So many people get a sentence each.
const FEW: u64 = 3;

/// The last lines on stderr; gives the exit status.
///
/// # Errors
/// Why the change did not end well.
pub(super) async fn say(
    cx: &Context,
    session: &Session,
    head: &JobHead,
    journal: &dyn Journal,
    ended: &Ended,
    doc: &ResultDoc,
) -> Result<u8> {
    let verdict = outcome::verdict(&doc.summary, &Reasons::of(&doc.steps), ended.ran.early);
    counts(cx, session, doc, verdict.as_ref());
    if doc.summary.users.selected <= FEW {
        let mut people = journal.people();
        while let Some(taken) = people.try_next().await? {
            let person = taken.person;
            if let Some(line) = sentence(person.display_name.as_deref(), &person.user, &doc.next) {
                cx.ui.note(&wrapped(&clean(&line), WIDTH));
            }
        }
    }
    by_hand(cx, doc);
    for hint in &ended.ran.hints {
        cx.ui.note(hint);
    }
    match verdict {
        None => Ok(0),
        Some(error) => {
            again(cx, head, doc);
            Err(error)
        }
    }
}

/// How many people came out how, or that it is done.
pub(super) fn counts(cx: &Context, session: &Session, doc: &ResultDoc, verdict: Option<&Error>) {
    let users = &doc.summary.users;
    let place = super::place(session);
    let one = users.selected == 1;
    let job = doc
        .job
        .as_ref()
        .filter(|_| !doc.dry_run)
        .map(|id| format!(" Job {}", kept::shown(cx, id)))
        .unwrap_or_default();
    let whom = || match doc.steps.first() {
        Some(row) if one => row.user.clone(),
        _ => counted(users.selected, "person", "people"),
    };
    if one && verdict.is_none() && doc.summary.steps.done > 0 {
        cx.ui.note(&format!("Done.{job}"));
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
            .note(&format!("{} in {place}: {}.{job}", whom(), counts.join(", ")));
    }
}

/// A playbook that did some of it: how to do the rest, without taking away the number that it has just put in.
fn again(cx: &Context, head: &JobHead, doc: &ResultDoc) {
    let changed: Vec<&StepRow> = doc
        .steps
        .iter()
        .filter(|row| row.step == "change" && row.status == Status::Done)
        .collect();
    if let (Some(playbook), [row]) = (&head.playbook, changed.as_slice()) {
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

/// The sentence of a person of whom something remains.
fn sentence(display_name: Option<&str>, user: &str, next: &[Next]) -> Option<String> {
    let texts: Vec<&str> = next
        .iter()
        .filter(|next| next.user == user)
        .map(|next| next.notice.text.as_str())
        .collect();
    remains::sentence(display_name, user, &texts)
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
