//! Many people: files, groups, filters, everybody, less some, in parts.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use serde_json::Value;

use crate::environment::{Environment, Output};

/// The screen, without the name of the folder, which changes from run to run.
fn screen(place: &Environment, output: &Output) -> String {
    let home = place.path("home");
    output
        .screen()
        .replace(home.parent().unwrap().to_str().unwrap(), "[DIR]")
}

/// Sign-in names of a result's rows, before the @.
fn users(result: &Value) -> BTreeSet<String> {
    result["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| {
            let user = step["user"].as_str().unwrap();
            user.split('@').next().unwrap().to_owned()
        })
        .collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Who would be signed out.
fn meant(place: &Environment, selector: &[&str]) -> BTreeSet<String> {
    let mut command = vec!["user", "sign-out", "-n"];
    command.extend(selector);
    users(&place.change(&command))
}

const STAFF: [&str; 9] = [
    "adele", "bas", "chidi", "dora", "emre", "eva", "fen", "omar", "zoe",
];

#[test]
fn a_first_line_that_names_a_person_is_no_heading() {
    let place = Environment::new();
    let bare = place.write("people.txt", "bas\nfen\n");
    for selector in [&["--from", &bare][..], &["--group", "Staff", "--except", &bare]] {
        let refused = place
            .run(&[&["user", "sign-out", "--yes"][..], selector].concat())
            .exits(2);
        assert!(
            refused.stderr.contains("\"bas\" is a person") && refused.stdout.is_empty(),
            "{}",
            refused.screen()
        );
    }
    let headed = place.write("people.csv", "Employee\nbas\nfen\n");
    assert_eq!(meant(&place, &["--from", &headed]), set(&["bas", "fen"]));
}

#[test]
fn what_is_about_rows_needs_a_file() {
    let place = Environment::new();
    for option in [&["--check"][..], &["--skip-invalid"], &["--column", "user=Name"]] {
        let line = [&["user", "sign-out", "--group", "Staff", "--yes"][..], option].concat();
        let refused = place.run(&line).exits(2);
        assert!(refused.stderr.contains("--from FILE"), "{}", refused.screen());
    }
}

#[test]
fn where_everybody_is_taken_out_it_says_so() {
    let place = Environment::new();
    let line = ["user", "sign-out", "bas", "fen", "--except", "bas,fen", "--yes"];
    let output = place.run(&line).exits(0);
    assert!(
        output
            .stderr
            .contains("Nobody is left to change: nothing was sent. Job j-"),
        "{}",
        output.screen()
    );
}

#[test]
fn a_quotation_mark_that_is_not_closed_is_found_at_its_row() {
    let place = Environment::new();
    let file = place.write(
        "open.csv",
        "user,number\nadele,+31 612345670\n\"bas,+31 612345678\nfen,+31 612345679\n",
    );
    let refused = place
        .run(&["methods", "add", "phone", "--from", &file, "--check"])
        .exits(2);
    assert!(
        refused.stderr.contains("open.csv:3:2: ") && refused.stderr.contains("is not closed"),
        "{}",
        refused.screen()
    );
}

