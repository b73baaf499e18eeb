//! What people have, enrolled as their apps, telephones and mailboxes would; and the codes that come of it.

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::codes::{STEP, code_in, seed_in, shown};
use super::{QUESTIONS, Server};
use crate::domain::{Clock as _, MethodKind, SystemClock};

/// Where codes go of numbers and addresses that people are made with.
const NUMBER: &str = "+14255550100";
const OTHER_NUMBER: &str = "+14255550101";
const ADDRESS: &str = "p@home.example";

/// A person as they were made.
#[derive(Default)]
pub(super) struct Made {
    pub(super) name: String,
    /// The seed of the authenticator, in base 32.
    seed: String,
    /// How many codes of it were used: none works twice.
    used: u64,
    pub(super) app_passwords: Vec<String>,
    /// The telephone that approves: its serial, and the key that it signs with.
    pub(super) phone: Option<(String, KeyPair)>,
}

impl Server {
    /// The code in what was sent last to a number or an address.
    pub(super) fn received(&self, kind: &str, to: &str) -> String {
        let text = std::fs::read_to_string(self.folder.join(kind).join(to)).unwrap();
        code_in(&text)
    }

    /// The app scans what the enrolment shows, and tells the server its key.
    fn scan(&self, made: &mut Made, detail: &Value) {
        let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let public: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
        let serial = detail["serial"].as_str().unwrap().to_owned();
        let scanned = json!({"serial": serial, "fbtoken": "none", "pubkey": STANDARD.encode(public.as_ref()),
            "enrollment_credential": detail["enrollment_credential"]});
        let answer = self.send("POST", "/ttype/push", &[], &scanned);
        assert_eq!(answer.body["result"]["value"], true, "{}", answer.body);
        made.phone = Some((serial, key));
    }

    /// The challenges of a token that are open.
    pub(super) fn challenges(&self, serial: &str) -> Vec<Value> {
        let found = self.ask("GET", &format!("/token/challenges/{serial}"), &Value::Null);
        found["result"]["value"]["challenges"].as_array().unwrap().clone()
    }

    /// The challenge of an enrolment stays open for minutes after its code was typed.
    fn forget_challenges(&self, serial: &Value) {
        for open in self.challenges(serial.as_str().unwrap()) {
            let number = open["transaction_id"].as_str().unwrap();
            self.ask(
                "DELETE",
                &format!("/token/challenges/transaction/{number}"),
                &Value::Null,
            );
        }
    }

    /// A method of somebody, ready where nothing but a code is waited for.
    pub(super) fn enrol(&self, made: &mut Made, kind: MethodKind) {
        if matches!(kind, MethodKind::Passkey | MethodKind::SecurityKey) {
            self.pilots.lock().unwrap().push(made.name.clone());
            self.let_pilots_enrol();
        }
        let Some(body) = token(kind) else { return };
        let made_so = self.ask_for(&made.name, "POST", "/token/init", body);
        let detail = &made_so["detail"];
        if kind == MethodKind::Push {
            self.scan(made, detail);
        }
        if detail["rollout_state"] != "verify" {
            return;
        }
        let seed = || seed_in(detail["googleurl"]["value"].as_str().unwrap());
        let code = match kind {
            MethodKind::Totp => {
                made.seed = seed();
                made.next_code()
            }
            MethodKind::Hotp => shown(&seed(), 0),
            MethodKind::Email => self.received("mail", ADDRESS),
            MethodKind::PhoneAlternate => self.received("sms", OTHER_NUMBER),
            _ => self.received("sms", NUMBER),
        };
        let body = json!({"type": detail_type(kind), "serial": detail["serial"], "verify": code});
        let counts = self.ask_for(&made.name, "POST", "/token/init", body);
        assert_eq!(counts["detail"]["rollout_state"], "enrolled", "{counts}");
        self.forget_challenges(&detail["serial"]);
    }
}

impl Made {
    /// Somebody with nothing but a password.
    pub(super) fn called(name: String) -> Self {
        Self {
            name,
            ..Self::default()
        }
    }

    /// The next code of the authenticator that was not used: the server takes those of the near future.
    pub(super) fn next_code(&mut self) -> String {
        let now = u64::try_from(SystemClock.now().as_second()).unwrap();
        let code = shown(&self.seed, now + STEP * self.used);
        self.used += 1;
        code
    }
}

/// The server's name of a kind whose code is verified.
const fn detail_type(kind: MethodKind) -> &'static str {
    match kind {
        MethodKind::Totp => "totp",
        MethodKind::Hotp => "hotp",
        MethodKind::Email => "email",
        _ => "sms",
    }
}

/// What makes a method of a kind; `None`: it has no such kind.
fn token(kind: MethodKind) -> Option<Value> {
    let questions: serde_json::Map<String, Value> = QUESTIONS
        .iter()
        .map(|question| ((*question).to_owned(), json!("Rex the dog")))
        .collect();
    Some(match kind {
        MethodKind::Totp => json!({"type": "totp", "genkey": 1}),
        MethodKind::Hotp => json!({"type": "hotp", "genkey": 1}),
        MethodKind::Push => json!({"type": "push", "genkey": 1}),
        MethodKind::PhoneMobile => json!({"type": "sms", "phone": NUMBER}),
        MethodKind::PhoneAlternate => {
            let serial = format!("PISMALT{}", &uuid::Uuid::new_v4().simple().to_string()[..12]);
            json!({"type": "sms", "phone": OTHER_NUMBER, "serial": serial})
        }
        MethodKind::Email => json!({"type": "email", "email": ADDRESS}),
        MethodKind::Passkey => json!({"type": "passkey"}),
        MethodKind::SecurityKey => json!({"type": "webauthn"}),
        MethodKind::HardwareToken => json!({"type": "yubikey", "otpkey": "00112233445566778899aabbccddeeff"}),
        MethodKind::TemporaryPass => json!({"type": "registration"}),
        MethodKind::Questions => json!({"type": "question", "questions": questions}),
        MethodKind::BackupCodes => json!({"type": "tan"}),
        MethodKind::External => {
            json!({"type": "radius", "radius.server": "127.0.0.1", "radius.secret": "x", "radius.user": "x"})
        }
        MethodKind::Certificate => {
            let made = rcgen::generate_simple_self_signed(vec!["p.example".to_owned()]).unwrap();
            json!({"type": "certificate", "certificate": made.cert.pem()})
        }
        MethodKind::Authenticator => json!({"type": "tiqr"}),
        MethodKind::Unknown => json!({"type": "spass"}),
        _ => return None,
    })
}
