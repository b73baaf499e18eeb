//! Tokens: one file a flow, one cache, and what a token says of its holder. May know OAuth's spelling; keeps nothing
//! on disk.

mod claims;
mod errors;
mod source;

pub use source::Credential;

pub(crate) use claims::TokenClaims;
pub(crate) use source::TokenSource;
