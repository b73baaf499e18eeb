//! Methods added, changed and removed by an administrator. Whether something stands there already is read back, not
//! guessed from an error code: Microsoft documents the rules and not the codes.

use std::time::Duration;

use serde_json::json;

use super::EntraService;
use super::error::{Family, is_default, means_no_person};
use super::graph::{BETA, V1, person, read_of, write_of};
use super::wire::{EMAIL_ID, PHONE_IDS, WireMethod, read_number, segment_of};
use crate::domain::{Effect, Error, ErrorCode, MethodId, MethodKind, PhoneNumber, Result, UserId};
use crate::http::{Class, Request, Verb, encode_segment};

/// How often a write is sent whose answer was lost and that turned out not to have been done.
const RESENDS: u32 = 2;

/// The number is stored, and only its use as a name for signing in failed (api/entra 1.4).
const NOT_UNIQUE: &str = "not for sign-in by text: somebody else uses it so";

fn is_not_unique(error: &Error) -> bool {
    error.to_body().service_code.as_deref() == Some("phoneNumberNotUnique")
}

/// What stands where something was to be added.
enum Standing {
    Nothing,
    Same,
    Other,
    /// Something, shown only in part: nobody can tell whether it is the same.
    Hidden,
}

/// How long a number that was stored with a complaint takes to show (api/entra 1.4), look by look.
const SHOWS_AFTER: [Duration; 3] = [Duration::ZERO, Duration::from_secs(2), Duration::from_secs(3)];
/// How long deletes take to count for the one of the default (api/entra 6.4), try by try.
const COUNTS_AFTER: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(5)];

impl EntraService {
    pub(super) async fn add_phone(
        &self,
        user: &UserId,
        kind: MethodKind,
        number: &PhoneNumber,
    ) -> Result<Effect> {
        self.refuse_own(user)?;
        let Some((_, id, phone_type)) = PHONE_IDS.iter().find(|(known, ..)| *known == kind) else {
            return Err(Error::new(ErrorCode::Internal, format!("{kind} is not a phone")));
        };
        let tail = "/authentication/phoneMethods";
        let template = "/users/{id}/authentication/phoneMethods";
        let request = write_of(user, Verb::Post, Class::ReadBackFirst, tail, template)
            .json(json!({ "phoneNumber": number.spaced(), "phoneType": phone_type }));
        self.add(request, Family::Phone, id, || {
            self.phone_standing(user, id, number)
        })
        .await
    }

    pub(super) async fn add_email(&self, user: &UserId, address: &str) -> Result<Effect> {
        let tail = "/authentication/emailMethods";
        let template = "/users/{id}/authentication/emailMethods";
        let request = write_of(user, Verb::Post, Class::ReadBackFirst, tail, template)
            .json(json!({ "emailAddress": address }));
        self.add(request, Family::Email, EMAIL_ID, || {
            self.email_standing(user, address)
        })
        .await
    }

