//! Commands to paste: quoted where a shell needs it.

/// `mfactl -p PROFILE` and the words.
pub(crate) fn command<'a>(profile: Option<&str>, rest: impl IntoIterator<Item = &'a str>) -> String {
    let mut line = "mfactl".to_owned();
    if let Some(profile) = profile {
        line.push_str(" -p ");
        line.push_str(&quoted(profile));
    }
    for word in rest {
        line.push(' ');
        line.push_str(&quoted(word));
    }
    line
}

/// A word as a shell takes it.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "-_./:@+=,%#…".contains(letter);
    if !word.is_empty() && !word.starts_with('#') && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// Options whose value is a secret. Only `--code` is one of ours; the others are what somebody may try.
const SECRET: &[&str] = &[
    "--code",
    "--password",
    "--app-password",
    "--client-secret",
    "--secret",
    "--answer",
    "--token",
    "--device",
    "--session",
    "--factor",
];

/// What stands in the place of a secret.
const HIDDEN: &str = "***";

/// A command line without the secrets that stand in it: what is logged and kept.
pub(crate) fn without_secrets(args: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut hide = false;
    args.into_iter()
        .map(|arg| {
            if std::mem::take(&mut hide) {
                return HIDDEN.to_owned();
            }
            match arg.split_once('=') {
                Some((name, _)) if SECRET.contains(&name) => format!("{name}={HIDDEN}"),
                _ => {
                    hide = SECRET.contains(&arg.as_str());
                    arg
                }
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_on_the_command_line_is_not_kept() {
        let given = [
            "methods",
            "verify",
            "fen",
            "--code",
            "4821",
            "--code=4821",
            "--yes",
        ];
        assert_eq!(
            without_secrets(given.map(str::to_owned)),
            ["methods", "verify", "fen", "--code", "***", "--code=***", "--yes"]
        );
        assert_eq!(without_secrets(["--code".to_owned()]), ["--code"]);
    }

    #[test]
    fn words_are_quoted_where_a_shell_needs_it() {
        assert_eq!(
            command(
                Some("local"),
                [
                    "methods",
                    "remove",
                    "o'neil@x",
                    "authenticator:b2f7",
                    "+1 425",
                    ""
                ]
            ),
            "mfactl -p local methods remove 'o'\\''neil@x' authenticator:b2f7 '+1 425' ''"
        );
        assert_eq!(quoted("a_b#EXT#@c.example"), "a_b#EXT#@c.example");
        assert_eq!(quoted("#x"), "'#x'");
        assert_eq!(quoted("a;b"), "'a;b'");
    }
}
