//! Hardware tokens (beta): the organization's inventory, and those that somebody has. Source: api/entra 1.8. When this
//! part of beta fails, nothing else does.

use futures::TryStreamExt as _;
use serde_json::{Value, json};

use super::EntraService;
use super::enrol::not_offered;
use super::error::Family;
use super::graph::{BETA, parse, person, quoted, read_of};
use super::wire::WireMethod;
use super::wire::tokens::{WireToken, new_token};
use crate::domain::{
    Challenge, Effect, Error, ErrorCode, HardwareToken, Method, MethodId, MethodKind, MethodState, NewToken,
    Purpose, Result, Secret, Slot, Step, UserId, Verdict,
};
use crate::http::{Class, Request, Verb, encode_segment};

const INVENTORY: &str = "/directory/authenticationMethodDevices/hardwareOathDevices";
const METHODS: &str = "/users/{id}/authentication/hardwareOathMethods";

/// What a token says while it waits.
const WAITS: &str = "waits for its code";

fn write(user: &UserId, class: Class, tail: &str, template: &'static str) -> Request {
    let path = format!("{}/authentication/hardwareOathMethods{tail}", person(&user.0));
    Request::write(Verb::Post, class, BETA, path, template)
}

impl EntraService {
    /// Every token of the inventory.
    pub(super) async fn inventory(&self) -> Result<Vec<HardwareToken>> {
        let request = Request::get(BETA, format!("{INVENTORY}?$top=999"), INVENTORY);
        self.tokens(request).await
    }

    async fn tokens(&self, request: Request) -> Result<Vec<HardwareToken>> {
        let items: Vec<Value> = self.graph.items(request, Family::Inventory).try_collect().await?;
        let token = |item| Ok(parse::<WireToken>(item)?.into_token());
        items.into_iter().map(token).collect()
    }

    async fn token_of_serial(&self, serial: &str) -> Result<HardwareToken> {
        let path = format!("{INVENTORY}?$filter=serialNumber%20eq%20{}", quoted(serial));
        let found = self.tokens(Request::get(BETA, path, INVENTORY)).await?;
        found
            .into_iter()
            .find(|token| token.serial.eq_ignore_ascii_case(serial))
            .ok_or_else(|| {
                Error::new(
                    ErrorCode::NotFound,
                    format!("there is no hardware token {serial} in the inventory"),
                )
                .hint("see what there is: mfactl hardware-tokens list")
            })
    }

    /// Puts a token into the inventory; whether it came there when the answer was lost tells the inventory.
    pub(super) async fn put_token(&self, token: &NewToken, seed: &Secret) -> Result<HardwareToken> {
        let request = Request::write(Verb::Post, Class::ReadBackFirst, BETA, INVENTORY, INVENTORY)
            .json(new_token(token, seed));
        match self.graph.send(&request, Family::Inventory).await {
            Ok(response) => Ok(parse::<WireToken>(response.json()?)?.into_token()),
            Err(error) if error.code() == ErrorCode::OutcomeUnknown => {
                self.token_of_serial(&token.serial).await.map_err(|_| error)
            }
            Err(error) => Err(error),
        }
    }

    async fn tokens_of(&self, user: &UserId) -> Result<Vec<Method>> {
        let request = read_of(user, BETA, "/authentication/hardwareOathMethods", METHODS);
        let mut page: Value = self.graph.read(&request, Family::Hardware).await?;
        let items: Vec<WireMethod> = page
            .get_mut("value")
            .map(Value::take)
            .map(parse)
            .transpose()?
            .unwrap_or_default();
        Ok(items
            .into_iter()
            .filter_map(WireMethod::into_token_method)
            .collect())
    }

    /// Gives a token of the inventory to somebody: with a code it counts at once, without it waits for one.
    pub(super) async fn add_hardware_token(
        &self,
        step: &Step,
        serial: &str,
        name: Option<&str>,
        activate: bool,
    ) -> Result<Effect> {
        let user = &step.user;
        self.refuse_own(user)?;
        if !activate {
            return self.assign(user, serial).await;
        }
        let Some(code) = step.slots.get(Slot::Code) else {
            return Err(Error::new(
                ErrorCode::Internal,
                "the step has no code of the token",
            ));
        };
        let template = "/users/{id}/authentication/hardwareOathMethods/assignAndActivateBySerialNumber";
        let mut body = json!({ "serialNumber": serial, "verificationCode": code.expose() });
        if let Some(name) = name {
            body["displayName"] = json!(name);
        }
        let tail = "/assignAndActivateBySerialNumber";
        let request = write(user, Class::ReadBackFirst, tail, template).json(body);
        let answer = self.graph.send(&request, Family::Hardware).await;
        let mut effect = Effect::done();
        match answer {
            Ok(response) => effect.request_ids.extend(response.request_id),
            Err(error) if error.code() == ErrorCode::MethodNotFound => {
                // The token, or all of this: the inventory tells.
                self.token_of_serial(serial).await?;
                return Err(not_offered(error, "hardware tokens"));
            }
            Err(error)
                if matches!(
                    error.code(),
                    ErrorCode::OutcomeUnknown | ErrorCode::ServiceRefused
                ) =>
            {
                return self.what_stands(user, serial, code, error).await;
            }
            Err(error) => return Err(error),
        }
        // There is no body in the answer, and reading back wants the id. Without it the row is told all the same.
        if let Ok(token) = self.token_of_serial(serial).await {
            effect.created = Some(MethodId(token.id));
        }
        Ok(effect)
    }

