//! The policy as it is printed: for the organization, for one person, and as data.

use serde_json::json;

use super::super::testing::{page, written};
use super::*;
use crate::domain::{AppPasswordPolicy, RegistrationPolicy, RememberedDevicesPolicy};
use crate::render::Format;

fn method(kind: &str, purpose: &str, targets: Value, limits: Value) -> MethodPolicy {
    serde_json::from_value(
        json!({"kind": kind, "use": purpose, "targets": targets, "excluded": [],
        "limits": limits, "allowed_for_user": null, "reason": null}),
    )
    .unwrap()
}

fn sample() -> PolicyShow {
    let all = json!([{"type": "everyone", "id": null, "name": null}]);
    let pilots = json!([{"type": "group", "id": "g", "name": "Pilots"}]);
    PolicyShow {
        profile: "local".into(),
        tenant: "t".into(),
        read_at: "2026-12-08T08:55:00Z".parse().unwrap(),
        methods: vec![
            method("authenticator", "sign_in", all.clone(), json!({})),
            method("phone, text", "sign_in", all.clone(), json!({})),
            method(
                "phone, call",
                "sign_in",
                all.clone(),
                json!({"office_phone": true}),
            ),
            method("passkey", "sign_in", pilots, json!({})),
            method(
                "temporary-pass",
                "sign_in",
                all.clone(),
                json!({"min_lifetime_minutes": 10, "max_lifetime_minutes": 480,
                    "default_lifetime_minutes": 60, "one_time": false}),
            ),
            method("email", "reset", all.clone(), json!({})),
            method(
                "questions",
                "reset",
                all.clone(),
                json!({"required": 3, "register": 5}),
            ),
            method("hardware-token", "off", all, json!({})),
        ],
        remembered_devices: Some(RememberedDevicesPolicy {
            allowed: true,
            days: Some(14),
        }),
        registration: Some(RegistrationPolicy {
            postpone_days: Some(14),
        }),
        app_passwords: Some(AppPasswordPolicy { allowed: true }),
        settings: Vec::new(),
    }
}

