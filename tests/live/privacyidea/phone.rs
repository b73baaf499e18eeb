//! A telephone with privacyIDEA's app on it, as the server meets one: it registers behind the link that was scanned, asks for
//! what is to be approved, and signs its answers (documentation of `/ttype/push`: "Push Token", and the server's own source).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{KeyPair, PublicKeyData as _, SigningKey as _};
use serde_json::{Value, json};

use crate::waiting::until;
use crate::witness::send;

/// The telephone.
pub(crate) struct Phone {
    pub(crate) serial: String,
    key: KeyPair,
}

/// What is answered.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Answer {
    Yes,
    No,
}

impl Phone {
    /// Scans the link of an enrolment, and registers.
    #[track_caller]
    pub(crate) fn scans(link: &str) -> Self {
        let link = url::Url::parse(link).unwrap();
        let said = |name: &str| {
            let found = link.query_pairs().find(|(key, _)| key == name);
            found
                .unwrap_or_else(|| panic!("no {name} in {link}"))
                .1
                .into_owned()
        };
        let phone = Self {
            serial: said("serial"),
            key: KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap(),
        };
        let public = URL_SAFE_NO_PAD.encode(phone.key.subject_public_key_info());
        // What the base 64 of the server's library wants at its end.
        let public = format!("{public}{}", "=".repeat((4 - public.len() % 4) % 4));
        let body = json!({"serial": phone.serial, "fbtoken": "", "pubkey": public,
            "enrollment_credential": said("enrollment_credential")});
        let path = said("url");
        assert!(path.ends_with("/ttype/push"), "{path}");
        let answer = send("POST", "/ttype/push", &[], &body);
        assert_eq!(answer.body["result"]["value"], json!(true), "{}", answer.body);
        phone
    }

    fn signed(&self, text: &str) -> String {
        base32(&self.key.sign(text.as_bytes()).unwrap())
    }

    /// What it shows: the questions that wait for an answer, with their nonces.
    #[track_caller]
    fn asked(&self) -> Vec<Value> {
        let now = jiff::Timestamp::from_second(now()).unwrap().to_string();
        let signature = self.signed(&format!("{}|{now}", self.serial));
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("serial", &self.serial)
            .append_pair("timestamp", &now)
            .append_pair("signature", &signature)
            .finish();
        let answer = send("GET", &format!("/ttype/push?{query}"), &[], &Value::Null);
        answer
            .value()
            .as_array()
            .unwrap_or_else(|| panic!("{}", answer.body))
            .clone()
    }

    /// Waits until it is asked, and answers.
    #[track_caller]
    pub(crate) fn answers(&self, with: Answer) {
        let asked = until("the phone is asked", || self.asked().into_iter().next());
        let nonce = asked["nonce"].as_str().unwrap();
        let mut body = json!({"serial": self.serial});
        let mut signed = format!("{nonce}|{}", self.serial);
        if with == Answer::No {
            body["decline"] = json!(1);
            signed.push_str("|decline");
        }
        body["signature"] = json!(self.signed(&signed));
        let answer = send("POST", "/ttype/push", &[], &body);
        assert_eq!(answer.body["result"]["value"], json!(true), "{}", answer.body);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a telephone goes by the clock of the machine"
)]
fn now() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(now.unwrap().as_secs()).unwrap()
}

/// RFC 4648, 6, with what fills it up.
fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::new();
    for group in bytes.chunks(5) {
        let mut block = [0_u8; 8];
        block[3..3 + group.len()].copy_from_slice(group);
        let value = u64::from_be_bytes(block);
        let letters = (group.len() * 8).div_ceil(5);
        for at in 0..8 {
            let letter = usize::try_from((value >> (35 - 5 * at)) & 31).unwrap();
            text.push(if at < letters {
                char::from(LETTERS[letter])
            } else {
                '='
            });
        }
    }
    text
}
