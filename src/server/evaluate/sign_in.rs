//! Sign-in evaluation: would this person get in, with these secrets, now? It answers as the real service does at its
//! page, with real hashes, and leaves the traces that a sign-in leaves: sessions, remembered devices, failed tries.
//!
//! A refusal is an answer and not an error, so that what was counted is kept.

use rusqlite::Connection;

use super::challenge::Purpose;
use super::device;
use super::factor::{self, Given, Outcome};
use super::person::Person;
use super::{policy, registration};
use crate::server::clock::{self, MINUTE};
use crate::server::error::ApiError;
use crate::server::secrets::{self, Seed};

/// The words for an unknown person and for a wrong password: nobody learns which it was.
const WRONG: &str = "the sign-in name or the password is wrong";
/// The reason of a sign-in after which another password has to be chosen.
const MUST_CHANGE: &str = "password_change_required";

/// What somebody tries to sign in with.
#[derive(Clone, Default)]
pub(crate) struct Attempt {
    /// Sign-in name or object id.
    pub(crate) user: String,
    /// The password.
    pub(crate) password: Option<String>,
    /// An app password, as a mail client has it.
    pub(crate) app_password: Option<String>,
    /// The token of a remembered device.
    pub(crate) device_token: Option<String>,
    /// The token of an open session.
    pub(crate) session_token: Option<String>,
    /// Second factors, and `pass`.
    pub(crate) factors: Vec<Given>,
    /// "Don't ask again for X days".
    pub(crate) remember: bool,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// In.
    SignedIn,
    /// A second factor is asked for.
    VerificationRequired,
    /// "More information required", and it may not wait.
    RegistrationRequired,
    /// Not in.
    Refused,
}

impl Verdict {
    /// As the answer spells it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::VerificationRequired => "verification_required",
            Self::RegistrationRequired => "registration_required",
            Self::Refused => "refused",
        }
    }
}

/// The answer.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// How it ended.
    pub(crate) result: Verdict,
    /// Why, where there is more to say.
    pub(crate) reason: Option<String>,
    /// The factors that would do, the default first.
    pub(crate) factors: Vec<String>,
    /// How many days registration may still wait; set while it waits.
    pub(crate) grace_days_left: Option<i64>,
    /// The token of the device, where it is remembered from now on.
    pub(crate) device_token: Option<String>,
    /// The token of the session.
    pub(crate) session_token: Option<String>,
}

impl Answer {
    fn of(result: Verdict, reason: Option<String>) -> Self {
        Self {
            result,
            reason,
            factors: Vec::new(),
            grace_days_left: None,
            device_token: None,
            session_token: None,
        }
    }

    fn refused(reason: impl Into<String>) -> Self {
        Self::of(Verdict::Refused, Some(reason.into()))
    }

    fn offering(mut self, factors: Vec<String>) -> Self {
        self.factors = factors;
        self
    }
}

/// Evaluates a sign-in. Only what cannot be evaluated at all is an error.
pub(crate) fn evaluate(conn: &Connection, attempt: &Attempt) -> Result<Answer, ApiError> {
    let Some(person) = Person::find(conn, attempt.user.trim())? else {
        // As slow as a wrong password.
        secrets::verify_password(conn, "", attempt.password.as_deref().unwrap_or_default())?;
        return Ok(Answer::refused(WRONG));
    };
    let pass = attempt
        .factors
        .iter()
        .find(|given| given.kind == "pass" && !given.code.trim().is_empty());
    if let (None, None, None, Some(token)) = (
        &attempt.password,
        &attempt.app_password,
        pass,
        &attempt.session_token,
    ) {
        return by_session(conn, &person, token);
    }
    let now = clock::now_ms(conn)?;
    if let Some(left) = person.locked_for(now) {
        let minutes = (left + MINUTE - 1) / MINUTE;
        return Ok(Answer::refused(format!(
            "the account is locked after too many wrong tries; try again in {minutes} min"
        )));
    }
    if let Some(app_password) = &attempt.app_password {
        return by_app_password(conn, &person, app_password);
    }
    if attempt.password.is_none() && pass.is_none() {
        return Ok(Answer::refused("the password is missing"));
    }
    if let Some(password) = &attempt.password
        && !secrets::verify_password(conn, &person.id, password)?
    {
        person.failed(conn)?;
        return Ok(Answer::refused(WRONG));
    }
    if let Some(pass) = pass {
        return by_pass(conn, &person, attempt, &pass.code, now);
    }
    if !person.enabled {
        return Ok(Answer::refused("the account is disabled"));
    }
    with_password(conn, &person, attempt, now)
}

/// The password was right: is more needed?
fn with_password(
    conn: &Connection,
    person: &Person,
    attempt: &Attempt,
    now: i64,
) -> Result<Answer, ApiError> {
    let ways = factor::ways(conn, person, Purpose::SignIn)?;
    let offered = factor::offered(&ways, factor::has_pass(conn, person)?);
    if offered.is_empty() {
        return without_methods(conn, person, attempt, now);
    }
    if let Some(token) = &attempt.device_token
        && device::believes(conn, person, token)?
    {
        // The device is remembered already: no second token.
        let known = Attempt {
            remember: false,
            ..attempt.clone()
        };
        return enter(conn, person, &known, now, None);
    }
    let mut asked = attempt
        .device_token
        .as_ref()
        .map(|_| "the device is not remembered".to_owned());
    let mut proven = false;
    for given in attempt.factors.iter().filter(|given| given.kind != "pass") {
        if given.kind == "email" {
            return Ok(
                Answer::refused("email serves password reset only, never a sign-in").offering(offered),
            );
        }
        match factor::answer(conn, person, &ways, Purpose::SignIn, given)? {
            Outcome::Accepted => proven = true,
            Outcome::Asked(how) => asked = Some(how),
            Outcome::Wrong(why) => {
                person.failed(conn)?;
                return Ok(Answer::refused(why).offering(offered));
            }
            Outcome::Unavailable(why) => return Ok(Answer::refused(why).offering(offered)),
        }
    }
    if proven {
        return enter(conn, person, attempt, now, None);
    }
    Ok(Answer::of(Verdict::VerificationRequired, asked).offering(offered))
}

