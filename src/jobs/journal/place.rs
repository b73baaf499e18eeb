//! Where journals are kept: in a folder of this machine, or in a database that several machines share.

use std::path::PathBuf;

use crate::domain::Secret;

/// A database, and what lets us in. The password is never part of the URL: other people can read a command line.
#[derive(Clone, Debug)]
pub struct Login {
    /// `postgres://USER@HOST/DATABASE`.
    pub url: String,
    /// The password, from a variable.
    pub password: Option<Secret>,
    /// The password file.
    pub passfile: Option<PathBuf>,
}

/// Where journals are kept.
#[derive(Clone, Debug)]
pub enum Place {
    /// A file a job.
    Folder(PathBuf),
    /// A database.
    Database(Login),
}
