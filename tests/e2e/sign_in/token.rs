//! A token that is handed out, and one that is for somebody else.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{ADELE, place};
use crate::environment::Environment;
use crate::terminal::Terminal;

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
