//! What is told of a server's certificate: who issued it and when it ends. Whether it is trusted is for the TLS library;
//! nothing is decided here. DER as in RFC 5280, 4.1, as far as that takes.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// A certificate, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Certificate {
    /// The name of its issuer.
    pub(crate) issuer: String,
    /// When it ends.
    pub(crate) ends_at: Timestamp,
}

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// Texts in ASCII or UTF-8: UTF8String, PrintableString, IA5String.
const TEXTS: &[u8] = &[0x0c, 0x13, 0x16];
/// 2.5.4.3 and 2.5.4.10.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANIZATION: &[u8] = &[0x55, 0x04, 0x0a];

impl Certificate {
    /// Reads one in DER; `None` where it is none.
    pub(crate) fn read(der: &[u8]) -> Option<Self> {
        let (_, certificate, _) = element(der).filter(|(tag, ..)| *tag == SEQUENCE)?;
        let (_, body, _) = element(certificate).filter(|(tag, ..)| *tag == SEQUENCE)?;
        let mut rest = body;
        if let Some((VERSION, _, after)) = element(rest) {
            rest = after;
        }
        let (_, _, rest) = element(rest)?; // its number
        let (_, _, rest) = element(rest)?; // how it is signed
        let (_, issuer, rest) = element(rest).filter(|(tag, ..)| *tag == SEQUENCE)?;
        let (_, validity, _) = element(rest).filter(|(tag, ..)| *tag == SEQUENCE)?;
        let (_, _, after) = element(validity)?;
        let (tag, text, _) = element(after)?;
        Some(Self {
            issuer: name(issuer)?,
            ends_at: moment(tag, text)?,
        })
    }
}

/// Tag, content and what follows.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
            let length = digits
                .iter()
                .fold(0_usize, |length, digit| (length << 8) | usize::from(*digit));
            (length, rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

/// The common name, else the organization.
fn name(mut names: &[u8]) -> Option<String> {
    let mut organization = None;
    let mut common = None;
    while let Some((SET, set, rest)) = element(names) {
        names = rest;
        let Some((SEQUENCE, pair, _)) = element(set) else {
            continue;
        };
        let (_, of, value) = element(pair)?;
        let Some((tag, text, _)) = element(value) else {
            continue;
        };
        if !TEXTS.contains(&tag) {
            continue;
        }
        let text = String::from_utf8_lossy(text).into_owned();
        if of == COMMON_NAME {
            common = Some(text);
        } else if of == ORGANIZATION {
            organization = Some(text);
        }
    }
    common.or(organization)
}

/// `YYMMDDhhmmssZ` of 1950 to 2049, or with four digits for the year.
fn moment(tag: u8, text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?;
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i16>().ok();
    let (year, at) = match tag {
        UTC_TIME => {
            let year = number(0, 2)?;
            (if year < 50 { 2000 + year } else { 1900 + year }, 2)
        }
        GENERALIZED_TIME => (number(0, 4)?, 4),
        _ => return None,
    };
    let part = |nth: usize| i8::try_from(number(at + 2 * nth, at + 2 * nth + 2)?).ok();
    let local = DateTime::new(year, part(0)?, part(1)?, part(2)?, part(3)?, part(4)?, 0).ok()?;
    Some(local.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issuer_and_end_are_read_from_a_real_certificate() {
        let mut of_ca = rcgen::CertificateParams::new(vec![]).unwrap();
        of_ca
            .distinguished_name
            .push(rcgen::DnType::CommonName, "Contoso Root 7");
        let key = rcgen::KeyPair::generate().unwrap();
        let issuer = rcgen::Issuer::new(of_ca, key);
        for (year, expected) in [(2031, "2031-05-04T00:00:00Z"), (2061, "2061-05-04T00:00:00Z")] {
            let mut own = rcgen::CertificateParams::new(vec!["graph.example".to_owned()]).unwrap();
            own.not_after = rcgen::date_time_ymd(year, 5, 4);
            let own = own
                .signed_by(&rcgen::KeyPair::generate().unwrap(), &issuer)
                .unwrap();
            let read = Certificate::read(own.der()).unwrap();
            assert_eq!(read.issuer, "Contoso Root 7");
            assert_eq!(read.ends_at, expected.parse::<Timestamp>().unwrap());
            // Nothing that is cut short is read as something else, and nothing of it panics.
            for end in 0..own.der().len() {
                assert_eq!(Certificate::read(&own.der()[..end]), None);
            }
        }
    }
}
