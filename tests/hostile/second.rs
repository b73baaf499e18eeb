//! Changes that one person alone may not make, and plans that are no longer what was approved.

use insta::assert_snapshot;

use crate::environment::Environment;
use crate::refusal::{refused, rows};
use crate::server::Server;

const TWO: [&str; 2] = ["adele@contoso.example", "fen@contoso.example"];

/// A profile of a server, with a guard: as the application, and as an administrator.
fn accounts(guard: &str) -> (Environment, Server, Environment, Environment) {
    let place = Environment::new();
    let password = place.person("admin").password().to_owned();
    let server = place.serve(&[]);
    let text = format!(
        "default_profile = \"contoso\"\n[profiles.contoso]\nservice = \"local\"\nurl = \"{}\"\nauthority = \"{}\"\n\
         tenant = \"{}\"\nclient_id = \"{}\"\n[profiles.contoso.guard]\n{guard}\n",
        server.graph, server.authority, server.tenant, server.client_id
    );
    place.configure(&text);
    let application = place
        .without_profile()
        .with("MFACTL_CLIENT_SECRET", &server.client_secret);
    let person = application
        .with("MFACTL_USERNAME", "admin@contoso.example")
        .with("MFACTL_PASSWORD", &password);
    (place, server, application, person)
}

#[test]
fn a_change_of_many_takes_a_second_account() {
    let (place, _server, maker, other) = accounts("two_person_over = 1");
    let before = rows(&place.data_file());
    let direct = maker.run(&[&["user", "sign-out", "--yes", "--expect", "2"][..], &TWO].concat());
    assert_eq!(
        (direct.code, direct.stdout.as_str()),
        (6, ""),
        "{}",
        direct.screen()
    );
    assert!(
        direct.stderr.contains("must be a plan that another account made")
            && direct.stderr.contains("user sign-out … --plan-out FILE"),
        "{}",
        direct.screen()
    );
    // Whoever divides people divides no guard.
    for part in ["1/2", "2/2"] {
        let divided = maker.run(&[&["user", "sign-out", "--yes", "--shard", part][..], &TWO].concat());
        assert!(
            divided.code == 6 || divided.stderr.contains("Nobody is left"),
            "{}",
            divided.screen()
        );
    }
    let file = place.path("two.plan");
    let file = file.to_str().unwrap();
    maker
        .run(&[&["user", "sign-out", "--plan-out", file][..], &TWO].concat())
        .exits(0);
    let own = maker.run(&["plan", "apply", file, "--yes"]);
    assert_eq!((own.code, own.stdout.as_str()), (6, ""), "{}", own.screen());
    assert!(
        own.stderr.contains("another account has to apply it"),
        "{}",
        own.screen()
    );
    assert_eq!(before, rows(&place.data_file()));
    other.run(&["plan", "apply", file, "--yes"]).exits(0);
    assert_ne!(before, rows(&place.data_file()));
    // One person is not many.
    maker
        .run(&["user", "sign-out", "kim@contoso.example", "--yes"])
        .exits(0);
}

#[test]
fn a_plan_that_somebody_else_made_takes_no_caller() {
    let (place, _server, maker, other) = accounts("require_caller_check = true");
    let file = place.path("one.plan");
    let file = file.to_str().unwrap();
    let change = [
        "user",
        "reset",
        TWO[0],
        "--playbook",
        "compromised",
        "--plan-out",
        file,
    ];
    maker.run(&change).exits(0);
    let own = maker.run(&["plan", "apply", file, "--yes", "--secrets-out", "-"]);
    assert_eq!((own.code, own.stdout.as_str()), (6, ""), "{}", own.screen());
    assert!(own.stderr.contains("user check-caller"), "{}", own.screen());
    other
        .run(&["plan", "apply", file, "--yes", "--secrets-out", "-"])
        .exits(0);
}

#[test]
fn with_on_drift_stop_one_who_changed_stops_all() {
    let env = Environment::new();
    let file = env.path("x.plan");
    let file = file.to_str().unwrap();
    env.run(&["user", "sign-out", "adele", "fen", "--plan-out", file])
        .exits(0);
    env.change(&["methods", "remove", "adele", "email"]);
    assert_snapshot!(refused(&env, 6, &["plan", "apply", file, "--yes", "--on-drift", "stop"])
        .lines().skip(1).collect::<Vec<_>>().join("\n"), @"
    · error: nothing was sent: adele@contoso.example changed since the plan: -email
    · hint: make a new plan, or apply it to the others with --on-drift skip
    exit 6
    ");
    env.run(&["plan", "apply", file, "--yes"]).exits(7);
}

#[test]
fn a_plan_is_good_for_as_long_as_was_said() {
    let env = Environment::new();
    let file = env.path("x.plan");
    let file = file.to_str().unwrap();
    let plan = |valid: &str| env.run(&["user", "sign-out", "fen", "--plan-out", file, "--valid", valid]);
    for bad in ["8d", "0s", "-1h", "soon"] {
        let said = plan(bad);
        assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{}", said.screen());
    }
    assert!(!env.path("x.plan").exists());
    refused(&env, 2, &["user", "sign-out", "fen", "--valid", "1h", "--yes"]);
    plan("7d").exits(0);
    let text = std::fs::read_to_string(file).unwrap();
    let head: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let at = |key: &str| head[key].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(at("expires_at").duration_since(at("made_at")).as_hours(), 7 * 24);
    std::fs::remove_file(file).unwrap();
    plan("1ms").exits(0);
    let said = refused(&env, 6, &["plan", "apply", file, "--yes"]);
    assert!(said.contains("the plan ended at"), "{said}");
    let shown = env.run(&["plan", "show", file]).exits(0);
    assert!(
        shown.stderr.contains("can no longer be applied"),
        "{}",
        shown.screen()
    );
}

#[test]
fn a_plan_holds_more_people_than_one_command_and_not_more_than_the_guard_says() {
    let env = Environment::new();
    let guard = |text: &str| env.configure(&format!("[profiles.local.guard]\n{text}\n"));
    let file = env.path("x.plan");
    let file = file.to_str().unwrap();
    guard("max_users = 1\nmax_users_planned = 2");
    let direct = refused(&env, 6, &["user", "sign-out", "adele", "fen", "--yes"]);
    assert!(direct.contains("--plan-out FILE"), "{direct}");
    env.run(&["user", "sign-out", "adele", "fen", "--plan-out", file])
        .exits(0);
    guard("max_users = 1\nmax_users_planned = 1");
    refused(&env, 6, &["plan", "apply", file, "--yes"]);
    guard("max_users = 1\nmax_users_planned = 2");
    env.run(&["plan", "apply", file, "--yes"]).exits(0);
}
