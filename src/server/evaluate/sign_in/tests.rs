use super::*;
use crate::domain::MethodKind;
use crate::server::clock::{DAY, Move, shift};
use crate::server::evaluate::fixture::{
    add, add_pass, app_code, attempt, directory, factors, last_code, line, load, person, set_policy, sign_in,
};
use serde_json::json;

fn try_it(conn: &Connection, attempt: &Attempt) -> String {
    line(&evaluate(conn, attempt).unwrap())
}

#[test]
fn an_unknown_person_and_a_wrong_password_are_told_the_same() {
    let conn = directory();
    let wrong = Attempt { password: Some("no".into()), ..attempt(&conn, "adele") };
    let unknown = Attempt { user: "nobody@contoso.example".into(), ..wrong.clone() };
    assert_eq!(try_it(&conn, &wrong), "refused (the sign-in name or the password is wrong)");
    assert_eq!(try_it(&conn, &unknown), try_it(&conn, &wrong));
    let none = Attempt { password: None, ..attempt(&conn, "adele") };
    assert_eq!(try_it(&conn, &none), "refused (the password is missing)");
}

#[test]
fn ten_wrong_passwords_lock_the_account_for_ten_minutes() {
    let conn = directory();
    add(&conn, "adele", MethodKind::Totp, "");
    let wrong = Attempt { password: Some("no".into()), ..attempt(&conn, "adele") };
    for _ in 0..9 {
        try_it(&conn, &wrong);
    }
    assert_eq!(try_it(&conn, &attempt(&conn, "adele")), "verification_required [totp]");
    try_it(&conn, &wrong);
    assert_eq!(
        try_it(&conn, &attempt(&conn, "adele")),
        "refused (the account is locked after too many wrong tries; try again in 10 min)"
    );
    shift(&conn, Move::Advance(10 * MINUTE)).unwrap();
    assert_eq!(try_it(&conn, &attempt(&conn, "adele")), "verification_required [totp]");
}

#[test]
fn a_disabled_account_is_refused_only_after_the_right_password() {
    let conn = directory();
    conn.execute("UPDATE users SET enabled = 0", []).unwrap();
    assert_eq!(line(&sign_in(&conn, "adele", &[])), "refused (the account is disabled)");
    let wrong = Attempt { password: Some("no".into()), ..attempt(&conn, "adele") };
    assert_eq!(try_it(&conn, &wrong), "refused (the sign-in name or the password is wrong)");
}

#[test]
fn a_generated_code_signs_in_once() {
    let conn = directory();
    add(&conn, "adele", MethodKind::Totp, "");
    let code = format!("totp:{}", app_code(&conn, "adele"));
    assert_eq!(line(&sign_in(&conn, "adele", &[&code])), "signed_in +session");
    assert_eq!(
        line(&sign_in(&conn, "adele", &[&code])),
        "refused (the code was used before; wait for the next one) [totp]"
    );
    assert_eq!(line(&sign_in(&conn, "adele", &["totp:12345x"])), "refused (the code is wrong) [totp]");
    shift(&conn, Move::Advance(2 * MINUTE)).unwrap();
    assert_eq!(line(&sign_in(&conn, "adele", &[&code])), "refused (the code is wrong) [totp]");
}

#[test]
fn a_clock_moved_back_does_not_shut_an_app_out() {
    let conn = directory();
    add(&conn, "adele", MethodKind::Totp, "");
    shift(&conn, Move::Advance(30 * DAY)).unwrap();
    let code = format!("totp:{}", app_code(&conn, "adele"));
    assert_eq!(line(&sign_in(&conn, "adele", &[&code])), "signed_in +session");
    shift(&conn, Move::Reset).unwrap();
    let code = format!("totp:{}", app_code(&conn, "adele"));
    assert_eq!(line(&sign_in(&conn, "adele", &[&code])), "signed_in +session");
}

#[test]
fn factors_are_listed_with_the_default_first_and_email_never() {
    let conn = directory();
    add(&conn, "adele", MethodKind::Authenticator, "");
    add(&conn, "adele", MethodKind::PhoneMobile, "+1 4255550100");
    add(&conn, "adele", MethodKind::Email, "adele@fabrikam.example");
    assert_eq!(line(&sign_in(&conn, "adele", &[])), "verification_required [approve sms call]");
    conn.execute("UPDATE users SET preferred = 'voiceMobile'", []).unwrap();
    assert_eq!(line(&sign_in(&conn, "adele", &[])), "verification_required [call approve sms]");
    conn.execute("UPDATE users SET system_preferred = 1", []).unwrap();
    assert_eq!(line(&sign_in(&conn, "adele", &[])), "verification_required [approve sms call]");
    assert_eq!(
        line(&sign_in(&conn, "adele", &["email:"])),
        "refused (email serves password reset only, never a sign-in) [approve sms call]"
    );
    set_policy(&conn, "Sms", json!({"state": "disabled"}));
    assert_eq!(line(&sign_in(&conn, "adele", &[])), "verification_required [approve call]");
}

