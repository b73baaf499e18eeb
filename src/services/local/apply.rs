//! Steps: those that Graph lacks go to the extensions, the others to the Graph client.

use serde_json::json;

use super::LocalService;
use super::client::{ExtensionClient, parse};
use super::wire::{Count, WireAnswered, WireAppPassword, WireTotp, WireVerification};
use crate::domain::{
    Action, Effect, EffectState, Error, ErrorCode, MethodId, MethodKind, Minted, Result, Secret, Slot, Step,
    UserId, Via,
};
use crate::http::{Class, Request, Response, Verb, encode_segment};

/// What a method says while it waits.
const WAITS: &str = "waits for its code";

impl LocalService {
    pub(super) async fn apply_one(&self, step: &Step) -> Result<Effect> {
        let user = &step.user;
        match &step.action {
            Action::AddPhone { via, .. } => {
                let effect = self.graph.apply_one(step).await?;
                let method = effect.created.clone();
                self.waiting(user, method.as_ref(), *via, effect).await
            }
            Action::UpdatePhone { method, .. } => {
                let effect = self.graph.apply_one(step).await?;
                self.waiting(user, Some(method), None, effect).await
            }
            Action::AddTotp { name } => self.add_totp(user, name.as_deref()).await,
            Action::AddQuestions { questions } => self.add_questions(step, questions).await,
            Action::RemoveMethod {
                kind: MethodKind::Questions,
                ..
            } => {
                let tail = "/securityQuestions";
                self.remove(ExtensionClient::write(
                    user,
                    Verb::Delete,
                    Class::Idempotent,
                    tail,
                    "/users/{id}/securityQuestions",
                ))
                .await
            }
            Action::ForgetDevice { device } => {
                let tail = format!("/rememberedDevices/{}", encode_segment(&device.0));
                let template = "/users/{id}/rememberedDevices/{deviceId}";
                self.remove(ExtensionClient::write(
                    user,
                    Verb::Delete,
                    Class::Idempotent,
                    &tail,
                    template,
                ))
                .await
            }
            Action::ForgetAllDevices => {
                self.remove_all(user, "/rememberedDevices", "/users/{id}/rememberedDevices")
                    .await
            }
            Action::RevokeAppPassword { id, name: _ } => {
                let tail = format!("/appPasswords/{}", encode_segment(id));
                let template = "/users/{id}/appPasswords/{appPasswordId}";
                self.remove(ExtensionClient::write(
                    user,
                    Verb::Delete,
                    Class::Idempotent,
                    &tail,
                    template,
                ))
                .await
            }
            Action::RevokeAllAppPasswords => {
                self.remove_all(user, "/appPasswords", "/users/{id}/appPasswords")
                    .await
            }
            Action::IssueAppPassword { name } => self.issue_app_password(user, name).await,
            Action::RequireRegistration => {
                let tail = "/requireRegistration";
                let request = ExtensionClient::write(
                    user,
                    Verb::Post,
                    Class::Idempotent,
                    tail,
                    "/users/{id}/requireRegistration",
                )
                .json(json!({}));
                Ok(done(&self.extensions().send(&request).await?))
            }
            _ => self.graph.apply_one(step).await,
        }
    }

    /// Says whether a number waits for its code, and how the code goes out.
    async fn waiting(
        &self,
        user: &UserId,
        method: Option<&MethodId>,
        via: Option<Via>,
        mut effect: Effect,
    ) -> Result<Effect> {
        let Some(method) = method.filter(|_| effect.state == EffectState::Done) else {
            return Ok(effect);
        };
        let client = self.extensions();
        // The number stands: what fails from here on must not look as if it did not.
        let waiting: Result<Vec<WireVerification>> = client
            .list(user, "/verifications", "/users/{id}/verifications")
            .await;
        let Ok(waiting) = waiting else { return Ok(effect) };
        if !waiting.iter().any(|waits| waits.method_id == method.0) {
            return Ok(effect);
        }
        if let Some(via) = via {
            let tail = format!("/verifications/{}", encode_segment(&method.0));
            let template = "/users/{id}/verifications/{methodId}";
            let request = ExtensionClient::write(user, Verb::Put, Class::Idempotent, &tail, template)
                .json(json!({ "channel": via.as_str() }));
            client.send(&request).await?;
        }
        effect.detail = Some(WAITS.to_owned());
        Ok(effect)
    }

