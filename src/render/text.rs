//! Text from elsewhere, made harmless for a terminal. Everything that is not data on stdout passes through here.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Makes control characters, escapes and marks that reorder text visible and harmless: ESC becomes `\u{1b}`.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(harmful) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if harmful(character) {
            // Writing to a String does not fail.
            let _ = write!(out, "{}", character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

/// As [`clean`], for text of ours with line ends that are meant.
pub(crate) fn clean_lines(text: &str) -> String {
    text.split('\n').map(clean).collect::<Vec<_>>().join("\n")
}

/// JSON with the same characters as `\\u` escapes: it means the same, and a terminal that shows it stays as it was.
pub(crate) fn clean_json(text: String) -> String {
    // The line ends are layout: inside of strings they are escaped already.
    let harmful = |character: char| character != '\n' && harmful(character);
    if !text.contains(harmful) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if harmful(character) {
            // Writing to a String does not fail. All of them are in the first plane: one escape each.
            let _ = write!(out, "\\u{:04x}", u32::from(character));
        } else {
            out.push(character);
        }
    }
    out
}

/// Control characters (C0, DEL, C1), line separators, and marks that change the direction of text.
fn harmful(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

/// `1 method`, `2 methods`.
pub(crate) fn counted(count: u64, one: &str, several: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ => format!("{} {several}", grouped(count)),
    }
}

/// `1,931`.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `4 s`, `2 min 11 s`, `1 h 5 min`.
pub(crate) fn lasting(seconds: u64) -> String {
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_direction_marks_are_shown_and_not_obeyed() {
        assert_eq!(clean("a\u{1b}[31mb\u{7}"), "a\\u{1b}[31mb\\u{7}");
        assert_eq!(clean("x\u{202e}y\u{9b}z\r\n"), "x\\u{202e}y\\u{9b}z\\u{d}\\u{a}");
        assert!(matches!(clean("Zoë 山田"), Cow::Borrowed(_)));
    }

    #[test]
    fn json_keeps_its_meaning_and_holds_nothing_that_steers_a_terminal() {
        let value = serde_json::json!({"name": "x\u{202e}y\u{9b}z\u{7f}\u{1b}[2J\r\n", "other": "Zoë 山田"});
        let text = clean_json(serde_json::to_string_pretty(&value).unwrap());
        assert!(
            !text
                .chars()
                .any(|character| character != '\n' && harmful(character)),
            "{text:?}"
        );
        assert!(text.contains("Zoë 山田"), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }

    #[test]
    fn large_counts_are_grouped() {
        assert_eq!(
            [0, 12, 999, 1000, 1_234_567].map(grouped),
            ["0", "12", "999", "1,000", "1,234,567"]
        );
        assert_eq!(counted(1, "method", "methods"), "1 method");
    }
}
