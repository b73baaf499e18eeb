//! Passwords that are made here: strong, easy to read aloud, and as the organization wants them. Sends nothing, knows no
//! vendor.

use crate::domain::{Error, ErrorCode, Result, Secret};

/// Sorts of characters, without letters and digits that are taken for one another when they are read aloud.
const LOWER: &[u8] = b"abcdefghjkmnpqrstuvwxyz";
const UPPER: &[u8] = b"ABCDEFGHJKMNPQRSTUVWXYZ";
const DIGITS: &[u8] = b"23456789";
const SPECIAL: &[u8] = b"-_.!+=?#";

/// How long a password is that is made without a longer one being asked for, in characters.
const LENGTH: usize = 16;
/// The longest that is made, in characters.
const LONGEST: usize = 256;

/// What a password must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rules {
    /// How long it is at least.
    pub(crate) length: usize,
    /// How long it is at most.
    pub(crate) most: usize,
    /// So many small letters at least.
    pub(crate) lower: usize,
    /// So many capital letters at least.
    pub(crate) upper: usize,
    /// So many digits at least.
    pub(crate) digits: usize,
    /// So many other characters at least.
    pub(crate) special: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            length: 1,
            most: LONGEST,
            lower: 1,
            upper: 1,
            digits: 1,
            special: 1,
        }
    }
}

/// A password by these rules, with every sort of character in it where there is room, in random places.
///
/// # Errors
/// `policy_refused` where no password can be so; `internal` where the machine gives no random bytes.
pub(crate) fn generate(rules: &Rules) -> Result<Secret> {
    let sorts = [
        (LOWER, rules.lower),
        (UPPER, rules.upper),
        (DIGITS, rules.digits),
        (SPECIAL, rules.special),
    ];
    let needed: usize = sorts.iter().map(|(_, count)| count).sum();
    let most = rules.most.min(LONGEST);
    let length = rules.length.max(LENGTH).max(needed).min(most);
    if needed > length || rules.length > length {
        return Err(Error::new(
            ErrorCode::PolicyRefused,
            "no password satisfies the policy: it asks for more characters than it allows",
        ));
    }
    let everything = [LOWER, UPPER, DIGITS, SPECIAL].concat();
    let mut password = Vec::with_capacity(length);
    for (alphabet, count) in sorts {
        for _ in 0..count {
            password.push(pick(alphabet)?);
        }
    }
    while password.len() < length {
        password.push(pick(&everything)?);
    }
    for at in (1..password.len()).rev() {
        password.swap(at, below(at + 1)?);
    }
    Ok(Secret::new(
        password.into_iter().map(char::from).collect::<String>(),
    ))
}

/// A PIN of so many digits.
///
/// # Errors
/// `internal` where the machine gives no random bytes.
pub(crate) fn digits(length: u32) -> Result<Secret> {
    let digits: Result<String> = (0..length).map(|_| pick(DIGITS).map(char::from)).collect();
    digits.map(Secret::new)
}

fn pick(alphabet: &[u8]) -> Result<u8> {
    Ok(alphabet[below(alphabet.len())?])
}

/// A random number below `limit`, each as likely as the others.
fn below(limit: usize) -> Result<usize> {
    let limit = u32::try_from(limit).unwrap_or(u32::MAX).max(1);
    let fair = u32::MAX - u32::MAX % limit;
    loop {
        let value = getrandom::u32()
            .map_err(|error| Error::new(ErrorCode::Internal, format!("no random bytes: {error}")))?;
        if value < fair {
            return Ok((value % limit) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&[u8]; 4] = [LOWER, UPPER, DIGITS, SPECIAL];

    fn count(password: &str, alphabet: &[u8]) -> usize {
        password.bytes().filter(|byte| alphabet.contains(byte)).count()
    }

    #[test]
    fn a_made_password_has_all_sorts_of_characters_and_is_another_each_time() {
        let made = || generate(&Rules::default()).unwrap().expose().to_owned();
        let passwords: Vec<String> = (0..50).map(|_| made()).collect();
        for password in &passwords {
            assert_eq!(password.len(), LENGTH);
            for alphabet in ALL {
                assert!(count(password, alphabet) > 0, "{password}");
            }
        }
        let different: std::collections::HashSet<_> = passwords.iter().collect();
        assert_eq!(different.len(), 50);
    }

    #[test]
    fn a_made_password_is_as_the_rules_say() {
        let rules = Rules {
            length: 24,
            upper: 5,
            digits: 6,
            special: 3,
            ..Rules::default()
        };
        for _ in 0..50 {
            let password = generate(&rules).unwrap();
            let password = password.expose();
            assert_eq!(password.len(), 24);
            assert!(count(password, UPPER) >= 5 && count(password, DIGITS) >= 6);
            assert!(count(password, SPECIAL) >= 3 && count(password, LOWER) >= 1);
        }
        let short = generate(&Rules {
            most: 8,
            ..Rules::default()
        })
        .unwrap();
        assert_eq!(short.expose().len(), 8);
    }

    #[test]
    fn rules_that_nothing_satisfies_are_refused() {
        let rules = Rules {
            length: 20,
            most: 12,
            ..Rules::default()
        };
        assert_eq!(generate(&rules).unwrap_err().code(), ErrorCode::PolicyRefused);
        let rules = Rules {
            digits: 14,
            most: 16,
            ..Rules::default()
        };
        assert_eq!(generate(&rules).unwrap_err().code(), ErrorCode::PolicyRefused);
    }
}
