//! People who are not there, who are there twice, or whom nobody may touch.

use insta::assert_snapshot;

use crate::environment::Environment;
use crate::refusal::{arrange, refused};

#[test]
fn nobody_is_found_by_a_name_that_is_not_there() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 3, &["methods", "list", "nobody"]), @r#"
    · error: there is no person "nobody"
    · hint: mfactl -p local user search nobody
    exit 3
    "#);
    assert_snapshot!(refused(&env, 3, &["user", "reset", "nobody", "--yes"]), @r#"
    · error: there is no person "nobody"
    · hint: mfactl -p local user search nobody
    exit 3
    "#);
}

#[test]
fn a_prefix_or_a_display_name_is_nobody_and_the_hint_searches() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 3, &["methods", "list", "ade"]), @r#"
    · error: there is no person "ade"
    · hint: mfactl -p local user search ade
    exit 3
    "#);
    assert_snapshot!(refused(&env, 3, &["user", "sign-out", "Sam Taylor", "--yes"]), @r#"
    · error: there is no person "Sam Taylor"
    · hint: mfactl -p local user search 'Sam Taylor'
    exit 3
    "#);
}

#[test]
fn two_people_with_one_address_are_listed_each_with_the_command_that_works() {
    let env = Environment::new();
    arrange(
        &env,
        "UPDATE users SET mail = 'desk@home.example' WHERE upn LIKE 'sam.taylor%'",
    );
    assert_snapshot!(refused(&env, 3, &["user", "sign-out", "desk@home.example", "--yes"]), @r#"
    · error: "desk@home.example" matches 2 people
    ·   sam.taylor2@contoso.example  Sam Taylor  mfactl -p local user sign-out sam.taylor2@contoso.example --yes
    ·   sam.taylor@contoso.example   Sam Taylor  mfactl -p local user sign-out sam.taylor@contoso.example --yes
    · hint: mfactl -p local user sign-out sam.taylor2@contoso.example --yes
    exit 3
    "#);
    assert_snapshot!(refused(&env, 3, &["methods", "list", "desk@home.example"]), @r#"
    · error: "desk@home.example" matches 2 people
    ·   sam.taylor2@contoso.example  Sam Taylor  mfactl -p local methods list sam.taylor2@contoso.example
    ·   sam.taylor@contoso.example   Sam Taylor  mfactl -p local methods list sam.taylor@contoso.example
    · hint: mfactl -p local methods list sam.taylor2@contoso.example
    exit 3
    "#);
    let error = env
        .run(&["methods", "list", "desk@home.example", "-o", "json"])
        .exits(3)
        .error();
    assert_eq!(error["code"], "ambiguous");
    assert_eq!(error["matches"].as_array().unwrap().len(), 2, "{error}");
}

#[test]
fn one_unknown_among_several_people_stops_the_change_of_all() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 3, &["user", "sign-out", "adele", "nobody", "fen", "--yes", "--expect", "3"]), @r#"
    · error: there is no person "nobody"
    · hint: mfactl -p local user search nobody
    exit 3
    "#);
}

#[test]
fn text_that_means_something_to_a_query_or_a_path_is_nobody() {
    let env = Environment::new();
    for text in [
        "o'brien",
        "' or 1 eq 1 or userPrincipalName eq '",
        "../groups",
        "adele@contoso.example/authentication",
        "adele@contoso.example?$select=id",
        "adele%40contoso.example",
        "%",
        "*",
        "\u{feff}adele",
        "adele\u{1b}[2J",
    ] {
        let said = refused(&env, 3, &["methods", "list", text]);
        assert!(
            said.contains("user_not_found") || said.contains("error: "),
            "{text:?}: {said}"
        );
        assert!(!said.contains('\u{1b}'), "{text:?}: {said:?}");
    }
    assert_snapshot!(refused(&env, 2, &["methods", "list", ""]), @"
    · error: a user is empty
    · hint: name the person by sign-in name, mail address or id
    exit 2
    ");
}

#[test]
fn a_protected_person_is_refused_whatever_the_flags() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 6, &["user", "reset", "breakglass", "--yes", "--include-self"]), @"
    · error: breakglass@contoso.example is protected by the profile's guard
    · hint: no flag loosens this; nothing was sent
    exit 6
    ");
    assert_snapshot!(refused(&env, 6, &["methods", "remove", "breakglass", "passkey", "--yes", "--leave-none"]), @"
    · error: breakglass@contoso.example is protected by the profile's guard
    · hint: no flag loosens this; nothing was sent
    exit 6
    ");
}

#[test]
fn ones_own_account_is_refused() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 6, &["user", "reset", "admin", "--yes"]), @"
    · error: admin@contoso.example is your own account
    · hint: --include-self allows it
    exit 6
    ");
    // No variable stands for the flag.
    refused(
        &env.with("MFACTL_INCLUDE_SELF", "true"),
        6,
        &["user", "reset", "admin", "--yes"],
    );
}

#[test]
fn a_protected_person_among_several_stops_the_change_of_all() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 6, &["user", "sign-out", "fen", "breakglass", "--yes", "--expect", "2"]), @"
    · error: breakglass@contoso.example is protected by the profile's guard
    · hint: no flag loosens this; nothing was sent
    exit 6
    ");
}
