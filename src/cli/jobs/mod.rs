//! `jobs`: what was begun, how far it came, going on with it, taking it back. A job is meant by `j-4f7a`, its whole id, any
//! end of it, or the name of `--job`.

mod again;
mod cancel;
mod list;
mod merge;
mod prune;
mod resume;
mod show;
mod undo;
mod watch;
mod work;

use super::context::{Context, Session};
use super::later::Later;
use crate::config::OF_VARIABLES;
use crate::domain::shape::JobRow;
use crate::domain::{Error, ErrorCode, Result};
use crate::jobs::journal::{Job, JobHead, Listed, Store};

/// Verbs on jobs.
#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// List jobs, the newest first
    List(Later<list::Args>),
    /// Show a job, step by step
    Show(Later<show::Args>),
    /// Follow a job to its end
    Watch(Later<watch::Args>),
    /// Go on with a job: who was not begun, who failed, what nobody knows
    Resume(Later<resume::Args>),
    /// Cancel a job: who was not begun stays as they are
    Cancel(Later<cancel::Args>),
    /// Work on a job that several machines share
    Work(Later<work::Args>),
    /// Take back what a job did, as far as that can be
    Undo(Later<undo::Args>),
    /// Make one report of the parts that --shard made
    Merge(Later<merge::Args>),
    /// Delete jobs that are over and old
    Prune(Later<prune::Args>),
}

impl Verb {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        match self {
            Self::List(Later(args)) => args.run(cx).await,
            Self::Show(Later(args)) => args.run(cx).await,
            Self::Watch(Later(args)) => args.run(cx).await,
            Self::Resume(Later(args)) => args.run(cx).await,
            Self::Cancel(Later(args)) => args.run(cx).await,
            Self::Work(Later(args)) => args.run(cx).await,
            Self::Undo(Later(args)) => args.run(cx).await,
            Self::Merge(Later(args)) => args.run(cx).await,
            Self::Prune(Later(args)) => args.run(cx).await,
        }
    }
}

/// Whether the profile that was named is the job's: said before anybody is connected to.
///
/// # Errors
/// `job_elsewhere` with the command that does; as [`Context::profile`].
fn here(cx: &Context, head: &JobHead, verb: &str, short: &str) -> Result<()> {
    let profile = match cx.profile() {
        Ok(profile) => profile.name,
        Err(error) if error.code() == ErrorCode::NoProfile => {
            return Err(error.hint(command(cx, &head.profile, [verb, short])));
        }
        Err(error) => return Err(error),
    };
    if profile == head.profile {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::JobElsewhere,
        format!("job {short} is of profile {}, not of {profile}", head.profile),
    )
    .hint(command(cx, &head.profile, [verb, short])))
}

/// A command on a job, with its profile and where it is kept; a profile that variables make has no name to be given.
fn command(cx: &Context, profile: &str, words: [&str; 2]) -> String {
    let named = Some(profile).filter(|name| *name != OF_VARIABLES);
    cx.command_of(named, ["jobs"].into_iter().chain(words))
}

/// Whether a profile still leads where the job was made.
///
/// # Errors
/// `job_elsewhere`.
fn there(session: &Session, head: &JobHead) -> Result<()> {
    if session.service_name == head.service && session.tenant.eq_ignore_ascii_case(&head.tenant) {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::JobElsewhere,
        format!(
            "the job is for {} ({}), and profile {} leads to {} ({}) now",
            head.service, head.tenant, session.profile, session.service_name, session.tenant
        ),
    )
    .hint("name a profile of that tenant with -p"))
}

/// Deletes the jobs that have been kept long enough, whenever another one begins. What cannot be deleted stays: nobody
/// is kept from his work by it, and `jobs prune` says why.
pub(crate) async fn tidy(cx: &Context, store: &dyn Store) {
    for one in prune::old(cx, store, None).await.unwrap_or_default() {
        if let Err(error) = store.remove(&one.id).await {
            cx.ui.detail(&format!("job {} is kept: {error}", one.short));
        }
    }
}

/// A job as scripts see it, or what is known of one that cannot be read.
fn listed(one: &Listed) -> JobRow {
    match &one.job {
        Ok(job) => row(&one.short, job),
        Err(error) => JobRow {
            reference: one.short.clone(),
            id: one.id.clone(),
            name: None,
            state: "unreadable".to_owned(),
            profile: None,
            tenant: None,
            service: None,
            verb: None,
            playbook: None,
            selection: None,
            operator: None,
            ticket: None,
            reason: None,
            made_at: None,
            last_at: None,
            plan: None,
            part: None,
            undoes: None,
            summary: None,
            left: None,
            error: Some(error.to_body()),
        },
    }
}

fn row(short: &str, job: &Job) -> JobRow {
    let head = job.head.clone();
    JobRow {
        reference: short.to_owned(),
        id: head.id,
        name: head.name,
        state: job.word().to_owned(),
        profile: Some(head.profile),
        tenant: Some(head.tenant),
        service: Some(head.service),
        verb: Some(head.verb),
        playbook: head.playbook,
        selection: Some(head.selection),
        operator: Some(head.operator),
        ticket: head.ticket,
        reason: head.reason,
        made_at: Some(head.made_at),
        last_at: job.last_at,
        plan: head.plan,
        part: head.part.map(|(part, of)| format!("{part}/{of}")),
        undoes: head.undoes,
        summary: Some(job.summary),
        left: Some(job.left()),
        error: None,
    }
}

/// `1,900 done, 20 so already, 2 failed, 1 skipped, 8 left`; nothing of what is none.
fn counts(job: &Job) -> String {
    let users = &job.summary.users;
    let said: Vec<String> = [
        (users.done, "done"),
        (users.unchanged, "so already"),
        (users.failed, "failed"),
        (users.skipped, "skipped"),
        (job.left(), "left"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{} {word}", crate::render::text::grouped(count)))
    .collect();
    if said.is_empty() {
        "nobody".to_owned()
    } else {
        said.join(", ")
    }
}
