//! Commands to paste: quoted where a shell needs it.

use crate::domain::quoted;

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
                    without_password(arg)
                }
            }
        })
        .collect()
}

/// A database's URL without the password that does not belong there: the command is refused, and its line is kept.
fn without_password(arg: String) -> String {
    let Some((scheme, rest)) = arg
        .split_once("://")
        .filter(|(scheme, _)| scheme.contains("postgres"))
    else {
        return arg;
    };
    // A password that is not encoded may hold anything, also an @ and what ends a host.
    let (user, place) = rest.rsplit_once('@').unwrap_or(("", rest));
    let place = match place.split_once('?') {
        Some((place, query)) if query.to_lowercase().contains("pass") || query.contains('%') => {
            format!("{place}?{HIDDEN}")
        }
        _ => place.to_owned(),
    };
    match user.split_once(':') {
        Some((user, _)) => format!("{scheme}://{user}:{HIDDEN}@{place}"),
        None if user.is_empty() => format!("{scheme}://{place}"),
        None => format!("{scheme}://{user}@{place}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_the_url_of_a_database_is_not_kept() {
        for (given, kept) in [
            ("postgres://u:p@ss/w?d@db/jobs", "postgres://u:***@db/jobs"),
            (
                "--store=postgresql://u:pw@db/jobs",
                "--store=postgresql://u:***@db/jobs",
            ),
            ("postgres://u@db/jobs?password=pw", "postgres://u@db/jobs?***"),
            ("postgres://u@db/jobs?p%61ssword=pw", "postgres://u@db/jobs?***"),
            (
                "postgres://u@db/jobs?sslmode=require",
                "postgres://u@db/jobs?sslmode=require",
            ),
            ("postgres:///jobs", "postgres:///jobs"),
            ("https://u:p@db/", "https://u:p@db/"),
        ] {
            assert_eq!(without_secrets([given.to_owned()]), [kept], "{given}");
        }
    }

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
    }
}
