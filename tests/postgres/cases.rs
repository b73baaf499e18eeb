//! What every journal does, whatever it is kept in: the same cases on SQLite and on PostgreSQL.

use futures::TryStreamExt as _;
use mfactl::domain::shape::StepRow;
use mfactl::domain::{ErrorCode, Status};
use mfactl::jobs::journal::{JobHead, JobState, Journal, SqliteJournal, Standing, Taken, Which};
use mfactl::jobs::outcome;

use crate::plans::{end, head, left, marked, people, person, seqs};
use crate::postgres::server;

/// Each case on each store. Written out by a macro, so that a failure names both.
macro_rules! on_both {
    ($($case:ident),+ $(,)?) => {
        mod on_sqlite { $(#[tokio::test] async fn $case() {
            let head = super::head();
            super::$case(&super::SqliteJournal::in_memory(&head).unwrap(), &head).await;
        })+ }
        mod on_postgres { $(#[tokio::test] async fn $case() {
            let head = super::head();
            let database = super::server().database();
            let journal = database.store().await.make(&head).await.unwrap();
            super::$case(&journal, &head).await;
        })+ }
    };
}

on_both!(
    the_head_and_the_state_are_kept,
    people_are_taken_in_order_and_once,
    what_was_marked_is_read_again,
    who_is_finished_is_not_taken_again,
    who_was_given_back_waits_for_the_next_run,
    counts_are_those_of_the_same_rows_counted_in_memory,
    rows_come_in_order_and_by_what_is_wanted,
    who_did_not_end_well_is_opened_again,
    everybody_with_a_plan_can_be_read_in_order,
    many_people_are_read_in_parts,
);

/// A journal in which people may be taken.
async fn begun(journal: &dyn Journal, number: usize) {
    journal.add(people(number)).await.unwrap();
    journal.set_state(JobState::Running).await.unwrap();
}

async fn rows(journal: &dyn Journal, which: Which) -> Vec<StepRow> {
    journal.rows(which).try_collect().await.unwrap()
}

async fn the_head_and_the_state_are_kept(journal: &dyn Journal, head: &JobHead) {
    assert_eq!(journal.head().await.unwrap(), *head);
    assert_eq!(journal.state().await.unwrap(), JobState::Planning);
    for state in [
        JobState::Ready,
        JobState::Running,
        JobState::Stopped,
        JobState::Ended,
        JobState::Cancelled,
    ] {
        journal.set_state(state).await.unwrap();
        assert_eq!(journal.state().await.unwrap(), state);
    }
}

async fn people_are_taken_in_order_and_once(journal: &dyn Journal, _: &JobHead) {
    begun(journal, 3).await;
    journal.add(vec![left()]).await.unwrap();
    journal.add(people(2)).await.unwrap();
    let first = journal.take(2).await.unwrap();
    let second = journal.take(10).await.unwrap();
    assert_eq!((seqs(&first), seqs(&second)), (vec![0, 1], vec![2, 4, 5]));
    assert!(journal.take(10).await.unwrap().is_empty());
    let standing: Vec<Standing> = first[1].steps.iter().map(|step| step.standing).collect();
    use Standing::{Ended, Planned};
    assert_eq!(standing, [Planned, Planned, Planned, Ended, Ended]);
    assert_eq!(
        serde_json::to_value(&first[1].person).unwrap(),
        serde_json::to_value(person(1)).unwrap()
    );
}

async fn what_was_marked_is_read_again(journal: &dyn Journal, _: &JobHead) {
    begun(journal, 2).await;
    let taken = journal.take(2).await.unwrap();
    let mut begun = marked(&taken[1], 0, Standing::Started, Status::Planned);
    begun.record.reissued = true;
    let ended = marked(&taken[1], 1, Standing::Ended, Status::Done);
    journal.mark(vec![begun.clone(), ended.clone()]).await.unwrap();
    // Twice the same is the same: an answer may be lost.
    journal.mark(vec![begun.clone(), ended.clone()]).await.unwrap();
    let everybody: Vec<Taken> = journal.people().try_collect().await.unwrap();
    assert_eq!(everybody[1].steps[0], begun.record);
    assert_eq!(everybody[1].steps[1], ended.record);
    assert_eq!(everybody[0].steps, taken[0].steps);
}

async fn who_is_finished_is_not_taken_again(journal: &dyn Journal, _: &JobHead) {
    begun(journal, 2).await;
    let taken = journal.take(1).await.unwrap();
    end(journal, &taken[0], Status::Done).await;
    journal.keep().await.unwrap();
    assert_eq!(seqs(&journal.take(5).await.unwrap()), [1]);
    assert_eq!(journal.reopen().await.unwrap(), 1, "one is not ended");
}

