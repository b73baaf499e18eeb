//! A screen that keeps what is said on it, for a command that runs beside others: it is said again when it is their turn.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use super::Ui;
use crate::domain::Error;
use crate::render::Grids;

/// What was said.
#[derive(Clone, Debug)]
pub(crate) enum Said {
    /// Text for stderr, with its end.
    Text(String),
    /// An error.
    Error(Error),
}

/// What is kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caught {
    said: Arc<Mutex<Vec<Said>>>,
    out: Arc<Mutex<Vec<u8>>>,
    /// Tables that were not written.
    pub(crate) grids: Grids,
}

impl Caught {
    pub(super) fn say(&self, said: Said) {
        self.said
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(said);
    }

    /// Everything that was said, in order.
    pub(crate) fn said(&self) -> Vec<Said> {
        std::mem::take(&mut *self.said.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Everything that went to stdout.
    pub(crate) fn out(&self) -> Vec<u8> {
        std::mem::take(&mut *self.out.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl io::Write for Caught {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Ui {
    /// The same screen, kept instead of shown; nobody is asked on it.
    pub(crate) fn caught(&self) -> (Self, Caught) {
        let caught = Caught::default();
        let ui = Self {
            caught: Some(caught.clone()),
            ..self.clone()
        };
        (ui, caught)
    }

    /// Says again what was kept.
    pub(crate) fn say_again(&self, said: &Said) {
        match said {
            Said::Text(text) => self.say(text),
            Said::Error(error) => self.error(error),
        }
    }
}
