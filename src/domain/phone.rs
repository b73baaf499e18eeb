//! Telephone numbers: read, checked against the numbering plans, printed and sent. The only place that touches phone
//! metadata, which is loaded at first use.

use std::borrow::Cow;
use std::fmt;

use rlibphonenumber::enums::Region;
use rlibphonenumber::{PHONE_NUMBER_UTIL, ParseError, PhoneNumberFormat};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A number that a numbering plan knows, or that a service keeps, with its optional extension.
///
/// Two numbers are equal when they ring the same line; spelling does not count.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct PhoneNumber {
    country_code: i32,
    national: String,
    extension: Option<String>,
}

/// Why a text is not a telephone number, in words for the person who typed it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{given}\" is not a phone number: {why}")]
pub struct BadNumber {
    /// What was typed.
    pub given: String,
    /// What is wrong with it.
    pub why: Cow<'static, str>,
    /// What to type instead, where that can be said.
    pub hint: Option<Cow<'static, str>>,
}

impl PhoneNumber {
    /// Reads a number in international form, or a national one of `region` (ISO 3166 code, such as `NL`).
    ///
    /// # Errors
    /// What is wrong: no country code and no region, letters, too short, too long, not in the numbering plan.
    pub fn parse(text: &str, region: Option<&str>) -> Result<Self, BadNumber> {
        let bad = |why: &'static str, hint: Option<&'static str>| BadNumber {
            given: text.to_owned(),
            why: why.into(),
            hint: hint.map(Into::into),
        };
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Err(bad(
                "it is empty",
                Some("type it as +COUNTRY NUMBER, such as \"+31 612345678\""),
            ));
        }
        let international = trimmed.starts_with('+') || trimmed.starts_with('\u{ff0b}');
        if let Some((why, hint)) = spoilt(trimmed) {
            return Err(bad(why, Some(hint)));
        }
        let (main, _) = split_extension(trimmed);
        if main.chars().any(char::is_alphabetic) {
            return Err(bad(
                "it has letters in it",
                Some("write digits only, an extension as x123"),
            ));
        }
        let home = region;
        let region: Option<Region> = match region {
            Some(code) => Some(code.to_ascii_uppercase().parse().map_err(|_| BadNumber {
                given: text.to_owned(),
                why: format!("the region \"{code}\" is not a country").into(),
                hint: Some("set region to an ISO 3166 code, such as NL".into()),
            })?),
            None => None,
        };
        if !international && let Some(meant) = without_plus(main, region) {
            return Err(BadNumber {
                given: text.to_owned(),
                why: "it seems to have lost its plus".into(),
                hint: Some(
                    format!(
                        "if {meant} is meant, write it so; a spreadsheet drops the plus unless the column is text"
                    )
                    .into(),
                ),
            });
        }
        if !international && let Some(meant) = dialled_from_abroad(main, region) {
            return Err(BadNumber {
                given: text.to_owned(),
                why: "00 is no country code".into(),
                hint: Some(format!("if {meant} is meant, write it so").into()),
            });
        }
        if !international && region.is_none() {
            return Err(bad(
                "it has no country code",
                Some("write it as +COUNTRY NUMBER, such as \"+31 612345678\", or set region in the profile"),
            ));
        }
        let number = PHONE_NUMBER_UTIL
            .parse(trimmed, region)
            .map_err(|error| match error {
                ParseError::InvalidCountryCode => {
                    bad("no country has that code", Some("check the digits behind the +"))
                }
                ParseError::TooShortAfterIdd | ParseError::TooShortNsn => bad("it is too short", None),
                ParseError::TooLongNsn => bad("it is too long", None),
                _ => bad(
                    if main.bytes().filter(u8::is_ascii_digit).count() > 1 {
                        "it is not made of digits"
                    } else {
                        "it is too short"
                    },
                    Some("type it as +COUNTRY NUMBER, such as \"+31 612345678\""),
                ),
            })?;
        if !number.is_valid() {
            let digits = main.chars().filter(char::is_ascii_digit).count();
            return Err(BadNumber {
                given: text.to_owned(),
                ..not_in_the_plan(digits, home.filter(|_| !international))
            });
        }
        Ok(Self::of(&number))
    }

    /// Reads a number as a service keeps it: international, in digits. Its numbering plan is not asked: a directory holds
    /// numbers that are newer than the plans at hand, or that nobody checked. `None`: it is none, or part of it is hidden.
    pub fn kept(text: &str) -> Option<Self> {
        let text = text.trim();
        let (main, _) = split_extension(text);
        let digits = main
            .strip_prefix('+')?
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '(' | ')'));
        let number = PHONE_NUMBER_UTIL
            .parse(text, None)
            .ok()
            .filter(|number| digits && number.is_possible_with_reason().is_ok())?;
        Some(Self::of(&number))
    }

    fn of(number: &rlibphonenumber::PhoneNumber) -> Self {
        let e164 = number.format_as(PhoneNumberFormat::E164).into_owned();
        let code = number.country_code.to_string();
        let national = e164
            .trim_start_matches('+')
            .strip_prefix(&code)
            .unwrap_or_default()
            .to_owned();
        Self {
            country_code: number.country_code,
            national,
            extension: number.extension.clone().filter(|digits| !digits.is_empty()),
        }
    }

    /// `+31612345678`, without the extension (ITU-T E.164).
    pub fn e164(&self) -> String {
        format!("+{}{}", self.country_code, self.national)
    }

    /// The digits behind the `x`, where the number has an extension.
    pub fn extension(&self) -> Option<&str> {
        self.extension.as_deref()
    }

    /// `+31 612345678x12`: country code, a space, the rest, as telephone fields of directories have it.
    pub fn spaced(&self) -> String {
        let extension = self
            .extension
            .as_deref()
            .map(|digits| format!("x{digits}"))
            .unwrap_or_default();
        format!("+{} {}{extension}", self.country_code, self.national)
    }
}

