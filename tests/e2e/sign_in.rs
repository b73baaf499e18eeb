//! Signing in as a person with the real program, against the real pages: by browser, by code, again and out; where the
//! sign-in is kept; one refresh for all processes; and what somebody hostile would try.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use url::Url;
use url::form_urlencoded::Serializer;

use crate::environment::{Environment, Output};
use crate::gate::{Gate, Rule};
use crate::person::shown;
use crate::server::Server;
use crate::terminal::Terminal;

const ADELE: &str = "adele@contoso.example";
const CHIDI: &str = "chidi@contoso.example";
const ADMIN: &str = "admin@contoso.example";

/// A profile `me` of a person on this server, whose sign-in is kept in a file under a key of its own.
fn place(server: &Server, place: &Environment) -> Environment {
    let text = format!(
        "[profiles.me]\nservice = \"local\"\nurl = \"{}\"\nauthority = \"{}\"\ntenant = \"{}\"\nclient_id = \"{}\"\n\
         auth = \"browser\"\n\n[profiles.code]\nextends = \"me\"\nauth = \"device-code\"\n\n[profiles.app]\n\
         extends = \"me\"\nauth = \"client-secret\"\n",
        server.graph, server.authority, server.tenant, server.client_id
    );
    std::fs::create_dir_all(place.path("config/mfactl")).unwrap();
    let config = place.write("config/mfactl/config.toml", &text);
    let key = place.write("key", "0123456789abcdef0123456789abcdef\n");
    for file in [&config, &key] {
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    place
        .without_profile()
        .with("BROWSER", "/bin/true")
        .with("MFACTL_TOKEN_KEY_FILE", &key)
}

/// One request of a browser: status, where it is sent on to, body.
fn browse(verb: &str, url: &str, form: &[(String, String)]) -> (u16, String, String) {
    let url = Url::parse(url).unwrap();
    let address = (url.host_str().unwrap(), url.port().unwrap());
    let mut stream = TcpStream::connect(address).unwrap();
    let body = Serializer::new(String::new()).extend_pairs(form).finish();
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    write!(
        stream,
        "{verb} {path} HTTP/1.1\r\nhost: {}:{}\r\nconnection: close\r\ncontent-type: \
         application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        address.0,
        address.1,
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let to = answer
        .lines()
        .find_map(|line| line.strip_prefix("location: "))
        .unwrap_or_default();
    (status, to.to_owned(), answer.clone())
}

/// The command that signs in, while somebody sits at the browser.
struct Login {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    said: String,
    page: String,
}

impl Login {
    fn begin(place: &Environment, arguments: &[&str]) -> Self {
        let mut child = place
            .command(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut new = Self {
            stderr: BufReader::new(child.stderr.take().unwrap()),
            child,
            said: String::new(),
            page: String::new(),
        };
        new.page = new.reads("http://");
        new
    }

    /// Reads stderr up to a word that begins so.
    fn reads(&mut self, start: &str) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(
                self.stderr.read_line(&mut line).unwrap(),
                0,
                "no {start}: {}",
                self.said
            );
            self.said += &line;
            if let Some(word) = line.split_whitespace().find(|word| word.starts_with(start)) {
                return word.to_owned();
            }
        }
    }

    fn query(&self) -> Vec<(String, String)> {
        Url::parse(&self.page)
            .unwrap()
            .query_pairs()
            .into_owned()
            .collect()
    }

    fn value(&self, name: &str) -> String {
        let found = self.query().into_iter().find(|(known, _)| known == name);
        found.unwrap_or_else(|| panic!("no {name} in {}", self.page)).1
    }

    /// Signs in on the page; gives where the browser is sent.
    fn signs_in(&self, more: &[(&str, &str)]) -> String {
        let mut form = self.query();
        form.extend(
            more.iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        let page = self.page.split('?').next().unwrap();
        let (status, to, body) = browse("POST", page, &form);
        assert_eq!(status, 303, "{body}");
        to
    }

    fn finish(mut self) -> Output {
        self.stderr.read_to_string(&mut self.said).unwrap();
        let mut stdout = String::new();
        self.child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut stdout)
            .unwrap();
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        Output {
            stdout,
            stderr: self.said,
            code,
        }
    }
}

/// What somebody types on the page who has no second factor yet.
fn chidi(place: &Environment) -> [(&'static str, String); 3] {
    let password = place.person("chidi").password().to_owned();
    [
        ("username", CHIDI.to_owned()),
        ("password", password),
        ("action", "sign-in".to_owned()),
    ]
}

/// The same of the administrator, whose app shows a code.
fn admin(place: &Environment) -> [(&'static str, String); 5] {
    let admin = place.person("admin");
    let seed = admin.secrets["totp"][0]["secret"].as_str().unwrap().to_owned();
    [
        ("username", ADMIN.to_owned()),
        ("password", admin.password().to_owned()),
        ("factor", "totp".to_owned()),
        ("code", shown(&seed, place.now())),
        ("action", "sign-in".to_owned()),
    ]
}

fn typed<'a>(fields: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect()
}

/// Signs in as this person by the browser.
#[track_caller]
fn sign_in(me: &Environment, fields: &[(&'static str, String)]) -> Output {
    let login = Login::begin(me, &["-p", "me", "auth", "login"]);
    let back = login.signs_in(&typed(fields));
    let (status, _, page) = browse("GET", &back, &[]);
    assert_eq!(status, 200, "{page}");
    login.finish()
}

fn files(place: &Environment) -> Vec<PathBuf> {
    let folder = place.path("state/mfactl/tokens");
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "json"));
    files.sort();
    files
}

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
fn without_a_place_for_the_sign_in_no_browser_opens() {
    let own = Environment::new();
    let server = own.serve(&[]);
    let opened = own.path("opened");
    let script = own.write("browser", &format!("#!/bin/sh\n: > '{}'\n", opened.display()));
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700)).unwrap();
    let me = place(&server, &own)
        .with("BROWSER", &script)
        .with("DBUS_SESSION_BUS_ADDRESS", "disabled:");
    let without = me.with("MFACTL_TOKEN_KEY_FILE", "");
    let output = without.run(&["-p", "me", "auth", "login", "-o", "json"]).exits(4);
    assert_eq!(output.error_code(), "not_signed_in");
    assert!(
        output.error()["hint"]
            .as_str()
            .unwrap()
            .contains("MFACTL_CLIENT_SECRET"),
        "{}",
        output.stderr
    );
    let output = me
        .with("CI", "true")
        .run(&["-p", "me", "auth", "login", "-o", "json"])
        .exits(4);
    assert!(
        output.error()["hint"].as_str().unwrap().contains("client-secret"),
        "{}",
        output.stderr
    );
    me.run(&["-p", "me", "auth", "login", "--token-store", "memory"])
        .exits(2);
    std::fs::set_permissions(own.path("key"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let output = me.run(&["-p", "me", "auth", "login"]).exits(1);
    assert!(
        output.stderr.contains("can be read by others (mode 644)"),
        "{}",
        output.stderr
    );
    assert!(!opened.exists());
    assert!(files(&own).is_empty());
}

#[test]
fn a_kept_sign_in_that_others_can_read_or_own_is_refused() {
    let own = Environment::new();
    let fields = chidi(&own);
    let server = own.serve(&[]);
    let me = place(&server, &own);
    sign_in(&me, &fields).exits(0);
    let file = files(&own).remove(0);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains("eyJ") && !text.contains("chidi"), "{text}");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o604)).unwrap();
    let output = me.run(&["-p", "me", "auth", "status"]).exits(1);
    assert!(
        output.stderr.contains("can be read by others (mode 604)"),
        "{}",
        output.stderr
    );
    assert!(output.stderr.contains("hint: chmod 600"), "{}", output.stderr);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&file, Some(65_534), None).unwrap();
        let output = me.run(&["-p", "me", "auth", "status"]).exits(1);
        assert!(
            output.stderr.contains("belongs to another user (uid 65534)"),
            "{}",
            output.stderr
        );
        std::os::unix::fs::chown(&file, Some(0), None).unwrap();
    }
    // Another key opens nothing, and says so.
    own.write("key", "another-key-another-key-another-key\n");
    let output = me.run(&["-p", "me", "auth", "status"]).exits(1);
    assert!(
        output.stderr.contains("does not open with the key at hand"),
        "{}",
        output.stderr
    );
}

