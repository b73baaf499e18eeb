//! Secrets are where they were asked for and nowhere else: not in logs, not in errors, not in what is listed.

use serde_json::Value;

use crate::environment::Environment;
use crate::refusal::refused;

/// Every text in `value` that is long enough to be a secret and is no name or id.
fn secrets(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.len() >= 8 => found.push(text.clone()),
        Value::Array(all) => all.iter().for_each(|one| secrets(one, found)),
        Value::Object(all) => all
            .iter()
            .filter(|(name, _)| {
                [
                    "password",
                    "secret",
                    "token",
                    "totp",
                    "remembered_devices",
                    "app_passwords",
                ]
                .contains(&name.as_str())
            })
            .for_each(|(_, one)| secrets(one, found)),
        _ => {}
    }
}

#[test]
fn the_loudest_log_holds_no_secret_and_no_token() {
    let env = Environment::new();
    let mut known = Vec::new();
    for name in ["adele", "admin", "tess", "quinn"] {
        secrets(&env.json(&["local", "secrets", name]), &mut known);
    }
    assert!(known.len() > 8, "{known:?}");
    let password = env.person("adele").password().to_owned();
    let server = env.serve(&[]);
    known.push(server.client_secret.clone());
    let over = env.over(&server, "local");
    for (place, arguments) in [
        (&env, &["user", "show", "adele"][..]),
        (&env, &["methods", "list", "tess", "-o", "json"]),
        (&env, &["local", "sign-in", "adele", "--password", &password]),
        (&env, &["user", "reset", "adele", "--yes"]),
        (&env, &["user", "reset", "nobody", "--yes"]),
        (&over, &["user", "show", "quinn"]),
        (&over, &["app-passwords", "list", "adele"]),
    ] {
        for loud in ["-v", "-vv", "-vvv"] {
            let output = place
                .with("RUST_LOG", "trace")
                .run(&[arguments, &[loud]].concat());
            for secret in &known {
                assert!(
                    !output.stderr.contains(secret),
                    "{arguments:?} {loud} tells {secret}:\n{}",
                    output.stderr
                );
                assert!(
                    !output.stdout.contains(secret),
                    "{arguments:?} {loud} prints {secret}"
                );
            }
            assert!(
                !output.stderr.contains("eyJ"),
                "{arguments:?} {loud} tells a token:\n{}",
                output.stderr
            );
        }
    }
    let loud = env.run(&["user", "show", "adele", "-vv"]).exits(0);
    assert!(
        loud.stderr.contains("GET") || loud.stderr.contains("POST"),
        "-vv tells nothing: {}",
        loud.stderr
    );
}

#[test]
fn a_made_secret_is_in_its_place_alone() {
    let env = Environment::new();
    let out = env.path("pass.json");
    let output = env
        .run(&[
            "methods",
            "add",
            "temporary-pass",
            "adele",
            "--yes",
            "-vv",
            "--secrets-out",
            out.to_str().unwrap(),
        ])
        .exits(0);
    let text = std::fs::read_to_string(&out).unwrap();
    let pass = first_value(&text);
    assert!(
        !output.stdout.contains(&pass) && !output.stderr.contains(&pass),
        "{}",
        output.screen()
    );
    let list = env
        .run(&["methods", "list", "adele", "-o", "json", "-vv"])
        .exits(0);
    assert!(
        !list.stdout.contains(&pass) && !list.stderr.contains(&pass),
        "{}",
        list.screen()
    );
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&out).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
}

/// The first `value` in a file of secrets, one JSON object a line or one document.
fn first_value(text: &str) -> String {
    let found = text
        .split("\"value\":")
        .nth(1)
        .and_then(|rest| rest.split('"').nth(1))
        .unwrap_or_else(|| panic!("no value in {text:?}"));
    found.to_owned()
}

#[test]
fn a_secret_is_not_taken_from_the_command_line() {
    let env = Environment::new();
    for arguments in [
        &[
            "user",
            "reset-password",
            "adele",
            "--password",
            "hush-hush",
            "--yes",
        ][..],
        &["methods", "list", "adele", "--client-secret", "hush-hush"],
        &[
            "methods",
            "add",
            "questions",
            "adele",
            "--answer",
            "hush-hush",
            "--yes",
        ],
    ] {
        let output = env.run(arguments).exits(2);
        assert!(!output.stdout.contains("hush-hush"), "{}", output.screen());
    }
}

#[test]
fn a_seed_whose_image_cannot_be_written_is_not_made() {
    let env = Environment::new();
    let add = [
        "methods",
        "add",
        "totp",
        "adele",
        "--qr",
        "nowhere/seed.png",
        "--secrets-out",
        "seed.json",
        "--yes",
    ];
    insta::assert_snapshot!(refused(&env, 1, &add), @"
    · error: cannot write nowhere/seed.png: No such file or directory (os error 2)
    · hint: make its folder first, or name a file in another one
    exit 1
    ");
    assert_eq!(
        env.json(&["methods", "list", "adele"]).as_array().unwrap().len(),
        4
    );
}

#[test]
fn an_image_that_cannot_be_written_loses_no_seed() {
    let env = Environment::new();
    // The second image has another name, which is taken.
    env.write("seed-2.png", "mine");
    let (image, seeds) = (env.path("seed.png"), env.path("seeds.json"));
    env.run(&[
        "methods",
        "add",
        "totp",
        "--from",
        &env.write("people.csv", "user\nadele\nbas\n"),
        "--qr",
        image.to_str().unwrap(),
        "--secrets-out",
        seeds.to_str().unwrap(),
        "--yes",
    ])
    .exits(7);
    let seeds = std::fs::read_to_string(seeds).unwrap();
    let kept: Vec<&str> = seeds.lines().filter(|line| line.contains("otpauth:")).collect();
    assert_eq!(kept.len(), 2, "{seeds}");
}
