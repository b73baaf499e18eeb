//! CBOR as authenticators write it (RFC 8949; CTAP 2.1, section 8): definite lengths, few levels, no tags. What else there is of CBOR is
//! refused, so that this is shorter than the use of a library that has to be told to refuse it.

/// Levels within each other, the outermost counted: an attestation has three.
const DEEPEST: u8 = 6;

/// One item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cbor {
    /// A whole number.
    Int(i64),
    Bytes(Vec<u8>),
    Text(String),
    List(Vec<Cbor>),
    /// Keys with their values, no key twice.
    Map(Vec<(Cbor, Cbor)>),
    Flag(bool),
    Null,
}

impl Cbor {
    /// What a map has under a name.
    pub(super) fn field(&self, name: &str) -> Option<&Self> {
        self.value(|key| matches!(key, Self::Text(text) if text == name))
    }

    /// What a map has under a number.
    pub(super) fn numbered(&self, number: i64) -> Option<&Self> {
        self.value(|key| *key == Self::Int(number))
    }

    fn value(&self, is: impl Fn(&Self) -> bool) -> Option<&Self> {
        match self {
            Self::Map(entries) => entries.iter().find(|(key, _)| is(key)).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The bytes, where it is some.
    pub(super) const fn bytes(&self) -> Option<&Vec<u8>> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Whether it is a map with nothing in it.
    pub(super) const fn is_empty(&self) -> bool {
        matches!(self, Self::Map(entries) if entries.is_empty())
    }
}

/// Reads the item at the beginning; gives it and what comes after. `None`: it is not whole, or not of this kind.
pub(super) fn read(bytes: &[u8]) -> Option<(Cbor, &[u8])> {
    item(bytes, DEEPEST)
}

fn item(bytes: &[u8], levels: u8) -> Option<(Cbor, &[u8])> {
    let levels = levels.checked_sub(1)?;
    let (&first, rest) = bytes.split_first()?;
    let (major, low) = (first >> 5, first & 0x1f);
    if major == 7 {
        return Some(match low {
            20 | 21 => (Cbor::Flag(low == 21), rest),
            22 => (Cbor::Null, rest),
            _ => return None,
        });
    }
    let (number, rest) = argument(low, rest)?;
    let length = usize::try_from(number).ok();
    Some(match major {
        0 => (Cbor::Int(i64::try_from(number).ok()?), rest),
        1 => (Cbor::Int(-1 - i64::try_from(number).ok()?), rest),
        2 => {
            let (taken, rest) = rest.split_at_checked(length?)?;
            (Cbor::Bytes(taken.to_vec()), rest)
        }
        3 => {
            let (taken, rest) = rest.split_at_checked(length?)?;
            (Cbor::Text(str::from_utf8(taken).ok()?.to_owned()), rest)
        }
        4 => {
            let (mut items, mut rest) = (Vec::new(), rest);
            for _ in 0..length? {
                let (one, after) = item(rest, levels)?;
                items.push(one);
                rest = after;
            }
            (Cbor::List(items), rest)
        }
        5 => {
            let (mut entries, mut rest) = (Vec::new(), rest);
            for _ in 0..length? {
                let (key, after) = item(rest, levels)?;
                let (value, after) = item(after, levels)?;
                if entries.iter().any(|(known, _)| *known == key) {
                    return None;
                }
                entries.push((key, value));
                rest = after;
            }
            (Cbor::Map(entries), rest)
        }
        _ => return None,
    })
}

/// The number behind the first byte: in it, or in the 1, 2, 4 or 8 bytes that follow.
fn argument(low: u8, rest: &[u8]) -> Option<(u64, &[u8])> {
    let size = match low {
        0..24 => return Some((u64::from(low), rest)),
        24 => 1,
        25 => 2,
        26 => 4,
        27 => 8,
        _ => return None,
    };
    let (bytes, rest) = rest.split_at_checked(size)?;
    let number = bytes
        .iter()
        .fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
    Some((number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_read_and_what_authenticators_never_write_is_refused() {
        let (read_whole, rest) = read(b"\xa3\x01\x26\x61a\x82\x42\x01\x02\xf5\x20\xf6\xff").unwrap();
        assert_eq!(rest, b"\xff");
        assert_eq!(read_whole.numbered(1), Some(&Cbor::Int(-7)));
        assert_eq!(
            read_whole.field("a"),
            Some(&Cbor::List(vec![Cbor::Bytes(vec![1, 2]), Cbor::Flag(true)]))
        );
        assert_eq!(read_whole.numbered(-1), Some(&Cbor::Null));
        assert_eq!(read(b"\x39\x01\x00").unwrap().0, Cbor::Int(-257));
        for wrong in [
            &b""[..],
            b"\x58",                                 // a length that is not there
            b"\x42\x01",                             // bytes cut short
            b"\x5f\x41\x01\xff",                     // an open length
            b"\xc0\x01",                             // a tag
            b"\xf9\x3c\x00",                         // a fraction
            b"\x61\xff",                             // no UTF-8
            b"\xa2\x01\x02\x01\x03",                 // a key twice
            b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", // more items than there are bytes
            b"\x81\x81\x81\x81\x81\x81\x81\x01",     // too deep
            b"\x3b\xff\xff\xff\xff\xff\xff\xff\xff", // below every number
        ] {
            assert_eq!(read(wrong), None, "{wrong:x?}");
        }
    }
}
