//! Whole stories: sign-ins that ask for more or end in the middle, people and methods that go away between plan and apply,
//! a certificate that nobody vouches for.

use serde_json::{Value, json};

use crate::phone::{self, Phone};
use crate::terminal::Terminal;
use crate::waiting::until;
use crate::witness::{
    Person, code_at, directory, get, grow_old, list, place, place_at, place_of, seed_of, send, url,
    write_into,
};

#[test]
fn a_second_factor_is_asked_for_on_the_terminal_and_the_sign_in_is_kept() {
    // Rita's realm wants a PIN and then the code of her authenticator.
    let body = json!({"type": "totp", "genkey": 1, "user": "rita", "realm": "desk", "pin": "2468"});
    let seed = seed_of(&get("POST", "/token/init", &body)["detail"]);
    let place = place_at(&url(), "corp", "rita@desk");
    let key = place.write("key", "a key of many letters for the tests alone 0123456789\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let place = place
        .with("MFACTL_TOKEN_KEY_FILE", &key)
        .with("MFACTL_TOKEN_STORE", "file");
    // Nobody to ask: the hint says what else there is.
    let refused = place.run(&["user", "show", "anna"]).exits(4);
    assert!(refused.stderr.contains("auth login"), "{}", refused.stderr);
    let mut terminal = Terminal::start(&place, &["auth", "login"]);
    terminal.shows("Password of rita@desk: ").types("2468");
    terminal.shows(": ").types(&code_at(&seed, 0));
    let (seen, code) = terminal.ends();
    assert_eq!(code, 0, "{seen}");
    assert!(
        seen.contains("Signed in to corp as rita@desk") && !seen.contains("2468"),
        "{seen}"
    );
    assert_eq!(place.json(&["user", "show", "anna"])["user"], "anna");
    assert_eq!(place.json(&["auth", "status"])["account"], "rita@desk");
    place.run(&["auth", "logout"]).exits(0);
    place.run(&["user", "show", "anna"]).exits(4);
}

/// As somebody whose sign-in ends after a few seconds.
fn shift() -> crate::environment::Environment {
    place_at(&url(), "corp", "sam@shift").with("MFACTL_PASSWORD", crate::witness::PASSWORD)
}

#[test]
fn a_sign_in_that_ends_in_the_middle_of_a_job_is_made_anew() {
    let people: Vec<Person> = (0..6).map(|_| Person::with_totp("middle")).collect();
    let place = shift();
    let file = list(&place, &people);
    let line = [
        "methods",
        "remove",
        "--from",
        &file,
        "--all",
        "--leave-none",
        "--pace",
        "1/s",
        "--expect",
        "6",
    ];
    let result = place.change(&line);
    assert_eq!(result["summary"]["steps"]["done"], 6, "{result}");
    assert!(people.iter().all(|person| person.kinds().is_empty()));
}

#[test]
fn an_account_whose_password_is_changed_in_the_middle_of_a_job_says_so_and_the_job_goes_on_later() {
    let name = "sofie";
    write_into(
        "shift",
        "insert into users(username, mobile, email, password, givenname, surname, phone) \
         select ?1, '', ?1 || '@example.com', password, 'Sofie', 'Shift', '' from users where username = 'sam'",
        name,
    );
    let people: Vec<Person> = (0..10).map(|_| Person::with_totp("changed")).collect();
    let place =
        place_at(&url(), "corp", &format!("{name}@shift")).with("MFACTL_PASSWORD", crate::witness::PASSWORD);
    let file = list(&place, &people);
    let line = [
        "methods",
        "remove",
        "--from",
        &file,
        "--all",
        "--leave-none",
        "--pace",
        "1/s",
        "--expect",
        "10",
        "--job",
        "changed",
        "--yes",
    ];
    let started = place.start(&line, "");
    until("somebody is done", || {
        people
            .iter()
            .any(|person| person.kinds().is_empty())
            .then_some(())
    });
    write_into(
        "shift",
        "update users set password = '!' || password where username = ?1",
        name,
    );
    let stopped = started.finish();
    assert_eq!(stopped.code, 4, "{}", stopped.screen());
    let left = people.iter().filter(|person| !person.kinds().is_empty()).count();
    assert!(left > 0, "{}", stopped.screen());
    let error = stopped
        .stderr
        .lines()
        .find(|line| line.starts_with("error:"))
        .unwrap();
    assert_eq!(
        error,
        format!(
            "error: stopped, because the sign-in has ended: sign-in name or password is wrong; {} done, {left} not",
            10 - left
        )
    );
    for words in [
        "service code 4031",
        "mfactl -p corp auth login && mfactl -p corp jobs resume j-",
    ] {
        assert!(stopped.stderr.contains(words), "{}", stopped.screen());
    }
    write_into(
        "shift",
        "update users set password = substr(password, 2) where username = ?1",
        name,
    );
    let again = place
        .run(&["jobs", "resume", "changed", "--yes", "-o", "json"])
        .exits(0)
        .value();
    assert_eq!(again["summary"]["users"]["done"], 10, "{again}");
    assert!(people.iter().all(|person| person.kinds().is_empty()));
}

#[test]
fn a_key_that_has_ended_is_said_so_and_nothing_is_sent() {
    let person = Person::with_totp("ended");
    let login = json!({"username": "sam@shift", "password": crate::witness::PASSWORD});
    let token = send("POST", "/auth", &[], &login).value()["token"]
        .as_str()
        .unwrap()
        .to_owned();
    let place = place().with("MFACTL_API_TOKEN", &token);
    place.json(&["methods", "list", &person.name]);
    // Until its end, which its policy puts some seconds ahead: the server itself says when that is.
    until("the key ends", || {
        let path = format!("/token/?user={}&realm=corp", person.name);
        (send("GET", &path, &[("authorization", &token)], &Value::Null).status == 401).then_some(())
    });
    let refused = place
        .try_change(&["methods", "remove", &person.name, "totp", "--leave-none"])
        .exits(4);
    assert_eq!(refused.error_code(), "not_signed_in", "{}", refused.stderr);
    assert!(refused.stderr.contains("MFACTL_API_TOKEN"), "{}", refused.stderr);
    assert_eq!(person.kinds().len(), 1);
}

/// Plans a removal of everything, lets something happen, and applies the plan.
fn between(person: &Person, happens: impl FnOnce()) -> crate::environment::Output {
    let place = place();
    let plan = place.path("plan.ndjson").to_str().unwrap().to_owned();
    let line = [
        "methods",
        "remove",
        &person.name,
        "--all",
        "--leave-none",
        "--plan-out",
        &plan,
    ];
    place.run(&line).exits(0);
    happens();
    place.try_change(&["plan", "apply", &plan])
}

#[test]
fn a_person_who_was_deleted_since_the_plan_is_skipped() {
    let person = Person::with_totp("gone");
    let output = between(&person, || {
        directory("delete from users where username = ?1", &person.name);
    });
    assert_ne!(output.code, 0, "{}", output.screen());
    assert!(output.screen().contains(&person.name), "{}", output.screen());
}

#[test]
fn a_token_that_was_deleted_or_given_to_somebody_else_since_the_plan_is_left_alone() {
    let person = Person::with_totp("deleted");
    let serial = person.tokens()[0]["serial"].as_str().unwrap().to_owned();
    let output = between(&person, || {
        get("DELETE", &format!("/token/{serial}"), &Value::Null);
    });
    assert_eq!(output.code, 6, "{}", output.screen());
    assert!(
        output.stdout.contains("changed since the plan: -totp"),
        "{}",
        output.screen()
    );
    let (person, other) = (Person::with_totp("given"), Person::new("other"));
    let serial = person.tokens()[0]["serial"].as_str().unwrap().to_owned();
    let output = between(&person, || {
        get("POST", "/token/unassign", &json!({"serial": serial}));
        get(
            "POST",
            "/token/assign",
            &json!({"serial": serial, "user": other.name, "realm": "corp"}),
        );
    });
    assert_eq!(output.code, 6, "{}", output.screen());
    assert_eq!(
        other.kinds(),
        ["totp old"],
        "what is somebody else's by now stays"
    );
}

#[test]
fn a_caller_is_checked_by_a_code_of_the_method() {
    let person = Person::new("caller");
    person.enrol(json!({"type": "sms", "phone": "+31612340006"}));
    let place = place();
    // What was added today says nothing about a caller.
    let refused = place
        .try_change(&["user", "check-caller", &person.name, "--by", "code"])
        .exits(6);
    assert!(refused.screen().contains("added today"), "{}", refused.screen());
    grow_old(person.tokens()[0]["serial"].as_str().unwrap());
    place.change(&["user", "check-caller", &person.name, "--by", "code"]);
    let code = Person::received("sms", "+31612340006");
    let check = |code: &str| {
        place.try_change(&[
            "user",
            "check-caller",
            &person.name,
            "--by",
            "code",
            "--code",
            code,
        ])
    };
    check("000000").exits(6);
    check(&code).exits(0);
}

/// Somebody with a telephone that approves, registered for years.
fn with_phone(called: &str) -> (Person, Phone) {
    let person = Person::new(called);
    let place = place();
    let made = place.change(&[
        "methods",
        "add",
        "push",
        &person.name,
        "--name",
        "Pixel 9",
        "--secrets-out",
        "-",
    ]);
    assert_eq!(
        place.json(&["methods", "list", &person.name])[0]["state"],
        "pending"
    );
    let phone = Phone::scans(made["secrets"][0]["value"].as_str().unwrap());
    assert_eq!(
        place.json(&["methods", "list", &person.name])[0]["state"],
        "ready"
    );
    grow_old(&phone.serial);
    (person, phone)
}

/// Asks a caller by push, while the telephone answers so.
fn asked_by_push(person: &Person, phone: &Phone, answer: phone::Answer) -> crate::environment::Output {
    let line = [
        "user",
        "check-caller",
        &person.name,
        "--by",
        "push",
        "--yes",
        "-o",
        "json",
    ];
    let place = place();
    let started = place.start(&line, "");
    phone.answers(answer);
    started.finish()
}

#[test]
fn a_caller_who_approves_on_the_phone_is_checked_and_one_who_declines_is_not() {
    let (person, phone) = with_phone("push");
    let refused = asked_by_push(&person, &phone, phone::Answer::No).exits(6);
    assert!(
        refused.stdout.contains("the person said No on the phone"),
        "{}",
        refused.screen()
    );
    // What was declined stays so for whoever asks again without asking the phone.
    let line = [
        "user",
        "check-caller",
        &person.name,
        "--by",
        "push",
        "--code",
        "-",
    ];
    place().try_change(&line).exits(6);
    let checked = asked_by_push(&person, &phone, phone::Answer::Yes)
        .exits(0)
        .value();
    let detail = checked["steps"][0]["detail"].as_str().unwrap();
    assert!(detail.starts_with("by push to push; good until"), "{checked}");
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_said_in_one_line() {
    let home = crate::environment::Environment::empty();
    let tls = home.path("tls");
    let server = home.serve(&["--make-cert", tls.to_str().unwrap()]);
    let refused = place_at(&server.graph, "corp", "mfactl")
        .with("MFACTL_PASSWORD", "x")
        .run(&["user", "show", "anna"])
        .exits(8);
    let errors: Vec<&str> = refused
        .stderr
        .lines()
        .filter(|line| line.starts_with("error:"))
        .collect();
    assert!(
        errors.len() == 1 && errors[0].contains("certificate"),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("ca_bundle"), "{}", refused.stderr);
}

#[test]
fn a_lost_phone_is_put_right_and_the_server_says_so() {
    let person = Person::with_totp("lost");
    person
        .enrol(json!({"type": "question", "questions": {"a": "1", "b": "2", "c": "3", "d": "4", "e": "5"}}));
    let app = person.enrol(json!({"type": "applspec", "service_id": "mail", "description": "Phone"}));
    let app = app["password"].as_str().unwrap().to_owned();
    assert!(person.accepts(&person.code()));
    let result = place_of("mfactl").change(&[
        "user",
        "reset",
        &person.name,
        "--pass",
        "always",
        "--secrets-out",
        "-",
    ]);
    let pass = result["secrets"][0]["value"]
        .as_str()
        .unwrap_or_else(|| panic!("{result}"));
    assert!(
        !person.accepts(&person.code()),
        "the authenticator of the lost phone"
    );
    assert_ne!(
        *person.check(&app, &json!({"service_id": "mail"})).value(),
        json!(true)
    );
    assert!(person.accepts(pass));
    assert_eq!(person.kinds(), ["question"], "the pass is used up: {result}");
}