#[test]
fn the_policy_of_the_organization_is_a_table_and_a_line() {
    insta::assert_snapshot!(written(|out| policy(&page(Format::Table), out, &sample(), false)), @r"
    METHOD          USE      FOR           LIMITS
    authenticator   sign-in  everyone      -
    phone, text     sign-in  everyone      -
    phone, call     sign-in  everyone      office phones too
    passkey         sign-in  group Pilots  -
    temporary-pass  sign-in  everyone      10-480 min, 60 unless said, reusable
    email           reset    everyone      -
    questions       reset    everyone      3 of 5
    hardware-token  off      -             -
    Remembered devices 14 days; registration may wait 14 days; app passwords allowed
    ");
}

#[test]
fn the_table_leaves_out_what_tells_nothing() {
    let lines = |totp: Value, use_of_badges: &str| {
        let mut policy_show = sample();
        policy_show.methods.truncate(1);
        policy_show
            .methods
            .push(method("totp", "sign_in", totp, json!({})));
        policy_show
            .methods
            .push(method("qr-pin", use_of_badges, json!([]), json!({})));
        let table = written(|out| policy(&page(Format::Table), out, &policy_show, false));
        let data = written(|out| policy(&page(Format::Json), out, &policy_show, false));
        let data: Value = serde_json::from_str(&data).unwrap();
        assert_eq!(data["methods"].as_array().unwrap().len(), 3);
        ["totp", "qr-pin"].map(|kind| table.contains(kind))
    };
    let all = json!([{"type": "everyone", "id": null, "name": null}]);
    assert_eq!(lines(all, "off"), [false, false]);
    assert_eq!(
        lines(json!([{"type": "group", "id": "g", "name": "Pilots"}]), "sign_in"),
        [true, true]
    );
}

#[test]
fn for_one_person_it_says_why() {
    let mut one = sample();
    one.methods.truncate(4);
    for method in &mut one.methods {
        method.allowed_for_user = Some(method.kind != "passkey");
        method.reason = Some(if method.kind == "passkey" {
            "not a member of group Pilots".into()
        } else {
            "everyone".into()
        });
    }
    one.remembered_devices = None;
    one.registration = None;
    one.app_passwords = None;
    insta::assert_snapshot!(written(|out| policy(&page(Format::Table), out, &one, true)), @r"
    METHOD         USE      ALLOWED  WHY                           LIMITS
    authenticator  sign-in  yes      everyone                      -
    phone, text    sign-in  yes      everyone                      -
    phone, call    sign-in  yes      everyone                      office phones too
    passkey        sign-in  no       not a member of group Pilots  -
    ");
}

#[test]
fn what_is_set_around_the_methods_is_told_where_it_matters() {
    let mut one = sample();
    one.methods.truncate(1);
    one.remembered_devices = None;
    one.registration = None;
    one.app_passwords = None;
    let all = json!([{"type": "everyone", "id": null, "name": null}]);
    one.settings = serde_json::from_value(json!([
        {"name": "migration", "state": "in_progress", "targets": [], "excluded": [], "applies_to_user": null,
         "reason": null, "detail": "the older ones count besides"},
        {"name": "registration_campaign", "state": "on", "targets": all, "excluded": [], "applies_to_user": true,
         "reason": "everyone", "detail": "may be put off for 3 days at a time"},
        {"name": "system_preferred", "state": "on", "targets": [], "excluded": [], "applies_to_user": true,
         "reason": null, "detail": "the strongest method is asked for first: passkey"},
    ]))
    .unwrap();
    let below = |for_somebody| {
        let text = written(|out| policy(&page(Format::Table), out, &one, for_somebody));
        text.lines()
            .skip(2)
            .map(|line| format!("{line}\n"))
            .collect::<String>()
    };
    insta::assert_snapshot!(below(true), @r"
    Older policies replaced: in progress; the older ones count besides
    Registration campaign: on, also for this person (everyone); may be put off for 3 days at a time
    System-preferred MFA: on; the strongest method is asked for first: passkey
    ");
    insta::assert_snapshot!(below(false), @r"
    Older policies replaced: in progress; the older ones count besides
    Registration campaign: on, for everyone; may be put off for 3 days at a time
    System-preferred MFA: on; the strongest method is asked for first: passkey
    ");
}

#[test]
fn json_is_one_object_and_ndjson_ends_with_what_stands_around() {
    let text = written(|out| policy(&page(Format::Json), out, &sample(), false));
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["methods"].as_array().unwrap().len(), 8);
    let text = written(|out| policy(&page(Format::Ndjson), out, &sample(), false));
    let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(last["type"], "summary");
    assert_eq!(last["remembered_devices"]["days"], 14);
}

#[test]
fn what_codes_and_passwords_need_is_said() {
    let all = json!([{"type": "everyone", "id": null, "name": null}]);
    let codes = json!({"digits": 6, "period_seconds": 30, "algorithm": "SHA1", "verified": true});
    let password = json!({"length": 12, "digits": 2, "notUsername": true, "regexPattern": "[a-z]+", "hashIterations": 5});
    let said = [
        limits(&method("totp", "sign_in", all.clone(), codes.clone())),
        limits(&method("password", "sign_in", all.clone(), password)),
        limits(&method("totp", "off", all, codes)),
    ];
    insta::assert_snapshot!(said.join("\n"), @"
    6 digits every 30 s, verified before it counts
    digits 2, length 12, notUsername, regexPattern [a-z]+
    -
    ");
}

#[test]
fn which_passkeys_are_taken_is_said() {
    let all = json!([{"type": "everyone", "id": null, "name": null}]);
    let said = [
        json!({"attested": true, "registration": true, "models_allowed": ["a", "b"]}),
        json!({"attested": false, "registration": false, "models_blocked": ["a"]}),
        json!({"attested": false, "registration": true}),
    ]
    .map(|told| limits(&method("passkey", "sign_in", all.clone(), told)));
    insta::assert_snapshot!(said.join("\n"), @"
    attested ones only, of 2 models
    not of 1 model, nobody can register one
    -
    ");
}
