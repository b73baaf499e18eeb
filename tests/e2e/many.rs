//! Many people: groups, filters, everybody, less some, in parts; those of a file are in `file.rs`.

mod file;
mod nobody;

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
}

#[test]
fn a_filter_that_the_service_does_not_take_is_a_wrong_command_line() {
    let place = Environment::new();
    let filter = ["--filter", "colour eq 'blue'"];
    let change = place
        .run(&[&["user", "sign-out", "-n"][..], &filter].concat())
        .exits(2);
    assert!(
        change.stderr.contains("does not take this filter: ") && change.stderr.contains("colour"),
        "{}",
        change.screen()
    );
    let read = place
        .run(&[&["methods", "list", "-o", "json"][..], &filter].concat())
        .exits(2);
    assert_eq!(
        (read.error_code().as_str(), read.stdout.as_str()),
        ("invalid_input", "")
    );
    // That Graph's own words are of what is not allowed makes no policy of it.
    place
        .run(&["methods", "list", "--filter", "(displayName eq"])
        .exits(2);
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
    place.configure("[profiles.local.guard]\nallow_everyone = true\nmax_users = 1000\n");
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
fn a_plan_is_of_everybody_and_its_first_ones_are_done_when_it_is_applied() {
    let place = Environment::new();
    let plan = place.path("all.plan");
    let plan = plan.to_str().unwrap();
    let line = [
        "user",
        "sign-out",
        "--group",
        "Seattle Office",
        "--plan-out",
        plan,
    ];
    let refused = place.run(&[&line[..], &["--first", "1"]].concat()).exits(2);
    assert_snapshot!(screen(&place, &refused), @r"
    · error: a plan is of everybody, and --first is about a run
    · hint: leave it out here, and apply the plan with: mfactl -p local plan apply FILE --first 1
    exit 2
    ");
    place.run(&line).exits(0);
    let first = place
        .run(&["plan", "apply", plan, "--first", "1", "--yes", "-o", "json"])
        .exits(0);
    let users = first.value()["summary"]["users"].clone();
    assert_eq!((&users["done"], &users["skipped"]), (&1.into(), &3.into()));
    let job = place.json(&["jobs", "list"])[0]["ref"]
        .as_str()
        .unwrap()
        .to_owned();
    place.change(&["jobs", "resume", &job]);
    let ended = place.json(&["jobs", "list"]);
    assert_eq!(ended[0]["summary"]["users"]["done"], 4);
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
