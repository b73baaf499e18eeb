//! Seeds of which half is the service's and half the app's: a policy asks for two steps (`totp_2step`, `hotp_2step`).

use super::*;

#[tokio::test]
async fn where_a_policy_asks_for_two_steps_the_service_makes_its_half_and_the_other_is_said_to_be_missing() {
    let uri = "otpauth://totp/TOTP1?secret=JBSWY3DPEHPK3PXP";
    let made = json!({"serial": "TOTP1", "googleurl": {"value": uri}, "rollout_state": "clientwait",
        "2step_difficulty": 10000, "2step_output": 20, "2step_salt": 8});
    let both = "ERR344: [ParameterError] You may either specify genkey or otpkey, but not both!";
    let script = with_anna([refusal(400, 344, both), detailed(json!(true), made)]);
    let action = Action::AddTotp {
        name: Some("Pixel".into()),
    };
    let effect = apply_one(&script, action).await.unwrap();
    assert_eq!(effect.detail.as_deref(), Some("waits for the app"));
    assert!(effect.remains[0].text.contains("second part"));
    let sent = script.requests();
    assert!(sent[1].body["genkey"].is_null() && sent[2].body["otpkey"].is_null());
    assert_eq!(
        (&sent[2].body["genkey"], &sent[2].body["description"]),
        (&json!(1), &json!("Pixel"))
    );
    assert_eq!(sent[2].body["serial"], sent[1].body["serial"]);
}
