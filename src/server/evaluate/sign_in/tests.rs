use super::*;
use crate::domain::MethodKind;
use crate::server::clock::{DAY, Move, shift};
use crate::server::evaluate::fixture::{
    add, add_pass, attempt, directory, factors, line, load, person, set_policy, sign_in, try_it,
};
use serde_json::json;

#[test]
fn an_unknown_person_and_a_wrong_password_are_told_the_same() {
    let conn = directory();
    let wrong = Attempt {
        password: Some("no".into()),
        ..attempt(&conn, "adele")
    };
    let unknown = Attempt {
        user: "nobody@contoso.example".into(),
        ..wrong.clone()
    };
    assert_eq!(
        try_it(&conn, &wrong),
        "refused (the sign-in name or the password is wrong)"
    );
    assert_eq!(try_it(&conn, &unknown), try_it(&conn, &wrong));
    let none = Attempt {
        password: None,
        ..attempt(&conn, "adele")
    };
    assert_eq!(try_it(&conn, &none), "refused (the password is missing)");
}

#[test]
fn ten_wrong_passwords_lock_the_account_for_ten_minutes() {
    let conn = directory();
    add(&conn, "adele", MethodKind::Totp, "");
    let wrong = Attempt {
        password: Some("no".into()),
        ..attempt(&conn, "adele")
    };
    for _ in 0..9 {
        try_it(&conn, &wrong);
    }
    assert_eq!(
        try_it(&conn, &attempt(&conn, "adele")),
        "verification_required [totp]"
    );
    try_it(&conn, &wrong);
    assert_eq!(
        try_it(&conn, &attempt(&conn, "adele")),
        "refused (the account is locked after too many wrong tries; try again in 10 min)"
    );
    shift(&conn, Move::Advance(10 * MINUTE)).unwrap();
    assert_eq!(
        try_it(&conn, &attempt(&conn, "adele")),
        "verification_required [totp]"
    );
}

#[test]
fn a_disabled_account_is_refused_only_after_the_right_password() {
    let conn = directory();
    conn.execute("UPDATE users SET enabled = 0", []).unwrap();
    assert_eq!(
        line(&sign_in(&conn, "adele", &[])),
        "refused (the account is disabled)"
    );
    let wrong = Attempt {
        password: Some("no".into()),
        ..attempt(&conn, "adele")
    };
    assert_eq!(
        try_it(&conn, &wrong),
        "refused (the sign-in name or the password is wrong)"
    );
}

#[test]
fn an_app_password_needs_no_second_factor_and_is_refused_after_a_reset() {
    let conn = directory();
    add(&conn, "adele", MethodKind::Totp, "");
    let user = person(&conn, "adele");
    conn.execute(
        "INSERT INTO app_passwords (user_id, id, name, seed_n, created_at) VALUES (?1, 'a', 'Mail', 1, 1)",
        [&user],
    )
    .unwrap();
    let password = Seed::load(&conn).unwrap().app_password(&user, 1);
    let grouped = format!("{} {}", &password[..4], &password[4..]);
    let mail = |typed: &str| Attempt {
        user: "adele@contoso.example".into(),
        app_password: Some(typed.to_owned()),
        ..Attempt::default()
    };
    assert_eq!(try_it(&conn, &mail(&password)), "signed_in");
    assert_eq!(try_it(&conn, &mail(&grouped)), "signed_in");
    let as_password = Attempt {
        password: Some(password.clone()),
        ..attempt(&conn, "adele")
    };
    assert!(try_it(&conn, &as_password).starts_with("refused"));
    set_policy(&conn, "appPasswords", json!({"allowed": false}));
    assert_eq!(
        try_it(&conn, &mail(&password)),
        "refused (policy does not allow app passwords)"
    );
    set_policy(&conn, "appPasswords", json!({"allowed": true}));
    conn.execute("DELETE FROM app_passwords", []).unwrap();
    assert_eq!(
        try_it(&conn, &mail(&password)),
        "refused (the app password is wrong)"
    );
}

fn by_pass(pass: &str) -> Attempt {
    Attempt {
        user: "bas@contoso.example".into(),
        factors: factors(&[&format!("pass:{pass}")]),
        ..Attempt::default()
    }
}

