//! Methods that an administrator registers for somebody: a passkey by the response of an authenticator, a method of
//! another provider, a QR code with PIN. Sources: api/entra 1.5, 1.9.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::EntraService;
use super::error::Family;
use super::graph::{BETA, V1, parse, person, read_of, write_of};
use super::wire::WireMethod;
use super::wire::tokens::{WireQrPin, WireQrPolicy, passkey};
use crate::domain::{
    Clock as _, Effect, Error, ErrorCode, MethodId, Minted, Notice, Result, Slot, Step, SystemClock, UserId,
};
use crate::http::{Class, Request, Response, Verb};
use crate::services::password::digits;

const EXTERNAL: &str = "/users/{id}/authentication/externalAuthenticationMethods";
const PASSKEYS: &str = "/users/{id}/authentication/fido2Methods";
const QR_PIN: &str = "/users/{id}/authentication/qrCodePinMethod";
const QR_POLICY: &str = "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/QRCodePin";
/// What policy has where it cannot be read (api/entra 5): digits of a PIN, days of a code.
const PIN_LENGTH: u32 = 8;
const LIFETIME: u32 = 365;

/// What was made, with the id in the answer.
fn made(response: &Response) -> Effect {
    let mut effect = Effect::done();
    let id = response
        .value()
        .get("id")
        .and_then(Value::as_str)
        .map(MethodId::from);
    effect.created = id;
    effect.request_ids.extend(response.request_id.clone());
    effect
}

/// A segment that is not there: this cloud does not offer it (api/entra 1.10).
pub(super) fn not_offered(error: Error, what: &str) -> Error {
    if error.code() != ErrorCode::MethodNotFound {
        return error;
    }
    Error::new(
        ErrorCode::Unsupported,
        format!("the service does not offer {what} here"),
    )
    .hint("it is not in every cloud, and some of it is in the beta of Microsoft Graph alone")
    .request_id(error.to_body().request_id)
}

/// A response that was refused cannot be sent again: its challenge is spent, or was never this person's.
fn anew(error: Error) -> Error {
    if error.code() != ErrorCode::ServiceRefused {
        return error;
    }
    error.hint("each response needs options of its own, of this person, answered within five minutes: methods add passkey USER prints them")
}

impl EntraService {
    /// Registers somebody with another provider. Where it is refused or its answer was lost, what stands there tells.
    pub(super) async fn add_external(
        &self,
        user: &UserId,
        configuration: &str,
        name: &str,
    ) -> Result<Effect> {
        self.refuse_own(user)?;
        let tail = "/authentication/externalAuthenticationMethods";
        let request = write_of(user, Verb::Post, Class::ReadBackFirst, tail, EXTERNAL)
            .json(json!({ "configurationId": configuration, "displayName": name }));
        let error = match self.graph.send(&request, Family::External).await {
            Ok(response) => return Ok(made(&response)),
            Err(error) => error,
        };
        let lost = match error.code() {
            ErrorCode::OutcomeUnknown => true,
            ErrorCode::ServiceRefused => false,
            _ => return Err(not_offered(error, "methods of other providers")),
        };
        let list = read_of(user, V1, tail, EXTERNAL);
        let answer: Result<Value> = self.graph.read(&list, Family::External).await;
        let methods = answer
            .ok()
            .and_then(|mut page| page.get_mut("value").map(Value::take));
        let methods: Vec<WireMethod> = methods.map(parse).transpose()?.unwrap_or_default();
        let same = |method: &WireMethod| {
            let id = method.configuration_id.as_deref();
            id.is_some_and(|id| id.eq_ignore_ascii_case(configuration))
        };
        let Some(method) = methods.into_iter().find(same) else {
            return Err(error);
        };
        let mut effect = if lost { Effect::done() } else { Effect::unchanged() };
        effect.created = Some(MethodId(method.id));
        Ok(effect)
    }

    /// What an authenticator is given to make a passkey for this person; good for five minutes.
    pub(super) async fn read_passkey_options(&self, user: &UserId) -> Result<Value> {
        self.refuse_own(user)?;
        let tail = "/authentication/fido2Methods/creationOptions";
        let template = "/users/{id}/authentication/fido2Methods/creationOptions";
        let mut options: Value = self
            .graph
            .read(&read_of(user, V1, tail, template), Family::Passkey)
            .await
            .map_err(|error| not_offered(error, "passkeys registered by an administrator"))?;
        if let Some(options) = options.as_object_mut() {
            options.retain(|key, _| !key.starts_with('@'));
        }
        Ok(options)
    }

    /// Registers a passkey by the response in the slot.
    pub(super) async fn add_passkey(&self, step: &Step, name: Option<&str>) -> Result<Effect> {
        let user = &step.user;
        self.refuse_own(user)?;
        let Some(response) = step.slots.get(Slot::Credential) else {
            return Err(Error::new(
                ErrorCode::Internal,
                "the step has no response to register",
            ));
        };
        let body = serde_json::from_str(response.expose())
            .ok()
            .and_then(|response| passkey(&response, name))
            .ok_or_else(|| {
                Error::new(
                    ErrorCode::InvalidInput,
                    "the response is not what an authenticator answers to creation options",
                )
                .hint("give the JSON of the credential: id, response.clientDataJSON, response.attestationObject")
            })?;
        // A challenge is answered once: what is sent again is refused and makes nothing.
        let tail = "/authentication/fido2Methods";
        let request = write_of(user, Verb::Post, Class::ReadBackFirst, tail, PASSKEYS).json(body);
        let answer = self.graph.send(&request, Family::Passkey).await;
        Ok(made(&answer.map_err(anew)?))
    }

    /// Makes a QR code and a PIN, in the place of those that stand.
    pub(super) async fn add_qr_pin(&self, user: &UserId, days: Option<u32>) -> Result<Effect> {
        self.refuse_own(user)?;
        // Fenced: without the policy its usual values do.
        let policy = Request::get(BETA, QR_POLICY, QR_POLICY);
        let policy: WireQrPolicy = self.graph.read(&policy, Family::Policy).await.unwrap_or_default();
        let pin = digits(policy.pin_length.unwrap_or(PIN_LENGTH).clamp(4, 20))?;
        let days = days.or(policy.lifetime_in_days).unwrap_or(LIFETIME);
        let start = SystemClock.now();
        let end = start
            .checked_add(SignedDuration::from_hours(24 * i64::from(days)))
            .map_err(|_| Error::new(ErrorCode::InvalidInput, "the code would work too long"))?;
        let path = format!("{}/authentication/qrCodePinMethod", person(&user.0));
        let request = Request::write(Verb::Put, Class::Never, BETA, path, QR_PIN).json(json!({
            "standardQRCode": { "startDateTime": start.to_string(), "expireDateTime": end.to_string() },
            "pin": { "code": pin.expose() },
        }));
        let response = self
            .graph
            .send(&request, Family::Qr)
            .await
            .map_err(|error| not_offered(error, "QR codes with PIN"))?;
        let mut effect = made(&response);
        let (content, until) = parse::<WireQrPin>(response.json()?)?.code();
        if content.is_none() {
            effect.remains.push(Notice {
                text: "the answer holds no QR code that could be drawn: print it in the admin centre"
                    .to_owned(),
                url: None,
            });
        }
        effect.detail = Some(format!("{days} days"));
        effect.secret = Some(Minted {
            kind: "qr-pin",
            value: pin,
            uri: content,
            expires_at: until.or(Some(end)),
        });
        Ok(effect)
    }
}
