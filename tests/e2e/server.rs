//! A running `mfactl local serve`, ended by SIGTERM and held to exit 0.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;

use crate::environment::{Environment, kill};
use crate::http::Witness;

/// How long a server may take to be ready, or to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// The server, and what its one line said.
pub(crate) struct Server {
    /// Whether it was ended already.
    over: bool,
    id: u32,
    ended: mpsc::Receiver<Option<i32>>,
    /// Where Graph answers.
    pub(crate) graph: String,
    /// Where tokens are.
    pub(crate) authority: String,
    /// The tenant.
    pub(crate) tenant: String,
    /// The application.
    pub(crate) client_id: String,
    /// Its secret.
    pub(crate) client_secret: String,
}

impl Server {
    /// Starts it on a port of the system's choice, on the data file of this place, and waits for its line.
    #[track_caller]
    pub(crate) fn start(environment: &Environment, arguments: &[&str]) -> Self {
        Self::start_at(environment, "127.0.0.1:0", arguments)
    }

    /// The same on this address.
    #[track_caller]
    pub(crate) fn start_at(environment: &Environment, address: &str, arguments: &[&str]) -> Self {
        let data = environment.data_file();
        let line = [
            "local",
            "serve",
            "--listen",
            address,
            "--data",
            data.to_str().unwrap(),
        ];
        let mut child = environment
            .without_profile()
            .command(&[&line, arguments].concat())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let (send, ready) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            let _ = lines.read_line(&mut line);
            let _ = send.send(line);
            // Whatever follows would be more than the one line: it is read so that the pipe never fills.
            let mut rest = String::new();
            let _ = lines.read_to_string(&mut rest);
            let _ = send.send(rest);
        });
        let line = ready.recv_timeout(PATIENCE).expect("the server is never ready");
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|error| {
            let _ = child.kill();
            let mut stderr = String::new();
            let _ = child.stderr.take().unwrap().read_to_string(&mut stderr);
            panic!("{error}: {line}{stderr}")
        });
        let text = |name: &str| {
            said[name]
                .as_str()
                .unwrap_or_else(|| panic!("no {name} in {line}"))
                .to_owned()
        };
        Self {
            graph: text("graph"),
            authority: text("authority"),
            tenant: text("tenant"),
            client_id: text("client_id"),
            client_secret: text("client_secret"),
            over: false,
            id: child.id(),
            ended: waiting(child),
        }
    }

    /// An independent reader of this server.
    #[track_caller]
    pub(crate) fn witness(&self) -> Witness {
        Witness::of(self)
    }

    /// Ends it by a signal and gives its exit status.
    #[track_caller]
    pub(crate) fn end(&mut self, signal: Signal) -> Option<i32> {
        self.over = true;
        kill(self.id, signal);
        self.ended.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            kill(self.id, Signal::KILL);
            panic!("the server does not end on {signal:?}")
        })
    }
}

/// Waits for the end of the server beside the test.
fn waiting(mut child: Child) -> mpsc::Receiver<Option<i32>> {
    let (send, ended) = mpsc::channel();
    std::thread::spawn(move || {
        let mut said = String::new();
        let _ = child.stderr.take().unwrap().read_to_string(&mut said);
        let _ = send.send(child.wait().ok().and_then(|status| status.code()));
    });
    ended
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        if std::thread::panicking() {
            kill(self.id, Signal::KILL);
            return;
        }
        match self.ended.try_recv() {
            // Ended before, and looked at then.
            Err(mpsc::TryRecvError::Disconnected) => {}
            Ok(code) => panic!("the server ended by itself with {code:?}"),
            Err(mpsc::TryRecvError::Empty) => {
                assert_eq!(
                    self.end(Signal::TERM),
                    Some(0),
                    "the server has to end with 0 on SIGTERM"
                );
            }
        }
    }
}
