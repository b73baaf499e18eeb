//! Plans of invented people, and what becomes of them.

use jiff::Timestamp;
use mfactl::domain::shape::StepRow;
use mfactl::domain::{Action, Error, ErrorCode, MethodKind, Status, Step};
use mfactl::jobs::journal::{Entry, JobHead, Journal, Mark, Standing, StepRecord, Taken};
use mfactl::jobs::plan::{Deed, PlannedRow, PlannedUser};

pub(crate) fn now() -> Timestamp {
    "2026-12-08T08:55:00Z".parse().unwrap()
}

pub(crate) fn head() -> JobHead {
    JobHead {
        id: uuid::Uuid::now_v7().to_string(),
        name: None,
        version: "0.1.0".into(),
        service: "local".into(),
        profile: "local".into(),
        tenant: "t".into(),
        verb: "user reset".into(),
        playbook: Some("lost-phone".into()),
        ticket: None,
        reason: None,
        selection: "--group Sales".into(),
        argv: vec!["user".into(), "reset".into()],
        operator: "rita".into(),
        made_at: now(),
        plan: None,
        part: None,
        undoes: None,
        rows: None,
        notify: None,
    }
}

/// Three steps that are sent, the last of which mints, one that stands already, and one for somebody's hands.
pub(crate) fn person(n: usize) -> PlannedUser {
    let id = format!("id-{n}");
    let send =
        |seq: u16, action: Action| Deed::Send(Step::new("job", id.as_str().into(), seq, action, vec![]));
    let row = |step: &str, target: &str, deed| PlannedRow {
        step: step.into(),
        target: target.into(),
        // What a directory may hold: no text column of PostgreSQL takes it.
        detail: "iPhone\u{0} of \"A\" \\u0000".into(),
        outcome: None,
        deed,
    };
    let remove = Action::RemoveMethod {
        method: "m".into(),
        kind: MethodKind::Authenticator,
    };
    let pass = Action::AddTemporaryPass {
        lifetime_minutes: None,
        one_time: None,
        start: None,
    };
    let by_hand = Deed::ByHand {
        why: "not here".into(),
        instead: "the portal".into(),
    };
    PlannedUser {
        user: format!("u{n}@contoso.example"),
        user_id: id.as_str().into(),
        display_name: Some("Zoë \u{0}".into()),
        state_digest: None,
        state_at: None,
        state: None,
        stays: "email".into(),
        remains: vec![],
        warnings: vec![],
        steps: vec![
            row("remove", "authenticator", send(0, remove)),
            row("sign-out", "-", send(1, Action::SignOut)),
            row("issue", "temporary-pass", send(2, pass)),
            row("remove", "email", Deed::Unchanged),
            row("reset", "app-passwords", by_hand),
        ],
    }
}

pub(crate) fn people(number: usize) -> Vec<Entry> {
    (0..number).map(|n| Entry::Planned(person(n))).collect()
}

pub(crate) fn left() -> Entry {
    Entry::Left(StepRow {
        user: "bea@contoso.example".into(),
        user_id: "id-bea".into(),
        step: "all".into(),
        target: "-".into(),
        status: Status::Skipped,
        detail: "protected\u{0}".into(),
        error: None,
        attempts: 0,
        request_id: None,
        at: None,
    })
}

/// A step that was sent once more, and stands so now.
pub(crate) fn marked(taken: &Taken, place: usize, standing: Standing, status: Status) -> Mark {
    let mut record: StepRecord = taken.steps[place].clone();
    record.standing = standing;
    record.row.status = status;
    record.row.attempts += 1;
    record.row.request_id = Some("r-1".into());
    if standing == Standing::Ended {
        record.row.detail = "so it ended".into();
        record.row.at = Some(now());
        record.created = Some("made\u{0}".into());
    }
    if status == Status::Failed {
        record.row.error = Some(Error::new(ErrorCode::Unavailable, "down").to_body());
    }
    Mark {
        seq: taken.seq,
        record,
    }
}

/// Ends the three steps that are sent, and the person.
pub(crate) async fn end(journal: &dyn Journal, taken: &Taken, status: Status) {
    let marks = (0..3)
        .map(|place| marked(taken, place, Standing::Ended, status))
        .collect();
    journal.mark(marks).await.unwrap();
    journal.finish(&[taken.seq]).await.unwrap();
}

pub(crate) fn seqs(taken: &[Taken]) -> Vec<u64> {
    taken.iter().map(|taken| taken.seq).collect()
}
