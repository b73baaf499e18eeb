//! The command line: one verb, one file, its arguments beside what runs them. Parses and asks the layers below; what
//! comes back is written by `render`.

mod app_passwords;
mod capabilities;
pub(crate) mod change;
mod completions;
pub mod context;
mod devices;
mod explain;
pub mod globals;
pub mod interrupt;
mod local;
mod man;
mod methods;
mod near_miss;
pub(crate) mod people;
mod plan;
mod policy;
mod report;
mod schema;
mod user;
pub(crate) mod who;
pub(crate) mod words;

use clap::{CommandFactory as _, FromArgMatches as _};

use crate::domain::{ErrorCode, Result};
use context::Context;
use globals::GlobalArgs;

pub(crate) use explain::{Parsed, explain, near, wanted_format};

/// Put people's sign-in security info right
///
/// List, add, change, remove and reset the methods by which people verify a sign-in, on the identity service you
/// already run. Try it with demo data: mfactl -p local user show adele
#[derive(Debug, clap::Parser)]
#[command(name = "mfactl", version, disable_help_subcommand = true, after_long_help = exit_table())]
struct Cli {
    #[command(flatten)]
    globals: GlobalArgs,
    #[command(subcommand)]
    noun: Option<Noun>,
}

/// What a command is about.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Noun {
    /// List, add, change and remove methods of verification
    #[command(subcommand, alias = "method")]
    Methods(methods::Verb),
    /// List devices, and end that they are remembered
    #[command(subcommand, alias = "device")]
    Devices(devices::Verb),
    /// List and reset app passwords
    #[command(subcommand, alias = "app-password")]
    AppPasswords(app_passwords::Verb),
    /// Show, reset and sign out people
    #[command(subcommand, alias = "users")]
    User(user::Verb),
    /// Show and carry out changes that were written down
    #[command(subcommand, alias = "plans")]
    Plan(plan::Verb),
    /// Show what the organization allows
    #[command(subcommand, alias = "policies")]
    Policy(policy::Verb),
    /// Report across the organization
    #[command(subcommand, alias = "reports")]
    Report(report::Verb),
    /// Show what the service can do, and what instead
    #[command(alias = "capability")]
    Capabilities(capabilities::Args),
    /// Run and move the embedded demo service
    #[command(subcommand)]
    Local(local::Verb),
    /// Print what a shell needs to complete commands
    #[command(alias = "completion")]
    Completions(completions::Args),
    /// Write the man pages
    Man(man::Args),
    /// Describe the JSON answers
    #[command(alias = "schemas")]
    Schema(schema::Args),
}

impl Noun {
    /// Runs the verb; gives the exit status.
    ///
    /// # Errors
    /// What the verb says; the exit status is that of the error.
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        match self {
            Self::Methods(verb) => verb.run(cx).await,
            Self::Devices(verb) => verb.run(cx).await,
            Self::AppPasswords(verb) => verb.run(cx).await,
            Self::User(verb) => verb.run(cx).await,
            Self::Plan(verb) => verb.run(cx).await,
            Self::Policy(verb) => verb.run(cx).await,
            Self::Report(verb) => verb.run(cx).await,
            Self::Capabilities(args) => args.run(cx).await,
            Self::Local(verb) => verb.run(cx).await,
            Self::Completions(args) => args.run(cx),
            Self::Man(args) => args.run(cx),
            Self::Schema(args) => args.run(cx),
        }
    }

    /// Whether the verb is a server, which uses every core.
    pub(crate) fn serves(&self) -> bool {
        matches!(self, Self::Local(local::Verb::Serve(_)))
    }
}

/// The whole tree of commands.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Reads the command line.
///
/// # Errors
/// clap's own; [`explain`] puts them in our words. Help and version are among them.
pub(crate) fn parse(args: &[std::ffi::OsString]) -> Result<(GlobalArgs, Option<Noun>), clap::Error> {
    let matches = command().try_get_matches_from(args)?;
    let Cli { globals, noun } = Cli::from_arg_matches(&matches)?;
    Ok((globals, noun))
}

/// What each exit status means, in the order of `cli.md`.
pub const EXIT_CODES: &[(u8, &str)] = &[
    (0, "all done, or already so"),
    (1, "failed in a way not listed here"),
    (2, "the command line or the input file is wrong; nothing was sent"),
    (3, "person, method or device not found, or several match"),
    (4, "not signed in, or not allowed"),
    (5, "this service cannot do that; nothing was sent"),
    (6, "refused: policy, a guard, no confirmation, a No at the prompt"),
    (7, "some was done and some not"),
    (8, "throttled, unavailable or locked after all tries: try again"),
    (130, "stopped by Ctrl-C, SIGTERM or hang-up"),
];

fn exit_table() -> String {
    let mut text = "Exit status:\n".to_owned();
    for (code, meaning) in EXIT_CODES {
        text.push_str(&format!("  {code:>3}  {meaning}\n"));
    }
    text.push_str("\nError codes, which scripts may branch on: mfactl schema errors");
    text
}

/// The verbs in the order of what people come for.
const GROUPS: &[(&str, &[&str])] = &[
    (
        "Put a person right",
        &[
            "user reset",
            "user sign-out",
            "user reset-password",
            "methods add",
            "methods update",
            "methods remove",
            "methods set-default",
            "methods verify",
            "devices forget",
            "app-passwords reset",
        ],
    ),
    (
        "Look",
        &[
            "user search",
            "user show",
            "methods list",
            "devices list",
            "app-passwords list",
            "policy show",
        ],
    ),
    ("Many people", &["report registration", "plan show", "plan apply"]),
    ("Set up", &["capabilities", "completions", "man", "schema"]),
    ("Try it", &["local"]),
];

/// What `mfactl` alone prints.
pub(crate) fn overview() -> String {
    let root = command();
    let mut text = String::from(
        "Put people's sign-in security info right.\n\n  \
         mfactl -p local user show adele           look at a demo person\n  \
         mfactl -p local user reset adele          put her lost phone right\n  \
         mfactl -p local report registration       see who has registered what\n",
    );
    for (group, verbs) in GROUPS {
        text.push_str(&format!("\n{group}\n"));
        for verb in *verbs {
            let found = verb
                .split(' ')
                .try_fold(&root, |command, word| command.find_subcommand(word));
            let about = found.and_then(clap::Command::get_about).map(ToString::to_string);
            text.push_str(&format!("  {verb:<22}{}\n", about.unwrap_or_default()));
        }
    }
    text.push_str("\nMore of each: mfactl VERB --help\n");
    text
}

/// The exit status of an error alone.
pub(crate) const fn exit_code(code: ErrorCode) -> u8 {
    code.exit_code()
}

#[cfg(test)]
mod tests;
