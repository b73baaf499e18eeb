//! Many people at once: full batches, and jobs that stop early.

use super::*;

/// Somebody without anything, and the plan of a sign-out.

#[tokio::test]
async fn a_crowd_is_sent_in_full_batches_and_each_person_ends_once() {
    let (fake, plans) = crowd(205);
    let journal = journal(&plans).await;
    let sink = Kept::default();
    run(&fake, &journal, &sink, |_| {}).await.unwrap();
    let sent = fake.sent.lock().unwrap().clone();
    assert_eq!(sent.iter().filter(|batch| batch.len() == TOGETHER).count(), 10);
    assert_eq!(sent.concat().len(), 205);
    let summary = journal.summary().await.unwrap();
    assert_eq!((summary.users.selected, summary.users.done), (205, 205));
    assert_eq!(sink.rows.borrow().len(), 205, "rows stream as they are known");
}

#[tokio::test]
async fn a_job_that_is_going_wrong_stops_by_number_and_by_share() {
    for (most, in_flight, failing, sent) in [
        (MostFailures::People(0), 1, vec![true, false, true], 1),
        (MostFailures::People(2), 1, vec![true; 5], 3),
        // A share says nothing before twenty have ended.
        (MostFailures::Share(0.1), 1, vec![true; 40], 20),
        (MostFailures::Share(0.5), 1, vec![true, false, true, false], 60),
    ] {
        let (fake, plans) = crowd(60);
        fake.fault(
            failing
                .iter()
                .map(|fails| fails.then_some(Fault::Fails(ErrorCode::ServiceRefused))),
        );
        let journal = journal(&plans).await;
        let sink = Kept::default();
        let ran = run(&fake, &journal, &sink, |job| {
            job.limits.most_failures = Some(most);
            job.limits.in_flight = in_flight;
        });
        let early = ran.await.unwrap().early;
        assert_eq!(fake.sent.lock().unwrap().len(), sent, "{most:?}");
        assert_eq!(early, (sent < 60).then_some(Early::TooManyFailed), "{most:?}");
    }
}

#[tokio::test]
async fn as_many_as_asked_for_are_done_and_the_next_run_does_the_rest() {
    let (fake, plans) = crowd(50);
    let journal = journal(&plans).await;
    let sink = Kept::default();
    let ran = run(&fake, &journal, &sink, |job| job.limits.people = Some(30))
        .await
        .unwrap();
    assert_eq!(ran.early, Some(Early::Enough));
    let summary = journal.summary().await.unwrap();
    assert_eq!((summary.users.done, summary.steps.planned), (30, 20));
    assert_eq!(journal.reopen().await.unwrap(), 20);
    run(&fake, &journal, &Kept::default(), |_| {}).await.unwrap();
    let mut sent = fake.sent.lock().unwrap().concat();
    sent.sort_unstable();
    sent.dedup();
    assert_eq!(sent.len(), 50, "nobody twice");
}

#[tokio::test]
async fn a_job_whose_sign_in_ends_says_what_was_said_of_it_and_loses_nobody() {
    let (fake, plans) = crowd(60);
    let first = std::iter::repeat_n(None, 20);
    fake.fault(first.chain(std::iter::repeat_n(
        Some(Fault::Fails(ErrorCode::NotSignedIn)),
        40,
    )));
    let journal = journal(&plans).await;
    let ran = run(&fake, &journal, &Kept::default(), |job| job.limits.in_flight = 20)
        .await
        .unwrap();
    assert_eq!(ran.early, Some(Early::SignedOut));
    let counts = journal.summary().await.unwrap().steps;
    assert_eq!((counts.done, counts.planned, counts.failed), (20, 40, 0));
    let said = |why: &Error| {
        let reasons = Reasons::default().signed_out(Some(why.clone()));
        let error = outcome::verdict(&journal_summary(20, 40), &reasons, ran.early).unwrap();
        assert_eq!(error.code().exit_code(), 4);
        format!("{error} ({})", error.hint_text().unwrap_or("-"))
    };
    assert_eq!(
        said(&ran.signed_out.clone().unwrap()),
        "stopped, because the sign-in has ended: it failed; 20 done, 40 not (-)"
    );
    let told = Error::new(
        ErrorCode::NotSignedIn,
        "not signed in: the client secret is wrong",
    )
    .hint("copy it anew")
    .service_code("unauthorized_client");
    assert_eq!(
        said(&told),
        "stopped, because the sign-in has ended: the client secret is wrong; 20 done, 40 not (copy it anew)"
    );
    // Of a person there is nothing to add.
    let ended = Error::new(
        ErrorCode::NotSignedIn,
        "not signed in: the last sign-in has ended",
    );
    assert_eq!(
        said(&ended),
        "stopped, because the sign-in has ended: 20 done, 40 not (-)"
    );
    // Whoever goes on does the rest.
    fake.faults.lock().unwrap().clear();
    assert_eq!(journal.reopen().await.unwrap(), 40);
    run(&fake, &journal, &Kept::default(), |_| {}).await.unwrap();
    assert_eq!(journal.summary().await.unwrap().users.done, 60);
}

/// What a result counts once it stopped.
fn journal_summary(done: u64, skipped: u64) -> crate::domain::shape::Summary {
    let mut summary = crate::domain::shape::Summary::default();
    (summary.steps.done, summary.steps.skipped) = (done, skipped);
    summary
}
