//! Steps of one person in one round trip: removals and sign-out in their order, each once the one
//! before it was done. What is not done so goes the ordinary way, which finds the words for it. A method that stays
//! because it is the default is removed after the others that go: where nobody tells which one it is, no order of a plan can.

use serde_json::json;

use super::EntraService;
use super::error::is_default;
use super::graph::{V1, write_of};
use super::wire::segment_of;
use crate::domain::{Action, Effect, EffectState, MethodKind, Result, Step};
use crate::http::{Class, Request, Response, Verb, encode_segment, leave_of_all, with_leave};
use crate::services::steps::lost_answer;

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
    pub(super) async fn apply_chained(&self, steps: Vec<&Step>) -> Vec<Result<Effect>> {
        let mut turn = InTurn::new(steps);
        while turn.has_next() {
            let rest = turn.rest();
            let calls: Vec<Request> = rest.iter().map_while(|step| call(step)).collect();
            let now = rest.get(..calls.len().max(1)).unwrap_or(rest).to_vec();
            let mut done_now = 0;
            // Behind a default that waits for the others, steps go one by one.
            if calls.len() > 1 && turn.waiting.is_empty() {
                debug_assert!(calls.iter().all(|call| call.root == V1));
                let leave = leave_of_all(now.iter().map(|step| step.leave.as_ref()));
                let answers = with_leave(leave.as_ref(), self.graph.pipeline().in_order(&calls)).await;
                let finished = now
                    .iter()
                    .zip(answers)
                    .map_while(|(step, answer)| Some(done(step, answer?)));
                for effect in finished {
                    turn.effects.push(Ok(effect));
                    done_now += 1;
                }
            }
            for _ in done_now..now.len() {
                self.next_in_turn(&mut turn).await;
            }
        }
        self.default_at_last(&mut turn).await;
        turn.effects
    }

    /// Applies the steps of one person one after the other.
    pub(super) async fn apply_in_turn(&self, steps: Vec<&Step>) -> Vec<Result<Effect>> {
        let mut turn = InTurn::new(steps);
        while turn.has_next() {
            self.next_in_turn(&mut turn).await;
        }
        self.default_at_last(&mut turn).await;
        turn.effects
    }

    async fn next_in_turn(&self, turn: &mut InTurn<'_>) {
        let at = turn.effects.len();
        let Some(step) = turn.steps.get(at).copied() else {
            return;
        };
        let removes = matches!(step.action, Action::RemoveMethod { .. });
        if !removes {
            // What comes behind the removals stands on them.
            self.default_at_last(turn).await;
        }
        let effect = with_leave(step.leave.as_ref(), self.apply_one(step)).await;
        if removes && matches!(&effect, Err(error) if is_default(error)) {
            turn.waiting.push(at);
        }
        turn.effects.push(effect.or_else(lost_answer));
    }

    /// Once more what stayed because it is the default, where others went after it was tried.
    async fn default_at_last(&self, turn: &mut InTurn<'_>) {
        for at in std::mem::take(&mut turn.waiting) {
            let Some(step) = turn.steps.get(at).copied().filter(|_| turn.others_went(at)) else {
                continue;
            };
            let Action::RemoveMethod { method, kind } = &step.action else {
                continue;
            };
            let again = self.remove_method(&step.user, method, *kind, true);
            let effect = with_leave(step.leave.as_ref(), again).await;
            if let Some(place) = turn.effects.get_mut(at) {
                *place = effect.or_else(lost_answer);
            }
        }
    }
}

/// The steps of one person, and how far they have come.
struct InTurn<'a> {
    steps: Vec<&'a Step>,
    effects: Vec<Result<Effect>>,
    /// Places of removals that were refused because the method is the default.
    waiting: Vec<usize>,
}

impl<'a> InTurn<'a> {
    const fn new(steps: Vec<&'a Step>) -> Self {
        Self {
            steps,
            effects: Vec::new(),
            waiting: Vec::new(),
        }
    }

    const fn has_next(&self) -> bool {
        self.effects.len() < self.steps.len()
    }

    /// The steps that have no effect yet.
    fn rest(&self) -> &[&'a Step] {
        self.steps.get(self.effects.len()..).unwrap_or_default()
    }

    /// Whether a removal behind this place was done.
    fn others_went(&self, at: usize) -> bool {
        let mut behind = self.steps.iter().zip(&self.effects).skip(at + 1);
        behind.any(|(step, effect)| {
            matches!(step.action, Action::RemoveMethod { .. })
                && matches!(effect, Ok(effect) if effect.state == EffectState::Done)
        })
    }
}
