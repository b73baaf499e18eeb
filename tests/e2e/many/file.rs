//! People from a file: checked whole, every bad row named, each person meant once, and what this program wrote read back.

use insta::assert_snapshot;
use serde_json::Value;

use super::{meant, screen, set};
use crate::environment::Environment;

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
            .contains("Nobody is left to change: nothing was sent."),
        "{}",
        output.screen()
    );
}

#[test]
fn a_column_of_methods_beside_a_method_is_told_as_not_used() {
    let place = Environment::new();
    let file = place.write("methods.csv", "user,method\nadele,phone:alternate\n");
    let output = place
        .run(&["methods", "remove", "--from", &file, "email", "--dry-run"])
        .exits(0);
    assert!(
        output.stderr.contains("columns not used: method"),
        "{}",
        output.screen()
    );
    let output = place
        .run(&["methods", "remove", "--from", &file, "--dry-run"])
        .exits(0);
    assert!(!output.stderr.contains("not used"), "{}", output.screen());
    assert!(output.stdout.contains("phone:alternate"), "{}", output.screen());
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
fn a_row_that_names_nobody_is_found_by_its_line() {
    let place = Environment::new();
    let file = place.write(
        "numbers.csv",
        "user,number\n,+31 612345678\nchidi,+31 612345678\nbas,+1\n",
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
        ])
        .exits(7);
    let row = output
        .stdout
        .lines()
        .find(|line| line.ends_with("line 2: the row names no user"));
    assert!(
        row.is_some_and(|row| row.starts_with("- ")),
        "{}",
        output.screen()
    );
    assert!(
        output.stderr.contains("\n  line 2: the row names no user\n")
            && output
                .stderr
                .contains("\"+1\" is not a phone number: it is too short"),
        "{}",
        output.screen()
    );
}
