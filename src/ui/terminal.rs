//! The terminal itself, never stdin: questions are asked and answered there, and secrets shown.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::domain::Secret;

/// The longest line that is read.
#[cfg(unix)]
const LONGEST: usize = 64 * 1024;

/// Whether a question is on the screen, and how to put the terminal right when the program ends meanwhile.
#[derive(Debug, Default)]
pub struct Asking {
    open: AtomicBool,
    /// Whether the cursor is hidden meanwhile.
    hidden: AtomicBool,
    #[cfg(unix)]
    restore: std::sync::Mutex<Option<rustix::termios::Termios>>,
}

/// A question is open until this is dropped.
pub(super) struct Open<'a>(&'a Asking);

#[cfg(unix)]
impl Open<'_> {
    /// The question hides the cursor while it is open.
    pub(super) fn without_cursor(self) -> Self {
        self.0.hidden.store(true, Ordering::SeqCst);
        self
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.open.store(false, Ordering::SeqCst);
        self.0.hidden.store(false, Ordering::SeqCst);
        #[cfg(unix)]
        if let Ok(mut restore) = self.0.restore.lock() {
            *restore = None;
        }
    }
}

#[cfg(unix)]
type Saved = Option<rustix::termios::Termios>;
#[cfg(not(unix))]
type Saved = Option<()>;

impl Asking {
    /// A question begins; `saved` is how the terminal was before.
    pub(super) fn begin(&self, saved: Saved) -> Open<'_> {
        self.open.store(true, Ordering::SeqCst);
        #[cfg(unix)]
        if let Ok(mut restore) = self.restore.lock() {
            *restore = saved;
        }
        #[cfg(not(unix))]
        let _ = saved;
        Open(self)
    }

    /// Whether a question is open.
    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::SeqCst)
    }

    /// Puts the terminal right: the program ends while a question is open.
    pub fn put_right(&self) {
        #[cfg(unix)]
        if let Ok(restore) = self.restore.lock()
            && let Some(before) = restore.as_ref()
            && let Some(terminal) = Terminal::open()
        {
            // The program ends: nothing better can be done where it fails.
            let _ = rustix::termios::tcsetattr(&terminal.0, rustix::termios::OptionalActions::Now, before);
            if self.hidden.load(Ordering::SeqCst) {
                // DECTCEM (DEC STD 070): what dialoguer hides the cursor with.
                let _ = (&terminal.0).write_all(b"\x1b[?25h");
            }
        }
    }
}

/// The controlling terminal.
#[cfg(unix)]
pub(crate) struct Terminal(std::fs::File);

#[cfg(unix)]
impl Terminal {
    /// Opens it; `None`: there is none.
    pub(crate) fn open() -> Option<Self> {
        std::fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/tty")
            .ok()
            .map(Self)
    }

    /// Shows the prompt and reads a line, without its end.
    pub(super) fn ask(&mut self, prompt: &str) -> io::Result<String> {
        self.0.write_all(prompt.as_bytes())?;
        self.read_line()
    }

    /// The same, with nothing shown while it is typed.
    pub(super) fn ask_secret(&mut self, prompt: &str, asking: &Asking) -> io::Result<Secret> {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let before = tcgetattr(&self.0)?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        let open = asking.begin(Some(before.clone()));
        // Before the prompt stands there: what is typed once it does would be shown, and thrown away by this.
        tcsetattr(&self.0, OptionalActions::Flush, &hidden)?;
        let asked = self.0.write_all(prompt.as_bytes());
        let line = asked.and_then(|()| self.read_line());
        let restored = tcsetattr(&self.0, OptionalActions::Flush, &before);
        drop(open);
        self.0.write_all(b"\n")?;
        restored?;
        line.map(Secret::new)
    }

    fn read_line(&mut self) -> io::Result<String> {
        use std::io::Read as _;
        let mut line = Vec::new();
        let mut byte = [0];
        loop {
            match self.0.read(&mut byte) {
                Ok(0) if line.is_empty() => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(0) => break,
                Ok(_) if byte == *b"\n" => break,
                Ok(_) if line.len() < LONGEST => line.extend_from_slice(&byte),
                Ok(_) => return Err(io::ErrorKind::InvalidData.into()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        String::from_utf8(line).map_err(|_| io::ErrorKind::InvalidData.into())
    }
}

#[cfg(unix)]
impl Write for Terminal {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The console, where there is one.
#[cfg(not(unix))]
pub(crate) struct Terminal(dialoguer::console::Term);

#[cfg(not(unix))]
impl Terminal {
    /// Opens it; `None`: there is none.
    pub(crate) fn open() -> Option<Self> {
        let term = dialoguer::console::Term::stderr();
        term.is_term().then_some(Self(term))
    }

    pub(super) fn ask(&mut self, prompt: &str) -> io::Result<String> {
        self.0.write_str(prompt)?;
        self.0.read_line()
    }

    pub(super) fn ask_secret(&mut self, prompt: &str, asking: &Asking) -> io::Result<Secret> {
        let _open = asking.begin(None);
        self.0.write_str(prompt)?;
        self.0.read_secure_line().map(Secret::new)
    }
}

#[cfg(not(unix))]
impl Write for Terminal {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::Write::write(&mut self.0, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        io::Write::flush(&mut self.0)
    }
}

/// Columns of the terminal that stdout is.
pub(super) fn columns() -> Option<usize> {
    #[cfg(unix)]
    {
        let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
        (size.ws_col > 0).then_some(usize::from(size.ws_col))
    }
    #[cfg(not(unix))]
    {
        let (_, columns) = dialoguer::console::Term::stdout().size_checked()?;
        Some(usize::from(columns))
    }
}
