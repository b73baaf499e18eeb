use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::domain::{Answer, Capability, Clock as _, DeviceKind, ErrorCode, MethodPolicy, PolicyUse};
use crate::jobs::fake::{Fake, Still, adele, number, user};

fn rows(plan: &PlannedUser) -> Vec<String> {
    plan.steps
        .iter()
        .map(|row| {
            let deed = match &row.deed {
                Deed::Send(_) => "send",
                Deed::Unchanged => "unchanged",
                Deed::ByHand { .. } => "by hand",
                Deed::Skip { .. } => "left alone",
            };
            format!("{} {} {deed}", row.step, row.target)
        })
        .collect()
}

fn adeles(wish: &Wish) -> Result<PlannedUser> {
    Fake::new(vec![adele()]).plan("adele", "methods x", wish)
}

fn said(wish: &Wish) -> std::result::Result<Vec<String>, ErrorCode> {
    adeles(wish).map(|plan| rows(&plan)).map_err(|error| error.code())
}

fn one(row: &str) -> std::result::Result<Vec<String>, ErrorCode> {
    Ok(vec![row.to_owned()])
}

fn phone(text: &str, kind: MethodKind, replace: bool) -> Wish {
    Wish::AddPhone {
        number: number(text),
        kind,
        via: None,
        replace,
    }
}

fn remove(methods: &[&str], missing_ok: bool, leave_none: bool) -> Wish {
    Wish::Remove {
        methods: methods.iter().map(|method| (*method).to_owned()).collect(),
        missing_ok,
        leave_none,
    }
}

#[test]
fn adding_what_stands_is_unchanged_and_another_value_needs_replace() {
    let mobile = MethodKind::PhoneMobile;
    assert_eq!(
        said(&phone("+1 425 555 0100", mobile, false)),
        one("add phone:mobile unchanged")
    );
    assert_eq!(
        said(&phone("+1 425 555 0142", mobile, false)),
        Err(ErrorCode::AlreadySet)
    );
    assert_eq!(
        said(&phone("+1 425 555 0142", mobile, true)),
        one("change phone:mobile send")
    );
    assert_eq!(
        said(&phone("+1 425 555 0142", MethodKind::PhoneOffice, false)),
        one("add phone:office send")
    );
    let email = |address: &str, replace| Wish::AddEmail {
        address: address.into(),
        replace,
    };
    assert_eq!(
        said(&email("ADELE@home.example", false)),
        one("add email unchanged")
    );
    assert_eq!(said(&email("a@b.example", false)), Err(ErrorCode::AlreadySet));
    assert_eq!(said(&email("a@b.example", true)), one("change email send"));
}

#[test]
fn a_masked_number_is_never_taken_for_the_same() {
    let (who, mut info) = adele();
    for one in info.methods.as_mut().unwrap() {
        if one.kind == MethodKind::PhoneMobile {
            one.number = None;
            one.number_masked = Some("+1 XXXXXXX00".into());
        }
    }
    let error = Fake::new(vec![(who, info)])
        .plan(
            "adele",
            "methods add phone",
            &phone("+1 425 555 0100", MethodKind::PhoneMobile, false),
        )
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::AlreadySet);
    assert!(error.message().contains("+1 XXXXXXX00"), "{error}");
}

#[test]
fn an_alternate_number_stands_beside_a_mobile_one() {
    let bare = vec![(
        user("chidi", "Chidi"),
        SecurityInfo {
            methods: Some(vec![]),
            ..SecurityInfo::default()
        },
    )];
    let wish = phone("+1 425 555 0142", MethodKind::PhoneAlternate, false);
    let error = Fake::new(bare)
        .plan("chidi", "methods add phone", &wish)
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::ServiceRefused);
    assert_eq!(
        error.hint_text(),
        Some("mfactl -p local methods add phone chidi --number '+1 4255550142' --type mobile")
    );
}

#[test]
fn removals_need_what_they_name_and_leave_a_way_to_sign_in() {
    assert_eq!(
        said(&remove(&["authenticator"], false, false)),
        one("remove authenticator send")
    );
    assert_eq!(
        said(&remove(&["passkey"], false, false)),
        Err(ErrorCode::MethodNotFound)
    );
    assert_eq!(
        said(&remove(&["passkey"], true, false)),
        one("remove passkey unchanged")
    );
    assert_eq!(
        said(&remove(&["password"], true, true)),
        Err(ErrorCode::MethodNotFound)
    );
    assert_eq!(
        said(&remove(&["authenticator", "phone"], false, false)),
        Err(ErrorCode::LastMethod)
    );
    assert_eq!(said(&remove(&[], false, false)), Err(ErrorCode::LastMethod));
    assert_eq!(
        said(&remove(&[], false, true)),
        Ok([
            "remove authenticator send",
            "remove phone:alternate send",
            "remove email send",
            "remove phone:mobile send"
        ]
        .map(str::to_owned)
        .to_vec()),
        "the alternate number before the mobile one, the default last"
    );
    assert_eq!(
        said(&remove(&["phone"], false, false)),
        Ok([
            "default authenticator send",
            "remove phone:alternate send",
            "remove phone:mobile send"
        ]
        .map(str::to_owned)
        .to_vec())
    );
}

