//! Every call that the Entra client can make, made against the demo directory.

use std::path::Path;
use std::time::Duration;

use futures::TryStreamExt;
use mfactl::auth::Credential;
use mfactl::domain::{
    Action, ErrorCode, IdentityService, MethodKind, MfaState, NewToken, Parts, PhoneNumber, Purpose,
    ReportQuery, Secret, Slot, Step, TokenHash, User, UserId, UserQuery,
};
use mfactl::server;
use mfactl::services::{ConnectOptions, Gated, connect};

use crate::authenticator;
use crate::exchange::Exchange;

/// Who is behind the token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum As {
    Application,
    Person,
}

/// Makes them against a service that writes down into this folder what goes over the wire.
pub async fn make_every_call(who: As, record: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let mut options = server::Options::new(folder.path().join("directory.db"));
    options.graph_only = true;
    options.in_process = who == As::Person;
    options.record = Some(record.to_owned());
    let running = server::spawn(options).await.unwrap();
    let endpoint = running.endpoint.clone();
    let credential = match (who, endpoint.operator) {
        (As::Person, Some((username, password))) => Credential::Password {
            client_id: endpoint.client_id,
            client_secret: Some(endpoint.client_secret),
            username,
            password,
        },
        (As::Person, None) => panic!("there is no administrator to act as"),
        (As::Application, _) => Credential::ClientSecret {
            client_id: endpoint.client_id,
            secret: endpoint.client_secret,
        },
    };
    let connected = connect(ConnectOptions {
        service: "entra".to_owned(),
        authority: endpoint.authority,
        graph: endpoint.graph,
        tenant: endpoint.tenant,
        credential,
        timeout: Duration::from_secs(60),
        pace: None,
        signing_in: Default::default(),
        network: Default::default(),
        runtime: None,
    })
    .await
    .unwrap();
    let service = connected.service;
    let everyone = read_everything(&service).await;
    change_everything(&service, &everyone).await;
    running.stop().await.unwrap();
}

async fn find(service: &Gated, query: UserQuery) -> Vec<User> {
    service.users(&query).try_collect().await.unwrap()
}

async fn read_everything(service: &Gated) -> Vec<UserId> {
    let people = find(service, UserQuery::Everyone).await;
    assert!(
        people.len() >= 9,
        "the demo directory has {} people",
        people.len()
    );
    let ids: Vec<UserId> = people.iter().map(|user| user.id.clone()).collect();
    find(service, UserQuery::Ids(vec![ids[0].0.clone()])).await;
    let names: Vec<String> = people
        .iter()
        .map(|user| user.sign_in_name.clone())
        .chain(["x@y.example".into()])
        .collect();
    find(service, UserQuery::Ids(names)).await;
    find(service, UserQuery::Search("ad".into())).await;
    find(service, UserQuery::Filter("startswith(displayName,'A')".into())).await;
    for group in [
        "Pilots",
        "Executives",
        "No such group",
        "00000000-0000-4000-8000-000000000000",
    ] {
        let result: Result<Vec<User>, _> = service.users(&UserQuery::Group(group.into())).try_collect().await;
        assert!(result.is_ok_and(|members| members.len() < 1000) || !group.is_empty());
    }
    for info in service.security_info(&ids, Parts::ALL).await {
        info.unwrap();
    }
    service
        .security_info(&ids[..1], Parts::METHODS)
        .await
        .remove(0)
        .unwrap();
    service
        .security_info(&["nobody@contoso.example".into()], Parts::ALL)
        .await
        .remove(0)
        .unwrap_err();
    for privileges in service.privileges(&ids).await {
        privileges.unwrap();
    }
    service.policy(None).await.unwrap();
    service.policy(Some(&ids[0])).await.unwrap();
    let query = ReportQuery {
        include_disabled: true,
        include_guests: true,
        ..ReportQuery::default()
    };
    let rows: Vec<_> = service.registration(&query).try_collect().await.unwrap();
    assert!(rows.len() >= people.len());
    ids
}

