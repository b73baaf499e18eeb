//! What a verb gets: the screen, the options, the clock, the configuration; and [`Context::connect`], the only door to
//! a service. Offline verbs need no more than the context.

mod beside;
mod sign_in;
mod signing_in;
mod store;

use std::cell::{Cell, OnceCell, RefCell};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

pub(crate) use store::Discarded;

use super::globals::Globals;
use super::interrupt::Interrupt;
use super::record::Record;
use super::words;
use crate::auth::{Credential, SigningIn};
use crate::config::{Config, Env, LOCAL, Place, Profile};
use crate::domain::{Clock, Error, ErrorCode, Guard, IdentityService, Operator, Progress, Result};
use crate::jobs::journal::Store;
use crate::render::{Page, jq};
use crate::server;
use crate::services::local::Console;
use crate::services::{self, ConnectOptions, Traffic};
use crate::ui::Ui;

/// How long one call may take with all its tries, where nobody says.
const TIMEOUT: Duration = Duration::from_secs(60);

/// How long the service inside this program gets to end.
const CLOSING: Duration = Duration::from_secs(2);

/// What a verb is about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Read only.
    Read,
    /// Change something, unless it is a dry run.
    Change,
}

/// What every verb gets.
pub struct Context {
    /// stderr, the terminal, facts about stdout.
    pub ui: Ui,
    /// Options that every verb takes.
    pub globals: Globals,
    /// The machine's clock.
    pub clock: Arc<dyn Clock>,
    /// Whether somebody wants the program to end.
    pub interrupt: Arc<Interrupt>,
    /// How far a job has come.
    pub progress: Arc<Progress>,
    /// The command line, without the program's name.
    pub argv: Vec<String>,
    /// The reader's time zone.
    pub zone: TimeZone,
    /// What is known of this command for the audit log.
    pub(crate) record: Record,
    env: Env,
    jq: Option<Rc<jq::Filter>>,
    config: OnceCell<Config>,
    running: RefCell<Option<server::Running>>,
    store: RefCell<Option<Arc<dyn Store>>>,
    /// How many parts a selection has of which this command does one.
    parts: Cell<u32>,
    discarded: Discarded,
}

/// A connection to the service of a profile.
pub struct Session {
    /// The service, behind the gate.
    pub service: Box<dyn IdentityService>,
    /// Who runs this, as the token says.
    pub operator: Operator,
    /// How fast the service can be asked, and that a job runs.
    pub traffic: Option<Traffic>,
    /// The profile's name.
    pub profile: String,
    /// The tenant.
    pub tenant: String,
    /// The service's name in the registry.
    pub service_name: &'static str,
    /// Completes sign-in names.
    pub domain: Option<String>,
    /// Reads national phone numbers.
    pub region: Option<String>,
    /// The profile's guards.
    pub guard: Guard,
    /// Playbooks of the configuration, as they are written.
    pub playbooks: Vec<(String, toml::Value)>,
    /// Domains of the other profiles, in lower case, with the profile's name.
    pub other_domains: Vec<(String, String)>,
}

impl Context {
    /// A context of these options.
    ///
    /// # Errors
    /// `usage` for a filter that is wrong.
    pub fn new(
        ui: Ui,
        globals: Globals,
        env: Env,
        clock: Arc<dyn Clock>,
        interrupt: Arc<Interrupt>,
        argv: Vec<String>,
    ) -> Result<Self> {
        let jq = globals
            .jq
            .as_deref()
            .map(jq::Filter::new)
            .transpose()?
            .map(Rc::new);
        Ok(Self {
            ui,
            globals,
            clock,
            interrupt,
            progress: Arc::default(),
            argv,
            zone: TimeZone::system(),
            record: Record::new(env.ci_run()),
            env,
            jq,
            config: OnceCell::new(),
            running: RefCell::new(None),
            store: RefCell::new(None),
            parts: Cell::new(1),
            discarded: Discarded::default(),
        })
    }

    /// The configuration, read at first use.
    ///
    /// # Errors
    /// `file_unreadable`, `config_invalid`.
    pub fn config(&self) -> Result<&Config> {
        if let Some(config) = self.config.get() {
            return Ok(config);
        }
        let config = Config::load(&self.env)?;
        Ok(self.config.get_or_init(|| config))
    }

