//! Several profiles in one word: a list, a pattern, both. What a profile is called comes first: a name is never a
//! pattern.

use super::{Config, LOCAL, OF_VARIABLES, login};
use crate::domain::shape::ProfileRow;
use crate::domain::{Error, ErrorCode, Result};

impl Config {
    /// The profiles that a list or a pattern names, each once, in the order of the list; `None`: the word is the name of
    /// one, or none is said.
    ///
    /// # Errors
    /// `usage` for a pattern that no profile matches, with the names that there are.
    pub fn several(&self, flag: Option<&str>) -> Result<Option<Vec<String>>> {
        let Some(text) = flag.or_else(|| self.env.get("MFACTL_PROFILE")) else {
            return Ok(None);
        };
        if !text.contains([',', '*', '?']) || self.file.profiles.contains_key(text) {
            return Ok(None);
        }
        let mut names: Vec<String> = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let found: Vec<&str> = if part.contains(['*', '?']) {
                let usable = self.file.profiles.keys().map(String::as_str);
                usable
                    .filter(|name| matches(part, name) && !self.is_base(name))
                    .collect()
            } else {
                vec![part]
            };
            if found.is_empty() {
                let known: Vec<&str> = self.file.profiles.keys().map(String::as_str).collect();
                return Err(
                    Error::new(ErrorCode::Usage, format!("no profile matches \"{part}\"")).hint(
                        if known.is_empty() {
                            "there is no profile yet: mfactl profile add".to_owned()
                        } else {
                            format!("profiles are: {}", known.join(", "))
                        },
                    ),
                );
            }
            for name in found {
                if !names.iter().any(|known| known == name) {
                    names.push(name.to_owned());
                }
            }
        }
        if names.is_empty() {
            return Err(Error::new(
                ErrorCode::Usage,
                format!("-p \"{text}\" names no profile"),
            ));
        }
        Ok(Some(names))
    }

    /// Whether a profile is there only for others to take over its keys.
    fn is_base(&self, name: &str) -> bool {
        let whole = self.section(name).is_ok_and(|section| {
            section.service.is_some() && (section.tenant.is_some() || section.realm.is_some())
        });
        !whole && !self.extended_by(name).is_empty()
    }

    /// The name of the profile that serves where none is named on the command line; `None`: there is none.
    pub fn chosen(&self) -> Option<&str> {
        match self.env.get("MFACTL_PROFILE") {
            Some(name) => Some(name),
            None if self.env.get("MFACTL_SERVICE").is_some() => Some(OF_VARIABLES),
            None => self.file.default_profile.as_deref(),
        }
    }

    /// Whether the file alone says which profile serves unasked.
    pub fn is_default_by_file(&self) -> bool {
        self.env.get("MFACTL_PROFILE").is_none() && self.env.get("MFACTL_SERVICE").is_none()
    }

    /// Every profile: those of the file by name, the one of variables, and the built-in one.
    pub fn rows(&self) -> Vec<ProfileRow> {
        let by_variables = self.env.get("MFACTL_SERVICE").map(|_| OF_VARIABLES);
        let own = (!self.file.profiles.contains_key(LOCAL)).then_some(LOCAL);
        let names = self.file.profiles.keys().map(String::as_str);
        names
            .chain(by_variables)
            .chain(own)
            .map(|name| self.row(name))
            .collect()
    }

    /// How many profiles the file has.
    pub fn written(&self) -> usize {
        self.file.profiles.len()
    }

    fn row(&self, name: &str) -> ProfileRow {
        let made = name == OF_VARIABLES && !self.file.profiles.contains_key(name);
        let section = if made {
            Ok(super::profile::of_variables(&self.env))
        } else {
            self.section(name)
        };
        let default = self.chosen() == Some(name);
        let problem = self.problem(name);
        let Ok(section) = section else {
            return ProfileRow {
                profile: name.to_owned(),
                default,
                service: None,
                tenant: None,
                auth: None,
                domain: None,
                extends: None,
                problem,
            };
        };
        let inside = name == LOCAL && section.url.is_none();
        let auth = section
            .auth
            .clone()
            .unwrap_or_else(|| login::usual(&section, &self.env).to_owned());
        ProfileRow {
            profile: name.to_owned(),
            default,
            auth: (!inside).then_some(auth),
            service: section.service,
            tenant: section.realm.or(section.tenant),
            domain: section.domain,
            extends: section.extends,
            problem,
        }
    }

    /// What keeps a profile from being used, as far as that is known before signing in.
    pub fn problem(&self, name: &str) -> Option<String> {
        let made = name == OF_VARIABLES && !self.file.profiles.contains_key(name);
        let found = if made {
            self.profile(None)
        } else {
            self.named(name, true)
        };
        found.err().map(|error| {
            let message = error.message();
            let start = format!("profile \"{name}\": ");
            message.strip_prefix(start.as_str()).unwrap_or(message).to_owned()
        })
    }
}

