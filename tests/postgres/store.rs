//! What only a shared journal has: leases, workers that die or sleep, a database that goes away, one pace.

use std::time::{Duration, Instant};

use mfactl::domain::{Bucket, Cost, ErrorCode, Limits, Status, Told};
use mfactl::jobs::journal::{JobState, Journal as _, Login, PostgresStore, Standing, Store as _};

use crate::plans::{end, head, left, marked, people, seqs};
use crate::postgres::{Database, Server, server};

/// A job of so many people that runs; gives its id.
async fn running(store: &PostgresStore, number: usize) -> String {
    let head = head();
    let journal = store.make(&head).await.unwrap();
    journal.add(people(number)).await.unwrap();
    journal.set_state(JobState::Running).await.unwrap();
    head.id
}

/// A minute passes for everybody who holds somebody.
fn let_leases_end(database: &Database<'_>) {
    database.sql("update mfactl.person set lease_until = lease_until - interval '61 s'");
}

#[tokio::test]
async fn a_job_that_somebody_plans_is_seen_to_run_until_it_is_planned() {
    let database = server().database();
    let (one, other) = (database.store().await, database.store().await);
    let head = head();
    let journal = one.make(&head).await.unwrap();
    assert!(other.runs(&head.id).await.unwrap());
    assert_eq!(other.look(&head.id).await.unwrap().word(), "planning");
    journal.set_state(JobState::Ready).await.unwrap();
    assert!(!other.runs(&head.id).await.unwrap());
}

