//! Locks: by wrong tries for some time, and for good, which disables the account (both seen on 26.4.2).

use super::*;

/// A lock that detection knows of, and the account behind it.
fn behind(lock: &'static str, account: &'static str) -> Script {
    Script::answering(move |sent| {
        let line = sent.line.as_str();
        if !line.starts_with("GET") {
            return answer(204, "");
        }
        answer(
            200,
            if line.contains("/attack-detection/") {
                lock
            } else {
                account
            },
        )
    })
}

const FOR_A_WHILE: &str = r#"{"numFailures":30,"disabled":true}"#;
const FOR_GOOD: &str = r#"{"numFailures":2,"disabled":true,"failedLoginNotBefore":9223372036854775807}"#;
const FORGOTTEN: &str = r#"{"numFailures":0,"disabled":false}"#;
const OPEN: &str = r#"{"id":"u1","username":"anna","enabled":true}"#;
const DISABLED: &str = r#"{"id":"u1","username":"anna","enabled":false,"attributes":{"office":["4"]}}"#;
const BY_TRIES: &str =
    r#"{"id":"u1","username":"anna","enabled":false,"attributes":{"disabledReason":["permanentLockout"]}}"#;

/// What was written, after what is read at once.
fn written(script: &Script) -> String {
    let all = sent(script);
    let writes: Vec<&str> = all.lines().filter(|line| !line.starts_with("GET")).collect();
    writes.join("\n")
}

#[tokio::test]
async fn a_lock_is_ended_where_there_is_one() {
    let script = behind(FOR_A_WHILE, OPEN);
    let effect = apply_one(&script, Action::Unlock).await.unwrap();
    assert_eq!(effect.detail.as_deref(), Some("was locked after 30 wrong tries"));
    assert!(effect.remains.is_empty());
    insta::assert_snapshot!(written(&script), @"DELETE R/attack-detection/brute-force/users/u1");
    let script = behind(FORGOTTEN, OPEN);
    let effect = apply_one(&script, Action::Unlock).await.unwrap();
    assert_eq!(effect.state, EffectState::Unchanged);
    assert_eq!(written(&script), "");
}

#[tokio::test]
async fn an_account_that_wrong_tries_disabled_for_good_is_enabled_by_that_key_alone() {
    let script = behind(FOR_GOOD, BY_TRIES);
    let effect = apply_one(&script, Action::Unlock).await.unwrap();
    assert_eq!(
        effect.detail.as_deref(),
        Some("was locked for good after 2 wrong tries; the account is enabled again")
    );
    insta::assert_snapshot!(written(&script), @r#"
    DELETE R/attack-detection/brute-force/users/u1
    PUT R/users/u1 {"enabled":true}
    "#);
    // Detection forgets, with a restart or by somebody's hand, and the account stays shut.
    let script = behind(FORGOTTEN, BY_TRIES);
    let effect = apply_one(&script, Action::Unlock).await.unwrap();
    assert_eq!(effect.state, EffectState::Done);
    assert_eq!(written(&script), r#"PUT R/users/u1 {"enabled":true}"#);
}

#[tokio::test]
async fn an_account_that_somebody_disabled_stays_so_and_that_is_said() {
    let script = behind(FOR_A_WHILE, DISABLED);
    let effect = apply_one(&script, Action::Unlock).await.unwrap();
    assert!(
        effect.remains[0].text.contains("user enable"),
        "{}",
        effect.remains[0].text
    );
    assert_eq!(written(&script), "DELETE R/attack-detection/brute-force/users/u1");
}

#[tokio::test]
async fn locked_is_told_of_either_lock_and_not_of_somebody_who_was_disabled() {
    let parts = Parts {
        locks: true,
        ..Parts::NONE
    };
    for (lock, account, locked) in [
        (FOR_A_WHILE, OPEN, true),
        (FOR_GOOD, BY_TRIES, true),
        (FORGOTTEN, BY_TRIES, true),
        (FORGOTTEN, DISABLED, false),
        (FORGOTTEN, OPEN, false),
    ] {
        let script = behind(lock, account);
        let told = service(&script).security_info(&["u1".into()], parts).await;
        assert_eq!(told[0].as_ref().unwrap().locked, Some(locked), "{lock} {account}");
    }
}
