//! The message for the ticket: what it says, where it goes, and what never stands in it.

use std::os::unix::fs::PermissionsExt as _;

use insta::assert_snapshot;

use crate::environment::{Environment, same_job};
use crate::server::Server;

/// The day on which a test runs stands for another.
fn same_day(text: &str) -> String {
    let lines = text.lines().map(|line| match line.rsplit_once(", 20") {
        Some((head, at)) if at.ends_with('Z') => format!("{head}, 2026-12-08T08:55:00Z\n"),
        _ => format!("{line}\n"),
    });
    same_job(&lines.collect::<String>())
}

#[test]
fn a_reset_leaves_a_message_for_the_ticket() {
    let place = Environment::new();
    let file = place.path("ticket.txt");
    let name = file.to_str().unwrap().to_owned();
    let output = place
        .run(&[
            "user", "reset", "adele", "--ticket", "INC0042", "--notify", &name, "--yes",
        ])
        .exits(0);
    assert!(
        output.stderr.contains(&format!("message written to {name}")),
        "{}",
        output.screen()
    );
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_snapshot!(same_day(&std::fs::read_to_string(&file).unwrap()), @r"
    Adele Vance <adele@contoso.example>, local
    user reset, playbook lost-phone, ticket INC0042, 2026-12-08T08:55:00Z

    Done:
    - change phone:mobile: +1 425 555 0199
    - remove phone:alternate: read back: gone
    - remove authenticator: read back: gone
    - revoke app passwords: 2
    - forget remembered devices: 1
    - sign out everywhere: open pages may work 60 minutes more

    Stays: email; default phone:mobile

    What Adele does next:
    - now signs in again everywhere, verified by text or call to +1 425 555 0199
    - adds the new phone on the security info page
    - makes a new app password for Outlook 2013

    Pages that are open may work for up to 60 minutes more.
    ");

    // It replaces nothing, and that is found before anything is sent.
    let again = place
        .run(&["user", "reset", "bas", "--notify", &name, "--yes", "-o", "json"])
        .exits(1);
    assert_eq!(again.error_code(), "file_unreadable");
    assert_eq!(
        place.json(&["methods", "list", "bas"]).as_array().unwrap().len(),
        1
    );
}

#[test]
fn a_message_holds_no_secret_and_is_made_by_ones_own_template() {
    let place = Environment::new();
    let own = place.write(
        "mine.html",
        "<p>Dear {{ first_name }}, {{ done|length }} things were done.</p>\n",
    );
    let output = place
        .run(&[
            "user",
            "reset",
            "bas",
            "--playbook",
            "new-phone",
            "--pass",
            "always",
            "--secrets-out",
            place.path("secrets").to_str().unwrap(),
            "--notify",
            "-",
            "--notify-template",
            &own,
            "--yes",
        ])
        .exits(0);
    assert!(
        output.stdout.contains("<p>Dear Bas, ") && output.stdout.contains("things were done.</p>"),
        "{}",
        output.screen()
    );
    let secrets = std::fs::read_to_string(place.path("secrets")).unwrap();
    let pass = serde_json::from_str::<serde_json::Value>(secrets.lines().next().unwrap()).unwrap();
    let value = pass["value"].as_str().unwrap();
    assert!(!output.stdout.contains(value), "the pass stands in the message");

    // What a template asks for and is not there is found before anything is sent.
    let wrong = place.write("wrong.txt", "Hello {{ name }},\nyour pass is {{ pass }}\n");
    let refused = place
        .run(&[
            "user",
            "reset",
            "fen",
            "--notify",
            "-",
            "--notify-template",
            &wrong,
            "--yes",
        ])
        .exits(2);
    assert!(refused.stderr.contains("wrong.txt:2"), "{}", refused.screen());
    assert_eq!(
        place.json(&["methods", "list", "fen"]).as_array().unwrap().len(),
        1
    );
    let refused = place
        .run(&["user", "reset", "fen", "--notify", "-", "--yes", "-o", "json"])
        .exits(2);
    assert!(refused.stderr.contains("--notify FILE"), "{}", refused.screen());
}

#[test]
fn a_playbook_ends_with_a_message_for_each_of_many() {
    let place = Environment::new();
    place.configure(
        "[[playbooks.leave.steps]]\ndo = \"sign-out\"\n\n[[playbooks.leave.steps]]\ndo = \"notify\"\ntemplate = \"line.txt\"\n",
    );
    place.write(
        "config/mfactl/line.txt",
        "{{ user }}: {{ 'all' if complete else 'not all' }} done\n",
    );
    let output = place
        .run(&["user", "reset", "adele", "bas", "--playbook", "leave", "--yes"])
        .exits(0);
    for user in ["adele", "bas"] {
        assert!(
            output
                .stdout
                .contains(&format!("\n{user}@contoso.example: all done\n")),
            "{}",
            output.screen()
        );
    }
    let file = place.path("both.txt");
    place
        .run(&[
            "user",
            "reset",
            "adele",
            "bas",
            "--playbook",
            "leave",
            "--notify",
            file.to_str().unwrap(),
            "--yes",
            "-o",
            "json",
        ])
        .exits(0)
        .value();
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        "adele@contoso.example: all done\n\nbas@contoso.example: all done\n"
    );
}

