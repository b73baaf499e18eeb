//! CBOR as authenticators write it (RFC 8949; CTAP 2.1, section 8): few levels, no tags, no fractions, no key twice. `ciborium` reads it;
//! here is what is refused of it.

use ciborium::Value;
use ciborium::de::from_reader_with_recursion_limit;

/// Levels within each other: an attestation has three.
const DEEPEST: usize = 6;

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
    let mut rest = bytes;
    let value = from_reader_with_recursion_limit(&mut rest, DEEPEST).ok()?;
    Some((of(value)?, rest))
}

fn of(value: Value) -> Option<Cbor> {
    Some(match value {
        Value::Integer(number) => Cbor::Int(number.try_into().ok()?),
        Value::Bytes(bytes) => Cbor::Bytes(bytes),
        Value::Text(text) => Cbor::Text(text),
        Value::Array(items) => Cbor::List(items.into_iter().map(of).collect::<Option<_>>()?),
        Value::Map(entries) => {
            let mut map: Vec<(Cbor, Cbor)> = Vec::with_capacity(entries.len());
            for (key, value) in entries {
                let key = of(key)?;
                // Of two values for one key a reader could take either.
                if map.iter().any(|(known, _)| *known == key) {
                    return None;
                }
                map.push((key, of(value)?));
            }
            Cbor::Map(map)
        }
        Value::Bool(flag) => Cbor::Flag(flag),
        Value::Null => Cbor::Null,
        _ => return None,
    })
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
