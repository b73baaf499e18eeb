//! The message of `--notify`: for the ticket or the person, written when a change has ended. No secret is in it.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use futures::TryStreamExt as _;
use serde_json::json;

use super::report::Report;
use super::{lines, private};
use crate::cli::context::Context;
use crate::cli::globals::PathOrDash;
use crate::cli::new_file::NewFile;
use crate::domain::shape::{Next, StepRow};
use crate::domain::{Error, ErrorCode, Result, Status};
use crate::jobs::journal::Taken;
use crate::jobs::{outcome, playbook, remains};
use crate::render::message::Template;
use crate::render::{Format, cannot_write};
use crate::ui::Stdout;

/// A message that is wanted.
#[derive(Debug)]
pub(crate) struct Notify {
    to: PathOrDash,
    template: Template,
}

impl Notify {
    /// What the command line and the playbook want together: the file of `--notify-template` before the playbook's, that before
    /// the one that comes with the program. Everything that can be wrong is found here, before anything is sent.
    ///
    /// # Errors
    /// `usage`: stdout is taken by another answer; `file_unreadable`; `invalid_input` for a wrong template.
    pub(crate) fn wanted(
        cx: &Context,
        to: Option<PathOrDash>,
        template: Option<PathBuf>,
        step: Option<&playbook::Notify>,
    ) -> Result<Option<Box<Self>>> {
        let to = match (to, step) {
            (Some(to), _) => to,
            (None, Some(_)) => PathOrDash::Dash,
            (None, None) => return Ok(None),
        };
        match &to {
            PathOrDash::Path(path) => private::must_be_new(path)?,
            PathOrDash::Dash if cx.ui.format() != Format::Table => {
                return Err(Error::new(
                    ErrorCode::Usage,
                    "stdout can hold the result or the message, not both",
                )
                .hint("name a file for it: --notify FILE"));
            }
            PathOrDash::Dash => {}
        }
        let config = cx.config()?;
        let folder = config.path().and_then(Path::parent);
        let own = step.and_then(|step| step.template.as_ref());
        let file = template.or_else(|| own.map(|name| folder.unwrap_or(Path::new(".")).join(name)));
        let template = match file {
            None => Template::usual()?,
            Some(file) => {
                let name = file.display().to_string();
                let source = std::fs::read_to_string(&file).map_err(|error| {
                    Error::new(ErrorCode::FileUnreadable, format!("cannot read {name}: {error}"))
                })?;
                Template::read(&name, &source)?
            }
        };
        Ok(Some(Box::new(Self { to, template })))
    }

    /// Begins the file, where it is one.
    ///
    /// # Errors
    /// `file_unreadable`, `disk_full`.
    pub(super) fn begin(self) -> Result<Message> {
        let file = match self.to {
            PathOrDash::Path(path) => Some((NewFile::begin(&path)?, path.display().to_string())),
            PathOrDash::Dash => None,
        };
        Ok(Message {
            file,
            template: self.template,
        })
    }
}

/// A message on its way.
pub(super) struct Message {
    /// `None`: stdout.
    file: Option<(NewFile, String)>,
    template: Template,
}

impl Message {
    /// Writes one for everybody who was worked on, a blank line between two; nobody is kept in memory.
    ///
    /// # Errors
    /// `file_unreadable`, `disk_full`; the journal cannot be read.
    pub(super) async fn write(mut self, cx: &Context, report: &Report<'_>, out: &mut Stdout) -> Result<()> {
        let job = lines::shown(cx, &report.head.id).await;
        let mut people = report.journal.people();
        let mut written = 0_u64;
        while let Some(taken) = people.try_next().await? {
            let begun = taken.steps.iter().any(|record| record.row.attempts > 0);
            if !begun {
                continue;
            }
            let mut text = self.template.render(&about(cx, report, &taken, &job))?;
            if written > 0 || self.file.is_none() {
                text.insert(0, '\n');
            }
            match &mut self.file {
                Some((file, _)) => file.put(text.as_bytes())?,
                None => out
                    .write_all(text.as_bytes())
                    .map_err(|error| cannot_write(&error, "standard output"))?,
            }
            written += 1;
        }
        match self.file {
            Some((file, name)) if written > 0 => {
                file.keep()?;
                cx.ui.note(&format!("message written to {name}"));
            }
            _ => {}
        }
        Ok(())
    }
}

/// What a template is given of one person.
fn about(cx: &Context, report: &Report<'_>, taken: &Taken, job: &str) -> serde_json::Value {
    let Taken { person, steps, .. } = taken;
    let head = report.head;
    let line = |row: &StepRow| {
        let detail = row.error.as_ref().map_or(&row.detail, |error| &error.message);
        json!({"step": row.step, "target": row.target, "detail": detail})
    };
    let of = |wanted: &[Status]| -> Vec<serde_json::Value> {
        let rows = steps.iter().map(|record| &record.row);
        rows.filter(|row| wanted.contains(&row.status))
            .map(line)
            .collect()
    };
    let failed = of(&[Status::Failed, Status::Unknown, Status::Skipped, Status::Planned]);
    let mut by_hand = Vec::new();
    outcome::add_by_hand(&mut by_hand, person);
    let next: Vec<Next> = report.next(taken);
    let texts: Vec<&str> = next.iter().map(|one| one.notice.text.as_str()).collect();
    let name = person.display_name.as_deref().unwrap_or(&person.user);
    json!({
        "name": name,
        "first_name": name.split_whitespace().next().unwrap_or(name),
        "user": person.user,
        "display_name": person.display_name,
        "profile": head.profile,
        "tenant": head.tenant,
        "verb": head.verb,
        "playbook": head.playbook,
        "ticket": head.ticket,
        "reason": head.reason,
        "job": job,
        "at": cx.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "complete": failed.is_empty(),
        "done": of(&[Status::Done]),
        "failed": failed,
        "by_hand": by_hand.iter().map(|one| json!({"what": one.what, "where": one.place})).collect::<Vec<_>>(),
        "stays": person.stays,
        "next": next.iter().map(|one| json!({"text": one.notice.text, "url": one.notice.url})).collect::<Vec<_>>(),
        "sentence": remains::sentence(person.display_name.as_deref(), &person.user, &texts),
        "access_ends_within_min": report.doc.access_ends_within_s.map(|seconds| seconds / 60),
    })
}
