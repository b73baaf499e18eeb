//! The real binary on a real privacyIDEA, which tells itself what became of people: its own check of a sign-in accepts or
//! refuses. `tests/live/privacyidea-run.sh` starts the server and counts the cases, `.ci/run` calls that; without a server
//! the suite fails with a sentence, and never passes by doing nothing.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot prepare its place has failed"
)]

#[path = "../../../src/services/conformance/live/asking.rs"]
#[allow(dead_code, reason = "the conformance cases use the rest")]
mod asking;
#[path = "../behind.rs"]
mod behind;
#[path = "../../../src/services/conformance/live/codes.rs"]
mod codes;
#[path = "../../e2e/environment.rs"]
#[allow(dead_code, reason = "the stories use the rest")]
mod environment;
#[path = "../../e2e/http.rs"]
#[allow(dead_code, reason = "the stories use the rest")]
mod http;
#[path = "../../e2e/person.rs"]
#[allow(dead_code, reason = "the stories use the rest")]
mod person;
#[path = "../../e2e/server.rs"]
#[allow(dead_code, reason = "the stories use the rest")]
mod server;
#[path = "../../e2e/terminal.rs"]
#[allow(dead_code, reason = "the stories use the rest")]
mod terminal;
#[path = "../waiting.rs"]
mod waiting;

mod access;
mod changes;
mod lacking;
mod names;
mod phone;
mod reads;
mod stories;
mod switching;
mod types;
mod witness;
