//! One profile, resolved: which service, where, as whom, with which guards. Sends nothing.

use std::path::PathBuf;

use super::env::Env;
use super::file::{GuardSection, Section};
use super::login::{self, Login, TokenStore};
use super::machine::Machine;
use super::network;
use crate::domain::{Error, ErrorCode, Guard, Network, Result, is_loopback};

/// The name of the profile that needs no file.
pub const LOCAL: &str = "local";
/// The name of the profile that is made of variables.
pub const OF_VARIABLES: &str = "env";

/// A profile, ready to be connected to.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Whether it was named by a flag or a variable, not taken as the default.
    pub named: bool,
    /// Its service in the registry.
    pub service: String,
    /// Where it is.
    pub place: Place,
    /// Completes sign-in names.
    pub domain: Option<String>,
    /// Reads national phone numbers.
    pub region: Option<String>,
    /// Its guards.
    pub guard: Guard,
    /// Where a second copy of the audit log goes.
    pub audit_to: Option<String>,
    /// Where its tokens are kept.
    pub token_store: TokenStore,
    /// How the network is reached.
    pub network: Network,
}

/// Where a profile's service is.
#[derive(Clone, Debug)]
pub enum Place {
    /// Inside this program, on this data file.
    Inside(PathBuf),
    /// Elsewhere.
    At(Address),
}

/// The address of a service, and how to sign in there.
#[derive(Clone, Debug)]
pub struct Address {
    /// Root of the interface.
    pub url: String,
    /// Where tokens come from, with the tenant.
    pub authority: String,
    /// The tenant.
    pub tenant: String,
    /// How to sign in.
    pub login: Login,
}

/// The service whose tenants are realms, each with an authority of its own under the service's address.
const KEYCLOAK: &str = "keycloak";
/// The service whose tenants are realms, and which hands out tokens itself.
pub(super) const PRIVACYIDEA: &str = "privacyidea";

/// Where a vendor's own service answers: api/entra, national clouds.
const CLOUDS: &[(&str, &str, &str)] = &[
    (
        "global",
        "https://graph.microsoft.com",
        "https://login.microsoftonline.com",
    ),
    (
        "us-gov",
        "https://graph.microsoft.us",
        "https://login.microsoftonline.us",
    ),
    (
        "us-dod",
        "https://dod-graph.microsoft.us",
        "https://login.microsoftonline.us",
    ),
    (
        "china",
        "https://microsoftgraph.chinacloudapi.cn",
        "https://login.chinacloudapi.cn",
    ),
];

/// The built-in profile's keys, under what the file says of it.
pub(super) fn built_in() -> Section {
    Section {
        service: Some("local".to_owned()),
        domain: Some("contoso.example".to_owned()),
        region: Some("US".to_owned()),
        guard: GuardSection {
            protected: Some(vec!["breakglass@contoso.example".to_owned()]),
            ..GuardSection::default()
        },
        ..Section::default()
    }
}

/// The profile that variables make.
pub(super) fn of_variables(env: &Env) -> Section {
    let get = |name| env.get(name).map(str::to_owned);
    Section {
        service: get("MFACTL_SERVICE"),
        tenant: get("MFACTL_TENANT"),
        client_id: get("MFACTL_CLIENT_ID"),
        auth: get("MFACTL_AUTH"),
        url: get("MFACTL_URL"),
        authority: get("MFACTL_AUTHORITY"),
        cloud: get("MFACTL_CLOUD"),
        domain: get("MFACTL_DOMAIN"),
        region: get("MFACTL_REGION"),
        ..Section::default()
    }
}

/// The guard of these keys, as strict as the machine's.
pub(super) fn guard(section: &Section, machine: &Machine) -> Guard {
    let usual = Guard::default();
    let own = section.guard.clone();
    let mut guard = Guard {
        max_users: own.max_users.unwrap_or(usual.max_users),
        max_users_planned: own.max_users_planned.unwrap_or(usual.max_users_planned),
        protected: own.protected.unwrap_or(usual.protected),
        allow_everyone: own.allow_everyone.unwrap_or(usual.allow_everyone),
        allow_privileged: own.allow_privileged.unwrap_or(usual.allow_privileged),
        require_ticket: own.require_ticket.unwrap_or(usual.require_ticket),
        ticket_pattern: own.ticket_pattern,
        require_caller_check: own.require_caller_check.unwrap_or(usual.require_caller_check),
        two_person_over: own.two_person_over,
        read_only: section.read_only.unwrap_or(usual.read_only),
        machine: usual.machine,
    };
    machine.tighten(&mut guard);
    guard
}

