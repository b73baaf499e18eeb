//! Methods enrolled for a person. Serials are made here, and seeds too: a call that is sent twice then gives one token with
//! one seed, because a serial that is there is enrolled anew without a word (api/privacyidea 5).

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::PrivacyIdeaService;
use super::api::{Answer, Call};
use super::error::Area;
use super::methods::{check_name, done, with};
use super::rights;
use super::wire::{WireToken, WireUser, type_of, written};
use crate::domain::{
    Clock as _, Effect, Error, ErrorCode, Method, MethodId, MethodKind, MethodState, Minted, Notice,
    PhoneNumber, Result, Secret, Slot, Step, SystemClock, UserId, Via,
};
use crate::http::{Class, Verb};

/// What is said of a token that waits for its code, and takes nothing else (905).
const TAKES_ITS_CODE_ALONE: &str = "verify_pending";
/// What is said of a seed that was made here where the service makes its half of it (344, seen on 3.14).
const HALF_IS_ITS_OWN: &str = "either specify genkey or otpkey";
/// What a method says while it waits.
const WAITS: &str = "waits for its code";

/// The length of a seed, in bytes: that of the hash that most apps use (RFC 4226, 4).
const SEED: usize = 20;

impl PrivacyIdeaService {
    /// Makes a token, or makes the one of this serial anew.
    pub(super) async fn init(
        &self,
        person: &WireUser,
        kind: MethodKind,
        class: Class,
        more: Value,
    ) -> Result<Answer> {
        let (name, _) = type_of(kind).ok_or_else(|| {
            Error::new(
                ErrorCode::Unsupported,
                format!("cannot add {kind}: there is no type of it"),
            )
        })?;
        let serial = more.get("serial").and_then(Value::as_str).map(str::to_owned);
        let body = with(with(self.api.named(person), json!({ "type": name })), more);
        let call = Call::write(
            Verb::Post,
            class,
            "/token/init".to_owned(),
            "/token/init",
            rights::to_enrol(kind),
            Area::Enrol,
        )
        .json(body);
        let answer = self.api.send(&call).await;
        let (Err(error), Class::Idempotent, Some(serial)) = (&answer, class, serial) else {
            return answer;
        };
        if !error.message().contains(TAKES_ITS_CODE_ALONE) {
            return answer;
        }
        // It was made, and the answer was lost. It counts for nothing yet, so that it may go and be made anew.
        self.remove_method(&person.id(), &MethodId(serial)).await?;
        self.api.send(&call).await
    }

    pub(super) async fn add_phone(
        &self,
        user: &UserId,
        kind: MethodKind,
        number: &PhoneNumber,
        via: Option<Via>,
    ) -> Result<Effect> {
        let texts = matches!(kind, MethodKind::PhoneMobile | MethodKind::PhoneAlternate);
        if !texts || via == Some(Via::Call) || number.extension().is_some() {
            return Err(Error::new(
                ErrorCode::Unsupported,
                "cannot add a number that is called: privacyIDEA sends texts",
            )
            .hint("add a mobile number, as --type mobile or --type alternate, without --via"));
        }
        let person = self.api.person(user).await?;
        let there = self.tokens_of(&person).await?;
        let same = |token: &&WireToken| {
            let method = (*token).clone().into_method(None, None, SystemClock.now());
            method.kind == kind
                && method
                    .number
                    .as_ref()
                    .is_some_and(|known| known.e164() == number.e164())
        };
        if let Some(known) = there.iter().find(same) {
            return Ok(already(known));
        }
        let more = json!({ "phone": number.e164(), "serial": serial(kind)? });
        let answer = self.init(&person, kind, Class::Idempotent, more).await?;
        enrolled(answer)
    }

    pub(super) async fn add_email(&self, user: &UserId, address: &str) -> Result<Effect> {
        let kind = MethodKind::Email;
        let person = self.api.person(user).await?;
        let there = self.tokens_of(&person).await?;
        let same = |token: &&WireToken| {
            let method = (*token).clone().into_method(None, None, SystemClock.now());
            method.kind == kind
                && method
                    .address
                    .is_some_and(|known| known.eq_ignore_ascii_case(address))
        };
        if let Some(known) = there.iter().find(same) {
            return Ok(already(known));
        }
        let more = json!({ "email": address, "serial": serial(kind)? });
        let answer = self.init(&person, kind, Class::Idempotent, more).await?;
        enrolled(answer)
    }

