//! Microsoft Entra ID through Microsoft Graph. Facts: api/entra/api.md. One file a family of calls; the vendor's
//! spelling is in `wire.rs` and its error codes are in `error.rs`.

mod account;
mod assumptions;
mod capabilities;
mod chained;
mod clouds;
mod devices;
mod enrol;
mod error;
mod graph;
mod info;
mod methods;
mod pass;
mod password;
mod policy;
mod preferences;
mod privileges;
mod reach;
mod report;
mod rights;
mod sessions;
#[cfg(test)]
mod tests;
mod tokens;
mod users;
mod wire;

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde_json::Value;

use crate::domain::{
    Action, Capabilities, Challenge, Effect, Error, ErrorCode, HardwareToken, IdentityService, Limits,
    MethodId, NewToken, Notice, Parts, Policy, Privileges, Purpose, RegistrationRow, ReportQuery, Result,
    Right, Secret, SecurityInfo, Step, User, UserId, UserQuery, Verdict, Verified,
};
use crate::services::Link;
use crate::services::steps::{by_person, not_here, of_each};

pub(crate) use capabilities::declared;
pub(crate) use error::{Family, service_code};
pub(crate) use graph::Graph;
pub(crate) use rights::extensions as extension_rights;

/// What Microsoft documents for one application in one tenant of more than 500 people (api/entra 6.2): 8,000 units in
/// 10 seconds, 3,000 writes in 150. What they are for methods is not published: assumption `methods-throttling`.
pub(crate) const LIMITS: Limits = Limits {
    units: Some(800.0),
    writes: Some(20.0),
};

/// Both versions take batches, each its own.
pub(crate) const BATCHES: &[&str] = &[graph::V1, graph::BETA];

/// How many people are worked on side by side: those of one batch. How much of it goes out at once is the pipeline's.
pub(crate) const SIDE_BY_SIDE: usize = 20;

/// The Graph client. `local` wraps it.
pub(crate) struct EntraService {
    graph: Graph,
    capabilities: Capabilities,
    /// Whether the last sign-in is asked for: a licence and a permission that many tenants lack.
    sign_in_activity: bool,
}

pub(crate) fn make(link: Link) -> Box<dyn IdentityService> {
    Box::new(EntraService::new(link))
}

impl EntraService {
    /// A client over a pipeline, with what the token says.
    pub(crate) fn new(link: Link) -> Self {
        let capabilities = capabilities::narrowed(&link.claims);
        Self {
            graph: Graph::new(link),
            capabilities,
            sign_in_activity: false,
        }
    }

    /// The same, asking for the last sign-in too.
    #[must_use]
    pub(crate) fn with_sign_in_activity(mut self) -> Self {
        self.sign_in_activity = true;
        self
    }

    /// The calls that other services make over the same pipeline.
    pub(crate) const fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Applies one step; where the role is what lacks, says for whom it is not enough.
    pub(crate) async fn apply_one(&self, step: &Step) -> Result<Effect> {
        match self.send_one(step).await {
            Err(error) if error.code() == ErrorCode::PermissionMissing => {
                Err(self.out_of_reach(&step.user, error).await)
            }
            other => other,
        }
    }

