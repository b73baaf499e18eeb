//! Leave to send a step: asked for right before its bytes go out, after every wait for pace, company or a token. Whoever
//! carries a job out writes down then that the step is begun, and says no where somebody else does it by now.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::error::Result;

/// Has the last word on whether a step goes out.
#[async_trait]
pub trait Doorkeeper: Send + Sync {
    /// Whether it may go out now; asked once for each time that it is sent.
    ///
    /// # Errors
    /// Why nothing of it may be sent: `lease_lost`, or what kept it from being written down.
    async fn may_go(&self) -> Result<()>;
}

/// What a step carries to the place where it is sent.
#[derive(Clone)]
pub struct Leave(Arc<dyn Doorkeeper>);

impl Leave {
    /// Leave that this one gives.
    pub fn new(doorkeeper: Arc<dyn Doorkeeper>) -> Self {
        Self(doorkeeper)
    }

    /// Asks for it.
    ///
    /// # Errors
    /// As [`Doorkeeper::may_go`].
    pub async fn ask(&self) -> Result<()> {
        self.0.may_go().await
    }
}

impl fmt::Debug for Leave {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Leave")
    }
}
