//! privacyIDEA 3.14 through its REST API, one realm a profile. Facts: api/privacyidea/api.md. One file a noun; the vendor's
//! spelling is in `wire.rs`, and what its refusals mean in `error.rs`.
//!
//! A no comes in many shapes: status 200 with `false`, with a nought, or with a web page. `api.rs` opens every answer.

mod account;
mod api;
mod apps;
mod capabilities;
mod challenge;
mod devices;
mod enrol;
mod error;
mod info;
mod methods;
mod names;
mod policy;
mod privileges;
mod report;
mod rights;
mod switch;
#[cfg(test)]
mod tests;
mod users;
mod wire;

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde_json::json;
use tokio::sync::OnceCell;

use self::api::Api;
use crate::domain::{
    Action, Capabilities, Challenge, Effect, IdentityService, Limits, MethodId, MethodKind, Notice, Parts,
    Policy, Privileges, Purpose, RegistrationRow, ReportQuery, Result, Right, Secret, SecurityInfo, Step,
    User, UserId, UserQuery, Verdict,
};
use crate::services::Link;
use crate::services::steps::{apply_by_person, not_here, of_each};

pub(crate) use capabilities::declared;

/// It documents none and sends no headers about any (api/privacyidea 2).
pub(crate) const LIMITS: Limits = Limits {
    units: None,
    writes: None,
};

/// How many people are worked on side by side. How much of it goes out at once is the pipeline's.
const SIDE_BY_SIDE: usize = 16;

/// The REST API, for one realm.
pub(crate) struct PrivacyIdeaService {
    api: Api,
    capabilities: Capabilities,
    of_admins: OnceCell<bool>,
    sees_tokens: OnceCell<()>,
}

pub(crate) fn make(link: Link) -> Box<dyn IdentityService> {
    Box::new(PrivacyIdeaService::new(link))
}

impl PrivacyIdeaService {
    /// A client over a pipeline, with what the token says.
    fn new(link: Link) -> Self {
        let capabilities = capabilities::narrowed(&link.claims);
        Self {
            api: Api::new(link),
            capabilities,
            of_admins: OnceCell::new(),
            sees_tokens: OnceCell::new(),
        }
    }

    async fn apply_one(&self, step: &Step) -> Result<Effect> {
        let user = &step.user;
        match &step.action {
            Action::AddPhone { kind, number, via } => self.add_phone(user, *kind, number, *via).await,
            Action::AddEmail { address } => self.add_email(user, address).await,
            Action::AddTotp { name } => self.add_otp(user, MethodKind::Totp, name.as_deref()).await,
            Action::AddHotp { name } => self.add_otp(user, MethodKind::Hotp, name.as_deref()).await,
            Action::AddPush { name } => self.add_push(user, name.as_deref()).await,
            Action::SwitchMethod { method, enabled, .. } => self.switch_method(user, method, *enabled).await,
            Action::ReplaceLost { method, .. } => self.replace_lost(user, method).await,
            Action::AddTemporaryPass {
                lifetime_minutes,
                one_time,
                start,
            } => self.add_pass(user, *lifetime_minutes, *one_time, *start).await,
            Action::AddQuestions { .. } => self.add_questions(step).await,
            Action::UpdatePhone { method, kind, number } => {
                self.update(user, method, *kind, json!({ "phone": number.e164() }))
                    .await
            }
            Action::UpdateEmail { method, address } => {
                self.update(user, method, MethodKind::Email, json!({ "email": address }))
                    .await
            }
            Action::Rename { method, name, .. } => self.rename(user, method, name).await,
            Action::RemoveMethod { method, .. } => self.remove_method(user, method).await,
            Action::ForgetDevice { device } => self.forget_one(device).await,
            Action::ForgetAllDevices => self.forget_all(user).await,
            Action::RevokeAppPassword { id, .. } => self.revoke_app_password(user, id).await,
            Action::RevokeAllAppPasswords => self.revoke_app_passwords(user).await,
            Action::ResetAppPassword { id, .. } => self.reset_app_password(user, id).await,
            Action::SetPassword { permanent } => self.set_password(step, *permanent).await,
            Action::GeneratePassword { permanent } => self.generate_password(user, *permanent).await,
            Action::DisableAccount => self.lock(user).await,
            Action::EnableAccount => self.release(user).await,
            Action::Unlock => self.unlock(user).await,
            Action::SetDefault { .. }
            | Action::AddExternal { .. }
            | Action::AddPasskey { .. }
            | Action::AddHardwareToken { .. }
            | Action::AddQrPin { .. }
            | Action::SwitchDevice { .. }
            | Action::SetMfaState { .. }
            | Action::IssueAppPassword { .. }
            | Action::SignOut
            | Action::RequireRegistration
            | Action::MailRegistration => Err(not_here(&step.action)),
        }
    }
}

#[async_trait]
impl IdentityService for PrivacyIdeaService {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn rights(&self) -> Vec<Right> {
        rights::told(self.api.claims())
    }

    fn users<'a>(&'a self, query: &'a UserQuery) -> BoxStream<'a, Result<User>> {
        self.find_users(query)
    }

    async fn security_info(&self, users: &[UserId], parts: Parts) -> Vec<Result<SecurityInfo>> {
        self.read_infos(users, parts).await
    }

    async fn privileges(&self, users: &[UserId]) -> Vec<Result<Privileges>> {
        of_each(users, SIDE_BY_SIDE, |user| Box::pin(self.privileges_of(user))).await
    }

    fn own_page(&self) -> Notice {
        Notice {
            text: "on the web page of privacyIDEA".to_owned(),
            url: Some(format!("{}/", self.api.pipeline().base())),
        }
    }

    async fn policy(&self, user: Option<&UserId>) -> Result<Policy> {
        self.read_policy(user).await
    }

    fn registration<'a>(&'a self, query: &'a ReportQuery) -> BoxStream<'a, Result<RegistrationRow>> {
        self.registration_rows(query)
    }

    async fn challenge(&self, user: &UserId, method: &MethodId, purpose: Purpose) -> Result<Challenge> {
        self.ask(user, method, purpose).await
    }

    async fn answer(&self, challenge: &Challenge, code: Secret) -> Result<Verdict> {
        self.judge(challenge, &code).await
    }

    async fn apply(&self, steps: &[Step]) -> Vec<Result<Effect>> {
        apply_by_person(steps, SIDE_BY_SIDE, |step| Box::pin(self.apply_one(step))).await
    }
}
