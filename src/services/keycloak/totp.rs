//! An authenticator enrolled for a person: the seed is made here, and Keycloak takes it as it is. It counts at once, and
//! no call checks a code of it (api/keycloak 5).

use serde_json::json;
use totp_rs::{Algorithm, Builder, Secret as Seed};

use super::KeycloakService;
use super::error::Area;
use super::methods::{check_name, taken};
use super::wire::{CONFIGURE_TOTP, OTP, WireCredential, WireRealm};
use crate::domain::{Effect, Error, ErrorCode, MethodId, Minted, Notice, Result, Secret, UserId};
use crate::http::{Class, Verb};

/// The length of a seed, in bytes: that of the hash that most apps use (RFC 4226, 4).
const SEED: usize = 20;
/// How often it is sent again where no answer came and nothing stands there.
const RESENDS: usize = 2;
/// The name that it gets where nobody gives one.
const NAME: &str = "Authenticator";

/// How codes are made, as the realm says; who may not see that takes what a realm begins with.
struct Settings {
    algorithm: &'static str,
    hash: Algorithm,
    digits: u8,
    period: u64,
}

impl Settings {
    fn of(realm: &WireRealm) -> Self {
        let (algorithm, hash) = match realm.otp_policy_algorithm.as_deref() {
            Some("HmacSHA256") => ("HmacSHA256", Algorithm::SHA256),
            Some("HmacSHA512") => ("HmacSHA512", Algorithm::SHA512),
            _ => ("HmacSHA1", Algorithm::SHA1),
        };
        let digits = realm
            .otp_policy_digits
            .and_then(|digits| u8::try_from(digits).ok());
        Self {
            algorithm,
            hash,
            digits: digits.filter(|digits| (6..=8).contains(digits)).unwrap_or(6),
            period: realm.otp_policy_period.filter(|period| *period > 0).unwrap_or(30),
        }
    }
}

impl KeycloakService {
    pub(super) async fn add_totp(&self, user: &UserId, name: Option<&str>) -> Result<Effect> {
        let (person, before, realm) =
            futures::try_join!(self.person(user), self.credentials(user), self.admin.settings())?;
        let label = label(name, &before)?;
        let settings = Settings::of(realm);
        let issuer = realm
            .display_name
            .as_deref()
            .filter(|name| !name.trim().is_empty());
        let account = person.username.as_deref().unwrap_or(&user.0);
        let (seed, uri) = make(&settings, issuer.unwrap_or(self.admin.realm()), account)?;
        // Only this one key is written: the service appends, and leaves everything else alone.
        let request = self
            .admin
            .write_of(user, Verb::Put, Class::ReadBackFirst, "", "/{realm}/users/{id}")
            .json(json!({ "credentials": [{
                "type": OTP,
                "userLabel": label,
                "secretData": json!({ "value": seed.expose() }).to_string(),
                "credentialData": json!({
                    "subType": "totp",
                    "digits": settings.digits,
                    "counter": 0,
                    "period": settings.period,
                    "algorithm": settings.algorithm,
                    "secretEncoding": "BASE32",
                })
                .to_string(),
            }] }));
        let mut effect = Effect::done();
        let mut resends = RESENDS;
        let created = loop {
            let sent = self.admin.send(&request, Area::People).await;
            let error = match sent {
                Ok(response) => {
                    effect.request_ids.extend(response.request_id);
                    None
                }
                Err(error) if error.code() == ErrorCode::AlreadySet => return Err(taken(&label)),
                Err(error) if error.code() == ErrorCode::OutcomeUnknown => Some(error),
                Err(error) => return Err(error),
            };
            // A type that it does not like is taken with a 204 and not stored: only looking tells.
            let made = self.made(user, &before, &label).await;
            match (made, error) {
                (Ok(Some(id)), _) => break id,
                (Ok(None), Some(_)) if resends > 0 => resends -= 1,
                (_, Some(error)) | (Err(error), None) => return Err(error),
                (Ok(None), None) => {
                    return Err(Error::new(
                        ErrorCode::Incomplete,
                        "the service took the authenticator and did not store it",
                    ));
                }
            }
        };
        effect.created = Some(created);
        effect.secret = Some(Minted {
            kind: "totp",
            value: seed,
            uri: Some(uri),
            expires_at: None,
        });
        let pending = person.required_actions.unwrap_or_default();
        if pending.iter().any(|action| action == CONFIGURE_TOTP) {
            effect.remains.push(Notice {
                text: "the next sign-in still asks for another authenticator, as was required before"
                    .to_owned(),
                url: None,
            });
        }
        Ok(effect)
    }

