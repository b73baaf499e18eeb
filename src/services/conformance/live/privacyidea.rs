//! A realm of a live privacyIDEA as the world of the cases (api/privacyidea 1, 4, 5, 6). Each world makes its own, whose
//! every new method waits for its code; the program signs in with the rights of `tests/live/privacyidea-rights.json` and no
//! others. What the server sends lies in files, as `tests/live/privacyidea.sh` set it up.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use rusqlite::Connection;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret as Seed};

use super::address;
use super::asking::{Answer, send};
use crate::auth::Credential;
use crate::domain::{Asked, Clock as _, MethodKind, Policy, PolicyUse, SystemClock, User, UserId, Via};
use crate::services::ConnectOptions;
use crate::services::conformance::changes::{Verdict, ensure};
use crate::services::conformance::world::{Facts, PASSWORD, World};

/// The rights that docs/privacyidea.md names.
const RIGHTS: &str = include_str!("../../../../tests/live/privacyidea-rights.json");
/// The realm of administrators that the server is set up with, and one of them.
const ADMINS: (&str, &str) = ("desk", "rita");
/// Where codes go of numbers and addresses that people are made with.
const NUMBER: &str = "+14255550100";
const ADDRESS: &str = "p@home.example";
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

/// A person as they were made.
#[derive(Default)]
struct Made {
    name: String,
    /// The seed of the authenticator, in base 32.
    seed: String,
    /// How many codes of it were used: none works twice.
    used: u64,
    app_passwords: Vec<String>,
}

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
    /// A new realm of the server at `url`.
    pub(super) fn new(url: &str) -> Self {
        let realm = format!("conform{}", &uuid::Uuid::new_v4().simple().to_string()[..8]);
        let folder = PathBuf::from(address("MFACTL_LIVE_PEOPLE"));
        let directory = Connection::open(folder.join(format!("{realm}.sqlite"))).unwrap();
        directory.busy_timeout(Duration::from_secs(30)).unwrap();
        let other = folder.join("corp.sqlite");
        let sql = format!("ATTACH '{}' AS corp", other.display());
        directory.execute(&sql, []).unwrap();
        // As the server is set up with it, whose people have the password of the cases too.
        let table = "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, username TEXT UNIQUE, mobile TEXT, email TEXT,
                     password TEXT, givenname TEXT, surname TEXT, phone TEXT)";
        directory.execute(table, []).unwrap();
        let mut server = Self {
            url: url.to_owned(),
            facts: facts(&realm),
            folder: PathBuf::from(address("MFACTL_LIVE_FOLDER")),
            directory: Mutex::new(directory),
            token: String::new(),
            client: String::new(),
            pilots: Mutex::new(vec!["nobody".to_owned()]),
            people: Mutex::default(),
            realm,
        };
        let login = json!({"username": "admin", "password": "admin-password"});
        let answer = server.send("POST", "/auth", &[], &login);
        server.token = answer.body["result"]["value"]["token"]
            .as_str()
            .unwrap()
            .to_owned();
        server.set_up(&folder);
        let client = json!({"display_name": server.realm, "client_type": "privacyidea-keycloak"});
        let made = server.ask("POST", "/clients/", &client);
        server.client = made["result"]["value"]["api_key"].as_str().unwrap().to_owned();
        server
    }

    /// The resolver, the realm and its policies.
    fn set_up(&self, folder: &std::path::Path) {
        let realm = &self.realm;
        let fields = [
            "username",
            "email",
            "mobile",
            "phone",
            "password",
            "givenname",
            "surname",
        ];
        let mut map: serde_json::Map<String, Value> = fields
            .map(|field| (field.to_owned(), json!(field)))
            .into_iter()
            .collect();
        map.insert("userid".to_owned(), json!("id"));
        let resolver = json!({"type": "sqlresolver", "Driver": "sqlite", "Server": format!("/{}", folder.display()),
            "Database": format!("{realm}.sqlite"), "Table": "users", "Limit": 20000, "Editable": true,
            "Password_Hash_Type": "SHA512CRYPT", "Map": Value::from(map).to_string()});
        self.ask("POST", &format!("/resolver/{realm}"), &resolver);
        self.ask("POST", &format!("/realm/{realm}"), &json!({ "resolvers": realm }));
        let rights: Value = serde_json::from_str(RIGHTS).unwrap();
        let rights: serde_json::Map<String, Value> = rights["people"]
            .as_array()
            .unwrap()
            .iter()
            .map(|right| (right.as_str().unwrap().to_owned(), json!(true)))
            .collect();
        let policy = json!({"scope": "admin", "adminuser": "mfactl", "realm": realm, "action": rights});
        self.ask("POST", &format!("/policy/{realm}-rights"), &policy);
        let action = json!({"verify_enrollment": "totp hotp sms email"});
        let policy = json!({"scope": "enrollment", "realm": realm, "action": action});
        self.ask("POST", &format!("/policy/{realm}-verify"), &policy);
        self.let_pilots_enrol();
    }

    /// Keys are for the people of the list alone.
    fn let_pilots_enrol(&self) {
        let action =
            json!({"webauthn_relying_party_id": "example.com", "webauthn_relying_party_name": "Example"});
        let pilots = self.pilots.lock().unwrap().clone();
        let policy = json!({"scope": "enrollment", "realm": self.realm, "user": pilots, "action": action});
        self.ask("POST", &format!("/policy/{}-keys", self.realm), &policy);
    }

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

    /// The code in what was sent last to a number or an address.
    fn received(&self, kind: &str, to: &str) -> String {
        let text = std::fs::read_to_string(self.folder.join(kind).join(to)).unwrap();
        // Mail comes in base 64.
        let text = if text.contains("Content-Transfer-Encoding: base64") {
            use base64::Engine as _;
            let body: String = text.rsplit("\n\n").next().unwrap().split_whitespace().collect();
            let bytes = base64::engine::general_purpose::STANDARD.decode(body).unwrap();
            String::from_utf8(bytes).unwrap()
        } else {
            text
        };
        let code = |word: &&str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
        let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
        words
            .find(code)
            .unwrap_or_else(|| panic!("no code in {text:?}"))
            .to_owned()
    }

    /// The challenge of an enrolment stays open for minutes after its code was typed.
    fn forget_challenges(&self, serial: &Value) {
        let path = format!("/token/challenges/{}", serial.as_str().unwrap());
        let found = self.ask("GET", &path, &Value::Null);
        for open in found["result"]["value"]["challenges"].as_array().unwrap() {
            let number = open["transaction_id"].as_str().unwrap();
            self.ask(
                "DELETE",
                &format!("/token/challenges/transaction/{number}"),
                &Value::Null,
            );
        }
    }

    /// A method of somebody, ready where nothing but a code is waited for.
    fn enrol(&self, made: &mut Made, kind: MethodKind) {
        if matches!(kind, MethodKind::Passkey | MethodKind::SecurityKey) {
            self.pilots.lock().unwrap().push(made.name.clone());
            self.let_pilots_enrol();
        }
        let Some(body) = token(kind) else { return };
        let made_so = self.ask_for(&made.name, "POST", "/token/init", body);
        let detail = &made_so["detail"];
        if detail["rollout_state"] != "verify" {
            return;
        }
        let seed = || {
            let link = detail["googleurl"]["value"].as_str().unwrap();
            let rest = link.split("secret=").nth(1).unwrap();
            rest.split('&').next().unwrap().to_owned()
        };
        let code = match kind {
            MethodKind::Totp => {
                made.seed = seed();
                made.next_code()
            }
            MethodKind::Hotp => shown(&seed(), 0),
            MethodKind::Email => self.received("mail", ADDRESS),
            _ => self.received("sms", NUMBER),
        };
        let body = json!({"type": detail_type(kind), "serial": detail["serial"], "verify": code});
        let counts = self.ask_for(&made.name, "POST", "/token/init", body);
        assert_eq!(counts["detail"]["rollout_state"], "enrolled", "{counts}");
        self.forget_challenges(&detail["serial"]);
    }
}

