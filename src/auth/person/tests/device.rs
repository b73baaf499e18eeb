//! By a code that is typed elsewhere: how long is waited, and for what.

use serde_json::json;

use super::{application, fields};
use crate::auth::flow::Fetched;
use crate::domain::Result;
use crate::http::testing::{Planned, Script, answer};

fn code(interval: u64) -> Planned {
    let body = json!({"device_code": "d1", "user_code": "BCDF-GHJK", "verification_uri": "https://login.example/device",
                      "expires_in": 60, "interval": interval});
    answer(200, &body.to_string())
}

fn polled(error: &str) -> Planned {
    answer(
        400,
        &json!({"error": error, "error_description": "AADSTS70016: x"}).to_string(),
    )
}

async fn by_code(script: &Script) -> Result<Fetched> {
    let application = application(script);
    let code = application.device_code().await?;
    assert_eq!(
        (code.user_code.as_str(), code.lifetime.as_secs()),
        ("BCDF-GHJK", 60)
    );
    application.wait_for(&code, None).await
}

#[tokio::test]
async fn a_device_waits_as_long_as_it_is_told_and_longer_when_asked_to_slow_down() {
    use crate::http::Timer as _;
    let good = answer(200, r#"{"access_token":"t","expires_in":60,"refresh_token":"r"}"#);
    let script = Script::new([
        code(3),
        polled("authorization_pending"),
        polled("slow_down"),
        good,
    ]);
    let before = script.now();
    assert_eq!(by_code(&script).await.unwrap().refresh.unwrap().expose(), "r");
    assert_eq!((script.now() - before).as_secs(), 3 + 3 + 8);
    let form = fields(&script.requests()[1].text);
    assert_eq!(form["device_code"], "d1");
}

#[tokio::test]
async fn a_code_that_was_declined_or_expired_says_so() {
    let error = by_code(&Script::new([code(1), polled("authorization_declined")]))
        .await
        .unwrap_err();
    assert!(error.message().contains("declined"), "{error}");
    let error = by_code(&Script::new([code(1), polled("expired_token")]))
        .await
        .unwrap_err();
    assert!(error.message().contains("expired"), "{error}");
    // Nobody ever says anything: the code's own time ends it.
    let mut first = true;
    let script = Script::answering(move |_| {
        if std::mem::take(&mut first) {
            code(20)
        } else {
            polled("authorization_pending")
        }
    });
    let error = by_code(&script).await.unwrap_err();
    assert!(error.message().contains("expired"), "{error}");
    assert_eq!(script.requests().len(), 3);
}
