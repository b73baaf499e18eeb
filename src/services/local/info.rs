//! Security info: Graph's parts, with what waits for its code, what is remembered, sessions, app passwords, questions
//! and the grace period laid over them.

use super::client::ExtensionClient;
use super::wire::{
    WireAppPassword, WireQuestion, WireRegistrationState, WireRemembered, WireSession, WireTotpName,
    WireVerification,
};
use super::{LocalService, QUESTIONS_ID};
use crate::domain::{
    Device, IdentityService as _, Method, MethodKind, MethodState, Parts, PhoneNumber, Result, SecurityInfo,
    Sessions, UserId,
};
use crate::services::listed;
use crate::services::steps::of_each;

/// How many people are read side by side.
const SIDE_BY_SIDE: usize = 4;

impl LocalService {
    pub(super) async fn read_info(&self, users: &[UserId], parts: Parts) -> Vec<Result<SecurityInfo>> {
        let infos = self.graph.security_info(users, parts).await;
        self.overlaid(users, infos, parts).await
    }

    /// What Graph tells of these people, with our own laid over it.
    pub(super) async fn overlaid(
        &self,
        users: &[UserId],
        infos: Vec<Result<SecurityInfo>>,
        parts: Parts,
    ) -> Vec<Result<SecurityInfo>> {
        of_each(users.iter().zip(infos), SIDE_BY_SIDE, |(user, info)| {
            Box::pin(async move { self.overlay(user, info?, parts).await })
        })
        .await
    }

    async fn overlay(&self, user: &UserId, mut info: SecurityInfo, parts: Parts) -> Result<SecurityInfo> {
        // All parts are told here, so what Graph does not tell is no news; what failed is.
        info.unknown
            .retain(|unknown| matches!(unknown.part.as_str(), "methods" | "default" | "mfa_state"));
        let client = self.extensions();
        let (methods, devices, sessions, app_passwords) = futures::try_join!(
            self.overlay_methods(&client, user, info.methods.take(), parts),
            remembered(&client, user, info.devices.take()),
            sessions(&client, user, parts),
            app_passwords(&client, user, parts.app_passwords),
        )?;
        if let Some(registration) = &mut info.registration {
            let template = "/users/{id}/registration";
            let told: WireRegistrationState = client.get(user, "/registration", template).await?;
            let mfa_state = registration.mfa_state.take();
            if let Some(methods) = &methods {
                *registration = listed::registration(methods, mfa_state);
            } else {
                registration.mfa_state = mfa_state;
            }
            registration.state = told.state;
            registration.grace_until = told.grace_until_date_time;
        }
        info.devices = devices;
        info.methods = methods.filter(|_| parts.methods || parts.default);
        info.sessions = sessions;
        info.app_passwords = app_passwords;
        Ok(info)
    }

    async fn overlay_methods(
        &self,
        client: &ExtensionClient<'_>,
        user: &UserId,
        methods: Option<Vec<Method>>,
        parts: Parts,
    ) -> Result<Option<Vec<Method>>> {
        let Some(mut methods) = methods else {
            return Ok(None);
        };
        if !(parts.methods || parts.default) {
            return Ok(Some(methods));
        }
        let (waiting, questions) = futures::try_join!(
            client.list::<WireVerification>(user, "/verifications", "/users/{id}/verifications"),
            client.list::<WireQuestion>(user, "/securityQuestions", "/users/{id}/securityQuestions"),
        )?;
        if methods
            .iter()
            .any(|method| method.kind == MethodKind::Totp && method.name.is_none())
        {
            let apps: Vec<WireTotpName> = client.list(user, "/totp", "/users/{id}/totp").await?;
            for app in apps {
                let method = methods.iter_mut().find(|method| method.id.0 == app.id);
                if let Some(method) = method.filter(|method| method.name.is_none()) {
                    method.name = app.display_name;
                }
            }
        }
        for waits in waiting {
            let Some(method) = methods.iter_mut().find(|method| method.id.0 == waits.method_id) else {
                continue;
            };
            if waits.state.as_deref() == Some("pending") {
                method.state = MethodState::Pending;
                method.default = method.default.map(|_| false);
            } else {
                method.pending_number = waits.pending_number.as_deref().and_then(PhoneNumber::kept);
            }
        }
        if !questions.is_empty() {
            let mut method = Method::new(QUESTIONS_ID, MethodKind::Questions, "securityQuestions");
            let count = questions.len();
            method.name = Some(if count == 1 {
                "1 question".to_owned()
            } else {
                format!("{count} questions")
            });
            method.added_at = questions
                .iter()
                .filter_map(|question| question.created_date_time)
                .max();
            method.default = methods.first().and_then(|first| first.default).map(|_| false);
            methods.push(method);
            listed::sort_methods(&mut methods);
        }
        Ok(Some(methods))
    }
}

async fn remembered(
    client: &ExtensionClient<'_>,
    user: &UserId,
    registered: Option<Vec<Device>>,
) -> Result<Option<Vec<Device>>> {
    let Some(registered) = registered else {
        return Ok(None);
    };
    let listed: Vec<WireRemembered> = client
        .list(user, "/rememberedDevices", "/users/{id}/rememberedDevices")
        .await?;
    let mut devices: Vec<Device> = listed.into_iter().map(WireRemembered::into_device).collect();
    devices.sort_by(|a, b| b.last_used_at.cmp(&a.last_used_at).then_with(|| a.id.cmp(&b.id)));
    devices.extend(registered);
    Ok(Some(devices))
}

/// The sessions, counted: which device each is on is no reason to forget it.
async fn sessions(client: &ExtensionClient<'_>, user: &UserId, parts: Parts) -> Result<Option<Sessions>> {
    if !parts.sessions {
        return Ok(None);
    }
    let open: Vec<WireSession> = client.list(user, "/sessions", "/users/{id}/sessions").await?;
    let newest_at = open.iter().filter_map(|session| session.created_date_time).max();
    Ok(Some(Sessions {
        count: open.len() as u64,
        newest_at,
    }))
}

async fn app_passwords(
    client: &ExtensionClient<'_>,
    user: &UserId,
    wanted: bool,
) -> Result<Option<Vec<crate::domain::AppPassword>>> {
    if !wanted {
        return Ok(None);
    }
    let listed: Vec<WireAppPassword> = client
        .list(user, "/appPasswords", "/users/{id}/appPasswords")
        .await?;
    let mut all: Vec<_> = listed
        .into_iter()
        .map(WireAppPassword::into_app_password)
        .collect();
    // The one in use first: it is the one that somebody will miss.
    all.sort_by(|a, b| {
        b.last_used_at
            .cmp(&a.last_used_at)
            .then_with(|| a.name.cmp(&b.name))
    });
    Ok(Some(all))
}
