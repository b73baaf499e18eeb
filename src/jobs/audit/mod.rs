//! The audit log: who did what to whom, written down before it is sent and after it has ended. One line a happening,
//! each with the hash of the line before it; several processes write one chain. What cannot be written is not sent.

mod append;
mod copy;
mod folder;
mod line;
mod read;
mod syslog;
#[cfg(test)]
mod tests;
mod verify;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tokio::sync::oneshot;

pub use append::Writer;
pub use copy::Copy;
pub use folder::Folder;
pub use line::Hash;
pub use read::{Found, Lines, Wanted};
pub use verify::{Bad, Claim, Verified, What, verify, verify_files};

use super::witness::{About, Witness};
use crate::domain::shape::{AuditRef, PlanRef, StepRow};
use crate::domain::{AuditKind, AuditOperator, AuditRow, Clock, Error, ErrorCode, Result};

/// What every line of one command has in common.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The profile.
    pub profile: Option<String>,
    /// The tenant.
    pub tenant: Option<String>,
    /// Who runs it.
    pub operator: AuditOperator,
    /// The verb.
    pub verb: String,
    /// The command, without secrets.
    pub argv: Vec<String>,
    /// The plan that is applied.
    pub plan: Option<PlanRef>,
    /// The job.
    pub job: Option<String>,
    /// The ticket.
    pub ticket: Option<String>,
    /// The reason.
    pub reason: Option<String>,
    /// How each caller was checked, by the id of the person.
    pub caller_checks: std::collections::BTreeMap<String, String>,
}

type Waiting = (Vec<AuditRow>, oneshot::Sender<Result<AuditRef>>);

/// The log of one command: what it writes has the same beginning. Calls that come together become one write.
pub struct AuditLog {
    writer: Arc<Writer>,
    clock: Arc<dyn Clock>,
    origin: Origin,
    waiting: Mutex<Vec<Waiting>>,
    turn: tokio::sync::Mutex<()>,
    last: Mutex<Option<AuditRef>>,
    begun: AtomicBool,
}

impl AuditLog {
    /// The log of a command.
    pub fn new(writer: Arc<Writer>, clock: Arc<dyn Clock>, mut origin: Origin) -> Self {
        origin.argv = line::bounded_words(&origin.argv);
        for text in [&mut origin.ticket, &mut origin.reason].into_iter().flatten() {
            *text = line::bounded(text);
        }
        Self {
            writer,
            clock,
            origin,
            waiting: Mutex::new(Vec::new()),
            turn: tokio::sync::Mutex::new(()),
            last: Mutex::new(None),
            begun: AtomicBool::new(false),
        }
    }

    /// The job that this is the log of.
    pub fn job(&self) -> Option<&str> {
        self.origin.job.as_deref()
    }

    /// Where the last line stands that was written here.
    pub fn last(&self) -> Option<AuditRef> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the log tells already what became of the command: an intent was written, or who was refused.
    pub fn begun(&self) -> bool {
        self.begun.load(Ordering::Relaxed)
    }

    /// Writes that the command was refused before anything was sent.
    ///
    /// # Errors
    /// `audit_unwritable`.
    pub async fn refused(&self, error: &Error) -> Result<AuditRef> {
        let body = error.to_body();
        self.write(vec![AuditRow {
            code: Some(body.code),
            service_code: body.service_code,
            request_ids: body.request_id.into_iter().collect(),
            detail: Some(line::bounded(&body.message)),
            ..self.row(AuditKind::Refusal)
        }])
        .await
    }

