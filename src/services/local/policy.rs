//! The policy: Graph's, with remembered devices, registration, app passwords and questions laid over it.

use std::collections::BTreeMap;

use serde_json::json;

use super::LocalService;
use super::client::{ROOT, parse};
use super::wire::WirePolicy;
use crate::domain::{
    AppPasswordPolicy, IdentityService as _, MethodKind, MethodPolicy, Policy, PolicyUse, RegistrationPolicy,
    RememberedDevicesPolicy, Result, Target, UserId,
};
use crate::http::Request;
use crate::services::listed;

impl LocalService {
    pub(super) async fn read_policy(&self, user: Option<&UserId>) -> Result<Policy> {
        let client = self.extensions();
        let request = Request::get(ROOT, "/policy", "/policy");
        let (policy, response) = futures::try_join!(self.graph.policy(user), client.send(&request))?;
        Ok(overlay(policy, parse(&response)?, user.is_some()))
    }
}

fn overlay(mut policy: Policy, told: WirePolicy, for_somebody: bool) -> Policy {
    let questions = told.security_questions;
    let enabled = questions.state.as_deref() == Some("enabled");
    let mut limits = BTreeMap::new();
    limits.extend(
        questions
            .required
            .map(|count| ("required".to_owned(), json!(count))),
    );
    limits.extend(
        questions
            .register
            .map(|count| ("register".to_owned(), json!(count))),
    );
    policy.methods.push(MethodPolicy {
        kind: MethodKind::Questions.as_str().to_owned(),
        purpose: if enabled { PolicyUse::Reset } else { PolicyUse::Off },
        targets: vec![Target::everyone()],
        excluded: Vec::new(),
        limits,
        allowed_for_user: for_somebody.then_some(enabled),
        reason: for_somebody.then(|| if enabled { "everyone" } else { "off for everyone" }.to_owned()),
    });
    listed::sort_policy(&mut policy.methods);
    policy.remembered_devices = Some(RememberedDevicesPolicy {
        allowed: told.remembered_devices.allowed,
        days: told.remembered_devices.days,
    });
    policy.registration = Some(RegistrationPolicy {
        postpone_days: told.registration.postpone_days,
    });
    policy.app_passwords = Some(AppPasswordPolicy {
        allowed: told.app_passwords.allowed,
    });
    policy.questions = questions.pool;
    policy
}
