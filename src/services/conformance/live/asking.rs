//! One request to a live server, past the program and with nothing of it: how tests make people and look at what became
//! of them. Shared with `tests/live`.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

/// An answer of a server.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// JSON, else the text.
    pub(crate) body: Value,
    headers: Vec<(String, String)>,
}

impl Answer {
    /// The values of a header, by its name in lower case.
    pub(crate) fn header(&self, wanted: &str) -> impl Iterator<Item = &str> {
        let all = self.headers.iter().filter(move |(name, _)| name == wanted);
        all.map(|(_, value)| value.as_str())
    }

    /// The id of what was made: the end of its address.
    #[track_caller]
    pub(crate) fn made_id(&self) -> String {
        let address = self.header("location").next();
        let address = address.unwrap_or_else(|| panic!("nothing was made: {} {}", self.status, self.body));
        address.rsplit('/').next().unwrap().to_owned()
    }
}

/// Sends one request on a connection of its own to a server at `http://HOST:PORT`, or under a path there. Of the old version, which knows no
/// chunks.
pub(crate) fn send(url: &str, verb: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let address = url.strip_prefix("http://").unwrap();
    let (host, under) = address.split_at(address.find('/').unwrap_or(address.len()));
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let length = body.len();
    let request = format!(
        "{verb} {under}{path} HTTP/1.0\r\nhost: {host}\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let headers = head.lines().filter_map(|line| line.split_once(':'));
    Answer {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        body: serde_json::from_str(body).unwrap_or_else(|_| json!(body)),
        headers: headers
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect(),
    }
}

/// A form, as it is posted.
pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}
