//! A command line, taken apart into words and options as far as one can without knowing the verb.

use std::ffi::OsString;

use clap::Command;

use crate::cli::explain::plain;
use crate::cli::words;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
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
    pub(super) root: Command,
    pub(super) tokens: Vec<(String, Sort)>,
}

impl Line {
    /// A line that may name anything.
    pub(crate) fn new(args: &[OsString]) -> Self {
        let mut root = crate::cli::command();
        root.build();
        Self::on(root, args)
    }

    /// A line by a tree in which all that it names is described.
    pub(crate) fn on(root: Command, args: &[OsString]) -> Self {
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

    /// The words that are no options.
    pub(super) fn all_words(&self) -> Vec<&str> {
        self.tokens
            .iter()
            .filter(|(_, sort)| *sort == Sort::Word)
            .map(|(text, _)| text.as_str())
            .collect()
    }

    /// The command that the words name, and how many of them do.
    pub(super) fn reached(&self) -> (&Command, usize) {
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

    /// The same by their own names, where an alias was typed.
    pub(crate) fn verb(&self) -> String {
        let mut command = &self.root;
        let mut names = Vec::new();
        for word in self.all_words() {
            let Some(child) = command.find_subcommand(word) else {
                break;
            };
            command = child;
            names.push(child.get_name());
        }
        names.join(" ")
    }

    /// What can follow.
    pub(crate) fn verbs(&self) -> Vec<String> {
        let (command, _) = self.reached();
        visible(command).map(str::to_owned).collect()
    }

    /// The profile that was typed.
    fn profile(&self) -> Option<&str> {
        let mut pairs = self.tokens.iter().zip(self.tokens.iter().skip(1));
        pairs.find_map(|((name, _), (value, sort))| {
            let named = *sort == Sort::Value && matches!(name.as_str(), "-p" | "--profile");
            named.then_some(value.as_str())
        })
    }

    /// How the command is used, in one line.
    pub(crate) fn usage(&self) -> String {
        let (command, _) = self.reached();
        let path = self.path();
        if command.has_subcommands() {
            let path = if path.is_empty() { path } else { format!(" {path}") };
            return format!("mfactl{path} --help");
        }
        let mut line = match self.profile() {
            Some(profile) => format!("mfactl -p {} {path}", words::quoted(profile)),
            None => format!("mfactl {path}"),
        };
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
        // A selector may stand in the place of USER; whoever left both out means a person.
        let line = line.replace("[USER…]", "USER…");
        format!("{line}; more: mfactl {path} --help")
    }

    /// The same line with other words at its beginning: `words` name the command, `taken` of the typed ones are gone.
    pub(super) fn with(&self, names: &[String], taken: &[usize]) -> Vec<String> {
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

/// Names of the commands below that are shown.
pub(super) fn visible(command: &Command) -> impl Iterator<Item = &str> {
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
