//! Near misses: a command line that is almost one, and the one that was meant. `methods add adele phone`, `user reset
//! password adele`, verb before noun, an id that begins with a dash.

mod line;

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::explain::plain;
use super::words;
use crate::config::nearest;
use crate::domain::MethodKind;
pub(crate) use line::Line;
use line::{Sort, visible};

/// Verbs that take a person and then one of their methods.
const USER_THEN_METHOD: &[&str] = &[
    "methods update",
    "methods remove",
    "methods set-default",
    "methods verify",
];

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

/// The line as it was typed, with names for what is missing in it.
pub(crate) fn completed(line: &Line) -> Option<String> {
    let tokens: Vec<String> = line.tokens.iter().map(|(text, _)| text.clone()).collect();
    command(&line.root, &tokens)
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
    let selected = line.tokens.iter().any(|(text, _)| {
        let name = text.split('=').next().unwrap_or_default();
        ["--from", "--group", "--filter", "--everyone"].contains(&name)
    });
    if let (true, false, [user, method, ..]) = (
        USER_THEN_METHOD.contains(&path.as_str()),
        selected,
        &typed[depth..],
    ) && is_kind(user)
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
mod tests;
