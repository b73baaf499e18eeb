//! A realm of a live Keycloak as the world of the cases (api/keycloak 2, 5, 7). The realm is the one of
//! `tests/live/keycloak-realm.json`; its application `maker` may do everything.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};

use super::asking::{Answer, form, send};
use super::mailbox::Mailbox;
use crate::auth::Credential;
use crate::domain::{MethodKind, Policy, PolicyUse, User, UserId, Via};
use crate::services::ConnectOptions;
use crate::services::conformance::case::{Verdict, ensure};
use crate::services::conformance::world::{Facts, PASSWORD, World};

const REALM: &str = "kctest";
const SECRET: &str = "s3cr3t";
/// Base 32 of a seed that any authenticator of the tests has.
const SEED: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
/// More wrong tries than the realm takes.
const WRONG_TRIES: usize = 6;

/// A person as they were made.
struct Made {
    name: String,
    /// The refresh token of the session that they began with.
    session: Option<String>,
}

pub(super) struct Realm {
    url: String,
    facts: Facts,
    people: Mutex<HashMap<String, Made>>,
    mailbox: Mailbox,
}

impl Realm {
    /// The realm of the server at `url`, with a group of its own.
    pub(super) fn new(url: &str) -> Self {
        let mut realm = Self {
            url: url.to_owned(),
            facts: facts(),
            people: Mutex::default(),
            mailbox: Mailbox::open(),
        };
        let mail = json!({"smtpServer": {"host": "127.0.0.1", "port": realm.mailbox.port.to_string(),
            "from": "keycloak@example.com", "auth": "false", "ssl": "false", "starttls": "false"}});
        assert_eq!(realm.ask("PUT", "", &mail).status, 204);
        let made = realm.ask("POST", "/groups", &json!({ "name": realm.facts.group.0 }));
        assert_eq!(made.status, 201, "{}", made.body);
        realm.facts.group.1 = made.made_id();
        // Else attributes that the profile does not name are dropped without a word (api/keycloak 4).
        let mut profile = realm.get("/users/profile");
        profile["unmanagedAttributePolicy"] = json!("ENABLED");
        let set = realm.ask("PUT", "/users/profile", &profile);
        assert_eq!(set.status, 200, "{}", set.body);
        realm
    }

    fn token_call(&self, fields: &[(&str, &str)]) -> Answer {
        let path = format!("/realms/{REALM}/protocol/openid-connect/token");
        let kind = [("content-type", "application/x-www-form-urlencoded")];
        send(&self.url, "POST", &path, &kind, &form(fields))
    }

    fn ask(&self, verb: &str, tail: &str, body: &Value) -> Answer {
        let token = self.token_call(&[
            ("grant_type", "client_credentials"),
            ("client_id", "maker"),
            ("client_secret", SECRET),
        ]);
        let bearer = format!("Bearer {}", token.body["access_token"].as_str().unwrap());
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
        ];
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        send(
            &self.url,
            verb,
            &format!("/admin/realms/{REALM}{tail}"),
            &headers,
            &body,
        )
    }

    fn get(&self, tail: &str) -> Value {
        let answer = self.ask("GET", tail, &Value::Null);
        assert_eq!(answer.status, 200, "{tail}: {}", answer.body);
        answer.body
    }

    /// Signs in with a password alone, as the portal of the realm does.
    fn sign_in(&self, name: &str, password: &str) -> Answer {
        self.token_call(&[
            ("grant_type", "password"),
            ("client_id", "portal"),
            ("scope", "openid"),
            ("username", name),
            ("password", password),
        ])
    }

    fn name_of(&self, user: &UserId) -> String {
        self.people.lock().unwrap()[&user.0].name.clone()
    }

    fn requires(&self, user: &UserId, action: &str) -> bool {
        let required = self.get(&format!("/users/{}", user.0))["requiredActions"].clone();
        required
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one == action))
    }
}

fn facts() -> Facts {
    Facts {
        defaults: [MethodKind::Totp, MethodKind::SecurityKey],
        registered: vec![MethodKind::Totp],
        unregistered: vec![],
        group: (format!("Pilots {}", uuid::Uuid::new_v4().simple()), String::new()),
        admin: "admin-direct".to_owned(),
        for_group: None,
        remembered: 0,
        device: None,
        app_passwords: 0,
        questions: vec![],
        signing_in: &[],
        code_goes: Via::Sms,
        keeps_number: true,
        asking: &[],
    }
}

