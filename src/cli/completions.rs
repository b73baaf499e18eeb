//! `completions SHELL`: the few lines that a shell sources; it asks the program itself from then on.

use clap_complete::env::Shells;

use super::context::Context;
use crate::domain::{Error, ErrorCode, Result};
use crate::render::write;

/// For which shell.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  mfactl completions bash > ~/.local/share/bash-completion/completions/mfactl"
)]
pub struct Args {
    /// The shell
    #[arg(value_name = "SHELL", value_parser = ["bash", "elvish", "fish", "powershell", "zsh"])]
    shell: String,
}

/// The stub for a shell. The program's name stands in it, so that it works wherever the program is on the path.
///
/// # Errors
/// `usage` for a shell that nobody knows.
pub fn stub(shell: &str) -> Result<Vec<u8>> {
    let shells = Shells::builtins();
    let completer = shells
        .completer(shell)
        .ok_or_else(|| Error::new(ErrorCode::Usage, format!("there is no shell \"{shell}\"")))?;
    let mut out = Vec::new();
    completer
        .write_registration("COMPLETE", "mfactl", "mfactl", "mfactl", &mut out)
        .map_err(|error| Error::new(ErrorCode::Internal, error.to_string()))?;
    Ok(out)
}

impl Args {
    pub(crate) fn run(self, cx: &Context) -> Result<u8> {
        let Self { shell } = self;
        let mut out = cx.ui.stdout();
        write(&mut out, &stub(&shell)?)?;
        out.done()?;
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_gets_lines_that_ask_the_program() {
        for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
            let text = String::from_utf8(stub(shell).unwrap()).unwrap();
            assert!(
                text.contains("mfactl") && text.contains("COMPLETE"),
                "{shell}: {text}"
            );
        }
    }
}
