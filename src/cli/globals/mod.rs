//! Options that every verb takes, with their variables: flag beats variable.

mod limit;

use std::path::PathBuf;

use jiff::SignedDuration;

use crate::cli::words;
use crate::config::Env;
use crate::domain::{Error, ErrorCode, Pasted, Result};
use crate::render::Format;
use crate::ui::{Colour, Wishes};

pub use limit::{MaxFailures, Pace};
use limit::{failures, pace, people};

const EVERYWHERE: &str = "Options everywhere";

/// As they are typed.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = EVERYWHERE)]
pub struct GlobalArgs {
    /// Use this profile; for reads also a list or a pattern, such as a,b or 'msp-*' [env: MFACTL_PROFILE]
    #[arg(short, long, global = true, value_name = "NAME")]
    profile: Option<String>,
    /// Print the answer in this form [env: MFACTL_OUTPUT]
    #[arg(short, long, global = true, value_name = "FORM", value_enum)]
    output: Option<Format>,
    /// Filter the JSON answer with jq; strings are printed raw [env: MFACTL_JQ]
    #[arg(long, global = true, value_name = "EXPR", hide_short_help = true)]
    jq: Option<String>,
    /// Show the plan and change nothing [env: MFACTL_DRY_RUN]
    #[arg(short = 'n', long, global = true)]
    dry_run: bool,
    /// Confirm the plan without being asked
    #[arg(short, long, global = true)]
    yes: bool,
    /// Refuse unless exactly so many people are meant
    #[arg(long, global = true, value_name = "N", hide_short_help = true)]
    expect: Option<u64>,
    /// Never ask; refuse what would need an answer [env: MFACTL_NO_INPUT]
    #[arg(long, global = true, hide_short_help = true)]
    no_input: bool,
    /// Name the ticket of a change [env: MFACTL_TICKET]
    #[arg(long, global = true, value_name = "ID", hide_short_help = true)]
    ticket: Option<String>,
    /// Give the reason of a change [env: MFACTL_REASON]
    #[arg(long, global = true, value_name = "TEXT", hide_short_help = true)]
    reason: Option<String>,
    /// Write secrets that were made to this file, or - for the answer
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    secrets_out: Option<String>,
    /// Send so many requests a second, or this share of what the service allows [env: MFACTL_PACE]
    #[arg(long, global = true, value_name = "20/s|50%", hide_short_help = true, value_parser = pace)]
    pace: Option<Pace>,
    /// Work on so many people at once [env: MFACTL_CONCURRENCY]
    #[arg(long, global = true, value_name = "N", hide_short_help = true, value_parser = people)]
    concurrency: Option<u16>,
    /// Stop when more than so many people, or this share of them, have failed [env: MFACTL_MAX_FAILURES]
    #[arg(long, global = true, value_name = "N|P%", hide_short_help = true, value_parser = failures)]
    max_failures: Option<MaxFailures>,
    /// Keep jobs in this database, which other machines share: postgres://USER@HOST/DATABASE [env: MFACTL_STORE]
    #[arg(long, global = true, value_name = "URL", hide_short_help = true)]
    store: Option<String>,
    /// Show no progress [env: MFACTL_NO_PROGRESS]
    #[arg(long, global = true, hide_short_help = true)]
    no_progress: bool,
    /// Refuse a plan with a step that the service lacks [env: MFACTL_STRICT]
    #[arg(long, global = true, hide_short_help = true)]
    strict: bool,
    /// Let one call take so long with all its tries, such as 30s [env: MFACTL_TIMEOUT]
    #[arg(long, global = true, value_name = "DUR", hide_short_help = true, value_parser = duration)]
    timeout: Option<SignedDuration>,
    /// Print errors only [env: MFACTL_QUIET]
    #[arg(short, long, global = true, hide_short_help = true)]
    quiet: bool,
    /// Say more on stderr; twice for all of it [env: MFACTL_VERBOSE]
    #[arg(short, long, global = true, action = clap::ArgAction::Count, hide_short_help = true)]
    verbose: u8,
    /// Use colour [env: MFACTL_COLOR]
    #[arg(long, global = true, value_name = "WHEN", value_enum, hide_short_help = true)]
    color: Option<Colour>,
    /// Print lines instead of tables, and repaint nothing [env: MFACTL_ACCESSIBLE]
    #[arg(long, global = true, hide_short_help = true)]
    accessible: bool,
    /// Allow a change to your own account
    #[arg(long, global = true, hide_short_help = true)]
    include_self: bool,
    /// Allow a change to people with a directory role, where the guard allows it too
    #[arg(long, global = true, hide_short_help = true)]
    allow_privileged: bool,
}

/// Where secrets go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathOrDash {
    /// A file.
    Path(PathBuf),
    /// Into the answer.
    Dash,
}

impl From<String> for PathOrDash {
    fn from(text: String) -> Self {
        match text.as_str() {
            "-" => Self::Dash,
            path => Self::Path(PathBuf::from(path)),
        }
    }
}

