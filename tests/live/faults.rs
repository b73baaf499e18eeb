//! Servers that fail in the middle, on one that takes two requests at once and five in all: overload, a crash, tokens
//! that are taken away. Whoever runs these gives the server to them alone.

use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::environment::Environment;
use crate::realm::{Person, SECRET, ask, get, keycloak, list, place, place_of, url};
use crate::waiting::until;

/// People of the job on the overloaded server.
const PEOPLE: usize = 500;

fn everybody(called: &str, count: usize) -> Vec<Person> {
    (0..count).map(|_| Person::with_two(called)).collect()
}

/// A job over these people, running. `more`: further options.
fn start(place: &Environment, people: &[Person], more: &[&str]) -> Child {
    let file = list(place, people);
    let line = [
        &[
            "user",
            "reset",
            "--playbook",
            "new-phone",
            "--from",
            &file,
            "--yes",
            "-o",
            "json",
            "--job",
            "faults",
        ],
        more,
    ]
    .concat();
    let mut command = place.command(&line);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Its exit status, its result, and what it said.
fn ended(child: Child) -> (i32, Value, String) {
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let result = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    (output.status.code().unwrap_or(-1), result, said)
}

/// Waits until the job has changed somebody, or all is over.
fn begun(job: &mut Child, people: &[Person]) {
    until("the job has changed somebody", || {
        let over = job.try_wait().unwrap().is_some();
        (over || people[..2].iter().any(|person| person.labels("otp").len() < 2)).then_some(())
    });
}

#[track_caller]
fn all_are_right(people: &[Person]) {
    for person in people {
        assert!(person.labels("otp").is_empty(), "{} has one left", person.name);
        assert_eq!(person.required(), ["CONFIGURE_TOTP"], "{}", person.name);
    }
}

#[test]
fn an_overloaded_server_is_asked_again_until_everybody_is_done() {
    let people = everybody("crowded", PEOPLE);
    // The server is one that says no: else the rest proves nothing.
    let refused: usize = std::thread::scope(|scope| {
        let asking = || {
            (0..20).filter(|_| crate::asking::send(&url(), "GET", "/realms/kctest", &[], "").status == 503)
        };
        let all: Vec<_> = (0..16).map(|_| scope.spawn(move || asking().count())).collect();
        all.into_iter().map(|one| one.join().unwrap()).sum()
    });
    assert!(
        refused > 0,
        "the server takes everything: start it with --http-max-queued-requests=3"
    );
    let (code, result, said) = ended(start(&place(), &people, &["--concurrency", "32"]));
    assert_eq!(code, 0, "{said}\n{}", result["summary"]);
    assert_eq!(result["summary"]["users"]["done"], people.len());
    assert_eq!(result["summary"]["steps"]["failed"], 0);
    all_are_right(&people);
}

#[test]
fn a_job_outlives_a_server_that_is_killed_and_comes_back() {
    let people = everybody("crash", 40);
    let place = place();
    let mut job = start(&place, &people, &["--pace", "40/s"]);
    begun(&mut job, &people);
    keycloak("--kill");
    keycloak("--start");
    let (code, result, said) = ended(job);
    // Either it waited long enough, or it says what is left and goes on with it.
    if code != 0 {
        assert!([7, 8].contains(&code), "{code}: {said}\n{}", result["summary"]);
        assert!(
            said.contains("jobs resume") || result["next"].to_string().contains("resume"),
            "{said}"
        );
        let again = place.run(&["jobs", "resume", "faults", "--yes", "-o", "json"]);
        assert_eq!(again.code, 0, "{}", again.screen());
    }
    all_are_right(&people);
}

#[test]
fn a_token_that_is_revoked_in_the_middle_is_replaced() {
    let people = everybody("revoked", 20);
    let place = place();
    let mut job = start(&place, &people, &["--pace", "40/s"]);
    begun(&mut job, &people);
    let account = get("/users?username=service-account-mfactl&exact=true")[0]["id"].clone();
    let ended_session = ask(
        "POST",
        &format!("/users/{}/logout", account.as_str().unwrap()),
        &json!({}),
    );
    assert_eq!(ended_session.status, 204);
    let (code, result, said) = ended(job);
    assert_eq!(code, 0, "{said}\n{}", result["summary"]);
    all_are_right(&people);
}

#[test]
fn an_application_that_loses_its_secret_stops_and_goes_on_with_the_new_one() {
    let id = application("rotated");
    let people = everybody("rotated", 40);
    let place = place_of("rotated");
    let mut job = start(&place, &people, &["--pace", "40/s"]);
    begun(&mut job, &people);
    let changed = ask(
        "PUT",
        &format!("/clients/{id}"),
        &json!({"clientId": "rotated", "secret": "an0ther"}),
    );
    assert_eq!(changed.status, 204, "{}", changed.body);
    end_sessions(&id);
    let (code, result, said) = ended(job);
    assert_eq!(code, 4, "{said}\n{}", result["summary"]);
    let error = error_of(&said);
    let message = error["message"].as_str().unwrap();
    assert!(
        message.starts_with("stopped, because the sign-in has ended: the client secret is wrong; "),
        "{said}"
    );
    assert_eq!(error["service_code"], "unauthorized_client");
    let hint = error["hint"].as_str().unwrap();
    assert!(
        hint.starts_with("copy it anew into MFACTL_CLIENT_SECRET"),
        "{hint}"
    );
    assert!(
        hint.contains("; then: mfactl -p staff auth login && mfactl -p staff jobs resume j-"),
        "{hint}"
    );
    let again = place
        .with("MFACTL_CLIENT_SECRET", "an0ther")
        .run(&["jobs", "resume", "faults", "--yes", "-o", "json"]);
    assert_eq!(again.code, 0, "{}", again.screen());
    all_are_right(&people);
}

#[test]
fn an_application_that_is_disabled_in_the_middle_is_said_so_and_goes_on_once_it_is_back() {
    let id = application("disabled");
    let people = everybody("disabled", 40);
    let place = place_of("disabled");
    let mut job = start(&place, &people, &["--pace", "40/s"]);
    begun(&mut job, &people);
    let switch = |enabled: bool| {
        let body = json!({"clientId": "disabled", "enabled": enabled});
        let changed = ask("PUT", &format!("/clients/{id}"), &body);
        assert_eq!(changed.status, 204, "{}", changed.body);
    };
    switch(false);
    end_sessions(&id);
    let (code, result, said) = ended(job);
    assert_eq!(code, 4, "{said}\n{}", result["summary"]);
    let error = error_of(&said);
    let message = error["message"].as_str().unwrap();
    assert!(
        message.starts_with("stopped, because the sign-in has ended: ") && message.contains("disabled"),
        "{said}"
    );
    assert!(
        error["hint"]
            .as_str()
            .unwrap()
            .contains("mfactl -p staff jobs resume j-"),
        "{said}"
    );
    switch(true);
    let again = place.run(&["jobs", "resume", "faults", "--yes", "-o", "json"]);
    assert_eq!(again.code, 0, "{}", again.screen());
    all_are_right(&people);
}

/// Ends the sessions of the application with this id.
fn end_sessions(id: &str) {
    let account = get(&format!("/clients/{id}/service-account-user"))["id"].clone();
    let path = format!("/users/{}/logout", account.as_str().unwrap());
    let ended = ask("POST", &path, &json!({}));
    assert_eq!(ended.status, 204, "{}", ended.body);
}

/// The error object, which is the last line.
fn error_of(said: &str) -> Value {
    let line = said.lines().last().unwrap_or_default();
    let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}\n{said}"));
    value["error"].clone()
}

/// An application with the rights of the usual one; its id.
fn application(name: &str) -> String {
    let made = ask(
        "POST",
        "/clients",
        &json!({"clientId": name, "secret": SECRET, "publicClient": false, "serviceAccountsEnabled": true,
            "standardFlowEnabled": false}),
    );
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.made_id();
    crate::realm::give_rights(&id);
    id
}
