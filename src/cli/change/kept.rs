//! The journal of a change: a file in the state folder, or in memory where nothing is carried out. A change that is
//! refused leaves none behind.

use std::path::{Path, PathBuf};

use crate::cli::context::{Context, Session};
use crate::domain::Result;
use crate::jobs::journal::{JobHead, Journal, SqliteJournal, short_id};

/// A job and where it is kept.
pub(crate) struct Kept {
    journal: Option<Box<dyn Journal>>,
    /// Its file, while it is thrown away with this.
    discard: Option<PathBuf>,
}

impl Kept {
    /// A job in a file of its own.
    ///
    /// # Errors
    /// `file_unreadable`, `disk_full`: then nothing may be sent.
    pub(crate) fn create(cx: &Context, head: &JobHead) -> Result<Self> {
        let folder = folder(cx)?;
        let journal = SqliteJournal::create(&folder, head)?;
        Ok(Self {
            journal: Some(Box::new(journal)),
            discard: Some(folder.join(format!("{}.db", head.id))),
        })
    }

    /// A job that is gone with the process: for what is only planned.
    ///
    /// # Errors
    /// `internal`.
    pub(crate) fn in_memory(head: &JobHead) -> Result<Self> {
        Ok(Self {
            journal: Some(Box::new(SqliteJournal::in_memory(head)?)),
            discard: None,
        })
    }

    /// A job that is there already.
    pub(crate) fn open(journal: Box<dyn Journal>) -> Self {
        Self {
            journal: Some(journal),
            discard: None,
        }
    }

    /// The journal.
    ///
    /// # Errors
    /// Never while it lives.
    pub(crate) fn journal(&self) -> Result<&dyn Journal> {
        use crate::domain::{Error, ErrorCode};
        self.journal
            .as_deref()
            .ok_or_else(|| Error::new(ErrorCode::Internal, "the journal is gone"))
    }

    /// From now on it stays: something may be sent.
    pub(crate) fn stay(&mut self) {
        self.discard = None;
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // Its lock goes first.
        drop(self.journal.take());
        if let Some(path) = self.discard.take() {
            for end in ["", "-wal", "-shm", ".lock"] {
                let mut name = path.clone().into_os_string();
                name.push(end);
                // What is left behind says that it was still being planned.
                let _ = std::fs::remove_file(Path::new(&name));
            }
        }
    }
}

/// The folder of jobs.
///
/// # Errors
/// `file_unreadable` where the platform names none.
pub(crate) fn folder(cx: &Context) -> Result<PathBuf> {
    Ok(cx.config()?.state_dir()?.join("jobs"))
}

/// How a job is shown among those that are kept.
pub(crate) fn shown(cx: &Context, id: &str) -> String {
    let ids: Vec<String> = folder(cx)
        .ok()
        .and_then(|folder| std::fs::read_dir(folder).ok())
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let name = entry.ok()?.file_name().into_string().ok()?;
            name.strip_suffix(".db").map(str::to_owned)
        })
        .collect();
    short_id(id, &ids)
}

/// What a job is that begins now.
pub(crate) fn head(cx: &Context, session: &Session, verb: &str, selection: &str) -> JobHead {
    JobHead {
        id: uuid::Uuid::now_v7().to_string(),
        name: None,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        service: session.service_name.to_owned(),
        profile: session.profile.clone(),
        tenant: session.tenant.clone(),
        verb: verb.to_owned(),
        playbook: None,
        ticket: None,
        reason: cx.globals.reason.clone(),
        selection: selection.to_owned(),
        argv: cx.argv.clone(),
        operator: session.operator.account.clone(),
        made_at: cx.clock.now(),
        plan: None,
        part: None,
        undoes: None,
    }
}
