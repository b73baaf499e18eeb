//! Near misses: a command line that is almost one, and the one that was meant. `methods add adele phone`, `user reset
//! password adele`, verb before noun, an id that begins with a dash.

use std::ffi::OsString;

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::explain::plain;
use super::words;
use crate::config::nearest;
use crate::domain::MethodKind;

/// Verbs that take a person and then one of their methods.
const USER_THEN_METHOD: &[&str] = &[
    "methods update",
    "methods remove",
    "methods set-default",
    "methods verify",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    /// A word that is no option.
    Word,
    /// An option.
    Option,
    /// The value of the option before it.
    Value,
    /// `--` and what follows it.
    Behind,
}

/// A command line, taken apart.
pub(crate) struct Line {
    root: Command,
    tokens: Vec<(String, Sort)>,
}

impl Line {
    pub(crate) fn new(args: &[OsString]) -> Self {
        let mut root = super::command();
        root.build();
        let mut tokens = Vec::new();
        let mut behind = false;
        let mut takes_value = false;
        for arg in args.iter().skip(1) {
            let text = arg.to_string_lossy().into_owned();
            let sort = if behind || text == "--" {
                behind = true;
                Sort::Behind
            } else if std::mem::take(&mut takes_value) {
                Sort::Value
            } else if text.starts_with('-') && text.len() > 1 {
                takes_value = wants_value(&root, &text);
                Sort::Option
            } else {
                Sort::Word
            };
            tokens.push((text, sort));
        }
        Self { root, tokens }
    }

    fn all_words(&self) -> Vec<&str> {
        self.tokens
            .iter()
            .filter(|(_, sort)| *sort == Sort::Word)
            .map(|(text, _)| text.as_str())
            .collect()
    }

    /// The command that the words name, and how many of them do.
    fn reached(&self) -> (&Command, usize) {
        let mut command = &self.root;
        let mut depth = 0;
        for word in self.all_words() {
            match command.find_subcommand(word) {
                Some(child) => {
                    command = child;
                    depth += 1;
                }
                None => break,
            }
        }
        (command, depth)
    }

    /// The nouns and verbs that were typed and are there: `methods add`.
    pub(crate) fn path(&self) -> String {
        let (_, depth) = self.reached();
        self.all_words()[..depth].join(" ")
    }

    /// What can follow.
    pub(crate) fn verbs(&self) -> Vec<String> {
        let (command, _) = self.reached();
        visible(command).map(str::to_owned).collect()
    }

    /// How the command is used, in one line.
    pub(crate) fn usage(&self) -> String {
        let (command, _) = self.reached();
        let path = self.path();
        if command.has_subcommands() {
            let path = if path.is_empty() { path } else { format!(" {path}") };
            return format!("mfactl{path} --help");
        }
        let mut line = format!("mfactl {path}");
        for arg in command
            .get_arguments()
            .filter(|arg| !arg.is_global_set() && !arg.is_hide_set())
        {
            if arg.is_positional() || arg.is_required_set() {
                let shown = plain(&arg.to_string());
                let shown = if arg.is_required_set() {
                    shown
                } else {
                    format!("[{}]", shown.replace(['[', ']'], ""))
                };
                line.push(' ');
                line.push_str(&shown);
            }
        }
        format!("{line}; more: mfactl {path} --help")
    }

    /// The same line with other words at its beginning: `words` name the command, `taken` of the typed ones are gone.
    fn with(&self, names: &[String], taken: &[usize]) -> Vec<String> {
        let mut at = 0;
        let mut before = Vec::new();
        let mut after = Vec::new();
        let mut seen_word = false;
        for (text, sort) in &self.tokens {
            if *sort == Sort::Word {
                seen_word = true;
                if !taken.contains(&at) {
                    after.push(text.clone());
                }
                at += 1;
            } else if seen_word {
                after.push(text.clone());
            } else {
                before.push(text.clone());
            }
        }
        before
            .into_iter()
            .chain(names.iter().cloned())
            .chain(after)
            .collect()
    }
}

fn visible(command: &Command) -> impl Iterator<Item = &str> {
    command
        .get_subcommands()
        .filter(|child| !child.is_hide_set())
        .map(Command::get_name)
}

