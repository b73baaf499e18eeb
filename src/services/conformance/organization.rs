//! The cases that read what holds for everybody: the policy and the report.

use futures::TryStreamExt as _;

use super::reads::{Outcome, ensure};
use super::{Bench, Gated};
use crate::domain::{Action, IdentityService as _, RegistrationRow, ReportQuery, Step, UserId, Without};

pub(super) async fn reads_policy(bench: &Bench) -> Outcome {
    let person = bench.world.add_person(&[]);
    let pilot = bench.world.add_person(&[]);
    bench.world.join(&pilot);
    let policy = bench
        .service
        .policy(None)
        .await
        .map_err(|error| format!("{error:?}"))?;
    bench.world.policy_is_told(&policy)?;
    ensure(
        policy.methods.iter().all(|row| row.allowed_for_user.is_none()),
        "nobody was asked for",
    )?;
    let judged = bench
        .service
        .policy(Some(&person))
        .await
        .map_err(|error| format!("{error:?}"))?;
    ensure(
        judged.methods.iter().all(|row| row.allowed_for_user.is_some()),
        "somebody was asked for, and it is not judged",
    )?;
    let Some(kind) = bench.facts().for_group else {
        return Ok(());
    };
    let allowed = async |user: &UserId| {
        let policy = bench
            .service
            .policy(Some(user))
            .await
            .map_err(|error| format!("{error:?}"))?;
        let row = policy.methods.into_iter().find(|row| row.kind == kind);
        Ok::<_, String>(row.and_then(|row| row.allowed_for_user))
    };
    ensure(
        allowed(&person).await? == Some(false),
        "somebody outside the group",
    )?;
    ensure(allowed(&pilot).await? == Some(true), "somebody in the group")
}

pub(super) async fn reports(bench: &Bench) -> Outcome {
    let facts = bench.facts();
    let with = bench.world.add_person(&facts.registered);
    let without = bench.world.add_person(&facts.unregistered);
    let rows_of = async |service: &Gated, query: ReportQuery| -> Result<Vec<RegistrationRow>, String> {
        service
            .registration(&query)
            .try_collect()
            .await
            .map_err(|error: crate::domain::Error| format!("{error:?}"))
    };
    let rows = |query| rows_of(&bench.service, query);
    let all = rows(ReportQuery::default()).await?;
    let row = all
        .iter()
        .find(|row| row.user.id == with)
        .ok_or("the person is not in the report")?;
    ensure(row.methods == facts.registered, format!("{:?}", row.methods))?;
    ensure(
        row.mfa_registered == Some(true) && !row.admin && row.user.enabled,
        format!("{row:?}"),
    )?;
    let lacking = rows(ReportQuery {
        without: Some(Without::Mfa),
        ..ReportQuery::default()
    })
    .await?;
    ensure(
        lacking.iter().any(|row| row.user.id == without),
        "the one without is not listed",
    )?;
    ensure(
        !lacking.iter().any(|row| row.user.id == with),
        "the one with is listed",
    )?;
    let admins = || ReportQuery {
        admins: true,
        ..ReportQuery::default()
    };
    ensure(
        !rows(admins()).await?.iter().any(|row| row.user.id == with),
        "somebody without rights is listed as an administrator",
    )?;
    ensure(
        rows_of(bench.among_admins(), admins())
            .await?
            .iter()
            .any(|row| row.user.sign_in_name == facts.admin),
        "no administrator is listed",
    )?;
    bench
        .apply(Step::new("j", with.clone(), 0, Action::DisableAccount, vec![]))
        .await
        .map_err(|error| format!("{error:?}"))?;
    ensure(
        !rows(ReportQuery::default())
            .await?
            .iter()
            .any(|row| row.user.id == with),
        "a disabled one is listed",
    )?;
    let disabled = rows(ReportQuery {
        include_disabled: true,
        ..ReportQuery::default()
    })
    .await?;
    ensure(
        disabled
            .iter()
            .any(|row| row.user.id == with && !row.user.enabled),
        "a disabled one is not listed",
    )
}