/// Whether a name fits a pattern: `*` is any text, `?` one letter.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    // The last star, and the text that it stands for so far.
    let (mut at, mut of, mut star) = (0, 0, None);
    while of < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, of));
                at += 1;
            }
            Some('?') => {
                at += 1;
                of += 1;
            }
            Some(letter) if name.get(of) == Some(letter) => {
                at += 1;
                of += 1;
            }
            _ => match star {
                Some((place, taken)) => {
                    star = Some((place, taken + 1));
                    at = place + 1;
                    of = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|letter| *letter == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Env;

    fn several(text: &str, flag: &str) -> Result<Option<Vec<String>>> {
        Config::of(text, &Env::default()).unwrap().several(Some(flag))
    }

    const FIVE: &str = "[profiles.msp]\nservice = \"entra\"\n\
        [profiles.msp-a]\nextends = \"msp\"\ntenant = \"a\"\n\
        [profiles.msp-b]\nextends = \"msp\"\ntenant = \"b\"\n\
        [profiles.own]\nservice = \"entra\"\n\
        [profiles.\"x,y\"]\nservice = \"entra\"\n";

    #[test]
    fn a_list_keeps_its_order_and_a_pattern_leaves_out_what_only_others_extend() {
        let names = |flag| several(FIVE, flag).unwrap();
        let some = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(names("own"), None);
        assert_eq!(names("x,y"), None, "it is the name of one");
        assert_eq!(names("own,msp-a,own"), some(&["own", "msp-a"]));
        assert_eq!(names("msp*"), some(&["msp-a", "msp-b"]));
        assert_eq!(names("msp-b, msp-?"), some(&["msp-b", "msp-a"]));
        assert_eq!(names("local,nobody"), some(&["local", "nobody"]));
        assert_eq!(names("msp,own"), some(&["msp", "own"]), "who is named is meant");
        let error = several(FIVE, "nix-*").unwrap_err();
        assert_eq!(error.code().exit_code(), 2);
        assert!(error.hint_text().unwrap().contains("msp-a, msp-b, own"));
        assert_eq!(several("", ",").unwrap_err().code(), ErrorCode::Usage);
    }

    #[test]
    fn a_star_is_any_text_and_a_question_mark_one_letter() {
        for (pattern, name, fits) in [
            ("*", "", true),
            ("a*", "abc", true),
            ("*c", "abcc", true),
            ("a*b*c", "axxbyybzc", true),
            ("a*b*c", "axxbyybz", false),
            ("a?", "a", false),
            ("a?", "ab", true),
            ("abc", "abd", false),
            ("A*", "abc", false),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }

    #[test]
    fn a_profile_that_cannot_be_used_is_listed_with_why() {
        let config = Config::of("[profiles.x]\nservice = \"entra\"\n", &Env::default()).unwrap();
        let rows = config.rows();
        assert_eq!(rows[0].problem.as_deref(), Some("tenant is missing"));
        assert_eq!((rows[1].profile.as_str(), &rows[1].auth), ("local", &None));
    }
}