    /// Another number or address in the place of the one of this token.
    pub(super) async fn update(
        &self,
        user: &UserId,
        method: &MethodId,
        kind: MethodKind,
        more: Value,
    ) -> Result<Effect> {
        let person = self.api.person(user).await?;
        // A serial that is not there would be made.
        let token = self.token_of(&person, method).await?;
        let stands = token.clone().into_method(None, None, SystemClock.now());
        let waits = stands.state == MethodState::Pending;
        if is_so(&stands, &more) {
            let effect = Effect::unchanged();
            return Ok(if waits { effect.detail(WAITS) } else { effect });
        }
        if waits {
            // It takes nothing but its code, and counts for nothing yet.
            self.remove_method(user, method).await?;
        }
        let kept = json!({ "serial": token.serial, "description": token.name().unwrap_or_default() });
        let answer = self
            .init(&person, kind, Class::Idempotent, with(kept, more))
            .await?;
        let mut effect = enrolled(answer)?;
        effect.created = None;
        Ok(effect)
    }

    /// One token of a person.
    ///
    /// # Errors
    /// `method_not_found`: it is gone, or somebody else's.
    pub(super) async fn token_of(&self, person: &WireUser, method: &MethodId) -> Result<WireToken> {
        let tokens = self.tokens_of(person).await?;
        tokens
            .into_iter()
            .find(|token| token.serial == method.0)
            .ok_or_else(|| Error::new(ErrorCode::MethodNotFound, "the person has no such method"))
    }

    /// An authenticator that types codes, by time or by counter.
    pub(super) async fn add_otp(
        &self,
        user: &UserId,
        kind: MethodKind,
        name: Option<&str>,
    ) -> Result<Effect> {
        if let Some(name) = name {
            check_name(name)?;
        }
        let person = self.api.person(user).await?;
        let mut seed = [0_u8; SEED];
        random(&mut seed)?;
        let more = json!({
            "otpkey": hex(&seed),
            "serial": serial(kind)?,
            "description": name.unwrap_or_default(),
        });
        let answer = match self.init(&person, kind, Class::Idempotent, more.clone()).await {
            // A policy asks for two steps: half of the seed is the service's, the other half the app's.
            Err(error) if error.message().contains(HALF_IS_ITS_OWN) => {
                let half =
                    json!({ "genkey": 1, "serial": more["serial"], "description": more["description"] });
                self.init(&person, kind, Class::Never, half).await?
            }
            answer => answer?,
        };
        let secret = minted(kind, &answer.detail)?;
        let half = answer.detail.get("2step_difficulty").is_some();
        let mut effect = enrolled(answer)?;
        effect.secret = Some(secret);
        if half {
            effect.remains.push(Notice {
                text:
                    "types the second part that the app shows into privacyIDEA: the policy asks for two steps"
                        .to_owned(),
                url: None,
            });
        }
        Ok(effect)
    }

    /// A telephone that approves notifications, by a link that its app scans; it counts once the app answered.
    pub(super) async fn add_push(&self, user: &UserId, name: Option<&str>) -> Result<Effect> {
        if let Some(name) = name {
            check_name(name)?;
        }
        let kind = MethodKind::Push;
        let person = self.api.person(user).await?;
        // The link works once: what may have arrived is not sent again.
        let more = json!({ "genkey": 1, "serial": serial(kind)?, "description": name.unwrap_or_default() });
        let answer = self.init(&person, kind, Class::Never, more).await?;
        let link = answer.detail.pointer("/pushurl/value").and_then(Value::as_str);
        let link = link.map(Secret::new).ok_or_else(no_secret)?;
        let mut effect = enrolled(answer)?;
        effect.secret = Some(Minted {
            kind: "push",
            value: link.clone(),
            uri: Some(link),
            expires_at: None,
        });
        Ok(effect)
    }

    /// A registration code: it works once, and until then if an end was asked for.
    pub(super) async fn add_pass(
        &self,
        user: &UserId,
        minutes: Option<u32>,
        one_time: Option<bool>,
        start: Option<Timestamp>,
    ) -> Result<Effect> {
        if one_time == Some(false) {
            return Err(Error::new(
                ErrorCode::PolicyRefused,
                "a registration code works once, and cannot be made to work longer",
            )
            .hint("leave --one-time=false out"));
        }
        let kind = MethodKind::TemporaryPass;
        let person = self.api.person(user).await?;
        let ends = minutes.and_then(|minutes| {
            let from = start.unwrap_or_else(|| SystemClock.now());
            // It keeps whole minutes.
            from.checked_add(SignedDuration::from_mins(i64::from(minutes)))
                .ok()
        });
        let mut more = json!({ "serial": serial(kind)? });
        for (key, at) in [("validity_period_start", start), ("validity_period_end", ends)] {
            if let Some(at) = at {
                more[key] = json!(written(at));
            }
        }
        let answer = self.init(&person, kind, Class::Never, more).await?;
        let code = answer
            .detail
            .get("registrationcode")
            .and_then(Value::as_str)
            .map(Secret::new);
        let mut effect = enrolled(answer)?;
        effect.secret = Some(Minted {
            kind: "temporary-pass",
            value: code.ok_or_else(no_secret)?,
            uri: None,
            expires_at: ends.and_then(|at| written(at).replace("+0000", ":00Z").parse().ok()),
        });
        Ok(effect)
    }