#[test]
fn a_text_and_a_call_reach_the_number_and_each_takes_its_own_code() {
    let conn = directory();
    add(&conn, "adele", MethodKind::PhoneMobile, "+1 4255550199");
    assert_eq!(
        line(&sign_in(&conn, "adele", &["sms:"])),
        "verification_required (a code went out by sms to +1 4255550199) [sms call]"
    );
    let (code, to, text) = last_code(&conn);
    assert_eq!((code.len(), to.as_str()), (6, "+1 4255550199"));
    assert!(text.contains(&code));
    assert!(line(&sign_in(&conn, "adele", &[&format!("call:{code}")])).starts_with("refused"));
    assert_eq!(line(&sign_in(&conn, "adele", &[&format!("sms:{code}")])), "signed_in +session");
    assert!(line(&sign_in(&conn, "adele", &[&format!("sms:{code}")])).starts_with("refused"));
    sign_in(&conn, "adele", &["call:"]);
    let (code, _, text) = last_code(&conn);
    assert_eq!(text, format!("Your code is {code}. Type it and press the pound key."));
    assert_eq!(line(&sign_in(&conn, "adele", &[&format!("call:{code}#")])), "signed_in +session");
}

#[test]
fn a_call_goes_to_the_default_phone_and_a_named_one_when_asked() {
    let conn = directory();
    add(&conn, "adele", MethodKind::PhoneAlternate, "+1 4255550102");
    add(&conn, "adele", MethodKind::PhoneOffice, "+1 4255550103x12");
    add(&conn, "adele", MethodKind::PhoneMobile, "+1 4255550101");
    let reached = |given: &str| {
        sign_in(&conn, "adele", &[given]);
        last_code(&conn).1
    };
    assert_eq!(reached("call:"), "+1 4255550101");
    assert_eq!(reached("call-alternate:"), "+1 4255550102");
    conn.execute("UPDATE users SET preferred = 'voiceOffice'", []).unwrap();
    assert_eq!(reached("call:"), "+1 4255550103x12");
    let code = last_code(&conn).0;
    assert_eq!(line(&sign_in(&conn, "adele", &[&format!("call:{code}")])), "signed_in +session");
}

#[test]
fn a_code_for_the_old_number_is_none_for_the_new_one() {
    let conn = directory();
    add(&conn, "adele", MethodKind::PhoneMobile, "+1 4255550100");
    sign_in(&conn, "adele", &["sms:"]);
    let code = last_code(&conn).0;
    conn.execute("UPDATE methods SET value = '+1 4255550199'", []).unwrap();
    assert!(line(&sign_in(&conn, "adele", &[&format!("sms:{code}")])).starts_with("refused"));
}

#[test]
fn five_wrong_codes_spend_the_code_that_is_out() {
    let conn = directory();
    add(&conn, "adele", MethodKind::PhoneMobile, "+1 4255550100");
    sign_in(&conn, "adele", &["sms:"]);
    let code = last_code(&conn).0;
    let wrong = if code == "000000" { "sms:000001" } else { "sms:000000" };
    for _ in 0..4 {
        assert_eq!(line(&sign_in(&conn, "adele", &[wrong])), "refused (the code is wrong) [sms call]");
    }
    let too_many = "refused (too many wrong codes; ask for another one) [sms call]";
    assert_eq!(line(&sign_in(&conn, "adele", &[wrong])), too_many);
    assert_eq!(line(&sign_in(&conn, "adele", &[&format!("sms:{code}")])), too_many);
}

#[test]
fn a_code_lives_ten_minutes() {
    let conn = directory();
    add(&conn, "adele", MethodKind::PhoneMobile, "+1 4255550100");
    sign_in(&conn, "adele", &["sms:"]);
    let code = last_code(&conn).0;
    shift(&conn, Move::Advance(10 * MINUTE)).unwrap();
    assert!(line(&sign_in(&conn, "adele", &[&format!("sms:{code}")])).contains("has expired"));
}

#[test]
fn a_removed_authenticator_no_longer_approves() {
    let conn = directory();
    add(&conn, "adele", MethodKind::Authenticator, "Old phone");
    add(&conn, "adele", MethodKind::PhoneMobile, "+1 4255550100");
    sign_in(&conn, "adele", &["approve:"]);
    let (code, to, _) = last_code(&conn);
    assert_eq!(to, "Old phone");
    let number = format!("approve:{code}");
    assert_eq!(line(&sign_in(&conn, "adele", &[&number])), "signed_in +session");
    sign_in(&conn, "adele", &["approve:"]);
    let number = format!("approve:{}", last_code(&conn).0);
    conn.execute("DELETE FROM methods WHERE kind = 'authenticator'", []).unwrap();
    assert_eq!(
        line(&sign_in(&conn, "adele", &[&number])),
        "refused (approve is no factor of this person) [sms call]"
    );
}

