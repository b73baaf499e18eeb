//! Jobs that are killed, cut off, starved of disk, refused and interrupted: the real binary against `local serve` in a
//! process of its own. In the end everybody is right, nothing was made twice without being told, and what was to hit
//! did hit: a test whose faults never came fails.
//!
//! The long form of each is ignored here and run by `just soak`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot prepare its place has failed, and says what it did"
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

mod crowd;
mod disk;
mod fault;
mod interrupt;
mod kill;
mod merge;
mod random;
mod restart;
mod run;
mod state;
