//! What the service decides: may this person sign in, recover a password, use this method. Works on a connection, so
//! that every decision is tested without a socket; `ext` puts it on the wire.

pub(crate) mod authenticator;
pub(crate) mod challenge;
pub(crate) mod device;
pub(crate) mod factor;
pub(crate) mod person;
pub(crate) mod policy;
pub(crate) mod question;
pub(crate) mod recover;
pub(crate) mod refusal;
pub(crate) mod registration;
pub(crate) mod sign_in;

#[cfg(test)]
pub(crate) mod fixture;
