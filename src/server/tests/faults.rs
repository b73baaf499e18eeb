//! What goes wrong on purpose, through the router and over sockets.

use std::time::Instant;

use serde_json::{Value, json};

use super::Service;
use crate::server::faults::Faults;
use crate::server::token::Trusted;
use crate::server::{Options, Running, spawn};

const ADELE: &str = "/v1.0/users/adele@contoso.example";
const PHONES: &str = "/users/adele@contoso.example/authentication/phoneMethods";
const ALTERNATE: &str = "b6332ec1-7057-4abe-9331-3d72feddfe41";

async fn with(rules: &str) -> Service {
    Service::with(false, Faults::parse(rules).unwrap(), Trusted::default()).await
}

impl Service {
    /// How often the n-th rule was given.
    async fn given(&self, rule: usize) -> u64 {
        let told = self.get("/mfactl/v1/faults").await.body;
        told["rules"][rule - 1]["given"]
            .as_u64()
            .unwrap_or_else(|| panic!("{told}"))
    }

    async fn batch(&self, requests: Value) -> Value {
        let answer = self
            .call("POST", "/v1.0/$batch", json!({"requests": requests}))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["responses"].clone()
    }
}

fn get(id: &str, url: &str) -> Value {
    json!({"id": id, "method": "GET", "url": url})
}

fn statuses(responses: &Value) -> Vec<(&str, u64)> {
    let all = responses.as_array().unwrap().iter();
    all.map(|item| (item["id"].as_str().unwrap(), item["status"].as_u64().unwrap()))
        .collect()
}

#[tokio::test]
async fn an_error_is_given_instead_of_the_call_and_counted() {
    let service = with("[[rule]]\nmethod = \"DELETE\"\nstatus = 503\nretry_after = 7\nevery = 2").await;
    let path = format!("/v1.0{PHONES}/{ALTERNATE}");
    assert_eq!(service.call("DELETE", &path, Value::Null).await.status, 204);
    let refused = service.call("DELETE", &path, Value::Null).await;
    assert_eq!(refused.code(), (503, "serviceUnavailable"));
    assert_eq!(refused.headers["retry-after"], "7");
    assert!(refused.body["error"]["innerError"]["client-request-id"] == "its-own");
    assert_eq!(service.call("DELETE", &path, Value::Null).await.status, 404);
    assert_eq!(service.given(1).await, 1);
}

#[tokio::test]
async fn each_item_of_a_batch_has_a_fault_of_its_own() {
    let service = with("[[rule]]\npath = \"/users/bas*\"\nstatus = 429\nretry_after = 3\n").await;
    let responses = service
        .batch(json!([
            get("1", "/users/adele@contoso.example"),
            get("2", "/users/bas@contoso.example"),
            get("3", "/users/kim@contoso.example"),
        ]))
        .await;
    assert_eq!(statuses(&responses), [("1", 200), ("2", 429), ("3", 200)]);
    assert_eq!(responses[1]["headers"]["Retry-After"], "3");
    assert_eq!(service.given(1).await, 1);
}

#[tokio::test]
async fn what_the_bucket_refuses_no_rule_sees_alone_or_in_a_batch() {
    let rules = "[[rule]]\npath = \"/users/*\"\ndelay = \"1ms\"";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("faults.toml");
    std::fs::write(&file, rules).unwrap();
    let faults = Faults::load(Some(&file), Some("5/s".parse().unwrap())).unwrap();
    let service = Service::with(false, faults, Trusted::default()).await;
    let people: Vec<Value> = (0..12)
        .map(|n| get(&n.to_string(), "/users/adele@contoso.example"))
        .collect();
    let responses = service.batch(json!(people)).await;
    let served = statuses(&responses)
        .iter()
        .filter(|(_, status)| *status == 200)
        .count();
    assert!((1..12).contains(&served), "{responses}");
    assert_eq!(service.given(1).await, served as u64);
}

