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
use crate::http::{Timer, TokenLeft, Tokens};

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

    fn left(&self) -> Option<TokenLeft> {
        // Held while a token is fetched: then there is none worth speaking of.
        let state = self.current.try_lock().ok()?;
        let token = state.token.as_ref()?;
        let renewed = self.flow.renews();
        // One that is not renewed is used to its very end: see `given.rs`.
        let beyond = if renewed { Duration::ZERO } else { EARLY };
        let left = token.ends.saturating_sub(self.timer.now() + beyond);
        // Whoever handed it out did not say for how long, or it has ended: nothing is known.
        (!left.is_zero()).then_some(TokenLeft { left, renewed })
    }
}

#[cfg(test)]
mod tests;
