//! privacyIDEA's spelling: what its JSON looks like, and how its names map to ours. Sources: api/privacyidea 2, 4, 5, 6, 7
//! and privacyIDEA's own documentation of its REST API. Types of token that nobody knows here are read too, and shown as
//! unknown.

mod devices;
mod time;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::domain::{AppPassword, Method, MethodKind, MethodState, PhoneNumber, Use, User, UserId};

pub(super) use devices::{WireClient, WireDevices};
pub(super) use time::moment;
pub(super) use time::written;

/// The type of tokens that are passwords for one application.
pub(super) const APPLICATION: &str = "applspec";
/// What the serial of a token begins with that was made in the place of a lost one.
const LOST: &str = "lost";

/// What the serial of a text token begins with that stands beside another number. privacyIDEA knows one sort of number, and any
/// number of them: the one that was added as the alternate one is told by the serial that it was given then. What
/// privacyIDEA itself puts behind the usual beginning are digits.
const ALTERNATE: &str = "PISMALT";

/// Types of token with the kind that each is, and what the serials of such tokens begin with.
const TYPES: &[(&str, MethodKind, &str)] = &[
    ("totp", MethodKind::Totp, "TOTP"),
    ("hotp", MethodKind::Hotp, "OATH"),
    ("sms", MethodKind::PhoneMobile, "PISM"),
    ("email", MethodKind::Email, "PIEM"),
    ("push", MethodKind::Push, "PIPU"),
    ("question", MethodKind::Questions, "QUST"),
    ("registration", MethodKind::TemporaryPass, "REG"),
    ("webauthn", MethodKind::SecurityKey, "WAN"),
    ("passkey", MethodKind::Passkey, "PIPK"),
    ("tan", MethodKind::BackupCodes, "PITN"),
    ("paper", MethodKind::BackupCodes, "PPR"),
    ("certificate", MethodKind::Certificate, "CRT"),
    ("yubikey", MethodKind::HardwareToken, "UBAM"),
    ("yubico", MethodKind::HardwareToken, "UBCM"),
    ("daplug", MethodKind::HardwareToken, "DPLG"),
    ("radius", MethodKind::External, "PIRA"),
    ("remote", MethodKind::External, "PIRE"),
    // Apps on the phone too, which count by time in ways of their own.
    ("motp", MethodKind::Totp, "PIMO"),
    ("daypassword", MethodKind::Totp, "DYPW"),
    // An app that scans what the sign-in shows, and answers by itself.
    ("tiqr", MethodKind::Authenticator, "TiQR"),
    ("vasco", MethodKind::HardwareToken, "VASC"),
    ("ocra", MethodKind::HardwareToken, "OCRA"),
];

/// Types that verify no sign-in: keys for other programs, and passwords that stay, of which one is nothing but its PIN. Nobody
/// who has these alone has a second factor.
const NO_FACTORS: [&str; 4] = ["sshkey", "certificate", "pw", "spass"];

/// How a kind is called when one is made, and what its serial begins with.
pub(super) fn type_of(kind: MethodKind) -> Option<(&'static str, &'static str)> {
    if kind == MethodKind::PhoneAlternate {
        return Some(("sms", ALTERNATE));
    }
    TYPES
        .iter()
        .find(|(_, known, _)| *known == kind)
        .map(|(name, _, prefix)| (*name, *prefix))
}

/// A person as a resolver lists one.
#[derive(Clone, Deserialize, Default)]
#[serde(default)]
pub(super) struct WireUser {
    pub(super) username: String,
    /// A number in some resolvers, and a text in others.
    userid: Value,
    pub(super) resolver: String,
    pub(super) realm: String,
    /// Whether the resolver can be written to.
    pub(super) editable: bool,
    givenname: Option<String>,
    surname: Option<String>,
    /// A text, or several.
    email: Value,
    mobile: Value,
    /// The name by which calls about tokens mean this person, where that was found out.
    #[serde(skip)]
    pub(super) typed: Option<String>,
}

/// The text of a value that may be a number, or the first of several.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(all) => all.iter().find_map(text_of),
        _ => None,
    }
    .filter(|text| !text.is_empty())
}

impl WireUser {
    /// The name by which calls about tokens mean this person.
    pub(super) fn called(&self) -> &str {
        self.typed.as_deref().unwrap_or(&self.username)
    }

    /// The id within the resolver.
    pub(super) fn uid(&self) -> String {
        text_of(&self.userid).unwrap_or_default()
    }

    /// The mail address.
    pub(super) fn address(&self) -> Option<String> {
        text_of(&self.email)
    }

    /// The mobile number, as the resolver writes it.
    pub(super) fn mobile(&self) -> Option<String> {
        text_of(&self.mobile)
    }

    /// Our id: ids are unique within a resolver, whose name holds no slash.
    pub(super) fn id(&self) -> UserId {
        UserId(format!("{}/{}", self.resolver, self.uid()))
    }

