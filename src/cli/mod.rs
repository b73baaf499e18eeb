//! The command line: one verb, one file, its arguments beside what runs them. Parses and asks the layers below; what
//! comes back is written by `render`.

mod app_passwords;
mod audit;
mod auth;
mod capabilities;
mod challenge;
pub(crate) mod change;
mod completions;
pub mod context;
mod devices;
mod doctor;
mod explain;
pub mod globals;
mod hardware_tokens;
pub mod interrupt;
mod jobs;
mod later;
mod local;
mod man;
mod methods;
mod near_miss;
mod new_file;
pub(crate) mod people;
mod plan;
mod policy;
mod profile;
pub(crate) mod record;
mod report;
mod schema;
pub(crate) mod several;
mod user;
pub(crate) mod who;
pub(crate) mod words;

use clap::{CommandFactory as _, FromArgMatches as _};

use crate::domain::{ErrorCode, Result};
use context::Context;
use globals::GlobalArgs;
use later::Later;

pub use completions::stub as completion_stub;
pub use man::pages as man_pages;
pub use schema::{NAMES as SCHEMAS, schema as json_schema};

pub(crate) use explain::{Parsed, explain, near, verb, wanted_format};

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
    Methods(Later<methods::Verb>),
    /// List devices, end that they are remembered, disable and enable them
    #[command(subcommand, alias = "device")]
    Devices(Later<devices::Verb>),
    /// List and reset app passwords
    #[command(subcommand, alias = "app-password")]
    AppPasswords(Later<app_passwords::Verb>),
    /// List and import hardware tokens of the organization
    #[command(subcommand, alias = "hardware-token")]
    HardwareTokens(Later<hardware_tokens::Verb>),
    /// Show, reset and sign out people
    #[command(subcommand, alias = "users")]
    User(Later<user::Verb>),
    /// Show and carry out changes that were written down
    #[command(subcommand, alias = "plans")]
    Plan(Later<plan::Verb>),
    /// Show, go on with and take back what was begun
    #[command(subcommand, alias = "job")]
    Jobs(Later<jobs::Verb>),
    /// List, verify and export what was done and refused
    #[command(subcommand, alias = "audits")]
    Audit(Later<audit::Verb>),
    /// Sign in, see who is signed in, and sign out
    #[command(subcommand, alias = "authentication")]
    Auth(Later<auth::Verb>),
    /// Show what the organization allows
    #[command(subcommand, alias = "policies")]
    Policy(Later<policy::Verb>),
    /// Report across the organization
    #[command(subcommand, alias = "reports")]
    Report(Later<report::Verb>),
    /// List, show, write and remove profiles: whom the program works for
    #[command(subcommand, alias = "profiles")]
    Profile(Later<profile::Verb>),
    /// Show what the service can do, and what instead
    #[command(alias = "capability")]
    Capabilities(Later<capabilities::Args>),
    /// Find what keeps a profile from working, each with its mend
    Doctor(Later<doctor::Args>),
    /// Run and move the embedded demo service
    #[command(subcommand)]
    Local(Later<local::Verb>),
    /// Print what a shell needs to complete commands
    #[command(alias = "completion")]
    Completions(Later<completions::Args>),
    /// Write the man pages
    Man(Later<man::Args>),
    /// Describe the JSON answers
    #[command(alias = "schemas")]
    Schema(Later<schema::Args>),
}

impl Noun {
    /// Runs the verb; gives the exit status.
    ///
    /// # Errors
    /// What the verb says; the exit status is that of the error.
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        match self {
            Self::Methods(Later(verb)) => verb.run(cx).await,
            Self::Devices(Later(verb)) => verb.run(cx).await,
            Self::AppPasswords(Later(verb)) => verb.run(cx).await,
            Self::HardwareTokens(Later(verb)) => verb.run(cx).await,
            Self::User(Later(verb)) => verb.run(cx).await,
            Self::Plan(Later(verb)) => verb.run(cx).await,
            Self::Jobs(Later(verb)) => verb.run(cx).await,
            Self::Audit(Later(verb)) => verb.run(cx),
            Self::Auth(Later(verb)) => verb.run(cx).await,
            Self::Policy(Later(verb)) => verb.run(cx).await,
            Self::Report(Later(verb)) => verb.run(cx).await,
            Self::Profile(Later(verb)) => verb.run(cx).await,
            Self::Capabilities(Later(args)) => args.run(cx).await,
            Self::Doctor(Later(args)) => args.run(cx).await,
            Self::Local(Later(verb)) => verb.run(cx).await,
            Self::Completions(Later(args)) => args.run(cx),
            Self::Man(Later(args)) => args.run(cx),
            Self::Schema(Later(args)) => args.run(cx),
        }
    }

    /// Whether the verb only reads from the service of a profile: then it can ask several.
    pub(crate) const fn is_read(&self) -> bool {
        matches!(
            self,
            Self::Methods(Later(methods::Verb::List(_)))
                | Self::Devices(Later(devices::Verb::List(_)))
                | Self::AppPasswords(Later(app_passwords::Verb::List(_)))
                | Self::User(Later(user::Verb::Search(_) | user::Verb::Show(_)))
                | Self::Policy(Later(policy::Verb::Show(_)))
                | Self::Report(Later(report::Verb::Registration(_)))
                | Self::Capabilities(_)
                | Self::Doctor(_)
        )
    }

    /// Whether the verb has nothing to do with the profile of `-p`.
    pub(crate) const fn is_offline(&self) -> bool {
        matches!(
            self,
            Self::Profile(_) | Self::Completions(_) | Self::Man(_) | Self::Schema(_)
        )
    }

    /// Whether the verb is a server, which uses every core.
    pub(crate) fn serves(&self) -> bool {
        matches!(self, Self::Local(Later(local::Verb::Serve(_))))
    }
}