#[test]
fn a_file_is_checked_whole_and_every_bad_row_is_named() {
    let place = Environment::new();
    let file = place.write(
        "numbers.csv",
        "user;Mobile;type\r\n\
         adele;\"=\"\"+31612345678\"\"\";mobile\r\n\
         bas;31612345679;mobile\r\n\
         chidi;3.16E+10;mobile\r\n\
         dora;;mobile\r\n\
         emre;+31 612345670;fax\r\n\
         fen;+31 612345671\r\n\
         adele;+31 612345672;mobile\r\n",
    );
    let command = [
        "methods",
        "add",
        "phone",
        "--from",
        &file,
        "--column",
        "number=Mobile",
    ];
    let check = place.run(&[&command[..], &["--check"]].concat()).exits(2);
    assert_eq!(check.stdout, "");
    assert_snapshot!(screen(&place, &check), @r#"
    · error: [DIR]/numbers.csv:2: 7 rows, 7 wrong
    ·   [DIR]/numbers.csv:2    line 8 names the same person, with other values: leave one of the two rows
    ·   [DIR]/numbers.csv:3:2  "31612345679" is not a phone number: it seems to have lost its plus: if +31 6 12345679 is meant, write it so; a spreadsheet drops the plus unless the column is text
    ·   [DIR]/numbers.csv:4:2  "3.16E+10" is not a phone number: a spreadsheet has rounded it, and its last digits are lost: make the column text in the spreadsheet, enter the number again, and save the file anew
    ·   [DIR]/numbers.csv:5    the row has no value for number: add a column "number", map one with --column number=NAME, or give --number
    ·   [DIR]/numbers.csv:6:3  "fax" is not a type of phone: one of: mobile, alternate, office
    ·   [DIR]/numbers.csv:7:3  the row has 2 cells, and the header 3: a text with the separator in it stands in quotation marks
    ·   [DIR]/numbers.csv:8    line 2 names the same person, with other values: leave one of the two rows
    exit 2
    "#);
    let body = place
        .run(&[&command[..], &["--check", "-o", "json"]].concat())
        .exits(2)
        .error();
    assert_eq!(body["matches"].as_array().unwrap().len(), 7);
    assert_eq!((&body["line"], &body["column"]), (&2.into(), &Value::Null));
    // Nothing is sent for any of it.
    let before = place.person("emre").methods();
    place.run(&[&command[..], &["--yes"]].concat()).exits(2);
    assert_eq!(place.person("emre").methods(), before);
}

#[test]
fn a_file_is_checked_without_a_profile() {
    let place = Environment::new().without_profile();
    let file = place.write(
        "numbers.csv",
        "user,number\nadele,+31612345678\nbas,+31 612345679\n",
    );
    let command = ["methods", "add", "phone", "--from", &file, "--check"];
    let output = place.run(&command).exits(0);
    assert!(
        output
            .stdout
            .ends_with("numbers.csv: 2 rows, 2 people, none wrong\n"),
        "{}",
        output.stdout
    );
    let value = place
        .run(&[&command[..], &["-o", "json"]].concat())
        .exits(0)
        .value();
    assert_eq!(
        (&value["rows"], &value["people"], &value["wrong"]),
        (&2.into(), &2.into(), &0.into())
    );
    // What it says is what its schema says, field by field.
    let schema = place.run(&["schema", "check"]).exits(0).value();
    let named = |object: &Value| -> Vec<String> { object.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(named(&value), named(&schema["properties"]));
    assert_eq!(schema["required"].as_array().unwrap().len(), named(&value).len());
}

#[test]
fn rows_that_are_wrong_can_be_left_out_and_are_reported() {
    let place = Environment::new();
    let file = place.write(
        "numbers.csv",
        "user,number\nchidi,+31 612345678\nfen,none\nnobody,+31 612345679\nzoe,+31 612345670\nzoe,+31 612345671\n",
    );
    let output = place
        .run(&[
            "methods",
            "add",
            "phone",
            "--from",
            &file,
            "--skip-invalid",
            "--yes",
            "-o",
            "json",
        ])
        .exits(7);
    let result = output.value();
    let rows: Vec<String> = result["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| {
            format!(
                "{} {}",
                step["user"].as_str().unwrap(),
                step["status"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            "chidi@contoso.example done",
            "fen skipped",
            "nobody skipped",
            "zoe skipped",
            "zoe skipped"
        ]
    );
    assert_eq!(result["steps"][2]["error"]["line"], 4);
    assert_eq!(place.person("chidi").methods(), ["phone:mobile"]);
}

#[test]
fn people_who_are_not_there_are_all_named_and_nothing_is_sent() {
    let place = Environment::new();
    let file = place.write(
        "people.csv",
        "user\nadele\nadel\nbas\nadele.vance@contoso.example\n",
    );
    let output = place
        .run(&["user", "sign-out", "--from", &file, "--yes"])
        .exits(3);
    assert_snapshot!(screen(&place, &output), @r#"
    · error: [DIR]/people.csv:3: 2 people are not there; nothing was sent
    ·   [DIR]/people.csv:3  there is no person "adel"
    ·   [DIR]/people.csv:5  there is no person "adele.vance@contoso.example"
    · hint: mfactl -p local user search adel
    exit 3
    "#);
}

#[test]
fn somebody_with_two_wishes_is_told_with_both_lines_and_the_same_wish_is_done_once() {
    let place = Environment::new();
    let file = place.write(
        "numbers.csv",
        "user,number\nchidi,+31 612345678\nfen,+31 612345679\nCHIDI@contoso.example,+31612345678\n",
    );
    let command = ["methods", "add", "phone", "--from", &file, "-n", "-o", "json"];
    let output = place.run(&command).exits(7);
    assert_eq!(
        output.value()["summary"]["users"]["selected"],
        2,
        "{}",
        output.screen()
    );
    assert!(
        output
            .stderr
            .contains("1 row names the same person and values again, first line 4")
    );
    let file = place.write(
        "numbers.csv",
        "user,number\nchidi,+31 612345678\nchidi,+31 612345679\n",
    );
    let output = place
        .run(&["methods", "add", "phone", "--from", &file, "--yes"])
        .exits(2);
    assert_snapshot!(screen(&place, &output), @r#"
    · error: [DIR]/numbers.csv:2: 2 of 2 rows are wrong; nothing was sent
    ·   [DIR]/numbers.csv:2  line 3 names the same person, with other values
    ·   [DIR]/numbers.csv:3  line 2 names the same person, with other values
    · hint: leave one of the two rows
    exit 2
    "#);
    // Two spellings of one person are only known when they were looked up.
    let shown = place.json(&["user", "show", "chidi"]);
    let id = shown["user_id"].as_str().unwrap();
    let text = format!("user,number\nchidi,+31 612345678\n{id},+31 612345679\n");
    let file = place.write("numbers.csv", &text);
    let output = place
        .run(&["methods", "add", "phone", "--from", &file, "--yes"])
        .exits(2);
    assert!(
        output
            .stderr
            .contains("numbers.csv:3: chidi@contoso.example is there twice"),
        "{}",
        output.stderr
    );
}

#[test]
fn a_list_that_this_program_wrote_can_be_fed_back() {
    let place = Environment::new();
    for form in ["ndjson", "csv"] {
        let list = place
            .run(&["methods", "list", "emre", "fen", "-o", form])
            .exits(0)
            .stdout;
        let output = place
            .feed(
                &[
                    "methods",
                    "remove",
                    "--from",
                    "-",
                    "-n",
                    "--leave-none",
                    "-o",
                    "json",
                ],
                &list,
            )
            .exits(0);
        let removed: Vec<String> = output.value()["steps"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|step| step["step"] == "remove")
            .map(|step| step["target"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(
            removed.len(),
            place.person("emre").methods().len() + place.person("fen").methods().len()
        );
    }
}

#[test]
fn the_members_of_a_group_are_meant_also_those_of_groups_in_it() {
    let place = Environment::new();
    assert_eq!(meant(&place, &["--group", "All Staff"]), set(&STAFF));
    assert_eq!(
        meant(&place, &["--group", "all staff", "--expect", "9"]),
        set(&STAFF)
    );
    let error = place
        .run(&["user", "sign-out", "-n", "--group", "Project X"])
        .exits(3);
    assert_snapshot!(screen(&place, &error), @r#"
    · error: 2 groups are named "Project X"
    ·   6fdf266d-96e3-4629-bbc9-181961522058  The second of this name
    ·   eeb6fa23-1727-451f-9c84-41eccc4b7b1e  The first of this name
    · hint: give the id of the one that is meant
    exit 3
    "#);
    let error = place
        .run(&["user", "sign-out", "-n", "--group", "Project X", "-o", "json"])
        .exits(3)
        .error();
    let second = error["matches"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["detail"].as_str().unwrap().contains("second"))
        .unwrap();
    let id = second["ref"].as_str().unwrap();
    assert_eq!(meant(&place, &["--group", id]), set(&["sven"]));
    place
        .run(&["user", "sign-out", "-n", "--group", "Nobody's"])
        .exits(3);
    place
        .run(&["user", "sign-out", "-n", "--group", "All Staff", "--expect", "8"])
        .exits(6);
}

#[test]
fn some_can_be_taken_out_by_name_by_group_and_by_file() {
    let place = Environment::new();
    let list = place.write("keep.csv", "user\nfen\npetra\n");
    let selector = ["--group", "All Staff", "--except"];
    let less = |what: &[&str]| meant(&place, &[&selector[..], what].concat());
    assert_eq!(
        less(&["adele,group:Amsterdam Office", "--except", &list]),
        set(&["chidi", "dora", "emre", "eva"])
    );
    let output = place.run(
        &[
            &["user", "sign-out", "-n"][..],
            &selector,
            &["adele", "--expect", "8"],
        ]
        .concat(),
    );
    assert!(output.exits(0).stderr.contains("1 person taken out by --except"));
    // Who is to be left out and is not there would be changed: that is an error, and no note.
    place
        .run(&[&["user", "sign-out", "-n"][..], &selector, &["adel"]].concat())
        .exits(3);
    place
        .run(&[&["user", "sign-out", "-n"][..], &selector, &["group:Nobody's"]].concat())
        .exits(3);
}

#[test]
fn a_filter_is_the_services_own_and_needs_a_number_with_yes() {
    let place = Environment::new();
    let filter = ["--filter", "startswith(userPrincipalName,'adele')"];
    assert_eq!(meant(&place, &filter), set(&["adele"]));
    let command = [&["user", "sign-out", "--yes"][..], &filter].concat();
    let output = place.run(&command).exits(2);
    assert_snapshot!(screen(&place, &output), @r#"
    · error: --filter with --yes needs --expect N, the number of people who are meant
    · hint: --dry-run shows how many there are
    exit 2
    "#);
    place.run(&[&command[..], &["--expect", "2"]].concat()).exits(6);
    place.run(&[&command[..], &["--expect", "1"]].concat()).exits(0);
    place
        .run(&["user", "sign-out", "-n", "--filter", "colour eq 'blue'"])
        .exits(6);
}

#[test]
fn everybody_needs_the_guard_and_a_number() {
    let place = Environment::new();
    let command = ["user", "sign-out", "--everyone", "--yes"];
    let output = place.run(&[&command[..], &["--expect", "40"]].concat()).exits(6);
    assert_eq!(output.stdout, "");
    assert_snapshot!(screen(&place, &output), @r#"
    · error: the guard does not allow --everyone
    · hint: set allow_everyone = true in the profile's guard, or name a group
    exit 6
    "#);
    std::fs::create_dir_all(place.path("config/mfactl")).unwrap();
    place.write(
        "config/mfactl/config.toml",
        "[profiles.local.guard]\nallow_everyone = true\nmax_users = 1000\n",
    );
    let output = place.run(&command).exits(2);
    assert_snapshot!(screen(&place, &output), @r#"
    · error: --everyone needs --expect N, the number of people who are meant
    · hint: --dry-run shows how many there are
    exit 2
    "#);
}

#[test]
fn parts_divide_people_and_kubernetes_numbers_them() {
    let place = Environment::new();
    let part = |shard: &str| meant(&place, &["--group", "All Staff", "--shard", shard]);
    let parts = [part("1/3"), part("2/3"), part("3/3")];
    let sum: usize = parts.iter().map(BTreeSet::len).sum();
    assert_eq!(sum, STAFF.len());
    assert_eq!(
        parts.iter().flatten().cloned().collect::<BTreeSet<_>>(),
        set(&STAFF)
    );
    let pod = place.with("JOB_COMPLETION_INDEX", "1");
    assert_eq!(
        meant(&pod, &["--group", "All Staff", "--shard", "auto/3"]),
        parts[1]
    );
    pod.run(&[
        "user",
        "sign-out",
        "-n",
        "--group",
        "All Staff",
        "--shard",
        "auto/1",
    ])
    .exits(2);
    place
        .run(&[
            "user",
            "sign-out",
            "-n",
            "--group",
            "All Staff",
            "--shard",
            "auto/3",
        ])
        .exits(2);
    place
        .run(&["user", "sign-out", "-n", "--group", "All Staff", "--shard", "4/3"])
        .exits(2);
    // The number is that of all parts together: each pod runs the same command.
    place
        .run(&[
            "user",
            "sign-out",
            "-n",
            "--group",
            "All Staff",
            "--shard",
            "1/3",
            "--expect",
            "9",
        ])
        .exits(0);
}

#[test]
fn the_first_ones_are_done_and_the_others_wait() {
    let place = Environment::new();
    let output = place.run(&[
        "user",
        "sign-out",
        "--group",
        "Seattle Office",
        "--first",
        "1",
        "--yes",
        "-o",
        "json",
    ]);
    let result = output.value();
    let done = result["steps"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|step| step["status"] == "done")
        .count();
    assert_eq!(done, 1, "{}", output.screen());
    assert_eq!(result["summary"]["users"]["selected"], 4);
}

#[test]
fn reads_take_selectors_too() {
    let place = Environment::new();
    let rows = place.json(&["methods", "list", "--group", "Seattle Office"]);
    let users: BTreeSet<&str> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["user"].as_str().unwrap().split('@').next().unwrap())
        .collect();
    assert_eq!(users, BTreeSet::from(["adele", "dora", "emre", "fen"]));
    let people = place.write("people.csv", "user\nadele\nbas\n");
    let shown = place.json(&["user", "show", "--from", &people]);
    assert_eq!(shown.as_array().unwrap().len(), 2);
    let devices = place.json(&["devices", "list", "--filter", "startswith(displayName,'Adele')"]);
    assert!(!devices.as_array().unwrap().is_empty());
    place
        .run(&["methods", "list", "adele", "--group", "Pilots"])
        .exits(2);
    place.run(&["methods", "list"]).exits(2);
}

#[test]
fn an_ambiguous_person_is_answered_with_the_line_that_was_typed() {
    let place = Environment::new();
    let directory = rusqlite::Connection::open(place.data_file()).unwrap();
    let shared =
        "UPDATE users SET mail = 'office@contoso.example' WHERE upn LIKE 'adele@%' OR upn LIKE 'bas@%'";
    assert_eq!(directory.execute(shared, []).unwrap(), 2);
    drop(directory);
    let output = place
        .run(&[
            "methods",
            "add",
            "phone",
            "--number",
            "+31 612345678",
            "office@contoso.example",
        ])
        .exits(3);
    assert_snapshot!(screen(&place, &output), @r#"
    · error: "office@contoso.example" matches 2 people
    ·   adele@contoso.example  Adele Vance  mfactl -p local methods add phone --number '+31 612345678' adele@contoso.example
    ·   bas@contoso.example    Bas Jansen   mfactl -p local methods add phone --number '+31 612345678' bas@contoso.example
    · hint: mfactl -p local methods add phone --number '+31 612345678' adele@contoso.example
    exit 3
    "#);
}
