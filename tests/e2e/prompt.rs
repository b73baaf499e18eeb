//! What is asked on the terminal itself, and what an answer does.

use crate::environment::Environment;
use crate::terminal::Terminal;

const RESET: [&str; 3] = ["user", "reset", "adele"];

#[test]
fn a_yes_at_the_prompt_goes_on() {
    let place = Environment::new();
    let mut terminal = Terminal::start(&place, &RESET);
    terminal
        .shows("Reset Adele Vance")
        .shows("Go on? [y/N]")
        .types("y");
    let (screen, code) = terminal.ends();
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains("read back: gone"), "{screen}");
    assert_eq!(place.person("adele").methods(), ["phone:mobile", "email"]);
}

#[test]
fn enter_at_the_prompt_is_no() {
    let place = Environment::new();
    for answer in ["", "n", "no", "yep"] {
        let mut terminal = Terminal::start(&place, &RESET);
        terminal.shows("Go on? [y/N]").types(answer);
        let (screen, code) = terminal.ends();
        assert_eq!(code, 6, "{answer:?}: {screen}");
    }
    assert_eq!(place.person("adele").methods().len(), 4);
}

#[test]
fn ctrl_c_at_the_prompt_ends_with_130_and_changes_nothing() {
    let place = Environment::new();
    let mut terminal = Terminal::start(&place, &RESET);
    terminal.shows("Go on? [y/N]").presses(3);
    let (screen, code) = terminal.ends();
    assert_eq!(code, 130, "{screen}");
    assert_eq!(place.person("adele").methods().len(), 4);
}

#[test]
fn ctrl_c_in_a_menu_gives_the_cursor_back() {
    let place = Environment::empty().without_profile();
    let mut terminal = Terminal::start(&place, &["profile", "add", "contoso"]);
    terminal.shows("privacyidea").presses(3);
    let (seen, code) = terminal.ends();
    assert_eq!(code, 130, "{seen}");
    let (hidden, shown) = (seen.rfind("\x1b[?25l"), seen.rfind("\x1b[?25h"));
    assert!(hidden.is_some() && hidden < shown, "{seen:?}");
}

#[test]
fn more_people_than_one_are_confirmed_by_their_number() {
    let place = Environment::new();
    let both = ["user", "sign-out", "fen", "adele"];
    let session = place.person("fen").signs_in_by("sms").token("session_token");
    let mut terminal = Terminal::start(&place, &both);
    terminal.shows("Type 2 to go on:").types("y");
    let (screen, code) = terminal.ends();
    assert_eq!(code, 6, "{screen}");
    place
        .person("fen")
        .tries(&["--session", &session])
        .is("signed_in");

    let mut terminal = Terminal::start(&place, &both);
    terminal.shows("Type 2 to go on:").types("2");
    let (screen, code) = terminal.ends();
    assert_eq!(code, 0, "{screen}");
    place
        .person("fen")
        .tries(&["--session", &session])
        .is("verification_required");
}

#[test]
fn nobody_is_asked_without_a_terminal_and_the_flags_are_named() {
    let place = Environment::new();
    let refused = place.run(&[&RESET[..], &["-o", "json"]].concat()).exits(6);
    assert_eq!(refused.error_code(), "not_confirmed");
    assert!(refused.stderr.contains("--yes"), "{}", refused.stderr);
    // An answer on stdin is none: a prompt is never answered by a pipe.
    place.feed(&RESET, "y\n").exits(6);
    // Nor is anybody asked where there is a terminal and the command line or the pipeline says not to.
    let (screen, code) = Terminal::start(&place, &[&RESET[..], &["--no-input"]].concat()).ends();
    assert_eq!(code, 6, "{screen}");
    let (screen, code) = Terminal::start(&place.with("CI", "true"), &RESET).ends();
    assert_eq!(code, 6, "{screen}");
    assert_eq!(place.person("adele").methods().len(), 4);
}

#[test]
fn a_secret_is_shown_once_on_the_terminal() {
    let place = Environment::new();
    let mut terminal = Terminal::start(&place, &["methods", "add", "temporary-pass", "fen", "--yes"]);
    terminal.shows("temporary-pass");
    let (screen, code) = terminal.ends();
    assert_eq!(code, 0, "{screen}");
    let words = screen.split(|c: char| c.is_whitespace() || c == '"');
    let fen = place.person("fen");
    let opened = words
        .filter(|word| word.len() == 8 && word.is_ascii())
        .any(|word| fen.tries(&["--factor", &format!("pass:{word}")]).result() == "signed_in");
    assert!(opened, "the pass stands on the screen and works:\n{screen}");

    // Without one it has to be said where it goes, before anything is sent.
    let nowhere = place
        .try_change(&["methods", "add", "temporary-pass", "chidi"])
        .exits(2);
    assert_eq!(nowhere.error_code(), "secrets_need_a_place");
    assert!(place.person("chidi").methods().is_empty());
}

#[test]
fn a_password_is_typed_where_nothing_shows_it() {
    let place = Environment::new();
    let line = [
        "user",
        "reset-password",
        "fen",
        "--password-stdin",
        "--permanent",
        "--yes",
    ];
    let mut terminal = Terminal::start(&place, &line);
    terminal.shows("New password (not shown): ");
    assert!(
        terminal.hides(),
        "what is typed as soon as it is asked for is hidden already"
    );
    terminal.types("Horse-Staple-42");
    let (screen, code) = terminal.ends();
    assert_eq!(code, 0, "{screen}");
    assert!(!screen.contains("Horse"), "{screen}");
    let fen = place.person("fen");
    let asked_on = |password| fen.tries(&["--password", password]).result() == "verification_required";
    assert!(asked_on("Horse-Staple-42") && !asked_on("Horse-Staple-43"));

    let mut terminal = Terminal::start(&place, &line);
    terminal.shows("New password (not shown): ").types("");
    let (screen, code) = terminal.ends();
    assert_eq!(code, 2, "{screen}");
    assert!(screen.contains("no password was typed"), "{screen}");
}
