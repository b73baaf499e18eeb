//! Ctrl-C, SIGTERM and hang-up: the first ends a read at once and asks a change to stop after what is in flight, the
//! second ends the program.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::domain::{Error, ErrorCode, Result};
use crate::ui::Asking;

#[derive(Clone, Copy, Debug, Default)]
struct State {
    signalled: bool,
    holds: usize,
}

/// Whether somebody wants the program to end.
#[derive(Debug)]
pub struct Interrupt {
    state: watch::Sender<State>,
    watching: AtomicBool,
    asking: Arc<Asking>,
    at_once: Mutex<Option<String>>,
    cleaning: Mutex<Option<Cleaning>>,
    leave: fn(&str),
}

/// Files that are of no use without the rest of the verb.
#[derive(Debug)]
pub(crate) struct Cleaning(pub(crate) Vec<PathBuf>);

/// While this lives a signal does not cut the verb off: it looks at [`Interrupt::is_set`] itself, and its exit status
/// stands.
#[derive(Debug)]
pub struct Hold<'a>(&'a Interrupt);

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.0.state.send_modify(|state| state.holds -= 1);
    }
}

impl Interrupt {
    /// Nothing is watched yet. `leave` ends the program at once, with status 130 and these words.
    pub fn new(asking: Arc<Asking>, leave: fn(&str)) -> Arc<Self> {
        Arc::new(Self {
            state: watch::Sender::new(State::default()),
            watching: AtomicBool::new(false),
            asking,
            at_once: Mutex::default(),
            cleaning: Mutex::default(),
            leave,
        })
    }

    /// Takes the signals from here on. A thread of its own, because a question on the terminal blocks the others.
    ///
    /// # Errors
    /// `internal`, where the system refuses.
    pub fn watch(self: &Arc<Self>) -> Result<()> {
        if self.watching.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        let failed = |error: std::io::Error| {
            Error::new(ErrorCode::Internal, format!("signals cannot be watched: {error}"))
        };
        let (ready, is_ready) = std::sync::mpsc::channel();
        let interrupt = Arc::clone(self);
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || {
                let runtime = match tokio::runtime::Builder::new_current_thread().enable_io().build() {
                    Ok(runtime) => runtime,
                    Err(error) => {
                        // The other end waits for it.
                        let _ = ready.send(Err(error));
                        return;
                    }
                };
                runtime.block_on(async move {
                    let mut signals = match Signals::new() {
                        Ok(signals) => signals,
                        Err(error) => {
                            let _ = ready.send(Err(error));
                            return;
                        }
                    };
                    let _ = ready.send(Ok(()));
                    loop {
                        signals.next().await;
                        interrupt.signalled();
                    }
                });
            })
            .map_err(failed)?;
        match is_ready.recv() {
            Ok(outcome) => outcome.map_err(failed),
            Err(_) => Err(Error::new(ErrorCode::Internal, "signals cannot be watched")),
        }
    }

    fn signalled(&self) {
        if self.asking.is_open() {
            self.asking.put_right();
            self.clean();
            (self.leave)("stopped while a question was open; nothing was answered");
        }
        let mut second = false;
        self.state
            .send_modify(|state| second = std::mem::replace(&mut state.signalled, true));
        if second {
            let words = self.at_once.lock().unwrap_or_else(PoisonError::into_inner).take();
            self.clean();
            let usual = "stopped at once; what was in flight may have been sent";
            (self.leave)(words.as_deref().unwrap_or(usual));
        }
    }

    /// What is to be taken away when a signal ends the program from now on; `None`: nothing.
    pub(crate) fn taking_away(&self, cleaning: Option<Cleaning>) {
        *self.cleaning.lock().unwrap_or_else(PoisonError::into_inner) = cleaning;
    }

    fn clean(&self) {
        let cleaning = self
            .cleaning
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(Cleaning(files)) = cleaning {
            for file in files {
                // The program ends: nothing better can be done where it fails.
                let _ = std::fs::remove_file(file);
            }
        }
    }

    /// What is said when the second signal ends the program from now on.
    pub fn at_once(&self, words: String) {
        *self.at_once.lock().unwrap_or_else(PoisonError::into_inner) = Some(words);
    }

    /// Keeps a signal from cutting the verb off.
    pub fn hold(&self) -> Hold<'_> {
        self.state.send_modify(|state| state.holds += 1);
        Hold(self)
    }

    /// Whether a signal came.
    pub fn is_set(&self) -> bool {
        self.state.borrow().signalled
    }

    /// Waits for a signal.
    pub async fn wait(&self) {
        self.until(|state| state.signalled).await;
    }

    /// Waits until the verb is to be cut off.
    pub(crate) async fn cut_off(&self) {
        self.until(|state| state.signalled && state.holds == 0).await;
    }

    async fn until(&self, mut condition: impl FnMut(&State) -> bool) {
        let mut receiver = self.state.subscribe();
        if receiver.wait_for(|state| condition(state)).await.is_err() {
            // The sender is part of self; it cannot be gone.
            std::future::pending::<()>().await;
        }
    }

    /// What a verb answers that was stopped.
    pub fn error() -> Error {
        Error::interrupted()
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        // Where Ctrl-C cannot be watched it ends the program as it always did.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_signal_cuts_a_verb_off_unless_it_is_held() {
        let interrupt = Interrupt::new(Arc::default(), |_| panic!("left"));
        let hold = interrupt.hold();
        interrupt.signalled();
        assert!(interrupt.is_set());
        interrupt.wait().await;
        tokio::select! {
            biased;
            () = interrupt.cut_off() => panic!("cut off"),
            () = std::future::ready(()) => {}
        }
        drop(hold);
        interrupt.cut_off().await;
    }

    #[test]
    #[should_panic(expected = "left")]
    fn the_second_signal_ends_the_program() {
        let interrupt = Interrupt::new(Arc::default(), |_| panic!("left"));
        interrupt.signalled();
        interrupt.signalled();
    }
}