    /// Where both at once was refused or its answer lost: whoever has the token tells what is left to do.
    async fn what_stands(&self, user: &UserId, serial: &str, code: &Secret, error: Error) -> Result<Effect> {
        let Ok(token) = self.token_of_serial(serial).await else {
            return Err(error);
        };
        if token.user_id.as_ref() != Some(user) {
            return Err(taken(&token).unwrap_or(error));
        }
        let has = self.tokens_of(user).await?;
        let method = has.into_iter().find(|method| method.id.0 == token.id);
        match method {
            Some(method) if method.state == MethodState::Ready => {
                let mut effect = if error.code() == ErrorCode::OutcomeUnknown {
                    Effect::done()
                } else {
                    Effect::unchanged()
                };
                effect.created = Some(method.id);
                Ok(effect)
            }
            Some(method) => match self.activate(user, &method.id, code).await? {
                Verdict::Accepted => {
                    let mut effect = Effect::done();
                    effect.created = Some(method.id);
                    Ok(effect)
                }
                _ => Err(wrong_code()),
            },
            None => Err(error),
        }
    }

    async fn assign(&self, user: &UserId, serial: &str) -> Result<Effect> {
        let token = self.token_of_serial(serial).await?;
        if token.user_id.as_ref() == Some(user) {
            let mut effect = Effect::unchanged();
            effect.created = Some(MethodId(token.id));
            return Ok(effect);
        }
        if let Some(error) = taken(&token) {
            return Err(error);
        }
        let request =
            write(user, Class::ReadBackFirst, "", METHODS).json(json!({ "device": { "id": token.id } }));
        let answer = self.graph.send(&request, Family::Hardware).await;
        let mut effect = Effect::done().detail(WAITS);
        match answer {
            Ok(response) => effect.request_ids.extend(response.request_id),
            Err(error) if error.code() == ErrorCode::OutcomeUnknown => {
                let now = self.token_of_serial(serial).await;
                if now.ok().and_then(|token| token.user_id).as_ref() != Some(user) {
                    return Err(error);
                }
            }
            Err(error) => return Err(not_offered(error, "hardware tokens")),
        }
        effect.created = Some(MethodId(token.id));
        Ok(effect)
    }

    /// Activates a token that somebody has by a code of it.
    pub(super) async fn activate(&self, user: &UserId, method: &MethodId, code: &Secret) -> Result<Verdict> {
        let tail = format!("/{}/activate", encode_segment(&method.0));
        let template = "/users/{id}/authentication/hardwareOathMethods/{hardwareOathMethodId}/activate";
        let request =
            write(user, Class::Never, &tail, template).json(json!({ "verificationCode": code.expose() }));
        match self.graph.send(&request, Family::Hardware).await {
            Ok(_) => Ok(Verdict::Accepted),
            Err(error) if error.code() == ErrorCode::ServiceRefused => {
                Ok(Verdict::Wrong { attempts_left: None })
            }
            Err(error) => Err(error),
        }
    }

    /// Lets a token sign in no more; it stays with its person until it is removed.
    pub(super) async fn deactivate(&self, user: &UserId, method: &MethodId) -> Result<()> {
        let tail = format!("/{}/deactivate", encode_segment(&method.0));
        let template = "/users/{id}/authentication/hardwareOathMethods/{hardwareOathMethodId}/deactivate";
        let request = write(user, Class::Idempotent, &tail, template);
        self.graph.send(&request, Family::Hardware).await.map(drop)
    }

    /// The challenge of a hardware token is on the token, and nothing is sent; of another method there is none.
    pub(super) async fn shown_by_token(&self, user: &UserId, method: &MethodId) -> Result<Option<Challenge>> {
        let tail = format!(
            "/authentication/hardwareOathMethods/{}",
            encode_segment(&method.0)
        );
        let template = "/users/{id}/authentication/hardwareOathMethods/{hardwareOathMethodId}";
        let request = read_of(user, BETA, &tail, template);
        let found: Option<Value> = self.graph.read_if_there(&request, Family::Hardware).await?;
        Ok(found.map(|_| Challenge {
            user: user.clone(),
            method: method.clone(),
            purpose: Purpose::Verify(MethodKind::HardwareToken),
            channel: "app".to_owned(),
            to: None,
            expires_at: None,
        }))
    }
}

/// Why a token cannot be given: somebody else has it.
fn taken(token: &HardwareToken) -> Option<Error> {
    let whose = token
        .user_name
        .as_deref()
        .or(token.user_id.as_ref().map(|id| id.0.as_str()))?;
    Some(
        Error::new(
            ErrorCode::AlreadySet,
            format!("hardware token {} is with {whose}", token.serial),
        )
        .hint("remove it there first: mfactl methods remove USER hardware-token"),
    )
}

fn wrong_code() -> Error {
    Error::new(ErrorCode::ServiceRefused, "the code is not one of this token now")
        .hint("wait for the next code on the token, and give that one")
}
