//! `local snapshot`, `local restore`, `local wipe`: the service's data as a whole.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::Data;
use crate::cli::context::Context;
use crate::config::Place;
use crate::domain::{Error, ErrorCode, Result};
use crate::render::cannot_write;
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
        let name = to.display().to_string();
        if to.exists() {
            return Err(
                Error::new(ErrorCode::FileUnreadable, format!("{name} is there already"))
                    .hint("name another file: a snapshot replaces none"),
            );
        }
        let (console, profile) = cx.console(data).await?;
        let bytes = console.snapshot().await?;
        store(&to, &bytes).map_err(|error| cannot_write(&error, &name))?;
        cx.ui.note(&format!("{} copied to {name}", profile.name));
        Ok(0)
    }
}

/// Writes a file for its owner alone, whole or not at all.
fn store(to: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = match to.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(to).map_err(|error| error.error)?;
    Ok(())
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
