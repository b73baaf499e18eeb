//! A value that must not be seen: no Display, a Debug that hides it, wiped when it is dropped, one way to read it.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// A password, a code, a pass, an enrolment seed, an answer.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes a text that must not be shown.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The text itself: for the wire, or for the one place where a secret that was asked for is handed over.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The name of a secret that an action needs and a plan never holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// The password to be set.
    NewPassword,
    /// Answers to security questions: a JSON array of `{question, answer}`.
    Answers,
    /// A code that a token shows.
    Code,
    /// The response of an authenticator to creation options, JSON (WebAuthn).
    Credential,
}

/// Secret inputs of a step, filled at execution. Cannot be serialized.
#[derive(Clone, Debug, Default)]
pub struct Slots(BTreeMap<Slot, Secret>);

impl Slots {
    /// Puts a secret in its slot.
    pub fn fill(&mut self, slot: Slot, secret: Secret) {
        self.0.insert(slot, secret);
    }

    /// Whether nothing is in any.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is in a slot.
    pub fn get(&self, slot: Slot) -> Option<&Secret> {
        self.0.get(&slot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_does_not_show_a_secret() {
        let mut slots = Slots::default();
        slots.fill(Slot::NewPassword, Secret::new("hunter2"));
        assert!(!format!("{slots:?}").contains("hunter2"));
    }
}