    async fn add_totp(&self, user: &UserId, name: Option<&str>) -> Result<Effect> {
        let body = name.map_or_else(|| json!({}), |name| json!({ "displayName": name }));
        let request =
            ExtensionClient::write(user, Verb::Post, Class::Never, "/totp", "/users/{id}/totp").json(body);
        let response = self.extensions().send(&request).await?;
        let WireTotp {
            id,
            secret,
            otpauth_uri,
        } = parse(&response)?;
        let mut effect = done(&response).detail(WAITS);
        effect.created = Some(MethodId(id));
        effect.secret = Some(Minted {
            kind: "totp",
            value: Secret::new(secret),
            uri: otpauth_uri.map(Secret::new),
            expires_at: None,
        });
        Ok(effect)
    }

    async fn add_questions(&self, step: &Step, questions: &[String]) -> Result<Effect> {
        let given = step
            .slots
            .get(Slot::Answers)
            .and_then(|slot| serde_json::from_str(slot.expose()).ok());
        let Some(answers): Option<Vec<WireAnswered>> = given else {
            return Err(Error::new(ErrorCode::Internal, "the step has no answers to set"));
        };
        if !answers.iter().map(|answered| &answered.question).eq(questions) {
            return Err(Error::new(
                ErrorCode::Internal,
                "the answers are not those to the questions of the step",
            ));
        }
        let request = ExtensionClient::write(
            &step.user,
            Verb::Post,
            // It replaces what was there.
            Class::Idempotent,
            "/securityQuestions",
            "/users/{id}/securityQuestions",
        )
        .json(json!({ "answers": answers }));
        let response = self
            .extensions()
            .send(&request)
            .await
            .map_err(|error| match error.code() {
                ErrorCode::ServiceRefused => Error::new(ErrorCode::PolicyRefused, error.message().to_owned())
                    .hint("the policy says which questions, and how many: mfactl policy show"),
                _ => error,
            })?;
        let mut effect = done(&response).detail(answers.len().to_string());
        effect.created = Some(super::QUESTIONS_ID.into());
        Ok(effect)
    }

    async fn issue_app_password(&self, user: &UserId, name: &str) -> Result<Effect> {
        let tail = "/appPasswords";
        let request =
            ExtensionClient::write(user, Verb::Post, Class::Never, tail, "/users/{id}/appPasswords")
                .json(json!({ "displayName": name }));
        let response = self.extensions().send(&request).await?;
        let made: WireAppPassword = parse(&response)?;
        let mut effect = done(&response);
        effect.created = Some(MethodId(made.id));
        effect.secret = made.password.map(|password| Minted {
            kind: "app-password",
            value: Secret::new(password),
            uri: None,
            expires_at: None,
        });
        Ok(effect)
    }

    /// Removes one thing; what is not there is unchanged.
    async fn remove(&self, request: Request) -> Result<Effect> {
        let response = self.extensions().send_if_there(&request).await?;
        Ok(response.map_or_else(Effect::unchanged, |response| done(&response)))
    }

    /// Removes all of a sort, and says how many there were.
    async fn remove_all(&self, user: &UserId, tail: &str, template: &'static str) -> Result<Effect> {
        let request = ExtensionClient::write(user, Verb::Delete, Class::Idempotent, tail, template);
        let response = self.extensions().send(&request).await?;
        let Count { count } = parse(&response)?;
        if count == 0 {
            return Ok(Effect::unchanged());
        }
        Ok(done(&response).detail(count.to_string()))
    }
}

fn done(response: &Response) -> Effect {
    let mut effect = Effect::done();
    effect.request_ids.extend(response.request_id.clone());
    effect
}
