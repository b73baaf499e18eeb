//! The default method. Beta only, so it is fenced off: when it fails, everything else still works.

use serde_json::json;

use super::EntraService;
use super::error::Family;
use super::graph::{BETA, person, read_of};
use super::wire::{WirePreferences, preference_of, preferred_kinds, system_preferred_kind};
use crate::domain::{
    Effect, Error, ErrorCode, Method, MethodKind, Notice, Result, SystemPreferred, UserId, Via,
};
use crate::http::{Class, Request, Verb};

const TEMPLATE: &str = "/users/{id}/authentication/signInPreferences";

/// The request for a person's preference.
pub(super) fn request(user: &UserId) -> Request {
    read_of(user, BETA, "/authentication/signInPreferences", TEMPLATE)
}

/// Marks the methods that the preference means. A notification goes to every authenticator, so all of them are meant.
pub(super) fn mark_default(methods: &mut [Method], preferences: &WirePreferences) {
    let chosen = preferences
        .user_preferred_method_for_secondary_authentication
        .as_deref()
        .unwrap_or_default();
    let registered = |kind: &MethodKind| {
        methods
            .iter()
            .any(|method| method.kind == *kind && method.usable())
    };
    let meant = preferred_kinds(chosen).iter().copied().find(registered);
    for method in methods {
        method.default = Some(meant == Some(method.kind) && method.usable());
    }
}

/// Whether the service picks the strongest itself.
pub(super) fn system_preferred(preferences: &WirePreferences) -> Option<SystemPreferred> {
    let enabled = preferences.is_system_preferred_authentication_method_enabled?;
    let picks = preferences
        .system_preferred_authentication_method
        .as_deref()
        .and_then(system_preferred_kind);
    Some(SystemPreferred {
        enabled,
        method: picks.filter(|_| enabled),
    })
}

impl EntraService {
    pub(super) async fn set_default(
        &self,
        user: &UserId,
        kind: MethodKind,
        via: Option<Via>,
    ) -> Result<Effect> {
        let Some(preference) = preference_of(kind, via) else {
            return Err(
                Error::new(ErrorCode::ServiceRefused, format!("{kind} cannot be the default"))
                    .hint("authenticator, totp, hardware-token and phone numbers can"),
            );
        };
        let request = Request::write(
            Verb::Patch,
            Class::Idempotent,
            BETA,
            format!("{}/authentication/signInPreferences", person(&user.0)),
            TEMPLATE,
        )
        .json(json!({ "userPreferredMethodForSecondaryAuthentication": preference }));
        let response = self.graph.send(&request, Family::Preferences).await?;
        let mut effect = Effect::done();
        effect.request_ids.extend(response.request_id);
        let read: Result<WirePreferences> = self.graph.read(&self::request(user), Family::Preferences).await;
        if let Ok(preferences) = read
            && preferences.is_system_preferred_authentication_method_enabled == Some(true)
        {
            effect.remains.push(Notice {
                text: "the service picks the strongest method itself and uses the default only where it does not"
                    .to_owned(),
                url: None,
            });
        }
        Ok(effect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn methods(kinds: &[MethodKind]) -> Vec<Method> {
        (0..)
            .zip(kinds)
            .map(|(at, kind)| Method::new(format!("m{at}"), *kind, ""))
            .collect()
    }

    fn marked(kinds: &[MethodKind], preference: Option<&str>) -> Vec<bool> {
        let mut methods = methods(kinds);
        let preferences = WirePreferences {
            user_preferred_method_for_secondary_authentication: preference.map(str::to_owned),
            ..WirePreferences::default()
        };
        mark_default(&mut methods, &preferences);
        methods.iter().map(|method| method.default.unwrap()).collect()
    }

    #[test]
    fn the_preference_marks_the_methods_that_it_means() {
        use MethodKind::{Authenticator, PhoneAlternate, PhoneMobile, Totp};
        assert_eq!(
            marked(&[Authenticator, Authenticator, PhoneMobile], Some("push")),
            [true, true, false]
        );
        assert_eq!(marked(&[Authenticator, Totp], Some("oath")), [false, true]);
        assert_eq!(marked(&[Authenticator, PhoneMobile], Some("oath")), [true, false]);
        assert_eq!(
            marked(&[PhoneMobile, PhoneAlternate], Some("voiceMobile")),
            [true, false]
        );
        assert_eq!(marked(&[PhoneMobile], None), [false]);
        assert_eq!(marked(&[PhoneMobile], Some("telepathy")), [false]);
    }
}