/// Nothing is registered: in, in for so many days more, or asked to register first.
fn without_methods(
    conn: &Connection,
    person: &Person,
    attempt: &Attempt,
    now: i64,
) -> Result<Answer, ApiError> {
    if let Some(given) = attempt.factors.iter().find(|given| given.kind != "pass") {
        return Ok(Answer::refused(format!(
            "{} is no factor of this person",
            given.kind
        )));
    }
    const MORE: &str = "more information required: no method is registered";
    if person.registration_required {
        return Ok(Answer::of(Verdict::RegistrationRequired, Some(MORE.to_owned())));
    }
    if !registration::asked(conn, person)? {
        return enter(conn, person, attempt, now, None);
    }
    match registration::grace_days_left(conn, person)? {
        0 => Ok(Answer::of(Verdict::RegistrationRequired, Some(MORE.to_owned()))),
        left => {
            let mut answer = enter(conn, person, attempt, now, Some(MORE))?;
            answer.grace_days_left = Some(left);
            Ok(answer)
        }
    }
}

fn by_session(conn: &Connection, person: &Person, token: &str) -> Result<Answer, ApiError> {
    if person.enabled && device::session_lives(conn, person, token)? {
        let mut answer = Answer::of(Verdict::SignedIn, None);
        answer.session_token = Some(token.to_owned());
        return Ok(answer);
    }
    let ways = factor::ways(conn, person, Purpose::SignIn)?;
    Ok(Answer::of(
        Verdict::VerificationRequired,
        Some("the session has ended".to_owned()),
    )
    .offering(factor::offered(&ways, false)))
}

/// An app that cannot do two-step verification. A wrong one locks nobody out: an old mail client tries all day, and
/// 16 letters are not guessed.
fn by_app_password(conn: &Connection, person: &Person, typed: &str) -> Result<Answer, ApiError> {
    // People type it in groups of four.
    let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let digest = secrets::sha256(typed.as_bytes());
    let seed = Seed::load(conn)?;
    let mut hit = None;
    for kept in app_password_digests(conn, person, &seed)? {
        if secrets::same(&kept.1, &digest) {
            hit = Some(kept.0);
        }
    }
    let Some(id) = hit else {
        return Ok(Answer::refused("the app password is wrong"));
    };
    if !person.enabled {
        return Ok(Answer::refused("the account is disabled"));
    }
    if !policy::app_passwords(conn)?.allowed {
        return Ok(Answer::refused("policy does not allow app passwords"));
    }
    let now = clock::now_ms(conn)?;
    conn.execute(
        "UPDATE app_passwords SET last_used_at = ?3 WHERE user_id = ?1 AND id = ?2",
        rusqlite::params![person.id, id, now],
    )?;
    person.signed_in(conn, now)?;
    Ok(Answer::of(Verdict::SignedIn, None))
}

fn app_password_digests(
    conn: &Connection,
    person: &Person,
    seed: &Seed,
) -> rusqlite::Result<Vec<(String, Vec<u8>)>> {
    let mut statement =
        conn.prepare_cached("SELECT id, hash, seed_n FROM app_passwords WHERE user_id = ?1")?;
    let rows = statement.query_map([&person.id], |row| {
        let hash: Option<Vec<u8>> = row.get(1)?;
        let seed_n: Option<i64> = row.get(2)?;
        let derived = || {
            seed_n
                .map(|n| secrets::sha256(seed.app_password(&person.id, n).as_bytes()).to_vec())
                .unwrap_or_default()
        };
        Ok((row.get(0)?, hash.unwrap_or_else(derived)))
    })?;
    rows.collect()
}

fn by_pass(
    conn: &Connection,
    person: &Person,
    attempt: &Attempt,
    code: &str,
    now: i64,
) -> Result<Answer, ApiError> {
    if !person.enabled {
        return Ok(Answer::refused("the account is disabled"));
    }
    match factor::pass(conn, person, code)? {
        Outcome::Accepted => {
            // A pass stands for the password too, and whoever enters by it is not asked to change that. It is for
            // setting up, and no device is remembered by it.
            let mut answer = Answer::of(Verdict::SignedIn, None);
            if attempt.remember {
                answer.reason = Some("a temporary access pass does not have a device remembered".to_owned());
            }
            answer.session_token = Some(device::open_session(conn, person)?);
            person.signed_in(conn, now)?;
            Ok(answer)
        }
        Outcome::Wrong(why) => {
            person.failed(conn)?;
            Ok(Answer::refused(why))
        }
        Outcome::Unavailable(why) | Outcome::Asked(why) => Ok(Answer::refused(why)),
    }
}

fn enter(
    conn: &Connection,
    person: &Person,
    attempt: &Attempt,
    now: i64,
    reason: Option<&str>,
) -> Result<Answer, ApiError> {
    let mut answer = Answer::of(Verdict::SignedIn, reason.map(str::to_owned));
    answer.session_token = Some(device::open_session(conn, person)?);
    if attempt.remember {
        answer.device_token = device::remember(conn, person)?;
        if answer.device_token.is_none() {
            answer.reason = Some("policy does not let devices be remembered".to_owned());
        }
    }
    if person.must_change_password {
        answer.reason = Some(MUST_CHANGE.to_owned());
    }
    person.signed_in(conn, now)?;
    Ok(answer)
}

#[cfg(test)]
mod tests;
