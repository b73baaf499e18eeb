//! Tokens that are expired, altered or somebody else's, secrets that are wrong, services that are not there.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::environment::Environment;
use crate::http::Witness;
use crate::refusal::{refused, rows};

const WRITE: &str = "/v1.0/users/adele@contoso.example/revokeSignInSessions";

/// Every way in with this token: reading, writing, the extensions.
#[track_caller]
fn is_refused(environment: &Environment, witness: &Witness, token: &str) {
    let before = rows(&environment.data_file());
    for (verb, path) in [
        ("GET", "/v1.0/users/adele@contoso.example"),
        ("GET", "/beta/users/adele@contoso.example/authentication/methods"),
        ("POST", WRITE),
        ("GET", "/mfactl/v1/users/adele@contoso.example/rememberedDevices"),
        ("DELETE", "/mfactl/v1/users/adele@contoso.example/appPasswords"),
    ] {
        let answer = witness.ask_with(token, verb, path, &json!({}));
        assert_eq!(answer.status, 401, "{verb} {path}: {}", answer.body);
        assert_eq!(
            answer.body["error"]["code"], "InvalidAuthenticationToken",
            "{}",
            answer.body
        );
    }
    assert_eq!(before, rows(&environment.data_file()));
}

fn part(token: &str, n: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(n).unwrap()).unwrap()).unwrap()
}

/// The token with its header and claims changed, under its old signature.
fn altered(token: &str, header: impl FnOnce(&mut Value), claims: impl FnOnce(&mut Value)) -> String {
    let (mut head, mut body) = (part(token, 0), part(token, 1));
    header(&mut head);
    claims(&mut body);
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!(
        "{}.{}.{}",
        encode(&head),
        encode(&body),
        token.split('.').nth(2).unwrap()
    )
}

#[test]
fn an_expired_token_is_refused() {
    let env = Environment::new();
    let server = env.serve(&[]);
    let witness = server.witness();
    let token = witness.token();
    assert_eq!(
        witness
            .ask("GET", "/v1.0/users/adele@contoso.example", &Value::Null)
            .status,
        200
    );
    let left = part(&token, 1)["exp"].as_i64().unwrap() - part(&token, 1)["iat"].as_i64().unwrap();
    let moved = witness.ask("POST", "/mfactl/v1/clock", &json!({"advance": left + 600}));
    assert_eq!(moved.status, 200, "{}", moved.body);
    is_refused(&env, &witness, &token);
    // A new one is taken: it was the time and nothing else.
    assert_eq!(
        witness
            .ask("GET", "/v1.0/users/adele@contoso.example", &Value::Null)
            .status,
        200
    );
}

#[test]
fn an_altered_token_is_refused() {
    let env = Environment::new();
    let server = env.serve(&[]);
    let witness = server.witness();
    let token = witness.token();
    let mut other = token.clone().into_bytes();
    // Not the last character: some of its bits mean nothing.
    let place = other.len() - 10;
    other[place] = if other[place] == b'A' { b'B' } else { b'A' };
    let signature = String::from_utf8(other).unwrap();
    let roles = altered(
        &token,
        |_| {},
        |claims| claims["roles"] = json!(["Directory.ReadWrite.All"]),
    );
    let longer = altered(&token, |_| {}, |claims| claims["exp"] = json!(4_102_444_800_i64));
    let none = altered(&token, |header| header["alg"] = json!("none"), |_| {});
    let unsigned = format!("{}.", none.rsplit_once('.').unwrap().0);
    let symmetric = altered(&token, |header| header["alg"] = json!("HS256"), |_| {});
    for token in [signature, roles, longer, none, unsigned, symmetric] {
        is_refused(&env, &witness, &token);
    }
    for token in ["", "x", "a.b.c", "..", &"A".repeat(9000)] {
        is_refused(&env, &witness, token);
    }
}

#[test]
fn a_token_of_another_service_is_refused() {
    let (env, other) = (Environment::new(), Environment::empty());
    let server = env.serve(&[]);
    other.json(&["methods", "list", "adele@contoso.example"]);
    let stranger = other.serve(&[]).witness().token();
    is_refused(&env, &server.witness(), &stranger);
}

#[test]
fn a_token_for_another_address_of_the_same_service_is_refused() {
    let env = Environment::new();
    let first = env.serve(&[]).witness().token();
    let second = env.serve(&[]);
    is_refused(&env, &second.witness(), &first);
}

#[test]
fn a_wrong_secret_is_not_signed_in() {
    let env = Environment::new();
    let server = env.serve(&[]);
    let over = env
        .over(&server, "local")
        .with("MFACTL_CLIENT_SECRET", "hush-hush");
    let said = refused(&over, 4, &["methods", "list", "adele@contoso.example"]);
    assert!(!said.contains("hush-hush"), "{said}");
    assert_eq!(
        over.run(&["methods", "list", "adele@contoso.example", "-o", "json"])
            .exits(4)
            .error_code(),
        "not_signed_in"
    );
    refused(&over, 4, &["user", "reset", "adele", "--yes"]);
    let over = env
        .over(&server, "local")
        .with("MFACTL_CLIENT_ID", "00000000-0000-0000-0000-000000000000");
    refused(&over, 4, &["methods", "list", "adele@contoso.example"]);
}

#[test]
fn a_token_of_another_tenant_is_refused_and_nothing_is_sent() {
    let env = Environment::new();
    let server = env.serve(&[]);
    let over = env
        .over(&server, "local")
        .with("MFACTL_TENANT", "11111111-2222-3333-4444-555555555555");
    refused(&over, 4, &["user", "sign-out", "adele", "--yes"]);
}

#[test]
fn a_service_that_is_not_there_is_unavailable() {
    let env = Environment::new();
    let server = env.serve(&[]);
    let over = env.over(&server, "local");
    drop(server);
    let output = over
        .run(&[
            "methods",
            "list",
            "adele@contoso.example",
            "-o",
            "json",
            "--timeout",
            "2s",
        ])
        .exits(8);
    assert_eq!(output.stdout, "");
    assert!(
        ["unavailable", "timed_out"].contains(&output.error_code().as_str()),
        "{}",
        output.screen()
    );
    assert_eq!(output.error()["retryable"], true);
}

#[test]
fn an_extension_is_not_there_with_graph_only() {
    let env = Environment::new();
    let server = env.serve(&["--graph-only"]);
    let answer = server.witness().ask(
        "GET",
        "/mfactl/v1/users/adele@contoso.example/appPasswords",
        &Value::Null,
    );
    assert_eq!(answer.status, 404, "{}", answer.body);
    let over = env.over(&server, "entra");
    assert_snapshot!(refused(&over, 5, &["app-passwords", "list", "adele@contoso.example"]), @"
    · error: cannot list app passwords: Microsoft Graph has no call for app passwords
    · hint: nobody can list them; an administrator deletes them all on the per-user MFA page
    exit 5
    ");
    assert_snapshot!(refused(&over, 5, &["methods", "add", "totp", "adele@contoso.example", "--yes", "--secrets-out", "-"]), @"
    · error: cannot add totp: Microsoft Graph enrols no authenticator app for another person
    · hint: issue a temporary pass; the person registers it on the security info page
    exit 5
    ");
}
