//! The token source: whatever the flow, a token is kept in memory until five minutes before its end, shared by all
//! tasks, one refresh at a time.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Mutex;

use super::claims::TokenClaims;
use super::flow::{Fetched, Flow};
use crate::domain::{Result, Secret};
use crate::http::{Timer, Tokens};

/// A token is not used in the last minutes of its life.
pub(super) const EARLY: Duration = Duration::from_secs(300);

struct Token {
    value: Secret,
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
            ends: asked + lifetime,
        })
    }
}

#[async_trait]
impl Tokens for TokenSource {
    async fn token(&self) -> Result<Secret> {
        let mut current = self.current.lock().await;
        if let Some(token) = &*current
            && self.timer.now() + EARLY < token.ends
        {
            return Ok(token.value.clone());
        }
        let token = self.fetch().await?;
        let value = token.value.clone();
        *current = Some(token);
        Ok(value)
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::{Credential, Way};
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
