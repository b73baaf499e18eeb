//! Clouds and tenants that lack something: found by asking, said in words, and the rest is done.

use serde_json::Value;

use crate::environment::Environment;
use crate::person::refs;

/// Rules of a place without beta: a batch of it is refused, and each call by itself.
const NO_BETA: &str = "[[rule]]\nversion = \"beta\"\npath = \"/$batch\"\nstatus = 404\n\n\
    [[rule]]\nversion = \"beta\"\nstatus = 404\ncode = \"BadRequest\"\n";

/// A rule: these paths are not known here.
fn lacks(path: &str) -> String {
    format!("[[rule]]\npath = \"{path}\"\nstatus = 400\ncode = \"BadRequest\"\n")
}

#[test]
fn a_cloud_without_the_list_of_methods_is_read_segment_by_segment() {
    let place = Environment::new();
    let below = "/users/*/authentication";
    let rules: String = [
        "methods",
        "emailMethods",
        "fido2Methods",
        "softwareOathMethods",
        "signInPreferences",
    ]
    .map(|segment| lacks(&format!("{below}/{segment}")))
    .concat();
    let rules = place.write("china.toml", &rules);
    let server = place.serve(&["--faults", &rules]);
    let there = place.over(&server, "entra");
    let output = there
        .run(&["methods", "list", "adele@contoso.example", "-o", "json"])
        .exits(0);
    assert_eq!(
        refs(&output.value()),
        ["authenticator", "phone:mobile", "phone:alternate"],
        "{}",
        output.screen()
    );
    assert!(
        output
            .stderr
            .contains("this cloud does not list emailMethods, fido2Methods, softwareOathMethods"),
        "{}",
        output.screen()
    );
    let page = there.json(&["user", "show", "adele@contoso.example"]);
    let unknown: Vec<&str> = page["unknown"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["part"].as_str().unwrap())
        .collect();
    assert!(
        unknown.contains(&"methods") && unknown.contains(&"default"),
        "{page}"
    );
}

#[test]
fn a_cloud_without_beta_lists_what_v1_has_and_says_what_is_missing() {
    let place = Environment::new();
    for (status, code) in [(403, "accessDenied"), (404, "BadRequest")] {
        let rule = |path: &str| {
            format!("[[rule]]\nversion = \"beta\"\npath = \"{path}\"\nstatus = {status}\ncode = \"{code}\"\n")
        };
        let rules = place.write("no_beta.toml", &(rule("/$batch") + &rule("/**")));
        let server = place.serve(&["--faults", &rules]);
        let there = place.over(&server, "entra");
        let output = there
            .run(&["methods", "list", "adele@contoso.example", "-o", "json"])
            .exits(0);
        assert_eq!(
            refs(&output.value()),
            ["authenticator", "phone:mobile", "phone:alternate", "email"],
            "{}",
            output.screen()
        );
        for said in [
            "hardware tokens, QR codes",
            "which method is the default is not known",
        ] {
            assert!(output.stderr.contains(said), "{}", output.screen());
        }
        // What is changed is changed, with the same warning in front of it.
        let output = there
            .run(&["methods", "remove", "adele@contoso.example", "email", "--dry-run"])
            .exits(0);
        assert!(
            output.stderr.contains("warning: the beta of Microsoft Graph"),
            "{}",
            output.screen()
        );
    }
}

/// The methods that somebody has, by what can be typed for them.
fn left(there: &Environment, user: &str) -> Vec<String> {
    refs(&there.json(&["methods", "list", user]))
}

