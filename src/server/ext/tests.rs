use std::net::SocketAddr;

use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::server::evaluate::fixture;
use crate::server::{Endpoint, Options, Running, spawn};

/// A running service with Zora and Yann in it, and a client that may use the extensions.
struct Service {
    running: Running,
    client: reqwest::Client,
    token: String,
    file: std::path::PathBuf,
    _folder: TempDir,
}

impl Service {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("service.db");
        let mut options = Options::new(&file);
        options.demo = false;
        options.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let running = spawn(options).await.unwrap();
        let conn = Connection::open(&file).unwrap();
        fixture::allow_everything(&conn);
        fixture::add_people(&conn, &["zora", "yann"]);
        let client = client();
        let token = token(&client, &running.endpoint).await;
        Self {
            running,
            client,
            token,
            file,
            _folder: folder,
        }
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        self.call_as(Some(&self.token), method, path, body).await
    }

    async fn call_as(&self, token: Option<&str>, method: &str, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}/mfactl/v1{path}", self.running.endpoint.graph);
        let mut request = self.client.request(method.parse().unwrap(), url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    fn directory(&self) -> Connection {
        Connection::open(&self.file).unwrap()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "these tests are outside the program, as any client is"
)]
fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

async fn token(client: &reqwest::Client, endpoint: &Endpoint) -> String {
    let answer = client
        .post(format!("{}/oauth2/v2.0/token", endpoint.authority))
        .form(&[
            ("grant_type", "client_credentials"),
            ("client_id", &endpoint.client_id),
            ("client_secret", endpoint.client_secret.expose()),
            ("scope", &format!("{}/.default", endpoint.graph)),
        ])
        .send()
        .await
        .unwrap();
    let body: Value = answer.json().await.unwrap();
    body["access_token"]
        .as_str()
        .unwrap_or_else(|| panic!("{body}"))
        .to_owned()
}

