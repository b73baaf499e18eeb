//! What a plan stands on: id, enabled, methods, default, remembered devices; no timestamps. A plan whose person has
//! another state by the time it is applied is not run for that person.

use hmac::digest::Digest as _;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::domain::{Method, MethodKind, SecurityInfo, User};

/// The state of a person, as far as plans stand on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The person's id.
    pub id: String,
    /// Whether the account may sign in.
    pub enabled: bool,
    /// Methods in the order of their ids.
    pub methods: Vec<StateMethod>,
    /// Ids of the default method, or of those that are it together.
    pub default: Vec<String>,
    /// Ids of remembered devices; `null`: the service does not tell.
    pub remembered: Option<Vec<String>>,
}

/// A method, as far as plans stand on it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StateMethod {
    /// Its kind.
    pub kind: MethodKind,
    /// Its id.
    pub id: String,
    /// Its number, address or name.
    pub value: Option<String>,
}

impl State {
    /// The state that was read.
    pub fn new(user: &User, info: &SecurityInfo) -> Self {
        let mut methods: Vec<StateMethod> = info.methods().iter().map(StateMethod::new).collect();
        methods.sort();
        let mut default: Vec<String> = info
            .methods()
            .iter()
            .filter(|method| method.default == Some(true))
            .map(|method| method.id.0.clone())
            .collect();
        default.sort();
        let remembered = info.devices.as_ref().map(|_| {
            let mut ids: Vec<String> = info.remembered().map(|device| device.id.0.clone()).collect();
            ids.sort();
            ids
        });
        Self {
            id: user.id.0.clone(),
            enabled: user.enabled,
            methods,
            default,
            remembered,
        }
    }

    /// Its SHA-256, in hexadecimal.
    pub fn digest(&self) -> String {
        hex(serde_json::to_string(self).unwrap_or_default().as_bytes())
    }

    /// What is different in `now`, in few words: `+totp, -email, default`.
    pub fn difference(&self, now: &Self) -> String {
        let mut words = Vec::new();
        let same = |a: &StateMethod, b: &StateMethod| a.kind == b.kind && a.id == b.id;
        for method in &now.methods {
            match self.methods.iter().find(|old| same(old, method)) {
                None => words.push(format!("+{}", method.kind)),
                Some(old) if old.value != method.value => words.push(format!("{} changed", method.kind)),
                Some(_) => {}
            }
        }
        for method in &self.methods {
            if !now.methods.iter().any(|new| same(new, method)) {
                words.push(format!("-{}", method.kind));
            }
        }
        if self.default != now.default && words.is_empty() {
            words.push("another default".to_owned());
        }
        if self.enabled != now.enabled {
            words.push(if now.enabled { "enabled" } else { "disabled" }.to_owned());
        }
        if self.remembered != now.remembered {
            words.push("remembered devices".to_owned());
        }
        if words.is_empty() {
            words.push("other than it was".to_owned());
        }
        words.join(", ")
    }
}

impl StateMethod {
    fn new(method: &Method) -> Self {
        let number = method.number.as_ref().map(|number| number.spaced());
        Self {
            kind: method.kind,
            id: method.id.0.clone(),
            value: number
                .or_else(|| method.number_masked.clone())
                .or_else(|| method.address.clone())
                .or_else(|| method.name.clone()),
        }
    }
}

/// SHA-256 in hexadecimal.
fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
