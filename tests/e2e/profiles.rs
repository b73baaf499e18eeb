//! Profiles written, told and taken away: by options, and by a dialogue on a terminal.

use insta::assert_snapshot;

use crate::environment::{Environment, Output};
use crate::terminal::Terminal;

const ADD: &[&str] = &[
    "profile",
    "add",
    "contoso",
    "--service",
    "entra",
    "--tenant",
    "contoso.example",
    "--client-id",
    "app",
    "--auth",
    "browser",
    "--domain",
    "contoso.example",
    "--region",
    "nl",
];

/// One that extends the other.
const ADD_CHILD: &[&str] = &[
    "profile",
    "add",
    "child",
    "--extends",
    "contoso",
    "--tenant",
    "child.example",
];

fn place() -> Environment {
    Environment::empty().without_profile()
}

fn screen(place: &Environment, output: &Output) -> String {
    let home = place.path("home");
    output
        .screen()
        .replace(home.parent().unwrap().to_str().unwrap(), "[DIR]")
}

fn file(place: &Environment) -> String {
    std::fs::read_to_string(place.path("config/mfactl/config.toml")).unwrap()
}

#[test]
fn a_profile_is_added_by_options_and_says_what_comes_next() {
    let place = place();
    assert_snapshot!(screen(&place, &place.run(ADD)), @"
    · profile contoso is in [DIR]/config/mfactl/config.toml
    · Sign in:  mfactl auth login -p contoso
    · Check it: mfactl -p contoso doctor
    · Default:  mfactl profile use contoso
    exit 0
    ");
    assert_snapshot!(file(&place), @r#"
    [profiles.contoso]
    service = "entra"
    tenant = "contoso.example"
    client_id = "app"
    auth = "browser"
    domain = "contoso.example"
    region = "NL"
    "#);
    let again = place.run(ADD).exits(6);
    assert!(again.stderr.contains("--replace"), "{}", again.stderr);
    place.run(&[ADD, &["--replace"]].concat()).exits(0);
    place.run(ADD_CHILD).exits(0);
    place.run(&["profile", "use", "child"]).exits(0);
    assert_snapshot!(screen(&place, &place.run(&["profile", "list"])), @"
    PROFILE  DEFAULT  SERVICE  TENANT           SIGN-IN  STATE
    child    yes      entra    child.example    browser  ready
    contoso  -        entra    contoso.example  browser  ready
    local    -        local    -                -        ready
    · 3 profiles, 2 of them in [DIR]/config/mfactl/config.toml
    exit 0
    ");
    let rows = place.json(&["profile", "list"]);
    assert_eq!(rows[0]["extends"], "contoso");
    assert_eq!(rows[0]["default"], true);
    assert_eq!(place.json(&["profile", "show"])["profile"], "child");
}

#[test]
fn show_says_where_each_value_comes_from() {
    let place = place();
    place.run(ADD).exits(0);
    place.run(ADD_CHILD).exits(0);
    let place = place.with("MFACTL_TOKEN_STORE", "memory");
    assert_snapshot!(screen(&place, &place.run(&["profile", "show", "child", "--origin"])), @"
    KEY                         VALUE                                            FROM
    extends                     contoso                                          [DIR]/config/mfactl/config.toml:11
    service                     entra                                            [DIR]/config/mfactl/config.toml:2, by extends contoso
    tenant                      child.example                                    [DIR]/config/mfactl/config.toml:10
    client_id                   app                                              [DIR]/config/mfactl/config.toml:4, by extends contoso
    auth                        browser                                          [DIR]/config/mfactl/config.toml:5, by extends contoso
    cloud                       global                                           default
    url                         https://graph.microsoft.com                      cloud and tenant
    authority                   https://login.microsoftonline.com/child.example  cloud and tenant
    domain                      contoso.example                                  [DIR]/config/mfactl/config.toml:6, by extends contoso
    region                      NL                                               [DIR]/config/mfactl/config.toml:7, by extends contoso
    token_store                 memory                                           MFACTL_TOKEN_STORE
    guard.allow_everyone        no                                               default
    guard.allow_privileged      no                                               default
    guard.max_users             25                                               default
    guard.max_users_planned     20000                                            default
    guard.protected             -                                                default
    guard.require_caller_check  no                                               default
    guard.require_ticket        no                                               default
    guard.ticket_pattern        -                                                default
    guard.two_person_over       -                                                default
    · profile child can be used
    exit 0
    ");
    let lines = place.run(&["profile", "show", "child", "-o", "ndjson"]).exits(0);
    assert!(
        lines
            .stdout
            .lines()
            .last()
            .unwrap()
            .contains("\"type\":\"summary\"")
    );
    let table = place.run(&["profile", "show", "child", "-o", "csv"]).exits(0);
    assert!(
        table.stdout.starts_with("key,value,origin.kind,"),
        "{}",
        table.stdout
    );
}

#[test]
fn a_profile_that_is_removed_is_asked_about_and_named_by_those_that_extend_it() {
    let place = place();
    place.run(ADD).exits(0);
    place.run(ADD_CHILD).exits(0);
    let refused = place.run(&["profile", "remove", "contoso", "--yes"]).exits(2);
    assert!(
        refused.stderr.contains("extended by: child"),
        "{}",
        refused.stderr
    );
    place.run(&["profile", "remove", "child"]).exits(6);
    let mut terminal = Terminal::start(&place, &["profile", "remove", "child"]);
    terminal.shows("Remove profile child").types("y");
    let (screen, code) = terminal.ends();
    assert_eq!(code, 0, "{screen}");
    place.run(&["profile", "remove", "contoso", "--yes"]).exits(0);
    assert!(!file(&place).contains("contoso"));
    place.run(&["profile", "remove", "contoso", "--yes"]).exits(2);
}

#[test]
fn the_dialogue_points_and_types_and_writes_what_was_answered() {
    let place = place();
    let mut terminal = Terminal::start(&place, &["profile", "add"]);
    terminal.shows("Name, such as contoso: ").types("a b");
    terminal
        .shows("cannot be called")
        .shows("Name, such as contoso: ")
        .types("fabrikam");
    // Enter takes the first of a list.
    terminal.shows("Service").types("");
    terminal.shows("Cloud").types("");
    terminal.shows("Tenant").types("fabrikam.example");
    terminal.shows("Sign in").types("");
    terminal.shows("Client id").types("app");
    terminal.shows("Domain").types("");
    terminal.shows("Region").types("xx");
    terminal.shows("two letters").shows("Region").types("gb");
    terminal.shows("Write this to").types("y");
    let (screen, code) = terminal.ends();
    assert_eq!(code, 0, "{screen}");
    assert_snapshot!(file(&place), @r#"
    [profiles.fabrikam]
    service = "entra"
    tenant = "fabrikam.example"
    client_id = "app"
    auth = "browser"
    region = "GB"
    "#);
}

#[test]
fn the_accessible_dialogue_is_answered_by_typing_alone() {
    let place = place();
    let mut terminal = Terminal::start(&place, &["profile", "add", "x", "--accessible"]);
    terminal.shows("Service, by number or name: ").types("entra");
    terminal.shows("Cloud, by number or name: ").types("china");
    terminal.shows("Tenant").types("x.example");
    terminal.shows("Sign in, by number or name: ").types("nothing");
    terminal
        .shows("none of them")
        .shows("by number or name: ")
        .types("3");
    terminal.shows("Client id").types("app");
    terminal.shows("Domain").types("x.example");
    terminal.shows("Region").types("");
    terminal.shows("Type yes or no: ").types("yes");
    let (screen, code) = terminal.ends();
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains("MFACTL_CLIENT_SECRET"), "{screen}");
    let text = file(&place);
    assert!(
        text.contains("cloud = \"china\"") && text.contains("auth = \"client-secret\""),
        "{text}"
    );
}

#[test]
fn a_no_and_ctrl_c_write_nothing() {
    let place = place();
    let whole = &["profile", "add", "x", "--accessible", "--extends", "y"];
    place.run(whole).exits(2);
    let mut terminal = Terminal::start(&place, &["profile", "add", "x"]);
    terminal.shows("Service").presses(3);
    let (screen, code) = terminal.ends();
    assert_eq!(code, 130, "{screen}");
    assert!(!place.path("config/mfactl/config.toml").exists(), "{screen}");
}

#[test]
fn without_a_terminal_what_is_missing_is_named_with_the_options() {
    let place = place();
    assert_snapshot!(screen(&place, &place.run(&["profile", "add"])), @"
    · error: what is missing cannot be asked for: there is no terminal to ask on
    · hint: mfactl profile add NAME --service entra --tenant TENANT --client-id ID --auth browser
    exit 2
    ");
    assert!(!place.path("config/mfactl/config.toml").exists());
}

#[test]
fn a_token_comes_from_a_variable_or_from_standard_input() {
    let place = Environment::new();
    let server = place.serve(&[]);
    let over = place.over(&server, "local").with("MFACTL_AUTH", "token");
    let missing = over.run(&["methods", "list", "adele@contoso.example"]).exits(4);
    assert!(missing.stderr.contains("MFACTL_TOKEN"), "{}", missing.stderr);
    let token = server.witness().token();
    let adele = ["methods", "list", "adele@contoso.example"];
    over.with("MFACTL_TOKEN", &token).run(&adele).exits(0);
    let by_stdin = over.with("MFACTL_TOKEN", "-");
    by_stdin.feed(&adele, &format!("{token}\n")).exits(0);
    let empty = by_stdin.feed(&adele, "").exits(4);
    assert!(
        empty.stderr.contains("no token on standard input"),
        "{}",
        empty.stderr
    );
    assert!(!empty.stderr.contains(&token));
}
