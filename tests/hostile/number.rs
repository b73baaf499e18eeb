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
    assert_snapshot!(refused(&env, 2, &add("chidi", "0612345678")), @"");
    assert_snapshot!(refused(&env, 2, &add("chidi", "+31 6CALLNOW")), @"");
    assert_snapshot!(refused(&env, 2, &add("chidi", "+31 612345678901234567")), @"");
    assert_snapshot!(refused(&env, 2, &add("chidi", "+31 6")), @"");
    assert_snapshot!(refused(&env, 2, &add("chidi", "+999 12345678")), @"");
    assert_snapshot!(refused(&env, 2, &add("chidi", "")), @"");
    assert_snapshot!(refused(&env, 2, &add("chidi", "+1 425 555 0100\u{1b}[2J")), @"");
    assert_snapshot!(refused(&env, 2, &add("chidi", "+31 612345678; drop")), @"");
}

#[test]
fn a_wrong_number_is_refused_before_the_person_is_looked_for() {
    let env = Environment::new();
    let said = refused(&env, 2, &add("nobody", "0612345678"));
    assert!(said.contains("country code"), "{said}");
}

#[test]
fn a_number_of_a_type_that_policy_forbids_is_refused() {
    let env = Environment::new();
    arrange(
        &env,
        "UPDATE policy SET json = json_set(json, '$.isOfficePhoneAllowed', json('false')) WHERE key = 'Voice'",
    );
    let office = [add("chidi", "+31 20 123 4567"), vec!["--type", "office"]].concat();
    assert_snapshot!(refused(&env, 6, &office), @"");
    arrange(
        &env,
        "UPDATE policy SET json = json_set(json, '$.state', 'disabled') WHERE key IN ('Sms', 'Voice')",
    );
    assert_snapshot!(refused(&env, 6, &add("chidi", "+31 612345678")), @"");
}

#[test]
fn a_type_or_a_way_that_does_not_exist_is_answered_with_those_that_do() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 2, &[add("chidi", "+31 612345678"), vec!["--type", "pager"]].concat()), @"");
    assert_snapshot!(refused(&env, 2, &[add("chidi", "+31 612345678"), vec!["--via", "fax"]].concat()), @"");
}

#[test]
fn another_number_where_one_stands_needs_replace() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 6, &add("adele", "+31 612345678")), @"");
}

#[test]
fn an_alternate_number_needs_a_mobile_one_first() {
    let env = Environment::new();
    let alternate = [add("chidi", "+31 612345678"), vec!["--type", "alternate"]].concat();
    assert_snapshot!(refused(&env, 6, &alternate), @"");
}

#[test]
fn an_address_that_is_none_is_refused() {
    let env = Environment::new();
    let mail = |address: &'static str| ["methods", "add", "email", "chidi", "--yes", "--address", address];
    assert_snapshot!(refused(&env, 2, &mail("chidi@")), @"");
    assert_snapshot!(refused(&env, 2, &mail("chidi at home.example")), @"");
    assert_snapshot!(refused(&env, 2, &mail("")), @"");
    assert_snapshot!(refused(&env, 2, &mail("a@b.example\r\nBcc: c@d.example")), @"");
}
