//! What policy says of the people of a change.

use tokio::sync::OnceCell;

use super::gather::privileges;
use crate::cli::context::Session;
use crate::domain::{ErrorCode, Policy, Result, UserId};
use crate::jobs::plan::Person;
use crate::jobs::policy;

/// Of so many people the service is asked one by one: it knows best.
const EACH: u64 = 20;

/// What policy says of people: asked for each where they are few, else read once for all.
pub(super) struct Policies<'a> {
    session: &'a Session,
    once: bool,
    general: OnceCell<Option<Policy>>,
}

impl<'a> Policies<'a> {
    pub(super) fn new(session: &'a Session, people: u64) -> Self {
        Self {
            session,
            once: people > EACH,
            general: OnceCell::new(),
        }
    }

    async fn general(&self) -> Result<Option<&Policy>> {
        let read = || readable(self.session, None);
        Ok(self.general.get_or_try_init(read).await?.as_ref())
    }

    /// Whether people's groups are to be read with them.
    pub(super) async fn needs_groups(&self) -> Result<bool> {
        Ok(self.once && self.general().await?.is_some_and(policy::needs_groups))
    }

    pub(super) async fn of(&self, person: &Person) -> Result<Option<Policy>> {
        let id = &person.user.id;
        if !self.once {
            return readable(self.session, Some(id)).await;
        }
        let Some(general) = self.general().await? else {
            return Ok(None);
        };
        let mut held = person.privileges.clone();
        if held.groups.is_none() && policy::needs_groups(general) {
            held = privileges(self.session, std::slice::from_ref(&person.user), true)
                .await?
                .pop()
                .unwrap_or_default();
        }
        Ok(Some(policy::of(general, id, &held)))
    }
}

/// The policy for a person; where it cannot be read the service has the last word anyway.
///
/// # Errors
/// What the service says, but for a right that is missing.
pub(crate) async fn of(session: &Session, user: &UserId) -> Result<Option<Policy>> {
    readable(session, Some(user)).await
}

/// The policy; where it cannot be read the service has the last word anyway.
async fn readable(session: &Session, user: Option<&UserId>) -> Result<Option<Policy>> {
    match session.service.policy(user).await {
        Ok(policy) => Ok(Some(policy)),
        Err(error)
            if matches!(
                error.code(),
                ErrorCode::Unsupported | ErrorCode::PermissionMissing
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
