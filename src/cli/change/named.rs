//! Where a job begins, and `--job NAME`: the same command with the same name goes on with its job, and never starts over.

use crate::cli::context::Context;
use crate::domain::{Error, ErrorCode, Result};
use crate::jobs::journal::{JobHead, JobState, Journal, Store};

use super::kept::Kept;

/// The name of a job.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct JobName {
    /// Give the job a name: the same command with the same name goes on with it, and never starts over
    #[arg(id = "job", long = "job", value_name = "NAME", help_heading = "Options everywhere", hide_short_help = true, value_parser = name)]
    pub(crate) name: Option<String>,
}

fn name(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_alphanumeric() || "-_.:/#+@".contains(c);
    if text.is_empty() || text.len() > 100 || !text.chars().all(fits) {
        return Err("write a name of letters, digits and - _ . : / # + @".to_owned());
    }
    Ok(text.to_owned())
}

/// How a job begins.
pub(crate) enum Begun {
    /// Anew.
    New(Kept),
    /// It is there already: everybody in it is planned.
    Known(Box<dyn Journal>),
}

/// Begins a job, or finds the one of its name.
///
/// # Errors
/// `file_unreadable`, `disk_full`: then nothing may be sent; `file_locked` while another process runs it; `usage` where
/// the name is another command's.
pub(crate) async fn begin(cx: &Context, head: &JobHead) -> Result<Begun> {
    let store = cx.store().await?;
    crate::cli::jobs::tidy(cx, store.as_ref()).await;
    let Some(name) = &head.name else {
        return Kept::create(cx, head).await.map(Begun::New);
    };
    // Between the search and the job that will be found nobody else begins one of this name.
    let _alone = store.alone().await?;
    let Some(id) = of_part(store.as_ref(), store.named(name).await?, head).await else {
        return Kept::create(cx, head).await.map(Begun::New);
    };
    let journal = store.open(&id).await?;
    let shown = store.short(&id).await;
    let refuse = |why: &str| {
        Err(
            Error::new(ErrorCode::Usage, format!("job {name} ({shown}) {why}"))
                .hint("another name begins another job"),
        )
    };
    match journal.state().await? {
        // In a folder whoever got in holds the lock: nobody else plans it.
        JobState::Planning if journal.is_shared() && store.runs(&id).await? => Err(Error::new(
            ErrorCode::FileLocked,
            format!("job {name} ({shown}) is being planned by another process"),
        )
        .hint(cx.command(["jobs", "work", name]))),
        JobState::Planning => {
            // Nothing was sent: its lists are thrown away.
            drop(journal);
            store.remove(&id).await?;
            Kept::create(cx, head).await.map(Begun::New)
        }
        JobState::Cancelled => refuse("was cancelled"),
        JobState::Ready | JobState::Running | JobState::Stopped | JobState::Ended => {
            let known = journal.head().await?;
            if known.profile != head.profile {
                return refuse(&format!(
                    "is of profile {}, not of {}",
                    known.profile, head.profile
                ));
            }
            if !is_same(&known, head) {
                return refuse("is of another command");
            }
            if let (Some(then), Some(now)) = (&known.rows, &head.rows)
                && then != now
            {
                // Whoever was added since would be taken for done.
                let resume = cx.command(["jobs", "resume", &shown]);
                return Err(Error::new(
                    ErrorCode::Usage,
                    format!(
                        "job {name} ({shown}) was made of other rows: {} has changed since",
                        head.selection
                    ),
                )
                .hint(format!(
                    "another name begins another job; with the rows of then: {resume}"
                )));
            }
            Ok(Begun::Known(journal))
        }
    }
}

/// The job of a name that is meant, among those that have it: parts of one selection share a name, each with a job of its
/// own. `None`: there is none yet.
async fn of_part(store: &dyn Store, named: Vec<String>, head: &JobHead) -> Option<String> {
    let Some((_, of)) = head.part else {
        return named.into_iter().next();
    };
    let mut another = None;
    for id in named {
        let part = match store.read(&id).await {
            Ok(journal) => journal.head().await.ok().and_then(|known| known.part),
            Err(_) => None,
        };
        match part {
            part if part == head.part => return Some(id),
            Some((_, parts)) if parts == of => {}
            // What is no part of that division is another command's.
            _ => another = another.or(Some(id)),
        }
    }
    another
}

/// Whether two jobs are of the same command for the same people at the same place.
fn is_same(known: &JobHead, new: &JobHead) -> bool {
    let plan = |head: &JobHead| head.plan.as_ref().map(|plan| plan.digest.clone());
    known.verb == new.verb
        && known.selection == new.selection
        && known.service == new.service
        && known.profile == new.profile
        && known.tenant == new.tenant
        && known.playbook == new.playbook
        && plan(known) == plan(new)
        && known.part == new.part
        && essence(&known.argv) == essence(&new.argv)
}

/// The words of a command that say what is done: not how it is shown, confirmed or paced.
fn essence(argv: &[String]) -> Vec<&str> {
    let command = crate::cli::command();
    let everywhere: Vec<&clap::Arg> = command
        .get_arguments()
        .filter(|arg| arg.is_global_set())
        .collect();
    let mut words = Vec::new();
    let mut rest = argv.iter().map(String::as_str);
    while let Some(word) = rest.next() {
        if word == "--" {
            words.extend(rest);
            break;
        }
        let (option, has_value) = match word.split_once('=') {
            Some((option, _)) if word.starts_with("--") => (option, true),
            _ => (word, false),
        };
        let known = everywhere.iter().find(|arg| match option.strip_prefix("--") {
            Some(long) => arg.get_long() == Some(long),
            None => option
                .strip_prefix('-')
                .and_then(|short| short.chars().next())
                .is_some_and(|short| arg.get_short() == Some(short)),
        });
        let is_short = !option.starts_with("--");
        match known {
            // With --first one looks at some before the others.
            None if matches!(option, "--job" | "--first") => {
                if !has_value {
                    rest.next();
                }
            }
            None => words.push(word),
            Some(arg) => {
                let apart = !(has_value || is_short && option.len() > 2);
                if arg.get_action().takes_values() && apart {
                    rest.next();
                }
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_command_is_the_same_however_it_is_shown_confirmed_or_paced() {
        let words = |line: &str| -> Vec<String> { line.split(' ').map(str::to_owned).collect() };
        let plain = words("-p local user reset adele --keep email");
        for line in [
            "user reset adele --keep email --job inc9 --yes -o json",
            "-plocal user reset -q adele --keep email --job=inc9 --output=ndjson -y --concurrency 5",
            "user reset adele --first 10 --keep email --job inc9",
            "user --secrets-out s.json reset adele --pace 50% --keep email --ticket INC9 -vv",
        ] {
            assert_eq!(essence(&words(line)), essence(&plain), "{line}");
        }
        for line in [
            "user reset adele --keep phone",
            "user reset bas --keep email",
            "user reset adele",
        ] {
            assert_ne!(essence(&words(line)), essence(&plain), "{line}");
        }
    }
}
