//! A person of the demo directory, who signs in and recovers with what she knows and holds.

use serde_json::Value;
use totp_rs::{Builder, Secret};

use crate::environment::Environment;

/// The person, with the secrets that were hers when the test began.
pub(crate) struct Person {
    environment: Environment,
    name: String,
    /// What `local secrets` gave when the person was made.
    pub(crate) secrets: Value,
}

/// The answer to a sign-in or a recovery.
#[derive(Clone, Debug)]
pub(crate) struct Answer(pub(crate) Value);

impl Answer {
    /// `signed_in`, `verification_required`, `registration_required`, `refused` or `recovered`.
    pub(crate) fn result(&self) -> &str {
        self.0["result"].as_str().unwrap_or_default()
    }

    /// Why, or nothing.
    pub(crate) fn reason(&self) -> &str {
        self.0["reason"].as_str().unwrap_or_default()
    }

    /// The factors that would do.
    pub(crate) fn factors(&self) -> Vec<&str> {
        self.0["factors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|factor| factor.as_str().unwrap())
            .collect()
    }

    /// A token of the answer.
    #[track_caller]
    pub(crate) fn token(&self, name: &str) -> String {
        self.0[name]
            .as_str()
            .unwrap_or_else(|| panic!("no {name} in {}", self.0))
            .to_owned()
    }

    /// The same answer, if it came out so.
    #[track_caller]
    pub(crate) fn is(self, result: &str) -> Self {
        assert_eq!(self.result(), result, "{}", self.0);
        self
    }
}

impl Person {
    #[track_caller]
    pub(crate) fn new(environment: Environment, name: &str) -> Self {
        let secrets = environment.json(&["local", "secrets", name]);
        Self {
            environment,
            name: name.to_owned(),
            secrets,
        }
    }

    /// The password that she knows.
    #[track_caller]
    pub(crate) fn password(&self) -> &str {
        self.secrets["password"].as_str().expect("her password is known")
    }

    /// The token of her remembered device.
    #[track_caller]
    pub(crate) fn device(&self) -> String {
        self.secrets["remembered_devices"][0]["token"]
            .as_str()
            .expect("a remembered device")
            .to_owned()
    }

    /// The password that one of her mail clients holds.
    #[track_caller]
    pub(crate) fn app_password(&self, name: &str) -> String {
        let all = self.secrets["app_passwords"].as_array().unwrap();
        let one = all
            .iter()
            .find(|one| one["name"] == name)
            .expect("an app password of this name");
        one["password"].as_str().expect("its secret is known").to_owned()
    }

    /// The seed in one of her apps.
    #[track_caller]
    pub(crate) fn seed(&self, device: &str) -> String {
        let all = self.secrets["totp"].as_array().unwrap();
        let one = all
            .iter()
            .find(|one| one["device"] == device)
            .expect("an app on this device");
        one["secret"].as_str().expect("its seed is known").to_owned()
    }

    /// Tries to sign in with exactly these options.
    #[track_caller]
    pub(crate) fn tries(&self, options: &[&str]) -> Answer {
        Answer(
            self.environment
                .json(&[&["local", "sign-in", &self.name], options].concat()),
        )
    }

    /// Tries to sign in with her password and these options.
    #[track_caller]
    pub(crate) fn signs_in(&self, options: &[&str]) -> Answer {
        self.tries(&[&["--password", self.password()], options].concat())
    }

    /// Tries to sign in with her password and a factor: asks for its code, reads it where it arrived, types it.
    #[track_caller]
    pub(crate) fn signs_in_by(&self, factor: &str) -> Answer {
        self.signs_in(&["--factor", &format!("{factor}:")])
            .is("verification_required");
        let code = self.received()["code"].as_str().unwrap().to_owned();
        self.signs_in(&["--factor", &format!("{factor}:{code}")])
    }

    /// Tries to sign in with her password and the code that an app with this seed shows now.
    #[track_caller]
    pub(crate) fn signs_in_by_code_of(&self, seed: &str) -> Answer {
        let code = shown(seed, self.environment.now());
        self.signs_in(&["--factor", &format!("totp:{code}")])
    }

    /// Tries to reset her own password with these options.
    #[track_caller]
    pub(crate) fn recovers(&self, options: &[&str]) -> Answer {
        Answer(
            self.environment
                .json(&[&["local", "recover", &self.name], options].concat()),
        )
    }

    /// Tries to reset her own password by a factor: asks for its code, reads it where it arrived, types it.
    #[track_caller]
    pub(crate) fn recovers_by(&self, factor: &str) -> Answer {
        self.recovers(&["--factor", &format!("{factor}:")])
            .is("verification_required");
        let code = self.received()["code"].as_str().unwrap().to_owned();
        self.recovers(&["--factor", &format!("{factor}:{code}")])
    }

    /// What her phones and mailboxes received, newest last.
    #[track_caller]
    pub(crate) fn outbox(&self) -> Vec<Value> {
        self.environment
            .json(&["local", "outbox", &self.name])
            .as_array()
            .unwrap()
            .clone()
    }

    /// The last that she received.
    #[track_caller]
    pub(crate) fn received(&self) -> Value {
        self.outbox().pop().expect("something arrived")
    }

    /// The references of her methods, as `methods list` prints them.
    #[track_caller]
    pub(crate) fn methods(&self) -> Vec<String> {
        refs(&self.environment.json(&["methods", "list", &self.name]))
    }

    /// The row of one of her methods.
    #[track_caller]
    pub(crate) fn method(&self, reference: &str) -> Value {
        let rows = self.environment.json(&["methods", "list", &self.name]);
        let row = rows
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["ref"] == reference);
        row.unwrap_or_else(|| panic!("no {reference} in {rows}")).clone()
    }

    /// The reference of her default method.
    #[track_caller]
    pub(crate) fn default(&self) -> Option<String> {
        let shown = self.environment.json(&["user", "show", &self.name]);
        shown["default_method"].as_str().map(str::to_owned)
    }
}

/// The references in a list of rows.
pub(crate) fn refs(rows: &Value) -> Vec<String> {
    rows.as_array()
        .unwrap()
        .iter()
        .map(|row| row["ref"].as_str().unwrap().to_owned())
        .collect()
}

/// What an app with this seed, base 32, shows at a moment.
pub(crate) fn shown(seed: &str, at: i64) -> String {
    let secret = Secret::try_from_base32(seed).unwrap();
    let totp = Builder::new().with_secret(secret).build().unwrap();
    totp.generate(u64::try_from(at).unwrap()).to_string()
}
