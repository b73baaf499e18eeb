//! `local clock show|set|advance|reset`

use jiff::{SignedDuration, Timestamp};

use super::{Data, answer, shown, snake};
use crate::cli::context::Context;
use crate::domain::Result;
use crate::services::local::ClockChange;

/// Verbs on the service's clock.
#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// Show what time it is for the service
    Show(ShowArgs),
    /// Set it
    Set(SetArgs),
    /// Move it forward
    Advance(AdvanceArgs),
    /// Go back to this machine's time
    Reset(ResetArgs),
}

/// Of which service.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  mfactl local clock show")]
pub struct ShowArgs {
    #[command(flatten)]
    data: Data,
}

/// To when.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  mfactl local clock set 2027-01-31T08:00:00Z")]
pub struct SetArgs {
    /// A moment, such as 2027-01-31T08:00:00Z
    #[arg(value_name = "RFC3339", value_parser = moment)]
    to: Timestamp,
    #[command(flatten)]
    data: Data,
}

/// By how much.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  mfactl local clock advance 15d")]
pub struct AdvanceArgs {
    /// A length of time, such as 90m or 15d
    #[arg(value_name = "DUR", value_parser = length)]
    by: SignedDuration,
    #[command(flatten)]
    data: Data,
}

/// Of which service.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  mfactl local clock reset")]
pub struct ResetArgs {
    #[command(flatten)]
    data: Data,
}

fn moment(text: &str) -> Result<Timestamp, String> {
    text.parse()
        .map_err(|_| "write it like 2027-01-31T08:00:00Z".to_owned())
}

/// A length of time; a day is 24 hours here.
fn length(text: &str) -> Result<SignedDuration, String> {
    let wrong = || "write a number with its unit, such as 90m or 15d".to_owned();
    let span: jiff::Span = text.parse().map_err(|_| wrong())?;
    let length = span
        .to_duration(jiff::SpanRelativeTo::days_are_24_hours())
        .map_err(|_| wrong())?;
    if length.is_positive() {
        Ok(length)
    } else {
        Err("it must be longer than nothing; to go back, use set or reset".to_owned())
    }
}

impl Verb {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let (change, Data { data }) = match self {
            Self::Show(ShowArgs { data }) => (None, data),
            Self::Set(SetArgs { to, data }) => (Some(ClockChange::Set(to)), data),
            Self::Advance(AdvanceArgs { by, data }) => (Some(ClockChange::Advance(by.as_secs())), data),
            Self::Reset(ResetArgs { data }) => (Some(ClockChange::Reset), data),
        };
        let (console, _) = cx.console(data).await?;
        let told = snake(match change {
            None => console.clock().await?,
            Some(change) => console.move_clock(change).await?,
        });
        let rows = ["now", "offset_seconds"].map(|key| (key, shown(told.get(key))));
        answer(cx, &told, "clock", &rows)?;
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_units_and_go_forward() {
        assert_eq!(length("15d").unwrap().as_secs(), 15 * 86_400);
        assert_eq!(length("1h30m").unwrap().as_secs(), 5_400);
        for wrong in ["15", "-1d", "0s", "soon"] {
            assert!(length(wrong).is_err(), "{wrong}");
        }
    }
}
