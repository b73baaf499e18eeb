//! A realm of a live privacyIDEA as the world of the cases (api/privacyidea 1, 4, 5, 6). Each world makes its own, whose
//! every new method waits for its code; the program signs in with the rights of `tests/live/privacyidea-rights.json` and no
//! others. What the server sends lies in files, as `tests/live/privacyidea.sh` set it up.

mod enrolled;
mod realm;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature;
use rusqlite::Connection;
use serde_json::{Value, json};
use totp_rs::Secret as Seed;

use self::enrolled::Made;
use super::asking::{Answer, send};
use crate::auth::Credential;
use crate::domain::{MethodKind, Policy, PolicyUse, User, UserId};
use crate::services::ConnectOptions;
use crate::services::conformance::case::{Verdict, ensure};
use crate::services::conformance::world::{Facts, PASSWORD, World};

/// The realm of administrators that the server is set up with, and one of them.
const ADMINS: (&str, &str) = ("desk", "rita");
/// As many as the server wants.
const QUESTIONS: [&str; 5] = [
    "First pet?",
    "First car?",
    "First school?",
    "First job?",
    "First song?",
];
/// Remembered devices and app passwords of whoever has any.
const EACH: usize = 2;
/// As many wrong tries as a method takes.
const WRONG_TRIES: usize = 10;

pub(super) struct Server {
    url: String,
    facts: Facts,
    /// The realm; its resolver and policies are called after it.
    realm: String,
    /// The folder of what the server sent.
    folder: PathBuf,
    /// The directory behind the realm.
    directory: Mutex<Connection>,
    /// The token of an administrator who may do everything.
    token: String,
    /// The key of a program that remembers devices.
    client: String,
    /// Who may enrol keys.
    pilots: Mutex<Vec<String>>,
    people: Mutex<HashMap<String, Made>>,
}

impl Server {
    fn send(&self, verb: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        // What is empty is no JSON, and it refuses to read it.
        if body.is_null() {
            return send(&self.url, verb, path, headers, "");
        }
        let mut headers = headers.to_vec();
        headers.push(("content-type", "application/json"));
        send(&self.url, verb, path, &headers, &body.to_string())
    }

    /// Asks with every right for what has to be given.
    #[track_caller]
    fn ask(&self, verb: &str, path: &str, body: &Value) -> Value {
        let answer = self.send(verb, path, &[("authorization", &self.token)], body);
        assert_eq!(answer.body["result"]["status"], true, "{path}: {}", answer.body);
        answer.body
    }

    /// The same for one person.
    #[track_caller]
    fn ask_for(&self, name: &str, verb: &str, path: &str, mut body: Value) -> Value {
        body["user"] = json!(name);
        body["realm"] = json!(self.realm);
        self.ask(verb, path, &body)
    }

    fn name_of(&self, user: &UserId) -> String {
        self.people.lock().unwrap()[&user.0].name.clone()
    }

    fn tokens(&self, name: &str) -> Vec<Value> {
        let path = format!("/token/?user={name}&realm={}&pagesize=100", self.realm);
        let found = self.ask("GET", &path, &Value::Null);
        found["result"]["value"]["tokens"].as_array().unwrap().clone()
    }

    /// Whether the server lets somebody in with this, as whatever stands in front of it would ask.
    fn accepts(&self, name: &str, pass: &str, headers: &[(&str, &str)], more: &Value) -> bool {
        let mut body = json!({"user": name, "realm": self.realm, "pass": pass});
        for (key, value) in more.as_object().into_iter().flatten() {
            body[key] = value.clone();
        }
        let answer = self.send("POST", "/validate/check", headers, &body);
        assert!(answer.status < 500, "{}", answer.body);
        answer.body["result"]["value"] == true
    }
}

impl World for Server {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn options(&self) -> ConnectOptions {
        ConnectOptions {
            service: "privacyidea".to_owned(),
            graph: self.url.clone(),
            authority: self.url.clone(),
            tenant: self.realm.clone(),
            credential: signed_in("mfactl"),
            timeout: Duration::from_secs(60),
            pace: None,
            signing_in: crate::auth::SigningIn::default(),
            network: crate::domain::Network::default(),
            runtime: None,
        }
    }

    fn of_admins(&self) -> Option<ConnectOptions> {
        Some(ConnectOptions {
            tenant: ADMINS.0.to_owned(),
            credential: signed_in("admin"),
            ..self.options()
        })
    }

    fn add_person(&self, has: &[MethodKind]) -> UserId {
        let name = format!("p{}", uuid::Uuid::new_v4().simple());
        let id = {
            let directory = self.directory.lock().unwrap();
            let sql = "INSERT INTO main.users (username, mobile, email, password, givenname, surname, phone)
                       SELECT ?1, '', ?1 || '@example.com', password, 'Anna', 'Live', ''
                       FROM corp.users WHERE username = 'anna'";
            assert_eq!(directory.execute(sql, [&name]).unwrap(), 1);
            format!("{}/{}", self.realm, directory.last_insert_rowid())
        };
        let mut made = Made::called(name);
        for kind in has {
            self.enrol(&mut made, *kind);
        }
        self.people.lock().unwrap().insert(id.clone(), made);
        UserId(id)
    }

    fn remember(&self, user: &UserId) {
        let name = self.name_of(user);
        for _ in 0..EACH {
            // It is gone once it was used.
            let made = self.ask_for(&name, "POST", "/token/init", json!({"type": "registration"}));
            let code = made["detail"]["registrationcode"].as_str().unwrap();
            let key = [("x-api-key", self.client.as_str())];
            assert!(self.accepts(&name, code, &key, &json!({"request_persistent_cookie": 1})));
        }
    }

