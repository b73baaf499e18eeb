//! What becomes of Graph's JSON.

use serde_json::json;

use super::*;

fn method(value: serde_json::Value) -> Option<Method> {
    serde_json::from_value::<WireMethod>(value).unwrap().into_method()
}

#[test]
fn a_masked_number_is_shown_and_never_taken_for_a_number() {
    for text in ["+1 XXXXXXXX00", "+1 ********00", "+1 xxxxxxxx00"] {
        let (number, masked) = read_number(Some(text));
        assert_eq!((number, masked.as_deref()), (None, Some(text)));
    }
    assert!(read_number(Some("+1 4255550100x12")).0.is_some());
}

#[test]
fn a_type_that_nobody_knows_is_shown_and_not_changed() {
    let unknown = method(json!({"@odata.type": "#microsoft.graph.telepathyAuthenticationMethod", "id": "t"}));
    let unknown = unknown.unwrap();
    assert_eq!((unknown.kind, unknown.removable), (MethodKind::Unknown, false));
    assert_eq!(unknown.service_type, "telepathyAuthenticationMethod");
    assert_eq!(
        method(json!({"@odata.type": "#microsoft.graph.passwordAuthenticationMethod", "id": "p"})),
        None
    );
}

#[test]
fn every_kind_that_can_be_default_is_found_again_from_its_preference() {
    for kind in MethodKind::ALL {
        for via in [None, Some(Via::Sms), Some(Via::Call)] {
            if let Some(preference) = preference_of(*kind, via) {
                assert!(preferred_kinds(preference).contains(kind), "{kind} {preference}");
            }
        }
    }
}

#[test]
fn a_pass_says_whether_it_can_be_used() {
    let state = |usable: bool, reason: &str| {
        method(
            json!({"@odata.type": "#microsoft.graph.temporaryAccessPassAuthenticationMethod", "id": "t",
            "isUsable": usable, "methodUsabilityReason": reason}),
        )
        .unwrap()
        .state
    };
    assert_eq!(state(true, "EnabledByPolicy"), MethodState::Ready);
    assert_eq!(state(false, "Expired"), MethodState::Expired);
    assert_eq!(state(false, "OneTimeUsed"), MethodState::Expired);
    assert_eq!(state(false, "NotYetValid"), MethodState::Pending);
    assert_eq!(state(false, "DisabledByPolicy"), MethodState::Disabled);
}
