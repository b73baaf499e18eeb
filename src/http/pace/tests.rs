//! The limiter over buckets in memory and in a file.

use std::sync::Mutex;

use jiff::Timestamp;

use super::*;
use crate::domain::Clock;
use crate::http::request::Verb;
use crate::http::testing::Script;

fn read() -> Request {
    Request::get("/v1.0", "/users/1", "/users/{id}")
}

fn write() -> Request {
    Request::write(Verb::Post, Class::Never, "/v1.0", "/users/1/x", "/users/{id}/x")
}

fn answer(status: u16, headers: &[(&str, &str)]) -> WireAnswer {
    WireAnswer {
        status,
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: vec![],
    }
}

const GRAPH: Limits = Limits {
    units: Some(800.0),
    writes: Some(20.0),
};

fn limiter(script: &Script, limits: Limits, wish: Option<Pace>) -> Limiter {
    let timer = Arc::new(script.clone());
    Limiter::new(
        Arc::new(MemoryBucket::new(timer.clone(), limits)),
        timer,
        limits,
        wish,
    )
}

/// Seconds that so many calls take, one after the other.
async fn seconds(limits: Limits, wish: Option<Pace>, request: &Request, calls: usize) -> f64 {
    let script = Script::new([]);
    let limiter = limiter(&script, limits, wish);
    for _ in 0..calls {
        assert!(limiter.pass(request, None).await);
    }
    script.now().as_secs_f64()
}

#[tokio::test]
async fn writes_and_reads_keep_to_what_is_documented() {
    let took = seconds(GRAPH, None, &write(), 200).await;
    assert!((9.5..10.0).contains(&took), "{took}");
    let took = seconds(GRAPH, None, &read(), 1600).await;
    assert!((1.7..2.0).contains(&took), "{took}");
    assert!(seconds(Limits::default(), None, &write(), 1000).await.abs() < 1e-9);
}

#[tokio::test]
async fn a_wish_leaves_room_for_others() {
    let took = seconds(GRAPH, Some(Pace::Share(0.5)), &write(), 100).await;
    assert!((9.5..10.0).contains(&took), "{took}");
    let took = seconds(Limits::default(), Some(Pace::PerSecond(10.0)), &read(), 100).await;
    assert!((9.5..10.0).contains(&took), "{took}");
    // A wish for more than the service allows changes nothing.
    let took = seconds(GRAPH, Some(Pace::PerSecond(1000.0)), &write(), 200).await;
    assert!((9.5..10.0).contains(&took), "{took}");
    let rate = |wish| limiter(&Script::new([]), GRAPH, wish).writes_per_second();
    assert_eq!(rate(None), Some(20.0));
    assert_eq!(rate(Some(Pace::Share(0.5))), Some(10.0));
    assert_eq!(rate(Some(Pace::PerSecond(5.0))), Some(5.0));
    assert_eq!(
        limiter(&Script::new([]), Limits::default(), None).writes_per_second(),
        None
    );
}

#[tokio::test]
async fn a_call_costs_what_its_last_answer_said() {
    let script = Script::new([]);
    let limiter = limiter(&script, GRAPH, None);
    let request = read().costing(2.0);
    assert_eq!(limiter.cost(&request).units, 2.0);
    let cost = limiter.cost(&request);
    limiter
        .heard(&request, cost, &answer(200, &[("x-ms-resource-unit", "5")]))
        .await;
    assert_eq!(limiter.cost(&request).units, 5.0);
    limiter
        .heard(&request, cost, &answer(200, &[("x-ms-resource-unit", "-9")]))
        .await;
    assert_eq!(limiter.cost(&request).units, 5.0);
}

