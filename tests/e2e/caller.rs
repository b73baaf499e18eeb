//! Somebody calls the help desk: is it the person? The service asks, the caller answers, and only then anything is changed.

use crate::environment::Environment;

fn strict() -> Environment {
    let env = Environment::new();
    env.configure("[profiles.local.guard]\nrequire_caller_check = true\n");
    env
}

#[test]
fn who_lost_the_phone_answers_a_call_to_another_number_and_is_put_right() {
    let env = strict();
    let reset = ["user", "reset", "adele", "--yes"];
    env.run(&reset).exits(6);
    let asked = env
        .run(&["user", "check-caller", "adele", "--lost", "authenticator"])
        .exits(0);
    assert!(
        asked.stdout.contains("call to +1 425 555 0199, until"),
        "{}",
        asked.screen()
    );
    assert!(
        asked
            .stderr
            .contains("--lost authenticator --by callback --code CODE"),
        "{}",
        asked.screen()
    );
    let adele = env.person("adele");
    let received = adele.received();
    assert_eq!(
        (received["channel"].as_str(), received["to"].as_str()),
        (Some("call"), Some("+1 4255550199"))
    );
    // It was asked, and nothing was said yet.
    env.run(&reset).exits(6);
    let code = received["code"].as_str().unwrap();
    let checked = env
        .run(&[
            "user",
            "check-caller",
            "adele",
            "--lost",
            "authenticator",
            "--by",
            "callback",
            "--code",
            code,
        ])
        .exits(0);
    assert!(
        checked
            .stdout
            .contains("by call-back to phone:alternate; good until"),
        "{}",
        checked.screen()
    );
    // Another person was not checked.
    env.run(&["user", "reset", "fen", "--yes"]).exits(6);
    let done = env.run(&reset).exits(0);
    let caller = done
        .stderr
        .lines()
        .find(|line| line.starts_with("Caller checked "))
        .unwrap_or_else(|| panic!("{}", done.screen()));
    assert!(caller.ends_with(" by call-back to phone:alternate."), "{caller}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let file = env.path("state/mfactl/callers.jsonl");
        assert_eq!(
            std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert!(!std::fs::read_to_string(&file).unwrap().contains(code));
    }
}

#[test]
fn a_check_by_the_phone_serves_unless_the_phone_is_lost() {
    let env = strict();
    env.run(&["user", "check-caller", "adele"]).exits(0);
    let code = env.person("adele").received()["code"]
        .as_str()
        .unwrap()
        .to_owned();
    let checked = env.change(&["user", "check-caller", "adele", "--code", &code]);
    assert_eq!(checked["steps"][0]["status"], "done", "{checked}");
    assert!(
        checked["steps"][0]["detail"]
            .as_str()
            .unwrap()
            .starts_with("by push to authenticator"),
        "{checked}"
    );
    let lost = env.run(&["user", "reset", "adele", "--yes"]);
    assert_eq!(lost.code, 6, "{}", lost.screen());
    assert!(lost.stderr.contains("is on the lost phone"), "{}", lost.screen());
    env.run(&["methods", "remove", "adele", "email", "--yes"])
        .exits(0);
}

#[test]
fn an_app_that_types_codes_shows_one_and_nothing_is_sent() {
    let env = strict();
    let zoe = env.person("zoe");
    let checked = env.run(&["user", "check-caller", "zoe", "--by", "code"]).exits(0);
    assert!(
        checked.stdout.contains("the app shows the code"),
        "{}",
        checked.screen()
    );
    assert!(zoe.outbox().is_empty());
}

#[test]
fn nobody_vouches_for_themselves_and_asking_oneself_is_said_to_be_meant() {
    let env = strict();
    let check = ["user", "check-caller", "admin", "--reason", "it is me", "--yes"];
    for by in ["in-person", "manager"] {
        for more in [&[][..], &["--include-self"], &["--dry-run"]] {
            let refused = env.run(&[&check[..], &["--by", by], more].concat()).exits(6);
            assert!(
                refused
                    .stderr
                    .contains("admin@contoso.example is your own account, and nobody vouches for themselves"),
                "{}",
                refused.screen()
            );
        }
    }
    let refused = env.run(&check).exits(6);
    assert!(
        refused.stderr.contains("--include-self allows it"),
        "{}",
        refused.screen()
    );
    env.run(&[&check[..], &["--include-self", "--dry-run"]].concat())
        .exits(0);
}
