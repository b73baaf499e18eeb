//! From the keys of a profile and the variables to the way that it signs in.

use std::path::PathBuf;

use super::{Handed, Login, Machine, auth};
use crate::config::env::Env;
use crate::config::file::Section;
use crate::config::profile::PRIVACYIDEA;
use crate::domain::{AssertionSource, Error, ErrorCode, Result, Secret};

/// The way that a profile signs in, where it says nothing of it: what is at hand decides.
pub(in crate::config) fn usual(section: &Section, env: &Env) -> &'static str {
    let set = |name| env.get(name).is_some();
    let has_username = section.username.is_some() || set("MFACTL_USERNAME");
    if section.service.as_deref() == Some(PRIVACYIDEA) {
        if set("MFACTL_API_TOKEN") {
            "api-token"
        } else {
            "password"
        }
    } else if set("MFACTL_PASSWORD") && has_username {
        "password"
    } else if set("MFACTL_CLIENT_SECRET") {
        "client-secret"
    } else if section.certificate.is_some() || set("MFACTL_CERTIFICATE") {
        "certificate"
    } else if section.private_key.is_some() {
        "private-key"
    } else if section.assertion_file.is_some() || section.assertion_command.is_some() {
        "federated"
    } else {
        "client-secret"
    }
}

/// A file of a profile: `~/` is the home folder.
pub fn home_file(text: &str) -> PathBuf {
    match text.strip_prefix("~/").map(|rest| (rest, etcetera::home_dir())) {
        Some((rest, Ok(home))) => home.join(rest),
        _ => PathBuf::from(text),
    }
}

/// How the profile `name` signs in.
///
/// # Errors
/// `config_invalid` for keys that are wrong or missing, `not_signed_in` for a secret that is missing.
pub(in crate::config) fn resolve(name: &str, section: &Section, env: &Env) -> Result<Login> {
    Keys { name, section, env }.login()
}

struct Keys<'a> {
    name: &'a str,
    section: &'a Section,
    env: &'a Env,
}

