//! The gate: refuses what a service does not declare, before any request is sent. Every service is behind it, so that
//! no other code has to ask twice.

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use serde_json::Value;

use super::words::REFUSED;
use crate::domain::{
    Capabilities, Capability, Challenge, Effect, Error, ErrorCode, HardwareToken, IdentityService, MethodId,
    MethodKind, NewToken, Notice, Parts, Policy, Privileges, Purpose, RegistrationRow, ReportQuery, Result,
    Right, Secret, SecurityInfo, Step, User, UserId, UserQuery, Verdict, Verified,
};

/// A service behind the gate.
pub struct Gate<S: ?Sized>(Box<S>);

/// Any service behind the gate.
pub type Gated = Gate<dyn IdentityService>;

impl Gated {
    /// Puts a service behind the gate.
    pub fn new(service: Box<dyn IdentityService>) -> Self {
        Self(service)
    }
}

/// The refusal of what a service does not declare: what it cannot, why, and what to do instead.
///
/// # Errors
/// `unsupported` or `permission_missing`, where the answer says so.
pub fn admit(capabilities: &Capabilities, capability: Capability) -> Result<()> {
    match capabilities.get(capability).refusal(capability) {
        None => Ok(()),
        Some(refused) => Err(refused),
    }
}

/// Verification is declared by kind, checks of callers as a whole.
fn admit_challenge(capabilities: &Capabilities, purpose: Purpose) -> Result<()> {
    let capability = match purpose {
        Purpose::Verify(kind) => Capability::Verify(kind),
        Purpose::CheckCaller(_) => Capability::CheckCaller,
    };
    admit(capabilities, capability)
}

