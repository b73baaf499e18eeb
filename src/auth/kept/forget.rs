//! Taking away all that is kept for one profile, whoever signed in and however. No key is needed for that.

use std::path::Path;

use super::Store;
use super::place::lock;
use super::ring::Ring;
use super::sealed::{Envelope, WHAT};
use crate::domain::{Error, ErrorCode, Result};

/// Takes away every sign-in in `folder` that is kept for this profile; gives how many there were. What cannot be read
/// at all stays: nobody knows whose it is.
///
/// # Errors
/// `file_unreadable`, `file_locked`; `not_signed_in` where the keyring does not open: what it holds stays, and so does
/// the file that names it.
pub(crate) async fn forget(folder: &Path, profile: &str) -> Result<usize> {
    forget_in(folder, profile, &Ring::default()).await
}

pub(super) async fn forget_in(folder: &Path, profile: &str, ring: &Ring) -> Result<usize> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Ok(0);
    };
    let mut gone = 0;
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.extension().is_none_or(|end| end != "json") {
            continue;
        }
        let is_of_profile = |path: &Path| match Envelope::read(path) {
            Ok(Some(envelope)) => (envelope.profile == profile).then_some(envelope.store),
            Ok(None) => None,
            Err(error) => {
                tracing::debug!(%error, "a kept sign-in is left alone");
                None
            }
        };
        if is_of_profile(&path).is_none() {
            continue;
        }
        let _lock = lock(&path).await?;
        let Some(store) = is_of_profile(&path) else {
            continue;
        };
        if let (Store::Keyring, Some(id)) = (store, path.file_stem().and_then(|stem| stem.to_str())) {
            ring.remove(id).await?;
        }
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::new(
                    ErrorCode::FileUnreadable,
                    format!("{WHAT} {} cannot be removed: {error}", path.display()),
                ));
            }
            _ => gone += 1,
        }
    }
    Ok(gone)
}
