//! Jobs that several machines share, on a real PostgreSQL: started by the test itself, on a private socket, ended with
//! it. `just postgres` runs them, and `.ci/run` does; a machine without PostgreSQL fails with a sentence, and never
//! passes by doing nothing.
#![cfg(feature = "postgres")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot prepare its place has failed"
)]

#[path = "../e2e/environment.rs"]
#[allow(dead_code, reason = "the stories use the rest")]
mod environment;
#[path = "../e2e/http.rs"]
#[allow(dead_code, reason = "the stories use the rest")]
mod http;
#[path = "../e2e/person.rs"]
#[allow(dead_code, reason = "the stories use the rest")]
mod person;
#[path = "../e2e/server.rs"]
#[allow(dead_code, reason = "the stories use the rest")]
mod server;
#[path = "../e2e/terminal.rs"]
#[allow(dead_code, reason = "the stories use the rest")]
mod terminal;

#[path = "../jobs/crowd.rs"]
#[allow(dead_code, reason = "the tests of jobs use the rest")]
mod crowd;
#[path = "../jobs/random.rs"]
mod random;
#[path = "../jobs/run.rs"]
#[allow(dead_code, reason = "the tests of jobs use the rest")]
mod run;
#[path = "../jobs/state.rs"]
mod state;

mod cases;
mod plans;
mod postgres;
mod store;
mod way;
mod workers;