    async fn send_one(&self, step: &Step) -> Result<Effect> {
        let user = &step.user;
        match &step.action {
            Action::AddPhone { kind, number, via: _ } => self.add_phone(user, *kind, number).await,
            Action::AddEmail { address } => self.add_email(user, address).await,
            Action::AddTemporaryPass {
                lifetime_minutes,
                one_time,
                start,
            } => {
                self.add_temporary_pass(user, *lifetime_minutes, *one_time, *start)
                    .await
            }
            Action::AddExternal { configuration, name } => self.add_external(user, configuration, name).await,
            Action::AddPasskey { name } => self.add_passkey(step, name.as_deref()).await,
            Action::AddHardwareToken {
                serial,
                name,
                activate,
            } => {
                self.add_hardware_token(step, serial, name.as_deref(), *activate)
                    .await
            }
            Action::AddQrPin { days } => self.add_qr_pin(user, *days).await,
            Action::UpdatePhone {
                method,
                kind: _,
                number,
            } => self.update_phone(user, method, number).await,
            Action::UpdateEmail { method, address } => self.update_email(user, method, address).await,
            Action::RemoveMethod { method, kind } => {
                self.remove_method(user, method, *kind, !step.after.is_empty())
                    .await
            }
            Action::SetDefault { method: _, kind, via } => self.set_default(user, *kind, *via).await,
            Action::ForgetDevice { .. } | Action::ForgetAllDevices => {
                Ok(self.sign_out(user).await?.detail(chained::INSTEAD))
            }
            Action::SignOut => self.sign_out(user).await,
            Action::SetPassword { permanent } => self.set_password(step, *permanent).await,
            Action::GeneratePassword { permanent } => self.generate_password(user, *permanent).await,
            Action::DisableAccount => self.switch_account(user, false).await,
            Action::EnableAccount => self.switch_account(user, true).await,
            Action::SwitchDevice { device, enabled } => self.switch_device(device, *enabled).await,
            Action::SetMfaState { state } => self.set_mfa_state(user, *state).await,
            Action::AddTotp { .. }
            | Action::AddQuestions { .. }
            | Action::Rename { .. }
            | Action::RevokeAppPassword { .. }
            | Action::RevokeAllAppPasswords
            | Action::AddHotp { .. }
            | Action::AddPush { .. }
            | Action::SwitchMethod { .. }
            | Action::ReplaceLost { .. }
            | Action::ResetAppPassword { .. }
            | Action::IssueAppPassword { .. }
            | Action::RequireRegistration
            | Action::MailRegistration
            | Action::Unlock => Err(not_here(&step.action)),
        }
    }
}

#[async_trait]
impl IdentityService for EntraService {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn rights(&self) -> Vec<Right> {
        rights::told(self.graph.claims(), rights::VERBS)
    }

    async fn verify_assumptions(&self) -> Vec<Verified> {
        self.look_at_assumptions().await
    }

    fn users<'a>(&'a self, query: &'a UserQuery) -> BoxStream<'a, Result<User>> {
        self.find_users(query)
    }

    async fn security_info(&self, users: &[UserId], parts: Parts) -> Vec<Result<SecurityInfo>> {
        self.read_info(users, parts).await
    }

    async fn look_up(&self, texts: &[String], parts: Parts) -> Result<Vec<(User, Result<SecurityInfo>)>> {
        self.find_and_read(texts, parts).await
    }

    async fn privileges(&self, users: &[UserId]) -> Vec<Result<Privileges>> {
        of_each(users, SIDE_BY_SIDE, |user| Box::pin(self.privileges_of(user))).await
    }

    fn own_page(&self) -> Notice {
        Notice {
            text: "on the security info page".to_owned(),
            url: Some("https://mysignins.microsoft.com/security-info".to_owned()),
        }
    }

    async fn policy(&self, user: Option<&UserId>) -> Result<Policy> {
        self.read_policy(user).await
    }

    fn registration<'a>(&'a self, query: &'a ReportQuery) -> BoxStream<'a, Result<RegistrationRow>> {
        self.registration_rows(query)
    }

    async fn challenge(&self, user: &UserId, method: &MethodId, purpose: Purpose) -> Result<Challenge> {
        if !matches!(purpose, Purpose::Verify(_)) {
            return Err(no_verification());
        }
        self.shown_by_token(user, method)
            .await?
            .ok_or_else(no_verification)
    }

    async fn answer(&self, challenge: &Challenge, code: Secret) -> Result<Verdict> {
        if !matches!(challenge.purpose, Purpose::Verify(_)) {
            return Err(no_verification());
        }
        self.activate(&challenge.user, &challenge.method, &code).await
    }

    async fn passkey_options(&self, user: &UserId) -> Result<Value> {
        self.read_passkey_options(user).await
    }

    async fn hardware_tokens(&self) -> Result<Vec<HardwareToken>> {
        self.inventory().await
    }

    async fn add_hardware_token(&self, token: &NewToken, seed: &Secret) -> Result<HardwareToken> {
        self.put_token(token, seed).await
    }

    async fn apply(&self, steps: &[Step]) -> Vec<Result<Effect>> {
        if let [first, _, ..] = steps
            && steps.iter().all(|step| step.user == first.user)
        {
            return self.apply_chained(steps.iter().collect()).await;
        }
        by_person(steps, SIDE_BY_SIDE, |of_one| Box::pin(self.apply_in_turn(of_one))).await
    }
}

fn no_verification() -> Error {
    Error::new(
        ErrorCode::Unsupported,
        "cannot verify a method: a number counts as soon as it is added",
    )
}
