use super::*;
use crate::domain::{Method, MethodId, Step, UserId};
use crate::jobs::plan::{Deed, PlannedRow};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn rita() -> Operator {
    Operator {
        user_id: Some("id-rita".into()),
        account: "rita@contoso.example".into(),
        permissions: Vec::new(),
    }
}

fn check(kind: MethodKind, by: By) -> Check {
    Check {
        at: at("2026-05-04T08:51:00Z"),
        profile: "contoso".into(),
        tenant: "contoso.example".into(),
        operator: "rita@contoso.example".into(),
        user: "adele@contoso.example".into(),
        user_id: "id-adele".into(),
        by,
        attested: false,
        method: Some(kind.as_str().into()),
        kind: Some(kind),
        lost: None,
        ticket: None,
        reason: None,
    }
}

fn planned(actions: Vec<Action>) -> PlannedUser {
    let user_id = UserId::from("id-adele");
    let steps = (0..)
        .zip(actions)
        .map(|(seq, action)| PlannedRow {
            step: "x".into(),
            target: "y".into(),
            detail: String::new(),
            outcome: None,
            deed: Deed::Send(Step::new("j", user_id.clone(), seq, action, vec![])),
        })
        .collect();
    PlannedUser {
        user: "adele@contoso.example".into(),
        user_id,
        display_name: None,
        state_digest: None,
        state_at: None,
        state: None,
        stays: String::new(),
        remains: Vec::new(),
        warnings: Vec::new(),
        steps,
    }
}

fn removal(kind: MethodKind) -> PlannedUser {
    planned(vec![Action::RemoveMethod {
        method: MethodId::from("m"),
        kind,
    }])
}

fn strict() -> Guard {
    Guard {
        require_caller_check: true,
        ..Guard::default()
    }
}

fn said(checks: Vec<Check>, now: &str, playbook: Option<&str>, maker: Option<&str>) -> Result<(), Error> {
    let checked = Checked::new(checks, "contoso.example", &rita(), at(now));
    let person = removal(MethodKind::Authenticator);
    checked.admit(&strict(), &person, playbook, maker, &rita(), "mfactl -p contoso")
}

#[test]
fn a_check_is_good_for_half_an_hour_one_operator_one_person_one_tenant() {
    let good = check(MethodKind::PhoneAlternate, By::Callback);
    assert!(said(vec![good.clone()], "2026-05-04T09:20:59Z", None, None).is_ok());
    let other = |change: fn(&mut Check)| {
        let mut other = good.clone();
        change(&mut other);
        vec![other]
    };
    for (what, checks, now) in [
        ("none", vec![], "2026-05-04T09:00:00Z"),
        ("over", vec![good.clone()], "2026-05-04T09:21:00Z"),
        ("not yet", vec![good.clone()], "2026-05-04T08:50:59Z"),
        (
            "operator",
            other(|one| one.operator = "otto@contoso.example".into()),
            "2026-05-04T09:00:00Z",
        ),
        (
            "person",
            other(|one| one.user_id = "id-bas".into()),
            "2026-05-04T09:00:00Z",
        ),
        (
            "tenant",
            other(|one| one.tenant = "fabrikam.example".into()),
            "2026-05-04T09:00:00Z",
        ),
    ] {
        let error = said(checks, now, None, None).unwrap_err();
        assert_eq!(error.code(), ErrorCode::GuardCaller, "{what}");
        assert_eq!(error.code().exit_code(), 6);
        assert_eq!(
            error.hint_text(),
            Some("mfactl -p contoso user check-caller adele@contoso.example"),
            "{what}"
        );
    }
}

#[test]
fn what_was_asked_on_the_lost_phone_says_nothing_when_the_phone_is_lost() {
    let now = "2026-05-04T09:00:00Z";
    let by_app = check(MethodKind::Authenticator, By::Push);
    assert!(said(vec![by_app.clone()], now, Some("new-phone"), None).is_ok());
    let error = said(vec![by_app.clone()], now, Some("lost-phone"), None).unwrap_err();
    assert!(error.message().contains("on the lost phone"), "{error}");
    assert_eq!(
        error.hint_text(),
        Some("mfactl -p contoso user check-caller adele@contoso.example --lost authenticator")
    );
    let by_call = check(MethodKind::PhoneAlternate, By::Callback);
    assert!(said(vec![by_app, by_call], now, Some("lost-phone"), None).is_ok());
}

#[test]
fn a_plan_that_somebody_else_made_takes_no_caller_and_ones_own_does() {
    let now = "2026-05-04T09:00:00Z";
    assert!(said(vec![], now, None, Some("otto@contoso.example")).is_ok());
    assert!(said(vec![], now, None, Some("Rita@contoso.example")).is_err());
}

