//! Passwords. A person resets another's through `resetPassword`, which checks on-premises rules too and is polled;
//! an application writes `passwordProfile`, which is never written back to another directory. Source: api/entra 1.7.

use std::time::Duration;

use serde_json::json;

use super::EntraService;
use super::capabilities::{NOT_WRITTEN_BACK, RESET_THERE};
use super::error::Family;
use super::graph::{V1, parse, read_of, write_of};
use super::wire::{PASSWORD_ID, WireOperation, WireUser};
use crate::domain::{Effect, Error, ErrorCode, Minted, Result, Secret, Step, UserId};
use crate::http::{Class, Request, Response, Verb};
use crate::services::password::{Rules, generate};

/// First and longest pause between two looks at an operation.
const POLL: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

impl EntraService {
    pub(super) async fn set_password(&self, step: &Step, permanent: bool) -> Result<Effect> {
        self.write_password(&step.user, step.new_password()?, permanent)
            .await
    }

    pub(super) async fn generate_password(&self, user: &UserId, permanent: bool) -> Result<Effect> {
        let password = generate(&Rules::default())?;
        let mut effect = self.write_password(user, &password, permanent).await?;
        effect.secret = Some(Minted::password(password));
        Ok(effect)
    }

    /// Writes this password: sending it twice gives the same state, so a lost answer is no harm.
    async fn write_password(&self, user: &UserId, password: &Secret, permanent: bool) -> Result<Effect> {
        self.refuse_own(user)?;
        // `resetPassword` always asks for another one at next sign-in.
        let response = if self.graph.claims().delegated && !permanent {
            self.reset(user, password).await?
        } else {
            self.refuse_synced(user, permanent).await?;
            let request = write_of(user, Verb::Patch, Class::Idempotent, "", "/users/{id}").json(json!({
                "passwordProfile": {
                    "password": password.expose(),
                    "forceChangePasswordNextSignIn": !permanent,
                }
            }));
            self.graph.send(&request, Family::Password).await?
        };
        let mut effect = Effect::done();
        if !permanent {
            effect.detail = Some("to be changed at next sign-in".to_owned());
        }
        effect.request_ids.extend(response.request_id);
        Ok(effect)
    }

    /// An account that comes from another directory takes its password from there: only a reset by a person is
    /// written back, and that one is always to be changed.
    async fn refuse_synced(&self, user: &UserId, permanent: bool) -> Result<()> {
        let request = read_of(user, V1, "?$select=id,onPremisesSyncEnabled", "/users/{id}");
        let found: WireUser = self.graph.read(&request, Family::Users).await?;
        if found.into_user().synced != Some(true) {
            return Ok(());
        }
        let delegated = self.graph.claims().delegated;
        let (why, hint) = match (permanent, delegated) {
            (true, true) => (
                "the account comes from another directory: a password that stays is not written back to it",
                "leave --permanent out: the person chooses another at next sign-in",
            ),
            _ => (NOT_WRITTEN_BACK, RESET_THERE),
        };
        Err(Error::new(ErrorCode::Unsupported, why).hint(hint))
    }

    async fn reset(&self, user: &UserId, password: &Secret) -> Result<Response> {
        let request = write_of(
            user,
            Verb::Post,
            Class::Idempotent,
            &format!("/authentication/methods/{PASSWORD_ID}/resetPassword"),
            "/users/{id}/authentication/methods/{passwordMethodId}/resetPassword",
        )
        .json(json!({ "newPassword": password.expose() }));
        let response = self.graph.send(&request, Family::Password).await?;
        if let Some(location) = response.header("location") {
            self.follow(location).await?;
        }
        Ok(response)
    }

    /// Looks at an operation until it has ended. The link is kept whole: its query says where the operation runs.
    async fn follow(&self, location: &str) -> Result<()> {
        let root = if location.starts_with("http") { "" } else { V1 };
        let request = Request::get(
            root,
            location,
            "/users/{id}/authentication/operations/{operationId}",
        );
        let pipeline = self.graph.pipeline();
        let deadline = pipeline.now() + pipeline.timeout();
        let (mut pause, longest) = POLL;
        loop {
            let operation: WireOperation = parse(self.graph.send(&request, Family::Password).await?.json()?)?;
            match operation.status.as_deref() {
                Some("succeeded") => return Ok(()),
                Some("failed") => {
                    let why = operation
                        .status_detail
                        .map(|detail| format!(": {detail}"))
                        .unwrap_or_default();
                    return Err(Error::new(
                        ErrorCode::ServiceRefused,
                        format!("the password was not reset{why}"),
                    ));
                }
                _ if pipeline.now() + pause >= deadline => {
                    return Err(
                        Error::new(ErrorCode::OutcomeUnknown, "the reset has not ended yet")
                            .hint("wait a minute, then look whether the new password works"),
                    );
                }
                _ => {
                    pipeline.pause(pause).await;
                    pause = (pause * 2).min(longest);
                }
            }
        }
    }
}
