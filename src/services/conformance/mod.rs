//! One list of cases for every service. What a service declares must pass its case; what it does not declare must be
//! refused with zero requests sent. A declared capability without a case fails the test, so nothing is green by
//! having been forgotten. On `local` and `entra` they run against the embedded server with every `cargo test`, on the
//! others against a real one, which the scripts of `tests/live` start (`live`).
//!
//! Whoever adds a service writes what its server is like in one module of `live/`, and one line in `live/mod.rs`.
//!
//! Test code: it alone may import `server`.

mod access;
mod case;
mod changes;
mod console;
mod directory;
mod enrolling;
mod kinds;
mod live;
mod organization;
mod reads;
mod switching;
mod verifying;
mod world;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use futures::TryStreamExt as _;

use self::case::{Case, Seen};
use self::directory::Directory;
use self::world::{Facts, Ran, World};
use super::{Gated, connect_through};
use crate::domain::{
    Capability, Effect, ErrorCode, IdentityService as _, MethodKind, Parts, Result, SecurityInfo, Step, User,
    UserId, UserQuery,
};
use crate::http::{Failed, HttpTransport, Transport, WireAnswer, WireRequest};

/// So many cases are in the list; each service runs every one. It is written here alone: `tests/live/conformance.sh` reads
/// it, multiplies it by the live services, and holds what ran against that.
const CASES: usize = 92;

/// A transport that counts what it sends.
#[derive(Default)]
struct Counting {
    inner: HttpTransport,
    sent: AtomicUsize,
}

#[async_trait]
impl Transport for Counting {
    async fn send(&self, request: WireRequest) -> std::result::Result<WireAnswer, Failed> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        self.inner.send(request).await
    }
}

/// Who is behind the token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum As {
    Application,
    Person,
}

/// A service, connected to a server with people of its own.
struct Bench {
    service: Gated,
    /// The same where the administrators are, if they are elsewhere.
    of_admins: Option<Gated>,
    operator: crate::domain::Operator,
    transport: Arc<Counting>,
    world: Box<dyn World>,
}

impl Bench {
    /// Over the embedded server.
    async fn new(name: &str, who: As) -> Self {
        Self::over(Box::new(Directory::new(name, who).await)).await
    }

    async fn over(world: Box<dyn World>) -> Self {
        let transport = Arc::new(Counting::default());
        let connected = connect_through(world.options(), transport.clone()).await.unwrap();
        let of_admins = match world.of_admins() {
            Some(options) => Some(connect_through(options, transport.clone()).await.unwrap().service),
            None => None,
        };
        Self {
            service: connected.service,
            of_admins,
            operator: connected.operator,
            transport,
            world,
        }
    }

    fn facts(&self) -> &Facts {
        self.world.facts()
    }

    /// The service where the administrators are.
    fn among_admins(&self) -> &Gated {
        self.of_admins.as_ref().unwrap_or(&self.service)
    }

    fn sent(&self) -> usize {
        self.transport.sent.load(Ordering::Relaxed)
    }

    fn declares(&self, capability: Capability) -> bool {
        self.service.capabilities().get(capability).is_yes()
    }

    async fn info(&self, user: &UserId) -> SecurityInfo {
        self.service
            .security_info(std::slice::from_ref(user), Parts::ALL)
            .await
            .remove(0)
            .unwrap()
    }

    async fn user(&self, user: &UserId) -> User {
        let query = UserQuery::Ids(vec![user.0.clone()]);
        let mut found: Vec<User> = self.service.users(&query).try_collect().await.unwrap();
        found.remove(0)
    }

    async fn apply(&self, step: Step) -> Result<Effect> {
        self.service.apply(&[step]).await.remove(0)
    }
}

