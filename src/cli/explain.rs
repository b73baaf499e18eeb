//! What clap says of a command line, in our words: one line, and the command that was meant.

use std::ffi::OsString;

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::near_miss::{self, Line};
use crate::config::Env;
use crate::domain::{Error, ErrorCode};
use crate::render::Format;

/// What a command line that does not run means.
pub(crate) enum Parsed {
    /// A text that was asked for: help or version.
    Answer(String),
    /// It is wrong.
    Wrong(Error),
}

/// Puts clap's error in our words.
pub(crate) fn explain(error: &clap::Error, args: &[OsString]) -> Parsed {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            return Parsed::Answer(error.render().to_string());
        }
        _ => {}
    }
    let line = Line::new(args);
    let wrong = Error::new(ErrorCode::Usage, message(error, &line));
    let hint = near_miss::suggest(&line)
        .or_else(|| {
            let missing = error.kind() == ErrorKind::MissingRequiredArgument;
            missing.then(|| near_miss::completed(&line)).flatten()
        })
        .unwrap_or_else(|| usage(error, &line));
    Parsed::Wrong(wrong.hint(hint))
}

/// The verb of a command line, such as `user reset`.
pub(crate) fn verb(args: &[OsString]) -> String {
    Line::new(args).verb()
}

/// A command line that parses, by the tree that it was parsed with, and yet is not what was meant.
pub(crate) fn near(tree: Command, args: &[OsString]) -> Option<Error> {
    let line = Line::on(tree, args);
    let (message, command) = near_miss::meant(&line)?;
    Some(Error::new(ErrorCode::Usage, message).hint(command))
}

fn texts(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        Some(ContextValue::StyledStr(text)) => vec![text.to_string()],
        Some(ContextValue::StyledStrs(texts)) => texts.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}

fn text(error: &clap::Error, kind: ContextKind) -> String {
    texts(error, kind).into_iter().next().unwrap_or_default()
}

fn message(error: &clap::Error, line: &Line) -> String {
    let arg = || plain(&text(error, ContextKind::InvalidArg));
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let typed = text(error, ContextKind::InvalidSubcommand);
            match line.path() {
                path if path.is_empty() => format!("there is no command \"{typed}\""),
                path => format!("there is no \"{typed}\" under \"{path}\""),
            }
        }
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            format!("\"{}\" needs one of: {}", line.path(), line.verbs().join(", "))
        }
        ErrorKind::UnknownArgument => {
            let typed = text(error, ContextKind::InvalidArg);
            if typed.starts_with('-') {
                format!("there is no option \"{typed}\" here")
            } else {
                format!("\"{typed}\" is one word too many")
            }
        }
        ErrorKind::MissingRequiredArgument => {
            let missing: Vec<String> = texts(error, ContextKind::InvalidArg)
                .iter()
                .map(|arg| plain(arg))
                .collect();
            let verb = if missing.len() == 1 { "is" } else { "are" };
            format!("{} {verb} missing", missing.join(" and "))
        }
        ErrorKind::InvalidValue => {
            let typed = text(error, ContextKind::InvalidValue);
            if typed.is_empty() {
                return format!("{} needs a value", arg());
            }
            let known = texts(error, ContextKind::ValidValue);
            if known.is_empty() {
                format!("\"{typed}\" is not a value of {}", arg())
            } else {
                format!("\"{typed}\" is not a value of {}: {}", arg(), known.join(", "))
            }
        }
        ErrorKind::ValueValidation => {
            let typed = text(error, ContextKind::InvalidValue);
            let why = std::error::Error::source(error).map(wanted);
            match why {
                Some(why) => format!("\"{typed}\" is not a value of {}: {why}", arg()),
                None => format!("\"{typed}\" is not a value of {}", arg()),
            }
        }
        ErrorKind::ArgumentConflict => {
            let others: Vec<String> = texts(error, ContextKind::PriorArg)
                .iter()
                .map(|arg| plain(arg))
                .collect();
            match others.as_slice() {
                [] => format!("{} cannot be there twice", arg()),
                [one] if *one == arg() => format!("{one} cannot be there twice"),
                others => format!("{} does not go with {}", arg(), others.join(" and ")),
            }
        }
        ErrorKind::TooManyValues => format!("{} takes one value", arg()),
        ErrorKind::InvalidUtf8 => "an argument is not text in UTF-8".to_owned(),
        _ => {
            let rendered = error.render().to_string();
            let first = rendered.lines().next().unwrap_or_default();
            first.strip_prefix("error: ").unwrap_or(first).to_owned()
        }
    }
}

/// What a value has to be. What Rust's own readers say is not about what was typed.
fn wanted(why: &(dyn std::error::Error + 'static)) -> String {
    if why.is::<std::num::ParseIntError>() {
        "write a whole number".to_owned()
    } else if why.is::<std::net::AddrParseError>() {
        "write an address of numbers and a port, such as 127.0.0.1:8080".to_owned()
    } else {
        why.to_string()
    }
}

/// `--number <NUMBER>` as `--number NUMBER`, `<USER>...` and `[USER]...` as `USER…`.
pub(super) fn plain(arg: &str) -> String {
    arg.replace(['<', '>', '[', ']'], "").replace("...", "…")
}

/// How the verb is used.
fn usage(error: &clap::Error, line: &Line) -> String {
    let suggested = texts(error, ContextKind::SuggestedArg);
    if let Some(option) = suggested.first() {
        return format!("did you mean {}?", plain(option));
    }
    if let Some(value) = texts(error, ContextKind::SuggestedValue).first() {
        return format!("did you mean {value}?");
    }
    line.usage()
}

/// The form of the answer that a command line asks for, as far as one can tell where it does not parse.
pub(crate) fn wanted_format(args: &[OsString], env: &Env) -> Format {
    let named = |text: &str| clap::ValueEnum::from_str(text, true).ok();
    let mut form = env.get("MFACTL_OUTPUT").and_then(named);
    let words: Vec<_> = args.iter().skip(1).map(|arg| arg.to_string_lossy()).collect();
    for (at, word) in words.iter().enumerate() {
        let next = || words.get(at + 1).and_then(|next| named(next));
        match word.as_ref() {
            "--" => break,
            "-o" | "--output" => form = next().or(form),
            "--jq" => form = Some(Format::Json),
            other => {
                if let Some(value) = other.strip_prefix("--output=") {
                    form = named(value).or(form);
                } else if other.starts_with("--jq=") {
                    form = Some(Format::Json);
                } else if let Some(value) = other.strip_prefix("-o") {
                    form = named(value.trim_start_matches('=')).or(form);
                }
            }
        }
    }
    form.unwrap_or_default()
}
