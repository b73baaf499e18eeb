//! The realm as its own witness: people are made and looked at past the program, and sign in as they would.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::asking::{self, Answer};
use crate::codes::{STEP, code_in, seed_in, shown};
use crate::environment::Environment;

/// The password of everybody in a resolver.
pub(crate) const PASSWORD: &str = "Correct-Horse_042-BATTERY";
static MADE: AtomicUsize = AtomicUsize::new(0);

#[expect(
    clippy::disallowed_methods,
    reason = "the script that starts the server says where it is"
)]
fn told(name: &str) -> String {
    std::env::var(name).expect("no server: run tests/live/privacyidea-run.sh, which starts one")
}

/// The server's address.
pub(crate) fn url() -> String {
    told("MFACTL_LIVE_PRIVACYIDEA")
}

/// The folder of what it sent, and of keys that were made with it.
pub(crate) fn folder() -> PathBuf {
    PathBuf::from(told("MFACTL_LIVE_FOLDER"))
}

impl Answer {
    /// `result.value`.
    pub(crate) fn value(&self) -> &Value {
        &self.body["result"]["value"]
    }

    /// The cookie by which a device is remembered.
    pub(crate) fn remembers(&self) -> Option<&str> {
        self.header("set-cookie")
            .filter_map(|cookie| cookie.split(';').next())
            .find(|cookie| cookie.starts_with("pi_remember_device="))
    }
}

/// One request.
pub(crate) fn send(verb: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
    // What is empty is no JSON, and it refuses to read it.
    if body.is_null() {
        return asking::send(&url(), verb, path, headers, "");
    }
    let headers = [headers, &[("content-type", "application/json")]].concat();
    asking::send(&url(), verb, path, &headers, &body.to_string())
}

/// The token of an administrator, past the program.
#[track_caller]
pub(crate) fn token_of(name: &str) -> String {
    let login = json!({"username": name, "password": format!("{name}-password")});
    let answer = send("POST", "/auth", &[], &login);
    answer.value()["token"]
        .as_str()
        .unwrap_or_else(|| panic!("{}", answer.body))
        .to_owned()
}

/// Asks with every right.
pub(crate) fn ask(verb: &str, path: &str, body: &Value) -> Answer {
    static ADMIN: OnceLock<String> = OnceLock::new();
    let token = ADMIN.get_or_init(|| token_of("admin"));
    send(verb, path, &[("authorization", token)], body)
}

/// Asks for what has to be given.
#[track_caller]
pub(crate) fn get(verb: &str, path: &str, body: &Value) -> Value {
    let answer = ask(verb, path, body);
    assert_eq!(answer.body["result"]["status"], true, "{path}: {}", answer.body);
    answer.body
}

/// Writes into the directory behind the realm, as whoever runs that would: its own call for it fails once there is a
/// policy of administrators.
#[track_caller]
pub(crate) fn directory(line: &str, name: &str) {
    write_into("corp", line, name);
}

/// The same into one of the databases there: `corp`, `shift`, or `pi`, the server's own.
#[track_caller]
pub(crate) fn write_into(database: &str, line: &str, name: &str) {
    let path = PathBuf::from(told("MFACTL_LIVE_PEOPLE")).join(format!("{database}.sqlite"));
    let store = rusqlite::Connection::open(path).unwrap();
    store.busy_timeout(Duration::from_secs(30)).unwrap();
    assert_eq!(store.execute(line, [name]).unwrap(), 1, "{name}");
}

/// Makes a token look as if it was enrolled years ago: its own call for that is for nobody.
#[track_caller]
pub(crate) fn grow_old(serial: &str) {
    write_into(
        "pi",
        "update tokeninfo set \"Value\" = '2020-01-01T00:00:00+00:00' where \"Key\" = 'creation_date' \
         and token_id = (select id from token where serial = ?1)",
        serial,
    );
}

/// The key of a program in front of the server, which may remember devices.
pub(crate) fn client_key() -> &'static str {
    static KEY: OnceLock<String> = OnceLock::new();
    KEY.get_or_init(|| {
        let body = json!({"display_name": "portal", "client_type": "privacyidea-keycloak"});
        get("POST", "/clients/", &body)["result"]["value"]["api_key"]
            .as_str()
            .unwrap()
            .to_owned()
    })
}

/// The code that an authenticator shows now, or so many steps later.
pub(crate) fn code_at(seed: &str, steps: u64) -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "what an authenticator shows goes by the clock of the machine"
    )]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    shown(seed, now + STEP * steps)
}

/// The seed in the answer to an enrolment: whoever may do everything cannot choose it.
#[track_caller]
pub(crate) fn seed_of(made: &Value) -> String {
    let link = made["googleurl"]["value"]
        .as_str()
        .unwrap_or_else(|| panic!("{made}"));
    seed_in(link)
}

/// The code of an authenticator that counts.
pub(crate) fn counted(seed: &str, count: u64) -> String {
    shown(seed, STEP * count)
}

/// Somebody of the realm.
pub(crate) struct Person {
    /// The sign-in name.
    pub(crate) name: String,
    /// The seed of the authenticator that it was made with, in base 32.
    seed: String,
    /// How many codes were used: none works twice.
    used: AtomicUsize,
}