    fn give_app_passwords(&self, user: &UserId) {
        let name = self.name_of(user);
        for at in 0..EACH {
            let body = json!({"type": "applspec", "service_id": "mail", "description": format!("Mail {at}")});
            let made = self.ask_for(&name, "POST", "/token/init", body);
            let password = made["detail"]["password"].as_str().unwrap().to_owned();
            let mut people = self.people.lock().unwrap();
            people.get_mut(&user.0).unwrap().app_passwords.push(password);
        }
    }

    fn app_passwords(&self, user: &UserId) -> Vec<String> {
        self.people.lock().unwrap()[&user.0].app_passwords.clone()
    }

    fn lets_program_in(&self, user: &UserId, password: &str) -> bool {
        self.accepts(&self.name_of(user), password, &[], &json!({"service_id": "mail"}))
    }

    fn lets_in(&self, user: &UserId) -> bool {
        let (name, code) = {
            let mut people = self.people.lock().unwrap();
            let made = people.get_mut(&user.0).unwrap();
            (made.name.clone(), made.next_code())
        };
        self.accepts(&name, &code, &[], &Value::Null)
    }

    fn switch_off(&self, user: &UserId) {
        let name = self.name_of(user);
        for token in self.tokens(&name) {
            let path = format!("/token/disable/{}", token["serial"].as_str().unwrap());
            self.ask_for(&name, "POST", &path, json!({}));
        }
    }

    fn join(&self, user: &UserId) {
        // Of the realm is everybody; what its policy keeps is for a list of people.
        self.pilots.lock().unwrap().push(self.name_of(user));
        self.let_pilots_enrol();
    }

    fn lock(&self, user: &UserId) {
        let name = self.name_of(user);
        for _ in 0..WRONG_TRIES {
            assert!(!self.accepts(&name, "000000", &[], &Value::Null));
        }
    }

    fn close(&self, user: &UserId) {
        self.ask_for(
            &self.name_of(user),
            "POST",
            "/conditionalaccess/lock/user",
            json!({}),
        );
    }

    fn filter_for(&self, user: &User) -> String {
        format!("username={}", user.sign_in_name)
    }

    fn last_code(&self, user: &UserId) -> String {
        let text = |token: &Value, key: &str| token["info"][key].as_str().map(str::to_owned);
        let mut tokens = self.tokens(&self.name_of(user));
        // Of two numbers it went to the one that waits for it.
        tokens.sort_by_key(|token| token["rollout_state"] != "verify");
        for token in tokens {
            if let Some(number) = text(&token, "phone") {
                return self.received("sms", &number);
            }
            if let Some(address) = text(&token, "email") {
                return self.received("mail", &address);
            }
        }
        let mut people = self.people.lock().unwrap();
        let made = people.get_mut(&user.0).unwrap();
        match made.phone {
            // There is nothing to read out.
            Some(_) => "0".to_owned(),
            None => made.next_code(),
        }
    }

    fn approve(&self, user: &UserId) {
        let people = self.people.lock().unwrap();
        let Some((serial, key)) = &people[&user.0].phone else {
            return;
        };
        let open = self.challenges(serial).remove(0);
        let text = format!("{}|{serial}", open["challenge"].as_str().unwrap());
        let mut signed = vec![0; key.public_modulus_len()];
        let random = SystemRandom::new();
        key.sign(
            &signature::RSA_PKCS1_SHA256,
            &random,
            text.as_bytes(),
            &mut signed,
        )
        .unwrap();
        let mut letters = Seed::from(signed).to_base32();
        while !letters.len().is_multiple_of(8) {
            letters.push('=');
        }
        let body = json!({"serial": serial, "nonce": open["challenge"], "signature": letters});
        let answer = self.send("POST", "/ttype/push", &[], &body);
        assert_eq!(answer.body["result"]["value"], true, "{}", answer.body);
    }

    fn password_state(&self, user: &UserId) -> (bool, bool) {
        let username = format!("{}@{}", self.name_of(user), self.realm);
        let login = json!({"username": username, "password": PASSWORD});
        let status = self.send("POST", "/auth", &[], &login).status;
        // It cannot have a password changed at next sign-in.
        (status == 401, false)
    }

    fn registration_required(&self, _user: &UserId) -> bool {
        unreachable!("privacyIDEA asks nobody to register, and declares none")
    }

    fn signed_out(&self, _user: &UserId) -> bool {
        unreachable!("privacyIDEA has no sessions, and declares none")
    }

    fn policy_is_told(&self, policy: &Policy) -> Verdict {
        let row = |kind: &str| {
            let row = policy.methods.iter().find(|row| row.kind == kind);
            row.ok_or(format!("no row for {kind}"))
        };
        for kind in ["totp", "hotp", "phone, text", "email"] {
            ensure(
                row(kind)?.purpose == PolicyUse::SignIn && row(kind)?.limits["verified"] == true,
                format!("{kind} is not for sign-in, verified"),
            )?;
        }
        ensure(
            row("push")?.purpose == PolicyUse::SignIn,
            "push is not for sign-in",
        )?;
        ensure(
            row("passkey")?.purpose == PolicyUse::Off,
            "what is for some is told of all",
        )?;
        let remembered = policy.remembered_devices.as_ref();
        ensure(
            remembered.is_some_and(|policy| policy.allowed && policy.days == Some(30)),
            "days are not told",
        )?;
        ensure(
            policy.app_passwords.as_ref().is_some_and(|policy| policy.allowed),
            "app passwords are not told",
        )
    }
}

/// As an administrator of the server, by password.
fn signed_in(name: &str) -> Credential {
    Credential::Password {
        client_id: String::new(),
        client_secret: None,
        username: name.to_owned(),
        password: crate::domain::Secret::new(format!("{name}-password")),
    }
}
