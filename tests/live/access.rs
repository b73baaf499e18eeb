//! Who may, and what is said to those who may not: one clear line each, naming what is missing.

use crate::behind::under_a_path;
use crate::realm::{Person, SECRET, configured, place, place_at, place_of, tls_url, told, url};

#[test]
fn holders_of_rights_over_the_realm_are_refused_however_they_come_by_them() {
    let place = place();
    for name in ["admin-direct", "admin-within", "admin-group"] {
        let refused = place.try_change(&["user", "sign-out", name]).exits(6);
        assert_eq!(
            refused.error_code(),
            "guard_privileged",
            "{name}: {}",
            refused.stderr
        );
    }
    let plain = Person::with_two("plain");
    place.change(&["user", "sign-out", &plain.name]);
}

#[test]
fn a_missing_right_is_named() {
    let person = Person::with_two("rights");
    let cases = [
        ("reader", 4, "manage-users"),
        ("lister", 4, "view-users"),
        ("nobody", 4, "view-users"),
    ];
    for (client, code, right) in cases {
        let place = place_of(client);
        let refused = place
            .try_change(&["methods", "remove", &person.name, "old"])
            .exits(code);
        assert!(refused.stderr.contains(right), "{client}: {}", refused.stderr);
    }
    assert_eq!(person.labels("otp").len(), 2);
}