/// Whether an option takes the next word as its value, wherever in the tree it is.
fn wants_value(root: &Command, text: &str) -> bool {
    if text.contains('=') {
        return false;
    }
    let named = |command: &Command| {
        command.get_arguments().any(|arg| {
            let same = match text.strip_prefix("--") {
                Some(long) => arg.get_long() == Some(long),
                None => text.len() == 2 && arg.get_short() == text.chars().nth(1),
            };
            same && arg.get_action().takes_values()
        })
    };
    fn anywhere(command: &Command, named: &dyn Fn(&Command) -> bool) -> bool {
        named(command) || command.get_subcommands().any(|child| anywhere(child, named))
    }
    anywhere(root, &named)
}

/// A line as it is pasted, where it is a command: complete, or with names for what is missing.
fn command(root: &Command, tokens: &[String]) -> Option<String> {
    let args = std::iter::once("mfactl").chain(tokens.iter().map(String::as_str));
    let shown = || {
        let words: Vec<&str> = tokens.iter().map(String::as_str).collect();
        words::command(None, words)
    };
    match root.clone().try_get_matches_from(args) {
        Ok(_) => Some(shown()),
        Err(error) if error.kind() == ErrorKind::MissingRequiredArgument => {
            let missing = match error.get(ContextKind::InvalidArg) {
                Some(ContextValue::Strings(texts)) => texts.iter().map(|text| plain(text)).collect(),
                _ => Vec::new(),
            };
            Some(format!("{} {}", shown(), missing.join(" ")))
        }
        Err(_) => None,
    }
}

/// The command that a line which does not parse was meant to be.
pub(crate) fn suggest(line: &Line) -> Option<String> {
    reordered(line).or_else(|| dashed(line))
}

/// Walks the tree with the typed words, and where one does not fit takes the one that does.
fn reordered(line: &Line) -> Option<String> {
    let typed = line.all_words();
    let mut left: Vec<usize> = (0..typed.len()).collect();
    let mut taken = Vec::new();
    let mut names: Vec<String> = Vec::new();
    let mut current = &line.root;
    let mut changed = false;
    while current.has_subcommands() {
        let step = next(current, &typed, &left, names.is_empty())?;
        let mut path = current;
        for name in &step.names {
            path = path.find_subcommand(name)?;
        }
        current = path;
        changed |= step.changed;
        names.extend(step.names.iter().map(ToString::to_string));
        for word in step.words {
            left.retain(|other| *other != word);
            taken.push(word);
        }
    }
    // Only a line with other words than were typed is worth showing.
    if !changed {
        return None;
    }
    command(&line.root, &line.with(&names, &taken))
}

struct Stride {
    names: Vec<String>,
    words: Vec<usize>,
    changed: bool,
}

/// The next noun or verb: as it was typed, joined by a dash, further behind, under another noun, or misspelt.
fn next(command: &Command, typed: &[&str], left: &[usize], at_root: bool) -> Option<Stride> {
    let word = |at: usize| left.get(at).and_then(|index| typed.get(*index)).copied();
    let stride = |names: &[&str], words: &[usize], changed| {
        Some(Stride {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            words: words.iter().filter_map(|at| left.get(*at)).copied().collect(),
            changed,
        })
    };
    let joined = |at: usize| Some(format!("{}-{}", word(at)?, word(at + 1)?));
    let first = word(0)?;
    if let Some(name) = joined(0).filter(|name| command.find_subcommand(name).is_some()) {
        return stride(&[&name], &[0, 1], true);
    }
    if command.find_subcommand(first).is_some() {
        return stride(&[first], &[0], false);
    }
    if let Some(at) =
        (1..left.len()).find(|at| word(*at).is_some_and(|word| command.find_subcommand(word).is_some()))
    {
        return stride(&[word(at)?], &[at], true);
    }
    if at_root {
        // A verb without its noun: people first, because most verbs of that name are theirs.
        let nouns = || {
            let own = command.find_subcommand("user").into_iter();
            own.chain(command.get_subcommands().filter(|noun| noun.get_name() != "user"))
        };
        for (verb, used) in [(joined(0), 2), (Some(first.to_owned()), 1)] {
            let Some(verb) = verb else { continue };
            if let Some(noun) = nouns().find(|noun| noun.find_subcommand(&verb).is_some()) {
                let used: Vec<usize> = (0..used).collect();
                return stride(&[noun.get_name(), &verb], &used, true);
            }
        }
    }
    let near = nearest(first, visible(command))?;
    stride(&[near], &[0], true)
}

