//! The realm as the bench sees it: people made, put back as they were, and looked at when somebody says to be done. All
//! past the program, with an application that may do everything.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::Result;
use crate::wire::{Connection, Message};

const REALM: &str = "/admin/realms/kctest";
const SECRET: &str = "s3cr3t";
/// How many are made, put back or looked at side by side.
const SIDE_BY_SIDE: usize = 8;
/// Authenticators of a person.
const EACH: usize = 2;

/// Somebody of the crowd.
#[derive(Clone)]
struct Person {
    name: String,
    id: String,
    /// Ids of the authenticators: the same each time, so that what was recorded can be sent again.
    credentials: [String; EACH],
}

/// A realm with its crowd.
pub struct Realm {
    url: String,
    people: Vec<Person>,
}

impl Realm {
    /// Makes so many people in the realm of the server at `url`.
    pub fn new(url: &str, people: usize) -> Result<Self> {
        let mut realm = Self {
            url: url.to_owned(),
            people: Vec::new(),
        };
        let numbers: Vec<usize> = (0..people).collect();
        realm.people = realm.of_each(&numbers, |asking, number| {
            let name = format!("crowd{number:05}");
            let made = asking.ask(
                "POST",
                "/users",
                &json!({"username": name, "firstName": "Person", "lastName": number.to_string(),
                    "email": format!("{name}@example.com"), "emailVerified": true, "enabled": true}),
            )?;
            let id = made
                .header("location")
                .and_then(|at| at.rsplit('/').next())
                .ok_or_else(|| format!("{name} was not made: {}", made.first))?
                .to_owned();
            // Ids of our own, of the shape that Keycloak gives.
            let credentials = [1, 2].map(|n| format!("00000000-0000-4000-800{n}-{number:012}"));
            Ok(Person {
                name,
                id,
                credentials,
            })
        })?;
        Ok(realm)
    }

    /// The server's address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The same without the scheme.
    pub fn host(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// How many people there are.
    pub fn len(&self) -> usize {
        self.people.len()
    }

    /// Their sign-in names.
    pub fn names(&self) -> Vec<String> {
        self.people.iter().map(|person| person.name.clone()).collect()
    }

    /// A token of an application of the realm.
    pub fn token(&self, client: &str) -> Result<String> {
        let body = format!("grant_type=client_credentials&client_id={client}&client_secret={SECRET}");
        let request = Message {
            first: "POST /realms/kctest/protocol/openid-connect/token HTTP/1.1".to_owned(),
            headers: vec![
                ("host".to_owned(), self.host().to_owned()),
                (
                    "content-type".to_owned(),
                    "application/x-www-form-urlencoded".to_owned(),
                ),
            ],
            body: body.into_bytes(),
        };
        let answer = Connection::open(&self.url)?.ask(&request.bytes())?;
        let told: Value = serde_json::from_slice(&answer.body)?;
        Ok(told["access_token"]
            .as_str()
            .ok_or_else(|| format!("no token: {told}"))?
            .to_owned())
    }

    /// Gives everybody two authenticators and a session, and takes away what is required of them.
    pub fn restore(&self) -> Result<()> {
        self.of_each(&self.people, |asking, person| {
            let path = format!("/users/{}", person.id);
            for id in &person.credentials {
                let _ = asking.ask("DELETE", &format!("{path}/credentials/{id}"), &Value::Null)?;
            }
            let credentials: Vec<Value> = person
                .credentials
                .iter()
                .enumerate()
                .map(|(number, id)| authenticator(id, number))
                .collect();
            let set = json!({"requiredActions": [], "credentials": credentials});
            asking.must("PUT", &path, &set)?;
            asking.must("POST", &format!("{path}/impersonation"), &json!({}))?;
            Ok(())
        })
        .map(|_| ())
    }

    /// Whether nothing is left of anybody, as the server itself tells.
    pub fn must_be_clean(&self, after: &str) -> Result<()> {
        let bad = self.of_each(&self.people, |asking, person| {
            let path = format!("/users/{}", person.id);
            let credentials = asking.get(&format!("{path}/credentials"))?;
            let sessions = asking.get(&format!("{path}/sessions"))?;
            let user = asking.get(&path)?;
            let required = user["requiredActions"].as_array().cloned().unwrap_or_default();
            let clean =
                credentials == json!([]) && sessions == json!([]) && required == [json!("CONFIGURE_TOTP")];
            Ok((!clean).then(|| format!("{}: {credentials}, {sessions}, {required:?}", person.name)))
        })?;
        let bad: Vec<String> = bad.into_iter().flatten().collect();
        match bad.first() {
            None => Ok(()),
            Some(first) => Err(format!(
                "after {after} {} people are not put right, such as {first}",
                bad.len()
            )
            .into()),
        }
    }

    /// Does something with each, some side by side; what comes of it stands in the same order.
    fn of_each<T: Sync, R: Send>(
        &self,
        all: &[T],
        with: impl Fn(&mut Asking, &T) -> Result<R> + Sync,
    ) -> Result<Vec<R>> {
        let token = self.token("maker")?;
        let next = AtomicUsize::new(0);
        let work = || -> std::result::Result<Vec<(usize, R)>, String> {
            let mut asking = Asking::open(&self.url, &token).map_err(|error| error.to_string())?;
            let mut made = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(one) = all.get(at) else {
                    return Ok(made);
                };
                made.push((at, with(&mut asking, one).map_err(|error| error.to_string())?));
            }
        };
        let mut made = thread::scope(|scope| -> Result<Vec<(usize, R)>> {
            let workers: Vec<_> = (0..SIDE_BY_SIDE).map(|_| scope.spawn(work)).collect();
            let mut made = Vec::with_capacity(all.len());
            for worker in workers {
                made.extend(worker.join().map_err(|_| "a worker broke off")??);
            }
            Ok(made)
        })?;
        made.sort_by_key(|(at, _)| *at);
        Ok(made.into_iter().map(|(_, one)| one).collect())
    }
}

