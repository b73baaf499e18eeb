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

#[cfg(test)]
mod tests {
    use super::*;

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
