//! Tokens: one file a flow, one cache, and what a token says of its holder. May know OAuth's spelling; keeps nothing
//! on disk.

mod assertion;
mod certificate;
mod claims;
mod command;
mod credential;
mod dialect;
mod errors;
mod flow;
mod given;
mod managed_identity;
mod posted;
mod source;

pub use assertion::Source;
pub use certificate::Identity;
pub use credential::Credential;
pub use managed_identity::{Host, IMDS};

pub(crate) use claims::TokenClaims;
pub(crate) use credential::Way;
pub(crate) use dialect::Dialect;
pub(crate) use source::TokenSource;

#[cfg(test)]
mod tests;
