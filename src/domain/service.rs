//! The trait that every identity service implements.

use async_trait::async_trait;
use futures::TryStreamExt as _;
use futures::stream::BoxStream;
use jiff::Timestamp;
use serde_json::Value;

use super::action::Step;
use super::assumption::Verified;
use super::capability::{Capabilities, Capability};
use super::effect::{Effect, Notice};
use super::error::{Error, ErrorCode, Result};
use super::kind::MethodKind;
use super::method::{MethodId, Parts, SecurityInfo, UserId};
use super::policy::Policy;
use super::right::Right;
use super::secret::Secret;
use super::token::{HardwareToken, NewToken};
use super::user::{Privileges, ReportQuery, User, UserQuery, Without};

/// What a challenge is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A method of this kind that waits for its code is to count.
    Verify(MethodKind),
    /// Whether a caller is the person, by a method that is ready.
    CheckCaller(Asked),
}

/// How a caller is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A notification to an app that approves.
    Push,
    /// A code: by text or mail, or from an app that shows one.
    Code,
    /// A call to a number that is registered.
    Call,
}

impl Asked {
    /// `push`, `code` or `call`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Code => "code",
            Self::Call => "call",
        }
    }
}

/// A challenge that went out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// Whose.
    pub user: UserId,
    /// Of which method.
    pub method: MethodId,
    /// What for.
    pub purpose: Purpose,
    /// How it went: `sms`, `call`, `email`, `approve` (the app asks for a number), `push` (the app asks for a Yes, and there
    /// is no code: answering it waits for the person), `app` (nothing was sent: the app shows the code).
    pub channel: String,
    /// Where it went, as the service shows it.
    pub to: Option<String>,
    /// Until when it can be answered.
    pub expires_at: Option<Timestamp>,
}

/// What the service says to an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Right.
    Accepted,
    /// Wrong; so many tries are left, where the service tells.
    Wrong {
        /// Tries left.
        attempts_left: Option<u32>,
    },
    /// Too late, or nothing was out.
    Expired,
    /// Too many wrong tries: a new one must be sent.
    TooMany,
}

/// A row of the registration report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationRow {
    /// Whose.
    pub user: User,
    /// Whether the person holds a directory role.
    pub admin: bool,
    /// Whether a second factor is registered.
    pub mfa_registered: Option<bool>,
    /// Whether one is registered and allowed.
    pub mfa_capable: Option<bool>,
    /// Whether the person can sign in without a password.
    pub passwordless_capable: Option<bool>,
    /// Whether the person can reset the password alone.
    pub reset_registered: Option<bool>,
    /// The default method.
    pub default_method: Option<MethodKind>,
    /// Every kind registered.
    pub methods: Vec<MethodKind>,
    /// Until when registration may be postponed.
    pub grace_until: Option<Timestamp>,
    /// How old the row is.
    pub as_of: Timestamp,
    /// Where it comes from: `report`, `directory`, `per_user`.
    pub source: &'static str,
}

impl RegistrationRow {
    /// Whether the methods of this row are what a query asks for.
    pub fn has_methods_for(&self, query: &ReportQuery) -> bool {
        let has = |kinds: &[MethodKind]| kinds.iter().any(|kind| self.methods.contains(kind));
        let lacks = match query.without {
            None => true,
            Some(Without::Mfa) => self.mfa_registered == Some(false),
            Some(Without::Kinds(kinds)) => !has(kinds),
        };
        lacks && query.method.is_none_or(has)
    }

    /// Whether a query asks for this row.
    pub fn is_wanted_by(&self, query: &ReportQuery) -> bool {
        self.has_methods_for(query)
            && (!query.admins || self.admin)
            && (query.include_disabled || self.user.enabled)
            && (query.include_guests || !self.user.guest)
    }
}

/// An identity service. Reads are methods; every write is an [`super::Action`], so that a plan is data.
///
/// Whatever takes several takes a batch at a time and answers in the same order and number.
#[async_trait]
pub trait IdentityService: Send + Sync {
    /// What this service can do, narrowed by what the token says, without a request.
    fn capabilities(&self) -> &Capabilities;

