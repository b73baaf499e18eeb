//! The realm as its own witness: people are made and looked at past the program, and sign in as they would.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::asking::{self, Answer};
use crate::codes;
use crate::environment::Environment;

/// The secret of every application of the realm.
pub(crate) const SECRET: &str = "s3cr3t";
/// The password of everybody who is made here; it satisfies the realm's policy.
pub(crate) const PASSWORD: &str = "Correct-Horse_042-BATTERY";
/// Seeds of the authenticators that people are made with.
pub(crate) const SEEDS: [&str; 2] = [
    "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU",
];

static MADE: AtomicUsize = AtomicUsize::new(0);

/// What the script that starts the server says of it.
#[expect(
    clippy::disallowed_methods,
    reason = "the script that starts the server says where it is"
)]
pub(crate) fn told(variable: &str) -> String {
    std::env::var(variable).expect("no server: run tests/live/run.sh, which starts one")
}

/// The server's address.
pub(crate) fn url() -> String {
    told("MFACTL_LIVE_KEYCLOAK")
}

/// The same under HTTPS, with a certificate that nobody knows.
pub(crate) fn tls_url() -> String {
    told("MFACTL_LIVE_KEYCLOAK_TLS")
}

/// What a refusal says.
pub(crate) fn why(answer: &Answer) -> &str {
    answer.body["error_description"].as_str().unwrap_or_default()
}

/// How long a server that is overloaded is asked again, and between two times.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(10);

/// One request to the server.
pub(crate) fn send(verb: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let began = Instant::now();
    loop {
        let answer = asking::send(&url(), verb, path, headers, body);
        if answer.status != 503 || began.elapsed() > PATIENCE {
            return answer;
        }
        std::thread::sleep(PAUSE);
    }
}

/// Kills the server or starts it again: `--kill`, `--start`.
#[track_caller]
pub(crate) fn keycloak(what: &str) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/live/keycloak.sh");
    assert!(
        Command::new(script).arg(what).status().unwrap().success(),
        "{what}"
    );
}

/// Gives the account of an application the rights that docs/keycloak.md names.
#[track_caller]
pub(crate) fn give_rights(client: &str) {
    let account = get(&format!("/clients/{client}/service-account-user"))["id"].clone();
    let management = get("/clients?clientId=realm-management")[0]["id"].clone();
    let management = management.as_str().unwrap();
    let roles = get(&format!("/clients/{management}/roles"));
    let wanted: Vec<&Value> = roles
        .as_array()
        .unwrap()
        .iter()
        .filter(|role| role["name"] == "manage-users" || role["name"] == "view-realm")
        .collect();
    let tail = format!(
        "/users/{}/role-mappings/clients/{management}",
        account.as_str().unwrap()
    );
    // Nobody of the realm hands out rights over it: that is for the administrator of all realms.
    let form = "grant_type=password&client_id=admin-cli&username=admin&password=admin";
    let token = send(
        "POST",
        "/realms/master/protocol/openid-connect/token",
        &[("content-type", "application/x-www-form-urlencoded")],
        form,
    );
    assert_eq!(ask_with(&token, "POST", &tail, &json!(wanted)).status, 204);
}

/// Asks for a token.
pub(crate) fn token_call(form: &str) -> Answer {
    send(
        "POST",
        "/realms/kctest/protocol/openid-connect/token",
        &[("content-type", "application/x-www-form-urlencoded")],
        form,
    )
}

/// Asks the admin API, past the program, with every right over the realm.
pub(crate) fn ask(verb: &str, tail: &str, body: &Value) -> Answer {
    let form = format!("grant_type=client_credentials&client_id=maker&client_secret={SECRET}");
    ask_with(&token_call(&form), verb, tail, body)
}

/// The same with a token that was asked for.
fn ask_with(token: &Answer, verb: &str, tail: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {}", token.body["access_token"].as_str().unwrap());
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    send(
        verb,
        &format!("/admin/realms/kctest{tail}"),
        &[("authorization", &bearer), ("content-type", "application/json")],
        &body,
    )
}

/// Reads what has to be there.
#[track_caller]
pub(crate) fn get(tail: &str) -> Value {
    let answer = ask("GET", tail, &Value::Null);
    assert_eq!(answer.status, 200, "{tail}: {}", answer.body);
    answer.body
}

/// An authenticator as the server stores it.
pub(crate) fn otp(label: &str, seed: &str) -> Value {
    json!({
        "type": "otp",
        "userLabel": label,
        "secretData": json!({ "value": seed }).to_string(),
        "credentialData": json!({"subType": "totp", "digits": 6, "counter": 0, "period": 30,
            "algorithm": "HmacSHA1", "secretEncoding": "BASE32"}).to_string(),
    })
}

/// The code that an authenticator shows now.
#[expect(
    clippy::disallowed_methods,
    reason = "the server's clock is the machine's own"
)]
pub(crate) fn code(seed: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    codes::shown(seed, now)
}

/// Somebody of the realm.
pub(crate) struct Person {
    /// The sign-in name.
    pub(crate) name: String,
    /// The id.
    pub(crate) id: String,
}

/// Tokens of a sign-in.
pub(crate) struct Tokens {
    refresh: String,
    /// The id of its session.
    pub(crate) session: String,
}

