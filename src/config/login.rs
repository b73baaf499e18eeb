//! How a profile signs in: every way of `auth`, made of the profile's keys and of variables. Reads no file of secrets
//! and sends nothing; what a secret file holds is for whoever signs in.

use std::path::PathBuf;

use super::env::Env;
use super::file::Section;
use crate::domain::{Error, ErrorCode, Result, Secret};

/// How to sign in. Debug shows no secret.
#[derive(Clone, Debug)]
pub enum Login {
    /// As a person, in a browser on this machine.
    Browser {
        /// The application.
        client_id: String,
        /// The sign-in name to suggest.
        username: Option<String>,
    },
    /// As a person, in a browser elsewhere, with a code.
    DeviceCode {
        /// The application.
        client_id: String,
        /// The sign-in name to expect.
        username: Option<String>,
    },
    /// As an application.
    ClientSecret {
        /// The application.
        client_id: String,
        /// Its secret.
        secret: Secret,
    },
    /// As an application, with its certificate.
    Certificate {
        /// The application.
        client_id: String,
        /// The file with the certificate and its key: PEM or PKCS#12.
        file: PathBuf,
        /// The password of the file.
        password: Option<Secret>,
    },
    /// As an application, with a private key whose certificate the service knows.
    PrivateKey {
        /// The application.
        client_id: String,
        /// The file with the key.
        file: PathBuf,
        /// The password of the file.
        password: Option<Secret>,
    },
    /// As an application, with a token of an issuer outside that it trusts.
    Federated {
        /// The application.
        client_id: String,
        /// Where that token comes from.
        assertion: Assertion,
    },
    /// As the machine that this runs on.
    ManagedIdentity {
        /// Which identity, where the machine has several.
        client_id: Option<String>,
        /// Whom to ask.
        machine: Machine,
    },
    /// As whoever is signed in to the Azure CLI.
    AzureCli,
    /// With a token that somebody hands over; it cannot be renewed.
    Token(Handed),
    /// As a person, with sign-in name and password.
    Password {
        /// The application.
        client_id: String,
        /// Its secret, where it has one.
        client_secret: Option<Secret>,
        /// The sign-in name.
        username: String,
        /// The password.
        password: Secret,
    },
    /// With a key of the service's own kind, which it made for this use.
    ApiToken(Secret),
}

/// Where the token of an issuer outside comes from.
#[derive(Clone, Debug)]
pub enum Assertion {
    /// A text that is there already: GitLab puts it into a variable.
    Given(Secret),
    /// A file, read again each time: Kubernetes changes it.
    File(PathBuf),
    /// What a command prints.
    Command(Vec<String>),
    /// GitHub Actions.
    GitHub {
        /// `ACTIONS_ID_TOKEN_REQUEST_URL`.
        url: String,
        /// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
        token: Secret,
    },
    /// Azure Pipelines.
    AzurePipelines {
        /// `SYSTEM_OIDCREQUESTURI`.
        url: String,
        /// The id of the service connection.
        connection: String,
        /// `SYSTEM_ACCESSTOKEN`.
        token: Secret,
    },
}

/// Who knows the identity of this machine.
#[derive(Clone, Debug)]
pub enum Machine {
    /// The machine's own service (IMDS): at the usual address, or at this one.
    Imds(Option<String>),
    /// App Service, Functions, Container Apps.
    AppService {
        /// `IDENTITY_ENDPOINT`.
        url: String,
        /// `IDENTITY_HEADER`.
        header: Secret,
    },
}

/// Where a token is that somebody hands over.
#[derive(Clone, Debug)]
pub enum Handed {
    /// Here.
    Here(Secret),
    /// On standard input.
    StandardInput,
}

/// Where tokens are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenStore {
    /// In the keyring; where there is none, in an encrypted file if a key is at hand.
    #[default]
    Auto,
    /// In the system's keyring.
    Keyring,
    /// In an encrypted file.
    File,
    /// Nowhere: they end with the program.
    Memory,
}

impl TokenStore {
    /// Every one with its name in a profile.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("auto", Self::Auto),
        ("keyring", Self::Keyring),
        ("file", Self::File),
        ("memory", Self::Memory),
    ];

    /// The name in a profile.
    pub fn as_str(self) -> &'static str {
        Self::ALL
            .iter()
            .find_map(|(name, store)| (*store == self).then_some(*name))
            .unwrap_or_default()
    }
}

/// One way to sign in.
#[derive(Clone, Copy, Debug)]
pub struct Auth {
    /// Its name in a profile.
    pub name: &'static str,
    /// What it is, in a clause.
    pub meaning: &'static str,
    /// Whether it needs the id of an application.
    pub needs_client_id: bool,
    /// Whether somebody has to sign in beforehand, with `auth login`.
    pub interactive: bool,
}