/// What a service refuses of a filter is wrong with the command line: nothing else was sent.
fn of_filter(error: Error) -> Error {
    if error.code() != ErrorCode::ServiceRefused {
        return error;
    }
    let said = error.message();
    let said = said
        .strip_prefix(REFUSED)
        .unwrap_or(said)
        .trim_start_matches(": ");
    let message = match said {
        "" => "the service does not take this filter".to_owned(),
        said => format!("the service does not take this filter: {said}"),
    };
    error.meaning(ErrorCode::InvalidInput, message)
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<S: IdentityService + ?Sized> IdentityService for Gate<S> {
    fn capabilities(&self) -> &Capabilities {
        self.0.capabilities()
    }

    fn rights(&self) -> Vec<Right> {
        self.0.rights()
    }

    async fn verify_assumptions(&self) -> Vec<Verified> {
        self.0.verify_assumptions().await
    }

    fn users<'a>(&'a self, query: &'a UserQuery) -> BoxStream<'a, Result<User>> {
        let found = self.0.users(query);
        match query {
            UserQuery::Filter(_) => found.map(|user| user.map_err(of_filter)).boxed(),
            _ => found,
        }
    }

    async fn security_info(&self, users: &[UserId], parts: Parts) -> Vec<Result<SecurityInfo>> {
        self.0.security_info(users, parts).await
    }

    async fn look_up(&self, texts: &[String], parts: Parts) -> Result<Vec<(User, Result<SecurityInfo>)>> {
        self.0.look_up(texts, parts).await
    }

    async fn privileges(&self, users: &[UserId]) -> Vec<Result<Privileges>> {
        self.0.privileges(users).await
    }

    fn own_page(&self) -> Notice {
        self.0.own_page()
    }

    async fn beyond(&self, user: &UserId, changes: &[Capability]) -> Option<Error> {
        self.0.beyond(user, changes).await
    }

    async fn policy(&self, user: Option<&UserId>) -> Result<Policy> {
        admit(self.capabilities(), Capability::PolicyRead)?;
        self.0.policy(user).await
    }

    fn registration<'a>(&'a self, query: &'a ReportQuery) -> BoxStream<'a, Result<RegistrationRow>> {
        match admit(self.capabilities(), Capability::Report) {
            Ok(()) => self.0.registration(query),
            Err(error) => stream::once(async move { Err(error) }).boxed(),
        }
    }

    async fn challenge(&self, user: &UserId, method: &MethodId, purpose: Purpose) -> Result<Challenge> {
        admit_challenge(self.capabilities(), purpose)?;
        self.0.challenge(user, method, purpose).await
    }

    async fn answer(&self, challenge: &Challenge, code: Secret) -> Result<Verdict> {
        admit_challenge(self.capabilities(), challenge.purpose)?;
        self.0.answer(challenge, code).await
    }

    async fn passkey_options(&self, user: &UserId) -> Result<Value> {
        admit(self.capabilities(), Capability::Add(MethodKind::Passkey))?;
        self.0.passkey_options(user).await
    }

    async fn hardware_tokens(&self) -> Result<Vec<HardwareToken>> {
        admit(self.capabilities(), Capability::HardwareTokens)?;
        self.0.hardware_tokens().await
    }

    async fn add_hardware_token(&self, token: &NewToken, seed: &Secret) -> Result<HardwareToken> {
        admit(self.capabilities(), Capability::HardwareTokens)?;
        self.0.add_hardware_token(token, seed).await
    }

    async fn apply(&self, steps: &[Step]) -> Vec<Result<Effect>> {
        let verdicts: Vec<_> = steps
            .iter()
            .map(|step| admit(self.capabilities(), step.action.needs()))
            .collect();
        if verdicts.iter().all(Result::is_ok) {
            return self.0.apply(steps).await;
        }
        let admitted: Vec<Step> = steps
            .iter()
            .zip(&verdicts)
            .filter(|(_, verdict)| verdict.is_ok())
            .map(|(step, _)| step.clone())
            .collect();
        let effects = if admitted.is_empty() {
            Vec::new()
        } else {
            self.0.apply(&admitted).await
        };
        let mut effects = effects.into_iter();
        verdicts
            .into_iter()
            .map(|verdict| match verdict {
                Ok(()) => effects.next().unwrap_or_else(|| {
                    Err(Error::new(
                        ErrorCode::Internal,
                        "the service answered fewer steps than it was given",
                    ))
                }),
                Err(error) => Err(error),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use futures::TryStreamExt as _;

    use super::*;
    use crate::domain::{Action, Answer, Asked};

    struct Recorder {
        capabilities: Capabilities,
        seen: Arc<Mutex<Vec<String>>>,
    }

    impl Recorder {
        fn saw(&self, what: impl Into<String>) {
            self.seen.lock().unwrap().push(what.into());
        }
    }

    #[async_trait]
    impl IdentityService for Recorder {
        fn capabilities(&self) -> &Capabilities {
            &self.capabilities
        }
        fn users<'a>(&'a self, _query: &'a UserQuery) -> BoxStream<'a, Result<User>> {
            stream::empty().boxed()
        }
        async fn security_info(&self, users: &[UserId], _parts: Parts) -> Vec<Result<SecurityInfo>> {
            users.iter().map(|_| Ok(SecurityInfo::default())).collect()
        }
        async fn privileges(&self, users: &[UserId]) -> Vec<Result<Privileges>> {
            users.iter().map(|_| Ok(Privileges::default())).collect()
        }
        async fn policy(&self, _user: Option<&UserId>) -> Result<Policy> {
            self.saw("policy");
            Err(Error::new(ErrorCode::Internal, "not here"))
        }
        fn registration<'a>(&'a self, _query: &'a ReportQuery) -> BoxStream<'a, Result<RegistrationRow>> {
            self.saw("registration");
            stream::empty().boxed()
        }
        async fn challenge(
            &self,
            _user: &UserId,
            _method: &MethodId,
            _purpose: Purpose,
        ) -> Result<Challenge> {
            self.saw("challenge");
            Err(Error::new(ErrorCode::Internal, "not here"))
        }
        async fn answer(&self, _challenge: &Challenge, _code: Secret) -> Result<Verdict> {
            self.saw("answer");
            Ok(Verdict::Accepted)
        }
        async fn apply(&self, steps: &[Step]) -> Vec<Result<Effect>> {
            self.saw(
                steps
                    .iter()
                    .map(|step| step.seq.to_string())
                    .collect::<Vec<_>>()
                    .join(","),
            );
            steps
                .iter()
                .map(|step| Ok(Effect::done().detail(step.seq.to_string())))
                .collect()
        }
    }

    fn gated(entries: Vec<(Capability, Answer)>) -> (Gated, Arc<Mutex<Vec<String>>>) {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let recorder = Recorder {
            capabilities: Capabilities::new(entries),
            seen: seen.clone(),
        };
        (Gated::new(Box::new(recorder)), seen)
    }

    #[tokio::test]
    async fn refuses_undeclared_steps_and_keeps_the_order_of_the_others() {
        let why = Answer::Unsupported {
            why: "there is no call".into(),
            instead: "do it by hand".into(),
        };
        let (gate, seen) = gated(vec![
            (Capability::SignOut, Answer::Native),
            (Capability::RevokeAppPasswords, why),
            (Capability::DisableAccount, Answer::Native),
        ]);
        let actions = [
            Action::SignOut,
            Action::RevokeAllAppPasswords,
            Action::DisableAccount,
        ];
        let steps: Vec<_> = (0..)
            .zip(actions)
            .map(|(seq, action)| Step::new("j", "u".into(), seq, action, vec![]))
            .collect();
        let effects = gate.apply(&steps).await;
        assert_eq!(*seen.lock().unwrap(), ["0,2"]);
        assert_eq!(effects[0].as_ref().unwrap().detail.as_deref(), Some("0"));
        assert_eq!(effects[2].as_ref().unwrap().detail.as_deref(), Some("2"));
        let error = effects[1].as_ref().unwrap_err();
        assert_eq!(error.code(), ErrorCode::Unsupported);
        assert_eq!(error.message(), "cannot revoke app passwords: there is no call");
        assert_eq!(error.hint_text(), Some("do it by hand"));
    }

    #[tokio::test]
    async fn what_the_account_may_not_is_refused_for_want_of_the_right_and_nothing_is_sent() {
        let lacks = Answer::Forbidden {
            why: "the account lacks the role writer".into(),
            mend: "have it given".into(),
        };
        let (gate, seen) = gated(vec![(Capability::SignOut, lacks)]);
        let effects = gate
            .apply(&[Step::new("j", "u".into(), 0, Action::SignOut, vec![])])
            .await;
        let error = effects[0].as_ref().unwrap_err();
        assert_eq!(error.code(), ErrorCode::PermissionMissing);
        assert_eq!(
            error.message(),
            "cannot sign out everywhere: the account lacks the role writer"
        );
        assert_eq!(error.hint_text(), Some("have it given"));
        assert!(seen.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_service_that_declares_nothing_is_not_asked_for_anything() {
        let (gate, seen) = gated(vec![]);
        let challenge = Challenge {
            user: "u".into(),
            method: "m".into(),
            purpose: Purpose::CheckCaller(Asked::Code),
            channel: "sms".into(),
            to: None,
            expires_at: None,
        };
        assert!(gate.policy(None).await.is_err());
        assert!(
            gate.registration(&ReportQuery::default())
                .try_collect::<Vec<_>>()
                .await
                .is_err()
        );
        for purpose in [Purpose::Verify(MethodKind::Totp), challenge.purpose] {
            assert!(gate.challenge(&"u".into(), &"m".into(), purpose).await.is_err());
        }
        assert!(gate.answer(&challenge, Secret::new("1")).await.is_err());
        assert!(
            gate.apply(&[Step::new("j", "u".into(), 0, Action::SignOut, vec![])])
                .await[0]
                .is_err()
        );
        assert!(seen.lock().unwrap().is_empty());
    }
}
