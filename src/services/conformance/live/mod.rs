//! The same cases against real servers, one line each. They are not part of `cargo test`: `tests/live/run.sh` starts the
//! servers, runs these by name, and holds the number of cases that ran against the number that it expects.

mod asking;
mod keycloak;
mod mailbox;

use self::keycloak::Realm;
use super::{Bench, passes_every_case};

/// The address of a server, from the variable in which the script that started it says so.
#[expect(
    clippy::disallowed_methods,
    reason = "the script that starts the server says where it is"
)]
fn address(variable: &str) -> String {
    std::env::var(variable).expect("no server: run tests/live/run.sh, which starts one")
}

macro_rules! live {
    ($($service:ident at $variable:literal as $world:expr;)+) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        #[ignore = "needs a server: tests/live/run.sh"]
        async fn $service() {
            let bench = Bench::over(Box::new($world(&address($variable)))).await;
            passes_every_case(stringify!($service), &bench).await;
        }
    )+ };
}

live! {
    keycloak at "MFACTL_LIVE_KEYCLOAK" as Realm::new;
}
