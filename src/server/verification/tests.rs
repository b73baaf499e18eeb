use super::super::evaluate::authenticator;
use super::*;
use crate::server::clock::{self, MINUTE, Move, shift};
use crate::server::evaluate::fixture::{add, directory, last_code, line, load, set_policy, sign_in};
use rusqlite::Connection;
use serde_json::json;

fn pending(conn: &Connection, kind: MethodKind, number: &str) {
    add(conn, "adele", kind, number);
    conn.execute(
        "UPDATE methods SET state = 'pending' WHERE kind = ?1",
        [kind.as_str()],
    )
    .unwrap();
}

fn verdict(conn: &Connection, method: &str, code: &str) -> Verdict {
    answer(conn, &load(conn, "adele"), method, code).unwrap()
}

#[test]
fn a_number_does_not_count_until_its_code_is_typed() {
    let conn = directory();
    pending(&conn, MethodKind::PhoneMobile, "+31 612345678");
    let adele = load(&conn, "adele");
    assert_eq!(
        verdict(&conn, "phone:mobile", "123456"),
        Verdict::Expired,
        "nothing was sent"
    );
    let sent = send(&conn, &adele, "phone:mobile").unwrap();
    assert_eq!((sent.channel, sent.to.as_str()), (Channel::Sms, "+31 612345678"));
    let (code, to, text) = last_code(&conn);
    assert_eq!(to, "+31 612345678");
    assert!(text.contains(&code) && code.len() == 6);
    assert!(!line(&sign_in(&conn, "adele", &[])).contains("sms"));
    assert_eq!(verdict(&conn, "phone:mobile", &code), Verdict::Accepted);
    assert_eq!(
        line(&sign_in(&conn, "adele", &[])),
        "verification_required [sms call]"
    );
    let again = send(&conn, &adele, "phone:mobile").unwrap_err();
    assert_eq!(
        (again.status().as_u16(), again.code()),
        (409, "verificationNotPending")
    );
}

#[test]
fn a_call_is_confirmed_with_the_pound_key_or_without() {
    let conn = directory();
    pending(&conn, MethodKind::PhoneMobile, "+31 612345678");
    pending(&conn, MethodKind::PhoneOffice, "+1 4255550100x12");
    let adele = load(&conn, "adele");
    set_channel(&conn, &adele, "phone:mobile", "call").unwrap();
    for (method, end) in [("phone:mobile", "#"), ("phone:office", "")] {
        assert_eq!(send(&conn, &adele, method).unwrap().channel, Channel::Call);
        let (code, _, text) = last_code(&conn);
        assert_eq!(
            text,
            format!("Your code is {code}. Type it and press the pound key.")
        );
        assert_eq!(verdict(&conn, method, &format!("{code}{end}")), Verdict::Accepted);
    }
}

#[test]
fn a_text_goes_to_mobile_numbers_that_policy_allows() {
    let conn = directory();
    pending(&conn, MethodKind::PhoneMobile, "+31 612345678");
    pending(&conn, MethodKind::PhoneOffice, "+1 4255550100");
    pending(&conn, MethodKind::Totp, "");
    let adele = load(&conn, "adele");
    let refused = |method: &str, channel: &str| {
        set_channel(&conn, &adele, method, channel)
            .err()
            .map(|error| error.status().as_u16())
    };
    assert_eq!(refused("phone:office", "sms"), Some(400));
    assert_eq!(refused("totp", "sms"), Some(400));
    assert_eq!(refused("phone:mobile", "pigeon"), Some(400));
    assert_eq!(refused("phone:alternate", "call"), Some(404));
    assert_eq!(refused("phone:mobile", "sms"), None);
    set_policy(&conn, "Sms", json!({"state": "disabled"}));
    assert_eq!(refused("phone:mobile", "sms"), Some(403));
}

#[test]
fn a_replacement_is_verified_before_it_takes_the_place_of_the_old_number() {
    let conn = directory();
    add(&conn, "adele", MethodKind::PhoneMobile, "+1 4255550100");
    conn.execute("UPDATE methods SET pending_value = '+1 4255550199'", [])
        .unwrap();
    let adele = load(&conn, "adele");
    let waiting = list(&conn, &adele).unwrap();
    assert_eq!(
        (waiting[0].state.as_str(), waiting[0].pending.as_deref()),
        ("ready", Some("+1 4255550199"))
    );
    send(&conn, &adele, "phone:mobile").unwrap();
    let (code, to, _) = last_code(&conn);
    assert_eq!(to, "+1 4255550199");
    sign_in(&conn, "adele", &["sms:"]);
    assert_eq!(
        last_code(&conn).1,
        "+1 4255550100",
        "the old number counts until then"
    );
    assert_eq!(verdict(&conn, "phone:mobile", &code), Verdict::Accepted);
    sign_in(&conn, "adele", &["sms:"]);
    assert_eq!(last_code(&conn).1, "+1 4255550199");
    assert!(list(&conn, &adele).unwrap().is_empty());
}

