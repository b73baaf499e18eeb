//! The journal of a change: a file in the state folder, or in memory where nothing is carried out. A change that is
//! refused leaves none behind.

use std::sync::Arc;

use crate::cli::context::{Context, Discarded, Session};
use crate::cli::interrupt::{Cleaning, Interrupt};
use crate::domain::{Error, ErrorCode, Result};
use crate::jobs::journal::{JobHead, Journal, SqliteJournal, Store};

/// A job and where it is kept.
pub(crate) struct Kept {
    journal: Option<Box<dyn Journal>>,
    /// Where it is and its id, while it is thrown away with this.
    discard: Option<(Discarded, Arc<dyn Store>, String)>,
    interrupt: Option<Arc<Interrupt>>,
}

impl Kept {
    /// A job that is kept.
    ///
    /// # Errors
    /// `file_unreadable`, `disk_full`, and those of a database: then nothing may be sent.
    pub(crate) async fn create(cx: &Context, head: &JobHead) -> Result<Self> {
        let store = cx.store().await?;
        let journal = store.create(head).await?;
        cx.interrupt.taking_away(Some(Cleaning(store.files(&head.id))));
        Ok(Self {
            journal: Some(journal),
            discard: Some((cx.discarded(), store, head.id.clone())),
            interrupt: Some(Arc::clone(&cx.interrupt)),
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
            interrupt: None,
        })
    }

    /// The journal.
    ///
    /// # Errors
    /// Never while it lives.
    pub(crate) fn journal(&self) -> Result<&dyn Journal> {
        self.journal
            .as_deref()
            .ok_or_else(|| Error::new(ErrorCode::Internal, "the journal is gone"))
    }

    /// From now on it stays: something may be sent.
    pub(crate) fn stay(&mut self) {
        self.discard = None;
        if let Some(interrupt) = self.interrupt.take() {
            interrupt.taking_away(None);
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // Its lock goes first.
        drop(self.journal.take());
        if let Some((discarded, store, id)) = self.discard.take() {
            discarded.borrow_mut().push((store, id));
        }
    }
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
        rows: None,
        notify: None,
    }
}