async fn apply(service: &Gated, user: &UserId, actions: Vec<Action>) {
    let steps: Vec<Step> = (0..)
        .zip(actions)
        .map(|(seq, action)| {
            let mut step = Step::new("job", user.clone(), seq, action, vec![]);
            step.slots
                .fill(Slot::NewPassword, Secret::new("Correct-Horse-42"));
            step.slots.fill(Slot::Code, Secret::new("000000"));
            step
        })
        .collect();
    for (step, effect) in steps.iter().zip(service.apply(&steps).await) {
        // A refusal is an answer too, and its shape is checked; what must not happen is a misunderstanding.
        if let Err(error) = effect {
            let fine = [
                ErrorCode::ServiceRefused,
                ErrorCode::PolicyRefused,
                ErrorCode::AlreadySet,
                ErrorCode::MethodNotFound,
                ErrorCode::PermissionMissing,
            ];
            assert!(fine.contains(&error.code()), "{:?}: {error:?}", step.action);
        }
    }
}

async fn change_everything(service: &Gated, everyone: &[UserId]) {
    let number = |text: &str| PhoneNumber::parse(text, None).unwrap();
    let own = find(service, UserQuery::Ids(vec!["admin@contoso.example".into()]))
        .await
        .remove(0)
        .id;
    let others: Vec<&UserId> = everyone.iter().filter(|id| **id != own).collect();
    let infos = service.security_info(everyone, Parts::METHODS).await;
    let empty = everyone
        .iter()
        .zip(&infos)
        .find(|(id, info)| **id != own && info.as_ref().unwrap().methods().is_empty());
    let target = empty.map_or(others[0], |(id, _)| id);
    let phone = |kind, text| Action::AddPhone {
        kind,
        number: number(text),
        via: None,
    };
    apply(
        service,
        target,
        vec![
            phone(MethodKind::PhoneMobile, "+1 4255550100"),
            phone(MethodKind::PhoneMobile, "+1 4255550100"),
            phone(MethodKind::PhoneAlternate, "+1 4255550199"),
            phone(MethodKind::PhoneOffice, "+1 4255550142x12"),
            Action::AddEmail {
                address: "a@home.example".into(),
            },
            Action::AddEmail {
                address: "b@home.example".into(),
            },
            Action::AddTemporaryPass {
                lifetime_minutes: None,
                one_time: None,
                start: None,
            },
            Action::AddTemporaryPass {
                lifetime_minutes: Some(30),
                one_time: Some(true),
                start: Some("2030-01-01T00:00:00Z".parse().unwrap()),
            },
        ],
    )
    .await;
    let methods = service
        .security_info(std::slice::from_ref(target), Parts::METHODS)
        .await
        .remove(0)
        .unwrap();
    for method in methods.methods() {
        let (id, kind) = (method.id.clone(), method.kind);
        let action = match kind {
            MethodKind::Email => Action::UpdateEmail {
                method: id.clone(),
                address: "c@home.example".into(),
            },
            kind if kind.is_phone() => Action::UpdatePhone {
                method: id.clone(),
                kind,
                number: number("+1 4255550177"),
            },
            _ => continue,
        };
        apply(
            service,
            target,
            vec![
                action,
                Action::SetDefault {
                    method: id,
                    kind,
                    via: method.via,
                },
            ],
        )
        .await;
    }
    apply(
        service,
        target,
        vec![
            Action::ForgetAllDevices,
            Action::SignOut,
            Action::SetPassword { permanent: false },
            Action::SetPassword { permanent: true },
            Action::GeneratePassword { permanent: false },
        ],
    )
    .await;
    // Everything that anybody has, in the order of lists and then against it: some of it is refused once.
    for round in 0..2 {
        for (user, info) in everyone
            .iter()
            .zip(service.security_info(everyone, Parts::METHODS).await)
        {
            let mut methods = info.unwrap().methods.unwrap();
            if round == 1 {
                methods.reverse();
            }
            let removable = methods.into_iter().filter(|method| method.removable);
            let actions = removable.map(|method| Action::RemoveMethod {
                method: method.id,
                kind: method.kind,
            });
            apply(service, user, actions.collect()).await;
        }
    }
    // Kinds that nobody in the directory has: a method that is gone.
    for kind in MethodKind::ALL {
        let action = Action::RemoveMethod {
            method: "00000000-0000-4000-8000-000000000000".into(),
            kind: *kind,
        };
        let step = Step::new("job", target.clone(), 0, action, vec![]);
        let _ = service.apply(&[step]).await;
    }
    enrol_everything(service, target).await;
    switch_everything(service, target, everyone).await;
}

