//! Accounts, devices and per-user MFA, switched on and off.

use super::{apply_one, refused, service, step};
use crate::domain::{Action, ErrorCode, MfaState};
use crate::http::testing::{Script, answer};

#[tokio::test]
async fn accounts_devices_and_per_user_mfa_are_switched_where_graph_has_them() {
    let script = Script::answering(|_| answer(204, ""));
    let service = service(&script);
    for action in [
        Action::DisableAccount,
        Action::EnableAccount,
        Action::SwitchDevice {
            device: "d/1".into(),
            enabled: false,
        },
        Action::SetMfaState {
            state: MfaState::Enforced,
        },
    ] {
        apply_one(&service, step(action)).await.unwrap();
    }
    let sent: Vec<String> = script
        .requests()
        .iter()
        .map(|sent| format!("{} {}", sent.line, sent.body))
        .collect();
    assert_eq!(
        sent,
        [
            r#"PATCH /v1.0/users/u1 {"accountEnabled":false}"#,
            r#"PATCH /v1.0/users/u1 {"accountEnabled":true}"#,
            r#"PATCH /v1.0/devices/d%2F1 {"accountEnabled":false}"#,
            r#"PATCH /beta/users/u1/authentication/requirements {"perUserMfaState":"enforced"}"#,
        ]
    );
}

#[tokio::test]
async fn a_device_that_is_gone_is_no_person_who_is_gone() {
    let script = Script::new([answer(404, &refused(404, "Request_ResourceNotFound", "x"))]);
    let gone = Action::SwitchDevice {
        device: "d".into(),
        enabled: true,
    };
    let error = apply_one(&service(&script), step(gone)).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::DeviceNotFound);
}