#[tokio::test]
async fn a_refusal_of_writes_slows_writes_alone() {
    let script = Script::new([]);
    let limiter = limiter(&script, GRAPH, None);
    let scope = [
        ("retry-after", "5"),
        ("x-ms-throttle-scope", "Tenant_Application/Write/a/t"),
    ];
    while limiter.take(limiter.cost(&write()), 1).await.wait.is_zero() {}
    script.sleep(Duration::from_secs(10)).await;
    limiter
        .heard(&write(), limiter.cost(&write()), &answer(429, &scope))
        .await;
    let grant = limiter.take(limiter.cost(&read()), 1).await;
    assert!(grant.refused);
    assert_eq!(grant.wait.as_secs(), 5);
    script.sleep(Duration::from_secs(5)).await;
    let grant = limiter.take(limiter.cost(&read()), 1).await;
    assert!(grant.wait.is_zero());
    assert!(
        grant.writes.unwrap() < 20.0 && grant.units == Some(800.0),
        "{grant:?}"
    );
}

#[tokio::test]
async fn a_service_that_counts_is_no_longer_asked_without_limit() {
    let script = Script::new([]);
    let limiter = limiter(&script, Limits::default(), None);
    let cost = limiter.cost(&read());
    assert_eq!(limiter.take(cost, 1).await.units, None);
    limiter
        .heard(&read(), cost, &answer(200, &[("x-ms-resource-unit", "1")]))
        .await;
    assert!(limiter.take(cost, 1).await.units.is_some());
}

struct Heard(Mutex<Vec<String>>);

impl Waiting for Heard {
    fn waiting(&self, time: Duration, why: WaitReason) {
        self.0
            .lock()
            .unwrap()
            .push(format!("{} s: {why:?}", time.as_secs()));
    }
}

#[tokio::test]
async fn long_waits_are_told_and_short_ones_are_not() {
    let script = Script::new([]);
    let limiter = limiter(&script, GRAPH, None);
    let heard = Arc::new(Heard(Mutex::default()));
    limiter.tell(heard.clone());
    for _ in 0..30 {
        limiter.pass(&write(), None).await;
    }
    assert!(heard.0.lock().unwrap().is_empty());
    limiter
        .heard(
            &write(),
            limiter.cost(&write()),
            &answer(429, &[("retry-after", "7")]),
        )
        .await;
    limiter.pass(&write(), None).await;
    assert_eq!(*heard.0.lock().unwrap(), ["7 s: Throttled"]);
}

/// A clock that a test sets.
struct Set(Mutex<Timestamp>);

impl Set {
    fn at(second: i64) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Timestamp::from_second(second).unwrap())))
    }
}

impl Clock for Set {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

const ONE: Cost = Cost {
    units: 1.0,
    writes: 1.0,
};

#[tokio::test]
async fn two_that_open_one_file_share_one_bucket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run").join("pace.json");
    let clock = Set::at(1_000_000);
    let one = FileBucket::open(&path, clock.clone(), GRAPH).unwrap();
    let two = FileBucket::open(&path, clock.clone(), GRAPH).unwrap();
    let mut taken = 0;
    while one.take(ONE).await.unwrap().wait.is_zero() {
        taken += 1;
    }
    assert!((1..=10).contains(&taken), "{taken}");
    assert!(!two.take(ONE).await.unwrap().wait.is_zero());
    let refused = Told::Refused {
        wait: Some(Duration::from_secs(30)),
        kind: None,
        cost: ONE,
    };
    two.learned(refused).await.unwrap();
    *clock.0.lock().unwrap() = Timestamp::from_second(1_000_010).unwrap();
    let grant = one.take(ONE).await.unwrap();
    assert!(grant.refused && grant.wait.as_secs() == 20, "{grant:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    }
}

#[tokio::test]
async fn a_torn_file_begins_anew_and_a_lock_that_is_never_given_back_stops_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pace.json");
    std::fs::write(&path, r#"{"at": 17, "un"#).unwrap();
    let bucket = FileBucket::open(&path, Set::at(1_000_000), GRAPH).unwrap();
    assert!(bucket.take(ONE).await.unwrap().wait.is_zero());
    let held = std::fs::File::open(&path).unwrap();
    held.lock().unwrap();
    assert!(bucket.take(ONE).await.unwrap().wait.is_zero());
}
