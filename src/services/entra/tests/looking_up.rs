//! Finding people and reading of them at once, by what was typed: v1.0 and beta side by side, and whatever becomes of beta.

use serde_json::{Value, json};

use super::{batch, methods, refused, service};
use crate::domain::{IdentityService as _, Parts, Result, SecurityInfo, User};
use crate::http::testing::{Script, answer};

/// What a person is shown by, asked for by what was typed.
async fn looked_up(script: &Script, text: &str) -> Vec<(User, Result<SecurityInfo>)> {
    let texts = [text.to_owned()];
    service(script).look_up(&texts, Parts::METHODS).await.unwrap()
}

fn adele() -> Value {
    json!({"id": "u1", "userPrincipalName": "adele@contoso.example", "accountEnabled": true})
}

#[tokio::test]
async fn a_person_is_found_and_read_in_one_batch_of_each_version_at_the_same_time() {
    let script = Script::answering(|sent| {
        batch(sent, |url| match url {
            "/users/adele@contoso.example/authentication/signInPreferences" => (
                200,
                json!({"userPreferredMethodForSecondaryAuthentication": "sms"}),
            ),
            "/users/adele@contoso.example/authentication/methods" => (200, methods()),
            url if url.starts_with("/users/adele@contoso.example?$select=") => (200, adele()),
            other => panic!("a call that nobody expected: {other}"),
        })
    });
    let found = looked_up(&script, "adele@contoso.example").await;
    let mut lines = script.lines();
    lines.sort_unstable();
    assert_eq!(lines, ["POST /beta/$batch", "POST /v1.0/$batch"]);
    let [(user, Ok(info))] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!((user.id.0.as_str(), info.methods().len()), ("u1", 4));
    assert!(info.unknown.is_empty());
}

#[tokio::test]
async fn whatever_becomes_of_beta_everything_that_v1_lists_is_listed_at_once() {
    for status in [400, 403, 404, 405, 410, 501] {
        let script = Script::answering(move |sent| match sent.line.as_str() {
            "POST /v1.0/$batch" => batch(sent, |url| {
                (
                    200,
                    if url.ends_with("/methods") {
                        methods()
                    } else {
                        adele()
                    },
                )
            }),
            line if line.contains("/beta/") => answer(status, &refused(status, "accessDenied", "x")),
            other => panic!("a request that nobody expected: {other}"),
        });
        let found = looked_up(&script, "u1").await;
        let [(_, Ok(info))] = found.as_slice() else {
            panic!("{status}: {found:?}")
        };
        assert_eq!(info.methods().len(), 4, "{status}");
        let unknown: Vec<&str> = info.unknown.iter().map(|part| part.part.as_str()).collect();
        assert_eq!(unknown, ["methods", "default"], "{status}");
        let asked = script
            .lines()
            .iter()
            .filter(|line| line.contains("/v1.0/"))
            .count();
        assert_eq!(asked, 1, "{status}: v1.0 is not asked again");
    }
}

#[tokio::test]
async fn who_is_known_by_mail_alone_is_read_of_once_found() {
    let nobody = json!({"error": {"code": "Request_ResourceNotFound", "message": "x"}});
    let script = Script::answering(move |sent| {
        let one = |url: &str| match url {
            url if url.contains("/users/u1/") => (200, methods()),
            _ => (404, nobody.clone()),
        };
        match sent.line.as_str() {
            line if line.starts_with("GET /v1.0/users?$filter=mail") => {
                answer(200, &json!({"value": [adele()]}).to_string())
            }
            _ => batch(sent, one),
        }
    });
    let found = looked_up(&script, "adele@mail.example").await;
    let [(user, Ok(info))] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!((user.id.0.as_str(), info.methods().len()), ("u1", 4));
}
