//! The file of rules, and which calls a rule picks.

use axum::http::Method;

use super::*;
use crate::server::graph::request::Call;

fn wrong(text: &str) -> String {
    let error = Faults::parse(text).unwrap_err();
    let body = error.to_body();
    format!(
        "{}:{}:{}: {}{}",
        body.file.unwrap_or_default(),
        body.line.unwrap_or(0),
        body.column.unwrap_or(0),
        error.message(),
        error
            .hint_text()
            .map_or_else(String::new, |hint| format!(" ({hint})"))
    )
}

#[test]
fn what_is_wrong_in_the_file_is_told_with_its_place_and_the_right_word() {
    let cases = [
        "",
        "[[rules]]\nstatus = 503",
        "[[rule]]\nstatus = 503\nevry = 2",
        "[[rule]]\npath = \"/users\"",
        "[[rule]]\nstatus = 503\nreset_after = true",
        "[[rule]]\nstatus = 200",
        "[[rule]]\nstatus = 99999999",
        "[[rule]]\nmethod = \"DELET\"\nstatus = 503",
        "[[rule]]\nmethod = [\"GET\", \"post\"]\nstatus = 503",
        "[[rule]]\nmethod = []\nstatus = 503",
        "[[rule]]\nstatus = 503\nshare = 1.5",
        "[[rule]]\nstatus = 503\nshare = 0.5\nevery = 2",
        "[[rule]]\nstatus = 503\nseed = 2",
        "[[rule]]\nstatus = 503\nfirst = 0",
        "[[rule]]\nretry_after = 2\nreset_after = true",
        "[[rule]]\nstatus = 403\ncode = \"acesDenied\"",
        "[[rule]]\ncode = \"accessDenied\"\nreset_after = true",
        "[[rule]]\nreset_after = false",
        "[[rule]]\npath = \"users\"\nreset_after = true",
        "[[rule]]\nslow = \"2\"",
        "[[rule]]\ndelay = \"-2s\"",
        "[[rule]]\ntoken_lifetime = \"10ms\"",
        "[[rule]]\ntoken_lifetime = \"5s\"\npath = \"/users\"",
        "[[rule]]\nlagging_deletes = { reads = 2, for = \"5s\" }",
        "[[rule]]\nlagging_deletes = { read = 2 }",
        "[[rule]]\ndrop_item = \"befor\"",
        "[[rule]]\nstatus = 503\n\n[[rule]]\nevery = 2",
        "[[rule]\nstatus = 503",
    ];
    let told: Vec<String> = cases.iter().map(|text| wrong(text)).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    faults.toml:0:0: there is no [[rule]] in this file
    faults.toml:1:3: there is no key "rules" here (did you mean "rule"?)
    faults.toml:3:1: there is no key "evry" here (did you mean "every"?)
    faults.toml:1:1: the rule has no fault: add one, as status = 503
    faults.toml:3:15: reset_after is a second fault: write a rule for each
    faults.toml:2:10: a status of an error is from 400 to 599
    faults.toml:2:10: a status of an error is from 400 to 599
    faults.toml:2:10: method "DELET" is not known (did you mean "DELETE"?)
    faults.toml:2:10: method "post" is not known (did you mean "POST"?)
    faults.toml:2:10: name a method, or leave it out for all
    faults.toml:3:9: a share is above 0 and at most 1
    faults.toml:4:9: give share or every, not both
    faults.toml:3:8: a seed goes with a share
    faults.toml:3:9: the number is 1 or more
    faults.toml:2:15: retry_after goes with a status
    faults.toml:3:8: code "acesDenied" is not known (did you mean "accessDenied"?)
    faults.toml:2:8: code goes with a status
    faults.toml:2:15: only true says something: leave it out
    faults.toml:2:8: a path begins with /
    faults.toml:2:8: a time is a number with a unit, as "200ms" or "5s"
    faults.toml:2:9: a time is a number with a unit, as "200ms" or "5s"
    faults.toml:2:18: a token lives for a second at least
    faults.toml:2:18: token_lifetime is about every token: leave out method, version and path
    faults.toml:2:19: give one: { reads = 2 } or { for = "5s" }
    faults.toml:2:21: there is no key "read" here (did you mean "reads"?)
    faults.toml:2:13: drop_item "befor" is not known (did you mean "before"?)
    faults.toml:4:1: the rule has no fault: add one, as status = 503
    faults.toml:1:8: unclosed array table, expected `]`
    "#);
}

/// Which of `count` same calls are picked.
fn picked(rules: &str, count: usize) -> Vec<usize> {
    let faults = Faults::parse(rules).unwrap();
    let call = Call::new(false, Method::GET, "/users/a");
    (1..=count)
        .filter(|_| faults.look(Kind::Single, &call).fault().is_some())
        .collect()
}

#[test]
fn a_rule_picks_every_so_many_th_a_share_and_no_more_than_the_first() {
    assert_eq!(picked("[[rule]]\nstatus = 503\nevery = 3", 10), [3, 6, 9]);
    assert_eq!(picked("[[rule]]\nstatus = 503\nfirst = 2", 10), [1, 2]);
    assert_eq!(picked("[[rule]]\nstatus = 503\nevery = 3\nfirst = 2", 10), [3, 6]);
    let share = "[[rule]]\nstatus = 503\nshare = 0.5\nseed = 11\nfirst = 20";
    let some = picked(share, 100);
    assert_eq!((some.len(), &some), (20, &picked(share, 100)));
    assert_ne!(some, picked(&share.replace("11", "12"), 100));
}