#[test]
fn the_fifth_wrong_code_is_one_too_many_and_a_new_one_helps() {
    let conn = directory();
    pending(&conn, MethodKind::PhoneMobile, "+31 612345678");
    let adele = load(&conn, "adele");
    send(&conn, &adele, "phone:mobile").unwrap();
    let code = last_code(&conn).0;
    for left in [4, 3, 2, 1] {
        assert_eq!(verdict(&conn, "phone:mobile", "nope"), Verdict::Wrong(left));
    }
    assert_eq!(verdict(&conn, "phone:mobile", "nope"), Verdict::TooMany);
    assert_eq!(verdict(&conn, "phone:mobile", &code), Verdict::TooMany);
    send(&conn, &adele, "phone:mobile").unwrap();
    assert_eq!(
        verdict(&conn, "phone:mobile", &last_code(&conn).0),
        Verdict::Accepted
    );
}

#[test]
fn a_code_expires_after_ten_minutes_on_the_services_clock() {
    let conn = directory();
    pending(&conn, MethodKind::PhoneMobile, "+31 612345678");
    send(&conn, &load(&conn, "adele"), "phone:mobile").unwrap();
    let code = last_code(&conn).0;
    shift(&conn, Move::Advance(10 * MINUTE)).unwrap();
    assert_eq!(verdict(&conn, "phone:mobile", &code), Verdict::Expired);
}

#[test]
fn an_app_counts_from_its_first_code_and_that_code_is_spent() {
    let conn = directory();
    let adele = load(&conn, "adele");
    let enrolled = authenticator::enrol(&conn, &adele, None).unwrap();
    assert_eq!(enrolled.name, "Authenticator");
    assert_eq!(
        enrolled.otpauth_uri,
        format!(
            "otpauth://totp/Contoso:adele%40contoso.example?secret={}&issuer=Contoso",
            enrolled.secret
        )
    );
    let code = code_of(&conn, &enrolled.secret);
    assert!(!line(&sign_in(&conn, "adele", &[])).contains("totp"));
    let sent = send(&conn, &adele, &enrolled.id).unwrap();
    assert_eq!((sent.channel, sent.to.as_str()), (Channel::App, "Authenticator"));
    assert_eq!(verdict(&conn, &enrolled.id, "000"), Verdict::Wrong(4));
    assert_eq!(verdict(&conn, &enrolled.id, &code), Verdict::Accepted);
    let replay = sign_in(&conn, "adele", &[&format!("totp:{code}")]);
    assert_eq!(
        line(&replay),
        "refused (the code was used before; wait for the next one) [totp]"
    );
}

#[test]
fn an_apps_wrong_codes_are_counted_though_nothing_was_sent() {
    let conn = directory();
    let enrolled = authenticator::enrol(&conn, &load(&conn, "adele"), Some("Pixel")).unwrap();
    for _ in 0..4 {
        assert!(matches!(verdict(&conn, &enrolled.id, "000"), Verdict::Wrong(_)));
    }
    assert_eq!(verdict(&conn, &enrolled.id, "000"), Verdict::TooMany);
    assert_eq!(
        verdict(&conn, &enrolled.id, &code_of(&conn, &enrolled.secret)),
        Verdict::TooMany
    );
}

#[test]
fn a_sixth_app_and_one_that_policy_forbids_are_refused() {
    let conn = directory();
    let adele = load(&conn, "adele");
    for _ in 0..5 {
        authenticator::enrol(&conn, &adele, None).unwrap();
    }
    assert_eq!(
        authenticator::enrol(&conn, &adele, None)
            .err()
            .unwrap()
            .status()
            .as_u16(),
        400
    );
    set_policy(&conn, "SoftwareOath", json!({"state": "disabled"}));
    let refused = authenticator::enrol(&conn, &load(&conn, "bas"), None)
        .err()
        .unwrap();
    assert_eq!(
        (refused.status().as_u16(), refused.code()),
        (403, "policyRefused")
    );
}

#[test]
fn a_method_that_counts_ends_the_demand_for_registration() {
    let conn = directory();
    pending(&conn, MethodKind::PhoneMobile, "+31 612345678");
    conn.execute(
        "UPDATE users SET registration_required = 1, mfa_state = 'enabled', grace_from = 1",
        [],
    )
    .unwrap();
    assert_eq!(
        registration::state(&conn, &load(&conn, "adele")).unwrap().state,
        "partial"
    );
    send(&conn, &load(&conn, "adele"), "phone:mobile").unwrap();
    verdict(&conn, "phone:mobile", &last_code(&conn).0);
    let adele = load(&conn, "adele");
    assert_eq!(
        (
            adele.registration_required,
            adele.grace_from,
            adele.mfa_state.as_str()
        ),
        (false, None, "enforced")
    );
    assert_eq!(registration::state(&conn, &adele).unwrap().state, "complete");
}

fn code_of(conn: &Connection, secret: &str) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
    authenticator::shown(secret.as_bytes(), clock::now_ms(conn).unwrap())
}
