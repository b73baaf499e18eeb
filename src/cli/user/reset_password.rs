//! `user reset-password USER…`

use std::io::{BufRead as _, IsTerminal as _};

use crate::cli::change::{self, Change, ChangeArgs, Qr};
use crate::cli::context::Context;
use crate::cli::who::Who;
use crate::domain::{Error, ErrorCode, Result, Secret};
use crate::jobs::plan::Wish;

/// Whose password.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl user reset-password adele\n  \
    mfactl user reset-password adele --password-stdin --yes < password.txt\n  \
    mfactl user reset-password adele bas --secrets-out new.json --yes")]
pub struct Args {
    /// Read the password from standard input; without it one is made and shown once
    #[arg(long)]
    password_stdin: bool,
    /// It stays; otherwise the person chooses another at next sign-in
    #[arg(long)]
    permanent: bool,
    #[command(flatten)]
    who: Who,
    #[command(flatten)]
    change: ChangeArgs,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self {
            password_stdin,
            permanent,
            who,
            change,
        } = self;
        if password_stdin && who.reads_stdin() {
            // The first person would be taken for the password.
            return Err(Error::new(
                ErrorCode::Usage,
                "standard input can be read once, and both the people and --password-stdin name it",
            )
            .hint("name the person: user reset-password USER --password-stdin"));
        }
        let given = password_stdin.then(|| read(cx)).transpose()?;
        let one_password = given.is_some();
        let selection = who.select(cx, &[], move |_| {
            Ok(Wish::Password {
                given: given.clone(),
                permanent,
            })
        })?;
        if one_password && selection.at_most() != Some(1) {
            return Err(Error::new(
                ErrorCode::Usage,
                "one password for several people is none: --password-stdin takes one USER",
            )
            .hint("leave it out, and each gets one of his own"));
        }
        let change = Change {
            verb: "user reset-password",
            doing: "Reset the password of",
            selection,
            playbook: None,
            qr: Qr::None,
            args: change,
        };
        change::run(cx, change).await
    }
}

/// The first line of standard input, or what is typed where that is a terminal.
fn read(cx: &Context) -> Result<Secret> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        let typed = cx.ui.ask_secret("New password (not shown): ")?;
        return match typed.expose() {
            "" => Err(Error::new(ErrorCode::InvalidInput, "no password was typed")),
            _ => Ok(typed),
        };
    }
    let mut line = String::new();
    stdin.lock().read_line(&mut line).map_err(|error| {
        Error::new(
            ErrorCode::FileUnreadable,
            format!("cannot read standard input: {error}"),
        )
    })?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(Error::new(
            ErrorCode::InvalidInput,
            "there is no password on standard input",
        ));
    }
    Ok(Secret::new(password))
}
