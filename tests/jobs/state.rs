//! What people have, read over HTTP without the program, and what they have to have after a lost phone.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::http::Witness;

/// One person of the crowd.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Person {
    /// The object id.
    pub(crate) id: String,
    /// Whether the account may sign in.
    pub(crate) enabled: bool,
    /// What is registered, a line each, passes left out.
    pub(crate) methods: Vec<String>,
    /// How many passes there are.
    pub(crate) passes: usize,
    /// How many devices are remembered.
    pub(crate) devices: usize,
}

/// People by their sign-in names.
pub(crate) type People = BTreeMap<String, Person>;

/// Reads everybody of the crowd.
#[track_caller]
pub(crate) fn read(witness: &Witness) -> People {
    let token = witness.token();
    let get = |path: &str| {
        let answer = witness.ask_with(&token, "GET", path, &Value::Null);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    };
    let mut people = People::new();
    let mut path = Some("/v1.0/users?$top=999&$select=id,userPrincipalName,accountEnabled".to_owned());
    while let Some(at) = path.take() {
        let page = get(&at);
        path = page["@odata.nextLink"]
            .as_str()
            .and_then(|link| link.find("/v1.0").map(|start| link[start..].to_owned()));
        for user in page["value"].as_array().unwrap() {
            let name = user["userPrincipalName"].as_str().unwrap();
            if !name.starts_with("user0") {
                continue;
            }
            let id = user["id"].as_str().unwrap().to_owned();
            let all = get(&format!("/v1.0/users/{id}/authentication/methods"));
            let mut methods: Vec<String> = all["value"].as_array().unwrap().iter().map(line).collect();
            let passes = methods.iter().filter(|line| line.starts_with(PASS)).count();
            methods.retain(|line| !line.starts_with(PASS) && !line.starts_with("password"));
            methods.sort();
            let devices = get(&format!("/mfactl/v1/users/{id}/rememberedDevices"));
            let person = Person {
                id,
                enabled: user["accountEnabled"] == true,
                methods,
                passes,
                devices: devices["value"].as_array().unwrap().len(),
            };
            people.insert(name.to_owned(), person);
        }
    }
    people
}

const PASS: &str = "temporaryAccessPass";
const AUTHENTICATOR: &str = "microsoftAuthenticator";
const CODES: &str = "softwareOath";
const MOBILE: &str = "phone mobile ";
const ALTERNATE: &str = "phone alternateMobile ";

/// `phone mobile +1 …`, `email a@b`, `fido2 YubiKey 5`
fn line(method: &Value) -> String {
    let kind = method["@odata.type"]
        .as_str()
        .unwrap()
        .trim_start_matches("#microsoft.graph.")
        .trim_end_matches("AuthenticationMethod");
    let text = |name: &str| method[name].as_str().map(str::to_owned);
    let what = match kind {
        "phone" => Some(format!(
            "{} {}",
            text("phoneType").unwrap(),
            text("phoneNumber").unwrap()
        )),
        "email" => text("emailAddress"),
        _ => text("displayName").or_else(|| text("model")),
    };
    format!("{kind} {}", what.unwrap_or_default()).trim().to_owned()
}

/// What somebody has once the phone that was lost is out of everything: the authenticator and the codes on it are gone,
/// and its number too; the alternate number stands in its place, where there was one; nothing else changed.
pub(crate) fn after_lost_phone(before: &Person) -> Person {
    let alternate = before
        .methods
        .iter()
        .find_map(|line| line.strip_prefix(ALTERNATE))
        .filter(|_| before.methods.iter().any(|line| line.starts_with(MOBILE)));
    let mut methods: Vec<String> = before
        .methods
        .iter()
        .filter(|line| {
            ![AUTHENTICATOR, CODES, MOBILE]
                .iter()
                .any(|gone| line.starts_with(gone))
                && (alternate.is_none() || !line.starts_with(ALTERNATE))
        })
        .cloned()
        .collect();
    methods.extend(alternate.map(|number| format!("{MOBILE}{number}")));
    methods.sort();
    Person {
        methods,
        passes: 1,
        devices: 0,
        ..before.clone()
    }
}

/// Holds everybody against what they have to have; says who is wrong.
#[track_caller]
pub(crate) fn check(before: &People, after: &People) {
    assert_eq!(before.len(), after.len());
    let wrong: Vec<String> = before
        .iter()
        .filter(|(name, person)| after[*name] != after_lost_phone(person))
        .map(|(name, person)| {
            format!(
                "{name}\n  was     {person:?}\n  is      {:?}\n  must be {:?}",
                after[name],
                after_lost_phone(person)
            )
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {} are wrong\n{}",
        wrong.len(),
        before.len(),
        wrong.iter().take(5).cloned().collect::<Vec<_>>().join("\n")
    );
}

/// Signs somebody in with a pass, as the service judges it.
#[track_caller]
pub(crate) fn sign_in(witness: &Witness, token: &str, name: &str, pass: &str) -> Value {
    let body = json!({"user": name, "factors": [{"kind": "pass", "code": pass}], "remember": false});
    let answer = witness.ask_with(token, "POST", "/mfactl/v1/signIn", &body);
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}
