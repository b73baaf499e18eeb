//! Per-user MFA: what asks one person for a second factor, beside every policy.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::error::{Error, ErrorCode};

/// Per-user MFA of one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MfaState {
    /// Nobody asks because of this setting.
    Disabled,
    /// The person is asked to register; becomes `Enforced` by itself with the first method.
    Enabled,
    /// The person is asked at each sign-in.
    Enforced,
}

impl MfaState {
    /// Every state, from none to most.
    pub const ALL: [Self; 3] = [Self::Disabled, Self::Enabled, Self::Enforced];

    /// The state as it is typed and printed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Enabled => "enabled",
            Self::Enforced => "enforced",
        }
    }

    /// Whether `stands`, as a service spells it, is this state, or what this state becomes by itself.
    pub fn is_met_by(self, stands: &str) -> bool {
        stands.eq_ignore_ascii_case(self.as_str())
            || (self == Self::Enabled && stands.eq_ignore_ascii_case(Self::Enforced.as_str()))
    }
}

impl fmt::Display for MfaState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for MfaState {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let known = |state: &&Self| state.as_str().eq_ignore_ascii_case(text.trim());
        Self::ALL.iter().find(known).copied().ok_or_else(|| {
            Error::new(ErrorCode::InvalidInput, format!("\"{text}\" is not a state"))
                .hint("STATE is one of: disabled, enabled, enforced")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enabled_is_met_by_what_it_becomes_and_no_other_state_is() {
        for state in MfaState::ALL {
            assert_eq!(state.as_str().to_uppercase().parse::<MfaState>().unwrap(), state);
            assert!(state.is_met_by(state.as_str()));
        }
        assert!(MfaState::Enabled.is_met_by("enforced"));
        assert!(!MfaState::Enforced.is_met_by("enabled") && !MfaState::Disabled.is_met_by("enabled"));
        assert!("on".parse::<MfaState>().is_err());
    }
}
