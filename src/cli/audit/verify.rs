//! `audit verify`

use std::path::PathBuf;
use std::time::Instant;

use crate::cli::context::Context;
use crate::cli::record;
use crate::domain::{Error, ErrorCode, Result};
use crate::jobs::audit::{self, Bad, Claim, Verified};
use crate::render::text::{counted, grouped};

/// The shortest beginning of a hash that says anything, with a line's number and without.
const SHORTEST: usize = 4;
const SHORTEST_ALONE: usize = 8;

/// What to check.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl audit verify\n  \
    mfactl audit verify --head 1042:9be1\n  \
    mfactl audit verify --head 1042:9be1 archive/audit-000001-2026-11.jsonl\n\n\
    Who can write as this user can rewrite the log and its head. A head that was printed, a second copy (audit_to in \
    the profile) or an export elsewhere cannot be rewritten with them: compare with that")]
pub struct Args {
    /// Refuse unless the log has this line, as results print it
    #[arg(long, value_name = "HASH|SEQ:HASH", value_parser = claim)]
    head: Option<Claim>,
    /// Check these files, in place of the log and its head
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

fn claim(text: &str) -> Result<Claim, String> {
    let (seq, hash) = match text.split_once(':') {
        Some(("sha256", hash)) => (None, hash),
        Some((seq, hash)) => {
            let seq = seq.parse().map_err(|_| "write it as 1042:9be1".to_owned())?;
            (Some(seq), hash)
        }
        None => (None, text),
    };
    let hash = hash.to_lowercase();
    let least = if seq.is_some() { SHORTEST } else { SHORTEST_ALONE };
    if (least..=64).contains(&hash.len()) && hash.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        Ok(Claim { seq, hash })
    } else {
        Err(format!(
            "write it as 1042:9be1, or the first {SHORTEST_ALONE} digits or more of the hash"
        ))
    }
}

impl Args {
    pub(crate) fn run(self, cx: &Context) -> Result<u8> {
        let Self { head, files } = self;
        let begun = Instant::now();
        let told = if files.is_empty() {
            audit::verify(&record::folder(cx)?, head.as_ref())?
        } else {
            audit::verify_files(&files, head.as_ref())?
        };
        let seconds = begun.elapsed().as_secs_f64();
        show(cx, &told)?;
        cx.ui.detail(&rate(told.lines, seconds));
        for note in &told.notes {
            cx.ui.note(note);
        }
        match &told.bad {
            Some(bad) => Err(broken(cx, bad, files.is_empty())),
            None if told.lines == 0 => {
                cx.ui.note("nothing has been logged yet");
                Ok(0)
            }
            None => {
                cx.ui.note(
                    "Intact. Who can write as this user could have rewritten all of it: compare with a head that was \
                     printed, or a copy elsewhere",
                );
                Ok(0)
            }
        }
    }
}

fn show(cx: &Context, told: &Verified) -> Result<()> {
    let page = cx.page();
    let mut out = cx.ui.stdout();
    let columns = [
        "intact",
        "lines",
        "files",
        "first",
        "last.seq",
        "last.head",
        "notes",
        "bad.file",
        "bad.line",
        "bad.seq",
        "bad.what",
        "bad.detail",
    ];
    if !page.object(&mut out, told, "audit_verified", &columns)?
        && let (Some(first), Some(last)) = (told.first, &told.last)
    {
        let row = |label: &str, value: String| vec![label.to_owned(), value];
        let files = counted(told.files, "file", "files");
        page.pairs(
            &mut out,
            &[
                row("Lines", format!("{first} to {} in {files}", last.seq)),
                row("Head", format!("{}:{}", last.seq, last.head)),
            ],
        )?;
    }
    out.done()
}

fn broken(cx: &Context, bad: &Bad, whole: bool) -> Error {
    let Bad {
        file,
        line,
        seq: _,
        what,
        detail,
    } = bad;
    let error = Error::new(ErrorCode::AuditBroken, format!("{}: {detail}", what.as_str()));
    let error = if file.is_empty() {
        error
    } else {
        error.at(file.as_str(), *line, None)
    };
    error.hint(if whole {
        format!(
            "keep the folder as it is, and compare it with the second copy; archived files are named after {}",
            cx.command(["audit", "verify"])
        )
    } else {
        "keep the files as they are, and compare them with another copy".to_owned()
    })
}

/// `1,042 lines in 0.01 s, 104,200 a second`.
fn rate(lines: u64, seconds: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a rate for people to read"
    )]
    let rate = (lines as f64 / seconds.max(1e-6)) as u64;
    format!(
        "{} in {seconds:.2} s, {} a second",
        counted(lines, "line", "lines"),
        grouped(rate)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_results_print_it() {
        let claimed = |text: &str| claim(text).map(|claim| (claim.seq, claim.hash));
        assert_eq!(claimed("1042:9be1"), Ok((Some(1042), "9be1".to_owned())));
        assert_eq!(claimed("9BE1F00D"), Ok((None, "9be1f00d".to_owned())));
        for wrong in ["9be1", "x:9be1", "1042:9b", "1042:zzzz", ""] {
            assert!(claim(wrong).is_err(), "{wrong}");
        }
    }
}