#[test]
fn a_pending_method_is_no_factor() {
    let conn = directory();
    add(&conn, "adele", MethodKind::PhoneMobile, "+1 4255550100");
    add(&conn, "adele", MethodKind::Totp, "");
    conn.execute("UPDATE methods SET state = 'pending' WHERE kind = 'phone:mobile'", []).unwrap();
    assert_eq!(line(&sign_in(&conn, "adele", &[])), "verification_required [totp]");
    assert!(line(&sign_in(&conn, "adele", &["sms:"])).starts_with("refused"));
}

#[test]
fn a_remembered_device_is_not_asked_until_its_days_are_over() {
    let conn = directory();
    add(&conn, "adele", MethodKind::Totp, "");
    let given = factors(&[&format!("totp:{}", app_code(&conn, "adele"))]);
    let answer =
        evaluate(&conn, &Attempt { factors: given, remember: true, ..attempt(&conn, "adele") }).unwrap();
    assert_eq!(line(&answer), "signed_in +session +device");
    let from_it = Attempt { device_token: answer.device_token, ..attempt(&conn, "adele") };
    assert_eq!(try_it(&conn, &from_it), "signed_in +session");
    shift(&conn, Move::Advance(14 * DAY - MINUTE)).unwrap();
    assert_eq!(try_it(&conn, &from_it), "signed_in +session");
    shift(&conn, Move::Advance(2 * MINUTE)).unwrap();
    assert_eq!(try_it(&conn, &from_it), "verification_required (the device is not remembered) [totp]");
    assert!(device::remembered(&conn, &load(&conn, "adele")).unwrap().is_empty());
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
        Attempt { device_token: Some(Seed::load(&conn).unwrap().remembered_token(&user, n)), ..attempt(&conn, "adele") }
    };
    let (laptop, tablet) = (remember("laptop", 1), remember("tablet", 2));
    assert_eq!(try_it(&conn, &laptop), "signed_in +session");
    assert!(device::forget(&conn, &load(&conn, "adele"), "laptop").unwrap());
    assert!(!device::forget(&conn, &load(&conn, "adele"), "laptop").unwrap());
    assert!(try_it(&conn, &laptop).starts_with("verification_required"));
    assert_eq!(try_it(&conn, &tablet), "signed_in +session");
    conn.execute("UPDATE users SET sessions_valid_from = ?1", [now]).unwrap();
    assert!(try_it(&conn, &tablet).starts_with("verification_required"));
    assert_eq!(device::forget_all(&conn, &load(&conn, "adele")).unwrap(), 0);
}

#[test]
fn no_device_is_remembered_where_policy_forbids_it() {
    let conn = directory();
    add(&conn, "adele", MethodKind::Totp, "");
    set_policy(&conn, "rememberedDevices", json!({"allowed": false, "days": 14}));
    let given = factors(&[&format!("totp:{}", app_code(&conn, "adele"))]);
    let answer =
        evaluate(&conn, &Attempt { factors: given, remember: true, ..attempt(&conn, "adele") }).unwrap();
    assert_eq!(line(&answer), "signed_in (policy does not let devices be remembered) +session");
}