#[tokio::test]
async fn two_workers_never_hold_the_same_person() {
    let database = server().database();
    let store = database.store().await;
    let id = running(&store, 10).await;
    let (one, two) = (store.join(&id).await.unwrap(), store.join(&id).await.unwrap());
    let (first, second) = tokio::join!(one.take(4), two.take(4));
    let mut all = [seqs(&first.unwrap()), seqs(&second.unwrap())].concat();
    all.sort_unstable();
    assert_eq!(all, [0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(seqs(&two.take(10).await.unwrap()), [8, 9]);
    assert!(one.take(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn people_of_a_worker_that_died_are_taken_over_and_what_it_began_is_known() {
    let database = server().database();
    let store = database.store().await;
    let id = running(&store, 3).await;
    let dead = store.join(&id).await.unwrap();
    let taken = dead.take(2).await.unwrap();
    let begun = marked(&taken[0], 0, Standing::Started, Status::Planned);
    dead.mark(vec![begun.clone()]).await.unwrap();
    let alive = store.join(&id).await.unwrap();
    assert_eq!(seqs(&alive.take(5).await.unwrap()), [2]);
    let_leases_end(&database);
    alive.keep().await.unwrap();
    let over = alive.take(5).await.unwrap();
    assert_eq!(seqs(&over), [0, 1]);
    assert_eq!(over[0].steps[0], begun.record);
    assert_eq!(
        database.sql("select taken from mfactl.person order by seq"),
        "2\n2\n1"
    );
}

#[tokio::test]
async fn a_worker_that_slept_does_not_write_over_whoever_took_over() {
    let database = server().database();
    let store = database.store().await;
    let id = running(&store, 2).await;
    let asleep = store.join(&id).await.unwrap();
    let taken = asleep.take(2).await.unwrap();
    let_leases_end(&database);
    let awake = store.join(&id).await.unwrap();
    let over = awake.take(1).await.unwrap();
    let right = marked(&over[0], 0, Standing::Ended, Status::Done);
    awake.mark(vec![right.clone()]).await.unwrap();

    let wrong = marked(&taken[0], 0, Standing::Ended, Status::Failed);
    let own = marked(&taken[1], 0, Standing::Ended, Status::Done);
    let error = asleep.mark(vec![wrong, own]).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::LeaseLost);
    asleep.finish(&[0]).await.unwrap();
    asleep.give_back(&[0]).await.unwrap();
    asleep.keep().await.unwrap();
    // The first is as its new owner has it; the second was still the sleeper's own.
    assert_eq!(
        database.sql("select status from mfactl.step where place = 0 order by seq"),
        "done\ndone"
    );
    assert_eq!(database.sql("select state from mfactl.person where seq = 0"), "1");
    awake.finish(&[0]).await.unwrap();
    assert_eq!(database.sql("select state from mfactl.person where seq = 0"), "2");
}

#[tokio::test]
async fn who_asks_before_sending_is_told_whom_others_took_and_keeps_the_rest_for_a_while() {
    let database = server().database();
    let store = database.store().await;
    let id = running(&store, 3).await;
    let asleep = store.join(&id).await.unwrap();
    asleep.take(3).await.unwrap();
    let_leases_end(&database);
    let awake = store.join(&id).await.unwrap();
    assert_eq!(seqs(&awake.take(1).await.unwrap()), [0]);
    let mut held = asleep.holds(&[0, 1, 2]).await.unwrap();
    held.sort_unstable();
    assert_eq!(held, [1, 2]);
    // Nobody takes those now, though their minute had passed.
    assert!(awake.take(3).await.unwrap().is_empty());
    let left = "select min(lease_until) > clock_timestamp() + interval '30 s' from mfactl.person";
    assert_eq!(database.sql(left), "t");
    assert_eq!(awake.holds(&[0, 1, 2]).await.unwrap(), [0]);
}

#[tokio::test]
async fn nobody_is_taken_from_a_job_that_was_stopped_or_is_not_ready() {
    let database = server().database();
    let store = database.store().await;
    let head = head();
    let journal = store.make(&head).await.unwrap();
    journal.add(people(2)).await.unwrap();
    for state in [JobState::Planning, JobState::Stopped, JobState::Cancelled] {
        journal.set_state(state).await.unwrap();
        assert!(journal.take(5).await.unwrap().is_empty(), "{state:?}");
    }
    journal.set_state(JobState::Ready).await.unwrap();
    assert_eq!(journal.take(5).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_job_ends_when_nobody_is_left_and_not_while_somebody_is_held() {
    let database = server().database();
    let store = database.store().await;
    let id = running(&store, 1).await;
    let journal = store.join(&id).await.unwrap();
    let taken = journal.take(5).await.unwrap();
    journal.set_state(JobState::Ended).await.unwrap();
    assert_eq!(journal.state().await.unwrap(), JobState::Running);
    assert!(store.runs(&id).await.unwrap());
    end(&journal, &taken[0], Status::Done).await;
    journal.set_state(JobState::Ended).await.unwrap();
    assert_eq!(journal.state().await.unwrap(), JobState::Ended);
    assert!(!store.runs(&id).await.unwrap());
}

#[tokio::test]
async fn jobs_are_listed_and_taken_away_with_everything_of_them() {
    let database = server().database();
    let store = database.store().await;
    let (old, new) = (running(&store, 2).await, running(&store, 1).await);
    assert_eq!(store.ids().await.unwrap(), [new.clone(), old.clone()]);
    store.join(&new).await.unwrap().add(vec![left()]).await.unwrap();
    store.remove(&new).await.unwrap();
    assert_eq!(store.ids().await.unwrap(), std::slice::from_ref(&old));
    assert_eq!(
        database.sql("select count(distinct job), count(*) from mfactl.step"),
        "1|10"
    );
    assert_eq!(store.join(&new).await.err().unwrap().code(), ErrorCode::NotFound);
}

#[tokio::test]
async fn many_workers_may_make_the_tables_at_once() {
    let database = server().database();
    let all = (0..8).map(|_| database.store());
    futures::future::join_all(all).await;
    assert_eq!(database.sql("select number from mfactl.version"), "1");
}

#[tokio::test]
async fn tables_of_a_newer_version_are_left_alone() {
    let database = server().database();
    database.store().await;
    database.sql("insert into mfactl.version (number) values (7)");
    let error = PostgresStore::connect(&database.login()).await.err().unwrap();
    assert_eq!(error.code(), ErrorCode::FileFromNewerVersion);
}

#[tokio::test]
async fn an_account_without_rights_and_a_database_that_is_not_there_are_said() {
    let database = server().database();
    let error = |url: String| async move {
        let login = Login {
            url,
            password: None,
            passfile: None,
        };
        PostgresStore::connect(&login).await.err().unwrap()
    };
    let url = database.url();
    let nobody = error(url.replace(database.name(), "nothing")).await;
    assert_eq!(nobody.code(), ErrorCode::NotFound, "{nobody:?}");
    database.sql("create role weak login");
    let weak = error(url.replace("mfactl@", "weak@")).await;
    assert_eq!(weak.code(), ErrorCode::PermissionMissing, "{weak:?}");
    let nowhere = error("postgres://u@127.0.0.1:1/jobs".to_owned()).await;
    assert_eq!(nowhere.code(), ErrorCode::Unavailable, "{nowhere:?}");
}

#[tokio::test]
async fn a_database_that_restarts_is_waited_for_and_nothing_is_lost() {
    let own = Server::start(5432, |_| Vec::new());
    let database = own.database();
    let store = database.store().await;
    let id = running(&store, 4).await;
    let journal = store.join(&id).await.unwrap();
    let taken = journal.take(2).await.unwrap();
    own.restart();
    end(&journal, &taken[0], Status::Done).await;
    own.restart();
    assert_eq!(seqs(&journal.take(5).await.unwrap()), [2, 3]);
    assert_eq!(journal.summary().await.unwrap().users.done, 1);
}

#[tokio::test]
async fn one_pace_is_kept_by_all_and_what_one_was_told_holds_for_all() {
    let database = server().database();
    let (one, two) = (database.store().await, database.store().await);
    let limits = Limits {
        units: Some(500.0),
        writes: None,
    };
    let (one, two) = tokio::join!(one.bucket("tenant", limits), two.bucket("tenant", limits));
    let (one, two) = (one.unwrap().unwrap(), two.unwrap().unwrap());
    let cost = Cost {
        units: 20.0,
        writes: 0.0,
    };
    let began = Instant::now();
    let (a, b) = tokio::join!(take_all(one.as_ref(), cost, 15), take_all(two.as_ref(), cost, 15));
    let sent = f64::from(a + b) * cost.units;
    let seconds = began.elapsed().as_secs_f64();
    // A quarter of a second's worth is there at the beginning, and the last batch of each is a debt.
    let most = 500.0 * (seconds + 0.25) + 2.0 * cost.units;
    assert!(sent <= most, "{sent} units in {seconds} s");
    assert!(seconds < 2.0, "{sent} units took {seconds} s");
    let told = Told::Refused {
        wait: Some(Duration::from_secs(30)),
        kind: None,
        cost,
    };
    one.learned(told).await.unwrap();
    let grant = two.take(cost).await.unwrap();
    assert!(grant.refused && grant.wait > Duration::from_secs(29), "{grant:?}");
}

/// Takes so many times, waiting as it is told: that the waits are right is what is tested.
async fn take_all(bucket: &dyn Bucket, cost: Cost, times: u32) -> u32 {
    for _ in 0..times {
        loop {
            let grant = bucket.take(cost).await.unwrap();
            if grant.wait.is_zero() {
                break;
            }
            tokio::time::sleep(grant.wait).await;
        }
    }
    times
}

#[tokio::test]
async fn a_worker_that_stops_with_the_bucket_in_its_hand_keeps_nobody_waiting() {
    let database = server().database();
    let store = database.store().await;
    let bucket = store.bucket("tenant", Limits::default()).await.unwrap().unwrap();
    bucket.take(Cost::default()).await.unwrap();
    let (client, connection) = tokio_postgres::connect(&database.url(), tokio_postgres::NoTls)
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    client
        .batch_execute(
            "begin; set local idle_in_transaction_session_timeout = '3s';
             update mfactl.bucket set name = name",
        )
        .await
        .unwrap();
    let began = Instant::now();
    bucket.take(Cost::default()).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(20));
    drop(client);
    assert!(connection.await.unwrap().is_err(), "the server ended it");
}

/// How fast people are claimed: not judged here, because it says more of the machine than of the program. `just postgres`
/// prints it.
#[tokio::test]
async fn eight_workers_claim_a_thousand_people_in_twenties_and_nobody_twice() {
    let database = server().database();
    let store = database.store().await;
    let id = running(&store, 1000).await;
    let claimed = std::sync::Mutex::new(Vec::new());
    let began = Instant::now();
    let workers = (0..8).map(|_| async {
        // A connection of its own each, as workers have.
        let journal = database.store().await.join(&id).await.unwrap();
        loop {
            let taken = journal.take(20).await.unwrap();
            if taken.is_empty() {
                break;
            }
            claimed.lock().unwrap().extend(seqs(&taken));
        }
    });
    futures::future::join_all(workers).await;
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "1,000 people claimed by 8 workers in {seconds:.2} s: {:.0}/s",
        1000.0 / seconds
    );
    let mut claimed = claimed.into_inner().unwrap();
    claimed.sort_unstable();
    assert_eq!(claimed, (0..1000).collect::<Vec<u64>>());
    assert_eq!(database.sql("select max(taken) from mfactl.person"), "1");
}
