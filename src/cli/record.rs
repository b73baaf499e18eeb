//! What a command is, for the audit log: who runs it, where, as whom. Opens the log of a change, and writes down what was
//! refused.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _};

use super::context::Context;
use crate::domain::shape::{AuditRef, PlanRef};
use crate::domain::{AuditOperator, Error, Result};
use crate::jobs::audit::{self, AuditLog, Copy, Folder, Origin, Writer};
use crate::jobs::journal::{JobHead, Journal, Which};

/// Verbs that change nobody, whose refusals are no news: by their noun, or by themselves.
const LOOKS: &[&str] = &[
    "audit",
    "capabilities",
    "completions",
    "doctor",
    "local",
    "man",
    "policy",
    "profile",
    "report",
    "schema",
];
const LOOKING: &[&str] = &["list", "show", "search", "watch", "status"];

/// What becomes known of a command while it runs.
#[derive(Default)]
pub(crate) struct Record {
    ci_run: Option<String>,
    known: RefCell<Known>,
}

#[derive(Default)]
struct Known {
    profile: Option<String>,
    tenant: Option<String>,
    account: Option<String>,
    plan: Option<PlanRef>,
    caller_checks: BTreeMap<String, String>,
    log: Option<Arc<AuditLog>>,
}

impl Record {
    /// Of a command in this run of a pipeline.
    pub(crate) fn new(ci_run: Option<String>) -> Self {
        Self {
            ci_run,
            ..Self::default()
        }
    }

    /// Somebody is signed in.
    pub(crate) fn signed_in(&self, profile: &str, tenant: &str, account: &str) {
        let mut known = self.known.borrow_mut();
        known.profile = Some(profile.to_owned());
        known.tenant = Some(tenant.to_owned());
        known.account = Some(account.to_owned());
    }

    /// The tenant, where somebody is signed in.
    pub(crate) fn tenant(&self) -> Option<String> {
        self.known.borrow().tenant.clone()
    }

    /// This plan is to be applied.
    pub(crate) fn applies(&self, plan: PlanRef) {
        self.known.borrow_mut().plan = Some(plan);
    }

    /// The caller was checked who says to be this person: when and how.
    pub(crate) fn checked(&self, user_id: &str, said: &str) {
        let checks = &mut self.known.borrow_mut().caller_checks;
        checks.insert(user_id.to_owned(), said.to_owned());
    }

    fn origin(&self, cx: &Context, verb: &str) -> Origin {
        let known = self.known.borrow();
        let unknown = |_| "unknown".to_owned();
        Origin {
            profile: known.profile.clone().or_else(|| cx.globals.profile.clone()),
            tenant: known.tenant.clone(),
            operator: AuditOperator {
                account: known.account.clone(),
                os_user: whoami::username().unwrap_or_else(unknown),
                host: whoami::hostname().unwrap_or_else(unknown),
                ci_run: self.ci_run.clone(),
            },
            verb: verb.to_owned(),
            argv: cx.argv.clone(),
            plan: known.plan.clone(),
            job: None,
            ticket: cx.globals.ticket.clone(),
            reason: cx.globals.reason.clone(),
            caller_checks: known.caller_checks.clone(),
        }
    }

    /// Where the last line of this command stands.
    pub(crate) fn last(&self) -> Option<AuditRef> {
        self.known.borrow().log.as_ref()?.last()
    }

    /// The log of this job, where it is open.
    fn log_of(&self, job: &str) -> Option<Arc<AuditLog>> {
        let known = self.known.borrow();
        known
            .log
            .as_ref()
            .filter(|log| log.job() == Some(job))
            .map(Arc::clone)
    }

    fn begun(&self) -> bool {
        let known = self.known.borrow();
        known.log.as_ref().is_some_and(|log| log.begun())
    }
}

/// The folder of the log.
///
/// # Errors
/// `file_unreadable` where the platform names no folder; what the configuration says.
pub(crate) fn folder(cx: &Context) -> Result<Folder> {
    Ok(Folder::new(cx.config()?.state_dir()?.join("audit")))
}

/// Opens the log of a job: nothing of it may be sent before this log has its intent.
///
/// # Errors
/// `config_invalid` for an `audit_to` that names no place.
pub(crate) fn of_job(cx: &Context, head: &JobHead) -> Result<Arc<AuditLog>> {
    if let Some(log) = cx.record.log_of(&head.id) {
        return Ok(log);
    }
    let mut origin = cx.record.origin(cx, &head.verb);
    origin.job = Some(head.id.clone());
    origin.ticket = head.ticket.clone().or(origin.ticket);
    origin.reason = head.reason.clone().or(origin.reason);
    origin.plan = head.plan.clone().or(origin.plan);
    let log = open(cx, origin)?;
    cx.record.known.borrow_mut().log = Some(Arc::clone(&log));
    Ok(log)
}

/// How many people are written down together.
const TOGETHER: usize = 500;

/// Writes down who was left out of a job because this program refused it.
///
/// # Errors
/// As [`of_job`]; the log or the journal cannot be written or read.
pub(crate) async fn left_out(cx: &Context, head: &JobHead, journal: &dyn Journal) -> Result<()> {
    let log = of_job(cx, head)?;
    let mut rows = journal
        .rows(Which::NotDone)
        .try_filter(|row| std::future::ready(row.error.is_some()))
        .try_chunks(TOGETHER);
    while let Some(rows) = rows.next().await {
        log.left_out(&rows.map_err(|cut| cut.1)?).await?;
    }
    Ok(())
}

/// Opens the log of something that is no job: a code that is sent, a caller who is checked.
///
/// # Errors
/// As [`of_job`].
pub(crate) fn of_verb(cx: &Context, verb: &str) -> Result<Arc<AuditLog>> {
    let log = open(cx, cx.record.origin(cx, verb))?;
    cx.record.known.borrow_mut().log = Some(Arc::clone(&log));
    Ok(log)
}

fn open(cx: &Context, origin: Origin) -> Result<Arc<AuditLog>> {
    let copy = cx
        .profile()
        .ok()
        .and_then(|profile| profile.audit_to)
        .map(|to| to.parse::<Copy>())
        .transpose()?;
    let writer = Arc::new(Writer::new(folder(cx)?, copy));
    Ok(Arc::new(AuditLog::new(writer, Arc::clone(&cx.clock), origin)))
}

/// Whether a change was refused by this program, before anything of it was sent.
pub(crate) fn is_refusal(cx: &Context, error: &Error) -> bool {
    audit::is_refusal(error.code()) && !cx.globals.dry_run && !cx.record.begun()
}

/// Writes down that this was refused. Nothing was sent, so that a log which cannot be written is a warning here.
pub(crate) async fn refused(cx: &Context, verb: &str, error: &Error) {
    let mut words = verb.split(' ');
    let looks = words.next().is_some_and(|noun| LOOKS.contains(&noun))
        || words.next_back().is_some_and(|verb| LOOKING.contains(&verb));
    if looks {
        return;
    }
    let written = match open(cx, cx.record.origin(cx, verb)) {
        Ok(log) => log.refused(error).await.map(drop),
        Err(error) => Err(error),
    };
    if let Err(why) = written {
        cx.ui.warn(&format!("the refusal is not in the audit log: {why}"));
    }
}