impl Tokens {
    /// Whether the sign-in still lives: its refresh token gives another token.
    pub(crate) fn live(&self) -> bool {
        let form = format!(
            "grant_type=refresh_token&client_id=portal&refresh_token={}",
            self.refresh
        );
        token_call(&form).status == 200
    }
}

impl Person {
    /// With a password, names and an address, and nothing else to verify with.
    pub(crate) fn new(called: &str) -> Self {
        Self::with(called, &[])
    }

    /// With two authenticators, "old" and "new"; the first is the default.
    pub(crate) fn with_two(called: &str) -> Self {
        Self::with(called, &[otp("old", SEEDS[0]), otp("new", SEEDS[1])])
    }

    #[track_caller]
    pub(crate) fn with(called: &str, more: &[Value]) -> Self {
        let name = format!("{called}{}", MADE.fetch_add(1, Ordering::Relaxed));
        let mut credentials = vec![json!({"type": "password", "value": PASSWORD})];
        credentials.extend(more.iter().cloned());
        let body = json!({
            "username": name,
            "firstName": "Anna",
            "lastName": "Live",
            "email": format!("{name}@example.com"),
            "emailVerified": true,
            "enabled": true,
            "credentials": credentials,
        });
        let made = ask("POST", "/users", &body);
        assert_eq!(made.status, 201, "{}", made.body);
        let id = made.made_id();
        Self { name, id }
    }

    /// What the server says of this person.
    #[track_caller]
    pub(crate) fn read(&self, tail: &str) -> Value {
        get(&format!("/users/{}{tail}", self.id))
    }

    /// Labels of the credentials of a type, in their order.
    #[track_caller]
    pub(crate) fn labels(&self, kind: &str) -> Vec<String> {
        self.read("/credentials")
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["type"] == kind)
            .map(|one| one["userLabel"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// Names, address and whether the account is on: what no change of methods may touch.
    #[track_caller]
    pub(crate) fn account(&self) -> Value {
        let user = self.read("");
        json!([
            user["firstName"],
            user["lastName"],
            user["email"],
            user["enabled"]
        ])
    }

    #[track_caller]
    pub(crate) fn required(&self) -> Vec<String> {
        let user = self.read("");
        let all = user["requiredActions"].as_array().cloned().unwrap_or_default();
        all.iter().map(|one| one.as_str().unwrap().to_owned()).collect()
    }

    /// Writes to the account past the program.
    #[track_caller]
    pub(crate) fn write(&self, body: &Value) {
        let answer = ask("PUT", &format!("/users/{}", self.id), body);
        assert_eq!(answer.status, 204, "{}", answer.body);
    }

    /// Signs in as the person would, with a password and a code.
    pub(crate) fn sign_in_with(&self, password: &str, code: Option<&str>, scope: &str) -> Answer {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "password")
            .append_pair("client_id", "portal")
            .append_pair("username", &self.name)
            .append_pair("password", password)
            .append_pair("scope", scope);
        if let Some(code) = code {
            form.append_pair("totp", code);
        }
        token_call(&form.finish())
    }

    /// Signs in with the usual password and the code of an authenticator.
    pub(crate) fn sign_in(&self, seed: Option<&str>) -> Answer {
        let code = seed.map(code);
        self.sign_in_with(PASSWORD, code.as_deref(), "openid")
    }

    /// A sign-in that has to be accepted. `offline`: one that outlives the browser.
    #[track_caller]
    pub(crate) fn signed_in(&self, seed: &str, offline: bool) -> Tokens {
        let scope = if offline {
            "openid offline_access"
        } else {
            "openid"
        };
        let answer = self.sign_in_with(PASSWORD, Some(&code(seed)), scope);
        assert_eq!(answer.status, 200, "{}", answer.body);
        Tokens {
            refresh: answer.body["refresh_token"].as_str().unwrap().to_owned(),
            session: answer.body["session_state"].as_str().unwrap().to_owned(),
        }
    }
}

/// A list of these people, as a file of the place.
pub(crate) fn list<'a>(place: &Environment, people: impl IntoIterator<Item = &'a Person>) -> String {
    let lines: String = people
        .into_iter()
        .map(|person| format!("{}\n", person.name))
        .collect();
    place.write("people.csv", &format!("user\n{lines}"))
}

/// A place whose profile is this realm, under the account of an application.
pub(crate) fn place_of(client: &str) -> Environment {
    place_at(&url(), "kctest", client).with("MFACTL_CLIENT_SECRET", SECRET)
}

/// The account with the rights that docs/keycloak.md names.
pub(crate) fn place() -> Environment {
    place_of("mfactl")
}

/// A place whose profile says this.
pub(crate) fn place_at(url: &str, realm: &str, client: &str) -> Environment {
    configured(&format!(
        "service = \"keycloak\"\nurl = \"{url}\"\nrealm = \"{realm}\"\nclient_id = \"{client}\"\nauth = \"client-secret\"\n"
    ))
}

/// A place with the profile `staff` of these lines.
pub(crate) fn configured(lines: &str) -> Environment {
    let place = Environment::empty().without_profile();
    let text = format!(
        "[profiles.staff]\n{lines}\n[profiles.staff.guard]\nmax_users = 5000\nallow_everyone = true\n"
    );
    place.configure(&text);
    place.with("MFACTL_PROFILE", "staff")
}
