//! The order of work: steps of one person one after the other, people side by side.

use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream;

use crate::domain::{Action, Effect, EffectState, Error, ErrorCode, Result, Step, UserId};
use crate::http::with_leave;

/// Effects with the places of their steps.
type Placed = Vec<(usize, Result<Effect>)>;

/// An answer for each, in their order; so many are worked on side by side.
pub(crate) async fn of_each<'a, T, R>(
    all: impl IntoIterator<Item = T>,
    side_by_side: usize,
    work: impl Fn(T) -> BoxFuture<'a, R>,
) -> Vec<R> {
    // Boxed one by one: a closure over borrowed futures is not general enough for the compiler.
    let work: Vec<BoxFuture<'a, R>> = all.into_iter().map(work).collect();
    stream::iter(work).buffered(side_by_side.max(1)).collect().await
}

/// What a service answers to an action that it does not have. The gate refuses those first; a service never pretends,
/// whoever calls it.
pub(crate) fn not_here(action: &Action) -> Error {
    Error::new(ErrorCode::Unsupported, format!("cannot {}", action.needs()))
}

/// Runs every step with `run`; answers stand where their steps stood. Each write asks the leave of its step. One whose answer was lost comes back as an
/// effect that says so.
pub(crate) async fn apply_by_person<'a>(
    steps: &'a [Step],
    side_by_side: usize,
    run: impl Fn(&'a Step) -> BoxFuture<'a, Result<Effect>> + Send + Sync,
) -> Vec<Result<Effect>> {
    let run = &run;
    by_person(steps, side_by_side, |of_one| {
        Box::pin(async move {
            let mut effects = Vec::with_capacity(of_one.len());
            for step in of_one {
                let effect = with_leave(step.leave.as_ref(), run(step)).await;
                effects.push(effect.or_else(lost_answer));
            }
            effects
        })
    })
    .await
}

/// Runs the steps of each person with `run`, which gives an answer for each in their order; answers stand where their steps stood.
pub(crate) async fn by_person<'a, 'b>(
    steps: &'a [Step],
    side_by_side: usize,
    run: impl Fn(Vec<&'a Step>) -> BoxFuture<'b, Vec<Result<Effect>>>,
) -> Vec<Result<Effect>> {
    let mut people: Vec<(&UserId, Vec<usize>)> = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        match people.iter_mut().find(|(user, _)| **user == step.user) {
            Some((_, places)) => places.push(at),
            None => people.push((&step.user, vec![at])),
        }
    }
    let all = people.into_iter().map(|(_, places)| {
        let of_one = run(places.iter().map(|at| &steps[*at]).collect());
        (places, of_one)
    });
    // Boxed one by one: a closure over borrowed futures is not general enough for the compiler.
    let mut work: Vec<BoxFuture<'_, Placed>> = Vec::new();
    for (places, of_one) in all {
        work.push(Box::pin(
            async move { places.into_iter().zip(of_one.await).collect() },
        ));
    }
    let mut answers: Vec<Option<Result<Effect>>> = steps.iter().map(|_| None).collect();
    let mut finished = stream::iter(work).buffer_unordered(side_by_side.max(1));
    while let Some(effects) = finished.next().await {
        for (at, effect) in effects {
            answers[at] = Some(effect);
        }
    }
    answers
        .into_iter()
        .map(|answer| answer.unwrap_or_else(|| Err(Error::new(ErrorCode::Internal, "a step was not run"))))
        .collect()
}

/// A write whose answer was lost is no failure: somebody has to look.
pub(crate) fn lost_answer(error: Error) -> Result<Effect> {
    if error.code() != ErrorCode::OutcomeUnknown {
        return Err(error);
    }
    let mut effect = Effect::of(EffectState::Unknown).detail(error.message());
    effect.request_ids.extend(error.to_body().request_id);
    Ok(effect)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::domain::Action;

    #[tokio::test]
    async fn steps_of_one_person_run_in_order_and_answers_stand_in_their_places() {
        let users = ["a", "b", "a", "c", "b", "a"];
        let steps: Vec<_> = (0..)
            .zip(users)
            .map(|(seq, user)| Step::new("j", user.into(), seq, Action::SignOut, vec![]))
            .collect();
        let seen = Mutex::new(Vec::new());
        let effects = apply_by_person(&steps, 4, |step| {
            let seen = &seen;
            Box::pin(async move {
                tokio::task::yield_now().await;
                seen.lock().unwrap().push((step.user.0.clone(), step.seq));
                match step.seq {
                    3 => Err(Error::new(ErrorCode::OutcomeUnknown, "no answer")),
                    4 => Err(Error::new(ErrorCode::Unavailable, "down")),
                    seq => Ok(Effect::done().detail(seq.to_string())),
                }
            })
        })
        .await;
        let of = |user: &str| -> Vec<u16> {
            seen.lock()
                .unwrap()
                .iter()
                .filter(|(name, _)| name == user)
                .map(|(_, seq)| *seq)
                .collect()
        };
        assert_eq!((of("a"), of("b")), (vec![0, 2, 5], vec![1, 4]));
        assert_eq!(effects[5].as_ref().unwrap().detail.as_deref(), Some("5"));
        assert_eq!(effects[3].as_ref().unwrap().state, EffectState::Unknown);
        assert!(effects[4].is_err());
    }
}