/// What an administrator registers for somebody: each way, and each way wrong.
async fn enrol_everything(service: &Gated, target: &UserId) {
    let policy = service.policy(None).await.unwrap();
    let provider = policy.methods.iter().find(|row| row.kind == "external").unwrap();
    let external = || Action::AddExternal {
        configuration: provider.limits["id"].as_str().unwrap().to_owned(),
        name: "Fabrikam ID".to_owned(),
    };
    let qr_pin = || Action::AddQrPin { days: Some(30) };
    apply(service, target, vec![external(), external(), qr_pin(), qr_pin()]).await;

    let seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let new = |serial: &str, assign_to| NewToken {
        serial: serial.to_owned(),
        manufacturer: "Contoso".to_owned(),
        model: "C-200".to_owned(),
        interval_s: 30,
        hash: TokenHash::Sha1,
        assign_to,
    };
    for token in [new("9001", None), new("9002", Some(target.clone()))] {
        service
            .add_hardware_token(&token, &Secret::new(seed))
            .await
            .unwrap();
    }
    assert!(service.hardware_tokens().await.unwrap().len() >= 4);
    let give = |serial: &str, activate| Action::AddHardwareToken {
        serial: serial.to_owned(),
        name: None,
        activate,
    };
    // The code in the slot is none of the token's: refused, and looked at.
    apply(service, target, vec![give("9001", false), give("9001", true)]).await;
    let methods = service
        .security_info(std::slice::from_ref(target), Parts::METHODS)
        .await
        .remove(0)
        .unwrap();
    let token = |method: &&mfactl::domain::Method| method.kind == MethodKind::HardwareToken;
    let token = methods.methods().iter().find(token).unwrap().id.clone();
    let challenge = service
        .challenge(target, &token, Purpose::Verify(MethodKind::HardwareToken))
        .await
        .unwrap();
    service.answer(&challenge, Secret::new("000000")).await.unwrap();

    let options = service.passkey_options(target).await.unwrap();
    let response = authenticator::register(&options, &authenticator::Answers::default());
    let name = Some("YubiKey 5C".to_owned());
    let mut step = Step::new("job", target.clone(), 0, Action::AddPasskey { name }, vec![]);
    step.slots
        .fill(Slot::Credential, Secret::new(response.to_string()));
    service.apply(&[step]).await.remove(0).unwrap();
    // What was made is removed by the segment of its type.
    let info = service
        .security_info(std::slice::from_ref(target), Parts::METHODS)
        .await
        .remove(0)
        .unwrap();
    let methods = info.methods.unwrap().into_iter();
    let actions = methods.map(|method| Action::RemoveMethod {
        method: method.id,
        kind: method.kind,
    });
    apply(service, target, actions.collect()).await;
}

/// What may sign in, and per-user MFA.
async fn switch_everything(service: &Gated, target: &UserId, everyone: &[UserId]) {
    let devices = Parts {
        devices: true,
        ..Parts::NONE
    };
    let mut switches: Vec<Action> = Vec::new();
    for info in service.security_info(everyone, devices).await {
        for device in info.unwrap().devices.into_iter().flatten() {
            switches.extend([false, true].map(|enabled| Action::SwitchDevice {
                device: device.id.clone(),
                enabled,
            }));
        }
    }
    assert!(!switches.is_empty(), "nobody has a device");
    switches.extend(MfaState::ALL.map(|state| Action::SetMfaState { state }));
    switches.extend([
        Action::DisableAccount,
        Action::EnableAccount,
        Action::DisableAccount,
    ]);
    apply(service, target, switches).await;
}

/// What is wrong with a call of our client whatever a vendor says.
pub fn unfit(exchange: &Exchange) -> Option<String> {
    let header = |name: &str| exchange.header(name).is_some();
    let line = exchange.line();
    if !exchange.inner && !header("client-request-id") {
        return Some(format!("{line}: no client-request-id"));
    }
    if !exchange.inner && !header("authorization") {
        return Some(format!("{line}: no token"));
    }
    if exchange.inner && header("authorization") {
        return Some(format!("{line}: a token inside a batch"));
    }
    if exchange.request.is_some() && !header("content-type") {
        return Some(format!("{line}: a body without its type"));
    }
    (exchange.status >= 500 && !exchange.disturbed).then(|| format!("{line}: status {}", exchange.status))
}