    /// Writes who was left out of a change because this program refused it, a line each.
    ///
    /// # Errors
    /// `audit_unwritable`.
    pub async fn left_out(&self, rows: &[StepRow]) -> Result<()> {
        let refused = rows.iter().filter_map(|row| {
            let code = row.error.as_ref()?.code;
            is_refusal(code).then(|| AuditRow {
                code: Some(code),
                detail: Some(line::bounded(&row.detail)),
                ..self.of_person(AuditKind::Refusal, &row.user, &row.user_id)
            })
        });
        let refused: Vec<AuditRow> = refused.collect();
        if !refused.is_empty() {
            self.write(refused).await?;
            self.begun.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Writes something that is no step: a caller checked, a token shown, an undo asked for. `user` is the sign-in name
    /// and the id of the person whom it is about.
    ///
    /// # Errors
    /// `audit_unwritable`.
    pub async fn event(&self, detail: &str, user: Option<(&str, &str)>) -> Result<AuditRef> {
        self.write(vec![AuditRow {
            detail: Some(line::bounded(detail)),
            user: user.map(|(name, _)| name.to_owned()),
            user_id: user.map(|(_, id)| id.to_owned()),
            ..self.row(AuditKind::Event)
        }])
        .await
    }

    fn row(&self, kind: AuditKind) -> AuditRow {
        let origin = self.origin.clone();
        AuditRow {
            seq: 0,
            prev: String::new(),
            time: self.clock.now(),
            kind,
            profile: origin.profile,
            tenant: origin.tenant,
            operator: origin.operator,
            verb: origin.verb,
            argv: origin.argv,
            plan: origin.plan,
            job: origin.job,
            step_id: None,
            step: None,
            target: None,
            user: None,
            user_id: None,
            status: None,
            code: None,
            service_code: None,
            request_ids: Vec::new(),
            detail: None,
            ticket: origin.ticket,
            reason: origin.reason,
            caller_check: None,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    fn of_person(&self, kind: AuditKind, user: &str, user_id: &str) -> AuditRow {
        AuditRow {
            user: Some(user.to_owned()),
            user_id: Some(user_id.to_owned()),
            caller_check: self.origin.caller_checks.get(user_id).cloned(),
            ..self.row(kind)
        }
    }

    /// Writes lines and waits until they are on the disk. Whoever comes while others write is written by the next of
    /// them, together with all who wait.
    async fn write(&self, rows: Vec<AuditRow>) -> Result<AuditRef> {
        let (send, mut done) = oneshot::channel();
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((rows, send));
        let turn = self.turn.lock().await;
        if let Ok(written) = done.try_recv() {
            return self.remember(written);
        }
        let together = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        let writer = Arc::clone(&self.writer);
        // The answers are sent from there, so that whoever waits gets one also when this call is given up.
        let task = tokio::task::spawn_blocking(move || {
            let (mut rows, mut senders) = (Vec::new(), Vec::new());
            for (its, sender) in together {
                rows.extend(its);
                senders.push(sender);
            }
            if rows.is_empty() {
                return;
            }
            let written = writer.append(&mut rows);
            for sender in senders {
                // Nobody waits any more: the lines stand there all the same.
                let _ = sender.send(written.clone());
            }
        });
        let ended = task.await;
        drop(turn);
        match (ended, done.await) {
            (_, Ok(written)) => self.remember(written),
            (ended, Err(_)) => Err(Error::new(
                ErrorCode::AuditUnwritable,
                format!("the audit log was not written: {}", why(ended)),
            )),
        }
    }

    fn remember(&self, written: Result<AuditRef>) -> Result<AuditRef> {
        let written = written?;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref().is_none_or(|last| last.seq < written.seq) {
            *last = Some(written.clone());
        }
        Ok(written)
    }
}

/// Whether this program refused it, not the service: nothing was sent.
pub fn is_refusal(code: ErrorCode) -> bool {
    code.exit_code() == ErrorCode::NotConfirmed.exit_code() && code != ErrorCode::ServiceRefused
}

fn why(ended: std::result::Result<(), tokio::task::JoinError>) -> String {
    ended.map_or_else(|error| error.to_string(), |()| "its writer ended".to_owned())
}

#[async_trait]
impl Witness for AuditLog {
    async fn before(&self, steps: &[About]) -> Result<()> {
        if steps.is_empty() {
            return Ok(());
        }
        let rows = steps
            .iter()
            .map(|about| AuditRow {
                step_id: Some(about.step_id.clone()),
                step: Some(about.step.clone()),
                target: Some(line::bounded(&about.target)),
                ..self.of_person(AuditKind::Intent, &about.user, &about.user_id.0)
            })
            .collect();
        self.write(rows).await?;
        self.begun.store(true, Ordering::Relaxed);
        Ok(())
    }

    async fn after(&self, ended: &[(String, StepRow)]) -> Result<()> {
        if ended.is_empty() {
            return Ok(());
        }
        let rows = ended
            .iter()
            .map(|(step_id, row)| AuditRow {
                step_id: Some(step_id.clone()),
                step: Some(row.step.clone()),
                target: Some(line::bounded(&row.target)),
                status: Some(row.status),
                code: row.error.as_ref().map(|error| error.code),
                service_code: row.error.as_ref().and_then(|error| error.service_code.clone()),
                request_ids: row.request_id.clone().into_iter().collect(),
                detail: (!row.detail.is_empty()).then(|| line::bounded(&row.detail)),
                ..self.of_person(AuditKind::Outcome, &row.user, &row.user_id)
            })
            .collect();
        self.write(rows).await.map(drop)
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! A line to begin with.

    use super::*;

    /// A clock that stands.
    pub(crate) struct Standing;

    impl Clock for Standing {
        fn now(&self) -> jiff::Timestamp {
            "2026-12-08T08:55:00.123456Z".parse().unwrap()
        }
    }

    /// What a command on a desk is.
    pub(crate) fn origin(verb: &str) -> Origin {
        Origin {
            profile: Some("local".to_owned()),
            operator: AuditOperator {
                account: Some("rita@contoso.example".to_owned()),
                os_user: "rita".to_owned(),
                host: "desk-7".to_owned(),
                ci_run: None,
            },
            verb: verb.to_owned(),
            argv: verb.split(' ').map(str::to_owned).collect(),
            ..Origin::default()
        }
    }

    /// A first line.
    pub(crate) fn row(verb: &str) -> AuditRow {
        let writer = Arc::new(Writer::new(Folder::new("nowhere"), None));
        let log = AuditLog::new(writer, Arc::new(Standing), origin(verb));
        AuditRow {
            seq: 1,
            prev: Hash::NONE.to_string(),
            ..log.row(AuditKind::Intent)
        }
    }
}