impl Person {
    /// With a password, names and an address, and nothing to verify with.
    #[track_caller]
    pub(crate) fn new(called: &str) -> Self {
        let name = format!("{called}{}", MADE.fetch_add(1, Ordering::Relaxed));
        directory(
            "insert into users(username, mobile, email, password, givenname, surname, phone) \
             select ?1, '+31611111111', ?1 || '@example.com', password, 'Anna', 'Live', '' from users where username = 'anna'",
            &name,
        );
        Self {
            name,
            seed: String::new(),
            used: AtomicUsize::new(0),
        }
    }

    /// With an authenticator "old".
    #[track_caller]
    pub(crate) fn with_totp(called: &str) -> Self {
        let mut person = Self::new(called);
        let made = person.enrol(json!({"type": "totp", "genkey": 1, "description": "old"}));
        person.seed = seed_of(&made);
        person
    }

    /// Enrols a token past the program; the detail of the answer.
    #[track_caller]
    pub(crate) fn enrol(&self, mut body: Value) -> Value {
        body["user"] = json!(self.name);
        body["realm"] = json!("corp");
        get("POST", "/token/init", &body)["detail"].clone()
    }

    /// The tokens that the server lists.
    #[track_caller]
    pub(crate) fn tokens(&self) -> Vec<Value> {
        let path = format!("/token/?user={}&realm=corp&pagesize=100", self.name);
        get("GET", &path, &Value::Null)["result"]["value"]["tokens"]
            .as_array()
            .unwrap()
            .clone()
    }

    /// Types and names of the tokens, in the order of types.
    #[track_caller]
    pub(crate) fn kinds(&self) -> Vec<String> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut kinds: Vec<String> = self
            .tokens()
            .iter()
            .map(|token| format!("{} {}", text(&token["tokentype"]), text(&token["description"])))
            .map(|kind| kind.trim().to_owned())
            .collect();
        kinds.sort();
        kinds
    }

    /// Checks a sign-in as whatever stands in front of the server would.
    pub(crate) fn check(&self, pass: &str, more: &Value) -> Answer {
        let mut body = json!({"user": self.name, "realm": "corp", "pass": pass});
        for (key, value) in more.as_object().into_iter().flatten() {
            body[key] = value.clone();
        }
        send("POST", "/validate/check", &[], &body)
    }

    /// Whether the server accepts this.
    #[track_caller]
    pub(crate) fn accepts(&self, pass: &str) -> bool {
        let answer = self.check(pass, &Value::Null);
        assert!(answer.status < 500, "{}", answer.body);
        *answer.value() == json!(true)
    }

    /// Whether the code lets in that an empty PIN has sent to this number or address.
    #[track_caller]
    pub(crate) fn accepts_sent(&self, kind: &str, to: &str) -> bool {
        let asked = self.check("", &Value::Null);
        let code = Self::received(kind, to);
        let number = &asked.body["detail"]["transaction_id"];
        *self.check(&code, &json!({"transaction_id": number})).value() == json!(true)
    }

    /// The next code of this seed that was not used: the server takes those of the near future.
    pub(crate) fn code_of(&self, seed: &str) -> String {
        code_at(seed, self.used.fetch_add(1, Ordering::Relaxed) as u64)
    }

    /// The next code of the authenticator that it was made with.
    pub(crate) fn code(&self) -> String {
        self.code_of(&self.seed)
    }

    /// What was sent to this number or address last.
    #[track_caller]
    pub(crate) fn received(kind: &str, to: &str) -> String {
        let path = folder().join(kind).join(to);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        code_in(&text)
    }
}

/// A list of these people, as a file of the place.
pub(crate) fn list(place: &Environment, people: &[Person]) -> String {
    let lines: String = people.iter().map(|person| format!("{}\n", person.name)).collect();
    place.write("people.csv", &format!("user\n{lines}"))
}

/// A place whose profile is this realm, signed in by password as this administrator.
pub(crate) fn place_of(name: &str) -> Environment {
    place_at(&url(), "corp", name).with("MFACTL_PASSWORD", &format!("{name}-password"))
}

/// The account with the rights that docs/privacyidea.md names, by the key that was made for programs.
pub(crate) fn place() -> Environment {
    let key = std::fs::read_to_string(folder().join("token-mfactl")).unwrap();
    let place = place_at(&url(), "corp", "mfactl").with("MFACTL_API_TOKEN", key.trim());
    place.with("MFACTL_PROFILE", "key")
}

/// A place whose profiles say this: "corp" by password, "key" by the key of a program.
pub(crate) fn place_at(url: &str, realm: &str, name: &str) -> Environment {
    let place = Environment::empty().without_profile();
    let guard = "max_users = 5000\nallow_everyone = true\n";
    let common = format!("service = \"privacyidea\"\nurl = \"{url}\"\nrealm = \"{realm}\"\n");
    let text = format!(
        "[profiles.corp]\n{common}auth = \"password\"\nusername = \"{name}\"\n\n[profiles.corp.guard]\n{guard}\n\
         [profiles.key]\n{common}auth = \"api-token\"\n\n[profiles.key.guard]\n{guard}"
    );
    place.configure(&text);
    place.with("MFACTL_PROFILE", "corp")
}
