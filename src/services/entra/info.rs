//! Security info of several people: the reads of each part, packed into as few requests as Graph allows, and what
//! Graph does not tell said as such.

use std::collections::VecDeque;

use futures::TryStreamExt as _;
use serde_json::Value;

use super::error::Family;
use super::graph::{BETA, V1, parse, read_of};
use super::wire::{WireMethod, WirePreferences, WireRequirements, WireUser};
use super::{EntraService, clouds, devices, preferences};
use crate::domain::{Error, Method, Parts, Result, SecurityInfo, UnknownPart, User, UserId, UserQuery};
use crate::http::{Request, Response, Verb};
use crate::services::listed::{registration, sort_methods};

const METHODS: &str = "/users/{id}/authentication/methods";

/// As many people are looked for and read of at once: what v1.0 is asked about them is one batch.
const AT_ONCE: usize = 6;

impl EntraService {
    pub(super) async fn read_info(&self, users: &[UserId], parts: Parts) -> Vec<Result<SecurityInfo>> {
        let (beta, stable) = futures::join!(
            self.read_beta(users, parts),
            self.read_beside(&[], users, parts, false)
        );
        self.put_together(users, parts, beta, stable.1).await
    }

    /// Finds a few people and reads of them in one round trip: one batch of v1.0 beside one of beta, both by what was typed. Who is found
    /// by mail alone is read of after that.
    pub(super) async fn find_and_read(
        &self,
        texts: &[String],
        parts: Parts,
    ) -> Result<Vec<(User, Result<SecurityInfo>)>> {
        if texts.len() > AT_ONCE {
            let query = UserQuery::Ids(texts.to_vec());
            let users: Vec<User> = self.find_users(&query).try_collect().await?;
            let ids: Vec<UserId> = users.iter().map(|user| user.id.clone()).collect();
            let infos = self.read_info(&ids, parts).await;
            return Ok(users.into_iter().zip(infos).collect());
        }
        let typed: Vec<UserId> = texts.iter().map(|text| UserId::from(text.as_str())).collect();
        let find: Vec<Request> = texts.iter().map(|text| self.by_name(text)).collect();
        let methods = wants_methods(parts);
        let (beta, (found, stable)) = futures::join!(
            self.read_beta(&typed, parts),
            self.read_beside(&find, &typed, parts, methods)
        );
        let (mut users, mut there, mut missing) = (Vec::new(), Vec::new(), Vec::new());
        for (((text, answer), beta), stable) in texts.iter().zip(found).zip(beta).zip(stable) {
            match self.named(text, answer)? {
                Some(user) => {
                    users.push(user);
                    there.push((beta, stable));
                }
                None => missing.push(text),
            }
        }
        let ids: Vec<UserId> = users.iter().map(|user| user.id.clone()).collect();
        let (beta, stable) = there.into_iter().unzip();
        let infos = self.put_together(&ids, parts, beta, stable).await;
        let mut all: Vec<_> = users.into_iter().zip(infos).collect();
        let by_mail: Vec<User> = self.by_mail(&missing).await?.into_iter().flatten().collect();
        let ids: Vec<UserId> = by_mail.iter().map(|user| user.id.clone()).collect();
        let infos = self.read_info(&ids, parts).await;
        all.extend(by_mail.into_iter().zip(infos));
        Ok(all)
    }

    /// Both versions' answers as what is known of each person.
    async fn put_together(
        &self,
        users: &[UserId],
        parts: Parts,
        beta: Vec<BetaAnswers>,
        stable: Vec<StableAnswers>,
    ) -> Vec<Result<SecurityInfo>> {
        let mut infos: Vec<_> = beta
            .into_iter()
            .zip(stable)
            .map(|(beta, stable)| self.assemble(beta, stable, parts))
            .collect();
        if wants_methods(parts) {
            self.read_stable(users, parts, &mut infos).await;
        }
        infos.into_iter().map(|(info, _)| info).collect()
    }

    /// Methods, preference and requirements: beta, because only there hardware tokens and QR codes are listed and a method says when
    /// it was last used. What v1.0 lists stands behind it.
    async fn read_beta(&self, users: &[UserId], parts: Parts) -> Vec<BetaAnswers> {
        let methods = wants_methods(parts);
        let mut requests = Vec::new();
        for user in users {
            if methods {
                requests.push(read_of(user, BETA, "/authentication/methods", METHODS));
            }
            if parts.default {
                requests.push(preferences::request(user));
            }
            if parts.registration {
                let template = "/users/{id}/authentication/requirements";
                requests.push(read_of(user, BETA, "/authentication/requirements", template));
            }
        }
        let mut answers: VecDeque<_> = self.graph.pipeline().batch_whole(&requests).await.into();
        let mut next = |wanted: bool| if wanted { answers.pop_front() } else { None };
        users
            .iter()
            .map(|_| BetaAnswers {
                methods: next(methods),
                preferences: next(parts.default),
                requirements: next(parts.registration),
            })
            .collect()
    }