#[test]
fn a_pass_for_one_time_works_once_and_an_ordinary_one_until_it_expires() {
    let conn = directory();
    add_pass(&conn, "bas", "Pass2345", true);
    assert_eq!(line(&sign_in(&conn, "bas", &[])), "verification_required [pass]");
    assert_eq!(
        try_it(&conn, &by_pass("wrong")),
        "refused (the temporary access pass is wrong)"
    );
    assert_eq!(try_it(&conn, &by_pass("Pass2345")), "signed_in +session");
    assert_eq!(
        try_it(&conn, &by_pass("Pass2345")),
        "refused (the temporary access pass works once and was used)"
    );
    conn.execute("UPDATE methods SET once = 0", []).unwrap();
    assert_eq!(try_it(&conn, &by_pass("Pass2345")), "signed_in +session");
    assert_eq!(try_it(&conn, &by_pass("Pass2345")), "signed_in +session");
    shift(&conn, Move::Advance(60 * MINUTE)).unwrap();
    assert_eq!(
        try_it(&conn, &by_pass("Pass2345")),
        "refused (the temporary access pass has expired)"
    );
}

#[test]
fn a_pass_waits_for_its_start_and_for_policy() {
    let conn = directory();
    add_pass(&conn, "bas", "Pass2345", false);
    conn.execute("UPDATE methods SET starts_at = starts_at + 600000", [])
        .unwrap();
    assert_eq!(
        try_it(&conn, &by_pass("Pass2345")),
        "refused (the temporary access pass does not work yet)"
    );
    shift(&conn, Move::Advance(600_000)).unwrap();
    set_policy(
        &conn,
        "TemporaryAccessPass",
        json!({"state": "enabled", "includeTargets": []}),
    );
    assert_eq!(
        try_it(&conn, &by_pass("Pass2345")),
        "refused (the temporary access pass is not allowed by the policy TemporaryAccessPass: it does not include this person)"
    );
}

#[test]
fn a_pass_stands_for_the_password_but_not_beside_a_wrong_one() {
    let conn = directory();
    add_pass(&conn, "bas", "Pass2345", false);
    let wrong = Attempt {
        password: Some("no".into()),
        ..by_pass("Pass2345")
    };
    assert!(try_it(&conn, &wrong).starts_with("refused"));
    assert_eq!(
        line(&sign_in(&conn, "bas", &["pass:Pass2345"])),
        "signed_in +session"
    );
}

#[test]
fn nothing_registered_is_let_in_for_the_days_of_grace_and_then_asked_to_register() {
    let conn = directory();
    let days = |answer: Answer| (answer.result, answer.grace_days_left);
    assert_eq!(days(sign_in(&conn, "bas", &[])), (Verdict::SignedIn, Some(14)));
    shift(&conn, Move::Advance(13 * DAY + MINUTE)).unwrap();
    assert_eq!(days(sign_in(&conn, "bas", &[])), (Verdict::SignedIn, Some(1)));
    shift(&conn, Move::Advance(DAY)).unwrap();
    assert_eq!(
        days(sign_in(&conn, "bas", &[])),
        (Verdict::RegistrationRequired, None)
    );
}

#[test]
fn registration_that_an_administrator_asks_for_does_not_wait() {
    let conn = directory();
    registration::require(&conn, &load(&conn, "bas")).unwrap();
    let answer = sign_in(&conn, "bas", &[]);
    assert_eq!(
        line(&answer),
        "registration_required (more information required: no method is registered)"
    );
    let state = registration::state(&conn, &load(&conn, "bas")).unwrap();
    assert_eq!(
        state,
        registration::Registration {
            state: "none",
            required: true,
            grace_until: None
        }
    );
}

#[test]
fn nobody_is_asked_to_register_where_no_second_factor_is_demanded() {
    let conn = directory();
    set_policy(&conn, "conditionalAccess", json!({}));
    assert_eq!(line(&sign_in(&conn, "bas", &[])), "signed_in +session");
    conn.execute("UPDATE users SET mfa_state = 'enforced'", [])
        .unwrap();
    assert_eq!(sign_in(&conn, "bas", &[]).grace_days_left, Some(14));
}

#[test]
fn a_password_that_must_be_changed_signs_in_and_says_so() {
    let conn = directory();
    set_policy(&conn, "conditionalAccess", json!({}));
    let user = person(&conn, "bas");
    secrets::set_password(&conn, &user, "Temporary-1-Word", true).unwrap();
    let given = Attempt {
        password: Some("Temporary-1-Word".into()),
        ..attempt(&conn, "bas")
    };
    assert_eq!(
        try_it(&conn, &given),
        "signed_in (password_change_required) +session"
    );
    assert!(line(&sign_in(&conn, "bas", &[])).starts_with("refused"));
}
