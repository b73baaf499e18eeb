use super::*;
use crate::domain::MethodKind;
use crate::server::clock::{DAY, MINUTE, Move, shift};
use crate::server::evaluate::fixture::{
    add, app_code, attempt, directory, factors, line, load, person, set_policy, sign_in, try_it,
};
use crate::server::evaluate::sign_in::{Attempt, evaluate};
use serde_json::json;

#[test]
fn a_remembered_device_is_not_asked_until_its_days_are_over() {
    let conn = directory();
    add(&conn, "adele", MethodKind::Totp, "");
    let given = factors(&[&format!("totp:{}", app_code(&conn, "adele"))]);
    let answer = evaluate(
        &conn,
        &Attempt {
            factors: given,
            remember: true,
            ..attempt(&conn, "adele")
        },
    )
    .unwrap();
    assert_eq!(line(&answer), "signed_in +session +device");
    let from_it = Attempt {
        device_token: answer.device_token,
        ..attempt(&conn, "adele")
    };
    assert_eq!(try_it(&conn, &from_it), "signed_in +session");
    shift(&conn, Move::Advance(14 * DAY - MINUTE)).unwrap();
    assert_eq!(try_it(&conn, &from_it), "signed_in +session");
    shift(&conn, Move::Advance(2 * MINUTE)).unwrap();
    assert_eq!(
        try_it(&conn, &from_it),
        "verification_required (the device is not remembered) [totp]"
    );
    assert!(remembered(&conn, &load(&conn, "adele")).unwrap().is_empty());
}

#[test]
fn a_forgotten_device_asks_again_and_so_does_every_one_after_a_sign_out() {
    let conn = directory();
    add(&conn, "adele", MethodKind::Totp, "");
    let user = person(&conn, "adele");
    let now = clock::now_ms(&conn).unwrap();
    let remember = |id: &str, n: i64| {
        conn.execute(
            "INSERT INTO remembered_devices (user_id, id, name, seed_n, created_at) VALUES (?1, ?2, ?2, ?3, ?4)",
            rusqlite::params![user, id, n, now - DAY],
        )
        .unwrap();
        Attempt {
            device_token: Some(Seed::load(&conn).unwrap().remembered_token(&user, n)),
            ..attempt(&conn, "adele")
        }
    };
    let (laptop, tablet) = (remember("laptop", 1), remember("tablet", 2));
    assert_eq!(try_it(&conn, &laptop), "signed_in +session");
    assert!(forget(&conn, &load(&conn, "adele"), "laptop").unwrap());
    assert!(!forget(&conn, &load(&conn, "adele"), "laptop").unwrap());
    assert!(try_it(&conn, &laptop).starts_with("verification_required"));
    assert_eq!(try_it(&conn, &tablet), "signed_in +session");
    conn.execute("UPDATE users SET sessions_valid_from = ?1", [now])
        .unwrap();
    assert!(try_it(&conn, &tablet).starts_with("verification_required"));
    assert_eq!(forget_all(&conn, &load(&conn, "adele")).unwrap(), 0);
}

#[test]
fn no_device_is_remembered_where_policy_forbids_it() {
    let conn = directory();
    add(&conn, "adele", MethodKind::Totp, "");
    set_policy(&conn, "rememberedDevices", json!({"allowed": false, "days": 14}));
    let given = factors(&[&format!("totp:{}", app_code(&conn, "adele"))]);
    let answer = evaluate(
        &conn,
        &Attempt {
            factors: given,
            remember: true,
            ..attempt(&conn, "adele")
        },
    )
    .unwrap();
    assert_eq!(
        line(&answer),
        "signed_in (policy does not let devices be remembered) +session"
    );
}

#[test]
fn a_session_lives_until_a_sign_out() {
    let conn = directory();
    add(&conn, "adele", MethodKind::Totp, "");
    let answer = sign_in(&conn, "adele", &[&format!("totp:{}", app_code(&conn, "adele"))]);
    let by_session = Attempt {
        user: "adele@contoso.example".into(),
        session_token: answer.session_token,
        ..Attempt::default()
    };
    assert_eq!(try_it(&conn, &by_session), "signed_in +session");
    let other = Attempt {
        user: "bas@contoso.example".into(),
        ..by_session.clone()
    };
    assert!(try_it(&conn, &other).starts_with("verification_required"));
    let later = clock::now_ms(&conn).unwrap() + 1;
    conn.execute("UPDATE users SET sessions_valid_from = ?1", [later])
        .unwrap();
    assert_eq!(
        try_it(&conn, &by_session),
        "verification_required (the session has ended) [totp]"
    );
    assert!(sessions(&conn, &load(&conn, "adele")).unwrap().is_empty());
}

#[test]
fn a_session_ends_with_the_account_and_with_the_password() {
    let conn = directory();
    set_policy(&conn, "conditionalAccess", json!({}));
    let open = |conn: &Connection| Attempt {
        user: "adele@contoso.example".into(),
        session_token: sign_in(conn, "adele", &[]).session_token,
        ..Attempt::default()
    };
    let by_session = open(&conn);
    assert!(try_it(&conn, &by_session).starts_with("signed_in"));
    conn.execute("UPDATE users SET enabled = 0", []).unwrap();
    assert!(try_it(&conn, &by_session).starts_with("verification_required"));
    conn.execute("UPDATE users SET enabled = 1", []).unwrap();
    secrets::set_password(&conn, &person(&conn, "adele"), "Another-1-Password", false).unwrap();
    assert!(try_it(&conn, &by_session).starts_with("verification_required"));
}
