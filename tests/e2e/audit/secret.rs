//! Nothing secret is in the log: no code, and after every verb nothing that the service knows as a secret.

use std::fs;

use serde_json::{Value, json};

use super::{folder, lines};
use crate::environment::Environment;

#[test]
fn a_code_that_is_sent_and_checked_is_logged_without_the_code() {
    let env = Environment::new();
    env.change(&[
        "methods",
        "add",
        "phone",
        "fen",
        "--type",
        "alternate",
        "--number",
        "+1 425 555 0142",
    ]);
    let before = lines(&env).len();
    env.run(&["methods", "verify", "fen", "phone:alternate", "--yes"])
        .exits(0);
    env.run(&[
        "methods",
        "verify",
        "fen",
        "phone:alternate",
        "--code",
        "90210",
        "--yes",
    ]);
    let lines = lines(&env);
    let told: Vec<&Value> = lines[before..].iter().collect();
    assert_eq!(told.len(), 4, "{told:#?}");
    assert_eq!(
        (&told[0]["verb"], &told[0]["step"]),
        (&json!("methods verify"), &json!("send"))
    );
    assert_eq!(
        (&told[2]["step"], &told[3]["status"]),
        (&json!("verify"), &json!("failed"))
    );
    assert!(!format!("{lines:?}").contains("90210"));
}

#[test]
fn nothing_secret_is_in_the_log_after_every_verb() {
    let env = Environment::new();
    let mut known = Vec::new();
    for name in ["adele", "bas", "dora", "emre", "fen", "gita", "kim"] {
        gather(&env.json(&["local", "secrets", name]), &mut known);
    }
    let out = |name: &str| env.path(&format!("home/{name}.secret"));
    let changes: &[(&[&str], bool)] = &[
        (
            &[
                "methods",
                "add",
                "phone",
                "fen",
                "--type",
                "alternate",
                "--number",
                "+1 425 555 0142",
            ],
            false,
        ),
        (
            &["methods", "add", "email", "fen", "--address", "fen@home.example"],
            false,
        ),
        (&["methods", "add", "totp", "fen", "--qr", "none"], true),
        (&["methods", "add", "temporary-pass", "gita"], true),
        (
            &[
                "methods",
                "update",
                "fen",
                "phone:mobile",
                "--number",
                "+1 425 555 0143",
            ],
            false,
        ),
        (&["methods", "set-default", "dora", "authenticator"], false),
        (&["methods", "remove", "emre", "authenticator:b2f7"], false),
        (&["devices", "forget", "kim"], false),
        (&["app-passwords", "reset", "adele", "--all", "--reissue"], true),
        (
            &[
                "user",
                "reset",
                "bas",
                "--playbook",
                "new-phone",
                "--pass",
                "always",
            ],
            true,
        ),
        (&["user", "reset", "adele"], false),
        (&["user", "reset-password", "kim"], true),
        (&["user", "sign-out", "dora"], false),
    ];
    for (at, (change, mints)) in changes.iter().enumerate() {
        let file = out(&at.to_string());
        let mut arguments = change.to_vec();
        if *mints {
            arguments.extend(["--secrets-out", file.to_str().unwrap()]);
        }
        let output = env.try_change(&arguments);
        assert!([0, 7].contains(&output.code), "{change:?}: {}", output.screen());
        if *mints {
            for line in fs::read_to_string(&file).unwrap().lines() {
                gather(&serde_json::from_str(line).unwrap(), &mut known);
            }
        }
    }
    let answers = "What was your first pet?\nRex the Hound of Hounds\n";
    env.feed(&["methods", "add", "questions", "fen", "--yes"], answers);
    known.push("Rex the Hound".to_owned());
    env.feed(
        &["user", "reset-password", "dora", "--password-stdin", "--yes"],
        "Corr3ct-h0rse-battery\n",
    )
    .exits(0);
    known.push("Corr3ct-h0rse".to_owned());
    assert!(known.len() > 15, "{known:?}");
    assert!(lines(&env).len() > 2 * changes.len());
    for entry in fs::read_dir(folder(&env)).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        for secret in &known {
            assert!(!text.contains(secret.as_str()), "{} has {secret}", path.display());
        }
    }
}

/// Every secret text of a document: long enough to be told from a word.
fn gather(value: &Value, known: &mut Vec<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| gather(value, known)),
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(text) if is_secret(key) && text.len() >= 6 => known.push(text.clone()),
                    Value::String(_) => {}
                    other => gather(other, known),
                }
            }
        }
        _ => {}
    }
}

fn is_secret(key: &str) -> bool {
    ["password", "secret", "token", "value", "uri"].contains(&key)
}
