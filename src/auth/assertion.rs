//! Tokens of issuers outside that stand for the application (workload identity federation): from a file, a variable, a
//! command, GitHub Actions or Azure Pipelines. Each is fetched anew, because they live for minutes.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::command;
use crate::domain::{AssertionSource, Error, ErrorCode, Result, Secret};
use crate::http::{Class, Pipeline, Request, Timer, Transport, Verb, origin};

/// What the token is for (E:workload-identity-federation).
const AUDIENCE: &str = "api://AzureADTokenExchange";
/// How long the pipeline's own service may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A source with the way to reach it.
#[derive(Clone)]
pub(super) struct Assertion {
    pub(super) source: AssertionSource,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) timer: Arc<dyn Timer>,
}

impl std::fmt::Debug for Assertion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.source.fmt(f)
    }
}

impl Assertion {
    /// Fetches one.
    ///
    /// # Errors
    /// `not_signed_in`, saying which source has none and what to do.
    pub(super) async fn fetch(&self) -> Result<Secret> {
        let token = match &self.source {
            AssertionSource::Given(token) => token.clone(),
            AssertionSource::File(path) => {
                let text = std::fs::read_to_string(path).map_err(|error| {
                    none(&format!(
                        "the token file {} cannot be read: {error}",
                        path.display()
                    ))
                    .hint("check AZURE_FEDERATED_TOKEN_FILE, or assertion in the profile")
                })?;
                Secret::new(text.trim())
            }
            AssertionSource::Command(words) => {
                Secret::new(command::output(words.clone()).await?.expose().trim())
            }
            AssertionSource::GitHub { url, token } => {
                let url = format!(
                    "{url}&audience={}",
                    url::form_urlencoded::byte_serialize(AUDIENCE.as_bytes()).collect::<String>()
                );
                let hint = "give the job permissions: id-token: write";
                self.ask(&url, Verb::Get, token, "value", "GitHub Actions", hint)
                    .await?
            }
            AssertionSource::AzurePipelines {
                url,
                connection,
                token,
            } => {
                let url = format!("{url}?api-version=7.1&serviceConnectionId={connection}");
                let hint = "pass SYSTEM_ACCESSTOKEN: $(System.AccessToken) to the step, and check the service connection";
                self.ask(&url, Verb::Post, token, "oidcToken", "Azure Pipelines", hint)
                    .await?
            }
        };
        if token.expose().is_empty() {
            return Err(none("the outside token is empty"));
        }
        Ok(token)
    }

    /// Asks the pipeline's own service for a token.
    async fn ask(
        &self,
        url: &str,
        verb: Verb,
        token: &Secret,
        field: &str,
        who: &str,
        hint: &str,
    ) -> Result<Secret> {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let pipeline = Pipeline::new(
            Arc::clone(&self.transport),
            Arc::clone(&self.timer),
            origin(base)?,
            None,
            PATIENCE,
        );
        let mut request = Request::write(verb, Class::Read, "", format!("?{query}"), "/id-token");
        request
            .headers
            .push(("authorization", format!("Bearer {}", token.expose())));
        let response = pipeline.send(&request).await?;
        let found = response.ok().then(|| response.value());
        let found = found
            .as_ref()
            .and_then(|body| body.get(field))
            .and_then(Value::as_str);
        found
            .map(Secret::new)
            .ok_or_else(|| none(&format!("{who} gave no token, status {}", response.status)).hint(hint))
    }
}

fn none(why: &str) -> Error {
    Error::new(ErrorCode::NotSignedIn, format!("not signed in: {why}"))
}
