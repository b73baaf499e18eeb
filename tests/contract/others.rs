//! What the embedded service answers and our own client never asks: other Graph clients do. Each operation of the
//! table is asked once for somebody who has what it is about, and the answers are held against the table too.

use std::collections::BTreeMap;
use std::path::Path;

use mfactl::domain::{Clock as _, SystemClock};
use mfactl::server;
use reqwest::Method;
use serde_json::{Value, json};

use crate::table::Table;

/// Asks for everything, against a service that writes down into this folder what goes over the wire.
pub async fn ask_every_operation(table: &Table, record: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let mut options = server::Options::new(folder.path().join("directory.db"));
    options.graph_only = true;
    options.in_process = true;
    options.record = Some(record.to_owned());
    let running = server::spawn(options).await.unwrap();
    let client = Client::sign_in(&running.endpoint).await;
    let known = Known::learn(&client).await;
    for operation in table.0["operations"].as_array().unwrap() {
        if operation["method"] == "GET"
            && let Some(path) = known.path(operation)
        {
            client.ask(Method::GET, &path, None).await;
        }
    }
    for (method, template, body) in writes() {
        if let Some(path) = known.fill(&template) {
            client.ask(method, &path, body).await;
        }
    }
    let user = format!("/beta/users/{}/authentication", known.things["user"]);
    give_tokens(&client, &user).await;
    change_parts_of_a_qr_code(&client, &user).await;
    running.stop().await.unwrap();
}

/// Hardware tokens: into the inventory, to a person in each of the ways, and out again.
async fn give_tokens(client: &Client, user: &str) {
    const INVENTORY: &str = "/beta/directory/authenticationMethodDevices/hardwareOathDevices";
    let secret = totp_rs::Secret::try_from_base32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap();
    let mut made = Vec::new();
    for serial in ["7001", "7002", "7003", "7004"] {
        let body = json!({"serialNumber": serial, "manufacturer": "Contoso", "model": "C-200",
            "secretKey": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "timeIntervalInSeconds": 30});
        let answer = client.ask(Method::POST, INVENTORY, Some(body)).await;
        made.push(answer["id"].as_str().unwrap().to_owned());
    }
    let code = totp_rs::Builder::new()
        .with_secret(secret.as_bytes().to_vec())
        .build()
        .unwrap()
        .generate(u64::try_from(SystemClock.now().as_second()).unwrap())
        .to_string();
    let tokens = format!("{user}/hardwareOathMethods");
    for (path, body) in [
        (String::new(), json!({"device": {"id": made[0]}})),
        (
            format!("/{}/activate", made[0]),
            json!({"verificationCode": code, "displayName": "first"}),
        ),
        (
            "/assignAndActivate".to_owned(),
            json!({"device": {"id": made[1]}, "verificationCode": code}),
        ),
        (
            "/assignAndActivateBySerialNumber".to_owned(),
            json!({"serialNumber": "7003", "verificationCode": code}),
        ),
    ] {
        client
            .ask(Method::POST, &format!("{tokens}{path}"), Some(body))
            .await;
    }
    client
        .ask(Method::DELETE, &format!("{INVENTORY}/{}", made[3]), None)
        .await;
}

/// A QR code with its PIN, part by part.
async fn change_parts_of_a_qr_code(client: &Client, user: &str) {
    let qr = format!("{user}/qrCodePinMethod");
    let now = SystemClock.now();
    let later = |hours| (now + jiff::SignedDuration::from_hours(hours)).to_string();
    let times = |hours| Some(json!({"startDateTime": now.to_string(), "expireDateTime": later(hours)}));
    let whole = json!({"standardQRCode": times(24), "pin": {"code": "12345678"}});
    for (method, part, body) in [
        (Method::PUT, "", Some(whole)),
        (Method::GET, "/pin", None),
        (Method::PATCH, "/pin", Some(json!({}))),
        (Method::GET, "/standardQRCode", None),
        (
            Method::PATCH,
            "/standardQRCode",
            Some(json!({"expireDateTime": later(48)})),
        ),
        (Method::PATCH, "/temporaryQRCode", times(8)),
        (Method::GET, "/temporaryQRCode", None),
        (Method::DELETE, "/temporaryQRCode", None),
        (Method::DELETE, "/standardQRCode", None),
    ] {
        client.ask(method, &format!("{qr}{part}"), body).await;
    }
}

/// Changes that our client makes by another way, or not at all.
fn writes() -> Vec<(Method, String, Option<Value>)> {
    let phone = "/v1.0/users/{phone}/authentication/phoneMethods/3179e48a-750b-4051-897c-87b9720928f7";
    let policy = "/v1.0/policies/authenticationMethodsPolicy";
    let configuration = "#microsoft.graph.smsAuthenticationMethodConfiguration";
    let campaign =
        json!({"snoozeDurationInDays": 1, "state": "default", "includeTargets": [], "excludeTargets": []});
    let targets = json!([{"id": "all_users", "targetType": "group", "isRegistrationRequired": false, "isUsableForSignIn": true}]);
    vec![
        (
            Method::PATCH,
            format!("{policy}/authenticationMethodConfigurations/Sms"),
            Some(json!({"@odata.type": configuration, "state": "enabled", "includeTargets": targets})),
        ),
        (Method::POST, format!("{phone}/enableSmsSignIn"), None),
        (Method::POST, format!("{phone}/disableSmsSignIn"), None),
        (
            Method::PATCH,
            "/beta/users/{user}/authentication/requirements".into(),
            Some(json!({"perUserMfaState": "enabled"})),
        ),
        (
            Method::POST,
            "/beta/users/{user}/invalidateAllRefreshTokens".into(),
            Some(json!({})),
        ),
        (
            Method::PATCH,
            "/v1.0/devices/{device}".into(),
            Some(json!({"accountEnabled": false})),
        ),
        (Method::DELETE, "/v1.0/devices/{device}".into(), None),
        (
            Method::PATCH,
            policy.into(),
            Some(json!({"registrationEnforcement": {"authenticationMethodsRegistrationCampaign": campaign}})),
        ),
    ]
}

