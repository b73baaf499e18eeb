//! What is registered across the organization: S22.

use serde_json::{Value, json};

use crate::environment::Environment;

const REPORT: &str = "/v1.0/reports/authenticationMethods/userRegistrationDetails?$top=999";

fn users(rows: &Value) -> Vec<String> {
    let mut users: Vec<String> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["user"].as_str().unwrap().to_owned())
        .collect();
    users.sort();
    users
}

/// Sign-in names of the enabled members of whom this is so.
fn told(rows: &[Value], enabled: &[Value], so: impl Fn(&Value) -> bool) -> Vec<String> {
    let mut users: Vec<String> = rows
        .iter()
        .filter(|row| row["userType"] == "member" && enabled.contains(&row["id"]) && so(row))
        .map(|row| row["userPrincipalName"].as_str().unwrap().to_owned())
        .collect();
    users.sort();
    users
}

fn has(row: &Value, words: &[&str]) -> bool {
    let registered = row["methodsRegistered"].as_array().unwrap();
    words.iter().any(|word| registered.contains(&json!(word)))
}

#[test]
fn s22_the_report_says_who_has_what_and_feeds_the_next_command() {
    let place = Environment::new();
    let server = place.serve(&[]);
    let witness = server.witness();
    let rows = witness.list(REPORT);
    let enabled: Vec<Value> = witness
        .list("/v1.0/users?$filter=accountEnabled%20eq%20true&$select=id&$top=999")
        .into_iter()
        .map(|mut user| user["id"].take())
        .collect();
    let expected = |so: &dyn Fn(&Value) -> bool| told(&rows, &enabled, so);
    for seen in [
        place.clone(),
        place.over(&server, "local"),
        place.over(&server, "entra"),
    ] {
        let report = |more: &[&str]| users(&seen.json(&[&["report", "registration"], more].concat()));
        assert_eq!(report(&[]), expected(&|_| true));
        assert_eq!(
            report(&["--without", "mfa"]),
            expected(&|row| row["isMfaRegistered"] == false)
        );
        assert_eq!(
            report(&["--without", "passkey", "--admins"]),
            expected(&|row| row["isAdmin"] == true && !has(row, &["fido2", "passKeyDeviceBound"]))
        );
        assert_eq!(
            report(&["--method", "phone"]),
            expected(&|row| has(row, &["mobilePhone", "alternateMobilePhone", "officePhone"]))
        );
        assert_eq!(
            report(&["--include", "disabled,guests"]).len(),
            rows.len(),
            "everybody"
        );
        let totals = seen.json(&["report", "registration", "--summary"]);
        assert_eq!(totals["people"], expected(&|_| true).len());
        let phones = ["mobilePhone", "alternateMobilePhone", "officePhone"];
        let by_phone_alone = |row: &Value| {
            let all = row["methodsRegistered"].as_array().unwrap();
            let mut signs_in = all
                .iter()
                .filter(|word| *word != "email" && *word != "password")
                .peekable();
            signs_in.peek().is_some() && signs_in.all(|word| phones.contains(&word.as_str().unwrap()))
        };
        assert_eq!(totals["phone_only"], expected(&by_phone_alone).len());
    }

    // Rows go into the next command as they are, in both forms: fen has a text message and nothing else.
    for form in ["csv", "ndjson"] {
        let rows = place
            .run(&["report", "registration", "--method", "phone:mobile", "-o", form])
            .exits(0)
            .stdout;
        assert!(rows.contains("fen@contoso.example"), "{rows}");
        let checked = place
            .feed(&["user", "sign-out", "--from", "-", "--check"], &rows)
            .exits(0);
        assert!(!checked.stderr.contains("not used"), "{}", checked.screen());
    }
    let rows = place
        .run(&["report", "registration", "--without", "mfa", "-o", "csv"])
        .exits(0)
        .stdout;
    let result = place
        .feed(
            &[
                "methods",
                "add",
                "temporary-pass",
                "--from",
                "-",
                "--secrets-out",
                "-",
                "--yes",
                "-o",
                "json",
            ],
            &rows,
        )
        .exits(0)
        .value();
    assert_eq!(
        result["summary"]["users"]["done"],
        expected(&|row| row["isMfaRegistered"] == false).len()
    );
}