/// An id that begins with a dash goes behind `--`.
fn dashed(line: &Line) -> Option<String> {
    let at = line
        .tokens
        .iter()
        .rposition(|(text, sort)| *sort == Sort::Option && text.len() >= 4 && !text.starts_with("--"))?;
    let (id, _) = line.tokens.get(at)?;
    let mut tokens: Vec<String> = Vec::new();
    let mut behind = vec![id.clone()];
    for (index, (text, sort)) in line.tokens.iter().enumerate() {
        match sort {
            _ if index == at => {}
            Sort::Behind if text == "--" && !tokens.iter().any(|token| token == "--") => {}
            Sort::Behind => behind.push(text.clone()),
            _ => tokens.push(text.clone()),
        }
    }
    tokens.push("--".to_owned());
    tokens.extend(behind);
    let args = std::iter::once("mfactl").chain(tokens.iter().map(String::as_str));
    line.root.clone().try_get_matches_from(args).ok()?;
    command(&line.root, &tokens)
}

/// A line that parses and yet means something else: two words of one verb taken for people, or a method in the place
/// of the person. What is wrong, and the command that was meant.
pub(crate) fn meant(line: &Line) -> Option<(String, String)> {
    let typed = line.all_words();
    let (_, depth) = line.reached();
    // `user reset password adele`: reset is a verb, and reset-password another.
    let mut current = &line.root;
    for at in 0..depth {
        let joined = format!(
            "{}-{}",
            typed.get(at)?,
            typed.get(at + 1).copied().unwrap_or_default()
        );
        if current.find_subcommand(&joined).is_some() {
            let mut names: Vec<String> = typed[..at].iter().map(|word| (*word).to_owned()).collect();
            names.push(joined.clone());
            let taken: Vec<usize> = (0..at + 2).collect();
            let path = typed[..at].join(" ");
            let written = typed[at..at + 2].join(" ");
            let command = command(&line.root, &line.with(&names, &taken))?;
            return Some((
                format!("\"{path} {written}\" is written \"{path} {joined}\""),
                command,
            ));
        }
        current = current.find_subcommand(typed[at])?;
    }
    // `methods remove phone adele`: the person comes first.
    let path = line.path();
    let from = line
        .tokens
        .iter()
        .any(|(text, _)| text == "--from" || text.starts_with("--from="));
    if let (true, false, [user, method, ..]) =
        (USER_THEN_METHOD.contains(&path.as_str()), from, &typed[depth..])
        && is_kind(user)
        && !is_kind(method)
    {
        let names: Vec<String> = typed[..depth]
            .iter()
            .chain([method, user])
            .map(|word| (*word).to_owned())
            .collect();
        let taken: Vec<usize> = (0..depth + 2).collect();
        let command = command(&line.root, &line.with(&names, &taken))?;
        return Some((
            format!("\"{user}\" is a method, and the person comes first"),
            command,
        ));
    }
    None
}

/// Whether a word names a kind of method, alone or with the beginning of an id.
fn is_kind(word: &str) -> bool {
    let named = |text: &str| text.parse::<MethodKind>().is_ok() || MethodKind::family(text).is_some();
    named(word) || word.rsplit_once(':').is_some_and(|(kind, _)| named(kind))
}

#[cfg(test)]
mod tests {
    use super::super::explain::{Parsed, explain, near};
    use super::*;
    use crate::domain::ErrorCode;

    fn answer(line: &str) -> (String, String) {
        let args: Vec<OsString> = line.split(' ').map(Into::into).collect();
        let error = match super::super::parse(&args) {
            Ok(_) => near(&args).unwrap_or_else(|| panic!("{line} is a command")),
            Err(error) => match explain(&error, &args) {
                Parsed::Wrong(error) => error,
                Parsed::Answer(text) => panic!("{line}: {text}"),
            },
        };
        assert_eq!(error.code(), ErrorCode::Usage);
        assert_eq!(error.code().exit_code(), 2);
        (
            error.message().to_owned(),
            error.hint_text().unwrap_or_default().to_owned(),
        )
    }

