//! What a job tells the log of its steps.

use super::*;

fn about(step: &str) -> About {
    About {
        step_id: step.to_owned(),
        user: "adele@contoso.example".to_owned(),
        user_id: UserId::from("u-1"),
        step: "remove".to_owned(),
        target: "phone:mobile".to_owned(),
    }
}

fn ended(step: &str) -> (String, StepRow) {
    let row = StepRow {
        user: "adele@contoso.example".to_owned(),
        user_id: "u-1".to_owned(),
        step: "remove".to_owned(),
        target: "phone:mobile".to_owned(),
        status: Status::Done,
        detail: "read back: gone".to_owned(),
        error: None,
        attempts: 1,
        request_id: Some("r-1".to_owned()),
        at: None,
    };
    (step.to_owned(), row)
}

#[tokio::test]
async fn a_step_is_an_intent_and_an_outcome_of_the_same_id() {
    let log = Log::empty();
    let mut origin = origin("methods remove");
    origin
        .caller_checks
        .insert("u-1".to_owned(), "08:51 by push".to_owned());
    let audit = AuditLog::new(Arc::new(log.writer(LARGE)), Arc::new(Standing), origin);
    assert!(!audit.begun());
    audit.before(&[about("s-1")]).await.unwrap();
    assert!(audit.begun());
    audit.after(&[ended("s-1")]).await.unwrap();
    let line = log.lines().remove(1);
    let told = line
        .replace(&log.rows()[1].prev, "HASH")
        .replace(env!("CARGO_PKG_VERSION"), "VERSION");
    insta::assert_snapshot!(told, @r#"{"seq":2,"prev":"HASH","time":"2026-12-08T08:55:00.123456Z","kind":"outcome","profile":"local","operator":{"account":"rita@contoso.example","os_user":"rita","host":"desk-7"},"verb":"methods remove","argv":["methods","remove"],"step_id":"s-1","step":"remove","target":"phone:mobile","user":"adele@contoso.example","user_id":"u-1","status":"done","request_ids":["r-1"],"detail":"read back: gone","caller_check":"08:51 by push","version":"VERSION"}"#);
    let rows = log.rows();
    assert_eq!((rows[0].kind, rows[0].status), (AuditKind::Intent, None));
    assert_eq!(rows[0].step_id, rows[1].step_id);
    assert_eq!(audit.last().unwrap().seq, 2);
    assert!(audit.last().unwrap().short().starts_with("2:"));
}

#[tokio::test]
async fn calls_that_come_together_are_one_write_each_with_its_answer() {
    let log = Log::empty();
    let audit = AuditLog::new(
        Arc::new(log.writer(LARGE)),
        Arc::new(Standing),
        origin("user reset"),
    );
    let calls = (0..200).map(|n| {
        let audit = &audit;
        async move { audit.before(&[about(&format!("s-{n}"))]).await }
    });
    for written in futures::future::join_all(calls).await {
        written.unwrap();
    }
    log.is_whole(200);
    assert_eq!(audit.last().unwrap().seq, 200);
}

#[tokio::test]
async fn a_call_that_is_given_up_does_not_leave_the_others_waiting() {
    let log = Log::empty();
    let audit = AuditLog::new(
        Arc::new(log.writer(LARGE)),
        Arc::new(Standing),
        origin("user reset"),
    );
    let (one, other) = ([about("s-1")], [about("s-2")]);
    {
        let mut given_up = audit.before(&one);
        let mut waits = audit.before(&other);
        assert!(futures::poll!(&mut given_up).is_pending());
        assert!(futures::poll!(&mut waits).is_pending());
        drop(given_up);
        waits.await.unwrap();
    }
    // The lines of the one that was given up stand there too, as soon as they are written.
    let told = log.verify();
    assert!(told.bad.is_none() && (1..=2).contains(&told.lines), "{told:?}");
}

#[tokio::test]
async fn a_refusal_and_an_event_are_one_line_each() {
    let log = Log::empty();
    let audit = AuditLog::new(
        Arc::new(log.writer(LARGE)),
        Arc::new(Standing),
        origin("user reset"),
    );
    let error = Error::new(ErrorCode::GuardProtected, "breakglass is protected");
    audit.refused(&error).await.unwrap();
    audit
        .event("caller checked by push", Some(("adele@contoso.example", "u-1")))
        .await
        .unwrap();
    assert!(!audit.begun());
    let rows = log.rows();
    assert_eq!(
        (rows[0].kind, rows[0].code),
        (AuditKind::Refusal, Some(ErrorCode::GuardProtected))
    );
    assert_eq!(
        (rows[1].kind, rows[1].user_id.as_deref()),
        (AuditKind::Event, Some("u-1"))
    );
}