impl Keys<'_> {
    fn invalid(&self, why: &str) -> Error {
        Error::new(
            ErrorCode::ConfigInvalid,
            format!("profile \"{}\": {why}", self.name),
        )
    }

    fn signed_out(&self, why: &str) -> Error {
        Error::new(
            ErrorCode::NotSignedIn,
            format!("profile \"{}\": {why}", self.name),
        )
    }

    fn secret(&self, variable: &str) -> Option<Secret> {
        self.env.get(variable).map(Secret::new)
    }

    /// The variable, else the key.
    fn either(&self, variable: &str, key: Option<&String>) -> Option<String> {
        self.env.get(variable).map(str::to_owned).or_else(|| key.cloned())
    }

    fn client_id(&self) -> Result<String> {
        self.section.client_id.clone().ok_or_else(|| {
            self.invalid("client_id is missing")
                .hint("it is the application's id")
        })
    }

    fn username(&self) -> Option<String> {
        self.either("MFACTL_USERNAME", self.section.username.as_ref())
    }

    fn named(&self) -> Result<String> {
        self.username().ok_or_else(|| {
            self.signed_out("no sign-in name")
                .hint("set MFACTL_USERNAME, or username in the profile")
        })
    }

    fn login(&self) -> Result<Login> {
        let auth = match self.section.auth.as_deref() {
            Some(name) => {
                auth(name)
                    .map_err(|error| match error.hint_text() {
                        Some(hint) => self.invalid(error.message()).hint(hint),
                        None => self.invalid(error.message()),
                    })?
                    .name
            }
            None => usual(self.section, self.env),
        };
        match auth {
            "browser" => Ok(Login::Browser {
                client_id: self.client_id()?,
                username: self.username(),
            }),
            "device-code" => Ok(Login::DeviceCode {
                client_id: self.client_id()?,
                username: self.username(),
            }),
            "certificate" => Ok(Login::Certificate {
                client_id: self.client_id()?,
                file: self.key_file(
                    "MFACTL_CERTIFICATE",
                    self.section.certificate.as_ref(),
                    "certificate",
                )?,
                password: self.secret("MFACTL_CERTIFICATE_PASSWORD"),
            }),
            "private-key" => Ok(Login::PrivateKey {
                client_id: self.client_id()?,
                file: self.key_file(
                    "MFACTL_PRIVATE_KEY",
                    self.section.private_key.as_ref(),
                    "private_key",
                )?,
                password: self.secret("MFACTL_CERTIFICATE_PASSWORD"),
            }),
            "federated" => Ok(Login::Federated {
                client_id: match self.client_id() {
                    Ok(id) => id,
                    // Kubernetes and Azure Pipelines say whom their token stands for.
                    Err(missing) => ["AZURE_CLIENT_ID", "AZURESUBSCRIPTION_CLIENT_ID"]
                        .iter()
                        .find_map(|name| self.env.get(name))
                        .map(str::to_owned)
                        .ok_or(missing)?,
                },
                assertion: self.assertion()?,
            }),
            "managed-identity" => Ok(Login::ManagedIdentity {
                client_id: self.section.client_id.clone(),
                machine: match (self.env.get("IDENTITY_ENDPOINT"), self.secret("IDENTITY_HEADER")) {
                    (Some(url), Some(header)) => Machine::AppService {
                        url: url.to_owned(),
                        header,
                    },
                    _ => Machine::Imds(
                        self.env
                            .get("AZURE_POD_IDENTITY_AUTHORITY_HOST")
                            .map(str::to_owned),
                    ),
                },
            }),
            "azure-cli" => Ok(Login::AzureCli),
            "token" => match self.env.get("MFACTL_TOKEN") {
                Some("-") => Ok(Login::Token(Handed::StandardInput)),
                Some(token) => Ok(Login::Token(Handed::Here(Secret::new(token)))),
                None => Err(self
                    .signed_out("no token to sign in with")
                    .hint("put it in MFACTL_TOKEN, or set MFACTL_TOKEN=- and give it on standard input")),
            },
            "api-token" => Ok(Login::ApiToken(self.secret("MFACTL_API_TOKEN").ok_or_else(
                || {
                    self.signed_out("no key to sign in with")
                        .hint("put the service's key in MFACTL_API_TOKEN")
                },
            )?)),
            "password" if self.section.service.as_deref() == Some(PRIVACYIDEA) => {
                let username = self.named()?;
                // Nobody signs in there through an application.
                Ok(match self.secret("MFACTL_PASSWORD") {
                    Some(password) => Login::Password {
                        client_id: String::new(),
                        client_secret: None,
                        username,
                        password,
                    },
                    None => Login::Prompted { username },
                })
            }
            "password" => Ok(Login::Password {
                client_id: self.client_id()?,
                client_secret: self.secret("MFACTL_CLIENT_SECRET"),
                username: self.named()?,
                password: self.secret("MFACTL_PASSWORD").ok_or_else(|| {
                    self.signed_out("no password to sign in with")
                        .hint("set MFACTL_PASSWORD")
                })?,
            }),
            _ => Ok(Login::ClientSecret {
                client_id: self.client_id()?,
                secret: self.secret("MFACTL_CLIENT_SECRET").ok_or_else(|| {
                    self.signed_out("no secret to sign in with")
                        .hint("put the application's secret in MFACTL_CLIENT_SECRET")
                })?,
            }),
        }
    }

    fn key_file(&self, variable: &str, key: Option<&String>, word: &str) -> Result<PathBuf> {
        self.either(variable, key)
            .map(|text| home_file(&text))
            .ok_or_else(|| {
                self.invalid(&format!("{word} is missing"))
                    .hint(format!("set {word} = \"FILE\" in the profile, or {variable}"))
            })
    }

    /// What was said of the token's place; else what the pipeline or the cluster has put into variables.
    fn assertion(&self) -> Result<AssertionSource> {
        let Section {
            assertion_file,
            assertion_command,
            service_connection,
            ..
        } = self.section;
        if assertion_file.is_some() && assertion_command.is_some() {
            return Err(self
                .invalid("assertion_file and assertion_command say the same thing twice")
                .hint("keep one of them"));
        }
        let get = |name: &str| self.env.get(name).map(str::to_owned);
        if let Some(token) = self.secret("MFACTL_ID_TOKEN") {
            return Ok(AssertionSource::Given(token));
        }
        if let Some(path) = self.either("MFACTL_ASSERTION_FILE", assertion_file.as_ref()) {
            return Ok(AssertionSource::File(home_file(&path)));
        }
        if let Some(command) = assertion_command {
            return if command.is_empty() {
                Err(self
                    .invalid("assertion_command is empty")
                    .hint("write it as words: assertion_command = [\"vault\", \"read\", …]"))
            } else {
                Ok(AssertionSource::Command(command.clone()))
            };
        }
        if let Some(path) = get("AZURE_FEDERATED_TOKEN_FILE") {
            return Ok(AssertionSource::File(PathBuf::from(path)));
        }
        if let (Some(url), Some(token)) = (
            get("ACTIONS_ID_TOKEN_REQUEST_URL"),
            self.secret("ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
        ) {
            return Ok(AssertionSource::GitHub { url, token });
        }
        let missing = "no token of an issuer outside to sign in with";
        if let Some(url) = get("SYSTEM_OIDCREQUESTURI") {
            let connection = self
                .either("MFACTL_SERVICE_CONNECTION", service_connection.as_ref())
                .or_else(|| get("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"));
            return match (connection, self.secret("SYSTEM_ACCESSTOKEN")) {
                (Some(connection), Some(token)) => Ok(AssertionSource::AzurePipelines {
                    url,
                    connection,
                    token,
                }),
                (_, None) => Err(self
                    .signed_out(missing)
                    .hint("give the step env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)")),
                (None, _) => Err(self
                    .signed_out(missing)
                    .hint("put the service connection's id in MFACTL_SERVICE_CONNECTION")),
            };
        }
        Err(self.signed_out(missing).hint(if get("GITHUB_RUN_ID").is_some() {
            "give the job permissions: id-token: write"
        } else if get("CI_PIPELINE_ID").is_some() {
            "give the job id_tokens: MFACTL_ID_TOKEN: aud: api://AzureADTokenExchange"
        } else {
            "set assertion_file or assertion_command in the profile, or put the token in MFACTL_ID_TOKEN"
        }))
    }
}