    /// Questions with answers; those that are there give way.
    pub(super) async fn add_questions(&self, step: &Step) -> Result<Effect> {
        let kind = MethodKind::Questions;
        let answers = step
            .slots
            .get(Slot::Answers)
            .and_then(|text| serde_json::from_str::<Vec<Value>>(text.expose()).ok())
            .ok_or_else(|| Error::new(ErrorCode::Internal, "the step has no answers"))?;
        let mut questions = serde_json::Map::new();
        for one in answers {
            if let (Some(question), Some(answer)) = (one["question"].as_str(), one["answer"].as_str()) {
                questions.insert(question.to_owned(), json!(answer));
            }
        }
        let person = self.api.person(&step.user).await?;
        let there = self.tokens_of(&person).await?;
        let known = there
            .into_iter()
            .find(|token| token.kind() == kind)
            .map(|token| token.serial);
        let serial = known.map_or_else(|| serial(kind), Ok)?;
        let more = json!({ "questions": questions, "serial": serial });
        let answer = self.init(&person, kind, Class::Idempotent, more).await?;
        enrolled(answer)
    }
}

/// Whether the number or the address is there already.
fn is_so(stands: &Method, wanted: &Value) -> bool {
    let text = |key: &str| wanted.get(key).and_then(Value::as_str);
    let number = stands.number.as_ref().map(PhoneNumber::e164);
    let same_address = |wanted: &str| {
        let address = stands.address.as_deref();
        address.is_some_and(|address| address.eq_ignore_ascii_case(wanted))
    };
    text("phone").is_some_and(|wanted| number.as_deref() == Some(wanted))
        || text("email").is_some_and(same_address)
}

/// It is there already.
fn already(token: &WireToken) -> Effect {
    let mut effect = Effect::unchanged();
    effect.created = Some(MethodId(token.serial.clone()));
    effect
}

/// What was made: its serial, and whether it waits for a code.
fn enrolled(answer: Answer) -> Result<Effect> {
    let text = |key: &str| answer.detail.get(key).and_then(Value::as_str);
    let serial = text("serial").map(|serial| MethodId(serial.to_owned()));
    let waits = match text("rollout_state") {
        Some("verify") => Some(WAITS),
        Some("clientwait") => Some("waits for the app"),
        _ => None,
    };
    if serial.is_none() {
        return Err(Error::new(
            ErrorCode::Incomplete,
            "the service took the method and does not say which one it made",
        )
        .hint("mfactl methods list shows what is there"));
    }
    let mut effect = done(answer);
    effect.created = serial;
    effect.detail = waits.map(str::to_owned);
    Ok(effect)
}

/// The seed and its link.
fn minted(kind: MethodKind, detail: &Value) -> Result<Minted> {
    let uri = detail
        .pointer("/googleurl/value")
        .and_then(Value::as_str)
        .filter(|uri| uri.starts_with("otpauth://"))
        .ok_or_else(no_secret)?;
    let seed = url::Url::parse(uri).ok().and_then(|link| {
        let mut pairs = link.query_pairs();
        pairs
            .find(|(name, _)| name == "secret")
            .map(|(_, seed)| seed.into_owned())
    });
    Ok(Minted {
        kind: if kind == MethodKind::Hotp { "hotp" } else { "totp" },
        value: Secret::new(seed.ok_or_else(no_secret)?),
        uri: Some(Secret::new(uri)),
        expires_at: None,
    })
}

pub(super) fn no_secret() -> Error {
    Error::new(
        ErrorCode::Incomplete,
        "the service made it and did not show its secret",
    )
    .hint("remove it and add it again; a policy may hide it from administrators (show_seed, no_detail)")
}

/// A serial of this program's own: what all of its kind begin with, and 48 bits by chance.
pub(super) fn serial(kind: MethodKind) -> Result<String> {
    let (_, prefix) = type_of(kind).unwrap_or(("", "PI"));
    let mut bytes = [0_u8; 6];
    random(&mut bytes)?;
    Ok(format!("{prefix}{}", hex(&bytes).to_uppercase()))
}

fn random(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes)
        .map_err(|error| Error::new(ErrorCode::Internal, format!("no random bytes: {error}")))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
