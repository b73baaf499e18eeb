//! One call with its answer, as the embedded service writes it down when it is asked to; calls of a batch one by one.

use std::path::Path;

use serde_json::Value;

/// One call with its answer.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub method: String,
    /// `v1.0` or `beta`.
    pub version: String,
    /// Path and query behind the version, as they were sent.
    pub target: String,
    pub request_headers: Vec<(String, String)>,
    pub request: Option<Value>,
    pub status: u16,
    pub response_headers: Vec<(String, String)>,
    pub response: Option<Value>,
    /// Whether it was a call in a batch.
    pub inner: bool,
    /// Whether the answer may have been disturbed on purpose, and was not kept.
    pub disturbed: bool,
    /// Whether our own client sent it; tests also ask the service by themselves.
    pub ours: bool,
}

impl Exchange {
    /// The call in words.
    pub fn line(&self) -> String {
        format!("{} /{}{}", self.method, self.version, self.target)
    }

    /// A header of the request.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.request_headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether it was answered as it asked.
    pub fn succeeded(&self) -> bool {
        !self.disturbed && (200..300).contains(&self.status)
    }

    fn of(line: &Value) -> Self {
        let target = line["target"].as_str().unwrap();
        let (version, rest) = target.trim_start_matches('/').split_once('/').unwrap();
        let request_headers = headers(&line["request_headers"]);
        let ours = request_headers
            .iter()
            .any(|(name, value)| name == "user-agent" && value.starts_with("mfactl/"));
        Self {
            method: line["method"].as_str().unwrap().to_owned(),
            version: version.to_owned(),
            target: format!("/{rest}"),
            request_headers,
            request: some(&line["request"]),
            status: u16::try_from(line["status"].as_u64().unwrap()).unwrap(),
            response_headers: headers(&line["response_headers"]),
            response: some(&line["response"]),
            inner: false,
            disturbed: line["disturbed"] == true,
            ours,
        }
    }

    /// The calls of a batch with their answers.
    fn calls(&self) -> Vec<Self> {
        let list = |body: &Option<Value>, name: &str| -> Vec<Value> {
            let items = body.as_ref().and_then(|body| body[name].as_array());
            items.cloned().unwrap_or_default()
        };
        let answers = list(&self.response, "responses");
        if !self.disturbed && answers.is_empty() {
            // Refused as a whole: none of its calls was answered.
            return Vec::new();
        }
        let calls = list(&self.request, "requests").into_iter().map(|call| {
            let answer = answers
                .iter()
                .find(|answer| answer["id"] == call["id"])
                .cloned()
                .unwrap_or_default();
            Self {
                method: call["method"].as_str().unwrap().to_owned(),
                version: self.version.clone(),
                target: call["url"].as_str().unwrap().to_owned(),
                request_headers: headers(&call["headers"]),
                request: some(&call["body"]),
                status: answer["status"].as_u64().map_or(0, |status| status as u16),
                response_headers: headers(&answer["headers"]),
                response: some(&answer["body"]),
                inner: true,
                disturbed: self.disturbed,
                ours: self.ours,
            }
        });
        calls.collect()
    }
}

fn some(value: &Value) -> Option<Value> {
    (!value.is_null()).then(|| value.clone())
}

fn headers(value: &Value) -> Vec<(String, String)> {
    let map = value.as_object().cloned().unwrap_or_default();
    map.iter()
        .map(|(name, value)| (name.to_lowercase(), value.as_str().unwrap().to_owned()))
        .collect()
}

/// What a folder of recordings holds, each call of a batch behind it. What is cut off at the end of a file, because its
/// process was killed, is left out.
pub fn read(folder: &Path, mut each: impl FnMut(Exchange)) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for line in text.lines() {
            let Ok(line) = serde_json::from_str::<Value>(line) else {
                continue;
            };
            let outer = Exchange::of(&line);
            let calls = outer.calls();
            each(outer);
            calls.into_iter().for_each(&mut each);
        }
    }
}
