//! One line: how it is written, what links it to the line before it, and its hash. A line is ASCII, so that the same
//! bytes are right in the file, in a syslog message and on a terminal.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::domain::{AuditRow, Error, ErrorCode, Result};

/// The longest text of a field that comes from outside, in characters.
const LONGEST: usize = 1000;

/// The SHA-256 of a line.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// What stands before the first line.
    pub const NONE: Self = Self([0; 32]);

    /// The hash of a line, without its end.
    pub fn of(line: &[u8]) -> Self {
        Self(Sha256::digest(line).into())
    }

    /// Reads 64 hexadecimal digits in lower case.
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.len() != 64 {
            return None;
        }
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            *byte = digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?;
        }
        Some(Self(bytes))
    }
}

impl std::fmt::Display for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

/// What links a line to the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its number.
    pub seq: u64,
    /// The hash of the line before it.
    pub prev: Hash,
}

impl Link {
    /// Reads the beginning of a line. It is ours to the byte: what differs was not written by this program.
    pub fn read(line: &[u8]) -> Option<Self> {
        let rest = line.strip_prefix(b"{\"seq\":")?;
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (number, rest) = rest.split_at_checked(digits)?;
        let seq = std::str::from_utf8(number).ok()?.parse().ok()?;
        let rest = rest.strip_prefix(b",\"prev\":\"")?;
        let (prev, rest) = rest.split_at_checked(64)?;
        let prev = Hash::parse(prev)?;
        (rest.starts_with(b"\",") && rest.ends_with(b"}")).then_some(Self { seq, prev })
    }
}

/// The bytes of a line, without its end.
///
/// # Errors
/// `internal`: it does not become JSON.
pub fn write(row: &AuditRow) -> Result<Vec<u8>> {
    let text = serde_json::to_string(row).map_err(|error| {
        Error::new(
            ErrorCode::Internal,
            format!("writing a line of the audit log failed: {error}"),
        )
    })?;
    Ok(ascii(&text).into_bytes())
}

/// JSON with everything but printable ASCII as escapes: only strings hold such characters.
fn ascii(json: &str) -> String {
    if json.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return json.to_owned();
    }
    let mut out = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        if (' '..='~').contains(&character) {
            out.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a String does not fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

/// A text from outside, not longer than a line can bear.
pub fn bounded(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(LONGEST).collect();
    out.push('…');
    out
}

/// A command line of many words, cut: it stands in every line.
pub fn bounded_words(words: &[String]) -> Vec<String> {
    let mut left = LONGEST;
    let mut out = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let length = word.chars().count();
        if length > left {
            out.push(format!("… {} more", words.len() - at));
            break;
        }
        left -= length;
        out.push(word.clone());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::audit::testing::row;

    #[test]
    fn a_line_is_ascii_and_means_what_was_said() {
        let mut given = row("user reset");
        given.reason = Some("Zoë 山田 😀 \u{202e}\u{7f}\u{1b}[2J\n".to_owned());
        let line = write(&given).unwrap();
        assert!(line.iter().all(|byte| (0x20..0x7f).contains(byte)), "{line:?}");
        assert_eq!(serde_json::from_slice::<AuditRow>(&line).unwrap(), given);
        let link = Link::read(&line).unwrap();
        assert_eq!((link.seq, link.prev), (given.seq, Hash::NONE));
    }

    #[test]
    fn a_hash_is_read_as_it_is_written_and_no_other_way() {
        let hash = Hash::of(b"x");
        assert_eq!(Hash::parse(hash.to_string().as_bytes()), Some(hash));
        for wrong in [hash.to_string().to_uppercase(), hash.to_string()[1..].to_owned()] {
            assert_eq!(Hash::parse(wrong.as_bytes()), None);
        }
    }

    #[test]
    fn a_long_command_is_cut_and_says_by_how_much() {
        let words: Vec<String> = (0..1000).map(|n| format!("user{n:04}")).collect();
        let cut = bounded_words(&words);
        assert_eq!(cut.len(), 126);
        assert_eq!(cut.last().map(String::as_str), Some("… 875 more"));
        assert_eq!(bounded_words(&words[..3]), &words[..3]);
        assert_eq!(bounded(&"é".repeat(2000)).chars().count(), 1001);
    }
}
