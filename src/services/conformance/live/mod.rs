//! The same cases against real servers, one line each: a file with what the server is like, a line below. They are not part
//! of `cargo test`: the scripts of `tests/live` start the servers, run these by name, and hold the number of cases that ran
//! against the number that `conformance.sh` there expects.

mod asking;
mod codes;
mod keycloak;
mod mailbox;
mod privacyidea;

use self::keycloak::Realm;
use self::privacyidea::Server;
use super::{Bench, passes_every_case};

/// The address of a server or of what lies beside it, from the variable in which the script that started it says so.
#[expect(
    clippy::disallowed_methods,
    reason = "the script that starts the server says where it is"
)]
fn address(variable: &str) -> String {
    std::env::var(variable).expect("no server: run the scripts of tests/live, which start them")
}

macro_rules! live {
    ($($service:ident at $variable:literal as $world:expr;)+) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        #[ignore = "needs a server: tests/live"]
        async fn $service() {
            let bench = Bench::over(Box::new($world(&address($variable)))).await;
            passes_every_case(stringify!($service), &bench).await;
        }
    )+ };
}

live! {
    keycloak at "MFACTL_LIVE_KEYCLOAK" as Realm::new;
    privacyidea at "MFACTL_LIVE_PRIVACYIDEA" as Server::new;
}
