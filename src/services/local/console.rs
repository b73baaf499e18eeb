//! What only the embedded service has, for the verbs under `local`: sign-in and recovery evaluated, the outbox, the
//! clock, more people, the seeded secrets, a copy of the file. Demo data: secrets are part of the answers here.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};

use super::client::{ExtensionClient, ROOT};
use crate::domain::{Operator, Result, UserId};
use crate::http::{Class, HttpTransport, Request, Response, SystemTimer, Verb, encode_segment};
use crate::services::ConnectOptions;
use crate::services::entra::Graph;

/// A factor: its kind as in `local sign-in`, and the code; an empty one sends a code to the outbox.
#[derive(Clone, Debug, Serialize)]
pub struct Factor {
    /// totp, sms, call, email, approve, pass.
    pub kind: String,
    /// The code.
    pub code: String,
}

/// A sign-in to be evaluated.
#[derive(Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignIn {
    /// Who.
    pub user: String,
    /// With a password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// With an app password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_password: Option<String>,
    /// From a device that may be remembered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_token: Option<String>,
    /// In a session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_token: Option<String>,
    /// Second factors.
    pub factors: Vec<Factor>,
    /// "Don't ask again".
    pub remember: bool,
}

/// A question with its answer.
#[derive(Clone, Serialize)]
pub struct Answered {
    /// The question.
    pub question: String,
    /// The answer.
    pub answer: String,
}

/// A self-service password reset to be evaluated.
#[derive(Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Recovery {
    /// Who.
    pub user: String,
    /// Codes.
    pub factors: Vec<Factor>,
    /// Answers to security questions.
    pub answers: Vec<Answered>,
}

/// A change of the service's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockChange {
    /// To this moment.
    Set(jiff::Timestamp),
    /// Forward by so many seconds.
    Advance(i64),
    /// Back to the machine's.
    Reset,
}

/// A connection to the embedded service for the verbs under `local`.
pub struct Console {
    graph: Graph,
    operator: Operator,
}

impl Console {
    /// Signs in. Sends one request, for the token.
    ///
    /// # Errors
    /// As [`crate::services::connect`].
    pub async fn connect(options: &ConnectOptions) -> Result<Self> {
        let transport = Arc::new(HttpTransport::new(options.network.clone()));
        let link = crate::services::link(options, transport, Arc::new(SystemTimer::default())).await?;
        let operator = link.claims.operator();
        Ok(Self {
            graph: Graph::new(link),
            operator,
        })
    }

    /// Who runs this.
    pub const fn operator(&self) -> &Operator {
        &self.operator
    }

    async fn send(&self, request: Request) -> Result<Value> {
        self.response(&request).await?.json()
    }

    async fn response(&self, request: &Request) -> Result<Response> {
        ExtensionClient::new(&self.graph).send(request).await
    }

    fn act(path: &'static str, class: Class, body: Value) -> Request {
        Request::write(Verb::Post, class, ROOT, path, path).json(body)
    }

    /// Evaluates a sign-in; the answer as in docs/extensions.md, in camelCase.
    ///
    /// # Errors
    /// `user_not_found`, `unavailable`, and what the token lacks.
    pub async fn sign_in(&self, attempt: &SignIn) -> Result<Value> {
        self.send(Self::act("/signIn", Class::Never, json!(attempt)))
            .await
    }

    /// Evaluates a recovery.
    ///
    /// # Errors
    /// As [`Self::sign_in`].
    pub async fn recover(&self, attempt: &Recovery) -> Result<Value> {
        self.send(Self::act("/recover", Class::Never, json!(attempt)))
            .await
    }

    /// What phones and mailboxes received, newest last: the items of the collection.
    ///
    /// # Errors
    /// As [`Self::sign_in`].
    pub async fn outbox(&self, user: Option<&str>) -> Result<Vec<Value>> {
        let query = user
            .map(|user| format!("?user={}", encode_segment(user)))
            .unwrap_or_default();
        let mut answer = self
            .send(Request::get(ROOT, format!("/outbox{query}"), "/outbox"))
            .await?;
        match answer.get_mut("value").map(Value::take).unwrap_or(answer) {
            Value::Array(items) => Ok(items),
            _ => Ok(Vec::new()),
        }
    }

    /// The service's clock: `{now, offsetSeconds}`.
    ///
    /// # Errors
    /// As [`Self::sign_in`].
    pub async fn clock(&self) -> Result<Value> {
        self.send(Request::get(ROOT, "/clock", "/clock")).await
    }

    /// Moves the service's clock; the answer is where it stands.
    ///
    /// # Errors
    /// As [`Self::sign_in`].
    pub async fn move_clock(&self, change: ClockChange) -> Result<Value> {
        let (class, body) = match change {
            ClockChange::Set(to) => (Class::Idempotent, json!({ "set": to })),
            ClockChange::Advance(seconds) => (Class::Never, json!({ "advance": seconds })),
            ClockChange::Reset => (Class::Idempotent, json!({ "reset": true })),
        };
        self.send(Self::act("/clock", class, body)).await
    }

    /// Adds people, the same ones for the same number: `{users, added}`.
    ///
    /// # Errors
    /// As [`Self::sign_in`].
    pub async fn seed(&self, users: u64) -> Result<Value> {
        self.send(Self::act("/seed", Class::Idempotent, json!({ "users": users })))
            .await
    }

    /// A person's seeded secrets.
    ///
    /// # Errors
    /// As [`Self::sign_in`].
    pub async fn secrets(&self, user: &UserId) -> Result<Value> {
        let path = ExtensionClient::path(&user.0, "/secrets");
        self.send(Request::get(ROOT, path, "/users/{id}/secrets")).await
    }

    /// The whole data file, consistent.
    ///
    /// # Errors
    /// As [`Self::sign_in`].
    pub async fn snapshot(&self) -> Result<Vec<u8>> {
        let request = Request::get(ROOT, "/snapshot", "/snapshot").patiently();
        let response = self.graph.pipeline().send(&request).await?;
        let response = self
            .graph
            .check(response, crate::services::entra::Family::Extensions, Verb::Get)?;
        Ok(response.body)
    }
}
