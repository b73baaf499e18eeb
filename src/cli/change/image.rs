//! The QR code of a seed: on the terminal, or in an image of its own. Where the seed itself goes is `keep`'s.

use std::path::{Path, PathBuf};

use super::private::write_new;
use crate::cli::new_file::NewFile;
use crate::domain::{Error, ErrorCode, Result, Secret};
use crate::render::qr;

/// Where the QR code of a seed goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Qr {
    /// On the terminal, where there is one.
    #[default]
    Auto,
    /// Nowhere.
    None,
    /// Into a new image.
    Image(PathBuf),
}

impl Qr {
    /// `auto`, `none`, or the name of a PNG or SVG.
    ///
    /// # Errors
    /// `usage` for another kind of file.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let ends = |end: &str| text.to_lowercase().ends_with(end);
        match text {
            "auto" => Ok(Self::Auto),
            "none" => Ok(Self::None),
            _ if ends(".png") || ends(".svg") => Ok(Self::Image(text.into())),
            _ => Err(Error::new(
                ErrorCode::Usage,
                format!("--qr {text}: a QR code is written as .png or .svg"),
            )
            .hint("--qr auto, --qr none, --qr FILE.png or --qr FILE.svg")),
        }
    }

    /// Whether an image could be written, before a seed is made that it may be the only place of.
    ///
    /// # Errors
    /// `file_unreadable`, `disk_full`: it is there already, or its folder cannot be written.
    pub(super) fn try_out(&self) -> Result<()> {
        match self {
            Self::Image(path) => NewFile::begin(path).map(drop),
            Self::Auto | Self::None => Ok(()),
        }
    }

    /// Writes the image, where there is to be one. `before`: how many the job has written.
    ///
    /// # Errors
    /// `file_unreadable`, `disk_full`, `internal`.
    pub(super) fn write(&self, before: u32, uri: &Secret) -> Result<()> {
        let Self::Image(path) = self else {
            return Ok(());
        };
        let path = numbered(path, before);
        let code = qr::Qr::new(uri)?;
        let is_svg = path
            .extension()
            .is_some_and(|end| end.eq_ignore_ascii_case("svg"));
        let bytes = if is_svg {
            code.svg().into_bytes()
        } else {
            code.png()?
        };
        write_new(&path, &bytes)
    }
}

/// The name of the n-th image: `seed.png`, `seed-2.png`.
fn numbered(path: &Path, before: u32) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let end = path.extension().unwrap_or_default().to_string_lossy();
    match before {
        0 => path.to_owned(),
        before => path.with_file_name(format!("{stem}-{}.{end}", before + 1)),
    }
}
