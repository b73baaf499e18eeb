//! Where the token of an issuer outside comes from, with which an application signs in. Configuration finds it, the flow
//! fetches it.

use std::path::PathBuf;

use super::Secret;

/// Where such a token comes from. Debug shows no secret.
#[derive(Clone, Debug)]
pub enum AssertionSource {
    /// A text that is there already: GitLab puts it into a variable.
    Given(Secret),
    /// A file, read again each time: Kubernetes changes it.
    File(PathBuf),
    /// What a command prints.
    Command(Vec<String>),
    /// GitHub Actions: its address, and the token for it.
    GitHub {
        /// `ACTIONS_ID_TOKEN_REQUEST_URL`.
        url: String,
        /// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
        token: Secret,
    },
    /// Azure Pipelines: its address, the service connection, and the token for it.
    AzurePipelines {
        /// `SYSTEM_OIDCREQUESTURI`.
        url: String,
        /// The id of the service connection.
        connection: String,
        /// `SYSTEM_ACCESSTOKEN`.
        token: Secret,
    },
}
