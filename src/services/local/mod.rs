//! The embedded identity service: the Graph client for what Graph has, and the extensions for what it lacks
//! (docs/extensions.md). Reaches the service over HTTP only, like any other.

mod apply;
mod client;
mod console;
mod info;
mod policy;
mod wire;

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde_json::Value;

use client::{ExtensionClient, ROOT, parse};
pub use console::{Answered, ClockChange, Console, Factor, Recovery, SignIn};
use wire::{WireChallenge, WireVerdict};

use super::Link;
use super::entra::{self, EntraService};
use super::steps::apply_by_person;
use crate::domain::{
    Answer, Capabilities, Capability, Challenge, Effect, Error, ErrorCode, HardwareToken, IdentityService,
    MethodId, MethodKind, NewToken, Parts, Policy, Privileges, Purpose, RegistrationRow, ReportQuery, Result,
    Right, Secret, SecurityInfo, Step, User, UserId, UserQuery, Verdict, Verified,
};
use crate::http::{Class, Request, Verb, encode_segment};

/// The questions of a person as one method: this is its id.
pub(crate) const QUESTIONS_ID: &str = "questions";

/// What the embedded service declares: Entra's answers, and its own laid over them.
pub(crate) fn declared() -> Capabilities {
    let mut capabilities = entra::declared();
    let own = [
        Capability::Add(MethodKind::Totp),
        Capability::Add(MethodKind::Questions),
        Capability::Remove(MethodKind::Questions),
        Capability::Verify(MethodKind::PhoneMobile),
        Capability::Verify(MethodKind::PhoneAlternate),
        Capability::Verify(MethodKind::PhoneOffice),
        Capability::Verify(MethodKind::Totp),
        Capability::ListRemembered,
        Capability::ForgetOne,
        Capability::ForgetAll,
        Capability::ListSessions,
        Capability::ListAppPasswords,
        Capability::RevokeAppPasswords,
        Capability::IssueAppPassword,
        Capability::RequireRegistration,
        Capability::CheckCaller,
    ];
    for capability in own {
        capabilities.set(capability, Answer::Native);
    }
    let why = "nobody enrols an authenticator app that approves for another person".to_owned();
    let instead = "add totp, or issue a temporary pass; the person registers the app".to_owned();
    capabilities.set(
        Capability::Add(MethodKind::Authenticator),
        Answer::Unsupported { why, instead },
    );
    capabilities
}

/// The client of the embedded service.
pub(crate) struct LocalService {
    graph: EntraService,
    capabilities: Capabilities,
}

pub(crate) fn make(link: Link) -> Box<dyn IdentityService> {
    Box::new(LocalService {
        graph: EntraService::new(link).with_sign_in_activity(),
        capabilities: declared(),
    })
}

impl LocalService {
    fn extensions(&self) -> ExtensionClient<'_> {
        ExtensionClient::new(self.graph.graph())
    }
}

#[async_trait]
impl IdentityService for LocalService {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn rights(&self) -> Vec<Right> {
        let mut rights = self.graph.rights();
        rights.extend(entra::extension_rights(self.graph.graph().claims()));
        rights
    }

    async fn verify_assumptions(&self) -> Vec<Verified> {
        self.graph.verify_assumptions().await
    }

    fn users<'a>(&'a self, query: &'a UserQuery) -> BoxStream<'a, Result<User>> {
        self.graph.users(query)
    }

    async fn security_info(&self, users: &[UserId], parts: Parts) -> Vec<Result<SecurityInfo>> {
        self.read_info(users, parts).await
    }

    async fn look_up(&self, texts: &[String], parts: Parts) -> Result<Vec<(User, Result<SecurityInfo>)>> {
        let (users, infos): (Vec<User>, Vec<_>) = self.graph.look_up(texts, parts).await?.into_iter().unzip();
        let ids: Vec<UserId> = users.iter().map(|user| user.id.clone()).collect();
        let infos = self.overlaid(&ids, infos, parts).await;
        Ok(users.into_iter().zip(infos).collect())
    }

