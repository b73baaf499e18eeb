//! A realm of its own on the server: a directory that people are made in, its resolver, the rights of the program and the
//! policies that the cases know of.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use rusqlite::Connection;
use serde_json::{Value, json};

use super::{ADMINS, EACH, QUESTIONS, Server};
use crate::domain::{Asked, MethodKind, Via};
use crate::services::conformance::live::address;
use crate::services::conformance::world::Facts;

/// The rights that docs/privacyidea.md names.
const RIGHTS: &str = include_str!("../../../../../tests/live/privacyidea-rights.json");

impl Server {
    /// A new realm of the server at `url`.
    pub(in super::super) fn new(url: &str) -> Self {
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
    fn set_up(&self, folder: &Path) {
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
    pub(super) fn let_pilots_enrol(&self) {
        let action =
            json!({"webauthn_relying_party_id": "example.com", "webauthn_relying_party_name": "Example"});
        let pilots = self.pilots.lock().unwrap().clone();
        let policy = json!({"scope": "enrollment", "realm": self.realm, "user": pilots, "action": action});
        self.ask("POST", &format!("/policy/{}-keys", self.realm), &policy);
    }
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
            (MethodKind::Push, Asked::Push, "push"),
        ],
    }
}