const ZORA: &str = "/users/zora@contoso.example";

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["error"]["code"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn refuses_who_has_no_token_and_what_is_not_there() {
    let service = Service::start().await;
    let none = service.call_as(None, "GET", "/policy", Value::Null).await;
    assert_eq!(code(&none), (401, "InvalidAuthenticationToken"));
    let nobody = service
        .call("GET", "/users/nobody@contoso.example/sessions", Value::Null)
        .await;
    assert_eq!(code(&nobody), (404, "Request_ResourceNotFound"));
    assert_eq!(service.call("GET", "/nothing", Value::Null).await.0, 404);
    assert_eq!(service.call("PATCH", "/policy", json!({})).await.0, 405);
    let bad = service.call("POST", "/signIn", json!({"user": 5})).await;
    assert_eq!(code(&bad), (400, "badRequest"));
    assert!(!bad.1.to_string().contains('5') || !bad.1["error"]["message"].as_str().unwrap().contains('5'));
}

#[tokio::test]
async fn enrols_verifies_signs_in_and_forgets_over_http() {
    let service = Service::start().await;
    let (status, app) = service
        .call("POST", &format!("{ZORA}/totp"), json!({"displayName": "Pixel 9"}))
        .await;
    assert_eq!(
        (status, &app["displayName"], &app["state"]),
        (201, &json!("Pixel 9"), &json!("pending"))
    );
    let method = app["id"].as_str().unwrap();
    let (_, waiting) = service
        .call("GET", &format!("{ZORA}/verifications"), Value::Null)
        .await;
    assert_eq!(
        waiting,
        json!({"value": [{"methodId": method, "state": "pending", "channel": "app", "pendingNumber": null}]})
    );
    let secret = totp_rs::Secret::try_from_base32(app["secret"].as_str().unwrap()).unwrap();
    let shown = || {
        let now = crate::server::clock::now_ms(&service.directory()).unwrap();
        crate::server::evaluate::authenticator::shown(secret.as_bytes(), now)
    };
    let at = format!("{ZORA}/verifications/{method}/answer");
    let (_, wrong) = service.call("POST", &at, json!({"code": "1"})).await;
    assert_eq!(wrong, json!({"verdict": "wrong", "attemptsLeft": 4}));
    let (_, right) = service.call("POST", &at, json!({"code": shown()})).await;
    assert_eq!(right, json!({"verdict": "accepted", "attemptsLeft": null}));
    assert_eq!(
        code(&service.call("POST", &at, json!({"code": "1"})).await),
        (409, "verificationNotPending")
    );

    let (_, secrets) = service.call("GET", &format!("{ZORA}/secrets"), Value::Null).await;
    assert_eq!(
        secrets["totp"],
        json!([{"methodId": method, "secret": null, "device": "Pixel 9"}])
    );
    service.call("POST", "/clock", json!({"advance": 90})).await;
    let sign_in = |more: Value| {
        let mut body = json!({"user": "zora@contoso.example", "password": secrets["password"]});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    let factors = json!({"factors": [{"kind": "totp", "code": shown()}], "remember": true});
    let (_, inside) = service.call("POST", "/signIn", sign_in(factors)).await;
    assert_eq!(inside["result"], "signed_in", "{inside}");
    let by_device = sign_in(json!({"deviceToken": inside["deviceToken"]}));
    assert_eq!(
        service.call("POST", "/signIn", by_device.clone()).await.1["result"],
        "signed_in"
    );
    let (_, sessions) = service
        .call("GET", &format!("{ZORA}/sessions"), Value::Null)
        .await;
    assert_eq!(sessions["value"].as_array().unwrap().len(), 2);
    let (_, devices) = service
        .call("GET", &format!("{ZORA}/rememberedDevices"), Value::Null)
        .await;
    let device = devices["value"][0]["id"].as_str().unwrap();
    let at = format!("{ZORA}/rememberedDevices/{device}");
    assert_eq!(service.call("DELETE", &at, Value::Null).await.0, 204);
    assert_eq!(service.call("DELETE", &at, Value::Null).await.0, 404);
    assert_eq!(
        service.call("POST", "/signIn", by_device).await.1["result"],
        "verification_required"
    );
    let (_, counted) = service
        .call("DELETE", &format!("{ZORA}/rememberedDevices"), Value::Null)
        .await;
    assert_eq!(counted, json!({"count": 0}));
}

#[tokio::test]
async fn a_wrong_password_is_counted_though_the_sign_in_is_refused() {
    let service = Service::start().await;
    for _ in 0..10 {
        let body = json!({"user": "zora@contoso.example", "password": "wrong"});
        let (status, answer) = service.call("POST", "/signIn", body).await;
        assert_eq!((status, &answer["result"]), (200, &json!("refused")));
    }
    let (_, secrets) = service.call("GET", &format!("{ZORA}/secrets"), Value::Null).await;
    let body = json!({"user": "zora@contoso.example", "password": secrets["password"]});
    let (_, answer) = service.call("POST", "/signIn", body).await;
    assert!(answer["reason"].as_str().unwrap().contains("locked"), "{answer}");
}

#[tokio::test]
async fn app_passwords_are_told_once_and_ended() {
    let service = Service::start().await;
    let at = format!("{ZORA}/appPasswords");
    let (status, made) = service.call("POST", &at, json!({"displayName": "Mail"})).await;
    assert_eq!(status, 201);
    let try_it = || {
        let body = json!({"user": "zora@contoso.example", "appPassword": made["password"]});
        service.call("POST", "/signIn", body)
    };
    assert_eq!(try_it().await.1["result"], "signed_in");
    let (_, listed) = service.call("GET", &at, Value::Null).await;
    assert_eq!(listed["value"][0]["displayName"], "Mail");
    assert!(!listed.to_string().contains(made["password"].as_str().unwrap()));
    let one = format!("{at}/{}", made["id"].as_str().unwrap());
    assert_eq!(service.call("DELETE", &one, Value::Null).await.0, 204);
    assert_eq!(service.call("DELETE", &one, Value::Null).await.0, 404);
    assert_eq!(try_it().await.1["result"], "refused");
    assert_eq!(
        service.call("POST", &at, json!({"displayName": " "})).await.0,
        400
    );
    service.call("POST", &at, json!({"displayName": "a"})).await;
    service.call("POST", &at, json!({"displayName": "b"})).await;
    assert_eq!(
        service.call("DELETE", &at, Value::Null).await.1,
        json!({"count": 2})
    );
    fixture::set_policy(&service.directory(), "appPasswords", json!({"allowed": false}));
    let refused = service.call("POST", &at, json!({"displayName": "Mail"})).await;
    assert_eq!(code(&refused), (403, "policyRefused"));
    assert!(
        refused.1["error"]["message"]
            .as_str()
            .unwrap()
            .contains("appPasswords")
    );
}

#[tokio::test]
async fn questions_recover_a_password_and_their_answers_never_come_out() {
    let service = Service::start().await;
    let at = format!("{ZORA}/securityQuestions");
    assert_eq!(service.call("DELETE", &at, Value::Null).await.0, 404);
    let given = json!([
        {"question": "First pet?", "answer": "Rex the dog"},
        {"question": "First car?", "answer": "Volvo"},
        {"question": "First job?", "answer": "Baker"},
    ]);
    let (status, listed) = service.call("POST", &at, json!({"answers": given})).await;
    assert_eq!((status, listed["value"].as_array().unwrap().len()), (201, 3));
    assert!(!listed.to_string().contains("Rex"));
    let (_, answer) = service
        .call(
            "POST",
            "/recover",
            json!({"user": "zora@contoso.example", "answers": given}),
        )
        .await;
    assert_eq!(answer["result"], "recovered", "{answer}");
    let body = json!({"user": "zora@contoso.example", "password": answer["newPassword"]});
    assert_eq!(
        service.call("POST", "/signIn", body).await.1["reason"],
        "password_change_required"
    );
    let (_, secrets) = service.call("GET", &format!("{ZORA}/secrets"), Value::Null).await;
    assert_eq!(secrets["password"], Value::Null);
    assert_eq!(service.call("DELETE", &at, Value::Null).await.0, 204);
}

#[tokio::test]
async fn the_outbox_shows_what_one_person_or_everybody_received() {
    let service = Service::start().await;
    let directory = service.directory();
    for name in ["zora", "yann"] {
        fixture::add(
            &directory,
            name,
            crate::domain::MethodKind::PhoneMobile,
            "+1 4255550100",
        );
    }
    directory
        .execute("UPDATE methods SET state = 'pending'", [])
        .unwrap();
    for name in ["zora", "yann"] {
        let at = format!("/users/{name}@contoso.example/verifications/phone:mobile");
        assert_eq!(service.call("PUT", &at, json!({"channel": "call"})).await.0, 204);
        let (_, sent) = service.call("POST", &at, json!({})).await;
        assert_eq!(
            (&sent["channel"], &sent["to"]),
            (&json!("call"), &json!("+1 4255550100"))
        );
    }
    assert_eq!(
        service.call("GET", "/outbox", Value::Null).await.1["value"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let (_, hers) = service
        .call("GET", "/outbox?user=zora@contoso.example", Value::Null)
        .await;
    assert_eq!(hers["value"].as_array().unwrap().len(), 1);
    let entry = &hers["value"][0];
    assert_eq!(
        (&entry["user"], &entry["channel"]),
        (&json!("zora@contoso.example"), &json!("call"))
    );
    let at = format!("{ZORA}/verifications/phone:mobile/answer");
    let (_, verdict) = service.call("POST", &at, json!({"code": entry["code"]})).await;
    assert_eq!(verdict["verdict"], "accepted");
    let (_, registration) = service
        .call("GET", &format!("{ZORA}/registration"), Value::Null)
        .await;
    assert_eq!(
        registration,
        json!({"state": "complete", "required": false, "graceUntilDateTime": null})
    );
    assert_eq!(
        service
            .call("POST", &format!("{ZORA}/requireRegistration"), json!({}))
            .await
            .0,
        204
    );
    let (_, registration) = service
        .call("GET", &format!("{ZORA}/registration"), Value::Null)
        .await;
    assert_eq!(registration["required"], true);
}

#[tokio::test]
async fn the_clock_moves_by_one_wish_at_a_time() {
    let service = Service::start().await;
    let (_, set) = service.call("POST", "/clock", json!({"advance": 600})).await;
    assert_eq!(set["offsetSeconds"], 600);
    assert_eq!(
        service
            .call("POST", "/clock", json!({"advance": 1, "reset": true}))
            .await
            .0,
        400
    );
    assert_eq!(service.call("POST", "/clock", json!({})).await.0, 400);
    assert_eq!(
        service
            .call("POST", "/clock", json!({"advance": i64::MAX}))
            .await
            .0,
        400
    );
    assert_eq!(
        service.call("GET", "/clock", Value::Null).await.1["offsetSeconds"],
        600
    );
    let (_, reset) = service.call("POST", "/clock", json!({"reset": true})).await;
    assert_eq!(reset["offsetSeconds"], 0);
}

#[tokio::test]
async fn policy_and_snapshot_come_out_whole() {
    let service = Service::start().await;
    let (_, policy) = service.call("GET", "/policy", Value::Null).await;
    assert_eq!(policy["rememberedDevices"], json!({"allowed": true, "days": 14}));
    assert_eq!(policy["registration"], json!({"postponeDays": 14}));
    assert_eq!(policy["securityQuestions"]["register"], 3);
    let url = format!("{}/mfactl/v1/snapshot", service.running.endpoint.graph);
    let answer = service
        .client
        .get(url)
        .bearer_auth(&service.token)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["content-type"], "application/vnd.sqlite3");
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    std::fs::write(&copy, answer.bytes().await.unwrap()).unwrap();
    let copied: i64 = Connection::open(&copy)
        .unwrap()
        .query_row("SELECT count(*) FROM users WHERE upn LIKE 'zora@%'", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(copied, 1);
    service.running.stop().await.unwrap();
    let restored = folder.path().join("restored.db");
    crate::server::restore(&restored, &copy).unwrap();
}
