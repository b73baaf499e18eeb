//! The token source: whatever the flow, a token is kept until a little before its end, shared by all tasks, and where
//! there is a place for it by all processes of this user. One refresh at a time.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::Mutex;

use super::addressee::Addressee;
use super::claims::TokenClaims;
use super::flow::{Fetched, Flow, Need};
use super::kept::{Keeping, Place, SignIn, Store};
use crate::domain::{Clock as _, Error, ErrorCode, Result, Secret, SystemClock};
use crate::http::{Timer, Tokens};

/// A token is renewed in the last minutes of its life, or in the last quarter of a short one.
pub(super) const EARLY: Duration = Duration::from_secs(300);
/// Where that fails, the old one serves on, and it is tried again after so long.
const PAUSE: Duration = Duration::from_secs(10);

/// Signs a person in again while a command runs.
#[async_trait]
pub(crate) trait SignInAgain: Send + Sync {
    /// Asks whoever sits at the terminal and signs them in; gives the new sign-in with the store that it is to be kept
    /// in. `why`: what keeps the old one from serving; `claims`: what the service asked for, as JSON.
    ///
    /// # Errors
    /// `why`, where nobody is there or the answer is No; what the sign-in says.
    async fn sign_in(
        &self,
        place: Option<&Place>,
        why: Error,
        claims: Option<&str>,
    ) -> Result<(Fetched, Option<Store>)>;
}

/// How the sign-in of a connection goes on beyond the command, and whether somebody can be asked.
#[derive(Clone, Default)]
pub struct SigningIn {
    /// How it is kept; `None`: it is not.
    pub(crate) keeping: Option<Keeping>,
    /// Who is asked to sign in again; `None`: nobody.
    pub(crate) again: Option<Arc<dyn SignInAgain>>,
    /// The command that signs in.
    pub(crate) login: String,
}

impl std::fmt::Debug for SigningIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningIn")
            .field("keeping", &self.keeping)
            .finish_non_exhaustive()
    }
}

struct Token {
    value: Secret,
    /// From now on another one is fetched.
    renew: Duration,
    ends: Duration,
}

#[derive(Default)]
struct State {
    token: Option<Token>,
    /// The one that the service refused: it is not taken again, wherever it lies.
    refused: Option<Secret>,
    /// What the service asked for besides.
    claims: Option<String>,
}

/// Hands out tokens for one audience.
pub(crate) struct TokenSource {
    flow: Box<dyn Flow>,
    timer: Arc<dyn Timer>,
    addressee: Option<Addressee>,
    place: Option<(Place, Option<Store>)>,
    again: Option<Arc<dyn SignInAgain>>,
    // Held while a token is fetched, so that others wait for it instead of fetching their own.
    current: Mutex<State>,
}

impl TokenSource {
    /// A source of what a flow brings.
    pub(crate) fn new(flow: Box<dyn Flow>, timer: Arc<dyn Timer>) -> Self {
        Self {
            flow,
            timer,
            addressee: None,
            place: None,
            again: None,
            current: Mutex::default(),
        }
    }

    /// The same, for tokens of this tenant and service alone.
    #[must_use]
    pub(crate) fn checked(mut self, addressee: Addressee) -> Self {
        self.addressee = Some(addressee);
        self
    }

    /// The same, with a place that all processes share. `store`: where an application's token is kept; of a person it
    /// is where the last sign-in is.
    #[must_use]
    pub(crate) fn kept(mut self, place: Place, store: Option<Store>) -> Self {
        self.place = Some((place, store));
        self
    }

    /// The same, where somebody may be asked to sign in again.
    #[must_use]
    pub(crate) fn asking(mut self, again: Option<Arc<dyn SignInAgain>>) -> Self {
        self.again = again;
        self
    }

    /// What the token says of its holder; fetches one where there is none yet.
    ///
    /// # Errors
    /// `not_signed_in` with what to do, `token_rejected` for a token of another tenant or service, or that whoever hands
    /// tokens out cannot be reached.
    pub(crate) async fn claims(&self) -> Result<TokenClaims> {
        Ok(TokenClaims::read(&self.token().await?))
    }

    fn check(&self, token: &Secret) -> Result<()> {
        match &self.addressee {
            Some(addressee) => addressee.check(&TokenClaims::read(token)),
            None => Ok(()),
        }
    }

