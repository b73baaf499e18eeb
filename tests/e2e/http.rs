//! A small HTTP client that shares nothing with the program: what it reads is an independent witness.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::server::Server;

/// An answer.
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    /// The body; `null` where there is none.
    pub(crate) body: Value,
}

/// Somebody who asks a server without the program: the application itself, by its secret.
pub(crate) struct Witness {
    graph: String,
    authority: String,
    form: String,
}

impl Witness {
    /// A reader of this server.
    pub(crate) fn of(server: &Server) -> Self {
        let Server {
            graph,
            authority,
            client_id,
            client_secret,
            ..
        } = server;
        let form = format!(
            "grant_type=client_credentials&client_id={client_id}&client_secret={client_secret}&scope={graph}/.default"
        );
        Self {
            graph: graph.clone(),
            authority: authority.clone(),
            form,
        }
    }

    /// A new token each time: tests move the clock by which it ends.
    #[track_caller]
    pub(crate) fn token(&self) -> String {
        let url = format!("{}/oauth2/v2.0/token", self.authority);
        let answer = send(
            "POST",
            &url,
            &[("content-type", "application/x-www-form-urlencoded")],
            &self.form,
        );
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["access_token"].as_str().unwrap().to_owned()
    }

    /// Reads what has to be there.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Value {
        let answer = self.ask("GET", path, &Value::Null);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    /// Reads a collection that has to be there.
    #[track_caller]
    pub(crate) fn list(&self, path: &str) -> Vec<Value> {
        self.get(path)["value"].as_array().unwrap().clone()
    }

    /// Sends any request.
    #[track_caller]
    pub(crate) fn ask(&self, verb: &str, path: &str, body: &Value) -> Answer {
        self.ask_with(&self.token(), verb, path, body)
    }

    /// Sends any request with any token.
    #[track_caller]
    pub(crate) fn ask_with(&self, token: &str, verb: &str, path: &str, body: &Value) -> Answer {
        let bearer = format!("Bearer {token}");
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        send(
            verb,
            &format!("{}{path}", self.graph),
            &[("authorization", &bearer), ("content-type", "application/json")],
            &body,
        )
    }
}

/// One request on a connection of its own.
#[track_caller]
fn send(verb: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let request = format!(
        "{verb} /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    assert!(
        !head.to_ascii_lowercase().contains("transfer-encoding"),
        "the small client reads no chunks: {head}"
    );
    Answer {
        status,
        body: if body.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(body).unwrap_or(json!(body))
        },
    }
}
