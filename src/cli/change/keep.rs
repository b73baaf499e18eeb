//! Where secrets go that a change makes: shown once on the terminal, or into a file of one's own, or into the answer.
//! Never into a log, and never lost: a file has them before the step counts as done.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use super::image::Qr;
use super::private::{add_to, create, may_be_added_to, must_be_new};
use crate::cli::context::Context;
use crate::cli::globals::PathOrDash;
use crate::domain::shape::SecretRow;
use crate::domain::{Error, ErrorCode, Minted, Result, Secret};
use crate::render::spelled::{in_fours, spelled};
use crate::render::text::clean;
use crate::render::{Format, cannot_write, qr, time};

/// Checks that secrets would have a place, before anything is sent. `again`: a job goes on, and may add to the file that
/// it began.
///
/// # Errors
/// `secrets_need_a_place`; `usage` or `file_unreadable` for a place that will not do.
pub(crate) fn check(cx: &Context, qr: &Qr, again: bool) -> Result<()> {
    qr.try_out()?;
    match &cx.globals.secrets_out {
        Some(PathOrDash::Path(path)) if again => may_be_added_to(path),
        Some(PathOrDash::Path(path)) => must_be_new(path),
        Some(PathOrDash::Dash) if cx.ui.format() == Format::Csv => Err(Error::new(
            ErrorCode::SecretsNeedAPlace,
            "a CSV answer has no place for secrets",
        )
        .hint("--secrets-out FILE, or another form than csv")),
        Some(PathOrDash::Dash) => Ok(()),
        None if matches!(qr, Qr::Image(_)) => Ok(()),
        None if cx.ui.stdout_is_terminal() && cx.ui.terminal().is_some() => Ok(()),
        None => Err(Error::new(
            ErrorCode::SecretsNeedAPlace,
            "this makes a secret, and there is no terminal to show it on",
        )
        .hint("--secrets-out FILE writes it to a new file; --secrets-out - puts it into the answer")),
    }
}

/// Secrets of several people go to a file, or into the answer: a screen shows them once and loses them.
///
/// # Errors
/// `secrets_need_a_place`.
pub(super) fn check_number(cx: &Context, people: u64) -> Result<()> {
    if people > 1 && cx.globals.secrets_out.is_none() {
        return Err(Error::new(
            ErrorCode::SecretsNeedAPlace,
            format!("this makes secrets for {people} people"),
        )
        .hint("--secrets-out FILE writes them to a new file; --secrets-out - puts them into the answer"));
    }
    Ok(())
}

/// A secret that was made.
struct Kept {
    user: String,
    minted: Minted,
}

enum Place {
    File(Secrets),
    Answer,
    Terminal,
    /// An image has the only secret there is.
    Image,
}

/// A file of secrets.
struct Secrets {
    file: File,
    path: PathBuf,
    /// Whether this run made it.
    is_new: bool,
    /// Whether something was written and is not synced.
    waits: bool,
    any: bool,
}

