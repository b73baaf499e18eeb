//! stderr and the terminal: status, hints, questions, and facts about where the output goes. stdout is handed out here
//! and written by `render` alone. Text that passes through is made harmless.

mod caught;
mod choice;
mod progress;
mod stdout;
mod terminal;

use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;

use crate::domain::{Error, ErrorCode, Pasted, Result, Secret};
use crate::render::error::Words;
use crate::render::text::clean_lines;
use crate::render::{self, Format};

pub(crate) use caught::{Caught, Said};
pub(crate) use stdout::Stdout;
pub use terminal::Asking;
pub(crate) use terminal::Terminal;

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Colour {
    /// On a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What the command line and the environment say of the screen.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// The form of the answer.
    pub format: Format,
    /// Errors only.
    pub quiet: bool,
    /// How much more to say.
    pub verbose: u8,
    /// When to use colour.
    pub colour: Colour,
    /// Lines instead of tables, nothing repainted.
    pub accessible: bool,
    /// Never ask.
    pub no_input: bool,
    /// `NO_COLOR` is set.
    pub no_colour: bool,
    /// `CLICOLOR_FORCE` is set.
    pub force_colour: bool,
    /// `TERM` is `dumb`.
    pub dumb: bool,
    /// `CI` is set.
    pub ci: bool,
    /// How commands to paste begin.
    pub pasted: Pasted,
}

/// The screen.
#[derive(Clone, Debug)]
pub struct Ui {
    wishes: Wishes,
    asking: Arc<Asking>,
    /// Where everything goes instead of the screen.
    caught: Option<Caught>,
}

impl Ui {
    /// The screen as it is wished for.
    pub fn new(wishes: Wishes, asking: Arc<Asking>) -> Self {
        Self {
            wishes,
            asking,
            caught: None,
        }
    }

    fn colour_on(&self, terminal: bool) -> bool {
        match self.wishes.colour {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto if self.wishes.no_colour => false,
            Colour::Auto if self.wishes.force_colour => true,
            Colour::Auto => terminal && !self.wishes.dumb,
        }
    }

    fn words(&self) -> Words {
        Words {
            colour: self.colour_on(std::io::stderr().is_terminal()),
        }
    }

    fn say(&self, text: &str) {
        if let Some(caught) = &self.caught {
            caught.say(Said::Text(text.to_owned()));
            return;
        }
        // Where stderr is gone there is nobody left to tell.
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }

    /// One plain line on stderr, or several; not with `-q`.
    pub fn note(&self, text: &str) {
        if !self.wishes.quiet {
            self.say(&format!("{}\n", clean_lines(&self.wishes.pasted.text(text))));
        }
    }

    /// A line without which nobody can go on, also with `-q`.
    pub fn demand(&self, text: &str) {
        self.say(&format!("{}\n", clean_lines(text)));
    }

    /// A line for those who asked for more with `-v`.
    pub fn detail(&self, text: &str) {
        if self.wishes.verbose > 0 {
            self.say(&format!("{}\n", clean_lines(text)));
        }
    }

    /// `hint: …`; not with `-q`.
    pub fn hint(&self, text: &str) {
        if !self.wishes.quiet {
            let text = self.wishes.pasted.text(text);
            self.say(&format!("{} {}\n", self.words().hint(), clean_lines(&text)));
        }
    }

    /// `warning: …`, also with `-q`.
    pub fn warn(&self, text: &str) {
        let text = self.wishes.pasted.text(text);
        self.say(&format!("{} {}\n", self.words().warning(), clean_lines(&text)));
    }

    /// The error with its matches and hint, or as the error object where the answer is JSON.
    pub fn error(&self, error: &Error) {
        let error = &self.to_paste(error);
        if let Some(caught) = &self.caught {
            caught.say(Said::Error(error.clone()));
            return;
        }
        let text = match self.wishes.format {
            Format::Json | Format::Ndjson => render::error::json(error),
            Format::Table | Format::Csv => render::error::text(error, self.words()),
        };
        self.say(&text);
    }

    /// The error with commands in its hint that work as they are written.
    pub(crate) fn to_paste(&self, error: &Error) -> Error {
        self.wishes.pasted.error(error)
    }

    /// The same screen for a command that begins otherwise.
    #[must_use]
    pub(crate) fn pasting(mut self, pasted: Pasted) -> Self {
        self.wishes.pasted = pasted;
        self
    }

