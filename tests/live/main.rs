//! The real binary on a real Keycloak, which tells itself what became of people: its own sign-in accepts or refuses,
//! its own lists show or lack. `tests/live/run.sh` starts the server and counts the cases, `.ci/run` calls that; without
//! a server the suite fails with a sentence, and never passes by doing nothing.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot prepare its place has failed"
)]

#[path = "../../src/services/conformance/live/asking.rs"]
#[allow(dead_code, reason = "the conformance cases use the rest")]
mod asking;
#[path = "../../src/services/conformance/live/codes.rs"]
#[allow(dead_code, reason = "the other servers use the rest")]
mod codes;
#[path = "../e2e/environment.rs"]
#[allow(dead_code, reason = "the stories use the rest")]
mod environment;
#[path = "../e2e/http.rs"]
#[allow(dead_code, reason = "the stories use the rest")]
mod http;
#[path = "../../src/services/conformance/live/mailbox.rs"]
mod mailbox;
#[path = "../e2e/person.rs"]
#[allow(dead_code, reason = "the stories use the rest")]
mod person;
#[path = "../e2e/server.rs"]
#[allow(dead_code, reason = "the stories use the rest")]
mod server;
#[path = "../e2e/terminal.rs"]
#[allow(dead_code, reason = "the stories use the rest")]
mod terminal;

mod access;
mod behind;
mod browser;
mod changes;
mod drift;
mod elsewhere;
mod faults;
mod many;
mod reads;
mod realm;
mod sign_in;
mod stories;
mod waiting;