/// Runs every case, and says how many of how many ran.
async fn passes_every_case(name: &str, bench: &Bench) {
    let (mut ran, mut covered) = (Ran::default(), BTreeSet::new());
    let mut failures = Vec::new();
    let (changes, reads) = (changes::cases(bench.facts()), reads::cases());
    let all = changes.len() + reads.len();
    assert_eq!(all, CASES, "cases were added or taken away: so says CASES");
    is_stocked(bench);
    for case in &changes {
        let capability = case.needs();
        covered.insert(capability);
        let result = if bench.declares(capability) {
            passes(bench, case).await
        } else {
            is_refused(bench, case).await
        };
        ran.case(&case.name);
        if let Err(why) = result {
            failures.push(format!("{}: {why}", case.name));
        }
    }
    for (capability, case_name, run) in reads {
        covered.insert(capability);
        ran.case(case_name);
        if let Err(why) = run(bench).await {
            failures.push(format!("{case_name}: {why}"));
        }
    }
    for (capability, answer) in bench.service.capabilities().entries() {
        if answer.is_yes() && !covered.contains(capability) {
            failures.push(format!("{capability}: declared, and no case tests it"));
        }
    }
    let failed = failures.len();
    // Written past the capture of the test harness's own lines: a script counts them.
    eprintln!(
        "conformance: {name}: {} of {all} cases ran, {failed} failed",
        ran.count()
    );
    assert!(failures.is_empty(), "{name}:\n{}", failures.join("\n"));
}

/// A case about what nobody has would pass by doing nothing.
fn is_stocked(bench: &Bench) {
    let facts = bench.facts();
    for (capability, count) in [
        (Capability::ListRemembered, facts.remembered),
        (Capability::ListAppPasswords, facts.app_passwords),
        (Capability::Add(MethodKind::Questions), facts.questions.len()),
        (Capability::CheckCaller, facts.asking.len()),
    ] {
        assert!(
            !bench.declares(capability) || count >= 2,
            "{capability}: declared, and the world has {count} for it"
        );
    }
}

/// A declared change does what its case says, and a second time what is said of second times.
async fn passes(bench: &Bench, case: &Case) -> std::result::Result<(), String> {
    let user = bench.world.add_person(&case.has);
    (case.prepare)(bench.world.as_ref(), &user);
    let (info, account) = (bench.info(&user).await, bench.user(&user).await);
    let step = case.step(&user, &info);
    let effect = bench
        .apply(step.clone())
        .await
        .map_err(|error| format!("{error:?}"))?;
    let (after, account_after) = (bench.info(&user).await, bench.user(&user).await);
    let seen = Seen {
        bench,
        user: &user,
        effect: &effect,
        before: &info,
        after: &after,
        account_before: &account,
        account_after: &account_after,
    };
    (case.holds)(&seen)?;
    let again = bench
        .apply(step)
        .await
        .map_err(|error| format!("a second time: {error:?}"));
    if let Some(state) = case.again {
        let now = again?.state;
        if now != state {
            return Err(format!("a second time it is {now:?} and not {state:?}"));
        }
    }
    Ok(())
}

/// An undeclared change is refused with what to do instead, and nothing is sent.
async fn is_refused(bench: &Bench, case: &Case) -> std::result::Result<(), String> {
    let step = case.step(&UserId::from("nobody"), &SecurityInfo::default());
    let before = bench.sent();
    let error = match bench.apply(step).await {
        Ok(_) => return Err("not declared, and done all the same".to_owned()),
        Err(error) => error,
    };
    if error.code() != ErrorCode::Unsupported {
        return Err(format!("not declared, and {error:?}"));
    }
    if error.hint_text().is_none_or(str::is_empty) {
        return Err("the refusal does not say what to do instead".to_owned());
    }
    match bench.sent() - before {
        0 => Ok(()),
        sent => Err(format!("not declared, and {sent} requests were sent")),
    }
}

async fn embedded_passes_every_case(name: &str, who: As) {
    let bench = Bench::new(name, who).await;
    assert_eq!(bench.operator.user_id.is_some(), who == As::Person);
    passes_every_case(name, &bench).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entra_as_an_application_passes_every_case() {
    embedded_passes_every_case("entra", As::Application).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entra_as_a_person_passes_every_case() {
    embedded_passes_every_case("entra", As::Person).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn local_as_an_application_passes_every_case() {
    embedded_passes_every_case("local", As::Application).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn local_as_a_person_passes_every_case() {
    embedded_passes_every_case("local", As::Person).await;
}