#[tokio::test]
async fn an_item_without_an_answer_was_made_or_was_not() {
    for (when, left) in [("before", 200), ("after", 404)] {
        let service = with(&format!("[[rule]]\nmethod = \"DELETE\"\ndrop_item = \"{when}\"")).await;
        let responses = service
            .batch(json!([
                get("1", ADELE.strip_prefix("/v1.0").unwrap()),
                {"id": "2", "method": "DELETE", "url": format!("{PHONES}/{ALTERNATE}")},
            ]))
            .await;
        assert_eq!(statuses(&responses), [("1", 200)], "{when}");
        let there = service.get(&format!("/v1.0{PHONES}/{ALTERNATE}")).await;
        assert_eq!(there.status, left, "{when}");
        assert_eq!(service.given(1).await, 1);
    }
}

#[tokio::test]
async fn a_deleted_method_is_listed_for_so_many_reads_and_then_gone() {
    let service = with("[[rule]]\nlagging_deletes = { reads = 2 }").await;
    let listed = async || {
        let answer = service.own("adele", "GET", "methods", Value::Null).await;
        answer.all("id").contains(&ALTERNATE)
    };
    let path = format!("/v1.0{PHONES}/{ALTERNATE}");
    assert_eq!(service.call("DELETE", &path, Value::Null).await.status, 204);
    assert_eq!(service.call("DELETE", &path, Value::Null).await.status, 404);
    assert_eq!(
        [listed().await, listed().await, listed().await],
        [true, true, false]
    );
    assert_eq!(service.given(1).await, 2);
}

#[tokio::test]
async fn a_deleted_method_is_not_listed_beside_its_successor() {
    let service = with("[[rule]]\nlagging_deletes = { for = \"1h\" }").await;
    let count = async || {
        let answer = service.own("adele", "GET", "phoneMethods", Value::Null).await;
        answer.all("id").iter().filter(|id| **id == ALTERNATE).count()
    };
    let path = format!("/v1.0{PHONES}/{ALTERNATE}");
    assert_eq!(service.call("DELETE", &path, Value::Null).await.status, 204);
    assert_eq!(count().await, 1);
    let phone = json!({"phoneType": "alternateMobile", "phoneNumber": "+31 612345699"});
    assert_eq!(
        service.own("adele", "POST", "phoneMethods", phone).await.status,
        201
    );
    assert_eq!(count().await, 1);
    let number = service.get(&path).await.body["phoneNumber"].to_string();
    assert!(number.contains("99"), "{number}");
}

#[tokio::test]
async fn tokens_live_as_long_as_a_rule_says() {
    let service = with("[[rule]]\ntoken_lifetime = \"5s\"").await;
    assert_eq!(service.get(ADELE).await.status, 200);
    service.advance(6).await;
    assert_eq!(
        service.get(ADELE).await.code(),
        (401, "InvalidAuthenticationToken")
    );
    let answer = service.grant(&service.client_credentials()).await;
    assert_eq!(answer.body["expires_in"], 5);
    let token = answer.body["access_token"].as_str().unwrap();
    let told = service
        .call_as(token, "GET", "/mfactl/v1/faults", Value::Null)
        .await;
    assert_eq!(told.body["rules"][0]["given"], 2);
}

#[tokio::test]
async fn the_token_endpoint_fails_in_its_own_words_where_a_rule_names_it() {
    let service =
        with("[[rule]]\npath = \"/oauth2/v2.0/token\"\nstatus = 503\nretry_after = 1\nevery = 2").await;
    let refused = service.grant(&service.client_credentials()).await;
    assert_eq!(
        (refused.status, &refused.body["error"]),
        (503, &json!("temporarily_unavailable"))
    );
    assert_eq!(refused.headers["retry-after"], "1");
    assert_eq!(service.grant(&service.client_credentials()).await.status, 200);
}

/// Follows every link from a path and gives what stood on each page.
async fn pages(service: &Service, path: &str) -> Vec<Vec<String>> {
    let (mut pages, mut next) = (Vec::new(), Some(path.to_owned()));
    while let Some(path) = next.take() {
        let answer = service.get(&path).await;
        pages.push(
            answer
                .all("userPrincipalName")
                .into_iter()
                .map(str::to_owned)
                .collect(),
        );
        next = answer.body["@odata.nextLink"]
            .as_str()
            .map(|link| link.strip_prefix(super::BASE).unwrap().to_owned());
        assert!(pages.len() < 100, "the links go round");
    }
    pages
}