/// The tree of commands. What a verb takes is described once the line names it: who wants all of it calls `build()`.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Reads the command line; gives the tree of commands too, in which what the line names is described.
///
/// # Errors
/// clap's own; [`explain`] puts them in our words. Help and version are among them.
pub(crate) fn parse(
    args: &[std::ffi::OsString],
) -> Result<(GlobalArgs, Option<Noun>, clap::Command), clap::Error> {
    let mut tree = command();
    let matches = tree.try_get_matches_from_mut(helped(args).iter())?;
    let Cli { globals, noun } = Cli::from_arg_matches(&matches)?;
    Ok((globals, noun, tree))
}

/// `mfactl help methods add` is `mfactl methods add --help`.
fn helped(args: &[std::ffi::OsString]) -> Vec<std::ffi::OsString> {
    let mut args = args.to_vec();
    if args.get(1).is_some_and(|word| word == "help") {
        args.remove(1);
        args.push("--help".into());
    }
    args
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

/// The verbs in five groups, in the order of what people come for.
const GROUPS: &[(&str, &[(&str, &str)])] = &[
    (
        "Put a person right",
        &[
            ("user reset", "lost or new phone, compromised account"),
            ("user check-caller", "is it the person on the phone?"),
            (
                "user reset-password|set-mfa-state",
                "set or make a password; per-user MFA",
            ),
            (
                "user sign-out|unlock|disable|enable",
                "sessions, wrong tries, the account itself",
            ),
            (
                "methods add|update|remove|verify",
                "phone, pass, passkey, hardware-token, …",
            ),
            (
                "methods set-default|disable|enable",
                "the one asked for first; stop a method",
            ),
            (
                "devices forget|disable|enable",
                "ask a second factor again; stop a device",
            ),
            ("app-passwords reset", "end app passwords"),
        ],
    ),
    (
        "Look",
        &[
            ("user search|show", "find people; everything of one on a page"),
            ("methods list", "what a person verifies with"),
            ("devices list", "where nobody asks, and what is registered"),
            ("app-passwords list", "app passwords and their last use"),
            ("policy show", "what the organization allows, and whom"),
        ],
    ),
    (
        "Many people",
        &[
            ("report registration", "who has registered what"),
            ("plan show|apply", "changes written down with --plan-out"),
            (
                "jobs list|show|watch|merge|prune",
                "what was begun, how far it came; tidy up",
            ),
            ("jobs resume|work|cancel|undo", "go on, give up, take back"),
            (
                "audit list|verify|export",
                "who did what, and whether that is all",
            ),
        ],
    ),
    (
        "Set up",
        &[
            (
                "auth|profile|capabilities|doctor",
                "sign in; whom it works for; what is wrong",
            ),
            (
                "hardware-tokens list|import",
                "tokens that show codes, for methods add",
            ),
            (
                "completions|man|schema",
                "for the shell, for readers, for scripts",
            ),
        ],
    ),
    ("Try it", &[("local", "the embedded demo service")]),
];

/// What `mfactl` alone prints.
pub(crate) fn overview() -> String {
    let mut text = String::from(
        "Put people's sign-in security info right. Three to begin with, on demo data:\n\n  \
         mfactl -p local user show adele\n  \
         mfactl -p local user reset adele --dry-run\n  \
         mfactl -p local report registration --without mfa\n",
    );
    let widest = GROUPS
        .iter()
        .flat_map(|(_, verbs)| verbs.iter())
        .map(|(verb, _)| verb.len())
        .max();
    let width = widest.unwrap_or_default() + 2;
    for (group, verbs) in GROUPS {
        text.push_str(&format!("\n{group}\n"));
        for (verb, about) in *verbs {
            text.push_str(&format!("  {verb:<width$}{about}\n"));
        }
    }
    text.push_str("\nMore: mfactl VERB --help\n");
    text
}

/// The exit status of an error alone.
pub(crate) const fn exit_code(code: ErrorCode) -> u8 {
    code.exit_code()
}

#[cfg(test)]
mod tests;
