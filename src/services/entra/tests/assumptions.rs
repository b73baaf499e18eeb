//! What is assumed of Graph, held against answers that contradict it, that confirm it, and that say nothing.

use serde_json::json;

use super::{Script, answer, batch, service};
use crate::domain::{Held, IdentityService as _};

/// What each assumption that reads can show comes to, by these answers: of lists, of preferences and of all else.
async fn verdicts(
    methods: serde_json::Value,
    preferences: serde_json::Value,
    rest: impl Fn(&str) -> (u16, serde_json::Value) + Send + 'static,
) -> Vec<(&'static str, Held, String)> {
    let script = Script::answering(move |sent| {
        if sent.line.ends_with("$batch") {
            return batch(sent, |url| match url.ends_with("signInPreferences") {
                true => (200, preferences.clone()),
                false => (200, json!({"value": methods})),
            });
        }
        let (status, body) = rest(&sent.line);
        answer(status, &body.to_string())
    });
    let seen = service(&script).verify_assumptions().await;
    assert!(
        script
            .lines()
            .iter()
            .all(|line| line.starts_with("GET ") || line.ends_with("$batch"))
    );
    seen.into_iter()
        .filter(|verified| verified.assumption.read_only)
        .map(|verified| (verified.assumption.id, verified.held, verified.seen))
        .collect()
}

fn told(verdicts: &[(&'static str, Held, String)]) -> String {
    let lines = verdicts
        .iter()
        .map(|(id, held, seen)| format!("{held:?} {id}: {seen}"));
    lines.collect::<Vec<_>>().join("\n")
}

fn people() -> serde_json::Value {
    json!({"value": [{"id": "u1"}, {"id": "u2"}]})
}

#[tokio::test]
async fn answers_that_contradict_are_told_with_what_was_seen() {
    let methods = json!([
        {"@odata.type": "#microsoft.graph.telepathyAuthenticationMethod", "id": "t"},
        {"@odata.type": "#microsoft.graph.phoneAuthenticationMethod", "id": "p", "phoneType": "mobile", "phoneNumber": "+1 ••••••••00"},
    ]);
    let preferences = json!({
        "isSystemPreferredAuthenticationMethodEnabled": true, "systemPreferredAuthenticationMethod": "Telepathy",
    });
    let rest = |line: &str| {
        if line.contains("phoneMethods") {
            (
                404,
                json!({"error": {"code": "Request_ResourceNotFound", "message": "no"}}),
            )
        } else if line.contains("search") {
            (
                400,
                json!({"error": {"code": "Request_UnsupportedQuery", "message": "no"}}),
            )
        } else if line.contains("userRegistrationDetails") {
            (
                200,
                json!({"value": [{"methodsRegistered": ["telepathy", "email"]}]}),
            )
        } else if line.contains("hardwareOathDevices") {
            (403, json!({"error": {"code": "accessDenied", "message": "no"}}))
        } else {
            (200, people())
        }
    };
    insta::assert_snapshot!(told(&verdicts(methods, preferences, rest).await), @r#"
    Contradicted absent-method: status 404, Request_ResourceNotFound
    Contradicted method-types: not known: ["telepathyAuthenticationMethod"]
    Confirmed masked-numbers: 2 masked numbers, such as +1 ••••••••00
    Contradicted system-preferred-property: not known: ["Telepathy"]
    Contradicted report-words: not known: ["telepathy"]
    Contradicted search-quotes: status 400, Request_UnsupportedQuery
    CannotTell hardware-inventory-permission: the token lacks Policy.Read.AuthenticationMethod
    CannotTell absent-segment: this cloud has the segment
    CannotTell long-tokens: the token does not say how long it lives
    "#);
}

#[tokio::test]
async fn answers_that_confirm_are_told_with_what_was_seen() {
    let methods = json!([
        {"@odata.type": "#microsoft.graph.phoneAuthenticationMethod", "id": "p", "phoneType": "mobile", "phoneNumber": "+1 XXXXXXXX00"},
    ]);
    let preferences = json!({
        "isSystemPreferredAuthenticationMethodEnabled": true, "systemPreferredAuthenticationMethod": "Sms",
    });
    let rest = |line: &str| {
        if line.contains("phoneMethods") {
            (
                404,
                json!({"error": {"code": "resourceNotFound", "message": "no"}}),
            )
        } else if line.contains("userRegistrationDetails") {
            (200, json!({"value": [{"methodsRegistered": ["mobilePhone"]}]}))
        } else {
            (200, people())
        }
    };
    insta::assert_snapshot!(told(&verdicts(methods, preferences, rest).await), @r#"
    Confirmed absent-method: status 404, resourceNotFound
    Confirmed method-types: 2 methods of 1 types
    Confirmed masked-numbers: 2 masked numbers, such as +1 XXXXXXXX00
    Confirmed system-preferred-property: named: {"Sms"}
    Confirmed report-words: 1 words in 1 rows
    Confirmed search-quotes: status 200
    CannotTell hardware-inventory-permission: the token lacks Policy.Read.AuthenticationMethod
    CannotTell absent-segment: this cloud has the segment
    CannotTell long-tokens: the token does not say how long it lives
    "#);
}

#[tokio::test]
async fn a_token_that_may_read_nothing_tells_nothing() {
    let script = Script::answering(|sent| {
        let refusal = json!({"error": {"code": "accessDenied", "message": "Request Authorization failed"}});
        match sent.line.ends_with("$batch") {
            true => batch(sent, |_| (403, refusal.clone())),
            false => answer(403, &refusal.to_string()),
        }
    });
    let seen = service(&script).verify_assumptions().await;
    assert!(seen.len() > 15);
    for verified in seen {
        assert_eq!(verified.held, Held::CannotTell, "{}", verified.assumption.id);
        assert!(!verified.seen.is_empty());
    }
}
