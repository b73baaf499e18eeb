//! Jobs that several machines share, on a real PostgreSQL: started by the test itself, on a private socket, ended with
//! it. `just postgres` runs them, and `.ci/run` does; a machine without PostgreSQL fails with a sentence, and never
//! passes by doing nothing.
#![cfg(feature = "postgres")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot prepare its place has failed"
)]

mod cases;
mod plans;
mod server;
mod store;
mod way;