/// How often these commands asked for a token, as their trace says.
pub(crate) fn token_requests(outputs: &[Output]) -> usize {
    outputs
        .iter()
        .map(|output| output.stderr.matches("path=\"/oauth2/v2.0/token\"").count())
        .sum()
}

#[test]
fn processes_at_once_refresh_once_and_the_sign_in_lives_on() {
    let own = Environment::new();
    let fields = chidi(&own);
    let server = own.serve(&[]);
    let me = place(&server, &own);
    sign_in(&me, &fields).exits(0);
    // By the service's clock the kept token is over: all of them hear that, and one refreshes for all.
    own.run(&["local", "clock", "advance", "2h"]).exits(0);
    let read = ["-vv", "-p", "me", "methods", "list", CHIDI];
    let started: Vec<_> = (0..6).map(|_| me.start(&read, "")).collect();
    let outputs: Vec<Output> = started
        .into_iter()
        .map(|command| command.finish().exits(0))
        .collect();
    assert_eq!(token_requests(&outputs), 1);
    // A refresh token that was used twice would have ended the sign-in.
    own.run(&["local", "clock", "advance", "2h"]).exits(0);
    let output = me.run(&read).exits(0);
    assert_eq!(token_requests(&[output]), 1);
}

#[test]
fn an_application_asks_for_one_token_in_all_its_processes() {
    let own = Environment::new();
    let server = own.serve(&[]);
    let app = place(&server, &own).with("MFACTL_CLIENT_SECRET", &server.client_secret);
    let read = ["-vv", "-p", "app", "methods", "list", ADELE];
    let started: Vec<_> = (0..8).map(|_| app.start(&read, "")).collect();
    let mut outputs: Vec<Output> = started
        .into_iter()
        .map(|command| command.finish().exits(0))
        .collect();
    outputs.extend((0..4).map(|_| app.run(&read).exits(0)));
    assert_eq!(token_requests(&outputs), 1);
    let text = std::fs::read_to_string(&files(&own)[0]).unwrap();
    assert!(!text.contains("eyJ"), "{text}");
    // Another secret opens nothing of it.
    let wrong = app.with("MFACTL_CLIENT_SECRET", "not-the-secret-not-the-secret-not-it");
    wrong.run(&["-p", "app", "methods", "list", ADELE]).exits(4);
    // A token that the service takes no longer is fetched anew.
    own.run(&["local", "clock", "advance", "2h"]).exits(0);
    let output = app.run(&read).exits(0);
    assert_eq!(token_requests(&[output]), 1);
}