    /// What the token must hold for each verb that the service has, and whether it does, without a request. A service
    /// whose tokens say nothing of that tells none.
    fn rights(&self) -> Vec<Right> {
        Vec::new()
    }

    /// How what the client assumes of the service stands: looked at by reads alone. A service whose client assumes nothing
    /// tells none.
    async fn verify_assumptions(&self) -> Vec<Verified> {
        Vec::new()
    }

    /// People that match, page by page, in a stable order. With [`UserQuery::Ids`] a text that matches nobody yields
    /// nothing, and one that matches several yields them all.
    fn users<'a>(&'a self, query: &'a UserQuery) -> BoxStream<'a, Result<User>>;

    /// Security info of several people: one round trip where the service can batch.
    async fn security_info(&self, users: &[UserId], parts: Parts) -> Vec<Result<SecurityInfo>>;

    /// The people whom at most a batch of texts mean, as [`UserQuery::Ids`] does, with these parts of each: for a service that can look
    /// for somebody and read of the same person at the same time.
    async fn look_up(&self, texts: &[String], parts: Parts) -> Result<Vec<(User, Result<SecurityInfo>)>> {
        let query = UserQuery::Ids(texts.to_vec());
        let users: Vec<User> = self.users(&query).try_collect().await?;
        let ids: Vec<UserId> = users.iter().map(|user| user.id.clone()).collect();
        let infos = self.security_info(&ids, parts).await;
        Ok(users.into_iter().zip(infos).collect())
    }

    /// Roles and groups of several people.
    async fn privileges(&self, users: &[UserId]) -> Vec<Result<Privileges>>;

    /// Where people put their own methods right: the end of "adds the new phone …", and the address where there is one.
    fn own_page(&self) -> Notice {
        Notice {
            text: "on the security info page".to_owned(),
            url: None,
        }
    }

    /// Why the service would surely refuse one of these changes of a person to whoever holds the token, where the service lets an
    /// account change some people and not others, and tells which; `None`: it takes them, or does not tell beforehand.
    async fn beyond(&self, user: &UserId, changes: &[Capability]) -> Option<Error> {
        let _ = (user, changes);
        None
    }

    /// The policy, and for one person which methods are allowed and why.
    async fn policy(&self, user: Option<&UserId>) -> Result<Policy>;

    /// The registration report, row by row.
    fn registration<'a>(&'a self, query: &'a ReportQuery) -> BoxStream<'a, Result<RegistrationRow>>;

    /// Sends the code of a method: of one that waits for it, or of one that is ready, to check a caller.
    async fn challenge(&self, user: &UserId, method: &MethodId, purpose: Purpose) -> Result<Challenge>;

    /// Checks the code.
    async fn answer(&self, challenge: &Challenge, code: Secret) -> Result<Verdict>;

    /// What an authenticator is given to make a passkey for this person, as JSON (WebAuthn, creation options); good for
    /// minutes.
    async fn passkey_options(&self, user: &UserId) -> Result<Value> {
        let _ = user;
        Err(not_offered())
    }

    /// Every hardware token of the organization.
    async fn hardware_tokens(&self) -> Result<Vec<HardwareToken>> {
        Err(not_offered())
    }

    /// Puts a hardware token into the organization's inventory, with its seed.
    async fn add_hardware_token(&self, token: &NewToken, seed: &Secret) -> Result<HardwareToken> {
        let _ = (token, seed);
        Err(not_offered())
    }

    /// Applies at most one batch of steps, those of one person in order. Each answer says done, unchanged, unknown
    /// (sent, no answer), or why not.
    async fn apply(&self, steps: &[Step]) -> Vec<Result<Effect>>;
}

/// The gate refuses this first; a service never pretends, whoever calls it.
fn not_offered() -> Error {
    Error::new(ErrorCode::Unsupported, "this service has no call for it")
}
