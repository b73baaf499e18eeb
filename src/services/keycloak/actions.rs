//! What a person is asked for at next sign-in, or by mail. The list is replaced as a whole and has no version, so it is read, added
//! to, written and read again.

use serde_json::json;

use super::KeycloakService;
use super::error::Area;
use super::wire::{CONFIGURE_TOTP, PASSKEY_REGISTER, WEBAUTHN_REGISTER, WireUser};
use crate::domain::{Effect, Error, ErrorCode, Result, UserId};
use crate::http::{Class, Verb};

/// How often it is written until it stands.
const TRIES: usize = 4;

impl KeycloakService {
    /// A person, whole.
    pub(super) async fn person(&self, user: &UserId) -> Result<WireUser> {
        self.admin
            .read_of(user, "", "/{realm}/users/{id}", Area::People)
            .await
    }

    /// What is required stays required; the name and address are not in the body, and stay.
    pub(super) async fn require_registration(&self, user: &UserId) -> Result<Effect> {
        let action = self.registration_action().await?;
        let mut effect = Effect::unchanged();
        for _ in 0..TRIES {
            let mut required = self.person(user).await?.required_actions.unwrap_or_default();
            if required.iter().any(|one| one == action) {
                return Ok(effect);
            }
            required.push(action.to_owned());
            let request = self
                .admin
                .write_of(user, Verb::Put, Class::Idempotent, "", "/{realm}/users/{id}")
                .json(json!({ "requiredActions": required }));
            match self.admin.send(&request, Area::People).await {
                Ok(response) => {
                    effect.state = crate::domain::EffectState::Done;
                    effect.request_ids.extend(response.request_id);
                }
                // Somebody else wrote at the same moment: the next look tells what stands there now.
                Err(error) if error.code() == ErrorCode::ServiceRefused => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::new(
            ErrorCode::Incomplete,
            format!("{action} was required, and reading it back shows it is not"),
        )
        .hint("see whether the realm has it: Authentication, Required actions"))
    }

    /// Mails a link behind which the person sets up what registration takes. It leaves alone what is required at sign-in,
    /// works as long as the realm says, and is sent once: a second would be another mail.
    pub(super) async fn mail_registration(&self, user: &UserId) -> Result<Effect> {
        let action = self.registration_action().await?;
        let tail = "/execute-actions-email";
        let template = "/{realm}/users/{id}/execute-actions-email";
        let request = self
            .admin
            .write_of(user, Verb::Put, Class::Never, tail, template)
            .json(json!([action]));
        let response = self.admin.send(&request, Area::Mail).await?;
        let mut effect = Effect::done();
        effect.request_ids.extend(response.request_id);
        Ok(effect)
    }

    /// The action by which people register here: an authenticator, else a key, where the realm has that alone. Who may
    /// not see the realm's settings takes the usual one.
    async fn registration_action(&self) -> Result<&'static str> {
        let known = match self.admin.actions().await {
            Ok(known) => known,
            Err(error) if error.code() == ErrorCode::PermissionMissing => return Ok(CONFIGURE_TOTP),
            Err(error) => return Err(error),
        };
        let enabled = |alias: &&str| {
            known
                .iter()
                .any(|action| action.enabled && action.alias == **alias)
        };
        [CONFIGURE_TOTP, WEBAUTHN_REGISTER, PASSKEY_REGISTER]
            .into_iter()
            .find(|alias| enabled(alias))
            .ok_or_else(|| {
                Error::new(
                    ErrorCode::PolicyRefused,
                    "the realm lets nobody register a second factor",
                )
                .hint("enable CONFIGURE_TOTP in the realm: Authentication, Required actions")
            })
    }
}