impl Drop for Secrets {
    fn drop(&mut self) {
        if self.is_new && !self.any {
            // An empty file would stand in the way of the next try.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Takes secrets while a job runs.
pub(super) struct Keeper {
    place: Place,
    qr: Qr,
    images: u32,
    /// What is shown in the end: nothing that a file has.
    kept: Vec<Kept>,
}

impl Keeper {
    /// Nothing to keep.
    pub(super) fn none() -> Self {
        Self {
            place: Place::Answer,
            qr: Qr::None,
            images: 0,
            kept: Vec::new(),
        }
    }

    /// Opens the place; `mints`: whether there will be secrets at all; `again`: as for [`check`].
    ///
    /// # Errors
    /// `file_unreadable`, where the file is there already or cannot be made.
    pub(super) fn open(cx: &Context, qr: &Qr, mints: bool, again: bool) -> Result<Self> {
        if !mints {
            return Ok(Self::none());
        }
        let place = match &cx.globals.secrets_out {
            Some(PathOrDash::Path(path)) => {
                let is_new = !(again && path.symlink_metadata().is_ok());
                let file = if is_new { create(path)? } else { add_to(path)? };
                Place::File(Secrets {
                    file,
                    path: path.clone(),
                    is_new,
                    waits: false,
                    any: false,
                })
            }
            Some(PathOrDash::Dash) => Place::Answer,
            None if cx.ui.stdout_is_terminal() => Place::Terminal,
            None => Place::Image,
        };
        Ok(Self {
            place,
            qr: qr.clone(),
            images: 0,
            kept: Vec::new(),
        })
    }

    /// Takes a secret; where it goes to a file it is safe after [`Self::sync`].
    ///
    /// # Errors
    /// `disk_full`, `file_unreadable`: the secret was made and is not kept.
    pub(super) fn keep(&mut self, user: &str, minted: &Minted) -> Result<()> {
        if let Place::File(secrets) = &mut self.place {
            let mut line = serde_json::to_string(&row(user, minted))
                .map_err(|error| Error::new(ErrorCode::Internal, format!("writing JSON failed: {error}")))?;
            line.push('\n');
            secrets
                .file
                .write_all(line.as_bytes())
                .map_err(|error| cannot_write(&error, &secrets.path.display().to_string()))?;
            (secrets.waits, secrets.any) = (true, true);
        } else {
            self.kept.push(Kept {
                user: user.to_owned(),
                minted: minted.clone(),
            });
        }
        // Last: an image that cannot be written loses no secret.
        if let Some(uri) = &minted.uri {
            self.qr.write(self.images, uri)?;
            self.images += 1;
        }
        Ok(())
    }

    /// Waits until what was taken is on the disk.
    ///
    /// # Errors
    /// `disk_full`, `file_unreadable`: secrets were made and are not kept.
    pub(super) fn sync(&mut self) -> Result<()> {
        let Place::File(secrets) = &mut self.place else {
            return Ok(());
        };
        if !std::mem::take(&mut secrets.waits) {
            return Ok(());
        }
        secrets
            .file
            .sync_all()
            .map_err(|error| cannot_write(&error, &secrets.path.display().to_string()))
    }

    /// The secrets for the answer: only where they were asked for there.
    pub(super) fn rows(&self) -> Vec<SecretRow> {
        match self.place {
            Place::Answer => self
                .kept
                .iter()
                .map(|kept| row(&kept.user, &kept.minted))
                .collect(),
            Place::File(_) | Place::Terminal | Place::Image => Vec::new(),
        }
    }

    /// Shows them once: on the terminal, or after the rows of a table; or says which file has them.
    ///
    /// # Errors
    /// The terminal or stdout cannot take them.
    pub(super) fn show_on(&self, cx: &Context, out: &mut dyn Write) -> Result<()> {
        if let Place::File(secrets) = &self.place {
            if secrets.any {
                let whose = if cfg!(unix) {
                    "readable by you alone"
                } else {
                    "with the rights of its folder"
                };
                let file = secrets.path.display();
                cx.ui.note(&format!("Secrets are in {file}, {whose}"));
            }
            return Ok(());
        }
        if self.kept.is_empty() {
            return Ok(());
        }
        match &self.place {
            Place::File(_) => Ok(()),
            Place::Image => Ok(()),
            Place::Answer if cx.ui.is_table() => {
                for row in self.rows() {
                    let uri = row.uri.as_ref().map(|uri| format!("\t{}", clean(uri)));
                    let line = format!(
                        "{}\t{}\t{}{}\n",
                        clean(&row.user),
                        row.kind,
                        clean(&row.value),
                        uri.unwrap_or_default()
                    );
                    crate::render::write(out, line.as_bytes())?;
                }
                Ok(())
            }
            Place::Answer => Ok(()),
            Place::Terminal => {
                out.flush()
                    .map_err(|error| cannot_write(&error, "standard output"))?;
                let Some(mut terminal) = cx.ui.terminal() else {
                    return Err(Error::new(
                        ErrorCode::Internal,
                        "the terminal is gone, and a secret was not shown",
                    ));
                };
                let text: String = self.kept.iter().map(|kept| self.shown(cx, kept)).collect();
                terminal
                    .write_all(text.as_bytes())
                    .and_then(|()| terminal.flush())
                    .map_err(|error| cannot_write(&error, "the terminal"))
            }
        }
    }

    /// How many secrets only the answer has.
    pub(super) fn unseen(&self) -> usize {
        match self.place {
            Place::Answer => self.kept.len(),
            Place::File(_) | Place::Terminal | Place::Image => 0,
        }
    }

    /// The link of the one authenticator that was shown on the terminal, where it was one.
    pub(super) fn shown_seed(&self) -> Option<&Secret> {
        match (&self.place, self.kept.as_slice()) {
            (Place::Terminal, [one]) if one.minted.kind == "totp" => one.minted.uri.as_ref(),
            _ => None,
        }
    }

    fn shown(&self, cx: &Context, kept: &Kept) -> String {
        let Kept { user, minted } = kept;
        let user = clean(user);
        let value = minted.value.expose();
        let until = minted
            .expires_at
            .map(|at| format!(", until {}", time::short(at, cx.clock.now(), &cx.zone)))
            .unwrap_or_default();
        match minted.kind {
            "push" => {
                let mut text = format!("\nLink for the app of {user}, shown once:\n");
                if let Some(uri) = &minted.uri {
                    let draws = self.qr == Qr::Auto && !cx.ui.accessible();
                    if let Some(code) = draws.then(|| qr::Qr::new(uri)).and_then(Result::ok) {
                        text.push_str(&code.lines());
                    }
                }
                text.push_str(&format!("  link  {}\n", clean(value)));
                text
            }
            "totp" | "hotp" => {
                let mut text = format!("\nSeed for the authenticator app of {user}, shown once:\n");
                if let Some(uri) = &minted.uri {
                    let draws = self.qr == Qr::Auto && !cx.ui.accessible();
                    if let Some(code) = draws.then(|| qr::Qr::new(uri)).and_then(Result::ok) {
                        text.push_str(&code.lines());
                    }
                    text.push_str(&format!(
                        "  seed  {}\n  link  {}\n",
                        in_fours(value),
                        uri.expose()
                    ));
                } else {
                    text.push_str(&format!("  seed  {}\n", in_fours(value)));
                }
                text
            }
            "qr-pin" => {
                let mut text = format!("\nQR code and PIN of {user}{until}, shown once:\n");
                if let Some(content) = &minted.uri {
                    let draws = self.qr == Qr::Auto && !cx.ui.accessible();
                    if let Some(code) = draws.then(|| qr::Qr::new(content)).and_then(Result::ok) {
                        text.push_str(&code.lines());
                    }
                    text.push_str(&format!("  code  {}\n", clean(content.expose())));
                }
                text.push_str(&format!("  PIN   {}\n", in_fours(value)));
                text
            }
            kind => {
                let what = match kind {
                    "temporary-pass" => "Temporary pass",
                    "app-password" => "App password",
                    _ => "Password",
                };
                format!(
                    "\n{what} of {user}{until}, shown once:\n  {}\n  {}\n",
                    clean(value),
                    spelled(value)
                )
            }
        }
    }
}

/// A secret as a row; a seed has its link with it.
fn row(user: &str, minted: &Minted) -> SecretRow {
    SecretRow {
        user: user.to_owned(),
        kind: minted.kind.to_owned(),
        value: minted.value.expose().to_owned(),
        uri: minted.uri.as_ref().map(|uri| uri.expose().to_owned()),
        expires_at: minted.expires_at,
    }
}
