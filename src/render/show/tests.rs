use super::*;
use crate::render::testing::{page, written};
use serde_json::{Value, json};

fn adele() -> Value {
    let who = json!({"profile": "local", "tenant": "t", "user": "adele@contoso.example", "user_id": "u",
        "display_name": "Adele Vance"});
    let with = |more: Value| {
        let mut all = who.clone();
        if let (Some(all), Value::Object(more)) = (all.as_object_mut(), more) {
            all.extend(more);
        }
        all
    };
    let method = |reference: &str, kind: &str, more: Value| {
        let mut row = with(
            json!({"ref": reference, "id": "i", "kind": kind, "name": null, "address": null,
            "number_masked": null, "extension": null, "number": null, "pending_number": null, "via": null,
            "default": false, "usable": true, "removable": true, "on_phone": false, "state": "ready",
            "uses": ["sign_in", "reset"], "added_at": null, "last_used_at": null, "expires_at": null,
            "service_type": "x"}),
        );
        if let (Some(row), Value::Object(more)) = (row.as_object_mut(), more) {
            row.extend(more);
        }
        row
    };
    let device = |reference: &str, kind: &str, name: &str, browser: Option<&str>, until: Option<&str>| {
        with(
            json!({"ref": reference, "id": "d", "kind": kind, "name": name, "os": "iOS 18", "browser": browser,
            "enabled": null, "created_at": null, "last_used_at": null, "trusted_until": until}),
        )
    };
    with(json!({
        "account": {"enabled": true, "type": "member", "protected": false, "protected_by": [], "privileged": null,
            "synced": false, "last_sign_in_at": "2026-12-08T08:12:00Z"},
        "registration": {"state": "complete", "mfa_state": "enforced", "mfa_capable": true, "reset_capable": true,
            "grace_until": null},
        "default_method": "phone:mobile", "system_preferred": null,
        "methods": [
            method("authenticator", "authenticator", json!({"name": "iPhone 14"})),
            method("phone:mobile", "phone:mobile", json!({"number": "+14255550100", "default": true})),
            method("phone:alternate", "phone:alternate", json!({"number": "+14255550199", "via": "call"})),
            method("email", "email", json!({"address": "adele@home.example", "uses": ["reset"]})),
        ],
        "devices": [
            device("device:91ac", "remembered", "LAPTOP-ADELE", Some("Edge"), Some("2026-12-22T08:12:00Z")),
            device("device:0b7e", "registered", "iPhone 14", None, None),
        ],
        "app_passwords": [
            {"id": "1", "name": "Outlook 2013", "created_at": null, "last_used_at": "2026-12-07T08:12:00Z"},
            {"id": "2", "name": "iPhone Mail", "created_at": null, "last_used_at": null},
        ],
        "sessions": {"count": 4, "newest_at": "2026-12-08T08:12:00Z"}, "locked": null, "unknown": [],
    }))
}

fn show(page: &Page, people: &[Value], shape: Shape) -> String {
    let people: Vec<UserShow> = people
        .iter()
        .map(|value| serde_json::from_value(value.clone()).unwrap())
        .collect();
    written(|out| user_show(page, out, &people, shape, &json!({"rows": people.len()})))
}

#[test]
fn the_page_of_a_person_is_as_the_design_shows_it() {
    insta::assert_snapshot!(show(&page(Format::Table), &[adele()], Shape::One), @r#"
    Adele Vance <adele@contoso.example>, profile local
    Account        enabled, member, not protected; last sign-in today 08:12
    Registration   complete; per-user MFA enforced; can reset own password
    Methods        authenticator "iPhone 14"
                   phone:mobile +1 425 555 0100 (default)
                   phone:alternate +1 425 555 0199 (call)
                   email adele@home.example (reset only)
    Remembered     device:91ac LAPTOP-ADELE, Edge, until 22 Dec 2026
    App passwords  "Outlook 2013", used yesterday; "iPhone Mail", never used
    Sessions       4, newest today 08:12
    "#);
}

#[test]
fn what_is_not_told_is_not_shown_as_none() {
    let mut one = adele();
    one["account"]["protected"] = json!(true);
    one["account"]["protected_by"] = json!(["group:Executives"]);
    one["registration"] = json!({"state": "none", "mfa_state": null, "mfa_capable": false,
        "reset_capable": false, "grace_until": "2026-12-12T08:55:00Z"});
    one["methods"] = json!([]);
    one["devices"] = json!([one["devices"][0].clone()]);
    one["devices"][0]["kind"] = json!("registered");
    one["devices"][0]["enabled"] = json!(false);
    one["app_passwords"] = Value::Null;
    one["sessions"] = Value::Null;
    one["unknown"] = json!([{"part": "remembered_devices", "why": "no list", "instead": "sign out"}]);
    insta::assert_snapshot!(show(&page(Format::Table), &[one], Shape::One), @r"
    Adele Vance <adele@contoso.example>, profile local
    Account        enabled, member, protected by group:Executives; last sign-in today 08:12
    Registration   none; may wait until 12 Dec 2026, 4 days left; cannot reset own password
    Methods        none
    Registered     device:91ac LAPTOP-ADELE, Edge, disabled
    Not told       remembered devices: no list; sign out
    ");
}

#[test]
fn one_person_is_an_object_and_several_are_an_array() {
    let one: Value = serde_json::from_str(&show(&page(Format::Json), &[adele()], Shape::One)).unwrap();
    assert_eq!(one["account"]["type"], "member");
    assert_eq!(one, adele());
    let several: Value =
        serde_json::from_str(&show(&page(Format::Json), &[adele()], Shape::Several)).unwrap();
    assert_eq!(several.as_array().unwrap().len(), 1);
}

#[test]
fn a_name_with_escapes_is_harmless() {
    let mut one = adele();
    one["display_name"] = json!("A\u{1b}[2J\u{202e}b");
    let text = show(&page(Format::Table), &[one], Shape::One);
    assert!(
        text.starts_with("A\\u{1b}[2J\\u{202e}b <adele@contoso.example>"),
        "{text}"
    );
}
