//! Sessions: those of browsers, and those that programs keep offline. Signing out ends both.

use super::KeycloakService;
use super::error::Area;
use super::wire::{WireConsent, WireSession};
use crate::domain::{Device, DeviceId, Effect, Error, ErrorCode, Result, UserId};
use crate::http::{Class, Verb, encode_segment};

/// What says that a session of a program is meant, which lives on without a browser.
const OFFLINE: &str = "?isOffline=true";

/// Open sessions of a person.
#[derive(Default)]
pub(super) struct Open {
    online: Vec<WireSession>,
    offline: Vec<WireSession>,
}

impl Open {
    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = &WireSession> {
        self.online.iter().chain(&self.offline)
    }

    /// The sessions as devices, the one used last first.
    pub(super) fn into_devices(self) -> Vec<Device> {
        let online = self.online.into_iter().map(|session| session.into_device(false));
        let offline = self.offline.into_iter().map(|session| session.into_device(true));
        let mut devices: Vec<Device> = online.chain(offline).collect();
        devices.sort_by(|a, b| b.last_used_at.cmp(&a.last_used_at).then_with(|| a.id.cmp(&b.id)));
        devices
    }
}

impl KeycloakService {
    pub(super) async fn sessions_of(&self, user: &UserId) -> Result<Open> {
        let online = self
            .admin
            .read_of(user, "/sessions", "/{realm}/users/{id}/sessions", Area::People);
        let (online, consents) = futures::try_join!(online, self.consents(user))?;
        let mut offline = Vec::new();
        for consent in &consents {
            if let Some(client) = consent.offline_client() {
                offline.extend(self.offline_sessions(user, client).await?);
            }
        }
        Ok(Open { online, offline })
    }

    async fn consents(&self, user: &UserId) -> Result<Vec<WireConsent>> {
        self.admin
            .read_of(user, "/consents", "/{realm}/users/{id}/consents", Area::People)
            .await
    }

    async fn offline_sessions(&self, user: &UserId, client: &str) -> Result<Vec<WireSession>> {
        let tail = format!("/offline-sessions/{}", encode_segment(client));
        let template = "/{realm}/users/{id}/offline-sessions/{client}";
        self.admin.read_of(user, &tail, template, Area::People).await
    }

    /// Ends every session. Logout alone leaves offline ones, and their tokens go on to work where they were issued in the
    /// very second of it: so the grants behind them go too, and what is left is ended one by one (api/keycloak 7).
    pub(super) async fn sign_out(&self, user: &UserId) -> Result<Effect> {
        let logout = self.admin.write_of(
            user,
            Verb::Post,
            Class::Idempotent,
            "/logout",
            "/{realm}/users/{id}/logout",
        );
        let response = self.admin.send(&logout, Area::People).await?;
        let mut effect = Effect::done();
        effect.request_ids.extend(response.request_id);
        let mut ended = 0_usize;
        for consent in self.consents(user).await? {
            let Some(client) = consent.offline_client() else {
                continue;
            };
            let tail = format!("/consents/{}", encode_segment(&consent.client_id));
            let revoke = self.admin.write_of(
                user,
                Verb::Delete,
                Class::Idempotent,
                &tail,
                "/{realm}/users/{id}/consents/{client}",
            );
            self.admin.send_if_there(&revoke, Area::People).await?;
            ended += 1;
            for session in self.offline_sessions(user, client).await? {
                self.end_offline(&session.id).await?;
            }
        }
        // Logout leaves nothing else: who had no grant has no session that could be left.
        let offline = match ended {
            0 => 0,
            _ => self.sessions_of(user).await?.offline.len(),
        };
        if offline > 0 {
            return Err(Error::new(
                ErrorCode::Incomplete,
                format!("{offline} offline sessions are still there"),
            )
            .hint("a program signs in again and again: end it, then sign out once more"));
        }
        effect.detail = match ended {
            0 => None,
            1 => Some("and the offline sessions of 1 application".to_owned()),
            count => Some(format!("and the offline sessions of {count} applications")),
        };
        Ok(effect)
    }

    /// Ends one session: its refresh token gives no other, and its browser signs in anew. A session that programs keep
    /// offline may bear the same id as the one of the browser that it was made in: both are the session that was meant.
    ///
    /// # Errors
    /// `device_not_found`: the person has no such session. The call itself names no person (api/keycloak 7), so that
    /// somebody else's would be ended.
    pub(super) async fn end_session(&self, user: &UserId, session: &DeviceId) -> Result<Effect> {
        let open = self.sessions_of(user).await?;
        let is = |all: &[WireSession]| all.iter().any(|one| one.id == session.0);
        let (online, offline) = (is(&open.online), is(&open.offline));
        if !online && !offline {
            return Err(Error::new(
                ErrorCode::DeviceNotFound,
                "the person has no such session",
            ));
        }
        if online {
            self.end(&session.0, "").await?;
        }
        if offline {
            self.end(&session.0, OFFLINE).await?;
        }
        Ok(Effect::done().detail("the session is over"))
    }

    async fn end_offline(&self, session: &str) -> Result<()> {
        self.end(session, OFFLINE).await
    }

    async fn end(&self, session: &str, which: &str) -> Result<()> {
        let tail = format!("/sessions/{}{which}", encode_segment(session));
        let request = self
            .admin
            .write(Verb::Delete, Class::Idempotent, &tail, "/{realm}/sessions/{id}");
        self.admin.send_if_there(&request, Area::People).await.map(|_| ())
    }
}
