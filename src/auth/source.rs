//! The token source: whatever the flow, a token is kept in memory until a little before its end, shared by all tasks,
//! one refresh at a time.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Mutex;

use super::claims::TokenClaims;
use super::flow::{Fetched, Flow};
use crate::domain::{Result, Secret};
use crate::http::{Timer, Tokens};

/// A token is renewed in the last minutes of its life, or in the last quarter of a short one.
pub(super) const EARLY: Duration = Duration::from_secs(300);
/// Where that fails, the old one serves on, and it is tried again after so long.
const PAUSE: Duration = Duration::from_secs(10);

struct Token {
    value: Secret,
    /// From now on another one is fetched.
    renew: Duration,
    ends: Duration,
}

/// Hands out tokens for one audience.
pub(crate) struct TokenSource {
    flow: Box<dyn Flow>,
    timer: Arc<dyn Timer>,
    // Held while a token is fetched, so that others wait for it instead of fetching their own.
    current: Mutex<Option<Token>>,
}

impl TokenSource {
    /// A source of what a flow brings.
    pub(crate) fn new(flow: Box<dyn Flow>, timer: Arc<dyn Timer>) -> Self {
        Self {
            flow,
            timer,
            current: Mutex::new(None),
        }
    }

    /// What the token says of its holder; fetches one where there is none yet.
    ///
    /// # Errors
    /// `not_signed_in` with what to do, or that whoever hands tokens out cannot be reached.
    pub(crate) async fn claims(&self) -> Result<TokenClaims> {
        Ok(TokenClaims::read(&self.token().await?))
    }

    async fn fetch(&self) -> Result<Token> {
        let asked = self.timer.now();
        let Fetched { value, lifetime } = self.flow.fetch().await?;
        Ok(Token {
            value,
            renew: asked + lifetime.saturating_sub(EARLY.min(lifetime / 4)),
            ends: asked + lifetime,
        })
    }
}

#[async_trait]
impl Tokens for TokenSource {
    async fn token(&self) -> Result<Secret> {
        let mut current = self.current.lock().await;
        if let Some(token) = &*current
            && self.timer.now() < token.renew
        {
            return Ok(token.value.clone());
        }
        let fetched = self.fetch().await;
        let now = self.timer.now();
        match (fetched, &mut *current) {
            (Ok(token), current) => {
                let value = token.value.clone();
                *current = Some(token);
                Ok(value)
            }
            // It is still good: a sign-in service that is down for a moment stops no job.
            (Err(_), Some(token)) if now < token.ends => {
                token.renew = now + PAUSE;
                Ok(token.value.clone())
            }
            (Err(error), _) => Err(error),
        }
    }

    async fn drop_token(&self, refused: &Secret) {
        let mut current = self.current.lock().await;
        // Another task may have fetched a new one since.
        if current
            .as_ref()
            .is_some_and(|token| token.value.expose() == refused.expose())
        {
            *current = None;
        }
    }

