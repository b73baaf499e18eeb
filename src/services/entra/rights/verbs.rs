//! Every verb with the calls that it makes: what the table of rights is asked about.

use super::super::error::Family;
use crate::domain::Weight;
use crate::http::Verb;

/// A verb with the calls that it makes.
pub(in super::super) struct Wanted {
    pub(super) verb: &'static str,
    pub(super) weight: Weight,
    pub(super) calls: &'static [(Family, Verb)],
}

const fn of(verb: &'static str, weight: Weight, calls: &'static [(Family, Verb)]) -> Wanted {
    Wanted { verb, weight, calls }
}

/// Every verb that sends something, in the order in which it is told.
pub(in super::super) const VERBS: &[Wanted] = &[
    of("user search", Weight::Always, &[(Family::Users, Verb::Get)]),
    of(
        "user show",
        Weight::Always,
        &[(Family::Users, Verb::Get), (Family::Methods, Verb::Get)],
    ),
    of("methods list", Weight::Always, &[(Family::Methods, Verb::Get)]),
    of("devices list", Weight::More, &[(Family::Devices, Verb::Get)]),
    of("policy show", Weight::More, &[(Family::Policy, Verb::Get)]),
    of(
        "report registration",
        Weight::More,
        &[(Family::Report, Verb::Get), (Family::Users, Verb::Get)],
    ),
    of("--group", Weight::More, &[(Family::Groups, Verb::Get)]),
    of(
        "privileged people, for guards",
        Weight::More,
        &[(Family::Roles, Verb::Get)],
    ),
    of(
        "per-user MFA, shown",
        Weight::More,
        &[(Family::Requirements, Verb::Get)],
    ),
    of(
        "user reset",
        Weight::Changes,
        &[
            (Family::Methods, Verb::Delete),
            (Family::Pass, Verb::Post),
            (Family::Sessions, Verb::Post),
        ],
    ),
    of(
        "methods remove",
        Weight::Changes,
        &[(Family::Methods, Verb::Delete)],
    ),
    of("methods add phone", Weight::More, &[(Family::Phone, Verb::Post)]),
    of("methods add email", Weight::More, &[(Family::Email, Verb::Post)]),
    of(
        "methods add temporary-pass",
        Weight::More,
        &[(Family::Pass, Verb::Post)],
    ),
    of(
        "methods add passkey",
        Weight::More,
        &[(Family::Passkey, Verb::Post)],
    ),
    of(
        "methods add external",
        Weight::More,
        &[(Family::External, Verb::Post)],
    ),
    of(
        "methods add hardware-token",
        Weight::More,
        &[(Family::Hardware, Verb::Post), (Family::Inventory, Verb::Get)],
    ),
    of("methods add qr-pin", Weight::More, &[(Family::Qr, Verb::Put)]),
    of(
        "hardware-tokens list",
        Weight::More,
        &[(Family::Inventory, Verb::Get)],
    ),
    of(
        "hardware-tokens import",
        Weight::More,
        &[(Family::Inventory, Verb::Post)],
    ),
    of(
        "methods set-default",
        Weight::More,
        &[(Family::Preferences, Verb::Patch)],
    ),
    of(
        "user sign-out",
        Weight::Changes,
        &[(Family::Sessions, Verb::Post)],
    ),
    of(
        "user reset-password",
        Weight::More,
        &[(Family::Password, Verb::Post)],
    ),
    of(
        "user disable, enable",
        Weight::More,
        &[(Family::Account, Verb::Patch)],
    ),
    of(
        "user set-mfa-state",
        Weight::More,
        &[(Family::Requirements, Verb::Patch)],
    ),
    of(
        "devices disable, enable",
        Weight::More,
        &[(Family::Device, Verb::Patch)],
    ),
];

/// What the embedded service has besides.
pub(super) const EXTENSIONS: &[Wanted] = &[
    of(
        "app-passwords list, reset",
        Weight::More,
        &[(Family::Extensions, Verb::Get)],
    ),
    of(
        "devices forget",
        Weight::More,
        &[(Family::Extensions, Verb::Delete)],
    ),
    of(
        "methods add totp, questions",
        Weight::More,
        &[(Family::Extensions, Verb::Post)],
    ),
    of(
        "user check-caller",
        Weight::More,
        &[(Family::Extensions, Verb::Post)],
    ),
];
