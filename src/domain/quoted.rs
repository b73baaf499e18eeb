//! A word of a command that somebody pastes: in quotes where a shell needs them.

/// The word as a shell takes it.
pub fn quoted(word: &str) -> String {
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
    fn a_shell_takes_it_as_one_word() {
        for (word, pasted) in [
            ("adele@contoso.example", "adele@contoso.example"),
            ("a_b#EXT#@c.example", "a_b#EXT#@c.example"),
            ("#x", "'#x'"),
            ("a;b", "'a;b'"),
            ("", "''"),
            ("it's", "'it'\\''s'"),
        ] {
            assert_eq!(quoted(word), pasted);
        }
    }
}