    /// The one that was not there before and has this name.
    async fn made(&self, user: &UserId, before: &[WireCredential], label: &str) -> Result<Option<MethodId>> {
        let now = self.credentials(user).await?;
        let new = |credential: &WireCredential| {
            credential.kind == OTP
                && credential.user_label.as_deref() == Some(label)
                && !before.iter().any(|old| old.id == credential.id)
        };
        Ok(now
            .into_iter()
            .find(new)
            .map(|credential| MethodId(credential.id)))
    }
}

/// The name of the new one: as it was given, else one that nobody has yet. Names are unique per person and type.
fn label(name: Option<&str>, there: &[WireCredential]) -> Result<String> {
    let is_taken = |name: &str| {
        there
            .iter()
            .any(|other| other.kind == OTP && other.user_label.as_deref() == Some(name))
    };
    if let Some(name) = name {
        check_name(name)?;
        return if is_taken(name) {
            Err(taken(name))
        } else {
            Ok(name.to_owned())
        };
    }
    let numbered = (2..).map(|number| format!("{NAME} {number}"));
    let free = std::iter::once(NAME.to_owned())
        .chain(numbered)
        .find(|name| !is_taken(name));
    Ok(free.unwrap_or_else(|| NAME.to_owned()))
}

/// A new seed in base 32, and the link that apps read.
fn make(settings: &Settings, issuer: &str, account: &str) -> Result<(Secret, Secret)> {
    let internal = |error: &dyn std::fmt::Display| {
        Error::new(ErrorCode::Internal, format!("no seed could be made: {error}"))
    };
    let mut bytes = [0_u8; SEED];
    getrandom::fill(&mut bytes).map_err(|error| internal(&error))?;
    let seed = Seed::new_stack(bytes);
    let text = Secret::new(seed.to_base32());
    // A colon parts issuer from account in the link, so that neither can hold one.
    let uri = Builder::new()
        .with_secret(seed)
        .with_algorithm(settings.hash)
        .with_digits(settings.digits)
        .with_step_duration(settings.period)
        .with_issuer(Some(issuer.replace(':', " ")))
        .with_account_name(account.replace(':', " "))
        .build()
        .and_then(|totp| totp.to_url())
        .map_err(|error| internal(&error))?;
    Ok((text, Secret::new(uri)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there(labels: &[&str]) -> Vec<WireCredential> {
        labels
            .iter()
            .map(|label| WireCredential {
                kind: OTP.to_owned(),
                user_label: Some((*label).to_owned()),
                ..WireCredential::default()
            })
            .collect()
    }

    #[test]
    fn a_name_is_given_once() {
        assert_eq!(label(None, &there(&[])).unwrap(), "Authenticator");
        assert_eq!(
            label(None, &there(&["Authenticator", "Authenticator 2"])).unwrap(),
            "Authenticator 3"
        );
        assert_eq!(label(Some("Pixel"), &there(&["iPhone"])).unwrap(), "Pixel");
        assert_eq!(
            label(Some("Pixel"), &there(&["Pixel"])).unwrap_err().code(),
            ErrorCode::AlreadySet
        );
        for bad in [" ".to_owned(), "x".repeat(300)] {
            assert_eq!(
                label(Some(&bad), &[]).unwrap_err().code(),
                ErrorCode::InvalidInput
            );
        }
    }

    #[test]
    fn the_link_says_what_the_realm_says() {
        let settings = Settings::of(&WireRealm {
            otp_policy_algorithm: Some("HmacSHA256".into()),
            otp_policy_digits: Some(8),
            otp_policy_period: Some(60),
            ..WireRealm::default()
        });
        let (seed, uri) = make(&settings, "Staff: NL", "alice").unwrap();
        let uri = uri.expose().replace(seed.expose(), "SEED");
        insta::assert_snapshot!(uri, @"otpauth://totp/Staff%20%20NL:alice?secret=SEED&digits=8&algorithm=SHA256&issuer=Staff%20%20NL&period=60");
    }
}
