//! The one way out: a pipeline around the only HTTP client. Per call: request id, https or loopback only,
//! idempotency class; then retry; then per try: pace, token, trace, transport. Batches and pages are built on it.
//!
//! Knows no vendor's paths or error codes, except that a batch and a page have the shape that OData gives them.

mod batch;
mod certificate;
mod client;
mod gather;
pub(crate) mod key_file;
mod leave;
mod network;
mod ordered;
mod pace;
mod page;
mod pipeline;
mod plain;
pub(crate) mod probe;
mod request;
mod retry;
mod secure;
#[cfg(test)]
pub(crate) mod testing;
mod traffic;

pub(crate) use certificate::Certificate;
#[cfg(test)]
pub(crate) use client::{Failed, WireAnswer, WireRequest};
pub(crate) use client::{HttpTransport, Transport};
pub(crate) use leave::with_leave;
pub(crate) use ordered::leave_of_all;
pub(crate) use pace::{FileBucket, Limiter, MemoryBucket};
pub use pipeline::TokenLeft;
pub(crate) use pipeline::{Pipeline, SystemTimer, Timer, Tokens};
pub(crate) use request::{Body, Class, Request, Response, Verb, encode_segment, origin, origin_of_machine};
pub use traffic::{RunningJob, Traffic};
