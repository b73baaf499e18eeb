//! Security info of a person: tokens, app passwords among them, remembered devices, and whether somebody is locked.

use std::collections::HashSet;

use futures::future::OptionFuture;

use super::api::Call;
use super::error::Area;
use super::wire::{WireLock, WireToken, WireTokens, WireUser};
use super::{PrivacyIdeaService, SIDE_BY_SIDE};
use crate::domain::{
    Clock as _, Error, ErrorCode, Method, MethodKind, Parts, Registration, RegistrationState, Result,
    SecurityInfo, SystemClock, UnknownPart, UserId,
};
use crate::http::encode_segment;
use crate::services::listed::{registration, sort_methods};
use crate::services::steps::of_each;

/// How many tokens are read at once: more than this is cut without a word (privacyIDEA's own documentation of GET /token/).
const PAGE: u64 = 1000;

impl PrivacyIdeaService {
    pub(super) async fn read_infos(&self, users: &[UserId], parts: Parts) -> Vec<Result<SecurityInfo>> {
        // Remembered devices are listed by the program that remembers them, not by person: once for all of them.
        let devices = match OptionFuture::from(parts.devices.then(|| self.all_devices(users))).await {
            Some(Err(error)) if error.code() != ErrorCode::PermissionMissing => {
                return users.iter().map(|_| Err(error.clone())).collect();
            }
            devices => devices,
        };
        let infos = of_each(users, SIDE_BY_SIDE, |user| Box::pin(self.read_info(user, parts))).await;
        infos
            .into_iter()
            .zip(users)
            .map(|(info, user)| {
                let mut info = info?;
                match &devices {
                    Some(Ok(all)) => info.devices = Some(all.get(user).cloned().unwrap_or_default()),
                    Some(Err(error)) => info.unknown.push(untold("remembered_devices", error)),
                    None => {}
                }
                Ok(info)
            })
            .collect()
    }

    async fn read_info(&self, user: &UserId, parts: Parts) -> Result<SecurityInfo> {
        let wants_tokens =
            parts.methods || parts.default || parts.registration || parts.app_passwords || parts.locks;
        let mut info = SecurityInfo::default();
        if parts.sessions {
            info.unknown.push(UnknownPart {
                part: "sessions".to_owned(),
                why: "privacyIDEA keeps no sessions".to_owned(),
                instead: "they are where people sign in: look there".to_owned(),
            });
        }
        if !wants_tokens && !parts.devices {
            return Ok(info);
        }
        let person = self.api.person(user).await?;
        let (tokens, lock) = futures::join!(
            OptionFuture::from(wants_tokens.then(|| self.tokens_of(&person))),
            OptionFuture::from(parts.locks.then(|| self.lock_of(&person))),
        );
        if let Some(tokens) = tokens.transpose()? {
            let blocked = tokens.iter().any(WireToken::is_blocked);
            match lock {
                Some(Ok(lock)) => {
                    // Who was locked by hand and for good is disabled, which the account says.
                    let keeps_out = |lock: WireLock| lock.holds() && !lock.is_by_hand();
                    info.locked = Some(lock.is_some_and(keeps_out) || blocked);
                }
                Some(Err(error)) if error.code() == ErrorCode::PermissionMissing => {
                    info.locked = blocked.then_some(true);
                    info.unknown.push(untold("locked", &error));
                }
                Some(Err(error)) => return Err(error),
                None => {}
            }
            let (apps, tokens): (Vec<_>, Vec<_>) = tokens.into_iter().partition(WireToken::is_app_password);
            if parts.app_passwords {
                let mut all: Vec<_> = apps.into_iter().map(WireToken::into_app_password).collect();
                // The one in use first: it is the one that somebody will miss.
                all.sort_by(|a, b| {
                    b.last_used_at
                        .cmp(&a.last_used_at)
                        .then_with(|| a.name.cmp(&b.name))
                });
                info.app_passwords = Some(all);
            }
            let methods = methods(tokens, &person);
            // It resets passwords where its web page does, which no list of methods tells.
            info.registration = parts.registration.then(|| Registration {
                reset_capable: None,
                mfa_capable: Some(stays_registered(&methods)),
                ..registration(&methods, None)
            });
            if let Some(registration) = &mut info.registration
                && registration.mfa_capable == Some(false)
                && registration.state == RegistrationState::Complete
            {
                registration.state = RegistrationState::Partial;
            }
            info.methods = (parts.methods || parts.default).then_some(methods);
        }
        Ok(info)
    }