#[tokio::test]
async fn pages_come_twice_or_empty_and_the_rest_is_whole() {
    let path = "/v1.0/users?$top=5&$select=userPrincipalName";
    let plain = pages(&Service::demo().await, path).await;
    let twice = with("[[rule]]\npath = \"/users\"\nduplicate_page = true\nevery = 2").await;
    let empty = with("[[rule]]\npath = \"/users\"\nempty_page = true\nevery = 2").await;
    let (mut expected_twice, mut expected_empty) = (Vec::new(), Vec::new());
    for (n, page) in plain.iter().enumerate() {
        if n % 2 == 1 {
            expected_twice.push(page.clone());
            expected_empty.push(Vec::new());
        }
        expected_twice.push(page.clone());
        expected_empty.push(page.clone());
    }
    assert!(plain.len() > 2);
    assert_eq!(pages(&twice, path).await, expected_twice);
    assert_eq!(pages(&empty, path).await, expected_empty);
    assert_eq!(twice.given(1).await as usize, plain.len() / 2);
    assert_eq!(empty.given(1).await as usize, plain.len() / 2);
}

#[tokio::test]
async fn a_throttled_service_counts_each_item_and_tells_in_the_words_of_graph() {
    let faults = Faults::load(None, Some("5/s".parse().unwrap())).unwrap();
    let service = Service::with(false, faults, Trusted::default()).await;
    let all: Vec<Value> = (0..7)
        .map(|n| get(&n.to_string(), "/users/adele@contoso.example"))
        .collect();
    let responses = service.batch(json!(all)).await;
    let codes: Vec<u64> = statuses(&responses).iter().map(|(_, status)| *status).collect();
    assert_eq!(codes, [200, 200, 200, 200, 200, 429, 429]);
    assert_eq!(responses[0]["headers"]["X-Ms-Resource-Unit"], "1");
    assert_eq!(responses[5]["headers"]["Retry-After"], "1");
    assert_eq!(responses[5]["body"]["error"]["code"], "TooManyRequests");
    let refused = service.get("/v1.0/users").await;
    assert_eq!(refused.code(), (429, "TooManyRequests"));
    assert_eq!(refused.headers["retry-after"], "1");
    // It runs off with time, five a second: eight calls at most, and the six that are just too many at the least.
    let told = refused.headers["x-ms-throttle-limit-percentage"]
        .to_str()
        .unwrap();
    let used: f64 = told.parse().unwrap();
    assert!((1.2..=1.8).contains(&used), "{used}");
    assert_eq!(
        refused.headers["x-ms-throttle-information"],
        "ResourceUnitLimitExceeded"
    );
    // Tokens and what tests steer by cost nothing.
    assert_eq!(service.grant(&service.client_credentials()).await.status, 200);
    let told = service.get("/mfactl/v1/faults").await.body;
    assert_eq!(
        told["throttle"],
        json!({"unitsPerSecond": 5.0, "requests": 8, "units": 5.0, "refused": 3})
    );
}

/// The service on a socket, with these rules.
async fn serve(rules: &str) -> (Running, reqwest::Client, String, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("faults.toml");
    std::fs::write(&file, rules).unwrap();
    let mut options = Options::new(folder.path().join("service.db"));
    options.faults = Some(file);
    let running = spawn(options).await.unwrap();
    let client = client();
    let token = token(&client, &running).await;
    (running, client, token, folder)
}

#[expect(
    clippy::disallowed_methods,
    reason = "these tests are outside the program, as any client is"
)]
fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

async fn token(client: &reqwest::Client, running: &Running) -> String {
    let endpoint = &running.endpoint;
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
    body["access_token"].as_str().unwrap().to_owned()
}

