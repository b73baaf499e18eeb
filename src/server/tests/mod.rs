//! The service as a client sees it, without a socket: requests go to the router itself.

mod account;
mod application;
mod batch;
mod clients;
mod directory;
mod faults;
mod identity;
mod metadata;
mod methods;
mod numbers;
mod opening;
mod options;
mod pass;
mod permission;
mod phones;
mod sign_in;
mod token;

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::handler::Handler;
use axum::http::{HeaderMap, Request, header};
use axum::routing::any_service;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::faults::Faults;
use super::secrets::Seed;
use super::state::AppState;
use super::store::Store;
use super::token::Trusted;

const BASE: &str = "http://service.test";

/// The service on a new file with the demo directory.
struct Service {
    state: Arc<AppState>,
    app: String,
    _folder: TempDir,
}

/// An answer: status, headers, and the body as JSON or null.
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    /// Status and Graph's code.
    fn code(&self) -> (u16, &str) {
        (
            self.status,
            self.body["error"]["code"].as_str().unwrap_or_default(),
        )
    }

    /// What a property is in each item of the collection.
    fn all<'a>(&'a self, property: &str) -> Vec<&'a str> {
        let items = self.body["value"]
            .as_array()
            .unwrap_or_else(|| panic!("{}", self.body));
        items
            .iter()
            .map(|item| item[property].as_str().unwrap_or_default())
            .collect()
    }
}

impl Service {
    async fn demo() -> Self {
        Self::start(false).await
    }

    /// With what else proves the application.
    async fn trusting(trusted: Trusted) -> Self {
        Self::with(false, Faults::default(), trusted).await
    }

    async fn start(graph_only: bool) -> Self {
        Self::with(graph_only, Faults::default(), Trusted::default()).await
    }

    async fn with(graph_only: bool, faults: Faults, trusted: Trusted) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("service.db"), true).unwrap();
        let state = AppState::load(store, BASE.to_owned(), graph_only, None, None, trusted, faults)
            .await
            .unwrap();
        let mut service = Self {
            state,
            app: String::new(),
            _folder: folder,
        };
        service.app = service.grant(&service.client_credentials()).await.body["access_token"]
            .as_str()
            .unwrap()
            .to_owned();
        service
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let router = super::router(Arc::clone(&self.state), None);
        let response = Handler::call(any_service(router), request, ()).await;
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        }
    }

    /// A call as somebody; a body of null is none.
    async fn call_as(&self, token: &str, method: &str, path: &str, body: Value) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header("client-request-id", "its-own");
        let request = if path.contains("eventual") {
            request.header("ConsistencyLevel", "eventual")
        } else {
            request
        };
        let request = if body.is_null() {
            request.body(Body::empty())
        } else {
            let request = request.header(header::CONTENT_TYPE, "application/json");
            request.body(Body::from(body.to_string()))
        };
        self.send(request.unwrap()).await
    }

    /// A call as the application.
    async fn call(&self, method: &str, path: &str, body: Value) -> Answer {
        self.call_as(&self.app, method, path, body).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, Value::Null).await
    }

    /// A path below a person's `/v1.0/users/{sign-in name}/authentication`.
    async fn own(&self, name: &str, method: &str, path: &str, body: Value) -> Answer {
        let version = if ["signInPreferences", "requirements"].contains(&path) {
            "beta"
        } else {
            "v1.0"
        };
        self.call(
            method,
            &format!("/{version}/users/{name}@contoso.example/authentication/{path}"),
            body,
        )
        .await
    }

    fn client_credentials(&self) -> Vec<(&'static str, String)> {
        vec![
            ("grant_type", "client_credentials".to_owned()),
            ("client_id", self.state.client_id.clone()),
            ("client_secret", self.state.client_secret.expose().to_owned()),
            ("scope", format!("{BASE}/.default")),
        ]
    }

    async fn password_grant(&self, name: &str) -> Vec<(&'static str, String)> {
        let upn = format!("{name}@contoso.example");
        let sought = upn.clone();
        let password = self
            .state
            .store
            .read(move |connection| {
                let id: String =
                    connection
                        .query_row("SELECT id FROM users WHERE upn = ?1", [sought], |row| row.get(0))?;
                Ok(Seed::load(connection)?.password(&id))
            })
            .await
            .unwrap();
        vec![
            ("grant_type", "password".to_owned()),
            ("client_id", self.state.client_id.clone()),
            ("scope", format!("{BASE}/.default")),
            ("username", upn),
            ("password", password),
        ]
    }

    async fn grant(&self, form: &[(&'static str, String)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let uri = format!("/{}/oauth2/v2.0/token", self.state.tenant);
        self.send(Request::post(uri).body(Body::from(body)).unwrap())
            .await
    }

    /// A token of a person.
    async fn token(&self, name: &str) -> String {
        let answer = self.grant(&self.password_grant(name).await).await;
        answer.body["access_token"]
            .as_str()
            .unwrap_or_else(|| panic!("{}", answer.body))
            .to_owned()
    }

    /// Moves the service's clock.
    async fn advance(&self, seconds: i64) {
        let answer = self
            .call("POST", "/mfactl/v1/clock", json!({"advance": seconds}))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    async fn sql(&self, sql: &'static str) {
        self.state
            .store
            .write(move |connection| Ok(connection.execute_batch(sql)?))
            .await
            .unwrap();
    }
}