    /// The person. `enabled`: whether nobody locked the account for good.
    pub(super) fn to_user(&self, enabled: bool) -> User {
        let names: Vec<&str> = [self.givenname.as_deref(), self.surname.as_deref()]
            .into_iter()
            .flatten()
            .filter(|name| !name.trim().is_empty())
            .collect();
        User {
            id: self.id(),
            sign_in_name: self.username.clone(),
            display_name: (!names.is_empty()).then(|| names.join(" ")),
            mail: self.address(),
            // It knows no accounts that are off, which is for the directory behind it, but those that it keeps out.
            enabled,
            guest: false,
            // People of a resolver that it cannot write are another directory's.
            synced: Some(!self.editable),
            last_sign_in_at: None,
        }
    }
}

/// A lock of a person.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct WireLock {
    lock_cause: Option<String>,
    permanent: bool,
    /// Of one that ends by itself; one that has ended stands there for a while.
    seconds_remaining: Option<f64>,
    resolver: Option<String>,
    uid: Value,
}

impl WireLock {
    /// Whether it keeps somebody out now.
    pub(super) fn holds(&self) -> bool {
        self.permanent || self.seconds_remaining.is_some_and(|left| left > 0.0)
    }

    /// Whether somebody set it by hand, and for good.
    pub(super) fn is_by_hand(&self) -> bool {
        self.permanent && self.lock_cause.as_deref() == Some("MANUAL")
    }

    /// Our id of whom it keeps out.
    pub(super) fn whose(&self) -> Option<UserId> {
        Some(UserId(format!(
            "{}/{}",
            self.resolver.as_ref()?,
            text_of(&self.uid)?
        )))
    }
}

/// A page of locks.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct WireLocks {
    pub(super) next: Option<u64>,
    pub(super) locked_users: Vec<WireLock>,
}

/// A page of tokens.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct WireTokens {
    /// How many there are on all pages.
    pub(super) count: Option<u64>,
    pub(super) next: Option<u64>,
    pub(super) tokens: Vec<WireToken>,
}

/// A token.
#[derive(Clone, Deserialize, Default)]
#[serde(default)]
pub(super) struct WireToken {
    pub(super) serial: String,
    pub(super) tokentype: String,
    description: Option<String>,
    active: bool,
    revoked: bool,
    locked: bool,
    failcount: i64,
    maxfail: i64,
    rollout_state: Option<String>,
    info: BTreeMap<String, Value>,
    /// Of whom it is; empty: nobody's.
    user_id: Value,
    resolver: Option<String>,
    username: Option<String>,
}

impl WireToken {
    fn said(&self, key: &str) -> Option<String> {
        self.info.get(key).and_then(text_of)
    }

    fn moment(&self, key: &str) -> Option<Timestamp> {
        moment(&self.said(key)?)
    }

    /// Whether it is a password for one application.
    pub(super) fn is_app_password(&self) -> bool {
        self.tokentype == APPLICATION
    }

    /// Our id of whoever has it; `None`: nobody has.
    pub(super) fn owner(&self) -> Option<UserId> {
        let (uid, resolver) = (text_of(&self.user_id)?, self.resolver.as_ref()?);
        self.username.as_ref().filter(|name| !name.is_empty())?;
        Some(UserId(format!("{resolver}/{uid}")))
    }

    /// Whether it was locked by wrong tries.
    pub(super) fn is_blocked(&self) -> bool {
        self.maxfail > 0 && self.failcount >= self.maxfail
    }

    /// The service that an app password is for.
    pub(super) fn service(&self) -> Option<String> {
        self.said("service_id")
    }

    /// What it was called.
    pub(super) fn name(&self) -> Option<String> {
        self.description.clone().filter(|text| !text.trim().is_empty())
    }

    /// What it is.
    pub(super) fn kind(&self) -> MethodKind {
        let is_otp = matches!(self.tokentype.as_str(), "totp" | "hotp");
        if is_otp && self.said("tokenkind").as_deref() == Some("hardware") {
            return MethodKind::HardwareToken;
        }
        if self.tokentype == "sms" && self.serial.starts_with(ALTERNATE) {
            return MethodKind::PhoneAlternate;
        }
        if self.tokentype == "pw" && self.serial.starts_with(LOST) {
            return MethodKind::TemporaryPass;
        }
        TYPES
            .iter()
            .find(|(name, ..)| *name == self.tokentype)
            .map_or(MethodKind::Unknown, |(_, kind, _)| *kind)
    }

