//! What goes into the pipeline and what comes out: requests with their idempotency class, answers, and how a text is
//! written into a path.

use std::fmt::Write as _;

use serde_json::Value;
use url::{Host, Url};

use crate::domain::{Error, ErrorCode, Result, StepClass, is_loopback};

/// The verb of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// Read.
    Get,
    /// Make, or act.
    Post,
    /// Change a part.
    Patch,
    /// Replace.
    Put,
    /// Remove.
    Delete,
}

impl Verb {
    /// As it stands in a request line.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// What may be done when the answer to a request was lost, from the most to the least permissive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// Changes nothing.
    Read,
    /// Sending it twice gives the same state.
    Idempotent,
    /// Look first whether it was done.
    ReadBackFirst,
    /// Each sending makes something new.
    Never,
}

impl Class {
    /// Every class, in order.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 4] = [Self::Read, Self::Idempotent, Self::ReadBackFirst, Self::Never];
}

impl From<StepClass> for Class {
    fn from(class: StepClass) -> Self {
        match class {
            StepClass::Idempotent => Self::Idempotent,
            StepClass::ReadBackFirst => Self::ReadBackFirst,
            StepClass::Never => Self::Never,
        }
    }
}

/// What a request carries.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    /// Nothing.
    None,
    /// JSON. Never printed by this module.
    Json(Value),
    /// A form, percent-encoded already.
    Form(String),
    /// Plain text.
    Text(String),
}

/// One call. `template` is the path with names in place of values: the only form in which it is logged.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) verb: Verb,
    /// The root under the service's address, such as `/v1.0`; empty where `path` is an absolute link.
    pub(crate) root: &'static str,
    /// Path and query behind the root, encoded; or an absolute link that the service gave.
    pub(crate) path: String,
    pub(crate) template: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Body,
    pub(crate) class: Class,
    /// Whether one try may take as long as it takes: a whole file, or a hundred thousand people.
    pub(crate) patient: bool,
    /// What it costs of the service's allowance, as far as that is documented.
    pub(crate) units: f64,
}

impl Request {
    /// A read.
    pub(crate) fn get(root: &'static str, path: impl Into<String>, template: &'static str) -> Self {
        Self {
            verb: Verb::Get,
            root,
            path: path.into(),
            template,
            headers: Vec::new(),
            body: Body::None,
            class: Class::Read,
            patient: false,
            units: 1.0,
        }
    }

    /// A write of this class.
    pub(crate) fn write(
        verb: Verb,
        class: Class,
        root: &'static str,
        path: impl Into<String>,
        template: &'static str,
    ) -> Self {
        Self {
            verb,
            class,
            ..Self::get(root, path, template)
        }
    }

    /// With a JSON body.
    #[must_use]
    pub(crate) fn json(mut self, body: Value) -> Self {
        self.body = Body::Json(body);
        self
    }

    /// With plain text as its body.
    #[must_use]
    pub(crate) fn text(mut self, body: impl Into<String>) -> Self {
        self.body = Body::Text(body.into());
        self
    }

    /// Allowed to take its time.
    #[must_use]
    pub(crate) const fn patiently(mut self) -> Self {
        self.patient = true;
        self
    }

    /// Known to cost so much.
    #[must_use]
    pub(crate) const fn costing(mut self, units: f64) -> Self {
        self.units = units;
        self
    }

    /// With another header.
    #[must_use]
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A final answer, good or bad: what it means is for the caller to say.
#[derive(Clone)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The service's own id of the request.
    pub(crate) request_id: Option<String>,
    /// How many times it was sent.
    pub(crate) tries: u32,
}

impl Response {
    /// Whether it is a 2xx.
    pub(crate) const fn ok(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// A header by its lower-case name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `null` where it is empty or something else.
    pub(crate) fn value(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// `unavailable` when it is not JSON: something that is not the service answered.
    pub(crate) fn json(&self) -> Result<Value> {
        if self.body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&self.body).map_err(|_| {
            Error::new(
                ErrorCode::Unavailable,
                format!("status {}, but the answer is not JSON", self.status),
            )
            .hint("check the url of the profile, and whether a proxy answers in the service's place")
            .request_id(self.request_id.clone())
        })
    }
}

/// Writes a text into a path or a query, so that it stays one segment or one value.
pub(crate) fn encode_segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'@' => {
                encoded.push(char::from(byte));
            }
            _ => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    // A segment of dots alone would walk up the path.
    if !encoded.is_empty() && encoded.bytes().all(|byte| byte == b'.') {
        encoded.replace('.', "%2E")
    } else {
        encoded
    }
}

/// Where Azure answers each of its machines about itself, on the machine's own link (E:how-to-use-vm-token).
const OF_THE_MACHINE: [u8; 4] = [169, 254, 169, 254];

/// Reads the address of what answers the machine about itself: as [`origin`], and plain http to the one link-local
/// address that every machine of Azure has. No token is ever sent there.
///
/// # Errors
/// As [`origin`].
pub(crate) fn origin_of_machine(text: &str) -> Result<Url> {
    match Url::parse(text) {
        Ok(url) if url.scheme() == "http" && is_of_machine(&url) => Ok(url),
        _ => origin(text),
    }
}

/// Whether an address is on this machine, or is the link-local one of Azure: no proxy and no TLS there.
pub(crate) fn is_of_machine(url: &Url) -> bool {
    is_loopback(url) || matches!(url.host(), Some(Host::Ipv4(address)) if address.octets() == OF_THE_MACHINE)
}

/// Reads a service's address: https, or http on this machine, without query, fragment or user name.
///
/// # Errors
/// `config_invalid`, saying what is wrong.
pub(crate) fn origin(text: &str) -> Result<Url> {
    let bad = |why: &str| {
        Error::new(
            ErrorCode::ConfigInvalid,
            format!("\"{text}\" is not an address to connect to: {why}"),
        )
        .hint("give it as https://HOST, or as http://127.0.0.1:PORT for a service on this machine")
    };
    let url = Url::parse(text).map_err(|error| bad(&error.to_string()))?;
    if !(url.scheme() == "https" || url.scheme() == "http") {
        return Err(bad("only https and http are spoken"));
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(bad("a token would cross the network in clear"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::new(
            ErrorCode::ConfigInvalid,
            "the address of the service has a user name or password in it",
        )
        .hint("leave it out: credentials have places of their own"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad("it has a query or a fragment"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_https_and_loopback_and_nothing_else() {
        for good in [
            "https://graph.example",
            "http://127.0.0.1:8080",
            "http://localhost:1/x",
            "http://[::1]:9",
        ] {
            assert!(origin(good).is_ok(), "{good}");
        }
        let why = |text: &str| origin(text).unwrap_err().to_string();
        insta::assert_snapshot!(
            ["http://graph.example", "ftp://x.example", "graph", "https://a:b@x.example", "https://x.example?y"]
                .map(why).join("\n"),
            @r#"
        "http://graph.example" is not an address to connect to: a token would cross the network in clear
        "ftp://x.example" is not an address to connect to: only https and http are spoken
        "graph" is not an address to connect to: relative URL without a base
        the address of the service has a user name or password in it
        "https://x.example?y" is not an address to connect to: it has a query or a fragment
        "#
        );
    }

    #[test]
    fn a_text_stays_one_segment() {
        assert_eq!(
            encode_segment("g_x.example#EXT#@c.example"),
            "g_x.example%23EXT%23@c.example"
        );
        assert_eq!(encode_segment("a/b?c&d'é"), "a%2Fb%3Fc%26d%27%C3%A9");
        assert_eq!(encode_segment(".."), "%2E%2E");
    }
}
