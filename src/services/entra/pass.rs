//! The temporary pass: asked for within policy, its secret in one answer. Source: api/entra 1.6.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, json};

use super::EntraService;
use super::error::Family;
use super::graph::{parse, write_of};
use super::wire::WireMethod;
use crate::domain::{Effect, Error, ErrorCode, MethodId, Minted, Notice, Result, Secret, UserId};
use crate::http::{Class, Response, Verb};

impl EntraService {
    pub(super) async fn add_temporary_pass(
        &self,
        user: &UserId,
        lifetime_minutes: Option<u32>,
        one_time: Option<bool>,
        start: Option<Timestamp>,
    ) -> Result<Effect> {
        self.refuse_own(user)?;
        let mut body = Map::new();
        if let Some(minutes) = lifetime_minutes {
            body.insert("lifetimeInMinutes".to_owned(), json!(minutes));
        }
        if let Some(once) = one_time {
            body.insert("isUsableOnce".to_owned(), json!(once));
        }
        if let Some(start) = start {
            body.insert("startDateTime".to_owned(), json!(start.to_string()));
        }
        let request = write_of(
            user,
            Verb::Post,
            Class::Never,
            "/authentication/temporaryAccessPassMethods",
            "/users/{id}/authentication/temporaryAccessPassMethods",
        )
        .json(body.into());
        let response = self.graph.pipeline().send(&request).await?;
        if response.status == 400 {
            // Everything that Graph refuses about a pass is policy: lifetime, once, guests (assumption `pass-refusals`).
            let error = self.graph.check(response, Family::Pass, Verb::Post).err();
            return Err(error.map_or_else(
                || Error::new(ErrorCode::Internal, "refused"),
                |error| as_policy(&error),
            ));
        }
        minted_pass(self.graph.check(response, Family::Pass, Verb::Post)?)
    }
}

fn as_policy(error: &Error) -> Error {
    let body = error.to_body();
    let policy = Error::new(ErrorCode::PolicyRefused, body.message)
        .hint(
            body.hint
                .unwrap_or_else(|| "see what is allowed: mfactl policy show USER".to_owned()),
        )
        .request_id(body.request_id);
    match body.service_code {
        Some(code) => policy.service_code(code),
        None => policy,
    }
}

fn minted_pass(response: Response) -> Result<Effect> {
    let request_id = response.request_id.clone();
    let pass: WireMethod = parse(response.json()?)?;
    let Some(secret) = pass.temporary_access_pass else {
        return Err(Error::new(
            ErrorCode::OutcomeUnknown,
            "a pass was made and the answer does not hold it",
        )
        .hint("issue another one: it replaces this one")
        .request_id(request_id));
    };
    let expires_at = pass
        .start_date_time
        .zip(pass.lifetime_in_minutes)
        .and_then(|(start, minutes)| start.checked_add(SignedDuration::from_mins(minutes)).ok());
    let mut effect = Effect::done();
    effect.created = Some(MethodId(pass.id));
    effect.secret = Some(Minted {
        kind: "temporary-pass",
        value: Secret::new(secret),
        uri: None,
        expires_at,
    });
    effect.request_ids.extend(request_id);
    if let Some(minutes) = pass.lifetime_in_minutes {
        effect.detail = Some(format!("{minutes} minutes"));
    }
    if pass.usability_reason.as_deref() == Some("DisabledByPolicy") {
        effect.remains.push(Notice {
            text: "policy does not let this person sign in with a temporary pass".to_owned(),
            url: None,
        });
    }
    Ok(effect)
}