    /// What v1.0 is asked, in one batch: these calls first, then devices, the last sign-in and, where they are wanted of it too, the
    /// methods.
    async fn read_beside(
        &self,
        first: &[Request],
        users: &[UserId],
        parts: Parts,
        methods: bool,
    ) -> (Vec<Result<Response>>, Vec<StableAnswers>) {
        // Where people are found with it, it is known already.
        let activity = parts.activity && !self.sign_in_activity;
        let mut requests = first.to_vec();
        for user in users {
            if methods {
                requests.push(read_of(user, V1, "/authentication/methods", METHODS));
            }
            if parts.devices {
                requests.push(devices::request(user));
            }
            if activity {
                requests.push(read_of(user, V1, "?$select=id,signInActivity", "/users/{id}"));
            }
        }
        let mut answers: VecDeque<_> = self.graph.pipeline().batch_whole(&requests).await.into();
        let before = answers.drain(..first.len().min(answers.len())).collect();
        let mut next = |wanted: bool| if wanted { answers.pop_front() } else { None };
        let stable = users
            .iter()
            .map(|_| StableAnswers {
                methods: next(methods),
                devices: next(parts.devices),
                activity: next(activity),
            })
            .collect();
        (before, stable)
    }

    /// One person's parts; and whether the methods must be read again from the stable version.
    fn assemble(
        &self,
        beta: BetaAnswers,
        stable: StableAnswers,
        parts: Parts,
    ) -> (Result<SecurityInfo>, Option<Kept>) {
        let kept = Kept {
            preferences: beta
                .preferences
                .map(|answer| self.read_part::<WirePreferences>(answer, Family::Preferences)),
            requirements: beta
                .requirements
                .map(|answer| self.read_part::<WireRequirements>(answer, Family::Requirements)),
        };
        let mut info = SecurityInfo::default();
        tell_what_is_not_told(&mut info, parts);
        // A licence and a permission that many lack: fenced.
        match stable
            .activity
            .map(|answer| self.read_part::<WireUser>(answer, Family::Report))
        {
            Some(Ok(user)) => info.last_sign_in_at = user.into_user().last_sign_in_at,
            Some(Err(error)) => info.unknown.push(lost("last_sign_in", &error)),
            None => {}
        }
        if let Some(answer) = stable.devices {
            match answer.and_then(|response| self.devices_in(response)) {
                Ok(devices) => info.devices = Some(devices),
                Err(error) => return (Err(error), None),
            }
        }
        let methods = match (beta.methods, stable.methods) {
            (None, _) => return (Ok(info), None),
            (Some(Ok(response)), _) if response.ok() => self.methods_in(response),
            (Some(_), Some(Ok(response))) if clouds::lacks(&response) => return (Ok(info), Some(kept)),
            (Some(_), Some(answer)) => {
                info.unknown.push(without_beta());
                answer.and_then(|response| self.methods_in(response))
            }
            (Some(Ok(response)), None) if is_betas_own(&response) => return (Ok(info), Some(kept)),
            (Some(answer), None) => answer.and_then(|response| self.methods_in(response)),
        };
        (methods.map(|methods| finish(info, methods, kept, parts)), None)
    }

    /// Reads the methods of those whom beta did not answer from v1.0.
    async fn read_stable(
        &self,
        users: &[UserId],
        parts: Parts,
        infos: &mut [(Result<SecurityInfo>, Option<Kept>)],
    ) {
        let again: Vec<usize> = (0..infos.len()).filter(|&at| infos[at].1.is_some()).collect();
        let requests: Vec<Request> = again
            .iter()
            .map(|&at| read_of(&users[at], V1, "/authentication/methods", METHODS))
            .collect();
        for (at, answer) in again
            .into_iter()
            .zip(self.graph.pipeline().batch_whole(&requests).await)
        {
            let Some(kept) = infos[at].1.take() else { continue };
            let methods = match answer {
                Ok(response) if clouds::lacks(&response) => self.methods_by_segment(&users[at]).await,
                answer => answer
                    .and_then(|response| self.methods_in(response))
                    .map(|methods| (methods, Some(without_beta()))),
            };
            if let Ok(info) = &mut infos[at].0 {
                let methods = methods.map(|(methods, unknown)| {
                    info.unknown.extend(unknown);
                    methods
                });
                match methods {
                    Ok(methods) => infos[at].0 = Ok(finish(std::mem::take(info), methods, kept, parts)),
                    Err(error) => infos[at].0 = Err(error),
                }
            }
        }
    }