#[test]
fn a_mobile_number_beside_an_alternate_one_is_refused_before_the_default_is_changed_for_it() {
    let error = adeles(&remove(&["email", "phone:mobile"], false, false)).unwrap_err();
    assert_eq!(error.code(), ErrorCode::ServiceRefused);
    assert_eq!(
        error.message(),
        "phone:mobile of adele@contoso.example does not go as long as phone:alternate is there"
    );
    assert_eq!(
        error.hint_text(),
        Some("mfactl -p local methods x adele email phone:alternate phone:mobile")
    );
    // Not every service has that rule.
    let mut free = Fake::new(vec![adele()]);
    free.capabilities = crate::domain::Capabilities::new(free.capabilities.entries().to_vec());
    let wish = remove(&["phone:mobile"], false, false);
    assert!(free.plan("adele", "methods x", &wish).is_ok());
}

/// Nobody tells which of adele's methods is the default.
fn without_default() -> Vec<(User, SecurityInfo)> {
    let (who, mut info) = adele();
    for method in info.methods.as_mut().unwrap() {
        method.default = None;
    }
    info.unknown.push(crate::domain::UnknownPart {
        part: "default".into(),
        why: "no".into(),
        instead: "no".into(),
    });
    vec![(who, info)]
}

#[test]
fn a_default_of_which_nothing_is_told_is_warned_of_where_it_may_stay() {
    let plan = |methods: &[&str], leave_none| {
        let wish = remove(methods, false, leave_none);
        Fake::new(without_default())
            .plan("adele", "methods x", &wish)
            .unwrap()
    };
    let kept = plan(&["authenticator"], false);
    assert_eq!(rows(&kept), ["remove authenticator send"]);
    assert_eq!(
        kept.warnings,
        [
            "the service keeps authenticator where that is the default, and does not tell; make phone:mobile the default in \
          the admin centre, or let the person do it"
        ]
    );
    // Where all that could be it go, one of them is the last; and an address is never it.
    assert!(plan(&[], true).warnings.is_empty());
    assert!(plan(&["email"], false).warnings.is_empty());
}

#[test]
fn a_default_is_one_that_can_be_and_setting_it_again_changes_nothing() {
    let default = |method: &str| Wish::SetDefault {
        method: method.into(),
    };
    assert_eq!(said(&default("authenticator")), one("default authenticator send"));
    assert_eq!(
        said(&default("phone:mobile")),
        one("default phone:mobile unchanged")
    );
    assert_eq!(said(&default("email")), Err(ErrorCode::PolicyRefused));
    let error = adeles(&default("email")).unwrap_err();
    assert_eq!(
        error.hint_text(),
        Some("these can: authenticator, phone:mobile, phone:alternate")
    );
}