    /// Sends an addition; where it is refused or its answer was lost, looks at what stands there.
    async fn add<'a, F>(
        &'a self,
        request: Request,
        family: Family,
        id: &str,
        standing: impl Fn() -> F,
    ) -> Result<Effect>
    where
        F: Future<Output = Result<Standing>> + 'a,
    {
        let done = |request_id: Option<String>| {
            let mut effect = Effect::done();
            effect.created = Some(id.into());
            effect.request_ids.extend(request_id);
            effect
        };
        let mut resends = RESENDS;
        loop {
            let error = match self.graph.send(&request, family).await {
                Ok(response) => return Ok(done(response.request_id)),
                Err(error) => error,
            };
            let request_id = error.to_body().request_id;
            match error.code() {
                ErrorCode::OutcomeUnknown => match standing().await {
                    Ok(Standing::Same) => return Ok(done(request_id)),
                    Ok(Standing::Nothing) if resends > 0 => resends -= 1,
                    Ok(Standing::Nothing | Standing::Other | Standing::Hidden) | Err(_) => {
                        return Err(error);
                    }
                },
                _ if is_not_unique(&error) => {
                    // Where nothing stood, what stands there now is what was added, also where it is shown in part.
                    return match self.after_a_while(&standing).await {
                        Some(Standing::Same | Standing::Hidden) => Ok(done(request_id).detail(NOT_UNIQUE)),
                        _ => Err(error),
                    };
                }
                ErrorCode::ServiceRefused => {
                    return match standing().await {
                        Ok(Standing::Same) => Ok(Effect::unchanged()),
                        Ok(Standing::Other) => {
                            Err(Error::new(ErrorCode::AlreadySet, "another value stands there")
                                .hint("--replace changes it")
                                .request_id(request_id))
                        }
                        Ok(Standing::Hidden) => Err(Error::new(
                            ErrorCode::AlreadySet,
                            "something stands there, and the service shows it only in part",
                        )
                        .hint("--replace puts this one in its place")
                        .request_id(request_id)),
                        Ok(Standing::Nothing) | Err(_) => Err(error),
                    };
                }
                _ => return Err(error),
            }
        }
    }

    /// Looks until what was stored with a complaint shows; what stands there in the end, where that can be read.
    async fn after_a_while<'a, F>(&'a self, standing: &impl Fn() -> F) -> Option<Standing>
    where
        F: Future<Output = Result<Standing>> + 'a,
    {
        let mut last = None;
        for wait in SHOWS_AFTER {
            if !wait.is_zero() {
                self.graph.pipeline().pause(wait).await;
            }
            last = standing().await.ok();
            if matches!(last, Some(Standing::Same | Standing::Hidden)) {
                break;
            }
        }
        last
    }

    async fn phone_standing(&self, user: &UserId, id: &str, number: &PhoneNumber) -> Result<Standing> {
        let template = "/users/{id}/authentication/phoneMethods/{phoneMethodId}";
        let request = read_of(user, V1, &format!("/authentication/phoneMethods/{id}"), template);
        let found: Option<WireMethod> = self.graph.read_if_there(&request, Family::Phone).await?;
        Ok(found.map_or(Standing::Nothing, |method| {
            match read_number(method.phone_number.as_deref()) {
                (Some(stands), _) if stands == *number => Standing::Same,
                (None, Some(_)) => Standing::Hidden,
                _ => Standing::Other,
            }
        }))
    }

    async fn email_standing(&self, user: &UserId, address: &str) -> Result<Standing> {
        let template = "/users/{id}/authentication/emailMethods/{emailMethodId}";
        let request = read_of(
            user,
            V1,
            &format!("/authentication/emailMethods/{EMAIL_ID}"),
            template,
        );
        let found: Option<WireMethod> = self.graph.read_if_there(&request, Family::Email).await?;
        Ok(found.map_or(Standing::Nothing, |method| {
            let same = method
                .email_address
                .is_some_and(|stands| stands.eq_ignore_ascii_case(address));
            if same { Standing::Same } else { Standing::Other }
        }))
    }

    pub(super) async fn update_phone(
        &self,
        user: &UserId,
        method: &MethodId,
        number: &PhoneNumber,
    ) -> Result<Effect> {
        self.refuse_own(user)?;
        let request = write_of(
            user,
            Verb::Patch,
            Class::Idempotent,
            &format!("/authentication/phoneMethods/{}", encode_segment(&method.0)),
            "/users/{id}/authentication/phoneMethods/{phoneMethodId}",
        )
        .json(json!({ "phoneNumber": number.spaced() }));
        match self.change(&request, Family::Phone).await {
            Err(error) if is_not_unique(&error) => {
                let standing = || self.phone_standing(user, &method.0, number);
                match self.after_a_while(&standing).await {
                    Some(Standing::Same) => Ok(Effect::done().detail(NOT_UNIQUE)),
                    // The old number stood there too: a part of one tells nothing.
                    Some(Standing::Hidden) => Err(Error::new(
                        ErrorCode::OutcomeUnknown,
                        "the service complained and may have stored the number, which it shows only in part",
                    )
                    .hint("a Privileged Authentication Administrator sees it whole: mfactl methods list USER")
                    .request_id(error.to_body().request_id)),
                    _ => Err(error),
                }
            }
            result => result,
        }
    }

    pub(super) async fn update_email(
        &self,
        user: &UserId,
        method: &MethodId,
        address: &str,
    ) -> Result<Effect> {
        let request = write_of(
            user,
            Verb::Patch,
            Class::Idempotent,
            &format!("/authentication/emailMethods/{}", encode_segment(&method.0)),
            "/users/{id}/authentication/emailMethods/{emailMethodId}",
        )
        .json(json!({ "emailAddress": address }));
        self.change(&request, Family::Email).await
    }

    async fn change(&self, request: &Request, family: Family) -> Result<Effect> {
        let response = self.graph.send(request, family).await?;
        let mut effect = Effect::done();
        effect.request_ids.extend(response.request_id);
        Ok(effect)
    }

    pub(super) async fn remove_method(
        &self,
        user: &UserId,
        method: &MethodId,
        kind: MethodKind,
        after_others: bool,
    ) -> Result<Effect> {
        let Some((beta, segment)) = segment_of(kind) else {
            return Err(Error::new(
                ErrorCode::Unsupported,
                format!("cannot remove {kind}: there is no call for it"),
            ));
        };
        let root = if beta { BETA } else { V1 };
        // A person has one QR code, and it has no id of its own.
        let tail = if kind == MethodKind::QrPin {
            String::new()
        } else {
            format!("/{}", encode_segment(&method.0))
        };
        let path = format!("{}/authentication/{segment}{tail}", person(&user.0));
        let template = "/users/{id}/authentication/{segment}/{methodId}";
        if kind == MethodKind::HardwareToken {
            // Fenced: a token that is taken away signs in no more either way, and goes back into the inventory.
            let _ = self.deactivate(user, method).await;
        }
        let request = Request::write(Verb::Delete, Class::Idempotent, root, path, template);
        let mut waits = COUNTS_AFTER.iter();
        let response = loop {
            let response = self.graph.pipeline().send(&request).await?;
            if response.status == 404 && !means_no_person(&response) {
                return Ok(Effect::unchanged());
            }
            match self.graph.check(response, Family::Methods, Verb::Delete) {
                // The others were deleted before, and the service does not see it yet.
                Err(error) if after_others && is_default(&error) => match waits.next() {
                    Some(wait) => self.graph.pipeline().pause(*wait).await,
                    None => return Err(error),
                },
                Err(error)
                    if kind == MethodKind::PhoneMobile && error.code() == ErrorCode::ServiceRefused =>
                {
                    return Err(self.why_a_mobile_stays(user, error).await);
                }
                other => break other?,
            }
        };
        let mut effect = Effect::done();
        if kind == MethodKind::HardwareToken {
            effect.detail = Some("deactivated, and in the inventory again".to_owned());
        }
        effect.request_ids.extend(response.request_id);
        Ok(effect)
    }

    /// A mobile number that was refused to go: beside an alternate one it cannot (api/entra 1.4), and no code says so.
    async fn why_a_mobile_stays(&self, user: &UserId, error: Error) -> Error {
        let alternate = PHONE_IDS
            .iter()
            .find(|(known, ..)| *known == MethodKind::PhoneAlternate);
        let Some((_, id, _)) = alternate.filter(|_| !is_default(&error)) else {
            return error;
        };
        let template = "/users/{id}/authentication/phoneMethods/{phoneMethodId}";
        let request = read_of(user, V1, &format!("/authentication/phoneMethods/{id}"), template);
        let found: Result<Option<WireMethod>> = self.graph.read_if_there(&request, Family::Phone).await;
        match found {
            Ok(Some(_)) => Error::new(
                ErrorCode::ServiceRefused,
                "a mobile number does not go as long as there is an alternate one",
            )
            .hint("name both, phone:alternate and phone:mobile; or put the alternate number in its place: mfactl methods update")
            .request_id(error.to_body().request_id),
            _ => error,
        }
    }

    /// Nobody changes a number, a pass or a password of his own through Graph.
    pub(super) fn refuse_own(&self, user: &UserId) -> Result<()> {
        if self.graph.is_own(user) {
            return Err(Error::new(
                ErrorCode::ServiceRefused,
                "Microsoft Graph does not let you change your own",
            )
            .hint("use your security info page: https://mysignins.microsoft.com/security-info"));
        }
        Ok(())
    }
}
