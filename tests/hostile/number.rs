//! Numbers and addresses that are none, or that the policy or what stands there forbids.

use insta::assert_snapshot;

use crate::environment::Environment;
use crate::refusal::{arrange, refused};

fn add<'a>(user: &'a str, number: &'a str) -> Vec<&'a str> {
    vec!["methods", "add", "phone", user, "--yes", "--number", number]
}

#[test]
fn a_number_says_what_is_wrong_with_it() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 2, &add("chidi", "0612345678")), @r#"
    · error: "0612345678" is not a phone number: that country's numbering plan has no such number
    · hint: without a + it is read as a number of US; write it as +COUNTRY NUMBER
    exit 2
    "#);
    assert_snapshot!(refused(&env, 2, &add("chidi", "+31 6CALLNOW")), @r#"
    · error: "+31 6CALLNOW" is not a phone number: it has letters in it
    · hint: write digits only, an extension as x123
    exit 2
    "#);
    assert_snapshot!(refused(&env, 2, &add("chidi", "+31 612345678901234567")), @r#"
    · error: "+31 612345678901234567" is not a phone number: it is too long
    exit 2
    "#);
    assert_snapshot!(refused(&env, 2, &add("chidi", "+31 6")), @r#"
    · error: "+31 6" is not a phone number: it is too short
    exit 2
    "#);
    assert_snapshot!(refused(&env, 2, &add("chidi", "+999 12345678")), @r#"
    · error: "+999 12345678" is not a phone number: no country has that code
    · hint: check the digits behind the +
    exit 2
    "#);
    assert_snapshot!(refused(&env, 2, &add("chidi", "")), @r#"
    · error: "" is not a phone number: it is empty
    · hint: type it as +COUNTRY NUMBER, such as "+31 612345678"
    exit 2
    "#);
    assert_snapshot!(refused(&env, 2, &add("chidi", "+1 425 555 0100\u{1b}[2J")), @r#"
    · error: "+1 425 555 0100\u{1b}[2J" is not a phone number: it has letters in it
    · hint: write digits only, an extension as x123
    exit 2
    "#);
    assert_snapshot!(refused(&env, 2, &add("chidi", "+31 612345678; drop")), @r#"
    · error: "+31 612345678; drop" is not a phone number: it has letters in it
    · hint: write digits only, an extension as x123
    exit 2
    "#);
}

#[test]
fn a_number_without_a_country_code_needs_a_region() {
    let env = Environment::new();
    let server = env.serve(&[]);
    let over = env.over(&server, "local");
    assert_snapshot!(refused(&over, 2, &add("chidi@contoso.example", "0612345678")), @r#"
    · error: "0612345678" is not a phone number: it has no country code
    · hint: write it as +COUNTRY NUMBER, such as "+31 612345678", or set region in the profile
    exit 2
    "#);
}

#[test]
fn a_wrong_number_is_refused_before_the_person_is_looked_for() {
    let env = Environment::new();
    let said = refused(&env, 2, &add("nobody", "+31 6CALLNOW"));
    assert!(said.contains("letters"), "{said}");
}

#[test]
fn a_number_of_a_type_that_policy_forbids_is_refused() {
    let env = Environment::new();
    arrange(
        &env,
        "UPDATE policy SET json = json_set(json, '$.isOfficePhoneAllowed', json('false')) WHERE key = 'Voice'",
    );
    let office = [add("chidi", "+31 20 123 4567"), vec!["--type", "office"]].concat();
    assert_snapshot!(refused(&env, 6, &office), @"
    · error: policy does not allow phone:office for chidi@contoso.example: office phones are off
    · hint: mfactl -p local policy show chidi@contoso.example
    exit 6
    ");
    arrange(
        &env,
        "UPDATE policy SET json = json_set(json, '$.state', 'disabled') WHERE key IN ('Sms', 'Voice')",
    );
    assert_snapshot!(refused(&env, 6, &add("chidi", "+31 612345678")), @"
    · error: policy does not allow phone, by text or by call, for chidi@contoso.example: off for everyone
    · hint: mfactl -p local policy show chidi@contoso.example
    exit 6
    ");
}

#[test]
fn a_type_or_a_way_that_does_not_exist_is_answered_with_those_that_do() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 2, &[add("chidi", "+31 612345678"), vec!["--type", "pager"]].concat()), @r#"
    · error: "pager" is not a type of phone
    · hint: one of: mobile, alternate, office
    exit 2
    "#);
    assert_snapshot!(refused(&env, 2, &[add("chidi", "+31 612345678"), vec!["--via", "fax"]].concat()), @r#"
    · error: "fax" is no way for a code to go out
    · hint: one of: sms, call
    exit 2
    "#);
}

#[test]
fn another_number_where_one_stands_needs_replace() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 6, &add("adele", "+31 612345678")), @"
    · error: phone:mobile of adele@contoso.example is +1 425 555 0100 already
    · hint: mfactl -p local methods add phone adele --number '+31 612345678' --type mobile --replace
    exit 6
    ");
}

#[test]
fn an_alternate_number_needs_a_mobile_one_first() {
    let env = Environment::new();
    let alternate = [add("chidi", "+31 612345678"), vec!["--type", "alternate"]].concat();
    assert_snapshot!(refused(&env, 6, &alternate), @"
    · error: chidi@contoso.example has no mobile number, and an alternate one stands beside it
    · hint: mfactl -p local methods add phone chidi --number '+31 612345678' --type mobile
    exit 6
    ");
}

#[test]
fn an_address_that_is_none_is_refused() {
    let env = Environment::new();
    let mail = |address: &'static str| ["methods", "add", "email", "chidi", "--yes", "--address", address];
    assert_snapshot!(refused(&env, 2, &mail("chidi@")), @r#"
    · error: "chidi@" is not a mail address: the part behind the @ is not a domain
    · hint: such as bas@home.example
    exit 2
    "#);
    assert_snapshot!(refused(&env, 2, &mail("chidi at home.example")), @r#"
    · error: "chidi at home.example" is not a mail address: it has no @
    · hint: such as bas@home.example
    exit 2
    "#);
    assert_snapshot!(refused(&env, 2, &mail("")), @r#"
    · error: "" is not a mail address: it has no @
    · hint: such as bas@home.example
    exit 2
    "#);
    assert_snapshot!(refused(&env, 2, &mail("a@b.example\r\nBcc: c@d.example")), @r#"
    · error: "a@b.example\u{d}\u{a}Bcc: c@d.example" is not a mail address: it has a character in it that does not belong there
    · hint: such as bas@home.example
    exit 2
    "#);
}