#[test]
fn devices_and_app_passwords_follow_the_same_rules() {
    let forget = |devices: &[&str]| Wish::Forget(devices.iter().map(|one| (*one).to_owned()).collect());
    assert_eq!(said(&forget(&[])), one("forget remembered devices send"));
    assert_eq!(said(&forget(&["device:91ac"])), one("forget device:91ac send"));
    assert_eq!(said(&forget(&["iPhone 14"])), Err(ErrorCode::DeviceNotFound));
    // A service that remembers none ends the session that is meant, and nothing else.
    let mut sessions = Fake::new(vec![adele()]);
    let instead = Answer::Substitute {
        what: "end that session".to_owned(),
        wider: false,
    };
    sessions.capabilities.set(Capability::ForgetOne, instead);
    let refused = |sessions: &Fake| {
        sessions
            .plan("adele", "x", &forget(&["device:91ac"]))
            .unwrap_err()
    };
    assert_eq!(refused(&sessions).code(), ErrorCode::Unsupported);
    for device in sessions.state.lock().unwrap()[0].1.devices.iter_mut().flatten() {
        device.kind = DeviceKind::Session;
    }
    let plan = sessions.plan("adele", "x", &forget(&["device:91ac"])).unwrap();
    assert_eq!(rows(&plan), ["forget device:91ac send"]);
    assert_eq!(plan.steps[0].detail, "by \"end that session\"");
    // A service that signs out everywhere instead does not do so in the name of a registered device.
    let mut wider = Fake::new(vec![adele()]);
    let everywhere = Answer::Substitute {
        what: "sign out everywhere".to_owned(),
        wider: true,
    };
    wider.capabilities.set(Capability::ForgetOne, everywhere);
    for device in wider.state.lock().unwrap()[0].1.devices.iter_mut().flatten() {
        device.kind = DeviceKind::Registered;
    }
    let refused = wider.plan("adele", "x", &forget(&["device:91ac"])).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::Unsupported);
    assert!(wider.plan("adele", "x", &forget(&["device:1234"])).is_ok());
    let (who, mut info) = adele();
    info.devices.as_mut().unwrap().clear();
    info.app_passwords.as_mut().unwrap().clear();
    let fake = Fake::new(vec![(who, info)]);
    let again = |wish: &Wish| rows(&fake.plan("adele", "x", wish).unwrap());
    assert_eq!(again(&forget(&[])), ["forget remembered devices unchanged"]);
    let all = Wish::AppPasswords {
        names: vec![],
        reissue: true,
    };
    assert_eq!(again(&all), ["revoke app passwords unchanged"]);
    assert_eq!(
        said(&all),
        Ok([
            "revoke app passwords send",
            "issue app password send",
            "issue app password send"
        ]
        .map(str::to_owned)
        .to_vec())
    );
    let named = Wish::AppPasswords {
        names: vec!["Thunderbird".into()],
        reissue: false,
    };
    assert_eq!(said(&named), Err(ErrorCode::NotFound));
}

fn policy(kind: &str, purpose: PolicyUse, limits: &[(&str, serde_json::Value)]) -> Policy {
    Policy {
        read_at: Still.now(),
        methods: vec![MethodPolicy {
            kind: kind.into(),
            purpose,
            targets: vec![],
            excluded: vec![],
            limits: limits
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect::<BTreeMap<_, _>>(),
            allowed_for_user: Some(purpose != PolicyUse::Off),
            reason: Some("member of group Kiosk".into()),
        }],
        remembered_devices: None,
        registration: None,
        app_passwords: None,
        settings: Vec::new(),
        questions: vec!["Pet?".into(), "Street?".into()],
    }
}

#[test]
fn policy_refuses_before_anything_is_sent_and_says_why() {
    let refused = |wish: &Wish, policy: Policy| {
        let error = Fake::new(vec![adele()])
            .plan_with("adele", "x", wish, Some(policy))
            .unwrap_err();
        assert_eq!(error.code(), ErrorCode::PolicyRefused);
        error.message().to_owned()
    };
    let office = phone("+1 425 555 0142", MethodKind::PhoneOffice, false);
    let pass = |minutes| Wish::AddPass {
        lifetime: Some(SignedDuration::from_mins(minutes)),
        one_time: None,
        start: None,
    };
    let lifetimes = [
        ("min_lifetime_minutes", json!(10)),
        ("max_lifetime_minutes", json!(480)),
    ];
    let questions = Wish::AddQuestions(vec![("Car?".into(), Secret::new("x"))]);
    insta::assert_snapshot!(
        [
            refused(&office, policy("phone, call", PolicyUse::Off, &[])),
            refused(&office, policy("phone, call", PolicyUse::SignIn, &[("office_phone", json!(false))])),
            refused(&pass(5), policy("temporary-pass", PolicyUse::SignIn, &lifetimes)),
            refused(&pass(481), policy("temporary-pass", PolicyUse::SignIn, &lifetimes)),
            refused(&questions, policy("questions", PolicyUse::Reset, &[("register", json!(3))])),
            refused(&questions, policy("questions", PolicyUse::Reset, &[])),
        ]
        .join("\n"),
        @r#"
    policy does not allow phone, call for adele@contoso.example: member of group Kiosk
    policy does not allow phone:office for adele@contoso.example: office phones are off
    by policy a temporary pass works 10 to 480 minutes, not 5
    by policy a temporary pass works 10 to 480 minutes, not 481
    policy asks for 3 questions, and there are 1
    "Car?" is not among the questions of the policy
    "#
    );
}

#[test]
fn a_secret_that_was_given_is_in_its_slot_and_in_nothing_that_is_written() {
    let wish = Wish::Password {
        given: Some(Secret::new("hunter2")),
        permanent: true,
    };
    assert!(wish.holds_secret());
    let plan = adeles(&wish).unwrap();
    let step = plan.to_send().next().unwrap();
    assert_eq!(
        step.slots.get(crate::domain::Slot::NewPassword).unwrap().expose(),
        "hunter2"
    );
    assert!(!serde_json::to_string(&plan).unwrap().contains("hunter2"));
    assert!(!format!("{plan:?}{wish:?}").contains("hunter2"));
}
