//! Codes: the first one of a method that waits for it, and those by which a caller is checked. A challenge lies on the
//! server under a number of its own, and is found there again by whoever comes with the code.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde_json::{Value, json};

use super::PrivacyIdeaService;
use super::api::Call;
use super::error::Area;
use super::wire::{WireToken, WireUser};
use crate::domain::{
    Asked, Challenge, Clock as _, Error, ErrorCode, Method, MethodId, MethodKind, MethodState, Purpose,
    Result, Secret, SystemClock, UserId, Verdict,
};
use crate::http::{Class, Verb, encode_segment};

/// How a challenge goes that is approved on the phone itself: nobody reads out a code.
const PUSH: &str = "push";
/// Between two looks at whether the phone has answered.
const LOOK: Duration = Duration::from_secs(1);
/// A challenge that does not say until when it is good is good for so long (`DefaultChallengeValidityTime`).
const USUAL_VALIDITY: Duration = Duration::from_secs(120);

/// A challenge that can be answered.
struct Open {
    number: String,
    /// How long still.
    left: Duration,
}

/// What a refused code is called (905).
const NOT_VERIFIED: &str = "erification of the new token failed";

impl PrivacyIdeaService {
    pub(super) async fn ask(&self, user: &UserId, method: &MethodId, purpose: Purpose) -> Result<Challenge> {
        let person = self.api.person(user).await?;
        let token = self.token_of(&person, method).await?;
        let shown = shown(&token, &person);
        let channel = match shown.kind {
            MethodKind::PhoneMobile => "sms",
            MethodKind::Email => "email",
            MethodKind::Push => PUSH,
            _ => "app",
        };
        match purpose {
            Purpose::Verify(_) => self.send_again(&person, &token, &shown).await?,
            Purpose::CheckCaller(asked) => {
                can_be_asked(shown.kind, asked)?;
                self.trigger(&person, method).await?;
            }
        }
        Ok(Challenge {
            user: user.clone(),
            method: method.clone(),
            purpose,
            channel: channel.to_owned(),
            to: shown
                .number
                .as_ref()
                .map(|number| number.e164())
                .or(shown.address),
            expires_at: None,
        })
    }

