//! `--shard I/N`: people divided into N stable parts by their ids, so that N machines need not talk to each other.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use crate::domain::UserId;

/// The most parts.
const MOST: u32 = 100_000;

/// One of N parts of the people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which one, from 1; `None`: the one that this machine's number says.
    pub index: Option<u32>,
    /// Of how many.
    pub of: u32,
}

impl FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("write I/N with I from 1 to N, such as 2/8, or auto/N, and N up to {MOST}");
        let (index, of) = text.split_once('/').ok_or_else(wrong)?;
        let of = of.parse().map_err(|_| wrong())?;
        let index = match index {
            "auto" => None,
            index => Some(index.parse().map_err(|_| wrong())?),
        };
        let fits = (1..=MOST).contains(&of) && index.is_none_or(|index| (1..=of).contains(&index));
        fits.then_some(Self { index, of }).ok_or_else(wrong)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.index {
            Some(index) => write!(f, "{index}/{}", self.of),
            None => write!(f, "auto/{}", self.of),
        }
    }
}

/// Which part of `of` a person is in, from 1. The same on every machine and in every version: a job may be run again.
pub(super) fn part_of(user: &UserId, of: u32) -> u32 {
    let digest = Sha256::digest(user.0.to_lowercase().as_bytes());
    let mut start = [0; 8];
    start.copy_from_slice(&digest[..8]);
    // The remainder is less than a u32.
    1 + (u64::from_be_bytes(start) % u64::from(of.max(1))) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_one_of_so_many_from_1() {
        assert_eq!(
            "2/8".parse(),
            Ok(Part {
                index: Some(2),
                of: 8
            })
        );
        assert_eq!("auto/3".parse(), Ok(Part { index: None, of: 3 }));
        for wrong in ["0/8", "9/8", "1/0", "1", "a/2", "1/b", "-1/2", "1/2/3"] {
            assert!(wrong.parse::<Part>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn everybody_is_in_one_part_and_always_in_the_same() {
        let mut sizes = [0_u32; 4];
        for number in 0..4_000 {
            let id = UserId(format!("3179e48a-750b-4051-897c-{number:012}"));
            sizes[part_of(&id, 4) as usize - 1] += 1;
            assert_eq!(part_of(&id, 4), part_of(&UserId(id.0.to_uppercase()), 4));
        }
        assert!(sizes.iter().all(|size| (900..1_100).contains(size)), "{sizes:?}");
        // What was divided by one version is divided likewise by the next.
        assert_eq!(part_of(&"3179e48a-750b-4051-897c-87b9720928f7".into(), 8), 1);
    }
}