/// Why so many digits are no number of their country; `home` is the region by which a national number was read, which may
/// be a mobile number of another country's.
fn not_in_the_plan(digits: usize, home: Option<&str>) -> BadNumber {
    let why = if digits < 8 {
        "it is too short for that country"
    } else if digits > 15 {
        "it is too long"
    } else {
        "that country's numbering plan has no such number"
    };
    let hint = home.map_or(
        Cow::Borrowed("check the digits; a zero in front of the area code is left out"),
        |home| {
            let home = home.to_ascii_uppercase();
            format!("without a + it is read as a number of {home}; write it as +COUNTRY NUMBER").into()
        },
    );
    BadNumber {
        given: String::new(),
        why: why.into(),
        hint: Some(hint),
    }
}

/// What a spreadsheet or a program made of a number: its digits are lost, or one is too many.
fn spoilt(text: &str) -> Option<(&'static str, &'static str)> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some((mantissa, exponent)) = text.split_once(['e', 'E']) {
        let number = mantissa.split(['.', ',']).all(digits);
        if number && digits(exponent.trim_start_matches('+')) {
            return Some((
                "a spreadsheet has rounded it, and its last digits are lost",
                "make the column text in the spreadsheet, enter the number again, and save the file anew",
            ));
        }
    }
    if let Some((whole, "0" | "00")) = text.split_once(['.', ','])
        && whole.len() >= 7
        && digits(whole)
    {
        return Some((
            "a program has made a decimal fraction of it",
            "export the column as text, without \".0\" at the end",
        ));
    }
    None
}

/// Whether this is the ISO 3166 code of a country that has phone numbers, in capitals.
pub fn is_region(code: &str) -> bool {
    code.parse::<Region>()
        .is_ok_and(|region| PHONE_NUMBER_UTIL.get_country_code_for_region(region).is_some())
}

/// The international number that bare digits are with a plus before them, where that is more likely than a national
/// one: they begin with no zero, and the region's plan has no such number unless its own country code is taken off.
fn without_plus(main: &str, region: Option<Region>) -> Option<String> {
    /// North America writes its code without a plus: it is the national prefix too.
    const NORTH_AMERICA: i32 = 1;
    let digits: String = main.chars().filter(char::is_ascii_digit).collect();
    if digits.starts_with('0') || digits.len() < 9 || main.chars().any(|c| !c.is_ascii_digit() && c != ' ') {
        return None;
    }
    let with = PHONE_NUMBER_UTIL.parse(format!("+{digits}"), None).ok()?;
    if !with.is_valid() {
        return None;
    }
    if let Some(region) = region {
        let national = PHONE_NUMBER_UTIL.parse(&digits, Some(region)).ok();
        let national = national.filter(|number| number.is_valid());
        let same = |number: &rlibphonenumber::PhoneNumber| {
            number.format_as(PhoneNumberFormat::E164) == with.format_as(PhoneNumberFormat::E164)
        };
        if national.is_some_and(|number| !same(&number) || number.country_code == NORTH_AMERICA) {
            return None;
        }
    }
    Some(with.format_as(PhoneNumberFormat::International).replace('-', " "))
}

/// The international number that stands behind `00`, the way many countries dial abroad, where the region dials otherwise.
fn dialled_from_abroad(main: &str, region: Option<Region>) -> Option<String> {
    let digits: String = main.chars().filter(char::is_ascii_digit).collect();
    let behind = digits
        .strip_prefix("00")
        .filter(|behind| !behind.starts_with('0'))?;
    let read = region.and_then(|region| PHONE_NUMBER_UTIL.parse(&digits, Some(region)).ok());
    if read.is_some_and(|number| number.is_valid()) {
        return None;
    }
    let meant = PHONE_NUMBER_UTIL.parse(format!("+{behind}"), None).ok()?;
    let meant = meant.is_valid().then_some(meant)?;
    Some(
        meant
            .format_as(PhoneNumberFormat::International)
            .replace('-', " "),
    )
}

/// Cuts `x123` or `ext. 123` off a number.
fn split_extension(text: &str) -> (&str, Option<&str>) {
    let lower = text.to_ascii_lowercase();
    for mark in ["extension", "ext.", "ext", "x", ";ext=", "#"] {
        if let Some(at) = lower.rfind(mark) {
            let digits = text[at + mark.len()..].trim();
            if at > 0 && !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()) {
                return (&text[..at], Some(digits));
            }
        }
    }
    (text, None)
}

/// `+31 6 12345678 x12`: grouped as that country writes it.
impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grouped = PHONE_NUMBER_UTIL.parse(self.e164(), None).map_or_else(
            |_| self.spaced(),
            |number| {
                number
                    .format_as(PhoneNumberFormat::International)
                    .replace('-', " ")
            },
        );
        match &self.extension {
            Some(extension) => f.pad(&format!("{grouped} x{extension}")),
            None => f.pad(&grouped),
        }
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = BadNumber;

    fn try_from(text: String) -> Result<Self, BadNumber> {
        // What the program wrote itself: also a number that it was told and that no plan knows.
        Self::kept(&text).map_or_else(|| Self::parse(&text, None), Ok)
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.spaced()
    }
}

#[cfg(test)]
mod tests;
