//! The lines of a snapshot, as far as the chain is concerned.

use crate::domain::Result;
use crate::jobs::audit::line::{Hash, Link};
use crate::jobs::audit::read::{RawLines, Snapshot};

/// A line, as far as the chain is concerned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) file: usize,
    pub(super) line: u64,
    pub(super) link: Option<Link>,
    pub(super) hash: Hash,
}

/// Goes over the lines of a snapshot.
pub(super) struct Walk<'a> {
    snapshot: &'a Snapshot,
    open: Option<RawLines>,
    next: usize,
    line: u64,
    bytes: Vec<u8>,
    pub(super) unfinished: u64,
}

impl<'a> Walk<'a> {
    pub(super) fn new(snapshot: &'a Snapshot) -> Self {
        Self {
            snapshot,
            open: None,
            next: 0,
            line: 0,
            bytes: Vec::new(),
            unfinished: 0,
        }
    }

    /// The bytes of the line that was given last.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn next(&mut self) -> Result<Option<Seen>> {
        loop {
            let open = match &mut self.open {
                Some(open) => open,
                None => {
                    let Some(file) = self.snapshot.files.get(self.next) else {
                        return Ok(None);
                    };
                    (self.next, self.line) = (self.next + 1, 0);
                    self.open.insert(RawLines::open(file)?)
                }
            };
            match open.next(&mut self.bytes)? {
                None => self.open = None,
                Some(ended) => {
                    self.line += 1;
                    if !ended && self.next == self.snapshot.files.len() {
                        self.unfinished = self.bytes.len() as u64;
                        continue;
                    }
                    return Ok(Some(Seen {
                        file: self.next - 1,
                        line: self.line,
                        link: Link::read(&self.bytes),
                        hash: Hash::of(&self.bytes),
                    }));
                }
            }
        }
    }
}
