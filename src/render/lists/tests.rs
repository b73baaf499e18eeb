use std::io::Write;

use serde::Serialize;

use super::*;
use crate::domain::MethodKind;
use crate::domain::Result;
use crate::render::testing::{page, written};
use crate::render::{Format, jq};
use crate::render::{Rows, Shape};
use serde_json::{Value, json};

fn row(reference: &str, kind: MethodKind, more: Value) -> MethodRow {
    let mut row = json!({"profile": "local", "tenant": "t", "user": "adele@contoso.example", "user_id": "u",
        "display_name": "Adele Vance", "ref": reference, "id": "i", "kind": kind, "name": null, "address": null,
        "number_masked": null, "extension": null, "number": null, "pending_number": null, "via": null,
        "default": false, "usable": true, "removable": true, "on_phone": kind.on_phone(), "state": "ready",
        "uses": ["sign_in", "reset"], "added_at": "2024-03-03T12:00:00Z", "last_used_at": null,
        "expires_at": null, "service_type": "x"});
    if let (Some(row), Value::Object(more)) = (row.as_object_mut(), more) {
        row.extend(more);
    }
    serde_json::from_value(row).unwrap()
}

fn adele() -> Vec<MethodRow> {
    vec![
        row(
            "authenticator",
            MethodKind::Authenticator,
            json!({"name": "iPhone 14"}),
        ),
        row(
            "phone:mobile",
            MethodKind::PhoneMobile,
            json!({"number": "+14255550100", "default": true}),
        ),
        row(
            "phone:alternate",
            MethodKind::PhoneAlternate,
            json!({"number": "+14255550199", "via": "call", "added_at": "2025-05-11T12:00:00Z"}),
        ),
        row(
            "email",
            MethodKind::Email,
            json!({"address": "adele@home.example", "uses": ["reset"]}),
        ),
    ]
}

fn show(page: &Page, rows: &[MethodRow], shape: Shape) -> String {
    written(|out| list(page, out, rows, shape, &json!({"rows": rows.len()})))
}

#[test]
fn the_methods_of_one_person_are_as_the_design_shows_them() {
    insta::assert_snapshot!(show(&page(Format::Table), &adele(), Shape::One), @r#"
    METHOD              DETAIL                  DEFAULT  STATE       ADDED
    authenticator       "iPhone 14"             -        ready       3 Mar 2024
    phone:mobile        +1 425 555 0100         yes      ready       3 Mar 2024
    phone:alternate     +1 425 555 0199 (call)  -        ready       11 May 2025
    email               adele@home.example      -        reset only  3 Mar 2024
    "#);
}

#[test]
fn what_waits_ends_or_is_masked_is_said() {
    let rows = [
        row(
            "phone:mobile",
            MethodKind::PhoneMobile,
            json!({"number": "+14255550100", "pending_number": "+14255550123"}),
        ),
        row(
            "phone:office",
            MethodKind::PhoneOffice,
            json!({"number": "+14255550150", "extension": "12", "state": "pending", "usable": false}),
        ),
        row(
            "phone:alternate",
            MethodKind::PhoneAlternate,
            json!({"number_masked": "+1 XXXXXXXX99", "default": null}),
        ),
        row(
            "temporary-pass",
            MethodKind::TemporaryPass,
            json!({"expires_at": "2026-12-08T09:55:00Z", "uses": ["sign_in"]}),
        ),
        row(
            "passkey",
            MethodKind::Passkey,
            json!({"name": "\u{1b}]0;x\u{7}", "added_at": null, "state": "blocked"}),
        ),
    ];
    insta::assert_snapshot!(show(&page(Format::Table), &rows, Shape::One), @r#"
    METHOD              DETAIL                                                DEFAULT  STATE    ADDED
    phone:mobile        +1 425 555 0100 (+1 425 555 0123 waits for its code)  -        ready    3 Mar 2024
    phone:office        +1 425 555 0150 x12                                   -        pending  3 Mar 2024
    phone:alternate     +1 XXXXXXXX99                                         ?        ready    3 Mar 2024
    temporary-pass      until today 09:55                                     -        ready    3 Mar 2024
    passkey             "\u{1b}]0;x\u{7}"                                     -        blocked  -
    "#);
}

#[test]
fn several_people_are_told_apart_by_a_first_column() {
    let text = show(&page(Format::Table), &adele()[..1], Shape::Several);
    assert_eq!(
        text,
        "USER                   METHOD         DETAIL       DEFAULT  STATE  ADDED\n\
         adele@contoso.example  authenticator  \"iPhone 14\"  -        ready  3 Mar 2024\n"
    );
}

#[test]
fn nothing_is_an_empty_array_a_heading_or_a_summary() {
    assert_eq!(show(&page(Format::Table), &[], Shape::One), "");
    assert_eq!(show(&page(Format::Json), &[], Shape::One), "[]\n");
    assert_eq!(
        show(&page(Format::Ndjson), &[], Shape::One),
        "{\"type\":\"summary\",\"rows\":0}\n"
    );
    assert!(show(&page(Format::Csv), &[], Shape::One).starts_with("profile,tenant,user,"));
}

#[test]
fn json_holds_what_the_table_made_harmless() {
    let rows = [row(
        "passkey",
        MethodKind::Passkey,
        json!({"name": "\u{1b}[31m=1+1"}),
    )];
    let value: Value = serde_json::from_str(&show(&page(Format::Json), &rows, Shape::One)).unwrap();
    assert_eq!(value[0]["name"], "\u{1b}[31m=1+1");
    let rows = [row("passkey", MethodKind::Passkey, json!({"name": "=1+1"}))];
    assert!(show(&page(Format::Csv), &rows, Shape::One).contains(",passkey,'=1+1,"));
    let several: Value = serde_json::from_str(&show(&page(Format::Json), &adele(), Shape::One)).unwrap();
    assert_eq!(several.as_array().unwrap().len(), 4);
    assert_eq!(several[1]["number"], "+14255550100");
}

#[test]
fn a_filter_sees_the_whole_array() {
    let page = Page {
        jq: Some(std::rc::Rc::new(
            jq::Filter::new("map(.ref) | join(\" \")").unwrap(),
        )),
        ..page(Format::Json)
    };
    assert_eq!(
        show(&page, &adele(), Shape::One),
        "authenticator phone:mobile phone:alternate email\n"
    );
}

#[test]
fn lines_instead_of_a_table_name_each_value() {
    let page = Page {
        accessible: true,
        ..page(Format::Table)
    };
    let text = show(&page, &adele()[..2], Shape::One);
    assert!(
        text.starts_with("Method: authenticator\nDetail: \"iPhone 14\"\nDefault: -\n"),
        "{text}"
    );
    assert_eq!(text.matches("\n\nMethod: ").count(), 1);
}

fn list<R: Row>(
    page: &Page,
    out: &mut dyn Write,
    rows: &[R],
    shape: Shape,
    summary: &impl Serialize,
) -> Result<()> {
    let mut list = Rows::new(page, out, shape);
    for row in rows {
        list.push(row)?;
    }
    list.finish(summary)
}
