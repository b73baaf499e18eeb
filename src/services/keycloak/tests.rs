//! The client against a scripted Keycloak, by the facts of api/keycloak: what it sends, whole, and what it makes of
//! answers.

mod enrolling;
mod finding;
mod locks;
mod reading;

use serde_json::json;

use super::*;
use crate::auth::TokenClaims;
use crate::domain::{Answer, EffectState, MethodKind, Slot};
use crate::http::testing::{Script, answer};

/// A token that may do all of it.
fn rights(roles: &[&str]) -> TokenClaims {
    TokenClaims {
        app_id: Some("mfactl".into()),
        permissions: roles.iter().map(|role| (*role).to_owned()).collect(),
        ..TokenClaims::default()
    }
}

fn service_as(script: &Script, claims: TokenClaims) -> KeycloakService {
    KeycloakService::new(Link {
        graph: script.pipeline(60),
        tenant: "staff".to_owned(),
        claims,
    })
}

fn service(script: &Script) -> KeycloakService {
    service_as(script, rights(&["manage-users", "view-realm"]))
}

fn step(action: Action) -> Step {
    Step::new("job", "u1".into(), 0, action, vec![])
}

async fn apply_one(script: &Script, action: Action) -> Result<Effect> {
    service(script).apply(&[step(action)]).await.remove(0)
}

/// Everything that was sent: line and body.
fn sent(script: &Script) -> String {
    let lines: Vec<String> = script
        .requests()
        .into_iter()
        .map(|sent| {
            let line = sent.line.replace("/admin/realms/staff", "R");
            let kind = sent.header("content-type");
            match (kind.as_str(), sent.text.as_str()) {
                (_, "") => line,
                ("application/json", text) => format!("{line} {text}"),
                (kind, text) => format!("{line} ({kind}) {text}"),
            }
        })
        .collect();
    lines.join("\n")
}

const GONE: &str = r#"{"error":"Credential not found"}"#;
const NOBODY: &str = r#"{"error":"User not found"}"#;

fn remove() -> Action {
    Action::RemoveMethod {
        method: "c1".into(),
        kind: MethodKind::Totp,
    }
}

#[tokio::test]
async fn a_removal_names_the_one_credential_and_never_a_type() {
    let script = Script::new([answer(204, "")]);
    let effect = apply_one(&script, remove()).await.unwrap();
    assert_eq!(effect.state, EffectState::Done);
    insta::assert_snapshot!(sent(&script), @"DELETE R/users/u1/credentials/c1");
}

#[tokio::test]
async fn a_method_that_is_gone_is_unchanged_and_a_person_who_is_gone_is_an_error() {
    let script = Script::new([answer(404, GONE), answer(404, NOBODY)]);
    let state = apply_one(&script, remove()).await.unwrap().state;
    assert_eq!(state, EffectState::Unchanged);
    let error = apply_one(&script, remove()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::UserNotFound);
}

#[tokio::test]
async fn a_name_goes_as_plain_text_and_one_that_is_taken_is_said_so() {
    let conflict = r#"{"error":"conflict","error_description":"Device already exists with the same name"}"#;
    let script = Script::new([answer(204, ""), answer(409, conflict)]);
    let rename = |name: &str| Action::Rename {
        method: "c1".into(),
        kind: MethodKind::Totp,
        name: name.to_owned(),
    };
    apply_one(&script, rename("Pixel \"9\"")).await.unwrap();
    let error = apply_one(&script, rename("Pixel")).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::AlreadySet);
    assert_eq!(error.message(), "another one of this person is named \"Pixel\"");
    // A longer one would end in a 500.
    let error = apply_one(&script, rename(&"x".repeat(300))).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidInput);
    insta::assert_snapshot!(sent(&script), @r#"
    PUT R/users/u1/credentials/c1/userLabel (text/plain) Pixel "9"
    PUT R/users/u1/credentials/c1/userLabel (text/plain) Pixel
    "#);
}

