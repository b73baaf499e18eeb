//! An authenticator that is made: one write that touches nothing else, and what becomes of one that is lost, not stored or
//! named like another.

use super::{REALM, apply_one, sent};
use crate::domain::{Action, ErrorCode};
use crate::http::testing::{Script, answer, no_answer};

const OLD: &str =
    r#"{"id":"c1","type":"otp","userLabel":"Pixel 5","credentialData":"{\"subType\":\"totp\"}"}"#;

/// A person whose new authenticator is stored, or not.
fn enrolling(stored: bool, puts: Vec<u16>) -> Script {
    let mut puts = puts.into_iter();
    let mut put = false;
    Script::answering(move |sent| {
        let line = sent.line.as_str();
        if line.starts_with("PUT") {
            let status = puts.next().unwrap();
            if status == 0 {
                return no_answer();
            }
            put = stored;
            return answer(status, "");
        }
        if line.ends_with("/credentials") {
            let new =
                r#"{"id":"c2","type":"otp","userLabel":"Pixel 9","credentialData":"{\"subType\":\"totp\"}"}"#;
            return answer(
                200,
                &if put {
                    format!("[{OLD},{new}]")
                } else {
                    format!("[{OLD}]")
                },
            );
        }
        if line.ends_with("/staff") {
            return answer(200, REALM);
        }
        answer(
            200,
            r#"{"id":"u1","username":"alice","requiredActions":["CONFIGURE_TOTP"]}"#,
        )
    })
}

fn add(name: Option<&str>) -> Action {
    Action::AddTotp {
        name: name.map(str::to_owned),
    }
}

#[tokio::test]
async fn an_authenticator_is_appended_in_one_write_that_touches_nothing_else() {
    let script = enrolling(true, vec![204]);
    let effect = apply_one(&script, add(Some("Pixel 9"))).await.unwrap();
    assert_eq!(effect.created, Some("c2".into()));
    let secret = effect.secret.unwrap();
    let seed = secret.value.expose().to_owned();
    assert_eq!(seed.len(), 32);
    let uri = secret.uri.unwrap().expose().replace(&seed, "SEED");
    insta::assert_snapshot!(uri, @"otpauth://totp/Staff:alice?secret=SEED&issuer=Staff");
    let mut lines: Vec<String> = sent(&script)
        .replace(&seed, "SEED")
        .lines()
        .map(str::to_owned)
        .collect();
    // The three reads go side by side.
    lines[..3].sort();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    GET R
    GET R/users/u1
    GET R/users/u1/credentials
    PUT R/users/u1 {"credentials":[{"type":"otp","userLabel":"Pixel 9","secretData":"{\"value\":\"SEED\"}","credentialData":"{\"subType\":\"totp\",\"digits\":6,\"counter\":0,\"period\":30,\"algorithm\":\"HmacSHA1\",\"secretEncoding\":\"BASE32\"}"}]}
    GET R/users/u1/credentials
    "#);
    assert_eq!(effect.remains.len(), 1, "what was required before is told");
    assert!(!format!("{:?}", effect.request_ids).contains(&seed));
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_looked_for_before_it_is_sent_again() {
    let script = enrolling(true, vec![0, 204]);
    let effect = apply_one(&script, add(Some("Pixel 9"))).await.unwrap();
    assert_eq!(effect.created, Some("c2".into()));
    let puts: Vec<_> = script
        .requests()
        .into_iter()
        .filter(|sent| sent.line.starts_with("PUT"))
        .map(|sent| sent.text)
        .collect();
    assert_eq!(puts.len(), 2);
    assert_eq!(puts[0], puts[1], "the same seed under the same name");
}

#[tokio::test]
async fn an_authenticator_that_is_taken_and_not_stored_is_a_failure() {
    let script = enrolling(false, vec![204]);
    let error = apply_one(&script, add(Some("Pixel 9"))).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::Incomplete);
}

#[tokio::test]
async fn a_name_that_the_person_has_already_is_refused_before_anything_is_written() {
    let script = enrolling(true, vec![]);
    let error = apply_one(&script, add(Some("Pixel 5"))).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::AlreadySet);
}