/// A method as the service stores it; `None`: it has no such kind.
fn credential(kind: MethodKind) -> Option<Value> {
    let key = json!({"aaguid": "00000000-0000-0000-0000-000000000000", "credentialId": "AAAA", "counter": 0,
        "credentialPublicKey": "AAAA", "transports": ["usb"]});
    let code = |sort: &str| {
        json!({"subType": sort, "digits": 6, "counter": 0, "period": 30, "algorithm": "HmacSHA1",
            "secretEncoding": "BASE32"})
    };
    let (name, secret, data) = match kind {
        MethodKind::Totp => ("otp", json!({ "value": SEED }), code("totp")),
        MethodKind::Hotp => ("otp", json!({ "value": SEED }), code("hotp")),
        MethodKind::SecurityKey => ("webauthn", json!({}), key),
        MethodKind::Passkey => ("webauthn-passwordless", json!({}), key),
        MethodKind::BackupCodes => (
            "recovery-authn-codes",
            json!({ "codes": [] }),
            json!({"hashIterations": 1, "algorithm": "SHA-512", "totalCodes": 12, "remainingCodes": 11}),
        ),
        _ => return None,
    };
    Some(
        json!({"type": name, "userLabel": format!("My {kind}"), "secretData": secret.to_string(),
        "credentialData": data.to_string()}),
    )
}

impl World for Realm {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn options(&self) -> ConnectOptions {
        ConnectOptions {
            service: "keycloak".to_owned(),
            graph: self.url.clone(),
            authority: format!("{}/realms/{REALM}", self.url),
            tenant: REALM.to_owned(),
            credential: Credential::ClientSecret {
                client_id: "mfactl".to_owned(),
                secret: crate::domain::Secret::new(SECRET),
            },
            timeout: Duration::from_secs(30),
            pace: None,
            signing_in: crate::auth::SigningIn::default(),
            network: crate::domain::Network::default(),
            runtime: None,
        }
    }

    fn add_person(&self, has: &[MethodKind]) -> UserId {
        let name = format!("p{}", uuid::Uuid::new_v4().simple());
        let mut credentials = vec![json!({"type": "password", "value": PASSWORD})];
        credentials.extend(has.iter().filter_map(|kind| credential(*kind)));
        let made = self.ask(
            "POST",
            "/users",
            &json!({"username": name, "firstName": "Anna", "lastName": "Live", "email": format!("{name}@example.com"),
                "emailVerified": true, "enabled": true, "credentials": credentials, "attributes": {"badge": [name]}}),
        );
        assert_eq!(made.status, 201, "{}", made.body);
        let id = made.made_id();
        // With an authenticator the password is not enough, and no case needs a session of such a person.
        let session = self.sign_in(&name, PASSWORD).body["refresh_token"]
            .as_str()
            .map(str::to_owned);
        self.people
            .lock()
            .unwrap()
            .insert(id.clone(), Made { name, session });
        UserId(id)
    }

    fn join(&self, user: &UserId) {
        let tail = format!("/users/{}/groups/{}", user.0, self.facts.group.1);
        assert_eq!(self.ask("PUT", &tail, &json!({})).status, 204);
    }

    fn lock(&self, user: &UserId) {
        let name = self.name_of(user);
        for _ in 0..WRONG_TRIES {
            assert_eq!(self.sign_in(&name, "wrong").status, 401);
        }
    }

    fn close(&self, user: &UserId) {
        let tail = format!("/users/{}", user.0);
        // Whole: what is left out would be wiped (api/keycloak 4).
        let mut person = self.get(&tail);
        person["enabled"] = json!(false);
        assert_eq!(self.ask("PUT", &tail, &person).status, 204);
    }

    fn filter_for(&self, user: &User) -> String {
        format!("badge:{}", user.sign_in_name)
    }

    fn last_code(&self, _user: &UserId) -> String {
        unreachable!("Keycloak sends no codes, and declares none")
    }

    fn password_state(&self, user: &UserId) -> (bool, bool) {
        let refused = self.sign_in(&self.name_of(user), PASSWORD);
        (refused.status == 401, self.requires(user, "UPDATE_PASSWORD"))
    }

    fn registration_required(&self, user: &UserId) -> bool {
        self.requires(user, "CONFIGURE_TOTP")
    }

    fn mails(&self, user: &User) -> usize {
        self.mailbox.mails_for(user.mail.as_deref().unwrap()).len()
    }

    fn signed_out(&self, user: &UserId) -> bool {
        let session = self.people.lock().unwrap()[&user.0].session.clone().unwrap();
        let renewed = self.token_call(&[
            ("grant_type", "refresh_token"),
            ("client_id", "portal"),
            ("refresh_token", &session),
        ]);
        renewed.status == 400
    }

    fn policy_is_told(&self, policy: &Policy) -> Verdict {
        let row = |kind: &str| {
            let row = policy.methods.iter().find(|row| row.kind == kind);
            row.ok_or(format!("no row for {kind}"))
        };
        ensure(
            row("totp")?.purpose == PolicyUse::SignIn,
            "codes are not for sign-in",
        )?;
        ensure(row("totp")?.limits["digits"] == 6, "the digits are not told")?;
        ensure(
            row("security-key")?.purpose == PolicyUse::Off,
            "what is off is not off",
        )?;
        ensure(row("password")?.limits["length"] == 18, "the length is not told")
    }
}
