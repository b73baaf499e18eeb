//! Profiles that are made of variables alone, against a running server: as `local`, as `entra`, as an application and
//! as somebody of the help desk.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::environment::Environment;

// Whole sign-in names: variables give a profile no domain to complete them with.
const ADELE: &str = "adele@contoso.example";
const BREAKGLASS: &str = "breakglass@contoso.example";
const CHIDI: &str = "chidi@contoso.example";
const HELPDESK: &str = "helpdesk@contoso.example";
const OMAR: &str = "omar@contoso.example";

/// The statuses of a result, by target.
fn status(result: &Value, target: &str) -> String {
    let steps = result["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["target"] == target);
    step.unwrap_or_else(|| panic!("no {target} in {result}"))["status"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_lost_phone_is_put_right_over_http() {
    let place = Environment::new();
    let server = place.serve(&[]);
    let remote = place.over(&server, "local");
    let adele = remote.person(ADELE);
    let (laptop, mail) = (adele.device(), adele.app_password("Outlook 2013"));
    adele.signs_in(&["--device", &laptop]).is("signed_in");
    remote.change(&["user", "reset", ADELE]);
    adele.signs_in(&["--device", &laptop]).is("verification_required");
    adele.tries(&["--app-password", &mail]).is("refused");
    adele.signs_in_by("sms").is("signed_in");
    assert_eq!(adele.received()["to"], "+1 4255550199");
}

#[test]
fn entra_has_no_call_for_app_passwords_and_says_what_is_left_by_hand() {
    let place = Environment::new();
    let adele = place.person(ADELE);
    let (laptop, mail, seed) = (
        adele.device(),
        adele.app_password("Outlook 2013"),
        adele.seed("iPhone 14"),
    );
    let server = place.serve(&["--graph-only"]);
    let entra = place.over(&server, "entra");

    // Strict: refused before anything is sent.
    let before = server
        .witness()
        .list("/v1.0/users/adele@contoso.example/authentication/methods");
    let strict = entra.try_change(&["user", "reset", ADELE, "--strict"]).exits(5);
    assert_eq!(strict.error_code(), "unsupported");
    assert_eq!(
        server
            .witness()
            .list("/v1.0/users/adele@contoso.example/authentication/methods"),
        before
    );

    let result = entra.change(&["user", "reset", ADELE]);
    assert_eq!(status(&result, "app passwords"), "unsupported");
    assert_eq!(status(&result, "phone:mobile"), "done");
    assert_eq!(status(&result, "authenticator"), "done");
    assert_eq!(result["exit_code"], 0);
    let by_hand = result["by_hand"].as_array().unwrap();
    assert!(
        by_hand
            .iter()
            .any(|left| left["what"].as_str().unwrap().contains("app password")),
        "{result}"
    );
    assert!(by_hand.iter().all(|left| left["users"] == 1), "{result}");
    let table = entra.run(&["user", "reset", OMAR, "--yes"]).exits(0);
    assert!(table.stderr.contains("By hand"), "{}", table.screen());
    drop(server);

    // What was done is done: the phone opens nothing, the alternate number verifies, the laptop is asked again.
    assert_eq!(adele.methods(), ["phone:mobile", "email"]);
    adele.signs_in_by_code_of(&seed).is("refused");
    adele.signs_in_by("sms").is("signed_in");
    assert_eq!(adele.received()["to"], "+1 4255550199");
    adele.signs_in(&["--device", &laptop]).is("verification_required");
    // What is left by hand is left indeed.
    adele.tries(&["--app-password", &mail]).is("signed_in");
}

#[test]
fn what_entra_lacks_is_refused_with_what_to_do_instead_and_nothing_is_sent() {
    let place = Environment::new();
    let server = place.serve(&["--graph-only"]);
    let entra = place.over(&server, "entra");
    let refused: [&[&str]; 5] = [
        &["app-passwords", "list", ADELE],
        &["app-passwords", "reset", ADELE, "--all"],
        &["methods", "add", "totp", CHIDI, "--secrets-out", "-"],
        &["methods", "add", "questions", CHIDI],
        &["methods", "verify", ADELE, "phone:mobile"],
    ];
    let answers = r#"[{"question": "What was your first job?", "answer": "Paper round"}]"#;
    for command in refused {
        let change = if command[1] == "list" {
            vec![]
        } else {
            vec!["--yes"]
        };
        let output = entra
            .feed(&[command, &change, &["-o", "json"]].concat(), answers)
            .exits(5);
        assert_eq!(output.error_code(), "unsupported", "{command:?}");
        assert!(
            output.error()["hint"].is_string(),
            "{command:?}: {}",
            output.stderr
        );
        assert_eq!(output.stdout, "", "{command:?}");
    }
    let show = entra.json(&["user", "show", ADELE]);
    assert_eq!(
        show["app_passwords"],
        Value::Null,
        "not told is null, none would be []"
    );
    assert!(
        show["unknown"]
            .as_array()
            .unwrap()
            .iter()
            .any(|part| part["part"] == "app_passwords"),
        "{show}"
    );
}

#[test]
fn a_number_counts_at_once_with_graph_alone() {
    let place = Environment::new();
    let server = place.serve(&["--graph-only"]);
    let entra = place.over(&server, "entra");
    entra.change(&["methods", "add", "phone", CHIDI, "--number", "+31 612345678"]);
    assert_eq!(entra.json(&["methods", "list", CHIDI])[0]["state"], "ready");
    drop(server);
    let chidi = place.person(CHIDI);
    chidi.signs_in_by("sms").is("signed_in");
}

#[test]
fn the_help_desk_sees_masked_numbers_and_never_writes_them_back() {
    let place = Environment::new();
    let desk = place.person(HELPDESK).password().to_owned();
    let server = place.serve(&["--graph-only"]);
    let role = place
        .over(&server, "entra")
        .with("MFACTL_AUTH", "password")
        .with("MFACTL_USERNAME", "helpdesk@contoso.example")
        .with("MFACTL_PASSWORD", &desk);
    let rows = role.json(&["methods", "list", ADELE]);
    let phones: Vec<&Value> = rows
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["kind"].as_str().unwrap().starts_with("phone:"))
        .collect();
    assert_eq!(phones.len(), 2);
    for phone in phones {
        assert_eq!(phone["number"], Value::Null, "{phone}");
        let masked = phone["number_masked"].as_str().unwrap();
        assert!(masked.contains('X') || masked.contains('*'), "{masked}");
    }
    let shown = role.run(&["methods", "list", ADELE]).exits(0);
    assert!(
        !shown.stdout.contains("425 555 0100") && !shown.stdout.contains("4255550100"),
        "{}",
        shown.screen()
    );

    // A masked number is not known, so that it cannot be promoted: what is written is never a mask.
    let result = role.try_change(&["user", "reset", ADELE]);
    let numbers = server
        .witness()
        .list("/v1.0/users/adele@contoso.example/authentication/phoneMethods");
    for phone in &numbers {
        let number = phone["phoneNumber"].as_str().unwrap();
        assert!(
            ["+1 4255550100", "+1 4255550199"].contains(&number),
            "{number}\n{}",
            result.screen()
        );
    }
    // Another administrator is out of reach for this role.
    let above = role.try_change(&["user", "sign-out", BREAKGLASS]);
    assert_ne!(above.code, 0, "{}", above.screen());
}

#[test]
fn a_wrong_secret_is_not_signed_in() {
    let place = Environment::new();
    let server = place.serve(&[]);
    let wrong = place
        .over(&server, "local")
        .with("MFACTL_CLIENT_SECRET", "not-this");
    let output = wrong.run(&["methods", "list", ADELE, "-o", "json"]).exits(4);
    assert_eq!(output.error_code(), "not_signed_in");
    assert!(!output.screen().contains("not-this"));
}

#[test]
fn a_server_that_is_gone_is_unavailable() {
    let place = Environment::new();
    let mut server = place.serve(&[]);
    let remote = place.over(&server, "local").with("MFACTL_TIMEOUT", "2s");
    assert_eq!(server.end(Signal::INT), Some(0), "SIGINT ends it with 0");
    let output = remote.run(&["methods", "list", ADELE, "-o", "json"]).exits(8);
    assert_eq!(output.error()["retryable"], true, "{}", output.stderr);
}

#[test]
fn a_dry_run_shows_the_plan_and_changes_nothing() {
    let place = Environment::new();
    let server = place.serve(&[]);
    let remote = place.over(&server, "local");
    let before = remote.json(&["user", "show", ADELE]);
    let changes: [&[&str]; 6] = [
        &["user", "reset", ADELE],
        &["methods", "remove", ADELE, "--all", "--leave-none"],
        &[
            "methods",
            "add",
            "phone",
            ADELE,
            "--type",
            "office",
            "--number",
            "+1 4255550171",
        ],
        &["methods", "set-default", ADELE, "authenticator"],
        &["devices", "forget", ADELE],
        &["app-passwords", "reset", ADELE, "--all"],
    ];
    for change in changes {
        // A dry run never asks, so that it needs no answer.
        let planned = remote.json(&[change, &["--dry-run"]].concat());
        assert_eq!(planned["dry_run"], true, "{change:?}");
        let steps = planned["steps"].as_array().unwrap();
        assert!(
            !steps.is_empty() && steps.iter().all(|step| step["status"] == "planned"),
            "{change:?}: {planned}"
        );
        assert_eq!(planned["summary"]["steps"]["done"], json!(0));
    }
    assert_eq!(remote.json(&["user", "show", ADELE]), before);
}

#[test]
fn a_profile_in_a_file_completes_sign_in_names() {
    let place = Environment::new();
    let server = place.serve(&[]);
    let text = format!(
        "default_profile = \"here\"\n\n[profiles.here]\nservice = \"local\"\nurl = \"{}\"\nauthority = \"{}\"\n\
         tenant = \"{}\"\nclient_id = \"{}\"\nauth = \"client-secret\"\ndomain = \"contoso.example\"\nregion = \"NL\"\n",
        server.graph, server.authority, server.tenant, server.client_id
    );
    place.configure(&text);
    let here = place
        .without_profile()
        .with("MFACTL_CLIENT_SECRET", &server.client_secret);
    let rows = here.json(&["methods", "list", "adele"]);
    assert_eq!(rows[0]["profile"], "here");
    assert_eq!(rows[0]["user"], ADELE);
    // Its region reads national numbers.
    here.change(&["methods", "add", "phone", "chidi", "--number", "06 12345678"]);
    assert_eq!(
        place.person("chidi").method("phone:mobile")["number"],
        "+31612345678"
    );
}