/// A server that refuses a sign-out as long as one job asks for it (in its batch, and each alone), and her reset into a message for the ticket.
fn half_done(place: &Environment, more: &[&str]) -> (Server, Environment, String) {
    let rule =
        "[[rule]]\nmethod = \"POST\"\npath = \"/users/*/revokeSignInSessions\"\nfirst = 3\nstatus = 400\n";
    let server = place.serve(&["--graph-only", "--faults", &place.write("faults.toml", rule)]);
    let remote = place.over(&server, "entra");
    let file = place.path("ticket.txt").to_str().unwrap().to_owned();
    let line = [
        "user",
        "reset",
        "adele@contoso.example",
        "--notify",
        &file,
        "--yes",
    ];
    remote.run(&[&line, more].concat()).exits(7);
    (server, remote, file)
}

fn newest(place: &Environment) -> String {
    place.json(&["jobs", "list"])[0]["ref"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_job_that_goes_on_still_leaves_the_message_that_was_wanted() {
    let place = Environment::new();
    let own = place.write(
        "line.txt",
        "{{ user }}: {{ 'all' if complete else 'not all' }} done\n",
    );
    let (_server, remote, file) = half_done(&place, &["--notify-template", &own]);
    let job = newest(&remote);
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        "adele@contoso.example: not all done\n"
    );

    // The same file, made by the same template: what was told before stays.
    let output = remote.run(&["jobs", "resume", &job, "--yes"]).exits(0);
    assert!(
        output.stderr.contains(&format!("message written to {file}")),
        "{}",
        output.screen()
    );
    let both = "adele@contoso.example: not all done\n\nadele@contoso.example: all done\n";
    assert_eq!(std::fs::read_to_string(&file).unwrap(), both);

    // Nothing is left: nothing is told twice, and a message that was lost is made again.
    remote.run(&["jobs", "resume", &job, "--yes"]).exits(0);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), both);
    std::fs::remove_file(&file).unwrap();
    remote.run(&["jobs", "resume", &job, "--yes"]).exits(0);
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        "adele@contoso.example: all done\n"
    );
    let output = remote
        .run(&["jobs", "resume", &job, "--yes", "--notify", "-"])
        .exits(0);
    assert_eq!(output.stdout, "\nadele@contoso.example: all done\n");
}

#[test]
fn a_message_that_cannot_be_written_keeps_a_job_from_going_on_and_says_what_to_do() {
    let place = Environment::new();
    let (_server, remote, file) = half_done(&place, &[]);
    let job = newest(&remote);
    // Somebody else may read it now: nothing of this person goes in.
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let refused = remote.run(&["jobs", "resume", &job, "--yes"]).exits(1);
    assert_snapshot!(same_job(&refused.stderr.replace(&file, "FILE")), @r"
    error: FILE is not a file that you alone can read, and nothing is added to it
    hint: mfactl jobs resume j-4f7a --notify FILE
    ");
    assert_eq!(
        remote.json(&["jobs", "show", &job])["summary"]["steps"]["failed"],
        1
    );

    let other = place.path("other.txt").to_str().unwrap().to_owned();
    remote
        .run(&["jobs", "resume", &job, "--yes", "--notify", &other])
        .exits(0);
    let told = std::fs::read_to_string(&other).unwrap();
    assert!(
        told.contains("- sign out everywhere") && !told.contains("Not done"),
        "{told}"
    );
}

#[test]
fn the_same_command_with_the_same_name_adds_to_its_message_and_another_job_does_not() {
    let place = Environment::new();
    let (_server, remote, file) = half_done(&place, &["--job", "inc42"]);
    let line = |user| ["user", "reset", user, "--notify", &file, "--yes", "--job"];
    let other = [&line("bas@contoso.example")[..], &["inc43", "-o", "json"]].concat();
    assert_eq!(remote.run(&other).exits(1).error_code(), "file_unreadable");
    let same = [&line("adele@contoso.example")[..], &["inc42"]].concat();
    remote.run(&same).exits(0);
    let told = std::fs::read_to_string(&file).unwrap();
    assert_eq!(told.matches("playbook lost-phone").count(), 2, "{told}");
}

#[test]
fn a_plan_that_is_applied_leaves_a_message_where_its_applier_says() {
    let place = Environment::new();
    let file = place.path("ticket.txt").to_str().unwrap().to_owned();
    let planned = |user: &str, to: &str| {
        let plan = place.path(&format!("{user}.plan")).to_str().unwrap().to_owned();
        let line = ["user", "reset", user, "--notify", to, "--plan-out", &plan];
        place.run(&line).exits(0);
        plan
    };
    // A file that the plan names is not written by whoever applies it, unless told to.
    let plan = planned("adele", &file);
    let output = place.run(&["plan", "apply", &plan, "--yes"]).exits(0);
    assert!(
        output.stderr.contains(&format!(
            "warning: the plan was made with --notify {file}, and no message is written there: add --notify FILE"
        )),
        "{}",
        output.screen()
    );
    assert!(!std::path::Path::new(&file).exists());

    let plan = planned("gita", &file);
    place
        .run(&["plan", "apply", &plan, "--notify", &file, "--yes", "-o", "json"])
        .exits(0)
        .value();
    let told = std::fs::read_to_string(&file).unwrap();
    assert!(told.starts_with("Gita "), "{told}");

    let plan = planned("dora", "-");
    let output = place.run(&["plan", "apply", &plan, "--yes"]).exits(0);
    assert!(output.stdout.contains("\nDora "), "{}", output.screen());
}