#[test]
fn a_token_goes_to_a_pipe_is_written_down_and_never_stands_in_the_log() {
    let own = Environment::new();
    let server = own.serve(&[]);
    let app = place(&server, &own).with("MFACTL_CLIENT_SECRET", &server.client_secret);
    let output = app.run(&["-vv", "-p", "app", "auth", "token"]).exits(0);
    let token = output.stdout.trim();
    assert_eq!(token.split('.').count(), 3);
    assert!(!output.stderr.contains(token) && !output.stderr.contains(&server.client_secret));
    let log = app.json(&["-p", "app", "audit", "list"]);
    let row = log.as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&row["verb"], &row["profile"]),
        (&json!("auth token"), &json!("app"))
    );
    assert!(!row.to_string().contains(token));
    let (screen, code) = Terminal::start(&app, &["-p", "app", "auth", "token"]).ends();
    assert_eq!(code, 2, "{screen}");
    assert!(screen.contains("--show") && !screen.contains("eyJ"), "{screen}");
    let (screen, code) = Terminal::start(&app, &["-p", "app", "auth", "token", "--show"]).ends();
    assert!(code == 0 && screen.contains("eyJ"), "{screen}");
}

#[test]
fn a_token_of_another_tenant_or_for_another_service_is_sent_nowhere() {
    let own = Environment::new();
    let server = own.serve(&[]);
    let me = place(&server, &own).with("MFACTL_AUTH", "token");
    let jwt = |payload: Value| format!("e30.{}.x", URL_SAFE_NO_PAD.encode(payload.to_string()));
    let cases = [
        (
            json!({"tid": "22222222-2222-4222-8222-222222222222"}),
            "of another tenant",
        ),
        (
            json!({"aud": "https://management.azure.com/"}),
            "for another service",
        ),
        (json!({"exp": 1}), "has expired"),
    ];
    for (payload, words) in cases {
        let given = me
            .over(&server, "local")
            .with("MFACTL_AUTH", "token")
            .with("MFACTL_TOKEN", &jwt(payload));
        let output = given.run(&["-vv", "methods", "list", ADELE]).exits(4);
        assert!(output.stderr.contains(words), "{}", output.stderr);
        assert!(!output.stderr.contains("path=\"/users"), "{}", output.stderr);
    }
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

/// Two profiles that extend nothing.
fn two(own: &Environment) {
    let config = own.path("config/mfactl/config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let me = text.split("\n[profiles.code]").next().unwrap();
    let app = me
        .replace("[profiles.me]", "[profiles.app]")
        .replace("\"browser\"", "\"client-secret\"");
    std::fs::write(&config, format!("{me}\n{app}")).unwrap();
}

#[test]
fn a_profile_that_goes_takes_its_sign_in_along_and_no_other() {
    let own = Environment::new();
    let fields = chidi(&own);
    let mut server = own.serve(&[]);
    let me = place(&server, &own);
    two(&own);
    sign_in(&me, &fields).exits(0);
    let app = me.with("MFACTL_CLIENT_SECRET", &server.client_secret);
    app.run(&["-p", "app", "methods", "list", ADELE]).exits(0);
    assert_eq!(files(&own).len(), 2);
    // Without the secret nothing of it can be read, and it goes all the same.
    let output = me.run(&["profile", "remove", "app", "--yes"]).exits(0);
    assert!(
        output.stderr.contains("the kept token of app is removed"),
        "{}",
        output.stderr
    );
    assert_eq!(files(&own).len(), 1);
    me.run(&["-p", "me", "auth", "status"]).exits(0);
    let output = me.run(&["profile", "remove", "me", "--yes"]).exits(0);
    for words in [
        "profile me is removed from",
        "Signed out of me: chidi@contoso.example",
        "was ended at the service",
    ] {
        assert!(output.stderr.contains(words), "{}", output.stderr);
    }
    assert!(files(&own).is_empty());

    // Where the service is not reached, what could not be ended is said.
    place(&server, &own);
    two(&own);
    sign_in(&me, &fields).exits(0);
    server.end(rustix::process::Signal::TERM);
    let output = me.run(&["profile", "remove", "me", "--yes"]).exits(7);
    assert!(
        output.stderr.contains("the sign-in was not ended at the service"),
        "{}",
        output.stderr
    );
    assert!(files(&own).is_empty());
}