/// Whether the connection was reset under the call, and not ended politely.
fn is_reset(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            return io.kind() == std::io::ErrorKind::ConnectionReset;
        }
        cause = error.source();
    }
    false
}

#[tokio::test]
async fn a_reset_cuts_the_connection_before_or_after_the_write() {
    for (when, left) in [("before", 200), ("after", 404)] {
        let (running, client, token, _folder) = serve(&format!(
            "[[rule]]\nmethod = \"DELETE\"\nreset_{when} = true\nfirst = 1"
        ))
        .await;
        let graph = running.endpoint.graph.clone();
        let url = format!("{graph}/v1.0{PHONES}/{ALTERNATE}");
        let error = client.delete(&url).bearer_auth(&token).send().await.unwrap_err();
        assert!(is_reset(&error), "{when}: {error:?}");
        let there = client.get(&url).bearer_auth(&token).send().await.unwrap();
        assert_eq!(there.status().as_u16(), left, "{when}");
        let told = client
            .get(format!("{graph}/mfactl/v1/faults"))
            .bearer_auth(&token);
        let told: Value = told.send().await.unwrap().json().await.unwrap();
        assert_eq!(told["rules"][0]["given"], 1);
        running.stop().await.unwrap();
    }
}

#[tokio::test]
async fn a_reset_of_an_item_cuts_the_whole_batch() {
    for (when, left) in [("before", 200), ("after", 404)] {
        let (running, client, token, _folder) = serve(&format!(
            "[[rule]]\npath = \"/users/bas*\"\nreset_{when} = true\n"
        ))
        .await;
        let graph = running.endpoint.graph.clone();
        let body = json!({"requests": [
            {"id": "1", "method": "DELETE", "url": format!("{PHONES}/{ALTERNATE}")},
            get("2", "/users/bas@contoso.example"),
        ]});
        let batch = client.post(format!("{graph}/v1.0/$batch")).bearer_auth(&token);
        let error = batch.json(&body).send().await.unwrap_err();
        assert!(is_reset(&error), "{when}: {error:?}");
        let there = client
            .get(format!("{graph}/v1.0{PHONES}/{ALTERNATE}"))
            .bearer_auth(&token);
        assert_eq!(there.send().await.unwrap().status().as_u16(), left, "{when}");
        running.stop().await.unwrap();
    }
}

#[tokio::test]
async fn slow_bytes_and_late_calls_take_their_time_and_are_whole() {
    let (running, client, token, _folder) = serve(
        "[[rule]]\npath = \"/users\"\nslow = \"400ms\"\n\n[[rule]]\npath = \"/users/*\"\ndelay = \"300ms\"",
    )
    .await;
    let graph = running.endpoint.graph.clone();
    let asked = Instant::now();
    let answer = client.get(format!("{graph}/v1.0/users")).bearer_auth(&token);
    let mut answer = answer.send().await.unwrap();
    let length = answer.content_length().unwrap();
    let (mut bytes, mut pieces) = (0, 0);
    while let Some(piece) = answer.chunk().await.unwrap() {
        bytes += piece.len() as u64;
        pieces += 1;
    }
    assert_eq!(bytes, length);
    assert!(pieces > 5, "{pieces}");
    assert!(asked.elapsed().as_millis() >= 400, "{:?}", asked.elapsed());
    let asked = Instant::now();
    let item = |id: &str| get(id, "/users/adele@contoso.example");
    let body = json!({"requests": [item("1"), item("2"), item("3")]});
    let batch = client.post(format!("{graph}/v1.0/$batch")).bearer_auth(&token);
    assert_eq!(batch.json(&body).send().await.unwrap().status().as_u16(), 200);
    let took = asked.elapsed().as_millis();
    assert!(took >= 300, "{took}");
    let told = client
        .get(format!("{graph}/mfactl/v1/faults"))
        .bearer_auth(&token);
    let told: Value = told.send().await.unwrap().json().await.unwrap();
    assert_eq!(told["rules"][0]["given"], 1);
    assert_eq!(told["rules"][1]["given"], 3);
    running.stop().await.unwrap();
}