    async fn privileges(&self, users: &[UserId]) -> Vec<Result<Privileges>> {
        self.graph.privileges(users).await
    }

    async fn policy(&self, user: Option<&UserId>) -> Result<Policy> {
        self.read_policy(user).await
    }

    fn registration<'a>(&'a self, query: &'a ReportQuery) -> BoxStream<'a, Result<RegistrationRow>> {
        self.graph.registration(query)
    }

    async fn challenge(&self, user: &UserId, method: &MethodId, purpose: Purpose) -> Result<Challenge> {
        let segment = encode_segment(&method.0);
        let (path, template, body) = match purpose {
            Purpose::Verify(_) => (
                format!("/verifications/{segment}"),
                "/users/{id}/verifications/{methodId}",
                serde_json::json!({}),
            ),
            Purpose::CheckCaller(asked) => (
                format!("/callerChecks/{segment}"),
                "/users/{id}/callerChecks/{methodId}",
                serde_json::json!({ "by": asked.as_str() }),
            ),
        };
        let request = Request::write(
            Verb::Post,
            // Another code replaces the one that is out.
            Class::Idempotent,
            ROOT,
            ExtensionClient::path(&user.0, &path),
            template,
        )
        .json(body);
        let response = self
            .extensions()
            .send(&request)
            .await
            .map_err(|error| not_waiting(&error))?;
        let WireChallenge {
            channel,
            to,
            expires_date_time,
        } = parse(&response)?;
        Ok(Challenge {
            user: user.clone(),
            method: method.clone(),
            purpose,
            channel,
            to,
            expires_at: expires_date_time,
        })
    }

    async fn answer(&self, challenge: &Challenge, code: Secret) -> Result<Verdict> {
        let method = encode_segment(&challenge.method.0);
        let (path, template, body) = match challenge.purpose {
            Purpose::Verify(_) => (
                format!("/verifications/{method}/answer"),
                "/users/{id}/verifications/{methodId}/answer",
                serde_json::json!({ "code": code.expose() }),
            ),
            Purpose::CheckCaller(asked) => (
                format!("/callerChecks/{method}/answer"),
                "/users/{id}/callerChecks/{methodId}/answer",
                serde_json::json!({ "by": asked.as_str(), "code": code.expose() }),
            ),
        };
        let request = Request::write(
            Verb::Post,
            // Each wrong try counts.
            Class::Never,
            ROOT,
            ExtensionClient::path(&challenge.user.0, &path),
            template,
        )
        .json(body);
        let response = self
            .extensions()
            .send(&request)
            .await
            .map_err(|error| not_waiting(&error))?;
        let WireVerdict {
            verdict,
            attempts_left,
        } = parse(&response)?;
        match verdict.as_str() {
            "accepted" => Ok(Verdict::Accepted),
            "wrong" => Ok(Verdict::Wrong { attempts_left }),
            "expired" => Ok(Verdict::Expired),
            "too_many" => Ok(Verdict::TooMany),
            other => Err(Error::new(
                ErrorCode::Unavailable,
                format!("the service gave a verdict that is none: {other}"),
            )),
        }
    }

    async fn passkey_options(&self, user: &UserId) -> Result<Value> {
        self.graph.passkey_options(user).await
    }

    async fn hardware_tokens(&self) -> Result<Vec<HardwareToken>> {
        self.graph.hardware_tokens().await
    }

    async fn add_hardware_token(&self, token: &NewToken, seed: &Secret) -> Result<HardwareToken> {
        self.graph.add_hardware_token(token, seed).await
    }

    async fn apply(&self, steps: &[Step]) -> Vec<Result<Effect>> {
        apply_by_person(steps, entra::SIDE_BY_SIDE, |step| Box::pin(self.apply_one(step))).await
    }
}

fn not_waiting(error: &Error) -> Error {
    if error.to_body().service_code.as_deref() == Some("verificationNotPending") {
        return Error::new(ErrorCode::ServiceRefused, "the method does not wait for a code")
            .hint("it is verified already, or not there: mfactl methods list USER");
    }
    error.clone()
}
