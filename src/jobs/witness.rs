//! Who sees every step before it is sent and after it has ended: the audit log. Execution knows this trait alone.

use async_trait::async_trait;

use crate::domain::shape::StepRow;
use crate::domain::{Result, UserId};

/// A step that is about to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// The step's own id.
    pub step_id: String,
    /// For whom.
    pub user: String,
    /// The service's id of the person.
    pub user_id: UserId,
    /// What is done, such as `remove`.
    pub step: String,
    /// To what, such as `phone:mobile`.
    pub target: String,
}

/// Sees what is sent.
#[async_trait]
pub trait Witness: Send + Sync {
    /// These steps are about to be sent. It is written and synced when this returns.
    ///
    /// # Errors
    /// It cannot be written: then nothing of it is sent.
    async fn before(&self, steps: &[About]) -> Result<()>;

    /// These steps have ended, with the row of each.
    ///
    /// # Errors
    /// It cannot be written: what was done is done, and nothing more is sent.
    async fn after(&self, ended: &[(String, StepRow)]) -> Result<()>;
}
