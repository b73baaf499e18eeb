//! Tokens: one file a flow, one cache for all tasks and processes, and what a token says of its holder. May know OAuth's
//! spelling; asks nobody and prints nothing.

mod addressee;
mod assertion;
mod certificate;
mod claims;
mod command;
mod credential;
mod dialect;
mod errors;
mod flow;
mod given;
mod kept;
mod managed_identity;
mod ours;
mod own_call;
mod person;
mod posted;
mod source;

pub use certificate::Identity;
pub use credential::Credential;
pub use kept::{Ask, Keeping, Keys, TokenStore};
pub use managed_identity::{Host, IMDS};

pub(crate) use addressee::Addressee;
pub(crate) use claims::TokenClaims;
pub(crate) use credential::Way;
pub(crate) use dialect::Dialect;
pub(crate) use flow::Fetched;
pub(crate) use kept::{Place, SignIn, Store, forget};
pub(crate) use own_call::{OwnCall, Prompt};
pub(crate) use person::{Application, Browser, InBrowser, challenge, open};
pub use source::SigningIn;
pub(crate) use source::{SignInAgain, TokenSource, sign_in};

#[cfg(test)]
mod tests;
