//! The kinds of authentication method, in the field's own words. Vendor spellings live in each service's `wire.rs`.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $text:literal),+ $(,)?) => {
        /// What sort of authentication method it is; printed, parsed and serialized as in `methods list`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        pub enum MethodKind {
            $($(#[$doc])* #[serde(rename = $text)] $variant,)+
        }

        impl MethodKind {
            /// Every kind, in the order in which lists show them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The kind as it is printed and typed, such as `phone:mobile`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

kinds! {
    /// The account's password. Never listed among the methods, and no removal means it.
    Password = "password",
    /// Approves a notification in an authenticator app.
    Authenticator = "authenticator",
    /// Types a generated code (RFC 6238).
    Totp = "totp",
    /// Types a counter code (RFC 4226).
    Hotp = "hotp",
    /// Approves a push of an app that is not Microsoft Authenticator.
    Push = "push",
    /// The primary mobile number.
    PhoneMobile = "phone:mobile",
    /// The secondary number.
    PhoneAlternate = "phone:alternate",
    /// The office number, which may carry an extension.
    PhoneOffice = "phone:office",
    /// An address for password reset.
    Email = "email",
    /// A passkey (FIDO2).
    Passkey = "passkey",
    /// A roaming security key that the service tells apart from passkeys.
    SecurityKey = "security-key",
    /// Windows Hello for Business.
    WindowsHello = "windows-hello",
    /// A key of the platform, such as macOS Platform SSO.
    PlatformKey = "platform-key",
    /// A hardware token that shows codes.
    HardwareToken = "hardware-token",
    /// A temporary access pass.
    TemporaryPass = "temporary-pass",
    /// Security questions, for password reset.
    Questions = "questions",
    /// One-time backup codes.
    BackupCodes = "backup-codes",
    /// A method that another provider checks.
    External = "external",
    /// A QR code with a PIN.
    QrPin = "qr-pin",
    /// A client certificate.
    Certificate = "certificate",
    /// Something this program has no word for: shown, and changed only where the service takes anything by its id.
    Unknown = "unknown",
}

impl MethodKind {
    /// Whether the method is, by its kind, on the person's phone, and so lost with it. An app counts codes as it times them.
    pub const fn on_phone(self) -> bool {
        matches!(
            self,
            Self::Authenticator | Self::Totp | Self::Hotp | Self::Push | Self::PhoneMobile
        )
    }

    /// Whether it signs in with a key that is bound to the site, so that nobody can be talked out of it (NIST SP 800-63B-4,
    /// 3.2.5).
    pub const fn resists_phishing(self) -> bool {
        matches!(
            self,
            Self::Passkey | Self::SecurityKey | Self::WindowsHello | Self::PlatformKey | Self::Certificate
        )
    }

    /// Whether it is one of the three phone numbers.
    pub const fn is_phone(self) -> bool {
        matches!(self, Self::PhoneMobile | Self::PhoneAlternate | Self::PhoneOffice)
    }

    /// Whether it serves password reset only and never a sign-in.
    pub const fn reset_only(self) -> bool {
        matches!(self, Self::Email | Self::Questions)
    }

    /// The kinds that a word stands for: a kind, or a family such as `phone`.
    pub fn kinds(text: &str) -> Option<&'static [Self]> {
        if let Some(family) = Self::family(text) {
            return Some(family);
        }
        let kind: Self = text.parse().ok()?;
        Self::ALL
            .iter()
            .find(|one| **one == kind)
            .map(std::slice::from_ref)
    }

    /// The word that stands for a family of kinds: `phone` for all three numbers.
    pub fn family(text: &str) -> Option<&'static [Self]> {
        text.eq_ignore_ascii_case("phone").then_some(&[
            Self::PhoneMobile,
            Self::PhoneAlternate,
            Self::PhoneOffice,
        ])
    }
}

impl fmt::Display for MethodKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text is none of the kinds.
#[derive(Debug, thiserror::Error)]
#[error("\"{0}\" is not a kind of method")]
pub struct UnknownKind(pub String);

impl FromStr for MethodKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL
            .iter()
            .copied()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownKind(text.to_owned()))
    }
}