/// Makes a profile of its keys. `data` gives the data file of a service inside this program.
pub(super) fn resolve(
    name: &str,
    named: bool,
    section: &Section,
    env: &Env,
    machine: &Machine,
    data: impl FnOnce() -> Result<PathBuf>,
) -> Result<Profile> {
    let invalid = |why: String| Error::new(ErrorCode::ConfigInvalid, format!("profile \"{name}\": {why}"));
    let service = section.service.clone().ok_or_else(|| {
        invalid("service is missing".to_owned()).hint("set service = \"entra\" in the profile")
    })?;
    let place = if name == LOCAL && section.url.is_none() {
        Place::Inside(data()?)
    } else {
        Place::At(address(name, &service, section, env)?)
    };
    Ok(Profile {
        name: name.to_owned(),
        named,
        service,
        place,
        domain: section.domain.clone(),
        region: section.region.clone(),
        guard: guard(section, machine),
        audit_to: section.audit_to.clone(),
        token_store: match env.get("MFACTL_TOKEN_STORE").or(section.token_store.as_deref()) {
            Some(text) => login::token_store(text).map_err(|error| {
                let hint = error.hint_text().unwrap_or_default().to_owned();
                invalid(error.message().to_owned()).hint(hint)
            })?,
            None => TokenStore::default(),
        },
        network: network::resolve(name, section, env)?,
    })
}

fn address(name: &str, service: &str, section: &Section, env: &Env) -> Result<Address> {
    let roots = roots(name, service, section, env)?;
    Ok(Address {
        url: roots.url,
        authority: roots.authority,
        tenant: roots.tenant,
        login: login::resolve(name, section, env)?,
    })
}

/// The addresses of a profile.
pub(super) struct Roots {
    pub(super) url: String,
    pub(super) authority: String,
    pub(super) tenant: String,
}

/// Where a profile's service and its tokens are.
///
/// # Errors
/// `config_invalid`.
pub(super) fn roots(name: &str, service: &str, section: &Section, env: &Env) -> Result<Roots> {
    let invalid = |why: String| Error::new(ErrorCode::ConfigInvalid, format!("profile \"{name}\": {why}"));
    if section.cloud.is_some() && section.url.is_some() {
        return Err(invalid("cloud and url say the same thing twice".to_owned()).hint("keep one of them"));
    }
    // Kubernetes and Azure Pipelines say for which tenant their token is.
    let told = ["AZURE_TENANT_ID", "AZURESUBSCRIPTION_TENANT_ID"]
        .iter()
        .filter(|_| section.auth.as_deref() == Some("federated"))
        .find_map(|name| env.get(name))
        .map(str::to_owned);
    // A realm is what others call a tenant.
    let has_realms = service == KEYCLOAK || service == PRIVACYIDEA;
    let realm = section.realm.clone().filter(|_| has_realms);
    let tenant = realm.or(section.tenant.clone()).or(told);
    // Asked about an empty one a service takes its own, which nobody named.
    let tenant = tenant.filter(|tenant| !tenant.trim().is_empty()).ok_or_else(|| {
        if has_realms {
            return invalid("realm is missing".to_owned()).hint("set realm = \"…\"");
        }
        invalid("tenant is missing".to_owned()).hint("set tenant = \"contoso.onmicrosoft.com\"")
    })?;
    let cloud = match (section.url.as_ref(), service) {
        (Some(_), _) => None,
        (None, "entra") => Some(section.cloud.as_deref().unwrap_or("global")),
        (None, _) => {
            return Err(invalid(format!(
                "url is missing, and service \"{service}\" has no address of its own"
            ))
            .hint("set url = \"https://…\""));
        }
    };
    let (url, login_root) = match cloud {
        None => {
            let url = section.url.clone().unwrap_or_default();
            // Tokens come from the realm, or from the service itself.
            let authority = match service {
                KEYCLOAK => Some(format!("{}/realms/{tenant}", url.trim_end_matches('/'))),
                PRIVACYIDEA => Some(url.clone()),
                _ => None,
            };
            (url, authority)
        }
        Some(cloud) => {
            let (_, graph, login) = CLOUDS.iter().find(|(known, ..)| *known == cloud).ok_or_else(|| {
                let names: Vec<_> = CLOUDS.iter().map(|(known, ..)| *known).collect();
                invalid(format!("there is no cloud \"{cloud}\""))
                    .hint(format!("one of: {}", names.join(", ")))
            })?;
            ((*graph).to_owned(), Some(format!("{login}/{tenant}")))
        }
    };
    let authority = section.authority.clone().or(login_root).ok_or_else(|| {
        invalid("authority is missing".to_owned())
            .hint("set authority = \"https://…/TENANT\", as `local serve` prints it")
    })?;
    for (key, address) in [("url", &url), ("authority", &authority)] {
        check_address(address).map_err(|why| invalid(format!("{key} = \"{address}\": {why}")))?;
    }
    Ok(Roots {
        url,
        authority,
        tenant,
    })
}

/// Tokens and passwords travel by https, or stay on this machine.
///
/// # Errors
/// Why not, in a clause.
pub fn check_address(address: &str) -> Result<(), &'static str> {
    let url = url::Url::parse(address).map_err(|_| "that is not an address")?;
    if url.host().is_none() {
        return Err("it names no host");
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(&url) => Ok(()),
        "http" => Err("plain http is for this machine only: use https"),
        _ => Err("use https"),
    }
}
