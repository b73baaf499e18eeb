//! One read on several profiles: whose each row is, what happens when one fails, and that a change is for one.

use insta::assert_snapshot;

use crate::environment::Environment;
use crate::server::Server;

const ADELE: &str = "adele@contoso.example";

/// Two profiles of a server that answers, one that is not signed in, and the one that they extend.
fn place(server: &Server, seeded: &Environment) -> Environment {
    let text = format!(
        "[profiles.msp]\nservice = \"local\"\nurl = \"{}\"\nauthority = \"{}\"\nclient_id = \"{}\"\nauth = \"client-secret\"\n\
         [profiles.msp-a]\nextends = \"msp\"\ntenant = \"{tenant}\"\n\
         [profiles.msp-b]\nextends = \"msp\"\ntenant = \"{tenant}\"\n\
         [profiles.out]\nextends = \"msp\"\ntenant = \"{tenant}\"\nauth = \"password\"\n",
        server.graph,
        server.authority,
        server.client_id,
        tenant = server.tenant
    );
    seeded.configure(&text);
    seeded
        .without_profile()
        .with("MFACTL_CLIENT_SECRET", &server.client_secret)
}

#[test]
fn rows_of_several_profiles_say_whose_they_are() {
    let seeded = Environment::new();
    let server = seeded.serve(&[]);
    let place = place(&server, &seeded);
    assert_snapshot!(place.run(&["-p", "msp-b,msp-a", "user", "search", "adele"]).screen(), @"
    PROFILE  USER                   NAME         STATE    KIND
    msp-b    adele@contoso.example  Adele Vance  enabled  member
    msp-a    adele@contoso.example  Adele Vance  enabled  member
    · 1 person in msp-b
    · 1 person in msp-a
    · 2 of 2 profiles answered
    exit 0
    ");
    let rows = place.json(&["-p", "msp-*", "methods", "list", ADELE]);
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), 8);
    assert!(
        rows[..4]
            .iter()
            .all(|row| row["profile"] == "msp-a" && row["tenant"] == *server.tenant)
    );
    assert!(rows[4..].iter().all(|row| row["profile"] == "msp-b"));
    let names = place.run(&[
        "-p",
        "msp-*",
        "methods",
        "list",
        ADELE,
        "--jq",
        "[.[].profile] | unique | .[]",
    ]);
    assert_eq!(names.exits(0).stdout, "msp-a\nmsp-b\n");
    // The variable is a list too, and what is no list of rows becomes one.
    let by_variable = place.with("MFACTL_PROFILE", "msp-*");
    let policies = by_variable.json(&["policy", "show"]);
    assert_eq!(
        (&policies[0]["profile"], &policies[1]["profile"]),
        (&"msp-a".into(), &"msp-b".into())
    );
    let capabilities = by_variable.json(&["capabilities"]);
    assert_eq!(capabilities[0]["profile"], "msp-a");
    assert_eq!(capabilities[0]["tenant"], *server.tenant);
    // Who has nothing to do with profiles does not mind.
    by_variable.run(&["profile", "list"]).exits(0);
    let csv = place
        .run(&["-p", "msp-*", "user", "search", "adele", "-o", "csv"])
        .exits(0);
    let lines: Vec<&str> = csv.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{}", csv.stdout);
    assert!(lines[0].starts_with("profile,tenant,user") && lines[1].starts_with("msp-a,"));
}

#[test]
fn one_that_fails_is_an_error_and_the_others_answer() {
    let seeded = Environment::new();
    let server = seeded.serve(&[]);
    let place = place(&server, &seeded);
    assert_snapshot!(place.run(&["-p", "out,msp-a", "user", "search", "adele"]).screen(), @r#"
    PROFILE  USER                   NAME         STATE    KIND
    msp-a    adele@contoso.example  Adele Vance  enabled  member
    · 1 person in msp-a
    · 1 of 2 profiles answered
    · error: profile "out": no sign-in name
    · hint: set MFACTL_USERNAME, or username in the profile
    exit 7
    "#);
    let lines = place
        .run(&["-p", "out,msp-a", "user", "search", "adele", "-o", "ndjson"])
        .exits(7);
    let types: Vec<String> = lines
        .stdout
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["type"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(types, ["error", "user", "summary"]);
    assert_eq!(lines.error_code(), "not_signed_in");
    let none = place.run(&["-p", "out,nobody", "user", "search", "adele", "-o", "json"]);
    assert_eq!((none.stdout.as_str(), none.code), ("", 1), "their codes differ");
    let error = place.run(&["-p", "out,nobody", "user", "search", "adele"]).stderr;
    assert!(
        error.contains("error: there is no profile \"nobody\"\n"),
        "{error}"
    );
    place.run(&["-p", "out,out", "user", "search", "adele"]).exits(4);
}

#[test]
fn a_change_with_a_list_is_refused_with_the_commands_to_type() {
    let seeded = Environment::new();
    let server = seeded.serve(&[]);
    let place = place(&server, &seeded);
    assert_snapshot!(place.run(&["user", "sign-out", ADELE, "--yes", "-p", "msp-*"]).screen(), @r#"
    · error: this is for one profile, and -p means 2 profiles
    ·   msp-a  mfactl -p msp-a user sign-out adele@contoso.example --yes
    ·   msp-b  mfactl -p msp-b user sign-out adele@contoso.example --yes
    · hint: mfactl -p msp-a user sign-out adele@contoso.example --yes
    exit 2
    "#);
    assert_snapshot!(place.run(&["-p", "nix-*", "methods", "list", ADELE]).screen(), @r#"
    · error: no profile matches "nix-*"
    · hint: profiles are: msp, msp-a, msp-b, out
    exit 2
    "#);
    let twice = place
        .run(&["-p", "msp-*", "methods", "list", "--from", "-"])
        .exits(2);
    assert!(twice.stderr.contains("read once"), "{}", twice.stderr);
}
