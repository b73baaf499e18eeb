//! A list of nobody is a list: a pipeline whose first command found nobody has nothing to do. What is empty is none, since
//! what should have written it may have failed.

use insta::assert_snapshot;
use serde_json::Value;

use super::screen;
use crate::environment::Environment;

/// Nobody lacks it: what `report registration` prints of that.
fn nobody(place: &Environment, form: &str) -> String {
    let report = [
        "report",
        "registration",
        "--without",
        "mfa",
        "--method",
        "passkey",
        "-o",
        form,
    ];
    place.run(&report).exits(0).stdout
}

#[test]
fn a_report_of_nobody_is_fed_on_and_nothing_is_sent() {
    let place = Environment::new();
    for form in ["csv", "ndjson"] {
        let list = nobody(&place, form);
        assert!(!list.is_empty(), "{form}");
        let output = place
            .feed(&["user", "reset", "--from", "-", "--yes"], &list)
            .exits(0);
        assert_eq!(
            (output.stdout.as_str(), output.stderr.as_str()),
            (
                "",
                "standard input: nobody is in it\nNobody is left to change: nothing was sent.\n"
            )
        );
    }
    assert_eq!(place.json(&["jobs", "list"]), Value::Array(vec![]));
}

#[test]
fn of_a_list_of_nobody_every_form_of_answer_is_whole() {
    let place = Environment::new();
    let list = nobody(&place, "csv");
    let reset = ["user", "reset", "--from", "-", "--yes"];
    let with = |more: &[&str]| place.feed(&[&reset[..], more].concat(), &list);
    let result = with(&["-o", "json"]).exits(0).value();
    assert_eq!(
        (&result["job"], &result["exit_code"], &result["steps"]),
        (&Value::Null, &0.into(), &Value::Array(vec![]))
    );
    assert_eq!(result["summary"]["users"]["selected"], 0);
    let lines = with(&["-o", "ndjson"]).exits(0).stdout;
    let last: Value = serde_json::from_str(lines.trim_end()).unwrap();
    assert_eq!(last["type"], "summary");
    with(&["--expect", "0"]).exits(0);
    with(&["--expect", "3"]).exits(6);
    let checked = with(&["--check", "-o", "json"]).exits(0).value();
    assert_eq!((&checked["rows"], &checked["people"]), (&0.into(), &0.into()));
    with(&["--dry-run", "-o", "json"]).exits(0).value();
    let shown = place
        .feed(&["methods", "list", "--from", "-", "-o", "json"], &list)
        .exits(0);
    assert_eq!(shown.value(), Value::Array(vec![]));
    assert!(shown.stderr.contains("nobody is in it"), "{}", shown.screen());
}

#[test]
fn a_plan_for_nobody_is_written_and_applied_like_any_other() {
    let place = Environment::new();
    let list = nobody(&place, "csv");
    let plan = place.path("nobody.plan");
    let plan = plan.to_str().unwrap();
    place
        .feed(&["user", "sign-out", "--from", "-", "--plan-out", plan], &list)
        .exits(0);
    let applied = place.run(&["plan", "apply", plan, "--yes"]).exits(0);
    assert!(
        applied.stderr.contains("Nobody is left to change"),
        "{}",
        applied.screen()
    );
}

#[test]
fn a_named_job_for_nobody_leaves_the_name_to_the_next_run() {
    let place = Environment::new();
    let line = ["user", "sign-out", "--from", "-", "--job", "nightly", "--yes"];
    place.feed(&line, "user\n").exits(0);
    place.feed(&line, "user\n").exits(0);
    let output = place.feed(&line, "user\nbas\n").exits(0);
    assert!(output.stderr.contains("Done. Job "), "{}", output.screen());
}

#[test]
fn a_list_of_nobody_takes_nobody_out() {
    let place = Environment::new();
    let list = place.write("keep.csv", "user\n");
    let output = place
        .run(&["user", "sign-out", "bas", "--except", &list, "--yes"])
        .exits(0);
    assert!(output.stderr.contains("Done. Job "), "{}", output.screen());
}

#[test]
fn what_is_empty_is_an_error_and_so_is_a_list_that_says_it_is_not_whole() {
    let place = Environment::new();
    let line = ["user", "sign-out", "--from", "-", "--yes"];
    assert_snapshot!(screen(&place, &place.feed(&line, "").exits(2)), @r#"
    · error: standard input: it is empty: what should have written it may have failed
    · hint: a list of nobody has its heading, such as "user,number"; in a pipeline, set -o pipefail stops at what failed
    exit 2
    "#);
    for (list, said) in [
        ("\n\n", "it is empty"),
        (
            "{\"type\":\"summary\",\"rows\":0,\"failed\":1}\n",
            "it is not whole",
        ),
        ("bass\n", "there is a heading, and no row"),
    ] {
        let refused = place.feed(&line, list).exits(2);
        assert!(refused.stderr.contains(said), "{list}: {}", refused.screen());
        assert_eq!(refused.stdout, "");
    }
    // A list of which some could not be read is worked on, and it is said.
    let some =
        "{\"type\":\"method\",\"user\":\"bas@contoso.example\"}\n{\"type\":\"summary\",\"failed\":1}\n";
    let output = place.feed(&line, some).exits(0);
    assert!(output.stderr.contains("it is not whole"), "{}", output.screen());
}

#[test]
fn a_list_that_failed_before_its_first_row_has_no_heading() {
    let place = Environment::new();
    let failed = place
        .run(&["methods", "list", "nosuch", "nobody", "-o", "csv"])
        .exits(3);
    assert_eq!(failed.stdout, "", "it would pass for a list of nobody");
}

#[test]
fn a_read_that_means_nobody_says_so() {
    let place = Environment::new();
    let line = ["methods", "list", "--filter", "displayName eq 'Nobody'"];
    let output = place.run(&line).exits(0);
    assert!(
        output.stderr.starts_with("nobody in local is meant: --filter "),
        "{}",
        output.screen()
    );
}