#[tokio::test]
async fn the_default_is_moved_to_the_first_place_and_a_500_of_several_at_once_is_sent_again() {
    let script = Script::new([answer(500, r#"{"error":"unknown_error"}"#), answer(204, "")]);
    let action = Action::SetDefault {
        method: "c2".into(),
        kind: MethodKind::Totp,
        via: None,
    };
    apply_one(&script, action).await.unwrap();
    insta::assert_snapshot!(sent(&script), @"
    POST R/users/u1/credentials/c2/moveToFirst
    POST R/users/u1/credentials/c2/moveToFirst
    ");
}

#[tokio::test]
async fn what_is_required_already_stays_required_and_the_outcome_is_read_back() {
    let before = json!({"id": "u1", "username": "alice", "requiredActions": ["UPDATE_PASSWORD"]}).to_string();
    let after = json!({"id": "u1", "requiredActions": ["UPDATE_PASSWORD", "CONFIGURE_TOTP"]}).to_string();
    let actions = json!([{"alias": "CONFIGURE_TOTP", "enabled": true}]).to_string();
    let script = Script::new([
        answer(200, &actions),
        answer(200, &before),
        answer(400, r#"{"errorMessage":"Could not update user!"}"#),
        answer(200, &before),
        answer(204, ""),
        answer(200, &after),
    ]);
    let effect = apply_one(&script, Action::RequireRegistration).await.unwrap();
    assert_eq!(effect.state, EffectState::Done);
    insta::assert_snapshot!(sent(&script), @r#"
    GET R/authentication/required-actions
    GET R/users/u1
    PUT R/users/u1 {"requiredActions":["UPDATE_PASSWORD","CONFIGURE_TOTP"]}
    GET R/users/u1
    PUT R/users/u1 {"requiredActions":["UPDATE_PASSWORD","CONFIGURE_TOTP"]}
    GET R/users/u1
    "#);
}

#[tokio::test]
async fn an_action_that_the_service_drops_silently_is_a_failure() {
    let script = Script::answering(|sent| match sent.line.as_str() {
        line if line.ends_with("required-actions") => answer(403, "{}"),
        line if line.starts_with("GET") => answer(200, r#"{"id":"u1","requiredActions":[]}"#),
        _ => answer(204, ""),
    });
    let error = apply_one(&script, Action::RequireRegistration).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::Incomplete);
}

#[tokio::test]
async fn a_realm_without_authenticators_asks_for_a_key() {
    let actions = json!([{"alias": "CONFIGURE_TOTP", "enabled": false}, {"alias": "webauthn-register", "enabled": true}]);
    let script = Script::new([
        answer(200, &actions.to_string()),
        answer(200, r#"{"id":"u1","requiredActions":["webauthn-register"]}"#),
    ]);
    let effect = apply_one(&script, Action::RequireRegistration).await.unwrap();
    assert_eq!(effect.state, EffectState::Unchanged);
    let script = Script::new([answer(200, "[]")]);
    let error = apply_one(&script, Action::RequireRegistration).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::PolicyRefused);
}

#[tokio::test]
async fn signing_out_ends_offline_sessions_too_and_leaves_other_consents() {
    let offline = json!([
        {"clientId": "portal", "grantedClientScopes": ["email"], "additionalGrants": []},
        {"clientId": "mail app", "grantedClientScopes": [],
         "additionalGrants": [{"client": "k2", "key": "Offline Token"}]},
    ])
    .to_string();
    let script = Script::new([
        answer(204, ""),
        answer(200, &offline),
        // Somebody else revoked it meanwhile, and one session of it still stands.
        answer(404, r#"{"error":"Consent nor offline token not found"}"#),
        answer(200, r#"[{"id":"s9","start":1795314240000}]"#),
        answer(204, ""),
        answer(200, "[]"),
        answer(200, "[]"),
    ]);
    let effect = apply_one(&script, Action::SignOut).await.unwrap();
    assert_eq!(
        effect.detail.as_deref(),
        Some("and the offline sessions of 1 application")
    );
    insta::assert_snapshot!(sent(&script), @"
    POST R/users/u1/logout
    GET R/users/u1/consents
    DELETE R/users/u1/consents/mail%20app
    GET R/users/u1/offline-sessions/k2
    DELETE R/sessions/s9?isOffline=true
    GET R/users/u1/sessions
    GET R/users/u1/consents
    ");
}

#[tokio::test]
async fn one_session_is_ended_wherever_it_lives_and_never_somebody_elses() {
    let consents =
        json!([{"clientId": "mail", "additionalGrants": [{"client": "k2", "key": "Offline Token"}]}]);
    let open = || {
        [
            answer(200, r#"[{"id":"s1"},{"id":"s2"}]"#),
            answer(200, &consents.to_string()),
            answer(200, r#"[{"id":"s2"},{"id":"s3"}]"#),
        ]
    };
    let end = |session: &str| Action::ForgetDevice {
        device: session.into(),
    };
    let mut ends = String::new();
    for (session, calls) in [("s1", 1), ("s2", 2), ("s3", 1)] {
        let script = Script::new(open().into_iter().chain((0..calls).map(|_| answer(204, ""))));
        let effect = apply_one(&script, end(session)).await.unwrap();
        assert_eq!(effect.detail.as_deref(), Some("the session is over"));
        for line in sent(&script).lines().filter(|line| line.starts_with("DELETE")) {
            ends.push_str(line);
            ends.push('\n');
        }
    }
    insta::assert_snapshot!(ends, @"
    DELETE R/sessions/s1
    DELETE R/sessions/s2
    DELETE R/sessions/s2?isOffline=true
    DELETE R/sessions/s3?isOffline=true
    ");
    // The call names no person: what is not among the sessions of this one is not asked for.
    let script = Script::new(open());
    let error = apply_one(&script, end("s9")).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::DeviceNotFound);
    assert!(!sent(&script).contains("DELETE"));
}

const REALM: &str = r#"{"realm":"staff","displayName":"Staff","otpPolicyType":"totp","otpPolicyAlgorithm":"HmacSHA1",
    "otpPolicyDigits":6,"otpPolicyPeriod":30,"passwordPolicy":"length(20) and digits(4)"}"#;

#[tokio::test]
async fn a_password_is_made_to_the_policy_of_the_realm() {
    let script = Script::new([answer(200, REALM), answer(204, "")]);
    let effect = apply_one(&script, Action::GeneratePassword { permanent: false })
        .await
        .unwrap();
    let password = effect.secret.unwrap().value.expose().to_owned();
    assert_eq!(password.len(), 20);
    assert!(password.bytes().filter(u8::is_ascii_digit).count() >= 4);
    insta::assert_snapshot!(sent(&script).replace(&password, "PASSWORD"), @r#"
    GET R
    PUT R/users/u1/reset-password {"type":"password","value":"PASSWORD","temporary":true}
    "#);
}

#[tokio::test]
async fn who_may_not_see_the_policy_learns_it_from_the_refusal() {
    let short = r#"{"error":"invalidPasswordMinLengthMessage","error_description":"Invalid password: minimum length 32."}"#;
    let script = Script::new([
        answer(200, r#"{"realm":"staff"}"#),
        answer(400, short),
        answer(204, ""),
    ]);
    let effect = apply_one(&script, Action::GeneratePassword { permanent: true })
        .await
        .unwrap();
    assert_eq!(effect.secret.unwrap().value.expose().len(), 32);
    let used = r#"{"error":"invalidPasswordHistoryMessage","error_description":"Invalid password: must not be equal to any of last 3 passwords."}"#;
    let script = Script::new([answer(400, used)]);
    let mut given = step(Action::SetPassword { permanent: false });
    given
        .slots
        .fill(Slot::NewPassword, Secret::new("Horse-Staple-42"));
    let error = service(&script).apply(&[given]).await.remove(0).unwrap_err();
    assert_eq!(error.code(), ErrorCode::PolicyRefused);
    assert_eq!(
        error.message(),
        "the realm's password policy refuses it: must not be equal to any of last 3 passwords"
    );
}

#[tokio::test]
async fn an_account_is_disabled_by_that_key_alone() {
    let script = Script::new([answer(204, "")]);
    apply_one(&script, Action::DisableAccount).await.unwrap();
    insta::assert_snapshot!(sent(&script), @r#"PUT R/users/u1 {"enabled":false}"#);
}

#[tokio::test]
async fn what_keycloak_lacks_is_refused_with_nothing_sent() {
    let script = Script::new([]);
    for action in [
        Action::AddEmail {
            address: "a@x.example".into(),
        },
        Action::ForgetAllDevices,
        Action::RevokeAllAppPasswords,
        Action::AddTemporaryPass {
            lifetime_minutes: None,
            one_time: None,
            start: None,
        },
    ] {
        let error = apply_one(&script, action).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::Unsupported);
    }
    assert!(script.lines().is_empty());
}

#[tokio::test]
async fn an_overloaded_service_is_asked_again_and_a_missing_right_is_named() {
    let script = Script::new([answer(503, ""), answer(503, ""), answer(204, "")]);
    apply_one(&script, remove()).await.unwrap();
    assert_eq!(script.lines().len(), 3);
    let script = Script::new([answer(403, r#"{"error":"HTTP 403 Forbidden"}"#)]);
    let error = apply_one(&script, remove()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::PermissionMissing);
    assert_eq!(
        error.message(),
        "the account lacks the role manage-users of realm-management"
    );
}