    /// The profile that serves.
    ///
    /// # Errors
    /// `no_profile`, `config_invalid`, `not_signed_in`.
    pub fn profile(&self) -> Result<Profile> {
        let (config, flag) = (self.config()?, self.globals.profile.as_deref());
        // A name that no service has is said before what else such a profile lacks.
        if let Some(service) = config.service(flag)? {
            services::find(&service)?;
        }
        config.profile(flag)
    }

    /// How to write to stdout.
    pub(crate) fn page(&self) -> Page {
        Page {
            format: self.ui.format(),
            jq: self.jq.clone(),
            width: self.ui.width(),
            colour: self.ui.colour(),
            accessible: self.ui.accessible(),
            now: self.clock.now(),
            zone: self.zone.clone(),
            grids: self.ui.grids(),
        }
    }

    /// The number of this machine among those of a Kubernetes Job, from 0.
    pub(crate) fn completion_index(&self) -> Option<String> {
        self.env.get("JOB_COMPLETION_INDEX").map(str::to_owned)
    }

    /// Where the embedded service writes down what goes in and out.
    pub(crate) fn record_folder(&self) -> Option<PathBuf> {
        self.env.get("MFACTL_LOCAL_RECORD").map(PathBuf::from)
    }

    /// A command to paste: `mfactl -p local` and the words, quoted where a shell needs it.
    pub fn command<'a>(&self, rest: impl IntoIterator<Item = &'a str>) -> String {
        self.command_of(self.globals.profile.as_deref(), rest)
    }

    /// The same for another profile. What is about jobs names the database that they are kept in.
    pub fn command_of<'a>(&self, profile: Option<&str>, rest: impl IntoIterator<Item = &'a str>) -> String {
        let rest: Vec<&str> = rest.into_iter().collect();
        let store = self
            .globals
            .store
            .as_deref()
            .filter(|_| rest.first() == Some(&"jobs"));
        words::command(
            profile,
            rest.into_iter()
                .chain(store.into_iter().flat_map(|url| ["--store", url])),
        )
    }

    /// The command line with another USER in the place of the one that was typed; where that does not stand there, the
    /// verb with the USER.
    pub(crate) fn instead(&self, typed: &str, user: &str, verb: &str) -> String {
        let found = self.argv.iter().position(|word| word == typed);
        match found {
            Some(at) => {
                let words = self.argv.iter().enumerate();
                words::command(
                    None,
                    words.map(|(place, word)| if place == at { user } else { word.as_str() }),
                )
            }
            None => self.command(verb.split(' ').chain([user])),
        }
    }

    /// Connects to the service of the profile: the only door.
    ///
    /// # Errors
    /// What keeps the profile from being used: `no_profile`, `config_invalid`, `not_signed_in`, `guard_read_only`,
    /// `usage` for a change without the profile's name where several organizations are configured; what
    /// `services::connect` says; for a service inside this program, what its data file says.
    pub async fn connect(&self, intent: Intent) -> Result<Session> {
        self.interrupt.watch()?;
        let profile = self.profile()?;
        let config = self.config()?;
        if intent == Intent::Change {
            config.may_change(&profile)?;
        }
        let options = self.asking(self.options(&profile).await?);
        let tenant = options.tenant.clone();
        let service_name = services::find(&options.service)?.name;
        let connected = services::connect(options).await?;
        if intent == Intent::Change && self.globals.store.is_some() {
            self.share_pace(connected.traffic.as_ref(), service_name, &tenant)
                .await?;
        }
        if let Some(traffic) = &connected.traffic {
            traffic.tell(self.progress.clone());
        }
        self.ui.detail(&format!(
            "{} in {}, as {}",
            profile.name, service_name, connected.operator.account
        ));
        self.record
            .signed_in(&profile.name, &tenant, &connected.operator.account);
        Ok(Session {
            service: Box::new(connected.service),
            operator: connected.operator,
            traffic: connected.traffic,
            tenant,
            service_name,
            other_domains: config.other_domains(&profile),
            playbooks: config.playbooks(),
            profile: profile.name,
            domain: profile.domain,
            region: profile.region,
            guard: profile.guard,
        })
    }

    /// The profile of the verbs under `local`: the one that was named, else the built-in one. `data` names another file.
    ///
    /// # Errors
    /// As [`Self::profile`]; `unsupported` for a profile that is not the embedded service's.
    pub(crate) fn local_profile(&self, data: Option<PathBuf>) -> Result<Profile> {
        let config = self.config()?;
        let named = self.globals.profile.as_deref();
        let by_variable = ["MFACTL_PROFILE", "MFACTL_SERVICE"]
            .iter()
            .any(|name| self.env.get(name).is_some());
        let mut profile = match named {
            None if data.is_some() || !by_variable => config.profile(Some(LOCAL))?,
            named => config.profile(named)?,
        };
        match (&mut profile.place, data) {
            (Place::Inside(path), Some(data)) => *path = data,
            (Place::At(_), Some(_)) => {
                return Err(Error::new(
                    ErrorCode::Usage,
                    format!(
                        "--data names a file, and profile \"{}\" names a service elsewhere",
                        profile.name
                    ),
                )
                .hint("leave out one of the two"));
            }
            (Place::At(address), None) if profile.service != LOCAL && !address.url.starts_with("http://") => {
                return Err(Error::new(
                    ErrorCode::Unsupported,
                    format!("profile \"{}\" is not the embedded service", profile.name),
                )
                .hint("leave out -p: the verbs under local act on the built-in one"));
            }
            _ => {}
        }
        Ok(profile)
    }

    /// Connects to the embedded service for the verbs under `local`.
    ///
    /// # Errors
    /// As [`Self::local_profile`] and [`Self::connect`].
    pub(crate) async fn console(&self, data: Option<PathBuf>) -> Result<(Console, Profile)> {
        self.interrupt.watch()?;
        let profile = self.local_profile(data)?;
        let options = self.options(&profile).await?;
        Ok((Console::connect(&options).await?, profile))
    }

    /// Where to connect, and as whom. Starts the service inside this program where the profile means that one.
    async fn options(&self, profile: &Profile) -> Result<ConnectOptions> {
        let timeout = match self.globals.timeout {
            Some(timeout) => Duration::try_from(timeout)
                .map_err(|_| Error::new(ErrorCode::Usage, "--timeout must be longer than nothing"))?,
            None => TIMEOUT,
        };
        let service = profile.service.clone();
        match &profile.place {
            Place::At(address) => Ok(ConnectOptions {
                service,
                graph: address.url.clone(),
                authority: address.authority.clone(),
                tenant: address.tenant.clone(),
                credential: sign_in::credential(profile, &address.login)?,
                timeout,
                pace: self.pace(),
                network: profile.network.clone(),
                runtime: self.config()?.runtime_dir().ok(),
                signing_in: self.signing_in(profile)?,
            }),
            Place::Inside(data) => {
                let mut options = server::Options::new(data);
                options.in_process = true;
                options.record = self.record_folder();
                let running = server::spawn(options).await?;
                let endpoint = running.endpoint.clone();
                self.running.replace(Some(running));
                let credential = match endpoint.operator {
                    Some((username, password)) => Credential::Password {
                        client_id: endpoint.client_id,
                        client_secret: Some(endpoint.client_secret),
                        username,
                        password,
                    },
                    None => Credential::ClientSecret {
                        client_id: endpoint.client_id,
                        secret: endpoint.client_secret,
                    },
                };
                Ok(ConnectOptions {
                    service,
                    graph: endpoint.graph,
                    authority: endpoint.authority,
                    tenant: endpoint.tenant,
                    credential,
                    timeout,
                    pace: self.pace(),
                    network: crate::domain::Network::default(),
                    runtime: None, // Nobody else reaches it.
                    signing_in: SigningIn::default(),
                })
            }
        }
    }

    /// Takes away what was begun and refused, and ends the service inside this program, so that its file is whole when the program ends.
    pub(crate) async fn close(&self) {
        let discarded = self.discarded.take();
        for (store, id) in discarded {
            // What is left behind says that it was still being planned.
            if let Err(error) = store.remove(&id).await {
                self.ui.detail(&format!("job {id} is left behind: {error}"));
            }
        }
        let Some(running) = self.running.take() else {
            return;
        };
        match tokio::time::timeout(CLOSING, running.stop()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self
                .ui
                .detail(&format!("the service inside did not end well: {error}")),
            Err(_) => self.ui.detail("the service inside did not end in time"),
        }
    }
}
