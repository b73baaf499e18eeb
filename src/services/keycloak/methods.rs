//! Methods removed, named and put first. `disable-credential-types` is never used: it says 204 and does nothing
//! (api/keycloak 5).

use super::KeycloakService;
use super::error::Area;
use crate::domain::{Effect, Error, ErrorCode, MethodId, Result, UserId};
use crate::http::{Class, Verb, encode_segment};

/// The longest name that is taken, in characters: a longer one ends in a 500 (api/keycloak 5).
pub(super) const LONGEST_NAME: usize = 255;

impl KeycloakService {
    /// Removes one. It says 204 to several at once, so only reading back tells, which whoever plans does.
    pub(super) async fn remove_method(&self, user: &UserId, method: &MethodId) -> Result<Effect> {
        let tail = format!("/credentials/{}", encode_segment(&method.0));
        let request = self.admin.write_of(
            user,
            Verb::Delete,
            Class::Idempotent,
            &tail,
            "/{realm}/users/{id}/credentials/{id}",
        );
        let Some(response) = self.admin.send_if_there(&request, Area::Method).await? else {
            return Ok(Effect::unchanged());
        };
        let mut effect = Effect::done();
        effect.request_ids.extend(response.request_id);
        Ok(effect)
    }

    /// Gives one another name. Plain text: it refuses JSON.
    pub(super) async fn rename(&self, user: &UserId, method: &MethodId, name: &str) -> Result<Effect> {
        check_name(name)?;
        let tail = format!("/credentials/{}/userLabel", encode_segment(&method.0));
        let request = self
            .admin
            .write_of(
                user,
                Verb::Put,
                Class::Idempotent,
                &tail,
                "/{realm}/users/{id}/credentials/{id}/userLabel",
            )
            .text(name);
        let response = match self.admin.send(&request, Area::Method).await {
            Err(error) if error.code() == ErrorCode::AlreadySet => return Err(taken(name)),
            result => result?,
        };
        let mut effect = Effect::done();
        effect.request_ids.extend(response.request_id);
        Ok(effect)
    }

    /// Puts one first: that is what a sign-in asks for, and the only code that a direct grant takes.
    pub(super) async fn set_default(&self, user: &UserId, method: &MethodId) -> Result<Effect> {
        let tail = format!("/credentials/{}/moveToFirst", encode_segment(&method.0));
        // Several at once end in a 500 of which sending again is the cure.
        let request = self.admin.write_of(
            user,
            Verb::Post,
            Class::Idempotent,
            &tail,
            "/{realm}/users/{id}/credentials/{id}/moveToFirst",
        );
        let response = self.admin.send(&request, Area::Method).await?;
        let mut effect = Effect::done();
        effect.request_ids.extend(response.request_id);
        Ok(effect)
    }
}

/// Whether a method can be named so.
///
/// # Errors
/// `invalid_input`.
pub(super) fn check_name(name: &str) -> Result<()> {
    let count = name.chars().count();
    if name.trim().is_empty() {
        return Err(Error::new(ErrorCode::InvalidInput, "the name is empty"));
    }
    if count > LONGEST_NAME {
        return Err(Error::new(
            ErrorCode::InvalidInput,
            format!("the name has {count} characters, and {LONGEST_NAME} are taken"),
        ));
    }
    Ok(())
}

/// Another method of the person and sort has this name.
pub(super) fn taken(name: &str) -> Error {
    Error::new(
        ErrorCode::AlreadySet,
        format!("another one of this person is named \"{name}\""),
    )
    .hint("choose another --name, or remove that one first")
}
