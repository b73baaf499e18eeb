//! By browser and by code: the pages, what is not taken there, and leaving in the middle.

use std::net::TcpStream;

use serde_json::json;
use url::Url;

use super::{ADELE, CHIDI, Login, admin, browse, chidi, files, place, sign_in, typed};
use crate::environment::Environment;
use crate::terminal::Terminal;

#[test]
fn somebody_signs_in_by_browser_works_changes_to_another_account_and_signs_out() {
    let own = Environment::new();
    let (one, other) = (chidi(&own), admin(&own));
    let server = own.serve(&[]);
    let me = place(&server, &own);
    let before = me.run(&["-p", "me", "auth", "status", "-o", "json"]).exits(4);
    assert_eq!(before.value()["signed_in"], false);
    assert_eq!(before.error()["hint"], "mfactl auth login -p me");

    let output = sign_in(&me, &one).exits(0);
    assert!(
        output.stderr.contains("Signed in to me as chidi@contoso.example"),
        "{}",
        output.stderr
    );
    assert_eq!(output.stdout, "");
    let status = me.json(&["-p", "me", "auth", "status"]);
    assert_eq!(
        (&status["account"], &status["store"]),
        (&json!(CHIDI), &json!("file"))
    );
    assert_eq!(status["renews"], true);

    let output = sign_in(&me, &other).exits(0);
    assert!(
        output
            .stderr
            .contains("before, chidi@contoso.example was signed in here"),
        "{}",
        output.stderr
    );
    let status = me.json(&["-p", "me", "auth", "status"]);
    assert_eq!(status["roles"], json!(["Global Administrator"]));
    let rows = me.json(&["-p", "me", "methods", "list", ADELE]);
    assert_eq!(rows[0]["user"], ADELE);
    assert_eq!(files(&own).len(), 1);

    let output = me.run(&["-p", "me", "auth", "logout"]).exits(0);
    assert!(
        output.stderr.contains("was ended at the service"),
        "{}",
        output.stderr
    );
    assert!(files(&own).is_empty());
    let again = me.run(&["-p", "me", "auth", "logout"]).exits(0);
    assert_eq!(again.stderr, "nobody is signed in to me\n");
    me.run(&["-p", "me", "methods", "list", ADELE]).exits(4);
}

#[test]
fn a_wrong_state_a_refusal_and_a_second_answer_are_told_and_nothing_is_taken() {
    let own = Environment::new();
    let fields = chidi(&own);
    let server = own.serve(&[]);
    let me = place(&server, &own);
    let login = Login::begin(&me, &["-p", "me", "auth", "login"]);
    let back = login.value("redirect_uri");
    let (status, _, page) = browse("GET", &format!("{back}/?code=evil&state=guessed"), &[]);
    assert!(status == 400 && page.contains("ignored"), "{page}");
    let to = login.signs_in(&typed(&fields));
    let (status, _, page) = browse("GET", &to, &[]);
    assert!(status == 200 && page.contains("Signed in"), "{page}");
    let output = login.finish().exits(0);
    assert!(output.stderr.contains("its state is wrong"), "{}", output.stderr);
    // Whoever comes a second time finds nobody.
    assert!(TcpStream::connect(("127.0.0.1", Url::parse(&to).unwrap().port().unwrap())).is_err());

    // A code that somebody else redeems first ends in a clear error, and with it all that came of it.
    let login = Login::begin(&me, &["-p", "me", "auth", "login"]);
    let to = login.signs_in(&typed(&fields));
    let code = Url::parse(&to)
        .unwrap()
        .query_pairs()
        .find(|(name, _)| name == "code")
        .unwrap()
        .1
        .into_owned();
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", &server.client_id),
        ("code", &code),
        ("redirect_uri", &login.value("redirect_uri")),
        ("code_verifier", "not the verifier"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let (status, _, body) = browse("POST", &format!("{}/oauth2/v2.0/token", server.authority), &form);
    assert_eq!(status, 400, "{body}");
    drop(login.signs_in(&typed(&fields)));
    let (_, _, page) = browse("GET", &to.replace(&code, "not-a-code"), &[]);
    assert!(
        page.contains("was used before, or is not of this sign-in"),
        "{page}"
    );
    let output = login.finish().exits(4);
    assert!(
        output.stderr.contains("is not of this sign-in"),
        "{}",
        output.stderr
    );

    let login = Login::begin(&me, &["-p", "me", "auth", "login"]);
    let to = login.signs_in(&[("action", "cancel")]);
    let (_, _, page) = browse("GET", &to, &[]);
    assert!(page.contains("cancelled"), "{page}");
    let output = login.finish().exits(4);
    assert!(output.stderr.contains("AADSTS65004"), "{}", output.stderr);
}

#[test]
fn somebody_signs_in_with_a_code_or_says_no() {
    let own = Environment::new();
    let fields = chidi(&own);
    let server = own.serve(&[]);
    let me = place(&server, &own);
    let logins: Vec<Login> = ["sign-in", "cancel"]
        .into_iter()
        .map(|action| {
            let mut login = Login::begin(&me, &["--no-input", "-p", "code", "auth", "login"]);
            let line = login.said.clone();
            let (_, rest) = line.split_once("type the code ").unwrap();
            let code = rest.split(' ').next().unwrap().to_owned();
            let mut form: Vec<(String, String)> = fields
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect();
            form.retain(|(name, _)| name != "action");
            form.push(("action".to_owned(), action.to_owned()));
            form.push(("user_code".to_owned(), code));
            login
                .page
                .truncate(login.page.find('?').unwrap_or(login.page.len()));
            let (status, _, page) = browse("POST", &login.page, &form);
            assert!(status == 200 && page.contains("id=\"done\""), "{page}");
            login
        })
        .collect();
    let mut ends = logins.into_iter().map(Login::finish);
    let output = ends.next().unwrap().exits(0);
    assert!(
        output
            .stderr
            .contains("Signed in to code as chidi@contoso.example"),
        "{}",
        output.stderr
    );
    let output = ends.next().unwrap().exits(4);
    assert!(
        output.stderr.contains("declined on the page"),
        "{}",
        output.stderr
    );
}

#[test]
fn ctrl_c_while_the_browser_is_out_closes_the_door_and_leaves_the_terminal_sane() {
    let own = Environment::new();
    let server = own.serve(&[]);
    let me = place(&server, &own);
    let mut terminal = Terminal::start(&me, &["-p", "me", "auth", "login"]);
    terminal.shows("localhost%3A");
    terminal.shows("&response_mode");
    terminal.presses(3);
    let (screen, code) = terminal.ends();
    assert_eq!(code, 130, "{screen}");
    let (_, rest) = screen.split_once("localhost%3A").unwrap();
    let port: u16 = rest.split('&').next().unwrap().parse().unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    // No mode of the terminal was changed, and nothing repainted.
    for changed in ["\u{1b}[?", "\u{1b}[2K", "\u{1b}[H"] {
        assert!(!screen.contains(changed), "{screen:?}");
    }
}