    fn made(&self, asked: Duration, fetched: &Fetched) -> Token {
        let Fetched { value, lifetime, .. } = fetched;
        Token {
            value: value.clone(),
            renew: asked + lifetime.saturating_sub(EARLY.min(*lifetime / 4)),
            ends: asked + *lifetime,
        }
    }

    /// A kept token as far as it is still good; `None`: it has ended, was refused, or is for somebody else.
    fn still_good(&self, sign_in: &SignIn, state: &State) -> Option<Token> {
        let refused = state.refused.as_ref().map(Secret::expose);
        let age = sign_in.age(SystemClock.now())?;
        if sign_in.lifetime <= age
            || refused == Some(sign_in.access.expose())
            || self.check(&sign_in.access).is_err()
        {
            return None;
        }
        let now = self.timer.now();
        let lifetime = sign_in.lifetime;
        let renew = lifetime.saturating_sub(EARLY.min(lifetime / 4));
        Some(Token {
            value: sign_in.access.clone(),
            renew: now + renew.saturating_sub(age),
            ends: now + (lifetime - age),
        })
    }

    /// What is kept. An application's token that cannot be read is fetched anew, unless others can read it.
    async fn look(&self, place: &Place) -> Result<Option<(Store, SignIn)>> {
        match place.read().await {
            Err(error) if !self.flow.is_a_persons() && error.code() != ErrorCode::FileUnreadable => {
                tracing::debug!(%error, "the kept token is left alone");
                Ok(None)
            }
            read => read,
        }
    }

    async fn obtain(&self, state: &State) -> Result<Token> {
        let claims = state.claims.as_deref();
        let Some((place, usual)) = &self.place else {
            return self.obtain_alone(claims).await;
        };
        let fresh = |kept: &Option<(Store, SignIn)>| {
            let (_, sign_in) = kept.as_ref()?;
            self.still_good(sign_in, state)
                .filter(|token| claims.is_none() && self.timer.now() < token.renew)
        };
        if let Some(token) = fresh(&self.look(place).await?) {
            return Ok(token);
        }
        let mut lock = match place.lock().await {
            Ok(lock) => Some(lock),
            Err(error) if self.flow.is_a_persons() => return Err(error),
            Err(error) => {
                tracing::debug!(%error, "no token is shared");
                None
            }
        };
        // Another process may have been faster.
        let kept = self.look(place).await?;
        if let Some(token) = fresh(&kept) {
            return Ok(token);
        }
        let asked = self.timer.now();
        let asked_at = SystemClock.now();
        let need = Need {
            refresh: kept.as_ref().and_then(|(_, sign_in)| sign_in.refresh.as_ref()),
            claims,
        };
        let (fetched, store) = match self.flow.fetch(need).await {
            Ok(fetched) => (fetched, kept.as_ref().map(|(store, _)| *store).or(*usual)),
            Err(error) => {
                let good = kept
                    .as_ref()
                    .and_then(|(_, sign_in)| self.still_good(sign_in, state));
                if let Some(token) = good.filter(|_| claims.is_none()) {
                    // It is still good: a sign-in service that is down for a moment stops nobody.
                    return Ok(Token {
                        renew: asked + PAUSE,
                        ..token
                    });
                }
                match &self.again {
                    Some(again) if self.flow.is_a_persons() && error.code() == ErrorCode::NotSignedIn => {
                        // Nobody else waits for the person.
                        drop(lock.take());
                        let new = again.sign_in(Some(place), error, claims).await?;
                        // What is written below must not cross a sign-out of another process.
                        lock = Some(place.lock().await?);
                        new
                    }
                    _ => return Err(error),
                }
            }
        };
        self.check(&fetched.value)?;
        if let Some(store) = store {
            let sign_in = sign_in(&fetched, asked_at, kept.map(|(_, sign_in)| sign_in));
            match place.write(store, &sign_in).await {
                Err(error) if self.flow.is_a_persons() => return Err(error),
                Err(error) => tracing::debug!(%error, "the token is not kept"),
                Ok(()) => {}
            }
        }
        drop(lock);
        Ok(self.made(asked, &fetched))
    }

    /// Without a place.
    async fn obtain_alone(&self, claims: Option<&str>) -> Result<Token> {
        let asked = self.timer.now();
        let need = Need {
            refresh: None,
            claims,
        };
        let fetched = match (self.flow.fetch(need).await, &self.again) {
            (Err(error), Some(again))
                if self.flow.is_a_persons() && error.code() == ErrorCode::NotSignedIn =>
            {
                again.sign_in(None, error, claims).await?.0
            }
            (fetched, _) => fetched?,
        };
        self.check(&fetched.value)?;
        Ok(self.made(asked, &fetched))
    }
}

