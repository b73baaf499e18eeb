//! stdout: locked, buffered, and content when its reader has gone.

use std::cell::Cell;
use std::io::{self, BufWriter, StdoutLock, Write};
use std::rc::Rc;

use super::caught::Caught;
use crate::domain::Result;
use crate::render::cannot_write;

/// Bytes that are kept back before a write.
const BUFFER: usize = 32 * 1024;

/// A writer to stdout. A reader that closed it early (`| head`) is no error: the rest goes nowhere.
pub(crate) struct Stdout {
    inner: BufWriter<Pipe<Goal>>,
}

/// Where it goes.
enum Goal {
    /// Out.
    Out(StdoutLock<'static>),
    /// Nowhere yet.
    Kept(Caught),
}

impl Write for Goal {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Out(out) => out.write(bytes),
            Self::Kept(caught) => caught.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Out(out) => out.flush(),
            Self::Kept(caught) => caught.flush(),
        }
    }
}

impl Stdout {
    pub(super) fn new() -> Self {
        Self::to(Goal::Out(io::stdout().lock()))
    }

    /// What is kept instead of being written.
    pub(super) fn kept(caught: Caught) -> Self {
        Self::to(Goal::Kept(caught))
    }

    fn to(goal: Goal) -> Self {
        let pipe = Pipe {
            inner: goal,
            closed: Rc::default(),
        };
        Self {
            inner: BufWriter::with_capacity(BUFFER, pipe),
        }
    }

    /// Says whether the reader has gone: nothing more needs to be made for it.
    pub(crate) fn closed(&self) -> Rc<Cell<bool>> {
        Rc::clone(&self.inner.get_ref().closed)
    }

    /// Writes what was kept back.
    ///
    /// # Errors
    /// `disk_full` or `file_unreadable`, where stdout is a file that cannot take it.
    pub(crate) fn done(&mut self) -> Result<()> {
        self.inner
            .flush()
            .map_err(|error| cannot_write(&error, "standard output"))
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A writer that forgives a closed pipe.
struct Pipe<W> {
    inner: W,
    closed: Rc<Cell<bool>>,
}

impl<W: Write> Write for Pipe<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.closed.get() {
            return Ok(bytes.len());
        }
        match self.inner.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed.set(true);
                Ok(bytes.len())
            }
            other => other,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.closed.get() {
            return Ok(());
        }
        match self.inner.flush() {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed.set(true);
                Ok(())
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fails(io::ErrorKind);

    impl Write for Fails {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Err(self.0.into())
        }
    }

    #[test]
    fn a_reader_that_left_is_no_error_and_a_full_disk_is_one() {
        let mut pipe = Pipe {
            inner: Fails(io::ErrorKind::BrokenPipe),
            closed: Rc::default(),
        };
        pipe.write_all(b"x").unwrap();
        assert!(pipe.closed.get());
        pipe.write_all(b"y").unwrap();
        pipe.flush().unwrap();
        let mut full = Pipe {
            inner: Fails(io::ErrorKind::StorageFull),
            closed: Rc::default(),
        };
        assert_eq!(
            full.write_all(b"x").unwrap_err().kind(),
            io::ErrorKind::StorageFull
        );
    }
}
