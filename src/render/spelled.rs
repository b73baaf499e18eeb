//! Secrets spelled out, to be read over a telephone or typed from the screen.

/// A seed in groups of four.
pub(crate) fn in_fours(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    letters
        .chunks(4)
        .map(|four| four.iter().collect::<String>())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Each character as a word: `capital Kilo, delta, seven, hyphen`.
pub(crate) fn spelled(text: &str) -> String {
    text.chars().map(word).collect::<Vec<_>>().join(", ")
}

const LETTERS: [&str; 26] = [
    "alfa", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett", "kilo",
    "lima", "mike", "november", "oscar", "papa", "quebec", "romeo", "sierra", "tango", "uniform", "victor",
    "whiskey", "x-ray", "yankee", "zulu",
];
const DIGITS: [&str; 10] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
];
const SIGNS: [(char, &str); 26] = [
    ('-', "hyphen"),
    ('_', "underscore"),
    ('.', "dot"),
    (',', "comma"),
    ('!', "exclamation mark"),
    ('?', "question mark"),
    ('+', "plus"),
    ('=', "equals"),
    ('#', "hash"),
    ('@', "at"),
    ('$', "dollar"),
    ('%', "percent"),
    ('&', "ampersand"),
    ('*', "asterisk"),
    ('/', "slash"),
    ('\\', "backslash"),
    (':', "colon"),
    (';', "semicolon"),
    ('(', "open bracket"),
    (')', "close bracket"),
    ('~', "tilde"),
    ('^', "caret"),
    ('|', "bar"),
    ('\'', "apostrophe"),
    ('"', "quotation mark"),
    (' ', "space"),
];

fn word(c: char) -> String {
    let letter = |c: char| LETTERS.get((c as usize).wrapping_sub('a' as usize)).copied();
    if let Some(word) = letter(c) {
        return word.to_owned();
    }
    if let Some(word) = letter(c.to_ascii_lowercase()) {
        return format!("capital {word}");
    }
    if let Some(word) = c.to_digit(10).and_then(|digit| DIGITS.get(digit as usize)) {
        return (*word).to_owned();
    }
    SIGNS
        .iter()
        .find(|(sign, _)| *sign == c)
        .map_or_else(|| c.to_string(), |(_, word)| (*word).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_a_word_of_its_own() {
        assert_eq!(
            spelled("Kd7-z#"),
            "capital kilo, delta, seven, hyphen, zulu, hash"
        );
        assert_eq!(in_fours("JBSWY3DPEH"), "JBSW Y3DP EH");
    }
}
