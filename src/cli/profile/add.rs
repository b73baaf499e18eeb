//! `profile add [NAME]`

use super::{dialogue, doubt, file};
use crate::cli::context::Context;
use crate::config::{self, AUTHS, SET, Text};
use crate::domain::{Error, ErrorCode, Result};
use crate::services;

/// What the profile says.
#[derive(Debug, Default, clap::Args)]
#[command(
    after_help = "Examples:\n  mfactl profile add\n  mfactl profile add contoso --service entra --tenant contoso.onmicrosoft.com --client-id 00000000-0000-0000-0000-000000000000 --auth browser\n  mfactl profile add fabrikam --extends contoso --tenant fabrikam.onmicrosoft.com"
)]
pub struct Args {
    /// Its name; without it a dialogue asks for everything
    #[arg(value_name = "NAME")]
    pub(super) name: Option<String>,
    /// The identity service: entra, keycloak, privacyidea, local
    #[arg(long, value_name = "SERVICE")]
    pub(super) service: Option<String>,
    /// The tenant: its domain or its id
    #[arg(long, value_name = "TENANT")]
    pub(super) tenant: Option<String>,
    /// The id of the application that signs in
    #[arg(long, value_name = "ID")]
    pub(super) client_id: Option<String>,
    /// The way to sign in: browser, device-code, client-secret, certificate, private-key, federated,
    /// managed-identity, azure-cli, token, password, api-token
    #[arg(long, value_name = "WAY")]
    pub(super) auth: Option<String>,
    /// The sign-in name, where the way to sign in has one
    #[arg(long, value_name = "NAME")]
    pub(super) username: Option<String>,
    /// The PEM or PKCS#12 file to sign in with
    #[arg(long, value_name = "FILE")]
    pub(super) certificate: Option<String>,
    /// The file of the private key to sign in with
    #[arg(long, value_name = "FILE")]
    pub(super) private_key: Option<String>,
    /// The file with the token of an issuer outside
    #[arg(long, value_name = "FILE", conflicts_with = "assertion_command")]
    pub(super) assertion_file: Option<String>,
    /// A command that prints that token; each word of it once
    #[arg(long, value_name = "WORD")]
    pub(super) assertion_command: Vec<String>,
    /// The id of the service connection of Azure Pipelines
    #[arg(long, value_name = "ID")]
    pub(super) service_connection: Option<String>,
    /// The cloud: global, us-gov, us-dod, china
    #[arg(long, value_name = "CLOUD", conflicts_with = "url")]
    pub(super) cloud: Option<String>,
    /// The address of the service, where it is not the vendor's
    #[arg(long, value_name = "URL")]
    pub(super) url: Option<String>,
    /// Where its tokens come from, with the tenant
    #[arg(long, value_name = "URL")]
    pub(super) authority: Option<String>,
    /// The realm, where the service has one
    #[arg(long, value_name = "NAME")]
    pub(super) realm: Option<String>,
    /// Completes sign-in names
    #[arg(long, value_name = "DOMAIN")]
    pub(super) domain: Option<String>,
    /// Reads national phone numbers: NL, US
    #[arg(long, value_name = "CC")]
    pub(super) region: Option<String>,
    /// Take over the keys of this profile that are not given here
    #[arg(long, value_name = "PROFILE")]
    pub(super) extends: Option<String>,
    /// A PEM file with roots to trust beside the system's
    #[arg(long, value_name = "FILE")]
    pub(super) ca_bundle: Option<String>,
    /// The certificate to show to a server that asks for one
    #[arg(long, value_name = "FILE")]
    pub(super) client_certificate: Option<String>,
    /// Its private key, where it is not in the same file
    #[arg(long, value_name = "FILE", requires = "client_certificate")]
    pub(super) client_key: Option<String>,
    /// The proxy: http://HOST:PORT, direct, system
    #[arg(long, value_name = "URL")]
    pub(super) proxy: Option<String>,
    /// Where tokens are kept: auto, keyring, file, memory
    #[arg(long, value_name = "WHERE")]
    pub(super) token_store: Option<String>,
    /// Change a profile that is there; its guard stays
    #[arg(long)]
    pub(super) replace: bool,
}