    fn read_part<T: serde::de::DeserializeOwned>(
        &self,
        answer: Result<Response>,
        family: Family,
    ) -> Result<T> {
        parse(self.graph.check(answer?, family, Verb::Get)?.json()?)
    }

    /// The methods in an answer, without the password, in the order of lists.
    fn methods_in(&self, response: Response) -> Result<Vec<Method>> {
        let mut page = self.graph.check(response, Family::Methods, Verb::Get)?.json()?;
        let Some(Value::Array(items)) = page.get_mut("value").map(Value::take) else {
            return Ok(Vec::new());
        };
        let mut methods = Vec::with_capacity(items.len());
        for item in items {
            methods.extend(parse::<WireMethod>(item)?.into_method());
        }
        sort_methods(&mut methods);
        Ok(methods)
    }
}

/// Whether any of these parts is told by the list of methods.
const fn wants_methods(parts: Parts) -> bool {
    parts.methods || parts.default || parts.registration
}

struct StableAnswers {
    methods: Option<Result<Response>>,
    devices: Option<Result<Response>>,
    activity: Option<Result<Response>>,
}

struct BetaAnswers {
    methods: Option<Result<Response>>,
    preferences: Option<Result<Response>>,
    requirements: Option<Result<Response>>,
}

/// What beta told beside the methods.
struct Kept {
    preferences: Option<Result<WirePreferences>>,
    requirements: Option<Result<WireRequirements>>,
}

/// Whether beta's answer is beta's own affair (assumption `absent-segment`), so that v1.0 may know more: that nobody is there and that calls
/// come too fast is true of both. What is not allowed in beta may be allowed in v1.0: some clouds have no beta at all.
fn is_betas_own(response: &Response) -> bool {
    match response.status {
        404 => !super::error::means_no_person(response),
        status => matches!(status, 400 | 403 | 405 | 410 | 501) || status >= 500,
    }
}

/// What v1.0 does not list (api/entra 1.3).
fn without_beta() -> UnknownPart {
    UnknownPart {
        part: "methods".to_owned(),
        why: "the beta of Microsoft Graph gave no list: hardware tokens, QR codes with a PIN and times of last use are missing"
            .to_owned(),
        instead: "look in the admin centre, or try again later".to_owned(),
    }
}

fn finish(mut info: SecurityInfo, mut methods: Vec<Method>, kept: Kept, parts: Parts) -> SecurityInfo {
    match kept.preferences {
        Some(Ok(preferences)) => {
            preferences::mark_default(&mut methods, &preferences);
            info.system_preferred = preferences::system_preferred(&preferences);
        }
        Some(Err(error)) => info.unknown.push(lost("default", &error)),
        None => {}
    }
    if parts.registration {
        let mfa_state = match kept.requirements {
            Some(Ok(requirements)) => requirements.per_user_mfa_state,
            Some(Err(error)) => {
                info.unknown.push(lost("mfa_state", &error));
                None
            }
            None => None,
        };
        let mut told = registration(&methods, mfa_state);
        // That something is registered does not say that policy takes it, or that password reset is on for this person.
        told.mfa_capable = told.mfa_capable.filter(|can| !can);
        told.reset_capable = told.reset_capable.filter(|can| !can);
        info.registration = Some(told);
    }
    info.methods = (parts.methods || parts.default).then_some(methods);
    info
}

fn lost(part: &str, error: &Error) -> UnknownPart {
    UnknownPart {
        part: part.to_owned(),
        why: error.message().to_owned(),
        instead: error.hint_text().unwrap_or("try again later").to_owned(),
    }
}

fn tell_what_is_not_told(info: &mut SecurityInfo, parts: Parts) {
    let told = [
        (
            parts.devices,
            "remembered_devices",
            "Microsoft Graph keeps no list of remembered browsers",
            "devices forget signs out everywhere, which makes every one of them ask again",
        ),
        (
            parts.sessions,
            "sessions",
            "Microsoft Graph lists no sessions",
            "look at the sign-in logs of the person",
        ),
        (
            parts.app_passwords,
            "app_passwords",
            "Microsoft Graph has no call for app passwords",
            "an administrator deletes them all on the per-user MFA page",
        ),
        (
            parts.locks,
            "locked",
            "Microsoft Graph does not tell whether smart lockout holds the account",
            "look at the sign-in logs of the person",
        ),
    ];
    for (asked, part, why, instead) in told {
        if asked {
            info.unknown.push(UnknownPart {
                part: part.to_owned(),
                why: why.to_owned(),
                instead: instead.to_owned(),
            });
        }
    }
}
