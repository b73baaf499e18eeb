//! A sign-in that ends in the middle of a command: asked for again on a terminal; without one the job stops and can go on.

use serde_json::Value;
use url::Url;

use super::{ADELE, ADMIN, CHIDI, admin, browse, chidi, place, sign_in};
use crate::environment::Environment;
use crate::gate::{Gate, Rule};
use crate::terminal::Terminal;

#[test]
fn a_job_whose_sign_in_ends_stops_and_goes_on_after_the_next() {
    let own = Environment::new();
    let fields = admin(&own);
    let server = own.serve(&[]);
    let me = place(&server, &own);
    sign_in(&me, &fields).exits(0);
    let both = ["-p", "me", "user", "sign-out", "fen@contoso.example", ADELE];
    let mut terminal = Terminal::start(&me, &both);
    terminal.shows("Type 2 to go on:");
    // Somebody ends the administrator's sessions meanwhile.
    let gone = server.witness().ask(
        "POST",
        &format!("/v1.0/users/{ADMIN}/revokeSignInSessions"),
        &Value::Null,
    );
    assert_eq!(gone.status, 200, "{}", gone.body);
    terminal.types("2");
    terminal.shows("Sign in to me now and go on? [y/N]").types("n");
    let (screen, code) = terminal.ends();
    assert_eq!(code, 4, "{screen}");
    assert!(
        screen.contains("stopped, because the sign-in has ended"),
        "{screen}"
    );
    assert!(
        screen.contains("mfactl -p me auth login && mfactl -p me jobs resume j-"),
        "{screen}"
    );
    // Without a terminal it ends the same way, and nothing is lost.
    let jobs = me.json(&["-p", "me", "jobs", "list"]);
    let id = jobs[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(jobs[0]["state"], "stopped");
    own.run(&["local", "clock", "advance", "2m"]).exits(0);
    sign_in(&me, &admin(&own)).exits(0);
    let resumed = me
        .run(&["-p", "me", "jobs", "resume", &id, "--yes", "-o", "json"])
        .exits(0);
    assert_eq!(resumed.value()["summary"]["users"]["done"], 2);
}

#[test]
fn an_expired_sign_in_is_asked_for_on_the_terminal_and_the_command_goes_on() {
    let own = Environment::new();
    let fields = chidi(&own);
    let server = own.serve(&[]);
    let me = place(&server, &own);
    let mut terminal = Terminal::start(&me, &["-p", "me", "methods", "list", CHIDI]);
    terminal.shows("Sign in to me now and go on? [y/N]").types("y");
    terminal.shows("http://").shows("\r\n");
    // The page is read from the screen: it is one line, however long.
    let page = terminal
        .seen()
        .rsplit("http://")
        .next()
        .unwrap()
        .trim()
        .to_owned();
    let page = format!("http://{}", page.replace(['\r', '\n'], ""));
    let mut form: Vec<(String, String)> = Url::parse(&page).unwrap().query_pairs().into_owned().collect();
    form.extend(
        fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone())),
    );
    let (status, to, body) = browse("POST", page.split('?').next().unwrap(), &form);
    assert_eq!(status, 303, "{body}");
    browse("GET", &to, &[]);
    let (screen, code) = terminal.ends();
    assert_eq!(code, 0, "{screen}");
    me.run(&["-p", "me", "auth", "status"]).exits(0);
}

#[test]
fn a_job_that_loses_its_sign_in_without_a_terminal_ends_with_4_and_can_go_on() {
    let own = Environment::new();
    let fields = admin(&own);
    let server = own.serve(&[]);
    let gate = Gate::new(&server.graph, "revokeSignInSessions", Rule::Wait);
    let me = place(&server, &own);
    let config = own.path("config/mfactl/config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace(&server.graph, &gate.url)).unwrap();
    sign_in(&me, &fields).exits(0);
    let both = [
        "-p",
        "me",
        "user",
        "sign-out",
        "fen@contoso.example",
        ADELE,
        "--yes",
    ];
    let started = me.start(&both, "");
    gate.waits();
    // Somebody ends the administrator's sessions while the first change is on its way.
    let gone = server.witness().ask(
        "POST",
        &format!("/v1.0/users/{ADMIN}/revokeSignInSessions"),
        &Value::Null,
    );
    assert_eq!(gone.status, 200, "{}", gone.body);
    gate.open();
    let output = started.finish().exits(4);
    assert!(
        output
            .stderr
            .contains("mfactl -p me auth login && mfactl -p me jobs resume j-"),
        "{}",
        output.screen()
    );
    let jobs = me.json(&["-p", "me", "jobs", "list"]);
    assert_eq!(jobs[0]["state"], "stopped");
    let id = jobs[0]["id"].as_str().unwrap();
    own.run(&["local", "clock", "advance", "2m"]).exits(0);
    sign_in(&me, &admin(&own)).exits(0);
    let resumed = me
        .run(&["-p", "me", "jobs", "resume", id, "--yes", "-o", "json"])
        .exits(0);
    assert_eq!(resumed.value()["summary"]["users"]["done"], 2);
}