    #[test]
    fn the_command_that_was_meant_is_shown() {
        for (typed, meant) in [
            ("mfactl methods adele list", "mfactl methods list adele"),
            ("mfactl adele methods list", "mfactl methods list adele"),
            ("mfactl list methods adele", "mfactl methods list adele"),
            (
                "mfactl -p local list methods adele",
                "mfactl -p local methods list adele",
            ),
            ("mfactl methds list adele", "mfactl methods list adele"),
            (
                "mfactl methods lst adele -o json",
                "mfactl methods list adele -o json",
            ),
            (
                "mfactl app passwords list adele",
                "mfactl app-passwords list adele",
            ),
            ("mfactl search adele", "mfactl user search adele"),
            ("mfactl show adele", "mfactl user show adele"),
            (
                "mfactl methods add adele phone",
                "mfactl methods add phone adele --number NUMBER",
            ),
            (
                "mfactl methods add adele phone --number +14255550100",
                "mfactl methods add phone adele --number +14255550100",
            ),
            (
                "mfactl add phone adele --number 1",
                "mfactl methods add phone adele --number 1",
            ),
            (
                "mfactl methods add temporary pass adele",
                "mfactl methods add temporary-pass adele",
            ),
            (
                "mfactl user reset password adele",
                "mfactl user reset-password adele",
            ),
            (
                "mfactl -p local user reset password adele -y",
                "mfactl -p local user reset-password adele -y",
            ),
            ("mfactl user sign out adele", "mfactl user sign-out adele"),
            ("mfactl sign out adele", "mfactl user sign-out adele"),
            ("mfactl reset adele", "mfactl user reset adele"),
            ("mfactl reset password adele", "mfactl user reset-password adele"),
            (
                "mfactl methods set default adele phone",
                "mfactl methods set-default adele phone",
            ),
            (
                "mfactl methods remove phone adele",
                "mfactl methods remove adele phone",
            ),
            (
                "mfactl methods set-default phone:mobile adele",
                "mfactl methods set-default adele phone:mobile",
            ),
            (
                "mfactl methods remove adele -Ab3Cd",
                "mfactl methods remove adele -- -Ab3Cd",
            ),
            (
                "mfactl methods remove adele -nqAb",
                "mfactl methods remove adele -- -nqAb",
            ),
            (
                "mfactl methods remove -y adele -Ab3Cd",
                "mfactl methods remove -y adele -- -Ab3Cd",
            ),
            ("mfactl devices adele", "mfactl devices --help"),
            (
                "mfactl user show",
                "mfactl user show USER…; more: mfactl user show --help",
            ),
            ("mfactl methods list -Ab3Cd", "mfactl methods list -- -Ab3Cd"),
            (
                "mfactl methods list adele -Ab3Cd -o json",
                "mfactl methods list adele -o json -- -Ab3Cd",
            ),
        ] {
            assert_eq!(answer(typed).1, meant, "{typed}");
        }
    }

    #[test]
    fn a_command_is_left_alone() {
        for typed in [
            "mfactl methods remove adele phone",
            "mfactl methods remove adele phone email",
            "mfactl method remove adele phone --all",
            "mfactl methods add tap adele",
            "mfactl users reset -- password adele",
            "mfactl user show phone",
            "mfactl methods remove adele -- -Ab3Cd",
        ] {
            let args: Vec<OsString> = typed.split(' ').map(Into::into).collect();
            if let Err(error) = super::super::parse(&args) {
                assert_ne!(error.kind(), ErrorKind::InvalidSubcommand, "{typed}: {error}");
            }
            assert!(near(&args).is_none(), "{typed}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_in_one_line() {
        for (typed, message) in [
            ("mfactl methods", "\"methods\" needs one of: list"),
            ("mfactl bogus", "there is no command \"bogus\""),
            ("mfactl methods bogus", "there is no \"bogus\" under \"methods\""),
            ("mfactl user show", "USER… is missing"),
            (
                "mfactl user show adele --bogus",
                "there is no option \"--bogus\" here",
            ),
            ("mfactl user search a b", "\"b\" is one word too many"),
            (
                "mfactl user show a -o xml",
                "\"xml\" is not a value of --output FORM: table, json, ndjson, csv",
            ),
            (
                "mfactl user show a --timeout 60",
                "\"60\" is not a value of --timeout DUR: write a number with its unit, such as 30s or 2m",
            ),
        ] {
            let said = answer(typed).0;
            assert!(said.starts_with(message), "{typed}: {said}");
        }
    }
}
