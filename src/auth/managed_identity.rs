//! The identity of the machine itself: asked of the address that Azure gives to each machine (IMDS), or of the one that
//! App Service names. The address is on the machine or on its own link, and no proxy stands between.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use url::form_urlencoded::Serializer;

use super::flow::{Fetched, Flow, Need, taken};
use crate::domain::{Error, ErrorCode, Result, Secret};
use crate::http::{Pipeline, Request, Timer, Transport, origin_of_machine};

/// Where each machine of Azure asks (E:how-to-use-vm-token).
pub const IMDS: &str = "http://169.254.169.254";
/// An identity that was just assigned is not there for a while: it is asked for so long (E:how-to-use-vm-token).
const PATIENCE: Duration = Duration::from_secs(70);
/// One call.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Whom to ask.
#[derive(Clone, Debug)]
pub enum Host {
    /// The machine's own service, at this address.
    Imds(String),
    /// App Service: its address, and the text that proves that we run inside.
    AppService {
        /// `IDENTITY_ENDPOINT`.
        url: String,
        /// `IDENTITY_HEADER`.
        header: Secret,
    },
}

/// One of them, with the way there.
pub(super) struct ManagedIdentity {
    pub(super) host: Host,
    /// For which service, without `/.default`.
    pub(super) resource: String,
    /// Which identity, where the machine has several.
    pub(super) client_id: Option<String>,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) timer: Arc<dyn Timer>,
}

impl std::fmt::Debug for ManagedIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ManagedIdentity")
            .field("host", &self.host)
            .field("resource", &self.resource)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Flow for ManagedIdentity {
    async fn fetch(&self, _: Need<'_>) -> Result<Fetched> {
        let (base, path, version, header) = match &self.host {
            Host::Imds(url) => (
                url.as_str(),
                "/metadata/identity/oauth2/token",
                "2018-02-01",
                ("metadata", "true".to_owned()),
            ),
            Host::AppService { url, header } => (
                url.as_str(),
                "",
                "2019-08-01",
                ("x-identity-header", header.expose().to_owned()),
            ),
        };
        let which = self.client_id.as_deref().map(|id| ("client_id", id));
        let query = Serializer::new(String::new())
            .append_pair("api-version", version)
            .append_pair("resource", &self.resource)
            .extend_pairs(which)
            .finish();
        let mut request = Request::get("", format!("{path}?{query}"), "/identity/token");
        request.headers.push(header);
        let pipeline = Pipeline::new(
            Arc::clone(&self.transport),
            Arc::clone(&self.timer),
            origin_of_machine(base)?,
            None,
            TIMEOUT,
        );
        let began = self.timer.now();
        let mut pause = Duration::from_secs(1);
        loop {
            let response = pipeline.send(&request).await.map_err(|error| {
                error.hint("auth = \"managed-identity\" works on a machine of Azure that has an identity")
            })?;
            match response.status {
                200 => return taken(&response),
                404 | 410 if self.timer.now() + pause < began + PATIENCE => {
                    self.timer.sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(20));
                }
                status => {
                    let body = response.value();
                    let why = body
                        .get("error_description")
                        .and_then(serde_json::Value::as_str)
                        .unwrap_or("it says no more");
                    return Err(Error::new(
                        ErrorCode::NotSignedIn,
                        format!("not signed in: the machine's identity service answered with status {status}: {why}"),
                    )
                    .hint("assign an identity to the machine; of several, name one as client_id"));
                }
            }
        }
    }
}
