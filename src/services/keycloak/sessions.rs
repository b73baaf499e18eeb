//! Sessions: those of browsers, and those that programs keep offline. Signing out ends both.

use super::KeycloakService;
use super::error::Area;
use super::wire::{WireConsent, WireSession};
use crate::domain::{Device, Effect, Error, ErrorCode, Result, UserId};
use crate::http::{Class, Verb, encode_segment};

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

    async fn end_offline(&self, session: &str) -> Result<()> {
        let tail = format!("/sessions/{}?isOffline=true", encode_segment(session));
        let request = self
            .admin
            .write(Verb::Delete, Class::Idempotent, &tail, "/{realm}/sessions/{id}");
        self.admin.send_if_there(&request, Area::People).await.map(|_| ())
    }
}
