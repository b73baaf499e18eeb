//! One of several, chosen on the terminal: with the arrow keys, or by typing its number or name where nothing is to be
//! repainted.

use super::Ui;
#[cfg(unix)]
use super::gone;
use crate::domain::{Error, ErrorCode, Result};

/// How often a wrong answer is asked again.
const TRIES: usize = 5;

impl Ui {
    /// Asks which of these, each a word with what it means; the place of the answer.
    ///
    /// # Errors
    /// As [`Self::can_ask`]; the terminal is gone; nothing of it was typed.
    pub fn choose(&self, prompt: &str, items: &[(&str, &str)]) -> Result<usize> {
        self.can_ask()?;
        #[cfg(unix)]
        if !self.wishes.accessible && !self.wishes.dumb {
            return self.point(prompt, items);
        }
        self.type_one(prompt, items)
    }

    /// With the arrow keys.
    #[cfg(unix)]
    fn point(&self, prompt: &str, items: &[(&str, &str)]) -> Result<usize> {
        use dialoguer::Select;
        use dialoguer::console::Term;
        use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
        let open = || {
            let mut options = std::fs::OpenOptions::new();
            options.read(true).write(true).open("/dev/tty")
        };
        let (read, write) = (open().map_err(|_| gone())?, open().map_err(|_| gone())?);
        let before = rustix::termios::tcgetattr(&write).ok();
        let term = Term::read_write_pair(read, write);
        let width = items.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let lines: Vec<String> = items
            .iter()
            .map(|(name, meaning)| format!("{name:width$}  {meaning}"))
            .collect();
        let theme: Box<dyn Theme> = if self.words().colour {
            Box::new(ColorfulTheme::default())
        } else {
            Box::new(SimpleTheme)
        };
        let asking = self.asking.begin(before);
        let chosen = Select::with_theme(theme.as_ref())
            .with_prompt(prompt)
            .items(&lines)
            .default(0)
            .report(false)
            .interact_on_opt(&term);
        drop(asking);
        let at = chosen
            .map_err(|dialoguer::Error::IO(error)| match error.kind() {
                // Ctrl-C: the signal is on its way, and whoever takes it may come later than this.
                std::io::ErrorKind::Interrupted => Error::interrupted(),
                _ => gone(),
            })?
            .ok_or_else(|| none(prompt))?;
        self.note(&format!(
            "{prompt}: {}",
            items.get(at).map(|(name, _)| *name).unwrap_or_default()
        ));
        Ok(at)
    }

    /// By typing.
    fn type_one(&self, prompt: &str, items: &[(&str, &str)]) -> Result<usize> {
        let list: String = items
            .iter()
            .enumerate()
            .map(|(at, (name, meaning))| format!("{}: {name}, {meaning}\n", at + 1))
            .collect();
        let question = format!("{list}{prompt}, by number or name: ");
        for _ in 0..TRIES {
            let answer = self.ask(&question)?;
            if let Some(at) = place(items, &answer) {
                return Ok(at);
            }
            self.note("that is none of them");
        }
        Err(none(prompt))
    }
}

fn none(prompt: &str) -> Error {
    Error::new(
        ErrorCode::NotConfirmed,
        format!("not confirmed: nothing was chosen for \"{prompt}\""),
    )
}

/// By its number from 1, or by its name.
fn place(items: &[(&str, &str)], answer: &str) -> Option<usize> {
    let by_number = answer
        .parse::<usize>()
        .ok()
        .and_then(|number| number.checked_sub(1))
        .filter(|at| *at < items.len());
    by_number.or_else(|| {
        items
            .iter()
            .position(|(name, _)| name.eq_ignore_ascii_case(answer))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_or_a_name_is_an_answer() {
        let items = [("browser", "x"), ("device-code", "y")];
        for (answer, at) in [
            ("1", Some(0)),
            ("2", Some(1)),
            ("3", None),
            ("0", None),
            ("Device-Code", Some(1)),
            ("", None),
        ] {
            assert_eq!(place(&items, answer), at, "{answer}");
        }
    }
}
