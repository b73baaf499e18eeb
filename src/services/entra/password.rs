//! Passwords. A person resets another's through `resetPassword`, which checks on-premises rules too and is polled;
//! an application writes `passwordProfile`. Source: api/entra 1.7.

use std::time::Duration;

use serde_json::json;

use super::EntraService;
use super::error::Family;
use super::graph::{V1, parse, write_of};
use super::wire::{PASSWORD_ID, WireOperation};
use crate::domain::{Effect, Error, ErrorCode, Minted, Result, Secret, Slot, Step, UserId};
use crate::http::{Class, Request, Response, Verb};

/// First and longest pause between two looks at an operation.
const POLL: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// Without letters and digits that are taken for one another when they are read aloud.
const ALPHABETS: [&[u8]; 4] = [
    b"abcdefghjkmnpqrstuvwxyz",
    b"ABCDEFGHJKMNPQRSTUVWXYZ",
    b"23456789",
    b"-_.!+=?#",
];
const LENGTH: usize = 16;

impl EntraService {
    pub(super) async fn set_password(&self, step: &Step, permanent: bool) -> Result<Effect> {
        let Some(password) = step.slots.get(Slot::NewPassword) else {
            return Err(Error::new(ErrorCode::Internal, "the step has no password to set"));
        };
        self.write_password(&step.user, password, permanent).await
    }

    pub(super) async fn generate_password(&self, user: &UserId, permanent: bool) -> Result<Effect> {
        let password = generate()?;
        let mut effect = self.write_password(user, &password, permanent).await?;
        effect.secret = Some(Minted {
            kind: "password",
            value: password,
            uri: None,
            expires_at: None,
        });
        Ok(effect)
    }

    /// Writes this password: sending it twice gives the same state, so a lost answer is no harm.
    async fn write_password(&self, user: &UserId, password: &Secret, permanent: bool) -> Result<Effect> {
        self.refuse_own(user)?;
        // `resetPassword` always asks for another one at next sign-in.
        let response = if self.graph.claims().delegated && !permanent {
            self.reset(user, password).await?
        } else {
            let request = write_of(user, Verb::Patch, Class::Idempotent, "", "/users/{id}").json(json!({
                "passwordProfile": {
                    "password": password.expose(),
                    "forceChangePasswordNextSignIn": !permanent,
                }
            }));
            self.graph.send(&request, Family::Password).await?
        };
        let mut effect = Effect::done();
        if !permanent {
            effect.detail = Some("to be changed at next sign-in".to_owned());
        }
        effect.request_ids.extend(response.request_id);
        Ok(effect)
    }

    async fn reset(&self, user: &UserId, password: &Secret) -> Result<Response> {
        let request = write_of(
            user,
            Verb::Post,
            Class::Idempotent,
            &format!("/authentication/methods/{PASSWORD_ID}/resetPassword"),
            "/users/{id}/authentication/methods/{passwordMethodId}/resetPassword",
        )
        .json(json!({ "newPassword": password.expose() }));
        let response = self.graph.send(&request, Family::Password).await?;
        if let Some(location) = response.header("location") {
            self.follow(location).await?;
        }
        Ok(response)
    }

    /// Looks at an operation until it has ended. The link is kept whole: its query says where the operation runs.
    async fn follow(&self, location: &str) -> Result<()> {
        let root = if location.starts_with("http") { "" } else { V1 };
        let request = Request::get(
            root,
            location,
            "/users/{id}/authentication/operations/{operationId}",
        );
        let pipeline = self.graph.pipeline();
        let deadline = pipeline.now() + pipeline.timeout();
        let (mut pause, longest) = POLL;
        loop {
            let operation: WireOperation = parse(self.graph.send(&request, Family::Password).await?.json()?)?;
            match operation.status.as_deref() {
                Some("succeeded") => return Ok(()),
                Some("failed") => {
                    let why = operation
                        .status_detail
                        .map(|detail| format!(": {detail}"))
                        .unwrap_or_default();
                    return Err(Error::new(
                        ErrorCode::ServiceRefused,
                        format!("the password was not reset{why}"),
                    ));
                }
                _ if pipeline.now() + pause >= deadline => {
                    return Err(
                        Error::new(ErrorCode::OutcomeUnknown, "the reset has not ended yet")
                            .hint("wait a minute, then look whether the new password works"),
                    );
                }
                _ => {
                    pipeline.pause(pause).await;
                    pause = (pause * 2).min(longest);
                }
            }
        }
    }
}

/// A strong password that can be read aloud: all four sorts of characters in it, in random places.
///
/// # Errors
/// `internal`, where the machine gives no random bytes.
fn generate() -> Result<Secret> {
    let everything: Vec<u8> = ALPHABETS.concat();
    let mut password = Vec::with_capacity(LENGTH);
    for alphabet in ALPHABETS {
        password.push(pick(alphabet)?);
    }
    while password.len() < LENGTH {
        password.push(pick(&everything)?);
    }
    for at in (1..password.len()).rev() {
        password.swap(at, below(at + 1)?);
    }
    Ok(Secret::new(
        password.into_iter().map(char::from).collect::<String>(),
    ))
}

fn pick(alphabet: &[u8]) -> Result<u8> {
    Ok(alphabet[below(alphabet.len())?])
}

/// A random number below `limit`, each as likely as the others.
fn below(limit: usize) -> Result<usize> {
    let limit = u32::try_from(limit).unwrap_or(u32::MAX).max(1);
    let fair = u32::MAX - u32::MAX % limit;
    loop {
        let value = getrandom::u32()
            .map_err(|error| Error::new(ErrorCode::Internal, format!("no random bytes: {error}")))?;
        if value < fair {
            return Ok((value % limit) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_password_has_all_sorts_of_characters_and_is_another_each_time() {
        let passwords: Vec<String> = (0..50).map(|_| generate().unwrap().expose().to_owned()).collect();
        for password in &passwords {
            assert_eq!(password.len(), LENGTH);
            for alphabet in ALPHABETS {
                assert!(
                    password.bytes().any(|byte| alphabet.contains(&byte)),
                    "{password}"
                );
            }
        }
        let different: std::collections::HashSet<_> = passwords.iter().collect();
        assert_eq!(different.len(), 50);
    }
}
