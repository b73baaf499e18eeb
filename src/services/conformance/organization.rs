//! The cases that read what holds for everybody: the policy and the report.

use futures::TryStreamExt as _;

use super::Bench;
use super::reads::{Outcome, ensure};
use crate::domain::{
    Action, Capability, IdentityService as _, MethodKind, PolicyUse, RegistrationRow, ReportQuery, Step,
    UserId, Without,
};

pub(super) async fn reads_policy(bench: &Bench) -> Outcome {
    let person = bench.directory.add_person(&[]);
    let pilot = bench.directory.add_person(&[]);
    bench.directory.join(&pilot);
    let policy = bench
        .service
        .policy(None)
        .await
        .map_err(|error| format!("{error:?}"))?;
    let row = |kind: &str| {
        policy
            .methods
            .iter()
            .find(|row| row.kind == kind)
            .ok_or(format!("no row for {kind}"))
    };
    ensure(
        row("phone, text")?.purpose == PolicyUse::SignIn,
        "texts are not for sign-in",
    )?;
    ensure(row("email")?.purpose == PolicyUse::Reset, "mail is not for reset")?;
    ensure(row("qr-pin")?.purpose == PolicyUse::Off, "what is off is not off")?;
    ensure(
        row("passkey")?.targets[0].name.as_deref() == Some("Pilots"),
        "the group is not named",
    )?;
    ensure(
        row("temporary-pass")?.limits["max_lifetime_minutes"] == 480,
        "the pass has no limit",
    )?;
    ensure(
        row("phone, call")?.limits["office_phone"] == true,
        "office phones are not told",
    )?;
    ensure(row("passkey")?.allowed_for_user.is_none(), "nobody was asked for")?;
    let passkeys = async |user: &UserId| {
        let policy = bench
            .service
            .policy(Some(user))
            .await
            .map_err(|error| format!("{error:?}"))?;
        let row = policy.methods.into_iter().find(|row| row.kind == "passkey");
        Ok::<_, String>(row.and_then(|row| row.allowed_for_user))
    };
    ensure(
        passkeys(&person).await? == Some(false),
        "somebody outside the group",
    )?;
    ensure(passkeys(&pilot).await? == Some(true), "somebody in the group")?;
    if bench.declares(Capability::ListRemembered) {
        ensure(
            policy
                .remembered_devices
                .is_some_and(|policy| policy.days == Some(14)),
            "days are not told",
        )?;
        ensure(
            policy
                .registration
                .is_some_and(|policy| policy.postpone_days == Some(14)),
            "postponing is not told",
        )?;
        ensure(
            policy.app_passwords.is_some_and(|policy| policy.allowed),
            "app passwords are not told",
        )?;
        ensure(policy.questions.len() == 4, "questions are not told")?;
    }
    Ok(())
}

pub(super) async fn reports(bench: &Bench) -> Outcome {
    let with = bench
        .directory
        .add_person(&[MethodKind::PhoneMobile, MethodKind::Email]);
    let without = bench.directory.add_person(&[MethodKind::Email]);
    let rows = async |query: ReportQuery| -> Result<Vec<RegistrationRow>, String> {
        bench
            .service
            .registration(&query)
            .try_collect()
            .await
            .map_err(|error: crate::domain::Error| format!("{error:?}"))
    };
    let all = rows(ReportQuery::default()).await?;
    let row = all
        .iter()
        .find(|row| row.user.id == with)
        .ok_or("the person is not in the report")?;
    ensure(
        row.methods == [MethodKind::PhoneMobile, MethodKind::Email],
        format!("{:?}", row.methods),
    )?;
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
    let admins = rows(ReportQuery {
        admins: true,
        ..ReportQuery::default()
    })
    .await?;
    ensure(
        admins
            .iter()
            .any(|row| row.user.sign_in_name.starts_with("admin@")),
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