#[test]
fn s22_without_the_licence_people_are_read_one_by_one_and_it_is_named() {
    let place = Environment::new();
    let rules = place.write(
        "faults.toml",
        "[[rule]]\npath = \"/reports/**\"\nstatus = 403\ncode = \"Authentication_RequestFromNonPremiumTenantOrB2CTenant\"\n",
    );
    let plain = place.serve(&[]);
    let poor = place.serve(&["--faults", &rules]);
    for more in [
        &[][..],
        &["--without", "mfa"],
        &["--admins"],
        &["--method", "phone"],
        &["--include", "disabled,guests"],
    ] {
        let line = [&["report", "registration"], more].concat();
        let reported = place.over(&plain, "entra").json(&line);
        let output = place
            .over(&poor, "entra")
            .run(&[&line[..], &["-o", "json"]].concat())
            .exits(0);
        assert!(
            output
                .stderr
                .contains("has no registration report, which takes Microsoft Entra ID P1 or P2"),
            "{}",
            output.screen()
        );
        let read = output.value();
        assert_eq!(users(&read), users(&reported), "{more:?}");
        for row in read.as_array().unwrap() {
            let same = reported
                .as_array()
                .unwrap()
                .iter()
                .find(|other| other["user"] == row["user"])
                .unwrap();
            let kinds = |row: &Value| -> Vec<Value> {
                let all = row["methods"].as_array().unwrap().iter();
                // The report counts passes that have ended, and knows nothing of badges.
                all.filter(|kind| !["temporary-pass", "qr-pin"].contains(&kind.as_str().unwrap()))
                    .cloned()
                    .collect()
            };
            assert_eq!(kinds(row), kinds(same));
            for key in [
                "user_id",
                "display_name",
                "enabled",
                "guest",
                "admin",
                "mfa_registered",
            ] {
                assert_eq!(row[key], same[key], "{key} of {row}");
            }
            assert_eq!(row["source"], "per_user");
        }
    }
}

#[test]
fn s22_the_page_is_whole_private_and_never_over_another_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Environment::new();
    let page = place.path("page.html");
    let name = page.to_str().unwrap().to_owned();
    let output = place.run(&["report", "registration", "--html", &name]).exits(0);
    assert!(
        output.stdout.contains("can verify a sign-in"),
        "{}",
        output.screen()
    );
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(html.starts_with("<!doctype html>") && html.trim_end().ends_with("</html>"));
    assert!(html.contains("adele@contoso.example"));
    // What mallory wrote into a name is text, and steers nothing.
    assert!(html.contains("=HYPERLINK(&quot;http:"), "{html}");
    assert!(!html.contains('\u{1b}'), "no control character");
    assert_eq!(
        std::fs::metadata(&page).unwrap().permissions().mode() & 0o777,
        0o600
    );

    let again = place
        .run(&["report", "registration", "--html", &name, "-o", "json"])
        .exits(1);
    assert_eq!(again.error_code(), "file_unreadable");
    assert_eq!(std::fs::read_to_string(&page).unwrap(), html, "not touched");

    // Rows and page from one reading; charts alone; the page on stdout.
    let both = place.path("both.html");
    let rows = place
        .run(&[
            "report",
            "registration",
            "-o",
            "ndjson",
            "--html",
            both.to_str().unwrap(),
        ])
        .exits(0)
        .stdout;
    assert_eq!(
        std::fs::read_to_string(&both)
            .unwrap()
            .matches("<tr class")
            .count()
            + 1,
        rows.lines().count()
    );
    let charts = place
        .run(&["report", "registration", "--summary", "--html", "-"])
        .exits(0)
        .stdout;
    assert!(
        charts.starts_with("<!doctype html>") && !charts.contains("adele"),
        "{charts}"
    );
    let refused = place
        .run(&["report", "registration", "--html", "-", "-o", "csv"])
        .exits(2);
    assert!(refused.stderr.contains("stdout can hold"), "{}", refused.screen());

    // A reading that broke off leaves no page behind.
    let rules = place.write("faults.toml", "[[rule]]\npath = \"/reports/**\"\nstatus = 403\n");
    let server = place.serve(&["--faults", &rules]);
    let half = place.path("half.html");
    place
        .over(&server, "entra")
        .run(&["report", "registration", "--html", half.to_str().unwrap()])
        .exits(4);
    assert!(!half.exists());
    let left: Vec<_> = std::fs::read_dir(half.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| name.to_string_lossy().starts_with(".tmp"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}
