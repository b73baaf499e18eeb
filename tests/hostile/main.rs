//! Bad input, bad files, bad tokens, bad names: each gets a clear error, the right exit status, and nothing changes.
//! Each screen is held as a whole, stdout, stderr and status; what stands in the data file is compared row by row.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
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

mod audit;
mod caller;
mod configuration;
mod disk;
mod file;
mod guard;
mod line;
mod machine;
mod method;
mod name;
mod network;
mod number;
mod profile;
mod refusal;
mod second;
mod secret;
mod somebody;
mod stranger;
mod stream;
mod token;
