//! Commands on a terminal of their own: what stands there, and what somebody types.

use std::time::Duration;

use expectrl::process::Termios as _;
use expectrl::process::unix::WaitStatus;
use expectrl::session::OsSession;
use expectrl::{Eof, Expect, Session};

use crate::environment::Environment;

/// A command on a terminal.
pub(crate) struct Terminal {
    session: OsSession,
    seen: String,
}

impl Terminal {
    /// Starts a command on a terminal of 100 columns.
    pub(crate) fn start(environment: &Environment, arguments: &[&str]) -> Self {
        let command = environment.with("TERM", "xterm-256color").command(arguments);
        let mut session = Session::spawn(command).unwrap();
        session.set_expect_timeout(Some(Duration::from_secs(60)));
        session.get_process_mut().set_window_size(100, 40).unwrap();
        Self {
            session,
            seen: String::new(),
        }
    }

    /// Waits until this stands on the screen.
    #[track_caller]
    pub(crate) fn shows(&mut self, text: &str) -> &mut Self {
        match self.session.expect(text) {
            Ok(found) => {
                self.seen += &String::from_utf8_lossy(found.before());
                self.seen += text;
            }
            Err(error) => panic!("{text:?} never came: {error}\n{}", self.seen),
        }
        self
    }

    /// What stood on the screen up to here.
    pub(crate) fn seen(&self) -> &str {
        &self.seen
    }

    /// Whether what is typed now is not shown.
    pub(crate) fn hides(&self) -> bool {
        !self.session.is_echo().unwrap()
    }

    /// Types a line.
    pub(crate) fn types(&mut self, line: &str) -> &mut Self {
        self.session.send_line(line).unwrap();
        self
    }

    /// Presses a key that has no letter: 3 is Ctrl-C.
    pub(crate) fn presses(&mut self, control: u8) -> &mut Self {
        self.session.send([control]).unwrap();
        self
    }

    /// Waits for the end; everything that stood on the screen, and the exit status.
    #[track_caller]
    pub(crate) fn ends(mut self) -> (String, i32) {
        let rest = self.session.expect(Eof).unwrap();
        self.seen += &String::from_utf8_lossy(rest.as_bytes());
        match self.session.get_process().wait().unwrap() {
            WaitStatus::Exited(_, code) => (self.seen, code),
            other => panic!("it ended by {other:?}\n{}", self.seen),
        }
    }
}
