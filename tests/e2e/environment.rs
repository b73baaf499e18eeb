//! A place of its own for each test: cleared variables, own home and data folders, no terminal, no network. Runs the
//! program and gives what it printed and how it ended.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::person::Person;
use crate::server::Server;

/// No command of a test takes that long; one that does hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a command ended.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    /// What it printed.
    pub(crate) stdout: String,
    /// What it said.
    pub(crate) stderr: String,
    /// Its exit status; -1 where a signal ended it.
    pub(crate) code: i32,
}

impl Output {
    /// All three together, as snapshots hold them: stderr lines begin with a dot as in the description of the screens.
    pub(crate) fn screen(&self) -> String {
        let said: String = self.stderr.lines().map(|line| format!("· {line}\n")).collect();
        format!("{}{}exit {}", self.stdout, same_job(&said), self.code)
    }

    /// The same output, if it ended so.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}", self.screen());
        self
    }

    /// stdout as JSON.
    #[track_caller]
    pub(crate) fn value(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{}", self.screen()))
    }

    /// The error object, which is the last line on stderr.
    #[track_caller]
    pub(crate) fn error(&self) -> Value {
        let line = self.stderr.lines().last().unwrap_or_default();
        let value: Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}\n{}", self.screen()));
        value["error"].clone()
    }

    /// The code of the error object.
    #[track_caller]
    pub(crate) fn error_code(&self) -> String {
        self.error()["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// Jobs have another id each time, and lines of the audit log another hash: `j-4f7a` and `1042:9be1` stand for them.
pub(crate) fn same_job(text: &str) -> String {
    let mut pieces = text.split(", audit ");
    let mut heads = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let rest = piece.trim_start_matches(|c: char| c.is_ascii_hexdigit() || c == ':');
        heads.push_str(", audit 1042:9be1");
        heads.push_str(rest);
    }
    same_id(&heads)
}

fn same_id(text: &str) -> String {
    let mut pieces = text.split("j-");
    let mut same = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let rest = piece.trim_start_matches(|c: char| c.is_ascii_hexdigit());
        let id = if piece.len() - rest.len() >= 4 { "4f7a" } else { "" };
        same.push_str("j-");
        same.push_str(id);
        same.push_str(if id.is_empty() { piece } else { rest });
    }
    same
}

/// Where commands of one test run, and on which profile.
#[derive(Clone)]
pub(crate) struct Environment {
    folder: Arc<TempDir>,
    profile: Option<String>,
    variables: Vec<(String, OsString)>,
}

impl Environment {
    /// The built-in service with its demo directory, seeded and never touched.
    pub(crate) fn new() -> Self {
        let new = Self::empty();
        let seeded = seeded();
        let file = new.data_file();
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::copy(seeded.data_file(), file).unwrap();
        new
    }

    /// The built-in service before its first use: there is no file.
    pub(crate) fn empty() -> Self {
        let folder = TempDir::with_prefix("mfactl-e2e-").unwrap();
        std::fs::create_dir(folder.path().join("home")).unwrap();
        Self {
            folder: Arc::new(folder),
            profile: Some("local".to_owned()),
            variables: Vec::new(),
        }
    }

    /// The same place on a profile made of variables: this server, as this service.
    pub(crate) fn over(&self, server: &Server, service: &str) -> Self {
        let mut other = self.clone();
        other.profile = None;
        other
            .with("MFACTL_SERVICE", service)
            .with("MFACTL_URL", &server.graph)
            .with("MFACTL_AUTHORITY", &server.authority)
            .with("MFACTL_TENANT", &server.tenant)
            .with("MFACTL_CLIENT_ID", &server.client_id)
            .with("MFACTL_AUTH", "client-secret")
            .with("MFACTL_CLIENT_SECRET", &server.client_secret)
    }

