//! The people of the examples, with what they sign in with, and the moment at which all of it happens.

use jiff::Timestamp;

use crate::domain::{
    AppPassword, Clock, Device, DeviceKind, Method, MethodKind, PhoneNumber, SecurityInfo, Sessions, User,
    Via,
};

pub(crate) struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        "2026-12-08T08:55:00Z".parse().unwrap()
    }
}

pub(crate) fn number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text, None).unwrap()
}

pub(crate) fn user(name: &str, display: &str) -> User {
    User {
        id: format!("id-{name}").into(),
        sign_in_name: format!("{name}@contoso.example"),
        display_name: Some(display.to_owned()),
        mail: Some(format!("{name}.mail@contoso.example")),
        enabled: true,
        guest: false,
        synced: None,
        last_sign_in_at: None,
    }
}

pub(crate) fn method(id: &str, kind: MethodKind) -> Method {
    let mut method = Method::new(id, kind, "");
    method.default = Some(false);
    method.can_be_default = kind.is_phone()
        || matches!(
            kind,
            MethodKind::Authenticator | MethodKind::Totp | MethodKind::HardwareToken
        );
    method
}

/// The person of the examples: her phone is lost.
pub(crate) fn adele() -> (User, SecurityInfo) {
    let mut app = method("a1b2c3d4", MethodKind::Authenticator);
    app.name = Some("iPhone 14".into());
    let mut mobile = method("3179e48a", MethodKind::PhoneMobile);
    mobile.number = Some(number("+1 4255550100"));
    mobile.default = Some(true);
    let mut alternate = method("b6332ec1", MethodKind::PhoneAlternate);
    alternate.number = Some(number("+1 4255550199"));
    alternate.via = Some(Via::Call);
    let mut email = method("3ddfcfc8", MethodKind::Email);
    email.address = Some("adele@home.example".into());
    let device = |id: &str, kind, name: &str| Device {
        id: id.into(),
        kind,
        name: Some(name.into()),
        os: None,
        browser: None,
        enabled: None,
        created_at: None,
        last_used_at: None,
        trusted_until: None,
    };
    let app_password = |id: &str, name: &str, used: bool| AppPassword {
        id: id.into(),
        name: name.into(),
        created_at: None,
        last_used_at: used.then(|| Still.now()),
    };
    let info = SecurityInfo {
        methods: Some(vec![app, mobile, alternate, email]),
        devices: Some(vec![
            device("91ac0000", DeviceKind::Remembered, "LAPTOP-ADELE"),
            device("0b7e0000", DeviceKind::Registered, "iPhone 14"),
        ]),
        sessions: Some(Sessions {
            count: 4,
            newest_at: None,
        }),
        app_passwords: Some(vec![
            app_password("ap1", "Outlook 2013", true),
            app_password("ap2", "iPhone Mail", false),
        ]),
        ..SecurityInfo::default()
    };
    (user("adele", "Adele Vance"), info)
}
