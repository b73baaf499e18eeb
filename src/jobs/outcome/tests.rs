use super::*;

fn row(user: &str, status: Status, code: Option<ErrorCode>) -> StepRow {
    StepRow {
        user: user.into(),
        user_id: user.into(),
        step: "remove".into(),
        target: "email".into(),
        status,
        detail: String::new(),
        error: code.map(|code| Error::new(code, "why").to_body()),
        attempts: 1,
        request_id: None,
        at: None,
    }
}

fn exit(rows: &[StepRow]) -> u8 {
    verdict(&summary(rows), &Reasons::of(rows), None).map_or(0, |error| error.code().exit_code())
}

#[test]
fn the_exit_status_follows_the_table() {
    use Status::{Done, Failed, Skipped, Unchanged, Unsupported};
    let refused = Some(ErrorCode::ServiceRefused);
    let down = Some(ErrorCode::Unavailable);
    for (rows, code) in [
        (
            vec![
                row("a", Done, None),
                row("a", Unchanged, None),
                row("a", Unsupported, None),
            ],
            0,
        ),
        (vec![row("a", Failed, refused)], 6),
        (vec![row("a", Failed, refused), row("a", Skipped, None)], 6),
        (vec![row("a", Failed, refused), row("b", Failed, refused)], 6),
        (vec![row("a", Failed, down), row("b", Unchanged, None)], 8),
        (vec![row("a", Failed, refused), row("b", Failed, down)], 7),
        (vec![row("a", Done, None), row("b", Failed, refused)], 7),
        (
            vec![
                row("a", Skipped, Some(ErrorCode::PlanChanged)),
                row("b", Done, None),
            ],
            7,
        ),
        (vec![row("a", Skipped, Some(ErrorCode::PlanChanged))], 6),
    ] {
        assert_eq!(
            exit(&rows),
            code,
            "{:?}",
            rows.iter().map(|row| row.status).collect::<Vec<_>>()
        );
    }
}

#[test]
fn people_are_counted_by_their_worst_row() {
    use Status::{Done, Failed, Unchanged};
    let counted = summary(&[
        row("a", Done, None),
        row("a", Failed, None),
        row("b", Unchanged, None),
        row("c", Unchanged, None),
        row("c", Done, None),
    ]);
    assert_eq!(
        (
            counted.users.selected,
            counted.users.failed,
            counted.users.unchanged,
            counted.users.done
        ),
        (3, 1, 1, 1)
    );
    assert_eq!(
        (counted.steps.done, counted.steps.failed, counted.steps.unchanged),
        (2, 1, 2)
    );
}

#[test]
fn of_a_plan_nothing_is_said_to_be_done_and_nobody_is_named_twice() {
    let left = |user: &str, code, why: &str| {
        let mut row = row(user, Status::Skipped, None);
        row.error = Some(Error::new(code, why).to_body());
        row
    };
    let rows = [
        row("a", Status::Planned, None),
        left("b", ErrorCode::GuardSelf, "b is your own account"),
        left("c", ErrorCode::GuardProtected, "c is protected"),
    ];
    let said = |rows: &[StepRow]| {
        let error = verdict(&summary(rows), &Reasons::of(rows), None).unwrap();
        error.message().to_owned()
    };
    assert_eq!(said(&rows), "1 step planned, 2 skipped");
    assert_eq!(said(&rows[..2]), "b is your own account");
    let other = [
        row("a", Status::Done, None),
        row("a", Status::Done, None),
        rows[2].clone(),
    ];
    assert_eq!(said(&other), "2 steps done, 1 skipped");
}