impl Made {
    /// The next code of the authenticator that was not used: the server takes those of the near future.
    fn next_code(&mut self) -> String {
        let now = u64::try_from(SystemClock.now().as_second()).unwrap();
        let code = shown(&self.seed, now + 30 * self.used);
        self.used += 1;
        code
    }
}

/// What an authenticator of this seed shows at a second.
fn shown(seed: &str, second: u64) -> String {
    let seed = Seed::try_from_base32(seed).unwrap();
    let totp = Builder::new().with_secret(seed).build().unwrap();
    totp.generate(second).to_string()
}

fn facts(realm: &str) -> Facts {
    Facts {
        defaults: [MethodKind::Totp, MethodKind::PhoneMobile],
        registered: vec![MethodKind::Totp, MethodKind::PhoneMobile],
        unregistered: vec![],
        // The realm is a group, and so is its resolver, which is called the same here.
        group: (realm.to_owned(), realm.to_owned()),
        admin: ADMINS.1.to_owned(),
        for_group: Some("passkey"),
        remembered: EACH,
        device: None,
        app_passwords: EACH,
        questions: QUESTIONS.map(str::to_owned).to_vec(),
        signing_in: &[MethodKind::Email, MethodKind::Questions],
        code_goes: Via::Sms,
        keeps_number: false,
        asking: &[
            (MethodKind::PhoneMobile, Asked::Code, "sms"),
            (MethodKind::Email, Asked::Code, "email"),
            (MethodKind::Totp, Asked::Code, "app"),
        ],
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
        _ => return None,
    })
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
        let mut made = Made {
            name,
            ..Made::default()
        };
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
        for token in self.tokens(&self.name_of(user)) {
            if let Some(number) = text(&token, "phone") {
                return self.received("sms", &number);
            }
            if let Some(address) = text(&token, "email") {
                return self.received("mail", &address);
            }
        }
        self.people.lock().unwrap().get_mut(&user.0).unwrap().next_code()
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