#[test]
fn what_only_locks_somebody_out_waits_for_no_caller() {
    let locks = planned(vec![
        Action::SignOut,
        Action::ForgetAllDevices,
        Action::DisableAccount,
    ]);
    assert!(!touches_sign_in(&locks));
    for action in [
        Action::GeneratePassword { permanent: false },
        Action::RevokeAllAppPasswords,
        Action::AddEmail {
            address: "a@b".into(),
        },
    ] {
        assert!(touches_sign_in(&planned(vec![Action::SignOut, action])));
    }
    let checked = Checked::default();
    assert!(
        checked
            .admit(&strict(), &locks, None, None, &rita(), "mfactl")
            .is_ok()
    );
    let person = removal(MethodKind::Email);
    assert!(
        checked
            .admit(&Guard::default(), &person, None, None, &rita(), "mfactl")
            .is_ok()
    );
}

#[test]
fn what_is_said_of_a_check_is_how_and_whether_it_is_only_attested() {
    let mut one = check(MethodKind::PhoneAlternate, By::Callback);
    assert_eq!(one.said(), "by call-back to phone:alternate");
    one.attested = true;
    assert_eq!(one.said(), "by call-back to phone:alternate (attested)");
    one.method = None;
    assert_eq!(one.said(), "by call-back (attested)");
    one.by = By::InPerson;
    assert_eq!(one.said(), "in person (attested)");
    assert_eq!(
        check(MethodKind::Authenticator, By::Push).said(),
        "by push to authenticator"
    );
    assert_eq!(check(MethodKind::Totp, By::Code).said(), "by code of totp");
}

fn method(kind: MethodKind, added: Option<&str>) -> Method {
    let mut method = Method::new(format!("id-{kind}"), kind, "x");
    method.added_at = added.map(at);
    method
}

#[test]
fn a_caller_is_not_asked_by_what_is_lost_or_on_the_lost_phone_or_new() {
    let old = Some("2024-03-03T08:00:00Z");
    let mut pending = method(MethodKind::PhoneOffice, old);
    pending.state = crate::domain::MethodState::Pending;
    let methods = [
        method(MethodKind::Authenticator, old),
        method(MethodKind::PhoneMobile, old),
        method(MethodKind::PhoneAlternate, Some("2026-04-27T09:00:01Z")),
        pending,
        method(MethodKind::Email, None),
    ];
    let now = at("2026-05-04T09:00:00Z");
    let open = |lost: &[&Method], by| -> Vec<String> {
        ways(&methods, lost, by, now)
            .into_iter()
            .filter(|way| way.why_not.is_none())
            .map(|way| format!("{} {}", way.asked.as_str(), way.reference))
            .collect()
    };
    assert_eq!(
        open(&[], None),
        [
            "push authenticator",
            "code phone:mobile",
            "call phone:mobile",
            "code email"
        ]
    );
    assert_eq!(open(&[], Some(Asked::Call)), ["call phone:mobile"]);
    assert_eq!(open(&[&methods[0]], None), ["code email"]);
    assert_eq!(open(&[&methods[4]], Some(Asked::Code)), ["code phone:mobile"]);
    let why: Vec<String> = ways(&methods, &[&methods[1]], None, now)
        .into_iter()
        .filter_map(|way| Some(format!("{}: {}", way.reference, way.why_not?)))
        .collect();
    assert_eq!(
        why,
        [
            "authenticator: it is on the lost phone",
            "phone:mobile: it is lost",
            "phone:alternate: it was added 6 days ago",
            "phone:office: it is not ready",
            "phone:mobile: it is lost",
        ]
    );
    let a_second_later = at("2026-05-04T09:00:01Z");
    assert!(
        ways(&methods, &[], Some(Asked::Call), a_second_later)[0]
            .why_not
            .is_none(),
        "seven days are enough"
    );
}

#[test]
fn checks_are_kept_for_their_owner_alone_and_dropped_when_they_are_over() {
    let folder = tempfile::tempdir().unwrap();
    let callers = Callers::of(&folder.path().join("state"));
    assert_eq!(callers.read().unwrap(), []);
    let first = check(MethodKind::Totp, By::Code);
    callers.record(&first).unwrap();
    let mut second = first.clone();
    second.at = at("2026-05-04T09:10:00Z");
    callers.record(&second).unwrap();
    assert_eq!(callers.read().unwrap(), [first, second.clone()]);
    let mut third = second.clone();
    third.at = at("2026-05-04T09:30:00Z");
    callers.record(&third).unwrap();
    assert_eq!(callers.read().unwrap(), [second, third.clone()]);
    let path = folder.path().join("state/callers.jsonl");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // Half a line and nonsense are no checks, and stand in nobody's way.
    let torn = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{torn}nonsense\n{}", &torn[..40])).unwrap();
    assert_eq!(callers.read().unwrap().len(), 2);
    callers.record(&third).unwrap();
    assert_eq!(callers.read().unwrap().len(), 3);
}