async fn who_was_given_back_waits_for_the_next_run(journal: &dyn Journal, _: &JobHead) {
    begun(journal, 2).await;
    journal.take(2).await.unwrap();
    journal.give_back(&[0]).await.unwrap();
    assert!(journal.take(5).await.unwrap().is_empty());
    journal.give_back(&[1]).await.unwrap();
    assert_eq!(journal.reopen().await.unwrap(), 2);
    assert_eq!(seqs(&journal.take(5).await.unwrap()), [0, 1]);
}

async fn counts_are_those_of_the_same_rows_counted_in_memory(journal: &dyn Journal, _: &JobHead) {
    begun(journal, 5).await;
    journal.add(vec![left()]).await.unwrap();
    let taken = journal.take(10).await.unwrap();
    end(journal, &taken[0], Status::Done).await;
    end(journal, &taken[1], Status::Failed).await;
    end(journal, &taken[2], Status::Unknown).await;
    end(journal, &taken[3], Status::Unchanged).await;
    let summary = journal.summary().await.unwrap();
    assert_eq!(summary, outcome::summary(&rows(journal, Which::All).await));
    let users = summary.users;
    assert_eq!(
        (
            users.selected,
            users.done,
            users.failed,
            users.skipped,
            users.unchanged
        ),
        (6, 1, 2, 1, 1)
    );
    let size = journal.size().await.unwrap();
    assert_eq!(
        (size.people, size.steps, size.left_out, size.minting),
        (5, 15, 1, 5)
    );
}

async fn rows_come_in_order_and_by_what_is_wanted(journal: &dyn Journal, _: &JobHead) {
    begun(journal, 3).await;
    journal.add(vec![left()]).await.unwrap();
    let taken = journal.take(10).await.unwrap();
    end(journal, &taken[0], Status::Done).await;
    end(journal, &taken[1], Status::Failed).await;
    let all = rows(journal, Which::All).await;
    assert_eq!(all.len(), 3 * 5 + 1);
    assert_eq!(all[5].error.as_ref().unwrap().code, ErrorCode::Unavailable);
    assert_eq!(
        all[10].detail, taken[2].person.steps[0].detail,
        "the plan's own words"
    );
    assert_eq!(all[15].user, "bea@contoso.example");
    let failed = rows(journal, Which::Failed).await;
    assert_eq!(failed, all[5..10]);
    let not_done = rows(journal, Which::NotDone).await;
    let expected: Vec<StepRow> = all
        .into_iter()
        .filter(|row| !matches!(row.status, Status::Done | Status::Unchanged))
        .collect();
    assert_eq!(not_done, expected);
}

async fn who_did_not_end_well_is_opened_again(journal: &dyn Journal, _: &JobHead) {
    begun(journal, 3).await;
    let taken = journal.take(10).await.unwrap();
    end(journal, &taken[0], Status::Done).await;
    let again = [(0, Status::Failed), (1, Status::Unknown), (2, Status::Skipped)]
        .map(|(place, status)| marked(&taken[1], place, Standing::Ended, status));
    journal.mark(again.into()).await.unwrap();
    journal.finish(&[1]).await.unwrap();
    journal.give_back(&[2]).await.unwrap();
    assert_eq!(journal.reopen().await.unwrap(), 2);
    let taken = journal.take(10).await.unwrap();
    assert_eq!(seqs(&taken), [1, 2]);
    let standing: Vec<Standing> = taken[0].steps.iter().map(|step| step.standing).collect();
    use Standing::{Ended, Planned, Started};
    assert_eq!(standing, [Planned, Started, Planned, Ended, Ended]);
    let row = &taken[0].steps[0].row;
    assert_eq!(
        (row.attempts, row.status, &row.error),
        (1, Status::Planned, &None)
    );
    assert_eq!(row.detail, taken[0].person.steps[0].detail);
}

async fn everybody_with_a_plan_can_be_read_in_order(journal: &dyn Journal, _: &JobHead) {
    begun(journal, 2).await;
    journal.add(vec![left()]).await.unwrap();
    journal.add(people(1)).await.unwrap();
    let everybody: Vec<Taken> = journal.people().try_collect().await.unwrap();
    assert_eq!(seqs(&everybody), [0, 1, 3]);
}

async fn many_people_are_read_in_parts(journal: &dyn Journal, _: &JobHead) {
    begun(journal, 1201).await;
    let everybody: Vec<Taken> = journal.people().try_collect().await.unwrap();
    assert_eq!(everybody.len(), 1201);
    assert!(
        everybody
            .iter()
            .zip(0..)
            .all(|(taken, seq)| taken.seq == seq && taken.steps.len() == 5)
    );
    let all = rows(journal, Which::All).await;
    assert_eq!(all.len(), 1201 * 5);
    assert_eq!(all[6004].user, "u1200@contoso.example");
}
