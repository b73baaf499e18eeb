//! Remembered devices. Each program in front of privacyIDEA remembers its own, and none can be asked for one person's: all
//! are read, and joined by person (api/privacyidea 6).

use std::collections::HashMap;

use serde_json::Value;

use super::PrivacyIdeaService;
use super::api::Call;
use super::error::Area;
use super::methods::{done, said_yes};
use super::wire::{WireClient, WireDevices};
use crate::domain::{Device, DeviceId, Effect, Error, ErrorCode, Result, UserId};
use crate::http::{Class, Verb, encode_segment};

/// The largest page that is given.
const PAGE: u64 = 1000;

impl PrivacyIdeaService {
    /// The remembered devices of these people, each person's used last first.
    pub(super) async fn all_devices(&self, users: &[UserId]) -> Result<HashMap<UserId, Vec<Device>>> {
        let call = Call::get(
            "/clients/".to_owned(),
            "/clients/",
            "api_client_list",
            Area::Settings,
        );
        let clients: Vec<WireClient> = self.api.read(&call).await?;
        let mut all: HashMap<UserId, Vec<Device>> = HashMap::new();
        for client in &clients {
            let Some(id) = client.id() else { continue };
            let mut page = 1;
            loop {
                let path = format!(
                    "/clients/{}/remembered_devices?realm={}&page={page}&pagesize={PAGE}",
                    encode_segment(&id),
                    encode_segment(self.api.realm())
                );
                let template = "/clients/{id}/remembered_devices";
                let call = Call::get(path, template, "remembered_device_list", Area::Settings);
                let WireDevices { next, devices } = self.api.read(&call).await?;
                let empty = devices.is_empty();
                for device in devices {
                    if let Some(owner) = device.owner().filter(|owner| users.contains(owner)) {
                        let device = device.into_device(&id, client.display_name.as_deref());
                        all.entry(owner).or_default().extend(device);
                    }
                }
                match next {
                    Some(next) if next > page && !empty => page = next,
                    _ => break,
                }
            }
        }
        for devices in all.values_mut() {
            devices.sort_by(|a, b| b.last_used_at.cmp(&a.last_used_at).then_with(|| a.id.cmp(&b.id)));
        }
        Ok(all)
    }

    /// Forgets one. Ids are made by the program that remembers, so that nobody else's has the same.
    pub(super) async fn forget_one(&self, device: &DeviceId) -> Result<Effect> {
        let Some((client, id)) = device.0.split_once(':') else {
            return Err(Error::new(ErrorCode::DeviceNotFound, "there is no such device"));
        };
        let path = format!(
            "/clients/{}/remembered_devices/{}",
            encode_segment(client),
            encode_segment(id)
        );
        let call = Call::write(
            Verb::Delete,
            Class::Idempotent,
            path,
            "/clients/{id}/remembered_devices/{id}",
            "remembered_device_revoke",
            Area::Device,
        );
        Ok(match self.api.send_if_there(&call).await? {
            Some(answer) => done(answer),
            None => Effect::unchanged(),
        })
    }

    /// Forgets all of a person, whichever program remembers them. Without a name it would forget the whole realm's: the
    /// name is never empty here.
    pub(super) async fn forget_all(&self, user: &UserId) -> Result<Effect> {
        let person = self.api.person(user).await?;
        if person.username.is_empty() {
            return Err(Error::new(
                ErrorCode::UserNotFound,
                "the person has no sign-in name",
            ));
        }
        let path = format!("/clients/remembered_devices?{}", self.api.query(&person));
        let call = Call::write(
            Verb::Delete,
            Class::Idempotent,
            path,
            "/clients/remembered_devices",
            "remembered_device_revoke",
            Area::People,
        );
        let answer = self.api.send(&call).await?;
        let count = answer.value.as_u64().unwrap_or(0);
        if !said_yes(&answer.value) {
            return Ok(Effect::unchanged().detail("there was none"));
        }
        Ok(done(answer).detail(count.to_string()))
    }

    /// Whether any program remembers devices at all; `None`: the account may not see.
    pub(super) async fn remembers(&self) -> Result<Option<bool>> {
        let call = Call::get(
            "/clients/".to_owned(),
            "/clients/",
            "api_client_list",
            Area::Settings,
        );
        match self.api.read::<Vec<Value>>(&call).await {
            Ok(clients) => Ok(Some(!clients.is_empty())),
            Err(error) if error.code() == ErrorCode::PermissionMissing => Ok(None),
            Err(error) => Err(error),
        }
    }
}