    fn left(&self) -> Option<Duration> {
        // Held while a token is fetched: then there is none worth speaking of.
        let current = self.current.try_lock().ok()?;
        let token = current.as_ref()?;
        Some(token.ends.saturating_sub(self.timer.now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::{Credential, Way};
    use crate::domain::ErrorCode;
    use crate::http::testing::{Script, answer};

    fn source(script: &Script) -> TokenSource {
        let credential = Credential::ClientSecret {
            client_id: "app".into(),
            secret: Secret::new("p&q ss"),
        };
        of(script, &credential)
    }

    fn of(script: &Script, credential: &Credential) -> TokenSource {
        let shared = Arc::new(script.clone());
        let flow = credential.flow(&Way {
            transport: shared.clone(),
            timer: shared.clone(),
            authority: "https://login.example/tenant",
            dialect: crate::auth::Dialect::MICROSOFT,
            audience: "https://graph.example/",
            tenant: "tenant",
            timeout: Duration::from_secs(60),
        });
        TokenSource::new(flow.unwrap(), shared)
    }

    fn tokens(lifetime: u64) -> Script {
        let mut count = 0;
        Script::answering(move |_| {
            count += 1;
            answer(
                200,
                &format!(r#"{{"access_token":"t{count}","expires_in":{lifetime}}}"#),
            )
        })
    }

    #[tokio::test]
    async fn many_tasks_share_one_token() {
        let script = tokens(3600);
        let source = source(&script);
        let all = futures::future::join_all((0..10).map(|_| source.token())).await;
        assert!(all.into_iter().all(|token| token.unwrap().expose() == "t1"));
        let sent = script.requests();
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0].line, "POST /tenant/oauth2/v2.0/token");
        assert_eq!(
            sent[0].text,
            "grant_type=client_credentials&client_id=app&client_secret=p%26q+ss&scope=https%3A%2F%2Fgraph.example%2F.default"
        );
    }

    #[tokio::test]
    async fn a_token_is_renewed_five_minutes_before_its_end() {
        let script = tokens(3600);
        let source = source(&script);
        assert_eq!(source.token().await.unwrap().expose(), "t1");
        script.sleep(Duration::from_secs(3299)).await;
        assert_eq!(source.token().await.unwrap().expose(), "t1");
        script.sleep(Duration::from_secs(1)).await;
        assert_eq!(source.token().await.unwrap().expose(), "t2");
    }

    #[tokio::test]
    async fn many_tasks_in_the_middle_of_a_run_fetch_the_next_token_once() {
        let script = tokens(60);
        let source = source(&script);
        for round in 1..=5 {
            let all = futures::future::join_all((0..100).map(|_| source.token())).await;
            let expected = format!("t{round}");
            assert!(all.into_iter().all(|token| token.unwrap().expose() == expected));
            // A token that lives a minute is used for three quarters of it.
            script.sleep(Duration::from_secs(44)).await;
            assert_eq!(source.token().await.unwrap().expose(), expected);
            script.sleep(Duration::from_secs(1)).await;
        }
        assert_eq!(script.requests().len(), 5);
    }

    #[tokio::test]
    async fn a_token_that_is_still_good_serves_on_where_the_next_cannot_be_had() {
        let mut count = 0;
        let script = Script::answering(move |_| {
            count += 1;
            match count {
                1 => answer(200, r#"{"access_token":"t1","expires_in":3600}"#),
                _ => answer(400, r#"{"error":"temporarily_unavailable"}"#),
            }
        });
        let source = source(&script);
        source.token().await.unwrap();
        script.sleep(Duration::from_secs(3400)).await;
        assert_eq!(source.token().await.unwrap().expose(), "t1");
        assert_eq!(source.token().await.unwrap().expose(), "t1");
        assert_eq!(script.requests().len(), 2);
        assert_eq!(source.left(), Some(Duration::from_secs(200)));
        script.sleep(Duration::from_secs(200)).await;
        assert_eq!(source.token().await.unwrap_err().code(), ErrorCode::NotSignedIn);
    }

    #[tokio::test]
    async fn only_the_refused_token_is_dropped() {
        let script = tokens(3600);
        let source = source(&script);
        let first = source.token().await.unwrap();
        source.drop_token(&first).await;
        assert_eq!(source.token().await.unwrap().expose(), "t2");
        source.drop_token(&first).await;
        assert_eq!(source.token().await.unwrap().expose(), "t2");
    }

    #[tokio::test]
    async fn a_password_goes_in_the_body_and_never_into_debug() {
        let script = tokens(3600);
        let credential = Credential::Password {
            client_id: "app".into(),
            client_secret: None,
            username: "rita@contoso.example".into(),
            password: Secret::new("hunter2"),
        };
        of(&script, &credential).token().await.unwrap();
        assert!(
            script.requests()[0]
                .text
                .contains("username=rita%40contoso.example&password=hunter2")
        );
        assert!(!format!("{credential:?}").contains("hunter2"));
    }
}