    fn state(&self, now: Timestamp) -> MethodState {
        let rollout = self.rollout_state.as_deref();
        let waits = matches!(rollout, Some("verify" | "clientwait" | "pending"));
        let never_came = matches!(rollout, Some("broken" | "failed" | "denied"));
        let ended = self.ends_at().is_some_and(|at| at <= now);
        if self.revoked {
            MethodState::Disabled
        } else if waits {
            MethodState::Pending
        } else if !self.active || self.locked || never_came {
            MethodState::Disabled
        } else if ended {
            MethodState::Expired
        } else if self.is_blocked() {
            MethodState::Blocked
        } else {
            MethodState::Ready
        }
    }

    fn ends_at(&self) -> Option<Timestamp> {
        self.moment("validity_period_end")
    }

    /// The method. `mobile` and `address`: where a token says that it takes those of the directory.
    pub(super) fn into_method(self, mobile: Option<&str>, address: Option<&str>, now: Timestamp) -> Method {
        let kind = self.kind();
        let mut method = Method::new(self.serial.clone(), kind, self.tokentype.clone());
        method.state = self.state(now);
        // There is no default: any of them will do.
        method.default = Some(false);
        // Its mails and questions are factors of a sign-in, and reset nothing.
        let is_factor = kind == MethodKind::TemporaryPass || !NO_FACTORS.contains(&self.tokentype.as_str());
        method.uses = if is_factor { vec![Use::SignIn] } else { vec![] };
        method.name = self.name();
        if kind == MethodKind::Unknown {
            // All that tells it apart.
            method.name = method.name.or_else(|| Some(self.tokentype.clone()));
        }
        method.added_at = self.moment("creation_date");
        method.last_used_at = self.moment("last_auth");
        method.expires_at = self.ends_at();
        let dynamic = |key: &str| {
            self.said(key)
                .is_some_and(|text| matches!(text.as_str(), "1" | "True" | "true"))
        };
        match kind {
            MethodKind::PhoneMobile | MethodKind::PhoneAlternate => {
                let text = if dynamic("dynamic_phone") {
                    mobile.map(str::to_owned)
                } else {
                    self.said("phone")
                };
                match text.as_deref().map(|text| PhoneNumber::parse(text, None)) {
                    Some(Ok(number)) => method.number = Some(number),
                    Some(Err(_)) => method.name = method.name.or(text),
                    None => {}
                }
            }
            MethodKind::Email => {
                method.address = if dynamic("dynamic_email") {
                    address.map(str::to_owned)
                } else {
                    self.said("email")
                };
            }
            MethodKind::Questions => {
                let count = self.info.keys().filter(|key| key.ends_with(".type")).count();
                method.name = method.name.or(match count {
                    0 => None,
                    1 => Some("1 question".to_owned()),
                    count => Some(format!("{count} questions")),
                });
            }
            _ => {}
        }
        method
    }

    /// The app password. Its name is the description that it was given, else the service that it is for.
    pub(super) fn into_app_password(self) -> AppPassword {
        AppPassword {
            name: self
                .name()
                .or_else(|| self.service())
                .unwrap_or_else(|| self.serial.clone()),
            created_at: self.moment("creation_date"),
            last_used_at: self.moment("last_auth"),
            id: self.serial,
        }
    }
}