#[test]
fn the_first_rule_that_picks_acts_and_later_ones_do_not_see_the_call() {
    let faults = Faults::parse(
        "[[rule]]\nstatus = 500\nevery = 2\n\n[[rule]]\nstatus = 503\n\n[[rule]]\nreset_after = true",
    )
    .unwrap();
    let call = Call::new(false, Method::GET, "/users/a");
    for _ in 0..4 {
        let verdict = faults.look(Kind::Single, &call);
        faults.gave(&verdict);
    }
    let told = faults.told();
    let counts: Vec<_> = (0..3)
        .map(|n| {
            (
                told["rules"][n]["seen"].as_u64().unwrap(),
                told["rules"][n]["given"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(counts, [(4, 2), (2, 2), (0, 0)]);
}

#[test]
fn a_rule_is_about_the_calls_that_its_method_path_and_fault_allow() {
    let takes = |rule: &str, kind, method: &str, target: &str| {
        let faults = Faults::parse(&format!("[[rule]]\n{rule}")).unwrap();
        let call = Call::new(false, method.parse().unwrap(), target);
        let _ = faults.look(kind, &call);
        faults.told()["rules"][0]["seen"] == 1
    };
    let users = "path = \"/users/*\"\nstatus = 503";
    assert!(takes(users, Kind::Single, "GET", "/users/a?$select=id"));
    assert!(takes(users, Kind::Item, "DELETE", "users/a"));
    assert!(!takes(users, Kind::Single, "GET", "/users"));
    let writes = "method = [\"POST\", \"DELETE\"]\nstatus = 503";
    assert!(takes(writes, Kind::Single, "DELETE", "/users/a"));
    assert!(!takes(writes, Kind::Single, "GET", "/users/a"));
    for (kind, target) in [(Kind::Batch, "/$batch"), (Kind::Token, "/oauth2/v2.0/token")] {
        assert!(!takes("status = 503", kind, "POST", target));
        assert!(!takes("path = \"/**\"\nstatus = 503", kind, "POST", target));
        assert!(takes(
            &format!("path = \"{target}\"\nstatus = 503"),
            kind,
            "POST",
            target
        ));
    }
    let method = "/users/a/authentication/phoneMethods/1";
    let lag = "lagging_deletes = { reads = 1 }";
    assert!(takes(lag, Kind::Item, "DELETE", method));
    assert!(!takes(lag, Kind::Item, "GET", method));
    assert!(!takes(lag, Kind::Item, "DELETE", "/users/a"));
    assert!(takes("drop_item = \"after\"", Kind::Item, "GET", "/users"));
    assert!(!takes("drop_item = \"after\"", Kind::Single, "GET", "/users"));
    assert!(!takes("empty_page = true", Kind::Single, "GET", "/users?again=1"));
    assert!(!takes("empty_page = true", Kind::Single, "POST", "/users"));
    let phones = "/users/a/authentication/phoneMethods";
    assert!(takes("half_success = true", Kind::Item, "POST", phones));
    assert!(takes("half_success = true", Kind::Single, "PATCH", method));
    assert!(!takes("half_success = true", Kind::Single, "DELETE", method));
    let list = "/users/a/authentication/methods";
    assert!(takes("unknown_method = true", Kind::Item, "GET", list));
    assert!(!takes("unknown_method = true", Kind::Item, "GET", phones));
}

#[test]
fn every_example_of_the_document_is_a_file_and_every_fault_has_one() {
    let text = include_str!("../../../docs/faults.md");
    let mut shown: Vec<&str> = Vec::new();
    for example in text.split("```toml\n").skip(1) {
        let (example, _) = example.split_once("```").unwrap();
        let faults = Faults::parse(example).unwrap_or_else(|error| panic!("{error:?}\n{example}"));
        shown.extend(faults.rules.iter().map(|rule| rule.fault.name()));
    }
    shown.sort_unstable();
    shown.dedup();
    assert_eq!(
        shown,
        [
            "claims_challenge",
            "delay",
            "drop_item",
            "duplicate_page",
            "empty_page",
            "half_success",
            "lagging_deletes",
            "reset_after",
            "reset_before",
            "slow",
            "status",
            "token_lifetime",
            "unknown_method"
        ]
    );
}

#[test]
fn every_key_of_the_file_is_in_its_documentation() {
    let page = include_str!("../../../docs/faults.md");
    let said = wrong("[[rule]]\nxxxxxxxxxxxxxxxx = 1");
    let (_, keys) = said.split_once("the keys are: ").unwrap();
    let keys: Vec<&str> = keys.trim_end_matches(')').split(", ").collect();
    assert!(keys.len() > 15, "{keys:?}");
    for key in keys {
        let told = page.contains(&format!("`{key}`")) || page.contains(&format!("\n{key} = "));
        assert!(told, "{key} is not documented");
    }
}