/// A connection with the right to everything in the realm.
struct Asking {
    connection: Connection,
    host: String,
    bearer: String,
}

impl Asking {
    fn open(url: &str, token: &str) -> Result<Self> {
        Ok(Self {
            connection: Connection::open(url)?,
            host: url.trim_start_matches("http://").to_owned(),
            bearer: format!("Bearer {token}"),
        })
    }

    fn ask(&mut self, verb: &str, tail: &str, body: &Value) -> Result<Message> {
        let request = Message {
            first: format!("{verb} {REALM}{tail} HTTP/1.1"),
            headers: vec![
                ("host".to_owned(), self.host.clone()),
                ("authorization".to_owned(), self.bearer.clone()),
                ("content-type".to_owned(), "application/json".to_owned()),
            ],
            body: if body.is_null() {
                vec![]
            } else {
                body.to_string().into_bytes()
            },
        };
        self.connection.ask(&request.bytes())
    }

    fn must(&mut self, verb: &str, tail: &str, body: &Value) -> Result<()> {
        let answer = self.ask(verb, tail, body)?;
        if (200..300).contains(&answer.status()) {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&answer.body).into_owned();
        Err(format!("{verb} {tail}: {} {said}", answer.first).into())
    }

    fn get(&mut self, tail: &str) -> Result<Value> {
        let answer = self.ask("GET", tail, &Value::Null)?;
        Ok(serde_json::from_slice(&answer.body)?)
    }
}

/// An authenticator as the server stores it.
fn authenticator(id: &str, number: usize) -> Value {
    json!({
        "id": id,
        "type": "otp",
        "userLabel": format!("phone {number}"),
        "secretData": json!({"value": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}).to_string(),
        "credentialData": json!({"subType": "totp", "digits": 6, "counter": 0, "period": 30,
            "algorithm": "HmacSHA1", "secretEncoding": "BASE32"}).to_string(),
    })
}
