//! A plan file, written a person at a time: nobody is kept in memory.

use std::io::Write;

use hmac::digest::Digest as _;
use serde::Serialize;
use sha2::Sha256;

use super::{Head, Tail, hex_of};
use crate::jobs::plan::PlannedUser;

/// Writes a plan file, a person at a time.
pub struct Writer<W: Write> {
    out: W,
    digest: Sha256,
    users: u64,
}

impl<W: Write> Writer<W> {
    /// Begins with the first line.
    ///
    /// # Errors
    /// Whatever keeps the file from being written.
    pub fn begin(out: W, head: &Head) -> std::io::Result<Self> {
        let mut writer = Self {
            out,
            digest: Sha256::new(),
            users: 0,
        };
        writer.line(head)?;
        Ok(writer)
    }

    /// Adds a person.
    ///
    /// # Errors
    /// Whatever keeps the file from being written.
    pub fn person(&mut self, person: &PlannedUser) -> std::io::Result<()> {
        self.users += 1;
        self.line(person)
    }

    /// Adds the last line; gives the writer and the digest.
    ///
    /// # Errors
    /// Whatever keeps the file from being written.
    pub fn end(mut self) -> std::io::Result<(W, String)> {
        let digest = hex_of(&self.digest.clone().finalize());
        let tail = Tail {
            users: self.users,
            digest: format!("sha256:{digest}"),
        };
        self.line(&tail)?;
        self.out.flush()?;
        Ok((self.out, digest))
    }

    fn line(&mut self, value: &impl Serialize) -> std::io::Result<()> {
        let mut bytes = serde_json::to_vec(value)?;
        bytes.push(b'\n');
        self.digest.update(&bytes);
        self.out.write_all(&bytes)
    }
}