#[test]
fn without_beta_everything_goes_whichever_method_is_the_default() {
    let place = Environment::new();
    place.change(&["methods", "set-default", "adele@contoso.example", "authenticator"]);
    let rules = place.write("no_beta.toml", NO_BETA);
    let server = place.serve(&["--faults", &rules]);
    let there = place.over(&server, "entra");
    // The authenticator comes first, and does not go as long as there is a number.
    let reset = [
        "user",
        "reset",
        "adele@contoso.example",
        "--playbook",
        "new-phone",
    ];
    there.change(&reset);
    assert_eq!(left(&there, "adele@contoso.example"), Vec::<String>::new());
    // Of several people together too.
    let several = ["bas", "emre", "fen"].map(|name| format!("{name}@contoso.example"));
    let mut command = vec!["user", "reset", "--playbook", "new-phone", "--expect", "3"];
    command.extend(several.iter().map(String::as_str));
    there.change(&command);
    for user in &several {
        assert_eq!(left(&there, user), Vec::<String>::new(), "{user}");
    }
}

#[test]
fn without_beta_a_default_that_may_stay_is_said_before_anything_is_sent() {
    let place = Environment::new();
    let rules = place.write("no_beta.toml", NO_BETA);
    let server = place.serve(&["--faults", &rules]);
    let there = place.over(&server, "entra");
    let reset = [
        "user",
        "reset",
        "adele@contoso.example",
        "--playbook",
        "lost-phone",
    ];
    let mut dry = reset.to_vec();
    dry.push("--dry-run");
    let output = there.run(&dry).exits(0);
    assert!(
        output
            .screen()
            .contains("keeps authenticator where that is the default"),
        "{}",
        output.screen()
    );
    let mut strict = dry.clone();
    strict.extend(["--strict", "-o", "json"]);
    assert_eq!(there.run(&strict).exits(5).error_code(), "unsupported");
    let output = there.run(&[
        "methods",
        "remove",
        "adele@contoso.example",
        "authenticator",
        "--dry-run",
    ]);
    assert!(
        output
            .stderr
            .contains("warning: the service keeps authenticator where that is the default"),
        "{}",
        output.screen()
    );
}

#[test]
fn a_cloud_without_authentication_methods_says_so_and_the_rest_works() {
    let place = Environment::new();
    let rules = place.write("bleu.toml", &lacks("/users/*/authentication/**"));
    let server = place.serve(&["--faults", &rules]);
    let there = place.over(&server, "entra");
    let refused = there
        .run(&["methods", "list", "adele@contoso.example", "-o", "json"])
        .exits(5);
    assert_eq!(refused.error_code(), "unsupported");
    assert!(
        refused.error()["message"]
            .as_str()
            .unwrap()
            .contains("this cloud does not offer"),
        "{}",
        refused.screen()
    );
    let refused = there.try_change(&[
        "methods",
        "add",
        "temporary-pass",
        "adele@contoso.example",
        "--secrets-out",
        "-",
    ]);
    assert_eq!(refused.code, 5, "{}", refused.screen());
    let found = there.json(&["user", "search", "adele"]);
    assert_eq!(found.as_array().map(Vec::len), Some(1));
    there.change(&["user", "sign-out", "adele@contoso.example"]);
}

#[test]
fn the_last_sign_in_is_shown_and_where_a_licence_lacks_it_is_named() {
    let place = Environment::new();
    let server = place.serve(&[]);
    let shown = place
        .over(&server, "entra")
        .json(&["user", "show", "adele@contoso.example"]);
    assert!(shown["account"]["last_sign_in_at"].is_string(), "{shown}");

    let rules = place.write(
        "free.toml",
        "[[rule]]\npath = \"/users/*\"\nevery = 2\nstatus = 403\ncode = \"Authentication_RequestFromNonPremiumTenantOrB2CTenant\"\n",
    );
    let poor = place.serve(&["--faults", &rules]);
    let shown = place
        .over(&poor, "entra")
        .json(&["user", "show", "adele@contoso.example"]);
    assert_eq!(shown["account"]["last_sign_in_at"], Value::Null);
    let part = shown["unknown"]
        .as_array()
        .unwrap()
        .iter()
        .find(|part| part["part"] == "last_sign_in")
        .unwrap_or_else(|| panic!("{shown}"));
    assert!(
        part["why"]
            .as_str()
            .unwrap()
            .contains("Microsoft Entra ID P1 or P2"),
        "{part}"
    );
}