    /// Enrols the same number or address once more under the same serial, which sends a code; an app shows codes by itself.
    /// What waits has to go before: it takes nothing but its code, and counts for nothing yet.
    async fn send_again(&self, person: &WireUser, token: &WireToken, shown: &Method) -> Result<()> {
        if shown.state != MethodState::Pending {
            return Err(Error::new(ErrorCode::ServiceRefused, "it waits for no code"));
        }
        let more = match (&shown.number, &shown.address) {
            (Some(number), _) => json!({ "phone": number.e164() }),
            (None, Some(address)) => json!({ "email": address }),
            (None, None) => return Ok(()),
        };
        let mut body = json!({ "serial": token.serial, "description": token.name().unwrap_or_default() });
        if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
            body.extend(more);
        }
        self.remove_method(&person.id(), &MethodId(token.serial.clone()))
            .await?;
        self.init(person, shown.kind, Class::Idempotent, body)
            .await
            .map(|_| ())
    }

    /// Asks for a code of this token; the number of the challenge.
    async fn trigger(&self, person: &WireUser, method: &MethodId) -> Result<String> {
        let path = "/validate/triggerchallenge";
        let mut body = self.api.named(person);
        body["serial"] = json!(method.0);
        let call = Call::write(
            Verb::Post,
            Class::Never,
            path.to_owned(),
            path,
            "triggerchallenge",
            Area::Method,
        );
        let answer = self.api.send(&call.json(body)).await?;
        // Status 200 and nought: the token takes no challenge, is off, or is somebody else's.
        if answer.value.as_u64().unwrap_or(0) == 0 {
            return Err(Error::new(
                ErrorCode::ServiceRefused,
                "the service challenged nobody: the method is off, locked or gone",
            )
            .hint("mfactl methods list shows its state"));
        }
        let challenged = answer.detail.pointer("/multi_challenge/0/transaction_id");
        let number = challenged
            .or_else(|| answer.detail.get("transaction_id"))
            .and_then(Value::as_str);
        number.map(str::to_owned).ok_or_else(|| {
            Error::new(
                ErrorCode::Unavailable,
                "the service challenged and does not say under which number",
            )
        })
    }

    pub(super) async fn judge(&self, challenge: &Challenge, code: &Secret) -> Result<Verdict> {
        let person = self.api.person(&challenge.user).await?;
        let token = self.token_of(&person, &challenge.method).await?;
        let shown = shown(&token, &person);
        if let Purpose::Verify(_) = challenge.purpose {
            return self.verify(&person, &token, &shown, code).await;
        }
        let open = self.open_challenge(&challenge.method).await?;
        if shown.kind == MethodKind::Push {
            return match open {
                // Whoever asks the phone waits for it; who comes back later looks once.
                Some(open) if challenge.channel == PUSH => self.wait_for_answer(&open).await,
                Some(open) => self.poll(&open.number).await,
                None => Ok(Verdict::Expired),
            };
        }
        let number = match open {
            Some(open) => open.number,
            // Nothing is sent for an app: a challenge of it costs nobody anything.
            None if matches!(shown.kind, MethodKind::Totp | MethodKind::Hotp) => {
                self.trigger(&person, &challenge.method).await?
            }
            None => return Ok(Verdict::Expired),
        };
        let path = "/validate/check";
        let mut body = self.api.named(&person);
        body["pass"] = json!(code.expose());
        body["transaction_id"] = json!(number);
        let call = Call::write(Verb::Post, Class::Never, path.to_owned(), path, "", Area::People);
        let answer = self.api.send(&call.json(body)).await?;
        if answer.value == Value::Bool(true) {
            return Ok(Verdict::Accepted);
        }
        let said = answer
            .detail
            .get("message")
            .and_then(Value::as_str)
            .unwrap_or_default();
        Ok(if said.to_lowercase().contains("failcounter") {
            Verdict::TooMany
        } else {
            Verdict::Wrong { attempts_left: None }
        })
    }

    /// The first code of a method that waits for it.
    async fn verify(
        &self,
        person: &WireUser,
        token: &WireToken,
        shown: &Method,
        code: &Secret,
    ) -> Result<Verdict> {
        if shown.state != MethodState::Pending {
            return Ok(Verdict::Expired);
        }
        let more = json!({ "serial": token.serial, "verify": code.expose() });
        match self.init(person, shown.kind, Class::Never, more).await {
            Ok(_) => Ok(Verdict::Accepted),
            Err(error) if error.message().contains(NOT_VERIFIED) => {
                Ok(Verdict::Wrong { attempts_left: None })
            }
            Err(error) => Err(error),
        }
    }

    /// The newest challenge of a token that is still open.
    async fn open_challenge(&self, method: &MethodId) -> Result<Option<Open>> {
        let path = format!(
            "/token/challenges/{}?sortby=timestamp&sortdir=desc&pagesize=10",
            encode_segment(&method.0)
        );
        let call = Call::get(path, "/token/challenges/{serial}", "getchallenges", Area::Method);
        let found: Value = self.api.read(&call).await?;
        let now = SystemClock.now();
        let all = found
            .get("challenges")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let open = |one: &Value| {
            let ends = one.get("expiration").and_then(Value::as_str).and_then(ends);
            let number = one.get("transaction_id").and_then(Value::as_str)?;
            let left = ends.map_or(USUAL_VALIDITY, |at| {
                let left = at.duration_since(now);
                Duration::try_from(left).unwrap_or_default()
            });
            (!left.is_zero()).then(|| Open {
                number: number.to_owned(),
                left,
            })
        };
        Ok(all.iter().find_map(open))
    }

    /// Waits until the phone has answered, or the challenge has ended.
    async fn wait_for_answer(&self, open: &Open) -> Result<Verdict> {
        let until = self.api.pipeline().now() + open.left;
        loop {
            let verdict = self.poll(&open.number).await?;
            let waits = matches!(verdict, Verdict::Wrong { .. });
            if !waits {
                return Ok(verdict);
            }
            if self.api.pipeline().now() >= until {
                return Ok(Verdict::Expired);
            }
            self.api.pipeline().pause(LOOK).await;
        }
    }

    /// Whether a notification was answered.
    async fn poll(&self, number: &str) -> Result<Verdict> {
        let path = format!("/validate/polltransaction/{}", encode_segment(number));
        let call = Call::get(path, "/validate/polltransaction/{id}", "", Area::People);
        let answer = self.api.send(&call).await?;
        let status = answer.detail.get("challenge_status").and_then(Value::as_str);
        match (answer.value == Value::Bool(true), status) {
            (true, _) => Ok(Verdict::Accepted),
            (false, Some("declined" | "cancelled")) => Err(Error::new(
                ErrorCode::ServiceRefused,
                "the person said No on the phone",
            )),
            (false, _) => Ok(Verdict::Wrong { attempts_left: None }),
        }
    }
}

/// Whether a method of this kind is asked in this way: a challenge of another one would go out all the same.
///
/// # Errors
/// `unsupported`, naming the way that it has.
fn can_be_asked(kind: MethodKind, asked: Asked) -> Result<()> {
    let way = match kind {
        MethodKind::Push => Asked::Push,
        _ => Asked::Code,
    };
    if asked == way {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::Unsupported,
        format!("cannot check a caller through {kind} by {}", asked.as_str()),
    )
    .hint(format!(
        "ask by {0}: user check-caller USER --by {0}",
        way.as_str()
    )))
}

fn shown(token: &WireToken, person: &WireUser) -> Method {
    let (mobile, address) = (person.mobile(), person.address());
    let now = SystemClock.now();
    token
        .clone()
        .into_method(mobile.as_deref(), address.as_deref(), now)
}

/// `Sun, 22 Nov 2026 15:16:25 GMT`.
fn ends(text: &str) -> Option<Timestamp> {
    rfc2822::parse(text).ok().map(|at| at.timestamp())
}
