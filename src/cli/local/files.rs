//! `local snapshot`, `local restore`, `local wipe`: the service's data as a whole.

use std::path::PathBuf;

use super::Data;
use crate::cli::context::Context;
use crate::cli::new_file::NewFile;
use crate::config::Place;
use crate::domain::{Error, ErrorCode, Result};
use crate::server;

/// Where to.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  mfactl local snapshot before.db")]
pub struct SnapshotArgs {
    /// The file to write; it must not be there yet
    #[arg(value_name = "FILE")]
    to: PathBuf,
    #[command(flatten)]
    data: Data,
}

/// From where.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  mfactl local restore before.db")]
pub struct RestoreArgs {
    /// A file that `local snapshot` wrote
    #[arg(value_name = "FILE")]
    from: PathBuf,
    #[command(flatten)]
    data: Data,
}

/// Of what.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  mfactl local wipe --yes")]
pub struct WipeArgs {
    #[command(flatten)]
    data: Data,
}

impl SnapshotArgs {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self {
            to,
            data: Data { data },
        } = self;
        let mut file = NewFile::begin(&to)?;
        let (console, profile) = cx.console(data).await?;
        let bytes = console.snapshot().await?;
        file.put(&bytes)?;
        file.keep()?;
        cx.ui
            .note(&format!("{} copied to {}", profile.name, to.display()));
        Ok(0)
    }
}

/// The data file of a service that is not elsewhere.
fn file(cx: &Context, data: Option<PathBuf>) -> Result<PathBuf> {
    let profile = cx.local_profile(data)?;
    match profile.place {
        Place::Inside(path) => Ok(path),
        Place::At(_) => Err(Error::new(
            ErrorCode::Unsupported,
            format!("profile \"{}\" is a service elsewhere", profile.name),
        )
        .hint("stop that service, and name its file with --data")),
    }
}

/// Asks before data goes; `--yes` answers, `--dry-run` only tells.
fn agreed(cx: &Context, what: &str) -> Result<bool> {
    if cx.globals.dry_run {
        cx.ui.note(&format!("would: {what}"));
        return Ok(false);
    }
    cx.ui.note(what);
    if cx.globals.yes || cx.ui.confirm("Go on?")? {
        return Ok(true);
    }
    Err(Error::new(
        ErrorCode::NotConfirmed,
        "not confirmed: nothing was changed",
    ))
}

impl RestoreArgs {
    pub(crate) fn run(self, cx: &Context) -> Result<u8> {
        let Self {
            from,
            data: Data { data },
        } = self;
        cx.interrupt.watch()?;
        let path = file(cx, data)?;
        if !from.exists() {
            return Err(Error::new(
                ErrorCode::FileUnreadable,
                format!("{} is not there", from.display()),
            ));
        }
        let what = format!("Replace all data in {} by {}", path.display(), from.display());
        if (path.exists() || cx.globals.dry_run) && !agreed(cx, &what)? {
            return Ok(0);
        }
        server::restore(&path, &from)?;
        cx.ui
            .note(&format!("{} holds what {} held", path.display(), from.display()));
        Ok(0)
    }
}

impl WipeArgs {
    pub(crate) fn run(self, cx: &Context) -> Result<u8> {
        let Self { data: Data { data } } = self;
        cx.interrupt.watch()?;
        let path = file(cx, data)?;
        if !path.exists() {
            cx.ui
                .note(&format!("{} is not there: nothing to delete", path.display()));
            return Ok(0);
        }
        if !agreed(cx, &format!("Delete all data in {}", path.display()))? {
            return Ok(0);
        }
        server::wipe(&path)?;
        cx.ui.note("deleted; the next use begins with the demo directory");
        Ok(0)
    }
}
