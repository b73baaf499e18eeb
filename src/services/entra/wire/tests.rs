//! What becomes of Graph's JSON.

use std::collections::BTreeSet;

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
    // The last two are in Microsoft's own examples, and in no numbering plan.
    for text in ["+1 4255550100x12", "+1 5555551234", "+1 5555551234x123"] {
        let (number, masked) = read_number(Some(text));
        assert_eq!((number.unwrap().spaced().as_str(), masked), (text, None));
    }
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
    let mut found = BTreeSet::new();
    for kind in MethodKind::ALL {
        for via in [None, Some(Via::Sms), Some(Via::Call)] {
            if let Some(preference) = preference_of(*kind, via) {
                assert!(preferred_kinds(preference).contains(kind), "{kind} {preference}");
                found.insert(preference);
            }
        }
    }
    // All that Graph documents, so that none was passed over.
    let all = [
        "oath",
        "push",
        "sms",
        "voiceAlternateMobile",
        "voiceMobile",
        "voiceOffice",
    ];
    assert_eq!(found.into_iter().collect::<Vec<_>>(), all);
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

#[test]
fn every_type_of_the_reference_is_a_kind_and_goes_by_its_segment() {
    let kinds = [
        ("email", MethodKind::Email, "emailMethods"),
        ("fido2", MethodKind::Passkey, "fido2Methods"),
        (
            "microsoftAuthenticator",
            MethodKind::Authenticator,
            "microsoftAuthenticatorMethods",
        ),
        ("softwareOath", MethodKind::Totp, "softwareOathMethods"),
        (
            "temporaryAccessPass",
            MethodKind::TemporaryPass,
            "temporaryAccessPassMethods",
        ),
        (
            "windowsHelloForBusiness",
            MethodKind::WindowsHello,
            "windowsHelloForBusinessMethods",
        ),
        (
            "platformCredential",
            MethodKind::PlatformKey,
            "platformCredentialMethods",
        ),
        ("external", MethodKind::External, "externalAuthenticationMethods"),
        ("hardwareOath", MethodKind::HardwareToken, "hardwareOathMethods"),
        ("qrCodePin", MethodKind::QrPin, "qrCodePinMethod"),
    ];
    for (ty, kind, segment) in kinds {
        let odata = format!("#microsoft.graph.{ty}AuthenticationMethod");
        let found = method(json!({"@odata.type": odata, "id": "m"})).unwrap();
        assert_eq!((found.kind, found.removable), (kind, true), "{ty}");
        assert_eq!(found.service_type, format!("{ty}AuthenticationMethod"));
        assert_eq!(segment_of(kind).unwrap().1, segment);
    }
    for (phone, kind) in [
        ("mobile", MethodKind::PhoneMobile),
        ("alternateMobile", MethodKind::PhoneAlternate),
        ("office", MethodKind::PhoneOffice),
    ] {
        let value = json!({"@odata.type": "#microsoft.graph.phoneAuthenticationMethod", "id": "p", "phoneType": phone});
        assert_eq!(method(value).unwrap().kind, kind);
    }
    // A certificate is listed and there is no call that removes it.
    let certificate =
        json!({"@odata.type": "#microsoft.graph.x509CertificateAuthenticationMethod", "id": "c"});
    let certificate = method(certificate).unwrap();
    assert_eq!(
        (certificate.kind, certificate.removable),
        (MethodKind::Certificate, false)
    );
}

#[test]
fn a_token_says_whether_it_waits_for_its_code() {
    let state = |status: &str| {
        let device = json!({"serialNumber": "2309", "status": status});
        let value = json!({"@odata.type": "#microsoft.graph.hardwareOathAuthenticationMethod", "id": "t", "device": device});
        let method = method(value).unwrap();
        assert_eq!(method.name.as_deref(), Some("2309"));
        method.state
    };
    assert_eq!(state("activated"), MethodState::Ready);
    assert_eq!(state("assigned"), MethodState::Pending);
    assert_eq!(state("failedActivation"), MethodState::Blocked);
    assert_eq!(state("somethingNew"), MethodState::Ready);
}