    /// The tokens of a person, page by page.
    pub(super) async fn tokens_of(&self, person: &WireUser) -> Result<Vec<WireToken>> {
        let id = person.id();
        let tokens = self.tokens(&self.api.query(person)).await?;
        // A name that several resolvers have may be another person's token.
        let own = |token: &WireToken| token.owner().is_none_or(|owner| owner == id);
        if tokens.is_empty() {
            self.see_tokens(person).await?;
        }
        Ok(tokens.into_iter().filter(own).collect())
    }

    /// Whether the account may see tokens at all: without the right every list of them is empty, with status 200 and not a
    /// word (api/privacyidea 7). Counting somebody's takes the same right, and is refused without it. Asked once.
    pub(super) async fn see_tokens(&self, person: &WireUser) -> Result<()> {
        self.sees_tokens
            .get_or_try_init(async || {
                let path = format!(
                    "/user/count?realm={}&username={}",
                    encode_segment(self.api.realm()),
                    encode_segment(&person.username)
                );
                let call = Call::get(path, "/user/count", "tokenlist", Area::People);
                self.api.send(&call).await.map(|_| ())
            })
            .await
            .map(|_| ())
    }

    /// The tokens that a query means, page by page. One that is removed meanwhile moves those behind it to the front, past the
    /// page that is read next: where there are fewer than before, the page before is read again.
    pub(super) async fn tokens(&self, query: &str) -> Result<Vec<WireToken>> {
        let mut tokens = Vec::new();
        let mut seen = HashSet::new();
        let mut page = 1;
        let mut before = None;
        loop {
            let path = format!("/token/?{query}&page={page}&pagesize={PAGE}");
            let call = Call::get(path, "/token/", "tokenlist", Area::People);
            let WireTokens {
                count,
                next,
                tokens: more,
            } = self.api.read(&call).await?;
            let went = before.is_some_and(|before| count.is_some_and(|count| count < before));
            before = count;
            if went && page > 1 {
                page -= 1;
                continue;
            }
            let empty = more.is_empty();
            tokens.extend(more.into_iter().filter(|token| seen.insert(token.serial.clone())));
            match next {
                Some(next) if next > page && !empty => page = next,
                _ => return Ok(tokens),
            }
        }
    }
}

/// Whether one of these is a second factor that stays: a code for some days, or for one sign-in, is none.
pub(super) fn stays_registered(methods: &[Method]) -> bool {
    let stays = |method: &Method| method.signs_in() && method.kind != MethodKind::TemporaryPass;
    methods.iter().any(stays)
}

/// The methods among tokens, in the order of lists.
pub(super) fn methods(tokens: Vec<WireToken>, person: &WireUser) -> Vec<Method> {
    let (mobile, address) = (person.mobile(), person.address());
    let now = SystemClock.now();
    let mut methods: Vec<Method> = tokens
        .into_iter()
        .filter(|token| !token.is_app_password())
        .map(|token| token.into_method(mobile.as_deref(), address.as_deref(), now))
        .collect();
    sort_methods(&mut methods);
    methods
}

/// What the account may not see.
fn untold(part: &str, error: &Error) -> UnknownPart {
    UnknownPart {
        part: part.to_owned(),
        why: error.message().to_owned(),
        instead: error.hint_text().unwrap_or_default().to_owned(),
    }
}
