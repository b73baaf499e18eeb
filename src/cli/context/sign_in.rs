//! From how a profile signs in to the flow that does it: the one place where configuration and flows meet.

use std::io::Read as _;

use crate::auth::{Credential, Host, IMDS, Identity};
use crate::config::{Handed, IdentityHost, Login, Profile};
use crate::domain::{Error, ErrorCode, Result, Secret};
use crate::services;

/// The longest token that is taken from standard input, in bytes.
const LONGEST: u64 = 64 * 1024;

/// The credential of this profile.
///
/// # Errors
/// `not_signed_in` where somebody has to sign in first or no token comes; `file_unreadable` and `config_invalid` for a
/// file of a certificate; `unsupported` for a way that the service does not have.
pub(super) fn credential(profile: &Profile, login: &Login) -> Result<Credential> {
    let way = login.way();
    let service = services::find(&profile.service)?;
    if !service.takes(way) {
        let instead = match way {
            "private-key" => "certificate",
            "api-token" => "token",
            _ => "password",
        };
        return Err(not_here(profile, way, instead));
    }
    Ok(match login.clone() {
        Login::Browser { client_id, .. } => Credential::Browser { client_id },
        Login::DeviceCode { client_id, .. } => Credential::DeviceCode { client_id },
        Login::ClientSecret { client_id, secret } => Credential::ClientSecret { client_id, secret },
        Login::Certificate {
            client_id,
            file,
            password,
        } => Credential::Certificate {
            client_id,
            identity: Identity::read(&file, password.as_ref())?,
        },
        Login::PrivateKey {
            client_id,
            file,
            password,
        } => Credential::PrivateKey {
            client_id,
            identity: Identity::read_key(&file, password.as_ref())?,
        },
        Login::ApiToken(key) => Credential::ApiToken(key),
        Login::Federated { client_id, assertion } => Credential::Federated { client_id, assertion },
        Login::ManagedIdentity { client_id, machine } => Credential::ManagedIdentity {
            client_id,
            host: match machine {
                IdentityHost::Imds(url) => Host::Imds(url.unwrap_or_else(|| IMDS.to_owned())),
                IdentityHost::AppService { url, header } => Host::AppService { url, header },
            },
        },
        Login::AzureCli => Credential::AzureCli,
        Login::Token(Handed::Here(token)) => Credential::Token(token),
        Login::Token(Handed::StandardInput) => Credential::Token(handed()?),
        Login::Prompted { username } => Credential::Prompted { username },
        Login::Password {
            client_id,
            client_secret,
            username,
            password,
        } => Credential::Password {
            client_id,
            client_secret,
            username,
            password,
        },
    })
}

/// The service has no such way.
fn not_here(profile: &Profile, auth: &str, instead: &str) -> Error {
    Error::new(
        ErrorCode::Unsupported,
        format!(
            "profile \"{}\": service \"{}\" has no auth \"{auth}\"",
            profile.name, profile.service
        ),
    )
    .hint(format!("set auth = \"{instead}\""))
}

/// A token on standard input: all of it, without the blanks around.
fn handed() -> Result<Secret> {
    let missing = |why: String| {
        Error::new(ErrorCode::NotSignedIn, why)
            .hint("MFACTL_TOKEN=- takes the token from standard input: PROGRAM | mfactl …")
    };
    let mut text = String::new();
    std::io::stdin()
        .lock()
        .take(LONGEST)
        .read_to_string(&mut text)
        .map_err(|error| missing(format!("no token on standard input: {error}")))?;
    match text.trim() {
        "" => Err(missing("no token on standard input".to_owned())),
        token if token.contains(char::is_whitespace) => {
            Err(missing("what is on standard input is not one token".to_owned()))
        }
        token => Ok(Secret::new(token)),
    }
}
