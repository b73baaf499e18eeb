//! The message of `--notify`: for the ticket or the person, written when a change has ended. No secret is in it.

use std::fs::File;
use std::io::{BufWriter, Write as _};
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
use crate::jobs::journal::{JobHead, MessageWish, Taken};
use crate::jobs::{outcome, planfile, playbook, remains};
use crate::render::message::Template;
use crate::render::{Format, cannot_write};
use crate::ui::Stdout;

/// Whether a message is wanted.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct NotifyArgs {
    /// Write a message for the ticket or the person to this new file, or - for stdout: what was done, what stays, what
    /// comes next, and never a secret
    #[arg(long, value_name = "FILE")]
    notify: Option<PathOrDash>,
    /// Make the message by this template instead of the usual one
    #[arg(long, value_name = "FILE")]
    notify_template: Option<PathBuf>,
}

impl NotifyArgs {
    /// What the command line and the playbook want together: the file of `--notify-template` before the playbook's, that before
    /// the one that comes with the program. Everything that can be wrong is found here, before anything is sent. `again`: the
    /// command may go on with a job, and its file may be there.
    ///
    /// # Errors
    /// `usage`: stdout is taken by another answer, or a template is for no message; `file_unreadable`; `invalid_input` for a
    /// wrong template.
    pub(crate) fn wanted(
        self,
        cx: &Context,
        step: Option<&playbook::Notify>,
        again: bool,
    ) -> Result<Option<Box<Notify>>> {
        let Self {
            notify,
            notify_template,
        } = self;
        let to = match (notify, step) {
            (Some(to), _) => to,
            (None, Some(_)) => PathOrDash::Dash,
            (None, None) if notify_template.is_some() => {
                return Err(Error::new(
                    ErrorCode::Usage,
                    "--notify-template is for a message that goes somewhere",
                )
                .hint("add --notify FILE, or --notify -"));
            }
            (None, None) => return Ok(None),
        };
        let folder = cx.config()?.path().and_then(Path::parent);
        let own = step.and_then(|step| step.template.as_ref());
        let template =
            notify_template.or_else(|| own.map(|name| folder.unwrap_or(Path::new(".")).join(name)));
        let wish = MessageWish {
            to: match to {
                PathOrDash::Path(path) => Some(from_root(&path)?),
                PathOrDash::Dash => None,
            },
            template: template.as_deref().map(from_root).transpose()?,
        };
        Notify::new(cx, wish, again).map(Some)
    }

    /// What is said anew when a job goes on, before what the job was told; `None`: nothing was said, and the job's own wish holds.
    ///
    /// # Errors
    /// As [`Self::wanted`].
    pub(crate) fn said_again(self, cx: &Context, head: &JobHead) -> Result<Option<Box<Notify>>> {
        let Self {
            notify,
            notify_template,
        } = self;
        let known = head.notify.as_ref();
        if notify.is_none() && (notify_template.is_none() || known.is_none()) {
            return Self {
                notify,
                notify_template,
            }
            .wanted(cx, None, true);
        }
        let wish = MessageWish {
            to: match notify {
                Some(PathOrDash::Path(path)) => Some(from_root(&path)?),
                Some(PathOrDash::Dash) => None,
                None => known.and_then(|known| known.to.clone()),
            },
            template: match notify_template {
                Some(file) => Some(from_root(&file)?),
                None => known.and_then(|known| known.template.clone()),
            },
        };
        Notify::new(cx, wish, true).map(Some)
    }

    /// What is wanted of a plan that is applied: what the command line says; else what the playbook of that name says in one's
    /// own configuration; else stdout, where the plan says so. A file that the plan names is only told of: whoever applies the plan of
    /// somebody else says where files are written.
    ///
    /// # Errors
    /// As [`Self::wanted`].
    pub(crate) fn of_plan(
        self,
        cx: &Context,
        plan: &planfile::Head,
        again: bool,
    ) -> Result<Option<Box<Notify>>> {
        let own = cx.config()?.playbooks();
        let found = plan.playbook.as_ref();
        let step = found
            .and_then(|name| playbook::find(name, &own).ok())
            .and_then(|found| found.notify);
        let said = plan.notify.as_deref().filter(|_| self.notify.is_none());
        if let Some(file) = said.filter(|said| *said != "-") {
            let file = crate::domain::quoted(file);
            cx.ui.warn(&format!(
                "the plan was made with --notify {file}, and no message is written there: add --notify FILE"
            ));
            return Ok(None);
        }
        if cx.ui.format() != Format::Table && self.notify.is_none() && (said.is_some() || step.is_some()) {
            told_of(cx);
            return Ok(None);
        }
        let step = step.or_else(|| said.map(|_| playbook::Notify::default()));
        self.wanted(cx, step.as_ref(), again)
    }
}

/// A path that means the same from another folder.
fn from_root(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path)
        .map_err(|error| Error::new(ErrorCode::FileUnreadable, format!("{}: {error}", path.display())))
}

/// Says that a message for stdout has no room there.
fn told_of(cx: &Context) {
    cx.ui.warn(
        "a message was wanted on stdout, which holds the result: none is written; --notify FILE writes it",
    );
}

/// A message that is wanted.
#[derive(Debug)]
pub(crate) struct Notify {
    wish: MessageWish,
    template: Template,
    /// Whether its file may be there: a job that goes on adds to it.
    again: bool,
}