/// A sign-in as it is kept. What this answer does not say stays as it was `before`.
pub(crate) fn sign_in(fetched: &Fetched, asked_at: Timestamp, before: Option<SignIn>) -> SignIn {
    let named = |token: &Secret| TokenClaims::read(token).sign_in_name;
    let account = named(&fetched.value).or_else(|| fetched.id.as_ref().and_then(named));
    let (refresh, known) = before.map_or((None, None), |before| (before.refresh, before.account));
    SignIn {
        access: fetched.value.clone(),
        obtained_at: asked_at,
        lifetime: fetched.lifetime,
        refresh: fetched.refresh.clone().or(refresh),
        account: account.or(known),
    }
}

#[async_trait]
impl Tokens for TokenSource {
    async fn token(&self) -> Result<Secret> {
        let mut state = self.current.lock().await;
        if let Some(token) = &state.token
            && self.timer.now() < token.renew
        {
            return Ok(token.value.clone());
        }
        let obtained = self.obtain(&state).await;
        let now = self.timer.now();
        match (obtained, &mut state.token) {
            (Ok(token), _) => {
                let value = token.value.clone();
                *state = State {
                    token: Some(token),
                    ..State::default()
                };
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

    async fn drop_token(&self, refused: &Secret, claims: Option<&str>) {
        let mut state = self.current.lock().await;
        // Another task may have fetched a new one since.
        if state
            .token
            .as_ref()
            .is_some_and(|token| token.value.expose() == refused.expose())
        {
            *state = State {
                token: None,
                refused: Some(refused.clone()),
                claims: claims.map(str::to_owned),
            };
        }
    }

    fn left(&self) -> Option<Duration> {
        // Held while a token is fetched: then there is none worth speaking of.
        let state = self.current.try_lock().ok()?;
        let token = state.token.as_ref()?;
        Some(token.ends.saturating_sub(self.timer.now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::{Credential, Keys, TokenStore, Way};
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
            login: "mfactl auth login",
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
    async fn ten_thousand_requests_ask_for_one_token_a_lifetime() {
        let script = tokens(3600);
        let source = source(&script);
        for lifetime in 1..=3 {
            let expected = format!("t{lifetime}");
            for _ in 0..100 {
                let all = futures::future::join_all((0..100).map(|_| source.token())).await;
                assert!(all.into_iter().all(|token| token.unwrap().expose() == expected));
                // A hundred times this is what a token is used for: its hour without the last five minutes.
                script.sleep(Duration::from_secs(33)).await;
            }
        }
        assert_eq!(script.requests().len(), 3);
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
        source.drop_token(&first, None).await;
        assert_eq!(source.token().await.unwrap().expose(), "t2");
        source.drop_token(&first, None).await;
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

    /// What another process of the same profile would make.
    fn process(script: &Script, folder: &std::path::Path, credential: &Credential) -> TokenSource {
        let keeping = Keeping {
            profile: "contoso".to_owned(),
            store: TokenStore::File,
            folder: folder.to_owned(),
            keys: Keys {
                passphrase: Some(Secret::new("correct horse battery")),
                ..Keys::default()
            },
        };
        let place = credential.place(
            &keeping,
            "https://login.example/tenant",
            "tenant",
            "https://graph.example/",
        );
        let (place, store) = place.unwrap().unwrap();
        of(script, credential).kept(place, store)
    }

    fn strong() -> Credential {
        Credential::ClientSecret {
            client_id: "app".into(),
            secret: Secret::new("a secret that nobody guesses, ever"),
        }
    }

    #[tokio::test]
    async fn processes_share_one_token_and_one_refresh() {
        let folder = tempfile::tempdir().unwrap();
        let script = tokens(3600);
        let sources: Vec<_> = (0..8)
            .map(|_| process(&script, folder.path(), &strong()))
            .collect();
        let all = futures::future::join_all(sources.iter().map(TokenSource::token)).await;
        assert!(all.into_iter().all(|token| token.unwrap().expose() == "t1"));
        assert_eq!(script.requests().len(), 1);
        // One of them hears that the service takes it no longer; the others hear the same a moment later.
        let first = Secret::new("t1");
        for source in &sources {
            source.drop_token(&first, None).await;
        }
        let all = futures::future::join_all(sources.iter().map(TokenSource::token)).await;
        assert!(all.into_iter().all(|token| token.unwrap().expose() == "t2"));
        assert_eq!(script.requests().len(), 2);
        let late = process(&script, folder.path(), &strong());
        assert_eq!(late.token().await.unwrap().expose(), "t2");
        assert_eq!(script.requests().len(), 2);
    }

    #[tokio::test]
    async fn what_the_service_asks_for_goes_into_the_next_request_alone() {
        let folder = tempfile::tempdir().unwrap();
        let script = tokens(3600);
        let source = process(&script, folder.path(), &strong());
        let first = source.token().await.unwrap();
        source.drop_token(&first, Some(r#"{"access_token":{}}"#)).await;
        let second = source.token().await.unwrap();
        source.drop_token(&second, None).await;
        source.token().await.unwrap();
        let asked: Vec<bool> = script
            .requests()
            .iter()
            .map(|sent| sent.text.contains("claims=%7B%22access_token"))
            .collect();
        assert_eq!(asked, [false, true, false]);
    }

    #[tokio::test]
    async fn a_token_of_another_tenant_is_neither_kept_nor_handed_out() {
        let folder = tempfile::tempdir().unwrap();
        // {"tid":"22222222-2222-4222-8222-222222222222"}
        let token = "e30.eyJ0aWQiOiIyMjIyMjIyMi0yMjIyLTQyMjItODIyMi0yMjIyMjIyMjIyMjIifQ.x";
        let script = Script::answering(move |_| {
            answer(200, &format!(r#"{{"access_token":"{token}","expires_in":3600}}"#))
        });
        let ours = Addressee::new("11111111-1111-4111-8111-111111111111", "https://graph.example/");
        let source = process(&script, folder.path(), &strong()).checked(ours);
        assert_eq!(source.token().await.unwrap_err().code(), ErrorCode::TokenRejected);
        let kept = std::fs::read_dir(folder.path()).unwrap();
        assert_eq!(
            kept.filter(|file| file.as_ref().unwrap().path().ends_with(".json"))
                .count(),
            0
        );
    }

    /// Somebody at the terminal, or nobody.
    struct Somebody(std::sync::atomic::AtomicUsize, bool);

    #[async_trait]
    impl SignInAgain for Somebody {
        async fn sign_in(
            &self,
            place: Option<&Place>,
            why: Error,
            claims: Option<&str>,
        ) -> Result<(Fetched, Option<Store>)> {
            assert!(place.is_some() && claims.is_none());
            self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            if !self.1 {
                return Err(why);
            }
            let mut fetched = Fetched::alone(Secret::new("by hand"), Duration::from_secs(3600));
            fetched.refresh = Some(Secret::new("r1"));
            Ok((fetched, Some(Store::File)))
        }
    }

    #[tokio::test]
    async fn a_person_is_asked_once_for_all_tasks_and_rotating_tokens_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let person = Credential::Browser {
            client_id: "app".into(),
        };
        let mut count = 1;
        let script = Script::answering(move |sent| {
            assert!(
                sent.text.contains(&format!("refresh_token=r{count}")),
                "{}",
                sent.text
            );
            count += 1;
            let body =
                format!(r#"{{"access_token":"t{count}","expires_in":3600,"refresh_token":"r{count}"}}"#);
            answer(200, &body)
        });
        let nobody =
            process(&script, folder.path(), &person).asking(Some(Arc::new(Somebody(0.into(), false))));
        assert_eq!(nobody.token().await.unwrap_err().code(), ErrorCode::NotSignedIn);
        let there = Arc::new(Somebody(0.into(), true));
        let source = process(&script, folder.path(), &person).asking(Some(there.clone()));
        let all = futures::future::join_all((0..5).map(|_| source.token())).await;
        assert!(all.into_iter().all(|token| token.unwrap().expose() == "by hand"));
        assert_eq!(there.0.load(std::sync::atomic::Ordering::SeqCst), 1);
        for round in 2..5 {
            // Each time by another process, which finds what the last one kept.
            let next = process(&script, folder.path(), &person);
            let old = next.token().await.unwrap();
            next.drop_token(&old, None).await;
            assert_eq!(next.token().await.unwrap().expose(), format!("t{round}"));
        }
        assert_eq!(script.requests().len(), 3);
    }
}