    /// Why nobody is to be asked for anything; `None`: somebody may be.
    pub fn forbidden(&self) -> Option<&'static str> {
        if self.caught.is_some() {
            Some("nobody is asked for several profiles at once")
        } else if self.wishes.no_input {
            Some("--no-input forbids to ask")
        } else if self.wishes.ci {
            Some("CI is set, so nobody is asked")
        } else {
            None
        }
    }

    /// Whether a person can be asked.
    ///
    /// # Errors
    /// `not_confirmed`, saying why not and which flags would do.
    pub fn can_ask(&self) -> Result<()> {
        let why = if let Some(why) = self.forbidden() {
            why
        } else if Terminal::open().is_none() {
            "there is no terminal to ask on"
        } else {
            return Ok(());
        };
        Err(
            Error::new(ErrorCode::NotConfirmed, format!("not confirmed: {why}"))
                .hint("--yes confirms what the plan says; --dry-run shows it"),
        )
    }

    /// Asks on the terminal itself; Enter is No.
    ///
    /// # Errors
    /// As [`Self::can_ask`]; the terminal is gone.
    pub fn confirm(&self, question: &str) -> Result<bool> {
        let form = if self.wishes.accessible {
            "Type yes or no: "
        } else {
            "[y/N] "
        };
        let answer = self.ask(&format!("{question} {form}"))?;
        Ok(matches!(answer.to_lowercase().as_str(), "y" | "yes"))
    }

    /// Asks for a number to be typed.
    ///
    /// # Errors
    /// As [`Self::can_ask`]; the terminal is gone.
    pub fn confirm_number(&self, number: u64, question: &str) -> Result<bool> {
        let answer = self.ask(&format!("{question} "))?;
        Ok(answer.replace([',', ' '], "") == number.to_string())
    }

    /// Asks for a line; without the blanks around it.
    ///
    /// # Errors
    /// As [`Self::can_ask`]; the terminal is gone.
    pub fn ask(&self, prompt: &str) -> Result<String> {
        self.can_ask()?;
        let mut terminal = Terminal::open().ok_or_else(gone)?;
        let asking = self.asking.begin(None);
        let answer = terminal.ask(&clean_lines(prompt));
        drop(asking);
        answer.map(|line| line.trim().to_owned()).map_err(|_| gone())
    }

    /// Asks for a secret; nothing is shown while it is typed.
    ///
    /// # Errors
    /// As [`Self::can_ask`]; the terminal is gone.
    pub fn ask_secret(&self, prompt: &str) -> Result<Secret> {
        self.can_ask()?;
        let mut terminal = Terminal::open().ok_or_else(gone)?;
        terminal
            .ask_secret(&clean_lines(prompt), &self.asking)
            .map_err(|_| gone())
    }

    /// stdout, locked and buffered; closed early by its reader is no error.
    pub(crate) fn stdout(&self) -> Stdout {
        match &self.caught {
            Some(caught) => Stdout::kept(caught.clone()),
            None => Stdout::new(),
        }
    }

    /// Whether stdout is a terminal.
    pub fn stdout_is_terminal(&self) -> bool {
        std::io::stdout().is_terminal()
    }

    /// Columns of the terminal that stdout is; `None`: it is not one.
    pub fn width(&self) -> Option<usize> {
        self.stdout_is_terminal().then(terminal::columns).flatten()
    }

    /// The terminal itself, for secrets that are shown once; `None`: there is none.
    pub(crate) fn terminal(&self) -> Option<Terminal> {
        match &self.caught {
            Some(_) => None,
            None => Terminal::open(),
        }
    }

    /// Where tables go that are to be part of a larger one.
    pub(crate) fn grids(&self) -> Option<crate::render::Grids> {
        self.caught.as_ref().map(|caught| caught.grids.clone())
    }

    /// The form of the answer.
    pub fn format(&self) -> Format {
        self.wishes.format
    }

    /// Whether the answer is for people.
    pub fn is_table(&self) -> bool {
        self.wishes.format == Format::Table
    }

    /// Lines instead of tables, nothing repainted, questions answered by typing.
    pub fn accessible(&self) -> bool {
        self.wishes.accessible
    }

    /// Whether stdout takes colour.
    pub fn colour(&self) -> bool {
        self.colour_on(self.stdout_is_terminal())
    }
}

fn gone() -> Error {
    Error::new(
        ErrorCode::NotConfirmed,
        "the terminal is gone, and nobody answered",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ui(wishes: Wishes) -> Ui {
        Ui::new(wishes, Arc::default())
    }

    #[test]
    fn colour_follows_the_flag_then_the_variables_then_the_terminal() {
        let wishes = |colour, no_colour, force_colour, dumb| Wishes {
            colour,
            no_colour,
            force_colour,
            dumb,
            ..Wishes::default()
        };
        for (wish, terminal, colour) in [
            (wishes(Colour::Auto, false, false, false), true, true),
            (wishes(Colour::Auto, false, false, false), false, false),
            (wishes(Colour::Auto, true, false, false), true, false),
            (wishes(Colour::Auto, true, true, false), true, false),
            (wishes(Colour::Auto, false, true, false), false, true),
            (wishes(Colour::Auto, false, false, true), true, false),
            (wishes(Colour::Always, true, false, true), false, true),
            (wishes(Colour::Never, false, true, false), true, false),
        ] {
            assert_eq!(ui(wish.clone()).colour_on(terminal), colour, "{wish:?}");
        }
    }

    #[test]
    fn nobody_is_asked_where_input_is_forbidden() {
        let forbidden = ui(Wishes {
            no_input: true,
            ..Wishes::default()
        });
        let error = forbidden.confirm("Go on?").unwrap_err();
        assert_eq!(error.code(), ErrorCode::NotConfirmed);
        assert!(error.hint_text().unwrap().contains("--yes"));
        let ci = ui(Wishes {
            ci: true,
            ..Wishes::default()
        });
        assert!(ci.can_ask().unwrap_err().message().contains("CI"));
    }
}