/// A plain client with a token of the directory's administrator.
struct Client {
    graph: String,
    token: String,
    http: reqwest::Client,
}

impl Client {
    async fn sign_in(endpoint: &server::Endpoint) -> Self {
        #[expect(clippy::disallowed_methods, reason = "a client that is not the product's")]
        let http = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .build()
            .unwrap();
        let (name, password) = endpoint.operator.clone().unwrap();
        let form = [
            ("grant_type", "password"),
            ("client_id", &endpoint.client_id),
            ("client_secret", endpoint.client_secret.expose()),
            ("scope", &format!("{}/.default", endpoint.graph)),
            ("username", &name),
            ("password", password.expose()),
        ];
        let address = format!("{}/oauth2/v2.0/token", endpoint.authority);
        let answer = http.post(address).form(&form).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        Self {
            graph: endpoint.graph.clone(),
            token: answer["access_token"].as_str().unwrap().to_owned(),
            http,
        }
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let mut request = self.http.request(method, format!("{}{path}", self.graph));
        request = request.bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        if path.contains("$count=true") {
            request = request.header("ConsistencyLevel", "eventual");
        }
        let answer = request.send().await.unwrap();
        answer.json().await.unwrap_or_default()
    }
}

/// Somebody for each type of method, and one of each other thing.
struct Known {
    /// Type of method with a person who has one and its id.
    methods: BTreeMap<String, (String, String)>,
    /// Name of a thing with its id.
    things: BTreeMap<&'static str, String>,
}

impl Known {
    async fn learn(client: &Client) -> Self {
        let mut methods = BTreeMap::new();
        let people = client.ask(Method::GET, "/v1.0/users?$select=id", None).await;
        for person in people["value"].as_array().unwrap() {
            let id = person["id"].as_str().unwrap();
            let path = format!("/beta/users/{id}/authentication/methods");
            let list = client.ask(Method::GET, &path, None).await;
            for method in list["value"].as_array().unwrap() {
                let kind = method["@odata.type"].as_str().unwrap();
                let own = method["id"].as_str().unwrap().to_owned();
                methods.insert(
                    kind.trim_start_matches("#microsoft.graph.").to_owned(),
                    (id.to_owned(), own),
                );
            }
        }
        let mut things = BTreeMap::new();
        let lists = [
            ("user", "/v1.0/users"),
            ("group", "/v1.0/groups"),
            ("device", "/v1.0/devices"),
            ("role", "/v1.0/roleManagement/directory/roleDefinitions"),
            (
                "token",
                "/beta/directory/authenticationMethodDevices/hardwareOathDevices",
            ),
        ];
        for (name, path) in lists {
            let list = client.ask(Method::GET, path, None).await;
            if let Some(id) = list["value"][0]["id"].as_str() {
                things.insert(name, id.to_owned());
            }
        }
        let (holder, _) = methods["phoneAuthenticationMethod"].clone();
        things.insert("phone", holder);
        Self { methods, things }
    }

    /// The path of an operation, for somebody who has what it is about; `None` where nobody has.
    fn path(&self, operation: &Value) -> Option<String> {
        let template = operation["path"].as_str().unwrap();
        let (version, kind) = (
            operation["version"].as_str().unwrap(),
            operation["response"]["type"].as_str(),
        );
        let user = self.things["user"].clone();
        let owner = kind.and_then(|kind| self.methods.get(kind)).cloned();
        let typed = template.contains("Methods/{") || template.ends_with("qrCodePinMethod");
        let (owner, method) = match (typed, owner) {
            (true, None) => return None,
            (_, owner) => owner.unwrap_or((user.clone(), String::new())),
        };
        let path = template
            .replace("/users/{id}", &format!("/users/{owner}"))
            .replace("{methodId}", "28c10230-6103-485e-b985-444c60001490")
            .replace("{userId}", &user)
            .replace(
                "{configurationId}",
                if version == "beta" { "HardwareOath" } else { "Sms" },
            )
            .replace("{roleDefinitionId}", &self.things["role"])
            .replace("/groups/{id}", &format!("/groups/{}", self.things["group"]))
            .replace("/devices/{id}", &format!("/devices/{}", self.things["device"]))
            .replace(
                "{deviceTokenId}",
                self.things.get("token").map_or("none", String::as_str),
            );
        // What is left is the method's own id.
        let path = match path.split_once('{') {
            Some((before, _)) if !method.is_empty() => format!("{before}{method}"),
            Some(_) => return None,
            None => path,
        };
        let advanced = path.contains("/microsoft.graph.") || path.ends_with("/transitiveRoleAssignments");
        Some(format!(
            "/{version}{path}{}",
            if advanced { "?$top=5&$count=true" } else { "" }
        ))
    }

    fn fill(&self, template: &str) -> Option<String> {
        let mut path = template.to_owned();
        for (name, id) in &self.things {
            path = path.replace(&format!("{{{name}}}"), id);
        }
        (!path.contains('{')).then_some(path)
    }
}
