//! A command that may be killed: its output goes to files, so that what it said is there whatever became of it.

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::environment::kill;

/// No run takes that long; one that does hangs.
const PATIENCE: Duration = Duration::from_secs(900);
/// How often it is looked at whether the moment has come: nobody tells of it, so that it is seen only by looking.
const BETWEEN: Duration = Duration::from_millis(4);

/// Waits until the moment comes.
#[track_caller]
pub(crate) fn wait_until(mut moment: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !moment() {
        assert!(begun.elapsed() < PATIENCE, "the moment never comes");
        std::thread::sleep(BETWEEN);
    }
}

/// A command that runs.
pub(crate) struct Run {
    child: Child,
    line: String,
    stdout: PathBuf,
    stderr: PathBuf,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Its exit status; `None` where a signal ended it.
    pub(crate) code: Option<i32>,
    /// The signal that ended it.
    pub(crate) signal: Option<i32>,
    /// What it printed.
    pub(crate) stdout: String,
    /// What it said.
    pub(crate) stderr: String,
    /// The command.
    pub(crate) line: String,
}

impl Ended {
    /// The same, if it ended so.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}", self.screen());
        self
    }

    /// The ends of what it printed and said.
    pub(crate) fn screen(&self) -> String {
        let end = |text: &str| {
            let from = text.len().saturating_sub(3000);
            let from = (from..text.len())
                .find(|at| text.is_char_boundary(*at))
                .unwrap_or(0);
            text[from..].to_owned()
        };
        format!(
            "`{}` ended with {:?} {:?}\n{}\n{}",
            self.line,
            self.code,
            self.signal,
            end(&self.stdout),
            end(&self.stderr)
        )
    }
}

impl Run {
    /// Starts a command; what it prints goes to files of this name.
    pub(crate) fn start(mut command: Command, stem: PathBuf) -> Self {
        let (stdout, stderr) = (stem.with_extension("out"), stem.with_extension("err"));
        let line = command
            .get_args()
            .map(|argument| argument.to_string_lossy().into_owned())
            .collect::<Vec<_>>()
            .join(" ");
        let child = command
            .stdin(Stdio::null())
            .stdout(File::create(&stdout).unwrap())
            .stderr(File::create(&stderr).unwrap())
            .spawn()
            .unwrap();
        Self {
            child,
            line,
            stdout,
            stderr,
        }
    }

    /// Whether it still runs.
    pub(crate) fn goes_on(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits until it ends, or until `moment` comes; whether it still runs then.
    pub(crate) fn until(&mut self, mut moment: impl FnMut() -> bool) -> bool {
        let begun = Instant::now();
        while self.goes_on() {
            if moment() {
                return self.goes_on();
            }
            assert!(begun.elapsed() < PATIENCE, "`{}` hangs", self.line);
            std::thread::sleep(BETWEEN);
        }
        false
    }

    /// Kills it: SIGKILL, which no program sees coming. Whether it was hit while it ran.
    pub(crate) fn kill(mut self) -> (bool, Ended) {
        let _ = self.child.kill();
        let status = self.child.wait().unwrap();
        (status.signal() == Some(9), self.ended(status))
    }

    /// Waits for its end.
    pub(crate) fn ends(mut self) -> Ended {
        let id = self.child.id();
        let (ended, end) = channel::<()>();
        // Ended by this only if it hangs: it is not waited for yet, so that the number is still its own.
        let hung = std::thread::spawn(move || {
            let hung = end.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout);
            if hung {
                kill(id, Signal::KILL);
            }
            hung
        });
        let status = self.child.wait().unwrap();
        drop(ended);
        assert!(!hung.join().unwrap(), "`{}` hangs", self.line);
        self.ended(status)
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    fn ended(self, status: ExitStatus) -> Ended {
        let text = |path: &PathBuf| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
        Ended {
            code: status.code(),
            signal: status.signal(),
            stdout: text(&self.stdout),
            stderr: text(&self.stderr),
            line: self.line,
        }
    }
}
