//! One read on several profiles: `-p a,b` or `-p 'msp-*'`. Each runs as if it were alone, side by side; what they answer
//! is written in their order, and each row says whose it is. A change is for one profile.

use std::ffi::OsString;

use futures::StreamExt as _;

use super::context::Context;
use super::interrupt::Interrupt;
use super::{Noun, parse, words};
use crate::domain::{Error, ErrorCode, Match, Result};
use crate::render::{self, Part};
use crate::ui::Said;

/// Profiles that are asked at once.
const AT_ONCE: usize = 8;

/// One profile's answer, and what was said with it.
struct Answer {
    part: Part,
    said: Vec<Said>,
    code: u8,
}

/// The profiles of `-p`, where it names several and the verb is a read.
///
/// # Errors
/// `usage`: nothing matches the pattern; the verb is no read, with the commands to type.
pub(crate) fn of(cx: &Context, noun: &Noun) -> Result<Option<Vec<String>>> {
    if noun.is_offline() {
        return Ok(None);
    }
    let Some(names) = cx.several()? else {
        return Ok(None);
    };
    if !noun.is_read() {
        let matches = names.iter().map(|name| Match {
            reference: name.clone(),
            detail: words::command(None, of_one(&cx.argv, name).iter().map(String::as_str)),
        });
        let matches: Vec<Match> = matches.collect();
        let first = matches.first().map(|one| one.detail.clone()).unwrap_or_default();
        let several = render::text::counted(names.len() as u64, "profile", "profiles");
        return Err(Error::new(
            ErrorCode::Usage,
            format!("this is for one profile, and -p means {several}"),
        )
        .matches(matches)
        .hint(first));
    }
    if takes_stdin(&cx.argv) {
        return Err(Error::new(
            ErrorCode::Usage,
            "standard input can be read once, and several profiles would need it",
        )
        .hint("write it to a file first: --from FILE"));
    }
    Ok(Some(names))
}

/// Runs a read on each of these profiles.
///
/// # Errors
/// stdout is a file that cannot take it.
pub(crate) async fn run(cx: &Context, names: Vec<String>, args: &[OsString]) -> Result<u8> {
    let all: Vec<Answer> = futures::stream::iter(names)
        .map(|name| one(cx, name, args))
        .buffered(AT_ONCE)
        .collect()
        .await;
    let codes: Vec<u8> = all.iter().map(|answer| answer.code).collect();
    let (parts, said): (Vec<Part>, Vec<Vec<Said>>) =
        all.into_iter().map(|answer| (answer.part, answer.said)).unzip();
    let mut out = cx.ui.stdout();
    render::several(&cx.page(), &mut out, &parts)?;
    out.done()?;
    let (errors, texts): (Vec<Said>, Vec<Said>) = said
        .into_iter()
        .flatten()
        .partition(|said| matches!(said, Said::Error(_)));
    texts.iter().for_each(|text| cx.ui.say_again(text));
    let failed = parts.iter().filter(|part| part.failed.is_some()).count();
    cx.ui.note(&format!(
        "{} of {} profiles answered",
        parts.len() - failed,
        parts.len()
    ));
    // Errors are the last that is said: scripts read the last line.
    errors.iter().for_each(|error| cx.ui.say_again(error));
    Ok(exit_code(&codes))
}

async fn one(cx: &Context, name: String, args: &[OsString]) -> Answer {
    let (child, caught) = match cx.beside(&name, of_one(&cx.argv, &name)) {
        Ok(child) => child,
        Err(error) => return failed(name, None, error),
    };
    let outcome = match parse(args) {
        Ok((_, Some(noun), _)) => tokio::select! {
            biased;
            outcome = noun.run(&child) => outcome,
            () = cx.interrupt.cut_off() => Err(Interrupt::error()),
        },
        // It was parsed before.
        _ => Err(Error::new(
            ErrorCode::Internal,
            "the command line cannot be read again",
        )),
    };
    child.close().await;
    let tenant = child.record.tenant();
    let (code, error) = match outcome {
        Ok(code) => (code, None),
        Err(error) => (error.code().exit_code(), Some(child.ui.to_paste(&error))),
    };
    let mut said: Vec<Said> = caught
        .said()
        .into_iter()
        .map(|said| match said {
            Said::Error(error) => Said::Error(error.of_profile(&name)),
            text => text,
        })
        .collect();
    said.extend(error.clone().map(|error| Said::Error(error.of_profile(&name))));
    Answer {
        part: Part {
            profile: name,
            tenant,
            out: caught.out(),
            grids: caught.grids.take(),
            failed: error,
        },
        said,
        code,
    }
}

fn failed(profile: String, tenant: Option<String>, error: Error) -> Answer {
    Answer {
        code: error.code().exit_code(),
        said: vec![Said::Error(error.clone().of_profile(&profile))],
        part: Part {
            profile,
            tenant,
            failed: Some(error),
            ..Part::default()
        },
    }
}

/// The command line with this profile in the place of all.
fn of_one(argv: &[String], name: &str) -> Vec<String> {
    let mut own = vec!["-p".to_owned(), name.to_owned()];
    let mut words = argv.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--" => {
                own.push(word.clone());
                own.extend(words.by_ref().cloned());
            }
            "-p" | "--profile" => {
                words.next();
            }
            other
                if other.starts_with("--profile=")
                    || (other.starts_with("-p") && !other.starts_with("--")) => {}
            _ => own.push(word.clone()),
        }
    }
    own
}

fn takes_stdin(argv: &[String]) -> bool {
    let mut words = argv.iter().take_while(|word| *word != "--").peekable();
    while let Some(word) = words.next() {
        if word == "--from=-" || (word == "--from" && words.peek().is_some_and(|next| *next == "-")) {
            return true;
        }
    }
    false
}

/// 0 where all is well, 7 where some is, the code of all where they agree, else 1. A stop wins.
fn exit_code(codes: &[u8]) -> u8 {
    let stopped = ErrorCode::Interrupted.exit_code();
    match codes {
        _ if codes.contains(&stopped) => stopped,
        [] => 0,
        [first, rest @ ..] if rest.iter().all(|code| code == first) => *first,
        _ if codes.iter().any(|code| matches!(code, 0 | 7)) => 7,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_status_tells_all_from_some_from_none() {
        assert_eq!(exit_code(&[0, 0]), 0);
        assert_eq!(exit_code(&[0, 4]), 7);
        assert_eq!(exit_code(&[7, 7]), 7);
        assert_eq!(exit_code(&[4, 4]), 4);
        assert_eq!(exit_code(&[4, 3]), 1);
        assert_eq!(exit_code(&[0, 130, 4]), 130);
    }

    #[test]
    fn the_command_for_one_profile_has_its_name_in_the_place_of_the_list() {
        let line = |words: &[&str]| {
            let argv: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            of_one(&argv, "x").join(" ")
        };
        assert_eq!(line(&["-p", "a,b", "methods", "list"]), "-p x methods list");
        assert_eq!(line(&["methods", "list", "-pa,b", "u"]), "-p x methods list u");
        assert_eq!(line(&["--profile=a,b", "u", "--", "-p"]), "-p x u -- -p");
        assert_eq!(line(&["u", "--pace", "1/s"]), "-p x u --pace 1/s");
    }

    #[test]
    fn standard_input_is_seen() {
        let takes =
            |words: &[&str]| takes_stdin(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert!(takes(&["--from", "-"]));
        assert!(takes(&["--from=-"]));
        assert!(!takes(&["--from", "f", "-"]));
    }
}