#[test]
fn a_session_lives_until_a_sign_out() {
    let conn = directory();
    add(&conn, "adele", MethodKind::Totp, "");
    let answer = sign_in(&conn, "adele", &[&format!("totp:{}", app_code(&conn, "adele"))]);
    let by_session =
        Attempt { user: "adele@contoso.example".into(), session_token: answer.session_token, ..Attempt::default() };
    assert_eq!(try_it(&conn, &by_session), "signed_in +session");
    let other = Attempt { user: "bas@contoso.example".into(), ..by_session.clone() };
    assert!(try_it(&conn, &other).starts_with("verification_required"));
    let later = clock::now_ms(&conn).unwrap() + 1;
    conn.execute("UPDATE users SET sessions_valid_from = ?1", [later]).unwrap();
    assert_eq!(try_it(&conn, &by_session), "verification_required (the session has ended) [totp]");
    assert!(device::sessions(&conn, &load(&conn, "adele")).unwrap().is_empty());
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
    let as_password = Attempt { password: Some(password.clone()), ..attempt(&conn, "adele") };
    assert!(try_it(&conn, &as_password).starts_with("refused"));
    set_policy(&conn, "appPasswords", json!({"allowed": false}));
    assert_eq!(try_it(&conn, &mail(&password)), "refused (policy does not allow app passwords)");
    set_policy(&conn, "appPasswords", json!({"allowed": true}));
    conn.execute("DELETE FROM app_passwords", []).unwrap();
    assert_eq!(try_it(&conn, &mail(&password)), "refused (the app password is wrong)");
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
    assert_eq!(try_it(&conn, &by_pass("wrong")), "refused (the temporary access pass is wrong)");
    assert_eq!(try_it(&conn, &by_pass("Pass2345")), "signed_in +session");
    assert_eq!(try_it(&conn, &by_pass("Pass2345")), "refused (the temporary access pass works once and was used)");
    conn.execute("UPDATE methods SET once = 0", []).unwrap();
    assert_eq!(try_it(&conn, &by_pass("Pass2345")), "signed_in +session");
    assert_eq!(try_it(&conn, &by_pass("Pass2345")), "signed_in +session");
    shift(&conn, Move::Advance(60 * MINUTE)).unwrap();
    assert_eq!(try_it(&conn, &by_pass("Pass2345")), "refused (the temporary access pass has expired)");
}

#[test]
fn a_pass_waits_for_its_start_and_for_policy() {
    let conn = directory();
    add_pass(&conn, "bas", "Pass2345", false);
    conn.execute("UPDATE methods SET starts_at = starts_at + 600000", []).unwrap();
    assert_eq!(try_it(&conn, &by_pass("Pass2345")), "refused (the temporary access pass does not work yet)");
    shift(&conn, Move::Advance(600_000)).unwrap();
    set_policy(&conn, "TemporaryAccessPass", json!({"state": "enabled", "includeTargets": []}));
    assert_eq!(
        try_it(&conn, &by_pass("Pass2345")),
        "refused (the temporary access pass is not allowed by the policy TemporaryAccessPass: it does not include this person)"
    );
}

#[test]
fn a_pass_stands_for_the_password_but_not_beside_a_wrong_one() {
    let conn = directory();
    add_pass(&conn, "bas", "Pass2345", false);
    let wrong = Attempt { password: Some("no".into()), ..by_pass("Pass2345") };
    assert!(try_it(&conn, &wrong).starts_with("refused"));
    assert_eq!(line(&sign_in(&conn, "bas", &["pass:Pass2345"])), "signed_in +session");
}

#[test]
fn nothing_registered_is_let_in_for_the_days_of_grace_and_then_asked_to_register() {
    let conn = directory();
    let days = |answer: Answer| (answer.result, answer.grace_days_left);
    assert_eq!(days(sign_in(&conn, "bas", &[])), (Verdict::SignedIn, Some(14)));
    shift(&conn, Move::Advance(13 * DAY + MINUTE)).unwrap();
    assert_eq!(days(sign_in(&conn, "bas", &[])), (Verdict::SignedIn, Some(1)));
    shift(&conn, Move::Advance(DAY)).unwrap();
    assert_eq!(days(sign_in(&conn, "bas", &[])), (Verdict::RegistrationRequired, None));
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
    assert_eq!(state, registration::Registration { state: "none", required: true, grace_until: None });
}

#[test]
fn nobody_is_asked_to_register_where_no_second_factor_is_demanded() {
    let conn = directory();
    set_policy(&conn, "conditionalAccess", json!({}));
    assert_eq!(line(&sign_in(&conn, "bas", &[])), "signed_in +session");
    conn.execute("UPDATE users SET mfa_state = 'enforced'", []).unwrap();
    assert_eq!(sign_in(&conn, "bas", &[]).grace_days_left, Some(14));
}

#[test]
fn a_password_that_must_be_changed_signs_in_and_says_so() {
    let conn = directory();
    set_policy(&conn, "conditionalAccess", json!({}));
    let user = person(&conn, "bas");
    secrets::set_password(&conn, &user, "Temporary-1-Word", true).unwrap();
    let given = Attempt { password: Some("Temporary-1-Word".into()), ..attempt(&conn, "bas") };
    assert_eq!(try_it(&conn, &given), "signed_in (password_change_required) +session");
    assert!(line(&sign_in(&conn, "bas", &[])).starts_with("refused"));
}

#[test]
fn a_passkey_alone_is_a_method_that_this_service_cannot_check() {
    let conn = directory();
    add(&conn, "bas", MethodKind::Passkey, "");
    assert_eq!(line(&sign_in(&conn, "bas", &[])), "verification_required [passkey]");
    assert_eq!(
        line(&sign_in(&conn, "bas", &["passkey:1"])),
        "refused (this service cannot check a passkey) [passkey]"
    );
}