#[test]
fn what_is_wrong_with_a_profile_is_said_in_one_line() {
    let said = |place: crate::environment::Environment, code: i32| {
        let output = place.run(&["user", "show", "anybody"]).exits(code);
        let lines: Vec<&str> = output.stderr.lines().collect();
        let errors = lines.iter().filter(|line| line.starts_with("error:")).count();
        assert!(errors == 1 && lines.len() <= 4, "{}", output.stderr);
        lines[0].to_owned()
    };
    let url = url();
    let secret = |place: crate::environment::Environment| place.with("MFACTL_CLIENT_SECRET", SECRET);
    let told = [
        said(
            place_at(&url, "kctest", "mfactl").with("MFACTL_CLIENT_SECRET", "wrong"),
            4,
        ),
        said(secret(place_at(&url, "kctest", "nosuch")), 4),
        said(secret(place_at(&url, "nosuch", "mfactl")), 4),
        said(secret(place_at(&format!("{url}/auth"), "kctest", "mfactl")), 4),
        said(secret(place_at("http://keycloak.example", "kctest", "mfactl")), 2),
    ];
    insta::assert_snapshot!(told.join("\n"), @r#"
    error: not signed in: the client secret is wrong
    error: not signed in: there is no such application, or it is disabled
    error: not signed in: there is no such realm
    error: not signed in: there is no sign-in service at this address
    error: profile "staff": url = "http://keycloak.example": plain http is for this machine only: use https
    "#);
}

#[test]
fn an_address_that_is_nearly_right_is_told_apart() {
    let plain = url();
    let secure = tls_url();
    let port = |url: &str| url.rsplit(':').next().unwrap().to_owned();
    let said: Vec<String> = [
        ("http to a port of https", secure.replace("https://", "http://")),
        ("https to a port of http", plain.replace("http://", "https://")),
        ("a certificate that nobody knows", secure.clone()),
        ("nobody there", "http://127.0.0.1:1".to_owned()),
    ]
    .into_iter()
    .map(|(what, url)| {
        let place = place_at(&url, "kctest", "mfactl").with("MFACTL_CLIENT_SECRET", SECRET);
        let output = place.run(&["user", "show", "anybody", "--timeout", "30s"]);
        let error = output.stderr.lines().next().unwrap_or_default();
        let error = error
            .replace(&port(&secure), "SECURE")
            .replace(&port(&plain), "PLAIN");
        assert!(output.stderr.lines().count() <= 4, "{}", output.stderr);
        if what.starts_with("http to") {
            assert!(
                output.stderr.contains("has to begin with https"),
                "{}",
                output.stderr
            );
        }
        format!("{what}: {} {error}", output.code)
    })
    .collect();
    insta::assert_snapshot!(said.join("\n"), @"
    http to a port of https: 8 error: no answer from 127.0.0.1:SECURE: connection closed before message completed
    https to a port of http: 8 error: cannot connect securely to 127.0.0.1:PLAIN: it does not speak TLS
    a certificate that nobody knows: 8 error: cannot connect securely to 127.0.0.1:SECURE: its certificate is not trusted: no root that is known here has issued it
    nobody there: 8 error: cannot connect to 127.0.0.1:1: connection refused (os error 111)
    ");
    let trusted = configured(&format!(
        "service = \"keycloak\"\nurl = \"{secure}\"\nrealm = \"kctest\"\nclient_id = \"mfactl\"\nauth = \"client-secret\"\n\
         ca_bundle = \"{}/tls.pem\"\n",
        told("MFACTL_LIVE_HOME")
    ));
    let person = Person::with_two("secure");
    let rows = trusted
        .with("MFACTL_CLIENT_SECRET", SECRET)
        .json(&["methods", "list", &person.name]);
    assert_eq!(rows.as_array().unwrap().len(), 2);
}

#[test]
fn what_keycloak_lacks_is_refused_with_what_to_do_instead() {
    let person = Person::new("lacks");
    let place = place();
    for line in [
        &[
            "methods",
            "add",
            "phone",
            &person.name,
            "--number",
            "+31612345678",
        ][..],
        &[
            "methods",
            "add",
            "temporary-pass",
            &person.name,
            "--secrets-out",
            "-",
        ],
    ] {
        let refused = place.try_change(line).exits(5);
        assert_eq!(refused.error_code(), "unsupported", "{line:?}");
        assert!(
            refused.error()["hint"]
                .as_str()
                .is_some_and(|hint| !hint.is_empty())
        );
    }
    // What nobody has needs no refusal.
    for line in [
        &["app-passwords", "reset", &person.name, "--all"][..],
        &["devices", "forget", &person.name],
    ] {
        let result = place.change(line);
        assert_eq!(result["summary"]["users"]["unchanged"], 1, "{line:?}: {result}");
    }
}

#[test]
fn a_reset_for_which_the_right_is_missing_is_refused_and_never_left_to_hands() {
    let person = Person::with_two("unfit");
    let place = place_of("reader");
    for more in [&[][..], &["--dry-run"], &["--playbook", "new-phone"]] {
        let line = [&["user", "reset", &person.name][..], more].concat();
        let refused = place.try_change(&line).exits(4);
        assert_eq!(refused.error_code(), "permission_missing", "{}", refused.stderr);
        assert!(
            refused.stderr.contains("--rolename manage-users"),
            "{}",
            refused.stderr
        );
    }
    assert_eq!(person.labels("otp"), ["old", "new"]);
    assert!(person.required().is_empty());
}

#[test]
fn a_server_under_a_path_is_asked_there_alone() {
    let under = under_a_path(&url());
    let place = place_at(&under, "kctest", "mfactl").with("MFACTL_CLIENT_SECRET", SECRET);
    let person = Person::with_two("under");
    assert_eq!(
        place
            .json(&["methods", "list", &person.name])
            .as_array()
            .unwrap()
            .len(),
        2
    );
    place.change(&["user", "reset", &person.name]);
    assert_eq!(person.required(), ["CONFIGURE_TOTP"]);
    let rows = place.run(&["doctor", "-o", "json"]).exits(0).value();
    let failed = |row: &&serde_json::Value| row["state"] == "fail";
    assert_eq!(rows.as_array().unwrap().iter().find(failed), None, "{rows}");
    place.run(&["policy", "show"]).exits(0);
    // Without its path, and with more than it: nobody there signs anybody in.
    let origin = under.strip_suffix("/some/where").unwrap();
    for wrong in [
        origin.to_owned(),
        format!("{under}/admin"),
        format!("{under}/realms/kctest"),
    ] {
        let place = place_at(&wrong, "kctest", "mfactl").with("MFACTL_CLIENT_SECRET", SECRET);
        let refused = place.run(&["user", "show", &person.name]).exits(4);
        let said = "error: not signed in: there is no sign-in service at this address";
        assert_eq!(refused.stderr.lines().next(), Some(said), "{wrong}");
    }
}
