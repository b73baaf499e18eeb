//! `doctor` against a running server, with less than it needs in each place: what it says, and how it ends.

use insta::assert_snapshot;
use rustix::process::Signal;
use serde_json::Value;

use crate::environment::{Environment, Output};
use crate::server::Server;

const HELPDESK: &str = "helpdesk@contoso.example";

/// The screen without what differs each time, and without the widths of columns.
fn screen(place: &Environment, server: Option<&Server>, output: &Output) -> String {
    let home = place.path("home");
    let mut text = output
        .screen()
        .replace(home.parent().unwrap().to_str().unwrap(), "[DIR]");
    if let Some(server) = server {
        let address = server.graph.trim_start_matches("http://");
        text = text
            .replace(address, "[HOST]")
            .replace(&server.tenant, "[TENANT]")
            .replace(&server.client_id, "[APP]");
    }
    let lines = text.lines().map(|line| {
        let cells: Vec<&str> = line
            .split("  ")
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .collect();
        let line = cells.join(" | ");
        match line.split_once(", until ") {
            Some((before, after)) => {
                let rest = after.split_once(" | ").map(|(_, rest)| rest).unwrap_or_default();
                format!("{before}, until [TIME] | {rest}")
            }
            None => line,
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The row of a check, and of what.
#[track_caller]
fn row(rows: &Value, check: &str, about: Option<&str>) -> Value {
    let found = rows.as_array().unwrap().iter().find(|row| {
        row["check"] == check && about.is_none_or(|about| row["about"] == about) && row["state"] != "ok"
    });
    found
        .unwrap_or_else(|| panic!("no {check} {about:?} in {rows:#}"))
        .clone()
}

fn configured(text: &str, mode: u32) -> Environment {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Environment::empty().without_profile();
    let file = place.configure(text);
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
    place
}

#[test]
fn without_a_profile_it_says_what_to_do_and_skips_the_rest() {
    let place = Environment::empty().without_profile();
    assert_snapshot!(screen(&place, None, &place.run(&["doctor"])), @"
    STATE | CHECK | ABOUT | DETAIL | MEND
    ok | config | - | no [DIR]/config/mfactl/config.toml: variables and the built-in profile serve | -
    fail | profile | - | no profile was chosen | for your organization: mfactl profile add, or write [profiles.NAME] in [DIR]/config/mfactl/config.toml, and add -p NAME; to try it with demo data, add -p local
    skipped | proxy | - | needs a profile that can be used | -
    skipped | dns | - | needs a profile that can be used | -
    skipped | connect | - | needs a profile that can be used | -
    skipped | tls | - | needs a profile that can be used | -
    skipped | clock | - | needs a profile that can be used | -
    skipped | sign-in | - | needs a profile that can be used | -
    skipped | right | - | needs a profile that can be used | -
    · 1 ok, 0 to see to, 1 failed, 7 skipped
    exit 2
    ");
}

#[test]
fn it_makes_nothing_not_even_the_demo_data() {
    let place = Environment::empty();
    let output = place.run(&["doctor", "--no-input"]).exits(0);
    assert!(
        output.stdout.contains("there is no demo data yet"),
        "{}",
        output.screen()
    );
    for folder in ["data", "state", "config"] {
        assert!(!place.path(folder).exists(), "{folder}");
    }
}

#[test]
fn the_built_in_service_has_all_rights_and_no_network() {
    let place = Environment::new();
    let rows = place.json(&["doctor"]);
    for row in rows.as_array().unwrap() {
        assert!(matches!(row["state"].as_str(), Some("ok" | "skipped")), "{row}");
        assert_eq!(row["exit_code"], 0);
    }
}

#[test]
fn an_application_with_all_rights_is_fine() {
    let place = Environment::new();
    let server = place.serve(&["--graph-only"]);
    let entra = place.over(&server, "entra");
    assert_snapshot!(screen(&place, Some(&server), &entra.run(&["doctor"])), @"
    STATE | CHECK | ABOUT | DETAIL | MEND
    ok | config | - | no [DIR]/config/mfactl/config.toml: variables and the built-in profile serve | -
    ok | profile | env | entra, tenant [TENANT]; chosen by MFACTL_SERVICE | -
    ok | changes | - | for 25 people at most in one command, by the guard | -
    ok | proxy | - | none: the service is on this machine | -
    skipped | dns | [HOST] | it is an address, no name | -
    ok | connect | [HOST] | answers | -
    skipped | tls | [HOST] | plain http, which never leaves this machine | -
    ok | tenant | - | [TENANT] is known at [HOST] | -
    ok | clock | - | agrees with [HOST] | -
    ok | sign-in | - | as [APP], by client-secret, until [TIME] | -
    ok | service | - | takes the token | -
    ok | right | user search | User.Read.All | -
    ok | right | user show | User.Read.All, UserAuthenticationMethod.Read.All | -
    ok | right | methods list | UserAuthenticationMethod.Read.All | -
    ok | right | devices list | User.Read.All | -
    ok | right | policy show | Policy.Read.AuthenticationMethod | -
    ok | right | report registration | AuditLog.Read.All, User.Read.All; takes Microsoft Entra ID P1 or P2 | -
    ok | right | --group | GroupMember.Read.All | -
    ok | right | privileged people, for guards | RoleManagement.Read.Directory | -
    ok | right | per-user MFA, shown | Policy.Read.All | -
    ok | right | user reset | UserAuthenticationMethod.ReadWrite.All, User.RevokeSessions.All | -
    ok | right | methods remove | UserAuthenticationMethod.ReadWrite.All | -
    ok | right | methods add phone | UserAuthenticationMethod.ReadWrite.All | -
    ok | right | methods add email | UserAuthenticationMethod.ReadWrite.All | -
    ok | right | methods add temporary-pass | UserAuthenticationMethod.ReadWrite.All | -
    ok | right | methods add passkey | UserAuthenticationMethod.ReadWrite.All | -
    ok | right | methods add external | UserAuthenticationMethod.ReadWrite.All | -
    ok | right | methods add hardware-token | UserAuthenticationMethod.ReadWrite.All, Policy.Read.AuthenticationMethod | -
    ok | right | methods add qr-pin | UserAuthenticationMethod.ReadWrite.All | -
    ok | right | hardware-tokens list | Policy.Read.AuthenticationMethod | -
    ok | right | hardware-tokens import | Policy.ReadWrite.AuthenticationMethod | -
    ok | right | methods set-default | UserAuthenticationMethod.ReadWrite.All | -
    ok | right | user sign-out | User.RevokeSessions.All | -
    warn | right | user reset-password | the token does not say whether the role Privileged Authentication Administrator is held | where it is refused, the role Privileged Authentication Administrator is what lacks
    warn | right | user disable, enable | the token does not say whether the role Privileged Authentication Administrator is held | where it is refused, the role Privileged Authentication Administrator is what lacks
    ok | right | user set-mfa-state | Policy.ReadWrite.AuthenticationMethod | -
    ok | right | devices disable, enable | Device.ReadWrite.All | -
    · 33 ok, 2 to see to, 0 failed, 2 skipped
    exit 0
    ");
    let lines = entra.run(&["doctor", "-o", "ndjson"]).exits(0).stdout;
    let last: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!((&last["type"], &last["warn"]), (&"summary".into(), &2.into()));
    let csv = entra.run(&["doctor", "-o", "csv"]).exits(0).stdout;
    assert!(
        csv.starts_with("check,about,state,detail,mend,code,exit_code"),
        "{csv}"
    );
}

#[test]
fn what_a_lesser_account_lacks_is_named_as_the_refusal_names_it() {
    let place = Environment::new();
    let password = place.person(HELPDESK).password().to_owned();
    let server = place.serve(&["--graph-only"]);
    let desk = place
        .over(&server, "entra")
        .with("MFACTL_AUTH", "password")
        .with("MFACTL_USERNAME", HELPDESK)
        .with("MFACTL_PASSWORD", &password);
    // The help desk may read and remove; what it lacks is more than it needs.
    let rows = desk.json(&["doctor"]);
    let policy = row(&rows, "right", Some("policy show"));
    assert_eq!(
        (&policy["state"], &policy["code"]),
        (&"warn".into(), &Value::Null)
    );
    let refused = desk.run(&["policy", "show", "-o", "json"]).exits(4);
    assert_eq!(refused.error()["message"], policy["detail"]);
    assert_eq!(policy["detail"], "needs Global Reader");
    let report = row(&rows, "right", Some("report registration"));
    assert!(
        report["mend"].as_str().unwrap().contains("Reports Reader"),
        "{report}"
    );
    assert!(
        report["detail"].as_str().unwrap().contains("P1 or P2"),
        "{report}"
    );
}

#[test]
fn each_thing_that_is_wrong_has_its_line_and_its_exit_status() {
    let place = Environment::new();
    let mut server = place.serve(&["--graph-only"]);
    let entra = place.over(&server, "entra");
    let failed = |place: &Environment, check: &str, exit: i32| {
        let output = place.run(&["doctor", "-o", "json"]).exits(exit);
        let rows = output.value();
        let failed = |row: &&Value| row["check"] == check && row["state"] == "fail";
        let row = rows.as_array().unwrap().iter().find(failed);
        let row = row.unwrap_or_else(|| panic!("{check} did not fail: {rows:#}"));
        assert_eq!(row["exit_code"], exit, "{row}");
        assert!(row["mend"].as_str().is_some_and(|mend| !mend.is_empty()), "{row}");
        row["detail"].as_str().unwrap().to_owned()
    };

    let secret = entra.with("MFACTL_CLIENT_SECRET", "not-this");
    let said = failed(&secret, "sign_in", 4);
    assert_eq!(said, "not signed in: the client secret is wrong (AADSTS7000215)");
    assert!(!secret.run(&["doctor", "-vvv"]).screen().contains("not-this"));

    const OTHER: &str = "11111111-1111-4111-8111-111111111111";
    let tenant = entra
        .with("MFACTL_TENANT", OTHER)
        .with("MFACTL_AUTHORITY", &format!("{}/{OTHER}", server.graph));
    assert!(failed(&tenant, "tenant", 4).contains("knows no tenant"));

    let clear = entra.with("MFACTL_URL", "http://graph.example");
    assert!(failed(&clear, "profile", 2).contains("plain http is for this machine only"));

    let secure = entra.with("MFACTL_URL", &server.graph.replace("http://", "https://"));
    let said = failed(&secure, "tls", 8);
    assert!(said.contains("does not speak TLS"), "{said}");

    let nobody = entra.with("MFACTL_CLIENT_SECRET", "");
    assert!(
        nobody
            .run(&["doctor"])
            .exits(4)
            .stdout
            .contains("MFACTL_CLIENT_SECRET")
    );

    server.end(Signal::INT);
    assert!(failed(&entra, "connect", 8).contains("connection refused"));
}

#[test]
fn a_clock_that_is_ten_minutes_off_is_told_by_the_token() {
    let place = Environment::new();
    place.advance("10m");
    let server = place.serve(&["--graph-only"]);
    let output = place
        .over(&server, "entra")
        .run(&["doctor", "-o", "json"])
        .exits(1);
    let clock = row(&output.value(), "clock", None);
    assert_eq!(clock["state"], "fail");
    let detail = clock["detail"].as_str().unwrap();
    assert!(
        detail.contains("behind that of whoever made the token"),
        "{detail}"
    );
    assert!(clock["mend"].as_str().unwrap().contains("set-ntp"));
}

#[test]
fn the_file_of_profiles_is_looked_at_first() {
    let wrong = configured("[profiles.x]\nservise = \"entra\"\n", 0o600);
    let output = wrong.run(&["doctor", "-o", "json"]).exits(2);
    let config = row(&output.value(), "config", None);
    let detail = config["detail"].as_str().unwrap();
    assert!(
        detail.contains("config.toml:2:1") && detail.contains("servise"),
        "{detail}"
    );
    assert!(
        format!("{}{}", config["mend"], detail).contains("service"),
        "{config}"
    );

    let open = configured("", 0o644);
    let config = row(&open.run(&["doctor", "-o", "json"]).value(), "config", None);
    assert_eq!(config["state"], "warn");
    assert!(
        config["mend"].as_str().unwrap().starts_with("chmod 600 "),
        "{config}"
    );

    let written = configured("", 0o666);
    let config = row(
        &written.run(&["doctor", "-o", "json"]).exits(2).value(),
        "config",
        None,
    );
    assert_eq!(config["code"], "config_invalid");
}

#[test]
fn a_pattern_of_tickets_that_cannot_be_read_is_told_before_a_change_stumbles_over_it() {
    let place = configured("[profiles.local.guard]\nticket_pattern = \"INC((\"\n", 0o600);
    let rows = place
        .run(&["-p", "local", "doctor", "-o", "json"])
        .exits(2)
        .value();
    let changes = row(&rows, "changes", None);
    assert_eq!(
        (&changes["state"], &changes["detail"]),
        (&"fail".into(), &"ticket_pattern \"INC((\" cannot be read".into())
    );
}

#[test]
fn several_profiles_are_looked_at_side_by_side() {
    let place = configured(
        "[profiles.a]\nservice = \"entra\"\n[profiles.b]\nservice = \"local\"\n",
        0o600,
    );
    let output = place.run(&["-p", "local,a", "doctor", "-o", "json"]).exits(7);
    let rows = output.value();
    let whose: std::collections::BTreeSet<&str> = rows
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|row| row["profile"].as_str())
        .collect();
    assert_eq!(whose.into_iter().collect::<Vec<_>>(), ["a", "local"]);
    assert!(
        row(&rows, "profile", None)["detail"]
            .as_str()
            .unwrap()
            .contains("tenant is missing")
    );
}

#[test]
fn the_password_of_a_proxy_is_never_told() {
    let place = Environment::empty()
        .without_profile()
        .with("MFACTL_SERVICE", "entra")
        .with("MFACTL_TENANT", "contoso.example")
        .with("MFACTL_CLIENT_ID", "app")
        .with("MFACTL_AUTH", "client-secret")
        .with("MFACTL_CLIENT_SECRET", "s3cr3t")
        .with("MFACTL_PROXY", "http://rita:hunter2@127.0.0.1:9");
    for form in ["table", "json"] {
        let output = place.run(&["doctor", "-vvv", "-o", form]).exits(8);
        assert!(
            output.stdout.contains("http://127.0.0.1:9, by MFACTL_PROXY"),
            "{}",
            output.screen()
        );
        assert!(!output.screen().contains("hunter2") && !output.screen().contains("s3cr3t"));
    }
}

#[test]
fn what_is_assumed_of_graph_is_looked_at_by_reads_alone() {
    let place = Environment::new();
    let server = place.serve(&["--graph-only"]);
    let entra = place.over(&server, "entra");
    let output = entra
        .run(&["doctor", "--verify-assumptions", "-o", "json"])
        .exits(0);
    let rows = output.value();
    let verdicts: std::collections::BTreeMap<&str, &str> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["id"].as_str().unwrap(), row["verdict"].as_str().unwrap()))
        .collect();
    for id in ["absent-method", "method-types", "report-words", "search-quotes"] {
        assert_eq!(verdicts[id], "confirmed", "{rows:#}");
    }
    // The application sees every number whole, and what only a change shows is not tried.
    for id in ["masked-numbers", "phone-rule-errors", "default-not-registered"] {
        assert_eq!(verdicts[id], "cannot_tell", "{rows:#}");
    }
    assert!(!verdicts.values().any(|verdict| *verdict == "contradicted"));
    let table = entra.run(&["doctor", "--verify-assumptions"]).exits(0);
    assert!(table.stdout.starts_with("VERDICT"), "{}", table.screen());
    assert!(
        table.stderr.contains(" confirmed, 0 contradicted, "),
        "{}",
        table.screen()
    );
}

#[test]
fn the_embedded_service_is_as_assumed() {
    let place = Environment::new();
    let rows = place.json(&["doctor", "--verify-assumptions"]);
    let row = rows
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["id"] == "absent-method");
    assert_eq!(row.unwrap()["verdict"], "confirmed", "{rows:#}");
}
