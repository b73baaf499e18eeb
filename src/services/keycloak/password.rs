//! Passwords, made to the realm's own policy. Keycloak makes none itself (api/keycloak 5).

use serde_json::json;

use super::KeycloakService;
use super::error::Area;
use crate::domain::{Effect, Error, ErrorCode, Minted, Result, Secret, Step, UserId};
use crate::http::{Class, Verb};
use crate::services::password::{Rules, generate};

/// How often another one is made where the realm says what it lacks.
const TRIES: usize = 5;

impl KeycloakService {
    pub(super) async fn set_password(&self, step: &Step, permanent: bool) -> Result<Effect> {
        self.write_password(&step.user, step.new_password()?, permanent)
            .await
    }

    pub(super) async fn generate_password(&self, user: &UserId, permanent: bool) -> Result<Effect> {
        let policy = self.admin.settings().await?.password_policy.clone();
        let mut rules = rules(policy.as_deref().unwrap_or_default());
        for _ in 0..TRIES {
            let password = generate(&rules)?;
            match self.write_password(user, &password, permanent).await {
                Ok(mut effect) => {
                    effect.secret = Some(Minted::password(password));
                    return Ok(effect);
                }
                // Who may not see the policy learns it from what the realm says of the first one.
                Err(error) if error.code() == ErrorCode::PolicyRefused && learn(&mut rules, &error) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::new(
            ErrorCode::PolicyRefused,
            "no password that was made satisfies the realm's password policy",
        )
        .hint("give one: user reset-password USER --password-stdin"))
    }

    /// Writes this password: sending it twice gives the same state, so a lost answer is no harm.
    async fn write_password(&self, user: &UserId, password: &Secret, permanent: bool) -> Result<Effect> {
        let request = self
            .admin
            .write_of(
                user,
                Verb::Put,
                Class::Idempotent,
                "/reset-password",
                "/{realm}/users/{id}/reset-password",
            )
            .json(json!({
                "type": "password",
                "value": password.expose(),
                "temporary": !permanent,
            }));
        let response = self.admin.send(&request, Area::Password).await?;
        let mut effect = Effect::done();
        if !permanent {
            effect.detail = Some("to be changed at next sign-in".to_owned());
        }
        effect.request_ids.extend(response.request_id);
        Ok(effect)
    }
}

/// The rules of a policy: `length(12) and digits(2) and notUsername`. What a made password satisfies anyway, or what
/// nobody can make one for, is left out.
fn rules(policy: &str) -> Rules {
    let mut rules = Rules::default();
    for part in policy.split(" and ") {
        let Some((name, rest)) = part.trim().split_once('(') else {
            continue;
        };
        let Ok(number) = rest.trim_end_matches(')').trim().parse() else {
            continue;
        };
        apply(&mut rules, name.trim(), number);
    }
    rules
}

fn apply(rules: &mut Rules, name: &str, number: usize) {
    match name {
        "length" => rules.length = rules.length.max(number),
        "maxLength" => rules.most = rules.most.min(number),
        "digits" => rules.digits = rules.digits.max(number),
        "lowerCase" => rules.lower = rules.lower.max(number),
        "upperCase" => rules.upper = rules.upper.max(number),
        "specialChars" => rules.special = rules.special.max(number),
        _ => {}
    }
}

/// Takes in what a refusal says; whether that was news.
fn learn(rules: &mut Rules, refused: &Error) -> bool {
    let before = *rules;
    let body = refused.to_body();
    let name = match body.service_code.as_deref() {
        Some("invalidPasswordMinLengthMessage") => "length",
        Some("invalidPasswordMaxLengthMessage") => "maxLength",
        Some("invalidPasswordMinDigitsMessage") => "digits",
        Some("invalidPasswordMinLowerCaseCharsMessage") => "lowerCase",
        Some("invalidPasswordMinUpperCaseCharsMessage") => "upperCase",
        Some("invalidPasswordMinSpecialCharsMessage") => "specialChars",
        _ => return false,
    };
    let number = body
        .message
        .split(|c: char| !c.is_ascii_digit())
        .find_map(|digits| digits.parse().ok());
    if let Some(number) = number {
        apply(rules, name, number);
    }
    *rules != before
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_becomes_rules() {
        assert_eq!(rules(""), Rules::default());
        let policy = "hashIterations(5) and length(20) and maxLength(24) and digits(3) and lowerCase(2) and \
                      upperCase(4) and specialChars(5) and notUsername(undefined) and regexPattern(^a(b)$)";
        assert_eq!(
            rules(policy),
            Rules {
                length: 20,
                most: 24,
                lower: 2,
                upper: 4,
                digits: 3,
                special: 5,
            }
        );
    }

    #[test]
    fn a_refusal_teaches_what_it_says_and_nothing_else() {
        let refused = |code: &str, said: &str| Error::new(ErrorCode::PolicyRefused, said).service_code(code);
        let mut rules = Rules::default();
        let long = refused("invalidPasswordMinLengthMessage", "refused: minimum length 24");
        assert!(learn(&mut rules, &long) && rules.length == 24);
        assert!(!learn(&mut rules, &long), "it is no news");
        assert!(!learn(
            &mut rules,
            &refused("invalidPasswordHistoryMessage", "the last 3")
        ));
    }
}