/// A policy.
#[derive(Clone, Deserialize, Default)]
#[serde(default)]
pub(super) struct WirePolicy {
    pub(super) scope: String,
    pub(super) active: bool,
    pub(super) action: BTreeMap<String, Value>,
    pub(super) realm: Vec<String>,
    pub(super) resolver: Vec<String>,
    pub(super) user: Vec<String>,
    pub(super) client: Vec<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> WireToken {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn tokens_become_methods() {
        let now: Timestamp = "2026-11-22T15:00:00Z".parse().unwrap();
        let shown = |value: Value| {
            let method = read(value).into_method(Some("+31611111111"), Some("d@x.example"), now);
            let number = method.number.as_ref().map(PhoneNumber::e164);
            let label = number.or(method.address.clone()).or(method.name.clone());
            format!("{} {:?} {}", method.kind, method.state, label.unwrap_or_default())
        };
        let lines = [
            json!({"serial": "A", "tokentype": "totp", "active": true, "description": "Pixel", "rollout_state": "enrolled"}),
            json!({"serial": "A", "tokentype": "totp", "active": true, "info": {"tokenkind": "hardware"}}),
            json!({"serial": "A", "tokentype": "hotp", "active": false}),
            json!({"serial": "A", "tokentype": "totp", "active": false, "rollout_state": "verify"}),
            json!({"serial": "A", "tokentype": "push", "active": false, "rollout_state": "clientwait"}),
            json!({"serial": "A", "tokentype": "sms", "active": true, "failcount": 10, "maxfail": 10, "info": {"phone": "+31612345678"}}),
            json!({"serial": "A", "tokentype": "sms", "active": true, "info": {"dynamic_phone": "1"}}),
            json!({"serial": "A", "tokentype": "sms", "active": true, "info": {"phone": "front desk"}}),
            json!({"serial": "PISMALT0A1B2C3D4E5F", "tokentype": "sms", "active": true, "info": {"phone": "+31201234567"}}),
            json!({"serial": "PISM0001A1B2C3D4", "tokentype": "sms", "active": true, "info": {"phone": "+31201234567"}}),
            json!({"serial": "A", "tokentype": "email", "active": true, "info": {"email": "a@x.example"}}),
            json!({"serial": "A", "tokentype": "email", "active": true, "info": {"dynamic_email": "1"}}),
            json!({"serial": "A", "tokentype": "question", "active": true, "info": {"q0": "x", "q0.type": "password", "q1": "y", "q1.type": "password"}}),
            json!({"serial": "lostA", "tokentype": "pw", "active": true, "info": {"validity_period_end": "2026-11-22T10:00+0000"}}),
            json!({"serial": "A", "tokentype": "pw", "active": true}),
            json!({"serial": "A", "tokentype": "totp", "active": true, "revoked": true, "locked": true}),
        ]
        .map(shown);
        insta::assert_snapshot!(lines.join("\n"), @"
        totp Ready Pixel
        hardware-token Ready 
        hotp Disabled 
        totp Pending 
        push Pending 
        phone:mobile Blocked +31612345678
        phone:mobile Ready +31611111111
        phone:mobile Ready front desk
        phone:alternate Ready +31201234567
        phone:mobile Ready +31201234567
        email Ready a@x.example
        email Ready d@x.example
        questions Ready 2 questions
        temporary-pass Expired 
        unknown Ready pw
        totp Disabled 
        ");
    }

    /// Every type that privacyIDEA 3.14 ships (the modules of its `lib/tokens`), and whether it verifies a sign-in.
    #[test]
    fn every_type_of_token_has_its_kind_and_counts_as_a_factor_where_it_is_one() {
        let types = [
            "4eyes",
            "certificate",
            "daplug",
            "daypassword",
            "email",
            "hotp",
            "indexedsecret",
            "motp",
            "ocra",
            "paper",
            "passkey",
            "push",
            "pw",
            "question",
            "radius",
            "registration",
            "remote",
            "sms",
            "spass",
            "sshkey",
            "tan",
            "tiqr",
            "totp",
            "vasco",
            "webauthn",
            "yubico",
            "yubikey",
        ];
        let now: Timestamp = "2026-11-22T15:00:00Z".parse().unwrap();
        let lines = types.map(|of| {
            let token = read(json!({"serial": "A", "tokentype": of, "active": true}));
            let method = token.into_method(None, None, now);
            assert_eq!((method.service_type.as_str(), method.removable), (of, true));
            let factor = if method.signs_in() { "" } else { ", no factor" };
            format!("{of}: {}{factor}", method.kind)
        });
        insta::assert_snapshot!(lines.join("\n"), @"
        4eyes: unknown
        certificate: certificate, no factor
        daplug: hardware-token
        daypassword: totp
        email: email
        hotp: hotp
        indexedsecret: unknown
        motp: totp
        ocra: hardware-token
        paper: backup-codes
        passkey: passkey
        push: push
        pw: unknown, no factor
        question: questions
        radius: external
        registration: temporary-pass
        remote: external
        sms: phone:mobile
        spass: unknown, no factor
        sshkey: unknown, no factor
        tan: backup-codes
        tiqr: authenticator
        totp: totp
        vasco: hardware-token
        webauthn: security-key
        yubico: hardware-token
        yubikey: hardware-token
        ");
    }

    #[test]
    fn times_are_read_in_every_way_that_they_are_written() {
        for text in [
            "2026-11-22T14:57:43+00:00",
            "2026-11-22T14:57:43+0000",
            "2026-11-22 15:57:43.000+01:00",
            "2026-11-22 14:57:43",
        ] {
            assert_eq!(
                moment(text).unwrap().to_string(),
                "2026-11-22T14:57:43Z",
                "{text}"
            );
        }
        assert_eq!(moment("2026-11-22T14:57+0000").unwrap().as_second() % 60, 0);
        assert_eq!(moment(""), None);
        assert_eq!(
            written("2026-11-22T14:57:43Z".parse().unwrap()),
            "2026-11-22T14:57+0000"
        );
    }

    #[test]
    fn a_person_is_named_by_resolver_and_id() {
        let wire: WireUser =
            serde_json::from_value(json!({"username": "anna", "userid": 7, "resolver": "staff",
            "realm": "corp", "email": ["a@x.example", "b@x.example"], "mobile": "", "editable": false}))
            .unwrap();
        let user = wire.to_user(true);
        assert_eq!((user.id.0.as_str(), user.synced), ("staff/7", Some(true)));
        assert_eq!(user.mail.as_deref(), Some("a@x.example"));
        assert_eq!(wire.mobile(), None);
    }
}
