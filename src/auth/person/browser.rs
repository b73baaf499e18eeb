//! Signing in with a browser on this machine: authorization code with PKCE (RFC 7636, RFC 8252), `state` and `nonce`.

use std::process::{Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth2::{CsrfToken, PkceCodeChallenge};
use tokio::sync::mpsc;
use url::Url;

use super::loopback::{Brought, Came, Loopback};
use super::page::Page;
use super::{Application, merged};
use crate::auth::claims::TokenClaims;
use crate::auth::command::OURS;
use crate::auth::errors;
use crate::auth::flow::Fetched;
use crate::domain::{Error, ErrorCode, Result};

/// Whom a sign-in tells what, and what it may open.
pub(crate) trait Browser: Send + Sync {
    /// Opens an address, or says where to go.
    fn open(&self, address: &str);
    /// Something happened that the person should know of.
    fn note(&self, text: &str);
}

/// What a sign-in in the browser goes by.
pub(crate) struct InBrowser<'a> {
    /// Opens and tells.
    pub(crate) browser: &'a dyn Browser,
    /// How long is waited.
    pub(crate) limit: Duration,
    /// What the service asked for besides, as JSON.
    pub(crate) claims: Option<&'a str>,
    /// Who is expected, to spare typing.
    pub(crate) account: Option<&'a str>,
    /// Whether another account is to be chosen, though one is signed in in the browser.
    pub(crate) choose: bool,
}

impl Application {
    /// Signs in with a browser on this machine.
    ///
    /// # Errors
    /// `not_signed_in`: refused, cancelled, or nobody came in time; `unavailable`.
    pub(crate) async fn in_browser(&self, how: &InBrowser<'_>) -> Result<Fetched> {
        let loopback = Loopback::open().await?;
        let address = loopback.address();
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let state = CsrfToken::new_random();
        let nonce = CsrfToken::new_random();
        let page = self.page(&address, challenge.as_str(), state.secret(), nonce.secret(), how)?;
        let work = async |comes| {
            how.browser.open(page.as_str());
            let waiting = self.answered(comes, &address, verifier.secret(), nonce.secret(), how);
            match tokio::time::timeout(how.limit, waiting).await {
                Ok(outcome) => outcome,
                Err(_) => Err(Error::new(
                    ErrorCode::NotSignedIn,
                    format!("not signed in: no browser came back in {} s", how.limit.as_secs()),
                )
                .hint("allow more with --wait, or sign in with a code: --device-code")),
            }
        };
        loopback.serve(state.secret(), work).await
    }

    fn page(
        &self,
        back: &str,
        challenge: &str,
        state: &str,
        nonce: &str,
        how: &InBrowser<'_>,
    ) -> Result<Url> {
        let mut page = Url::parse(&format!("{}{}", self.authority, self.dialect.authorize))
            .map_err(|_| Error::new(ErrorCode::ConfigInvalid, "authority is not an address"))?;
        page.query_pairs_mut()
            .append_pair("client_id", &self.client_id)
            .append_pair("response_type", "code")
            .append_pair("redirect_uri", back)
            .append_pair("response_mode", "query")
            .append_pair("scope", &self.scope)
            .append_pair("state", state)
            .append_pair("nonce", nonce)
            .append_pair("code_challenge", challenge)
            .append_pair("code_challenge_method", "S256")
            .append_pair("claims", &merged(how.claims))
            .extend_pairs(how.choose.then_some(("prompt", "select_account")))
            .extend_pairs(how.account.map(|account| ("login_hint", account)));
        Ok(page)
    }

    /// Waits for the answer, redeems it, and lets the page say how that went.
    async fn answered(
        &self,
        mut comes: mpsc::Receiver<Came>,
        back: &str,
        verifier: &str,
        nonce: &str,
        how: &InBrowser<'_>,
    ) -> Result<Fetched> {
        while let Some(came) = comes.recv().await {
            let (brought, say) = match came {
                Came::Answer(brought, say) => (brought, say),
                Came::Stranger => {
                    how.browser.note(
                        "an answer came that is not of this sign-in (its state is wrong): it was ignored",
                    );
                    continue;
                }
            };
            let outcome = match brought {
                Brought::Refusal(error, description) => Err(errors::answered(&error, &description)),
                Brought::Code(code) => self.redeem_code(&code, back, verifier, nonce, how.claims).await,
            };
            let page = match &outcome {
                Ok(_) => Page::SignedIn,
                Err(error) => Page::Failed(capital(error.message())),
            };
            // The browser may be gone: the terminal says it too.
            let _ = say.send(page);
            return outcome;
        }
        Err(Error::new(
            ErrorCode::Unavailable,
            "nobody can come back any more",
        ))
    }

    async fn redeem_code(
        &self,
        code: &str,
        back: &str,
        verifier: &str,
        nonce: &str,
        claims: Option<&str>,
    ) -> Result<Fetched> {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", back),
            ("code_verifier", verifier),
        ];
        let fetched = self.redeem(&fields, claims).await.map_err(|error| {
            // What a code lacks has nothing to do with names and passwords.
            match error.to_body().service_code.as_deref() {
                Some("invalid_grant" | "AADSTS54005" | "AADSTS9002313" | "AADSTS501481") => Error::new(
                    ErrorCode::NotSignedIn,
                    "not signed in: the code that the browser brought was used before, or is not of this sign-in",
                )
                .hint("begin again; if nobody else could have used it, look at the account's sign-ins")
                .service_code(error.to_body().service_code.unwrap_or_default()),
                _ => error,
            }
        })?;
        // It came from the token endpoint itself, so that its signature says nothing more (OpenID Connect 3.1.3.7).
        let id = fetched.id.as_ref().map(TokenClaims::read).unwrap_or_default();
        if id.nonce.as_deref() != Some(nonce) || !id.meant_for.contains(&self.client_id) {
            return Err(Error::new(
                ErrorCode::NotSignedIn,
                "not signed in: the answer is of another sign-in, or of another application",
            )
            .hint("begin again"));
        }
        Ok(fetched)
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}

/// Opens an address with the programs of `BROWSER` (parted by colons, `%s` is the address), else with the desktop's own.
/// None of them gets a secret of ours, or our output; whether one was started.
pub(crate) fn open(address: &str, wish: Option<&str>) -> bool {
    let wished = wish
        .into_iter()
        .flat_map(|wish| wish.split(':'))
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let mut command = Command::new(words.next()?);
            let named = line.contains("%s");
            command.args(words.map(|word| word.replace("%s", address)));
            if !named {
                command.arg(address);
            }
            Some(command)
        });
    let usual = if wish.is_none() {
        open::commands(address)
    } else {
        Vec::new()
    };
    wished.chain(usual).any(start)
}

fn start(mut command: Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    for variable in OURS {
        command.env_remove(variable);
    }
    // Ctrl-C in our terminal is not meant for the browser.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let Ok(mut child) = command.spawn() else {
        return false;
    };
    // Collected when it ends; while it runs it is nobody's.
    let collect = std::thread::Builder::new().spawn(move || child.wait());
    drop(collect);
    true
}

/// A challenge as a command line carries it: base64 of JSON.
pub(crate) fn challenge(text: &str) -> Option<String> {
    let plain = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
    let bytes = URL_SAFE_NO_PAD.decode(plain).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    serde_json::from_str::<serde_json::Value>(&text)
        .ok()?
        .is_object()
        .then_some(text)
}
