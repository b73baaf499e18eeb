//! Security info of several people: the reads of each part, packed into as few requests as Graph allows, and what
//! Graph does not tell said as such.

use std::collections::VecDeque;

use serde_json::Value;

use super::error::Family;
use super::graph::{BETA, V1, parse, read_of};
use super::wire::{WireMethod, WirePreferences, WireRequirements, WireUser};
use super::{EntraService, clouds, devices, preferences};
use crate::domain::{Error, Method, Parts, Result, SecurityInfo, UnknownPart, UserId};
use crate::http::{Request, Response, Verb};
use crate::services::listed::{registration, sort_methods};

const METHODS: &str = "/users/{id}/authentication/methods";

impl EntraService {
    pub(super) async fn read_info(&self, users: &[UserId], parts: Parts) -> Vec<Result<SecurityInfo>> {
        let (beta, stable) = futures::join!(self.read_beta(users, parts), self.read_beside(users, parts));
        let mut infos: Vec<_> = beta
            .into_iter()
            .zip(stable)
            .map(|(beta, stable)| self.assemble(beta, stable, parts))
            .collect();
        if parts.methods || parts.default || parts.registration {
            self.read_stable(users, parts, &mut infos).await;
        }
        infos.into_iter().map(|(info, _)| info).collect()
    }

    /// Methods, preference and requirements: beta, because only there a method says when it was last used, and because
    /// one version is one batch. [`Self::read_stable`] stands behind it.
    async fn read_beta(&self, users: &[UserId], parts: Parts) -> Vec<BetaAnswers> {
        let methods = parts.methods || parts.default || parts.registration;
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

    /// Devices and the last sign-in: v1.0, in one batch.
    async fn read_beside(&self, users: &[UserId], parts: Parts) -> Vec<StableAnswers> {
        // Where people are found with it, it is known already.
        let activity = parts.activity && !self.sign_in_activity;
        let mut requests = Vec::new();
        for user in users {
            if parts.devices {
                requests.push(devices::request(user));
            }
            if activity {
                requests.push(read_of(user, V1, "?$select=id,signInActivity", "/users/{id}"));
            }
        }
        let mut answers: VecDeque<_> = self.graph.pipeline().batch_whole(&requests).await.into();
        let mut next = |wanted: bool| if wanted { answers.pop_front() } else { None };
        users
            .iter()
            .map(|_| StableAnswers {
                devices: next(parts.devices),
                activity: next(activity),
            })
            .collect()
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
        match beta.methods {
            None => (Ok(info), None),
            Some(Ok(response)) if no_longer_offered(&response) => (Ok(info), Some(kept)),
            Some(answer) => match answer.and_then(|response| self.methods_in(response)) {
                Ok(methods) => (Ok(finish(info, methods, kept, parts)), None),
                Err(error) => (Err(error), None),
            },
        }
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
                    .map(|methods| (methods, None)),
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

struct StableAnswers {
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

/// Whether beta, or this cloud, has the call no longer (assumption `absent-segment`): the person, the permission and the pace are no reasons to ask v1.0.
fn no_longer_offered(response: &Response) -> bool {
    match response.status {
        404 => !super::error::means_no_person(response),
        status => matches!(status, 400 | 405 | 410 | 501) || status >= 500,
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
        info.registration = Some(registration(&methods, mfa_state));
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