/// Every way, in the order of the documents.
pub const AUTHS: &[Auth] = &[
    way("browser", "as yourself, in a browser on this machine", true, true),
    way(
        "device-code",
        "as yourself, in a browser elsewhere, with a code",
        true,
        true,
    ),
    way(
        "client-secret",
        "as an application, with MFACTL_CLIENT_SECRET",
        true,
        false,
    ),
    way(
        "certificate",
        "as an application, with its certificate in a file",
        true,
        false,
    ),
    way(
        "private-key",
        "as an application, with its private key in a file",
        true,
        false,
    ),
    way(
        "federated",
        "as an application, with a token of the pipeline or cluster",
        true,
        false,
    ),
    way(
        "managed-identity",
        "as the machine in Azure that this runs on",
        false,
        false,
    ),
    way(
        "azure-cli",
        "as whoever is signed in to the Azure CLI",
        false,
        false,
    ),
    way("token", "with a token from MFACTL_TOKEN", false, false),
    way(
        "password",
        "with a sign-in name and MFACTL_PASSWORD, where nothing else is offered",
        true,
        false,
    ),
    way(
        "api-token",
        "with a key of the service's own kind, from MFACTL_API_TOKEN",
        false,
        false,
    ),
];

const fn way(name: &'static str, meaning: &'static str, needs_client_id: bool, interactive: bool) -> Auth {
    Auth {
        name,
        meaning,
        needs_client_id,
        interactive,
    }
}

/// The way of this name.
///
/// # Errors
/// `config_invalid`, with the name that was meant.
pub fn auth(name: &str) -> Result<&'static Auth> {
    AUTHS.iter().find(|auth| auth.name == name).ok_or_else(|| {
        let error = Error::new(ErrorCode::ConfigInvalid, format!("there is no auth \"{name}\""));
        let names = AUTHS.iter().map(|auth| auth.name);
        match super::nearest(name, names.clone()) {
            Some(meant) => error.hint(format!("did you mean \"{meant}\"?")),
            None => error.hint(format!("one of: {}", names.collect::<Vec<_>>().join(", "))),
        }
    })
}

/// The token store of this name.
///
/// # Errors
/// `config_invalid`, with the name that was meant.
pub fn token_store(name: &str) -> Result<TokenStore> {
    let known = TokenStore::ALL.iter();
    known
        .clone()
        .find_map(|(other, store)| (*other == name).then_some(*store))
        .ok_or_else(|| {
            let error = Error::new(
                ErrorCode::ConfigInvalid,
                format!("there is no token_store \"{name}\""),
            );
            let names = known.map(|(name, _)| *name);
            match super::nearest(name, names.clone()) {
                Some(meant) => error.hint(format!("did you mean \"{meant}\"?")),
                None => error.hint(format!("one of: {}", names.collect::<Vec<_>>().join(", "))),
            }
        })
}

/// The way that a profile signs in, where it says nothing of it: what is at hand decides.
pub(super) fn usual(section: &Section, env: &Env) -> &'static str {
    let set = |name| env.get(name).is_some();
    let has_username = section.username.is_some() || set("MFACTL_USERNAME");
    if set("MFACTL_PASSWORD") && has_username {
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
pub(super) fn resolve(name: &str, section: &Section, env: &Env) -> Result<Login> {
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
            "password" => Ok(Login::Password {
                client_id: self.client_id()?,
                client_secret: self.secret("MFACTL_CLIENT_SECRET"),
                username: self.username().ok_or_else(|| {
                    self.signed_out("no sign-in name")
                        .hint("set MFACTL_USERNAME, or username in the profile")
                })?,
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
    fn assertion(&self) -> Result<Assertion> {
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
            return Ok(Assertion::Given(token));
        }
        if let Some(path) = self.either("MFACTL_ASSERTION_FILE", assertion_file.as_ref()) {
            return Ok(Assertion::File(home_file(&path)));
        }
        if let Some(command) = assertion_command {
            return if command.is_empty() {
                Err(self
                    .invalid("assertion_command is empty")
                    .hint("write it as words: assertion_command = [\"vault\", \"read\", …]"))
            } else {
                Ok(Assertion::Command(command.clone()))
            };
        }
        if let Some(path) = get("AZURE_FEDERATED_TOKEN_FILE") {
            return Ok(Assertion::File(PathBuf::from(path)));
        }
        if let (Some(url), Some(token)) = (
            get("ACTIONS_ID_TOKEN_REQUEST_URL"),
            self.secret("ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
        ) {
            return Ok(Assertion::GitHub { url, token });
        }
        let missing = "no token of an issuer outside to sign in with";
        if let Some(url) = get("SYSTEM_OIDCREQUESTURI") {
            let connection = self
                .either("MFACTL_SERVICE_CONNECTION", service_connection.as_ref())
                .or_else(|| get("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"));
            return match (connection, self.secret("SYSTEM_ACCESSTOKEN")) {
                (Some(connection), Some(token)) => Ok(Assertion::AzurePipelines {
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

#[cfg(test)]
mod tests;
