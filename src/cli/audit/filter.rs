//! Which lines: the options that `audit list` and `audit export` share.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::cli::context::Context;
use crate::domain::{AuditKind, Error, ErrorCode, Result, Status};
use crate::jobs::audit::Wanted;

/// Which lines.
#[derive(Debug, clap::Args)]
pub struct Filter {
    /// Only lines from then on: a moment, a day, or so long ago, such as 2026-11-22 or 7d
    #[arg(long, value_name = "WHEN", value_parser = when)]
    since: Option<When>,
    /// Only lines before then
    #[arg(long, value_name = "WHEN", value_parser = when)]
    until: Option<When>,
    /// Only lines about this person
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Only lines of this job: j-4f7a, or its whole id
    #[arg(long, value_name = "JOB", value_parser = job)]
    job: Option<String>,
    /// Only lines of this verb, such as "user reset", or of this noun
    #[arg(long, value_name = "VERB")]
    verb: Option<String>,
    /// Only lines that ended so, or of this kind: done, failed, refusal, intent …
    #[arg(long, value_name = "STATUS", value_delimiter = ',', value_parser = ending)]
    status: Vec<Ending>,
}

#[derive(Clone, Copy, Debug)]
enum When {
    At(Timestamp),
    Day(Date),
    Ago(SignedDuration),
}

fn when(text: &str) -> Result<When, String> {
    let ago = || {
        let span: jiff::Span = text.parse().ok()?;
        let length = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()?;
        length.is_positive().then_some(When::Ago(length))
    };
    text.parse()
        .map(When::At)
        .or_else(|_| text.parse().map(When::Day))
        .ok()
        .or_else(ago)
        .ok_or_else(|| {
            "write a moment, a day or a length of time: 2026-11-22T08:00:00Z, 2026-11-22, 7d".to_owned()
        })
}

/// The log has ids: what is no end of one would match nothing, whatever was done.
fn job(text: &str) -> Result<String, String> {
    let end = text.trim().to_lowercase();
    let digits = end.strip_prefix("j-").unwrap_or(&end);
    if !digits.is_empty() && digits.chars().all(|c| c.is_ascii_hexdigit() || c == '-') {
        Ok(end)
    } else {
        Err("write j-4f7a or the whole id: jobs show NAME says it".to_owned())
    }
}

#[derive(Clone, Copy, Debug)]
enum Ending {
    Status(Status),
    Kind(AuditKind),
}

const ENDINGS: &[(&str, Ending)] = &[
    ("done", Ending::Status(Status::Done)),
    ("unchanged", Ending::Status(Status::Unchanged)),
    ("skipped", Ending::Status(Status::Skipped)),
    ("failed", Ending::Status(Status::Failed)),
    ("unsupported", Ending::Status(Status::Unsupported)),
    ("unknown", Ending::Status(Status::Unknown)),
    ("intent", Ending::Kind(AuditKind::Intent)),
    ("refusal", Ending::Kind(AuditKind::Refusal)),
    ("event", Ending::Kind(AuditKind::Event)),
    ("notice", Ending::Kind(AuditKind::Notice)),
];

fn ending(text: &str) -> Result<Ending, String> {
    let names = || ENDINGS.iter().map(|(name, _)| *name);
    let known = ENDINGS.iter().find(|(name, _)| *name == text);
    known
        .map(|(_, ending)| *ending)
        .ok_or_else(|| match crate::config::nearest(text, names()) {
            Some(meant) => format!("did you mean {meant}?"),
            None => format!("write one of: {}", names().collect::<Vec<_>>().join(", ")),
        })
}

impl Filter {
    /// What is wanted, as of now and where the reader is.
    ///
    /// # Errors
    /// `usage` for a day that is none there.
    pub(super) fn wanted(self, cx: &Context) -> Result<Wanted> {
        let Self {
            since,
            until,
            user,
            job,
            verb,
            status,
        } = self;
        let moment = |when: Option<When>| {
            when.map(|when| match when {
                When::At(at) => Ok(at),
                When::Day(day) => day
                    .to_zoned(cx.zone.clone())
                    .map(|day| day.timestamp())
                    .map_err(|error| Error::new(ErrorCode::Usage, error.to_string())),
                When::Ago(length) => Ok(cx.clock.now() - length),
            })
            .transpose()
        };
        let mut wanted = Wanted {
            since: moment(since)?,
            until: moment(until)?,
            user,
            job,
            verb,
            profile: cx.globals.profile.clone(),
            ..Wanted::default()
        };
        for ending in status {
            match ending {
                Ending::Status(status) => wanted.status.push(status),
                Ending::Kind(kind) => wanted.kinds.push(kind),
            }
        }
        Ok(wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_moment_a_day_or_a_length() {
        assert!(matches!(when("2026-11-22T08:00:00Z"), Ok(When::At(_))));
        assert!(matches!(when("2026-11-22"), Ok(When::Day(_))));
        assert!(matches!(when("7d"), Ok(When::Ago(length)) if length.as_hours() == 168));
        for wrong in ["yesterday", "-7d", "0s", "7"] {
            assert!(when(wrong).is_err(), "{wrong}");
        }
        assert_eq!(ending("faild").unwrap_err(), "did you mean failed?");
    }
}
