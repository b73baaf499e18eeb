//! Remembered devices, and the programs that remember them (api/privacyidea 6).

use serde::Deserialize;
use serde_json::Value;

use super::text_of;
use super::time::moment;
use crate::domain::{Device, DeviceKind, UserId};

/// A program that is in front of it and remembers devices.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in super::super) struct WireClient {
    pub(in super::super) id: Value,
    pub(in super::super) display_name: Option<String>,
}

impl WireClient {
    /// Its id, as it stands in paths.
    pub(in super::super) fn id(&self) -> Option<String> {
        text_of(&self.id)
    }
}

/// A page of remembered devices.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in super::super) struct WireDevices {
    pub(in super::super) next: Option<u64>,
    pub(in super::super) devices: Vec<WireDevice>,
}

/// A remembered device.
#[derive(Clone, Deserialize, Default)]
#[serde(default)]
pub(in super::super) struct WireDevice {
    pub(in super::super) device_id: Value,
    pub(in super::super) resolver: Option<String>,
    pub(in super::super) user_id: Value,
    ip_address: Option<String>,
    user_agent: Option<String>,
    created_at: Option<String>,
    last_used_at: Option<String>,
    expires_at: Option<String>,
}

impl WireDevice {
    /// Our id of whose it is.
    pub(in super::super) fn owner(&self) -> Option<UserId> {
        Some(UserId(format!(
            "{}/{}",
            self.resolver.as_ref()?,
            text_of(&self.user_id)?
        )))
    }

    /// The device, remembered by the client of this id and name.
    pub(in super::super) fn into_device(self, client: &str, name: Option<&str>) -> Option<Device> {
        let id = text_of(&self.device_id)?;
        let at = |text: &Option<String>| text.as_deref().and_then(moment);
        let mut words: Vec<String> = self.ip_address.iter().cloned().collect();
        words.extend(name.map(str::to_owned));
        Some(Device {
            id: format!("{client}:{id}").into(),
            kind: DeviceKind::Remembered,
            name: (!words.is_empty()).then(|| words.join(", ")),
            os: None,
            browser: self.user_agent.clone().filter(|text| !text.is_empty()),
            enabled: None,
            created_at: at(&self.created_at),
            last_used_at: at(&self.last_used_at),
            trusted_until: at(&self.expires_at),
        })
    }
}
