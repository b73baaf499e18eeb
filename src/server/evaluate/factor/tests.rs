use crate::domain::MethodKind;
use crate::server::clock::{DAY, MINUTE, Move, shift};
use crate::server::evaluate::fixture::{add, app_code, directory, last_code, line, set_policy, sign_in};
use serde_json::json;

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
    assert_eq!(
        line(&sign_in(&conn, "adele", &["totp:12345x"])),
        "refused (the code is wrong) [totp]"
    );
    shift(&conn, Move::Advance(2 * MINUTE)).unwrap();
    assert_eq!(
        line(&sign_in(&conn, "adele", &[&code])),
        "refused (the code is wrong) [totp]"
    );
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
    assert_eq!(
        line(&sign_in(&conn, "adele", &[])),
        "verification_required [approve sms call]"
    );
    conn.execute("UPDATE users SET preferred = 'voiceMobile'", [])
        .unwrap();
    assert_eq!(
        line(&sign_in(&conn, "adele", &[])),
        "verification_required [call approve sms]"
    );
    conn.execute("UPDATE users SET system_preferred = 1", []).unwrap();
    assert_eq!(
        line(&sign_in(&conn, "adele", &[])),
        "verification_required [approve sms call]"
    );
    assert_eq!(
        line(&sign_in(&conn, "adele", &["email:"])),
        "refused (email serves password reset only, never a sign-in) [approve sms call]"
    );
    set_policy(&conn, "Sms", json!({"state": "disabled"}));
    assert_eq!(
        line(&sign_in(&conn, "adele", &[])),
        "verification_required [approve call]"
    );
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
    assert_eq!(
        line(&sign_in(&conn, "adele", &[&format!("sms:{code}")])),
        "signed_in +session"
    );
    assert!(line(&sign_in(&conn, "adele", &[&format!("sms:{code}")])).starts_with("refused"));
    sign_in(&conn, "adele", &["call:"]);
    let (code, _, text) = last_code(&conn);
    assert_eq!(
        text,
        format!("Your code is {code}. Type it and press the pound key.")
    );
    assert_eq!(
        line(&sign_in(&conn, "adele", &[&format!("call:{code}#")])),
        "signed_in +session"
    );
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
    conn.execute("UPDATE users SET preferred = 'voiceOffice'", [])
        .unwrap();
    assert_eq!(reached("call:"), "+1 4255550103x12");
    let code = last_code(&conn).0;
    assert_eq!(
        line(&sign_in(&conn, "adele", &[&format!("call:{code}")])),
        "signed_in +session"
    );
}

#[test]
fn a_code_for_the_old_number_is_none_for_the_new_one() {
    let conn = directory();
    add(&conn, "adele", MethodKind::PhoneMobile, "+1 4255550100");
    sign_in(&conn, "adele", &["sms:"]);
    let code = last_code(&conn).0;
    conn.execute("UPDATE methods SET value = '+1 4255550199'", [])
        .unwrap();
    assert!(line(&sign_in(&conn, "adele", &[&format!("sms:{code}")])).starts_with("refused"));
}

#[test]
fn five_wrong_codes_spend_the_code_that_is_out() {
    let conn = directory();
    add(&conn, "adele", MethodKind::PhoneMobile, "+1 4255550100");
    sign_in(&conn, "adele", &["sms:"]);
    let code = last_code(&conn).0;
    let wrong = if code == "000000" {
        "sms:000001"
    } else {
        "sms:000000"
    };
    for _ in 0..4 {
        assert_eq!(
            line(&sign_in(&conn, "adele", &[wrong])),
            "refused (the code is wrong) [sms call]"
        );
    }
    let too_many = "refused (too many wrong codes; ask for another one) [sms call]";
    assert_eq!(line(&sign_in(&conn, "adele", &[wrong])), too_many);
    assert_eq!(
        line(&sign_in(&conn, "adele", &[&format!("sms:{code}")])),
        too_many
    );
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
    conn.execute("DELETE FROM methods WHERE kind = 'authenticator'", [])
        .unwrap();
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
    conn.execute(
        "UPDATE methods SET state = 'pending' WHERE kind = 'phone:mobile'",
        [],
    )
    .unwrap();
    assert_eq!(
        line(&sign_in(&conn, "adele", &[])),
        "verification_required [totp]"
    );
    assert!(line(&sign_in(&conn, "adele", &["sms:"])).starts_with("refused"));
}

#[test]
fn a_passkey_alone_is_a_method_that_this_service_cannot_check() {
    let conn = directory();
    add(&conn, "bas", MethodKind::Passkey, "");
    assert_eq!(
        line(&sign_in(&conn, "bas", &[])),
        "verification_required [passkey]"
    );
    assert_eq!(
        line(&sign_in(&conn, "bas", &["passkey:1"])),
        "refused (this service cannot check a passkey) [passkey]"
    );
}
