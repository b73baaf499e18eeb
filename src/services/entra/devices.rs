//! Devices registered with the directory: listed, and stopped from signing in. Remembered browsers are in no list of Graph.

use serde_json::{Value, json};

use super::EntraService;
use super::error::Family;
use super::graph::{V1, parse, read_of};
use super::wire::WireDevice;
use crate::domain::{Device, DeviceId, Effect, Result, UserId};
use crate::http::{Class, Request, Response, Verb, encode_segment};

/// The request for a person's registered devices; Graph has at most 100.
pub(super) fn request(user: &UserId) -> Request {
    read_of(user, V1, "/registeredDevices", "/users/{id}/registeredDevices")
}

impl EntraService {
    /// The devices in an answer to [`request`].
    pub(super) fn devices_in(&self, response: Response) -> Result<Vec<Device>> {
        let mut page = self.graph.check(response, Family::Devices, Verb::Get)?.json()?;
        let Some(Value::Array(items)) = page.get_mut("value").map(Value::take) else {
            return Ok(Vec::new());
        };
        let mut devices = Vec::with_capacity(items.len());
        for item in items {
            devices.push(parse::<WireDevice>(item)?.into_device());
        }
        devices.sort_by(|a, b| b.last_used_at.cmp(&a.last_used_at).then_with(|| a.id.cmp(&b.id)));
        Ok(devices)
    }

    /// Lets a device sign in, or stops it. It is never deleted, and its keys stay among the person's methods.
    pub(super) async fn switch_device(&self, device: &DeviceId, enabled: bool) -> Result<Effect> {
        let path = format!("/devices/{}", encode_segment(&device.0));
        let request = Request::write(Verb::Patch, Class::Idempotent, V1, path, "/devices/{id}")
            .json(json!({ "accountEnabled": enabled }));
        let response = self.graph.send(&request, Family::Device).await?;
        let mut effect = Effect::done();
        effect.request_ids.extend(response.request_id);
        Ok(effect)
    }
}