impl Notify {
    fn new(cx: &Context, wish: MessageWish, again: bool) -> Result<Box<Self>> {
        match &wish.to {
            Some(path) if again => private::may_be_added_to(path)?,
            Some(path) => private::must_be_new(path)?,
            None if cx.ui.format() != Format::Table => {
                return Err(Error::new(
                    ErrorCode::Usage,
                    "stdout can hold the result or the message, not both",
                )
                .hint("name a file for it: --notify FILE"));
            }
            None => {}
        }
        let template = match &wish.template {
            None => Template::usual()?,
            Some(file) => {
                let name = file.display().to_string();
                let source = std::fs::read_to_string(file).map_err(|error| {
                    Error::new(ErrorCode::FileUnreadable, format!("cannot read {name}: {error}"))
                })?;
                Template::read(&name, &source)?
            }
        };
        Ok(Box::new(Self {
            wish,
            template,
            again,
        }))
    }

    /// What a job was told when it began, for whoever goes on with it. Where stdout is for the result that is said, and is no
    /// error: nobody asked now.
    ///
    /// # Errors
    /// As [`NotifyArgs::wanted`], with what to do instead.
    pub(super) fn of_job(cx: &Context, head: &JobHead, shown: &str) -> Result<Option<Box<Self>>> {
        match &head.notify {
            None => Ok(None),
            Some(wish) if wish.to.is_none() && cx.ui.format() != Format::Table => {
                told_of(cx);
                Ok(None)
            }
            Some(wish) => Self::new(cx, wish.clone(), true)
                .map(Some)
                .map_err(|error| Self::another(cx, error, shown)),
        }
    }

    /// The error with the command that writes the message into another file.
    pub(super) fn another(cx: &Context, error: Error, shown: &str) -> Error {
        let hint = format!("{} --notify FILE", cx.command(["jobs", "resume", shown]));
        error.hint(hint)
    }

    /// Refuses a file that is there: a job that begins adds to nothing.
    ///
    /// # Errors
    /// `file_unreadable`.
    pub(crate) fn begins(&self) -> Result<()> {
        self.wish.to.as_deref().map_or(Ok(()), private::must_be_new)
    }

    /// Where it goes and how it is made, for the job.
    pub(crate) fn wish(&self) -> &MessageWish {
        &self.wish
    }

    /// Begins the file, where it is one.
    ///
    /// # Errors
    /// `file_unreadable`, `disk_full`.
    pub(super) fn begin(self) -> Result<Message> {
        let Self {
            wish,
            template,
            again,
        } = self;
        let place = match wish.to {
            None => Place::Stdout,
            Some(path) => {
                let name = path.display().to_string();
                if again && path.symlink_metadata().is_ok() {
                    Place::More(BufWriter::new(private::add_to(&path)?), name)
                } else {
                    Place::New(NewFile::begin(&path)?, name)
                }
            }
        };
        Ok(Message { place, template })
    }
}

/// Where a message goes.
enum Place {
    /// A file that is made.
    New(NewFile, String),
    /// The file of an earlier run of the job.
    More(BufWriter<File>, String),
    /// Behind the table.
    Stdout,
}

/// A message on its way.
pub(super) struct Message {
    place: Place,
    template: Template,
}

impl Message {
    /// Whether its file is not there yet.
    pub(super) fn is_missing(&self) -> bool {
        matches!(self.place, Place::New(..))
    }

    /// Writes one for everybody who was worked on, a blank line between two; into the file of an earlier run, for those who were
    /// worked on in this one. Nobody is kept in memory.
    ///
    /// # Errors
    /// `file_unreadable`, `disk_full`; the journal cannot be read.
    pub(super) async fn write(mut self, cx: &Context, report: &Report<'_>, out: &mut Stdout) -> Result<()> {
        let job = lines::shown(cx, &report.head.id).await;
        let since = match self.place {
            Place::More(..) => Some(report.ended.started),
            Place::New(..) | Place::Stdout => None,
        };
        let mut people = report.journal.people();
        let mut written = 0_u64;
        while let Some(taken) = people.try_next().await? {
            let counts = |row: &StepRow| match since {
                Some(since) => row.at.is_some_and(|at| at >= since),
                None => row.attempts > 0,
            };
            if !taken.steps.iter().any(|record| counts(&record.row)) {
                continue;
            }
            let mut text = self.template.render(&about(cx, report, &taken, &job))?;
            if written > 0 || !self.is_missing() {
                text.insert(0, '\n');
            }
            match &mut self.place {
                Place::New(file, _) => file.put(text.as_bytes())?,
                Place::More(file, name) => file
                    .write_all(text.as_bytes())
                    .map_err(|error| cannot_write(&error, name))?,
                Place::Stdout => out
                    .write_all(text.as_bytes())
                    .map_err(|error| cannot_write(&error, "standard output"))?,
            }
            written += 1;
        }
        let name = match self.place {
            Place::New(file, name) if written > 0 => {
                file.keep()?;
                name
            }
            Place::More(mut file, name) if written > 0 => {
                let synced = file.flush().and_then(|()| file.get_ref().sync_all());
                synced.map_err(|error| cannot_write(&error, &name))?;
                name
            }
            _ => return Ok(()),
        };
        cx.ui.note(&format!("message written to {name}"));
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
