//! Steps of one person in one round trip: removals and sign-out in their order, each once the one
//! before it was done. What is not done so goes the ordinary way, which finds the words for it.

use serde_json::json;

use super::EntraService;
use super::graph::{V1, write_of};
use super::wire::segment_of;
use crate::domain::{Action, Effect, MethodKind, Result, Step};
use crate::http::{Class, Request, Response, Verb, encode_segment, leave_of_all, with_leave};
use crate::services::steps::apply_by_person;

/// What a sign-out does not reach.
pub(super) const SIGNED_OUT: &str = "open pages may work 60 minutes more";

/// How remembered devices are forgotten.
pub(super) const INSTEAD: &str = "by signing out everywhere";

/// The one call that a step is, where it is one of v1.0 that may be sent twice.
fn call(step: &Step) -> Option<Request> {
    let user = &step.user;
    let write = |verb, tail: &str, template| write_of(user, verb, Class::Idempotent, tail, template);
    match &step.action {
        Action::RemoveMethod { method, kind } if *kind != MethodKind::QrPin => match segment_of(*kind) {
            Some((false, segment)) => Some(write(
                Verb::Delete,
                &format!("/authentication/{segment}/{}", encode_segment(&method.0)),
                "/users/{id}/authentication/{segment}/{methodId}",
            )),
            _ => None,
        },
        Action::SignOut | Action::ForgetDevice { .. } | Action::ForgetAllDevices => {
            let tail = "/revokeSignInSessions";
            Some(write(Verb::Post, tail, "/users/{id}/revokeSignInSessions").json(json!({})))
        }
        _ => None,
    }
}

/// What a call that succeeded did.
fn done(step: &Step, response: Response) -> Effect {
    let mut effect = Effect::done();
    match step.action {
        Action::SignOut => effect = effect.detail(SIGNED_OUT),
        Action::ForgetDevice { .. } | Action::ForgetAllDevices => effect = effect.detail(INSTEAD),
        _ => {}
    }
    effect.request_ids.extend(response.request_id);
    effect
}

impl EntraService {
    /// Applies the steps of one person: those that are one call each and stand together go out together.
    pub(super) async fn apply_chained(&self, steps: &[Step]) -> Vec<Result<Effect>> {
        let mut effects = Vec::with_capacity(steps.len());
        let mut rest = steps;
        while !rest.is_empty() {
            let calls: Vec<Request> = rest.iter().map_while(call).collect();
            let (now, later) = rest.split_at(calls.len().max(1));
            rest = later;
            let answers = if calls.len() > 1 {
                debug_assert!(calls.iter().all(|call| call.root == V1));
                let leave = leave_of_all(now.iter().map(|step| step.leave.as_ref()));
                with_leave(leave.as_ref(), self.graph.pipeline().in_order(&calls)).await
            } else {
                Vec::new()
            };
            let count = effects.len() + now.len();
            let finished = now
                .iter()
                .zip(answers)
                .map_while(|(step, answer)| Some(done(step, answer?)));
            effects.extend(finished.map(Ok));
            let open = now.len() - (count - effects.len());
            let left = apply_by_person(&now[open..], 1, |step| Box::pin(self.apply_one(step))).await;
            effects.extend(left);
        }
        effects
    }
}