impl Args {
    /// Each key with what was said of it.
    fn texts(&self) -> Vec<(&'static str, &Option<String>)> {
        vec![
            ("service", &self.service),
            ("tenant", &self.tenant),
            ("client_id", &self.client_id),
            ("auth", &self.auth),
            ("username", &self.username),
            ("certificate", &self.certificate),
            ("private_key", &self.private_key),
            ("assertion_file", &self.assertion_file),
            ("service_connection", &self.service_connection),
            ("cloud", &self.cloud),
            ("url", &self.url),
            ("authority", &self.authority),
            ("realm", &self.realm),
            ("domain", &self.domain),
            ("region", &self.region),
            ("extends", &self.extends),
            ("ca_bundle", &self.ca_bundle),
            ("client_certificate", &self.client_certificate),
            ("client_key", &self.client_key),
            ("proxy", &self.proxy),
            ("token_store", &self.token_store),
        ]
    }

    /// The keys in the order of the documents.
    fn keys(&self) -> Vec<(&'static str, Text)> {
        let mut keys: Vec<(&'static str, Text)> = self
            .texts()
            .into_iter()
            .filter_map(|(key, text)| Some((key, Text::One(text.clone()?))))
            .collect();
        if !self.assertion_command.is_empty() {
            keys.push(("assertion_command", Text::Words(self.assertion_command.clone())));
        }
        keys.sort_by_key(|(key, _)| SET.iter().position(|other| other == key));
        keys
    }

    /// Whether enough is said to write it without asking.
    fn is_whole(&self) -> bool {
        self.name.is_some() && (self.service.is_some() || self.extends.is_some())
    }

    pub(crate) fn run(mut self, cx: &Context) -> Result<u8> {
        cx.interrupt.watch()?;
        let at = file(cx)?;
        // A file that is wrong is said before the first question.
        let config = cx.config()?;
        if let Some(name) = &self.name {
            config::check_name(name)?;
        }
        let asked = !self.is_whole();
        if asked {
            dialogue::fill(cx, &mut self)?;
        }
        let name = self.name.clone().unwrap_or_default();
        if let Some(service) = &self.service {
            services::find(service)?;
        }
        let region = self.region.as_deref().map(|region| region.to_uppercase());
        if let Some(wrong) = region.as_deref().filter(|text| !crate::domain::is_region(text)) {
            return Err(Error::new(
                ErrorCode::Usage,
                format!("\"{wrong}\" is not a region that has phone numbers"),
            )
            .hint("write two letters: NL, US, GB"));
        }
        self.region = region;
        let keys = self.keys();
        let shown: Vec<String> = keys
            .iter()
            .map(|(key, text)| match text {
                Text::One(text) => format!("  {key} = \"{text}\""),
                Text::Words(words) => format!("  {key} = {words:?}"),
            })
            .collect();
        if cx.globals.dry_run || (asked && !cx.globals.yes) {
            cx.ui.note(&format!("[profiles.{name}]\n{}", shown.join("\n")));
        }
        if cx.globals.dry_run {
            cx.ui.note(&format!("nothing was written to {at}"));
            return Ok(0);
        }
        if asked && !cx.globals.yes && !cx.ui.confirm(&format!("Write this to {at}?"))? {
            return Err(Error::new(
                ErrorCode::NotConfirmed,
                "not confirmed: nothing was written",
            ));
        }
        config.add(&name, &keys, self.replace)?;
        doubt(cx)?;
        cx.ui.note(&format!("profile {name} is in {at}"));
        self.tell_next(cx, &name);
        Ok(0)
    }

    /// What comes next: the sign-in, or where the secret goes.
    fn tell_next(&self, cx: &Context, name: &str) {
        let doctor = cx.command_of(Some(name), ["doctor"]);
        let auth = AUTHS.iter().find(|auth| Some(auth.name) == self.auth.as_deref());
        let secret = match auth.map(|auth| auth.name) {
            Some("client-secret") => Some("MFACTL_CLIENT_SECRET"),
            Some("password") => Some("MFACTL_PASSWORD"),
            Some("token") => Some("MFACTL_TOKEN"),
            Some("api-token") => Some("MFACTL_API_TOKEN"),
            _ => None,
        };
        if auth.is_some_and(|auth| auth.interactive) {
            let sign_in = cx.command_of(None, ["auth", "login", "-p", name]);
            cx.ui.note(&format!("Sign in:  {sign_in}"));
        } else if let Some(variable) = secret {
            cx.ui
                .note(&format!("The secret goes into {variable}, never into the file"));
        }
        cx.ui.note(&format!("Check it: {doctor}"));
        cx.ui.note(&format!(
            "Default:  {}",
            cx.command_of(None, ["profile", "use", name])
        ));
    }
}