/// As they are meant.
#[derive(Clone, Debug, Default)]
pub struct Globals {
    /// `-p`, not the variable.
    pub profile: Option<String>,
    /// The form of the answer, where it was said.
    pub output: Option<Format>,
    /// The filter.
    pub jq: Option<String>,
    /// Show the plan and change nothing.
    pub dry_run: bool,
    /// Confirmed beforehand.
    pub yes: bool,
    /// So many people.
    pub expect: Option<u64>,
    /// Never ask.
    pub no_input: bool,
    /// The ticket.
    pub ticket: Option<String>,
    /// The reason.
    pub reason: Option<String>,
    /// Where secrets go.
    pub secrets_out: Option<PathOrDash>,
    /// How fast to go; `None`: as fast as the service allows.
    pub pace: Option<Pace>,
    /// People worked on at once; `None`: as many as the service likes.
    pub concurrency: Option<u16>,
    /// When to stop a job that is going wrong; `None`: never.
    pub max_failures: Option<MaxFailures>,
    /// The database where jobs are kept; `None`: the folder of this machine.
    pub store: Option<String>,
    /// Show no progress.
    pub no_progress: bool,
    /// Refuse what the service lacks.
    pub strict: bool,
    /// Deadline of one call.
    pub timeout: Option<SignedDuration>,
    /// Errors only.
    pub quiet: bool,
    /// How much more to say.
    pub verbose: u8,
    /// When to use colour.
    pub color: Colour,
    /// Lines instead of tables.
    pub accessible: bool,
    /// One's own account too.
    pub include_self: bool,
    /// Privileged people too, where the guard agrees.
    pub allow_privileged: bool,
}

/// `30s`, `2m`, `1h 30m`.
fn duration(text: &str) -> Result<SignedDuration, String> {
    match text.parse::<SignedDuration>() {
        Ok(duration) if duration.is_positive() => Ok(duration),
        Ok(_) => Err("it must be longer than nothing".to_owned()),
        Err(_) => Err("write a number with its unit, such as 30s or 2m".to_owned()),
    }
}

impl GlobalArgs {
    /// What the options and their variables mean together.
    ///
    /// # Errors
    /// `usage` for a variable with a value that the option does not take, and for `--jq` with another form than JSON.
    pub fn resolve(self, env: &Env) -> Result<Globals> {
        let Self {
            profile,
            output,
            jq,
            dry_run,
            yes,
            expect,
            no_input,
            ticket,
            reason,
            secrets_out,
            pace: typed_pace,
            concurrency,
            max_failures,
            store,
            no_progress,
            strict,
            timeout,
            quiet,
            verbose,
            color,
            accessible,
            include_self,
            allow_privileged,
        } = self;
        let text = |name| env.get(name).map(str::to_owned);
        let by_flag = output;
        let output = either(output, env, "MFACTL_OUTPUT", by_name)?;
        let (jq, jq_by_flag) = match jq {
            Some(jq) => (Some(jq), true),
            None => (text("MFACTL_JQ"), false),
        };
        // A filter needs JSON; where only a variable asks for another form, the flag --jq beats it.
        let clash = match output {
            Some(Format::Json) | None => None,
            Some(form) if by_flag.is_some() || !jq_by_flag => Some(form),
            Some(_) => None,
        };
        if jq.is_some() && clash.is_some() {
            return Err(Error::new(
                ErrorCode::Usage,
                "--jq filters JSON, and another form is asked for",
            )
            .hint("leave out -o, or use -o json"));
        }
        let output = if jq.is_some() { Some(Format::Json) } else { output };
        Ok(Globals {
            profile,
            output,
            jq,
            dry_run: dry_run || switch(env, "MFACTL_DRY_RUN")?,
            yes,
            expect,
            no_input: no_input || switch(env, "MFACTL_NO_INPUT")?,
            ticket: ticket.or_else(|| text("MFACTL_TICKET")),
            reason: reason.or_else(|| text("MFACTL_REASON")),
            secrets_out: secrets_out.map(PathOrDash::from),
            pace: either(typed_pace, env, "MFACTL_PACE", pace)?,
            concurrency: either(concurrency, env, "MFACTL_CONCURRENCY", people)?,
            max_failures: either(max_failures, env, "MFACTL_MAX_FAILURES", failures)?,
            store: store.or_else(|| text("MFACTL_STORE")),
            no_progress: no_progress || switch(env, "MFACTL_NO_PROGRESS")?,
            strict: strict || switch(env, "MFACTL_STRICT")?,
            timeout: either(timeout, env, "MFACTL_TIMEOUT", duration)?,
            quiet: quiet || switch(env, "MFACTL_QUIET")?,
            verbose: match verbose {
                0 => either(None, env, "MFACTL_VERBOSE", |text| {
                    text.parse::<u8>().map_err(|_| "write 0, 1 or 2".to_owned())
                })?
                .unwrap_or(0),
                typed => typed,
            },
            color: either(color, env, "MFACTL_COLOR", by_name)?.unwrap_or_default(),
            accessible: accessible || switch(env, "MFACTL_ACCESSIBLE")? || env.is_on("ACCESSIBLE"),
            include_self,
            allow_privileged,
        })
    }
}

