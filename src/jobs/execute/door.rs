//! The door through which steps go out: a step that is about to be sent asks, wherever it waited, and the window that
//! sends it answers. What asks at the same time is answered together, after one commit.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};

use super::window::At;
use crate::domain::{Doorkeeper, Error, ErrorCode, Leave, Result};

/// A step at the door.
pub(super) struct Asked {
    pub(super) at: At,
    answer: oneshot::Sender<Result<()>>,
}

impl Asked {
    /// Answers it. Who went away does not go out.
    pub(super) fn answer(self, said: Result<()>) {
        let _ = self.answer.send(said);
    }
}

/// Where steps ask.
pub(super) struct Door {
    asking: mpsc::UnboundedSender<Asked>,
    line: mpsc::UnboundedReceiver<Asked>,
}

impl Door {
    pub(super) fn new() -> Self {
        let (asking, line) = mpsc::unbounded_channel();
        Self { asking, line }
    }

    /// What a step carries that asks here.
    pub(super) fn leave(&self, at: At) -> Leave {
        Leave::new(Arc::new(Asking {
            at,
            door: self.asking.clone(),
        }))
    }

    /// Everybody who asks now; waits for the first.
    pub(super) async fn asked(&mut self) -> Vec<Asked> {
        let mut all = Vec::new();
        // The door holds a sender itself: the line does not end.
        all.extend(self.line.recv().await);
        while let Ok(more) = self.line.try_recv() {
            all.push(more);
        }
        all
    }
}

struct Asking {
    at: At,
    door: mpsc::UnboundedSender<Asked>,
}

#[async_trait]
impl Doorkeeper for Asking {
    async fn may_go(&self) -> Result<()> {
        let gone = || Error::new(ErrorCode::Internal, "the job ended before its step was sent");
        let (answer, said) = oneshot::channel();
        let asked = Asked { at: self.at, answer };
        self.door.send(asked).map_err(|_| gone())?;
        said.await.unwrap_or_else(|_| Err(gone()))
    }
}
