//! Keycloak 26.4 through its admin API. Facts: api/keycloak/api.md. One file a noun; the vendor's spelling is in
//! `wire.rs`, and what its refusals mean in `error.rs`.
//!
//! Writes of one person go one after the other: several at once lose one another's changes or end in a 500.

mod account;
mod actions;
mod admin;
mod capabilities;
mod error;
mod groups;
mod info;
mod methods;
mod pages;
mod password;
mod policy;
mod privileges;
mod report;
mod rights;
mod sessions;
#[cfg(test)]
mod tests;
mod totp;
mod users;
mod wire;

use async_trait::async_trait;
use futures::stream::BoxStream;
use tokio::sync::OnceCell;

use self::admin::Admin;
use crate::domain::{
    Action, Capabilities, Capability, Challenge, Effect, Error, ErrorCode, IdentityService, Limits, MethodId,
    MethodKind, Notice, Parts, Policy, Privileges, Purpose, RegistrationRow, ReportQuery, Result, Right,
    Secret, SecurityInfo, Step, User, UserId, UserQuery, Verdict,
};
use crate::services::Link;
use crate::services::steps::{apply_by_person, not_here, of_each};

pub(crate) use capabilities::declared;

/// It documents none and sends no headers about any; an overloaded one says 503 (api/keycloak 9).
pub(crate) const LIMITS: Limits = Limits {
    units: None,
    writes: None,
};

/// How many people are worked on side by side. How much of it goes out at once is the pipeline's.
const SIDE_BY_SIDE: usize = 20;

/// The admin API of one realm.
pub(crate) struct KeycloakService {
    admin: Admin,
    capabilities: Capabilities,
    /// Whether the account may hold fine-grained permissions, which no token tells: what they let it do is asked for by person.
    grained: bool,
    /// Kinds of method that the realm's sign-in does not ask for.
    not_asked_for: OnceCell<Vec<MethodKind>>,
}

pub(crate) async fn make(link: Link) -> Box<dyn IdentityService> {
    Box::new(KeycloakService::new(link).settled().await)
}

impl KeycloakService {
    /// A client over a pipeline, with what the token says.
    fn new(link: Link) -> Self {
        let grained = rights::may_be_fine_grained(&link.claims);
        let capabilities = capabilities::narrowed(&link.claims, &link.tenant, grained);
        Self {
            admin: Admin::new(link),
            capabilities,
            grained,
            not_asked_for: OnceCell::new(),
        }
    }

    /// The same once it is known whether the realm has fine-grained permissions. Asked for an account alone that lacks the
    /// role to change everybody; who may not see the realm does not learn it.
    async fn settled(mut self) -> Self {
        if self.grained {
            self.grained = self.admin.may_have_permissions().await;
            self.capabilities = capabilities::narrowed(self.admin.claims(), self.admin.realm(), self.grained);
        }
        self
    }

    async fn apply_one(&self, step: &Step) -> Result<Effect> {
        let user = &step.user;
        match &step.action {
            Action::AddTotp { name } => self.add_totp(user, name.as_deref()).await,
            Action::Rename { method, name, .. } => self.rename(user, method, name).await,
            Action::RemoveMethod { method, .. } => self.remove_method(user, method).await,
            Action::SetDefault { method, .. } => self.set_default(user, method).await,
            Action::SignOut => self.sign_out(user).await,
            Action::SetPassword { permanent } => self.set_password(step, *permanent).await,
            Action::GeneratePassword { permanent } => self.generate_password(user, *permanent).await,
            Action::RequireRegistration => self.require_registration(user).await,
            Action::MailRegistration => self.mail_registration(user).await,
            Action::DisableAccount => self.switch_account(user, false).await,
            Action::EnableAccount => self.switch_account(user, true).await,
            Action::Unlock => self.unlock(user).await,
            Action::ForgetDevice { device } => self.end_session(user, device).await,
            Action::AddPhone { .. }
            | Action::AddEmail { .. }
            | Action::AddTemporaryPass { .. }
            | Action::AddQuestions { .. }
            | Action::AddExternal { .. }
            | Action::AddPasskey { .. }
            | Action::AddHardwareToken { .. }
            | Action::AddQrPin { .. }
            | Action::AddHotp { .. }
            | Action::AddPush { .. }
            | Action::SwitchMethod { .. }
            | Action::ReplaceLost { .. }
            | Action::ResetAppPassword { .. }
            | Action::UpdatePhone { .. }
            | Action::UpdateEmail { .. }
            | Action::ForgetAllDevices
            | Action::RevokeAppPassword { .. }
            | Action::RevokeAllAppPasswords
            | Action::IssueAppPassword { .. }
            | Action::SwitchDevice { .. }
            | Action::SetMfaState { .. } => Err(not_here(&step.action)),
        }
    }
}

#[async_trait]
impl IdentityService for KeycloakService {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn rights(&self) -> Vec<Right> {
        rights::told(self.admin.claims(), self.admin.realm(), self.grained)
    }

    fn users<'a>(&'a self, query: &'a UserQuery) -> BoxStream<'a, Result<User>> {
        self.find_users(query)
    }

    async fn security_info(&self, users: &[UserId], parts: Parts) -> Vec<Result<SecurityInfo>> {
        of_each(users, SIDE_BY_SIDE, |user| Box::pin(self.read_info(user, parts))).await
    }

    async fn privileges(&self, users: &[UserId]) -> Vec<Result<Privileges>> {
        of_each(users, SIDE_BY_SIDE, |user| Box::pin(self.privileges_of(user))).await
    }

    fn own_page(&self) -> Notice {
        Notice {
            text: "in the Account Console".to_owned(),
            url: Some(self.admin.account_console()),
        }
    }

    async fn beyond(&self, user: &UserId, changes: &[Capability]) -> Option<Error> {
        self.out_of_reach(user, changes).await
    }

    async fn policy(&self, user: Option<&UserId>) -> Result<Policy> {
        self.read_policy(user).await
    }

    fn registration<'a>(&'a self, query: &'a ReportQuery) -> BoxStream<'a, Result<RegistrationRow>> {
        self.registration_rows(query)
    }

    async fn challenge(&self, _user: &UserId, _method: &MethodId, _purpose: Purpose) -> Result<Challenge> {
        Err(no_verification())
    }

    async fn answer(&self, _challenge: &Challenge, _code: Secret) -> Result<Verdict> {
        Err(no_verification())
    }

    async fn apply(&self, steps: &[Step]) -> Vec<Result<Effect>> {
        apply_by_person(steps, SIDE_BY_SIDE, |step| Box::pin(self.apply_one(step))).await
    }
}

fn no_verification() -> Error {
    Error::new(
        ErrorCode::Unsupported,
        "cannot verify a method: Keycloak checks codes at sign-in alone",
    )
}
