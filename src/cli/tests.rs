use super::*;

/// Every verb, by its path, with its command.
fn leaves(command: &clap::Command, path: &str, out: &mut Vec<(String, clap::Command)>) {
    for child in command.get_subcommands() {
        let path = if path.is_empty() {
            child.get_name().to_owned()
        } else {
            format!("{path} {}", child.get_name())
        };
        if child.has_subcommands() {
            leaves(child, &path, out);
        } else {
            out.push((path, child.clone()));
        }
    }
}

/// The tree with every verb in it described.
fn whole() -> clap::Command {
    let mut command = command();
    command.build();
    command
}

fn verbs() -> Vec<(String, clap::Command)> {
    let mut out = Vec::new();
    leaves(&whole(), "", &mut out);
    out
}

#[test]
fn the_tree_of_commands_is_sound() {
    command().debug_assert();
}

#[test]
fn every_verb_says_what_it_does_and_shows_an_example() {
    for (path, verb) in verbs() {
        let about = verb.get_about().map(ToString::to_string).unwrap_or_default();
        assert!(!about.is_empty() && !about.ends_with('.'), "{path}: {about}");
        let help = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(
            help.contains(&format!("mfactl {path}")) || help.contains("mfactl -p"),
            "{path} has no example"
        );
    }
}

#[test]
fn every_example_in_the_help_parses() {
    for (path, verb) in verbs() {
        let help = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
        for line in help
            .lines()
            .map(str::trim)
            .filter(|line| line.starts_with("mfactl "))
        {
            let words = split(line);
            if let Err(error) = parse(&words.iter().map(Into::into).collect::<Vec<_>>()) {
                panic!("{path}: {line}\n{error}");
            }
        }
    }
}

/// What people copy from the documents.
const DOCUMENTS: &[(&str, &str)] = &[
    ("README.md", include_str!("../../README.md")),
    ("docs/entra.md", include_str!("../../docs/entra.md")),
    ("docs/faults.md", include_str!("../../docs/faults.md")),
    ("docs/guards.md", include_str!("../../docs/guards.md")),
    (
        "docs/identity-provider.md",
        include_str!("../../docs/identity-provider.md"),
    ),
    ("docs/keycloak.md", include_str!("../../docs/keycloak.md")),
    (
        "docs/many-machines.md",
        include_str!("../../docs/many-machines.md"),
    ),
    ("docs/messages.md", include_str!("../../docs/messages.md")),
    ("docs/privacyidea.md", include_str!("../../docs/privacyidea.md")),
    (
        "docs/test-your-scripts.md",
        include_str!("../../docs/test-your-scripts.md"),
    ),
];

#[test]
fn every_command_in_the_documents_is_one() {
    let mut commands = 0;
    for (name, text) in DOCUMENTS {
        let joined = text.replace("\\\n", " ");
        let lines = joined.lines().map(|line| line.strip_prefix("$ ").unwrap_or(line));
        for line in lines.filter(|line| line.starts_with("mfactl ")) {
            let line = [" # ", " 2>", " &"]
                .iter()
                .fold(line, |line, end| line.split(end).next().unwrap_or(line));
            let words = split(line);
            let args: Vec<std::ffi::OsString> = words
                .iter()
                .filter(|word| !word.is_empty())
                .map(Into::into)
                .collect();
            match parse(&args) {
                Ok((_, _, tree)) => assert!(explain::near(tree, &args).is_none(), "{name}: {line}"),
                Err(error) => panic!("{name}: {line}\n{error}"),
            }
            if let [_, verb, shape] = words.as_slice()
                && verb == "schema"
            {
                assert!(schema::schema(shape).is_ok(), "{name}: {line}");
            }
            commands += 1;
        }
    }
    assert!(commands > 70, "only {commands} commands were found");
}

/// Words of an example: quotes as a shell has them.
fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    for letter in line.chars() {
        match (quote, letter) {
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), letter) if open == letter => quote = None,
            (None, ' ') => words.push(std::mem::take(&mut word)),
            (None, '|' | '>' | '<') => break,
            (_, letter) => word.push(letter),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[test]
fn the_overview_names_every_verb_and_stays_short() {
    let text = overview();
    assert!(text.lines().count() < 40, "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let mut named: Vec<String> = Vec::new();
    for (_, verbs) in GROUPS {
        for (verb, about) in *verbs {
            assert!(
                text.contains(&format!("  {verb}  ")),
                "no gap behind {verb}: {text}"
            );
            assert!(text.contains(&format!("  {about}\n")), "{about}: {text}");
            let words: Vec<Vec<&str>> = verb.split(' ').map(|word| word.split('|').collect()).collect();
            match words.as_slice() {
                [nouns] => named.extend(nouns.iter().map(ToString::to_string)),
                [noun, verbs] => named.extend(verbs.iter().map(|verb| format!("{} {verb}", noun[0]))),
                _ => panic!("{verb}"),
            }
        }
    }
    for path in &named {
        let found = path
            .split(' ')
            .try_fold(&whole(), |command, word| command.find_subcommand(word))
            .is_some();
        assert!(found, "{path} is not there");
    }
    for (path, _) in verbs() {
        assert!(
            named
                .iter()
                .any(|name| *name == path || path.starts_with(&format!("{name} "))),
            "{path} is not in the overview"
        );
    }
    for line in text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("mfactl -p "))
    {
        assert!(
            parse(
                &split(&format!("mfactl -p {line}"))
                    .iter()
                    .map(Into::into)
                    .collect::<Vec<_>>()
            )
            .is_ok()
        );
    }
}

#[test]
fn the_exit_statuses_are_those_of_the_error_codes() {
    for code in ErrorCode::ALL {
        assert!(
            EXIT_CODES.iter().any(|(exit, _)| *exit == exit_code(*code)),
            "{code} exits with {}",
            exit_code(*code)
        );
    }
}

#[test]
fn an_option_everywhere_has_its_variable_in_the_table() {
    let root = command();
    for arg in root.get_arguments() {
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let Some(name) = help
            .split("[env: ")
            .nth(1)
            .and_then(|rest| rest.split(']').next())
        else {
            continue;
        };
        let variable = crate::config::VARIABLES
            .iter()
            .find(|variable| variable.name == name)
            .unwrap_or_else(|| panic!("{name} is not in the table"));
        let option = variable.option.unwrap();
        let long = arg.get_long().map(|long| format!("--{long}"));
        let short = arg.get_short().map(|short| format!("-{short}"));
        assert!(
            long.as_deref() == Some(option) || short.as_deref() == Some(option),
            "{name} names {option}"
        );
    }
}