fn by_name<T: clap::ValueEnum>(text: &str) -> Result<T, String> {
    T::from_str(text, true).map_err(|_| {
        let names: Vec<String> = T::value_variants()
            .iter()
            .filter_map(|value| Some(value.to_possible_value()?.get_name().to_owned()))
            .collect();
        format!("write one of: {}", names.join(", "))
    })
}

fn either<T>(
    typed: Option<T>,
    env: &Env,
    name: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<T>> {
    match (typed, env.get(name)) {
        (Some(typed), _) => Ok(Some(typed)),
        (None, None) => Ok(None),
        (None, Some(text)) => read(text).map(Some).map_err(|why| wrong(name, text, &why)),
    }
}

fn switch(env: &Env, name: &str) -> Result<bool> {
    Ok(
        either(None, env, name, |text| match text.to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" => Ok(true),
            "0" | "false" | "no" | "off" => Ok(false),
            _ => Err("write 1 or 0".to_owned()),
        })?
        .unwrap_or(false),
    )
}

fn wrong(name: &str, text: &str, why: &str) -> Error {
    Error::new(ErrorCode::Usage, format!("{name}=\"{text}\" is not understood")).hint(why)
}

impl Globals {
    /// What they say of the screen.
    pub(crate) fn wishes(&self, env: &Env) -> Wishes {
        Wishes {
            format: self.output.unwrap_or_default(),
            quiet: self.quiet,
            verbose: self.verbose,
            colour: self.color,
            accessible: self.accessible,
            no_input: self.no_input,
            no_colour: env.get("NO_COLOR").is_some(),
            force_colour: env.is_on("CLICOLOR_FORCE"),
            dumb: env.get("TERM") == Some("dumb"),
            ci: env.is_on("CI"),
            pasted: self.pasted(),
        }
    }

    /// How commands to paste begin.
    pub(crate) fn pasted(&self) -> Pasted {
        let Some(profile) = self.profile.as_deref() else {
            return Pasted::default();
        };
        let store = self.store.as_deref().map(|url| ["--store", url]);
        Pasted {
            prefix: words::command(Some(profile), []),
            of_jobs: words::command(Some(profile), store.into_iter().flatten()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_beats_the_variable() {
        let env = Env::with(&[
            ("MFACTL_OUTPUT", "csv"),
            ("MFACTL_TICKET", "A"),
            ("MFACTL_DRY_RUN", "1"),
        ]);
        let typed = GlobalArgs {
            output: Some(Format::Ndjson),
            ..GlobalArgs::default()
        };
        let globals = typed.resolve(&env).unwrap();
        assert_eq!(globals.output, Some(Format::Ndjson));
        assert_eq!(globals.ticket.as_deref(), Some("A"));
        assert!(globals.dry_run);
        assert_eq!(
            GlobalArgs::default().resolve(&env).unwrap().output,
            Some(Format::Csv)
        );
    }

    #[test]
    fn a_variable_that_makes_no_sense_is_refused_by_its_name() {
        for (name, value) in [
            ("MFACTL_OUTPUT", "xml"),
            ("MFACTL_DRY_RUN", "maybe"),
            ("MFACTL_TIMEOUT", "60"),
            ("MFACTL_TIMEOUT", "-1s"),
            ("MFACTL_VERBOSE", "loud"),
            ("MFACTL_COLOR", "blue"),
            ("MFACTL_PACE", "0/s"),
            ("MFACTL_PACE", "200%"),
            ("MFACTL_CONCURRENCY", "0"),
            ("MFACTL_MAX_FAILURES", "-1"),
        ] {
            let error = GlobalArgs::default()
                .resolve(&Env::with(&[(name, value)]))
                .unwrap_err();
            assert_eq!(error.code(), ErrorCode::Usage);
            assert!(error.message().starts_with(name), "{error}");
        }
    }

    #[test]
    fn a_filter_means_json_and_clashes_with_another_form() {
        let jq = GlobalArgs {
            jq: Some(".[]".into()),
            ..GlobalArgs::default()
        };
        assert_eq!(
            jq.clone().resolve(&Env::default()).unwrap().output,
            Some(Format::Json)
        );
        let env = Env::with(&[("MFACTL_OUTPUT", "csv")]);
        assert_eq!(jq.clone().resolve(&env).unwrap().output, Some(Format::Json));
        let both = GlobalArgs {
            output: Some(Format::Csv),
            ..jq
        };
        assert_eq!(
            both.resolve(&Env::default()).unwrap_err().code(),
            ErrorCode::Usage
        );
    }
}