    /// The same place with one more variable.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        other.variables.retain(|(known, _)| known != name);
        other.variables.push((name.to_owned(), value.into()));
        other
    }

    /// The same place without a profile on the command line.
    pub(crate) fn without_profile(&self) -> Self {
        Self {
            profile: None,
            ..self.clone()
        }
    }

    /// A path in the folder of the test.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the folder of the test and gives its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Writes the configuration file and gives its path.
    pub(crate) fn configure(&self, text: &str) -> String {
        std::fs::create_dir_all(self.path("config/mfactl")).unwrap();
        self.write("config/mfactl/config.toml", text)
    }

    /// The file of the built-in service.
    pub(crate) fn data_file(&self) -> PathBuf {
        self.path("data/mfactl/local.db")
    }

    /// The command, with nothing of the machine in it.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let home = self.path("home");
        let mut command = Command::new(env!("CARGO_BIN_EXE_mfactl"));
        command
            .env_clear()
            .env("HOME", &home)
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_DATA_HOME", self.path("data"))
            .env("XDG_STATE_HOME", self.path("state"))
            .env("XDG_CACHE_HOME", self.path("cache"))
            .env("TMPDIR", self.folder.path())
            .env("TZ", "UTC")
            .env("LANG", "C.UTF-8")
            .envs(recording())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(&home);
        if let Some(profile) = &self.profile {
            command.args(["-p", profile]);
        }
        command.args(arguments);
        command
    }

    /// Runs a command without a terminal and with nothing on stdin.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.feed(arguments, "")
    }

    /// Runs a command with this on stdin.
    pub(crate) fn feed(&self, arguments: &[&str], stdin: &str) -> Output {
        self.start(arguments, stdin).finish()
    }

    /// Starts a command and leaves it running.
    pub(crate) fn start(&self, arguments: &[&str], stdin: &str) -> Started {
        let mut command = self.command(arguments);
        detach(&mut command);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let id = child.id();
        let mut pipe = child.stdin.take().unwrap();
        let stdin = stdin.to_owned();
        let (send, done) = mpsc::channel();
        std::thread::spawn(move || {
            // A command that reads nothing closes the pipe: that is no failure of the test.
            let _ = pipe.write_all(stdin.as_bytes());
            drop(pipe);
            let _ = send.send(child.wait_with_output());
        });
        Started {
            id,
            line: arguments.join(" "),
            done,
        }
    }

    /// Runs a read with `-o json` and gives its answer.
    #[track_caller]
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        self.run(&[arguments, &["-o", "json"]].concat()).exits(0).value()
    }

    /// Runs a change with `--yes -o json` that has to succeed, and gives its result.
    #[track_caller]
    pub(crate) fn change(&self, arguments: &[&str]) -> Value {
        self.try_change(arguments).exits(0).value()
    }

    /// Runs a change with `--yes -o json`.
    pub(crate) fn try_change(&self, arguments: &[&str]) -> Output {
        self.run(&[arguments, &["--yes", "-o", "json"]].concat())
    }

    /// `mfactl local serve` on the file of this place.
    pub(crate) fn serve(&self, arguments: &[&str]) -> Server {
        Server::start(self, arguments)
    }

    /// A person of the demo directory, as herself: with the secrets that she knows.
    #[track_caller]
    pub(crate) fn person(&self, name: &str) -> Person {
        Person::new(self.clone(), name)
    }

    /// Moves the service's clock forward.
    #[track_caller]
    pub(crate) fn advance(&self, by: &str) {
        self.run(&["local", "clock", "advance", by]).exits(0);
    }

    /// The moment on the service's clock, in seconds since 1970.
    #[track_caller]
    pub(crate) fn now(&self) -> i64 {
        let now = self.json(&["local", "clock", "show"])["now"]
            .as_str()
            .unwrap()
            .to_owned();
        now.parse::<jiff::Timestamp>().unwrap().as_second()
    }
}

/// A command that runs.
pub(crate) struct Started {
    id: u32,
    line: String,
    done: mpsc::Receiver<std::io::Result<std::process::Output>>,
}

impl Started {
    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn finish(self) -> Output {
        let Ok(output) = self.done.recv_timeout(PATIENCE) else {
            kill(self.id, rustix::process::Signal::KILL);
            panic!("`mfactl {}` does not end", self.line);
        };
        let output = output.unwrap();
        Output {
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code().unwrap_or(-1),
        }
    }
}

/// Sends a signal to a process that this test started.
pub(crate) fn kill(id: u32, signal: rustix::process::Signal) {
    let id = i32::try_from(id)
        .ok()
        .and_then(rustix::process::Pid::from_raw)
        .unwrap();
    // It may have ended by itself in between.
    let _ = rustix::process::kill_process(id, signal);
}

/// Where the embedded service writes down what goes over the wire, where whoever runs the tests wants it (tests/contract).
#[expect(
    clippy::disallowed_methods,
    reason = "a variable of the tests, handed on to the program"
)]
fn recording() -> Option<(&'static str, OsString)> {
    let name = "MFACTL_LOCAL_RECORD";
    std::env::var_os(name).map(|folder| (name, folder))
}

/// Takes the terminal of whoever runs the tests away from the command: `setsid` leaves it without one.
fn detach(command: &mut Command) {
    let program = command.get_program().to_owned();
    let arguments: Vec<OsString> = command.get_args().map(ToOwned::to_owned).collect();
    let variables: Vec<_> = command
        .get_envs()
        .map(|(name, value)| (name.to_owned(), value.unwrap_or_default().to_owned()))
        .collect();
    let folder = command.get_current_dir().unwrap().to_owned();
    if !TERMINAL.get_or_init(|| std::fs::File::open("/dev/tty").is_ok()) {
        return;
    }
    *command = Command::new("setsid");
    command
        .arg("--wait")
        .arg(program)
        .args(arguments)
        .env_clear()
        .envs(variables)
        .current_dir(folder);
}

static TERMINAL: OnceLock<bool> = OnceLock::new();

/// The file that every test begins with, made once by the program itself.
fn seeded() -> &'static Environment {
    static SEEDED: OnceLock<Environment> = OnceLock::new();
    SEEDED.get_or_init(|| {
        let new = Environment::empty();
        new.json(&["methods", "list", "adele"]);
        new
    })
}
