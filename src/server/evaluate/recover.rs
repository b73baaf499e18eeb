//! Recovery evaluation: would this person get a new password alone (self-service password reset), with these codes and
//! answers, now? One method is enough; security questions count as one.

use rusqlite::Connection;

use super::challenge::Purpose;
use super::factor::{self, Given, Outcome};
use super::person::Person;
use super::question::{self, Answered};
use crate::server::clock;
use crate::server::error::ApiError;
use crate::server::secrets;

/// The words for somebody unknown and for somebody who has nothing: nobody learns which it was.
const NOTHING: &str = "nothing is registered that resets the password";

/// What somebody brings.
#[derive(Clone, Default)]
pub(crate) struct Attempt {
    /// Sign-in name or object id.
    pub(crate) user: String,
    /// Codes of methods; an empty one asks for a code.
    pub(crate) factors: Vec<Given>,
    /// Answers to security questions.
    pub(crate) answers: Vec<Answered>,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// There is a new password.
    Recovered,
    /// A code or answers are needed.
    VerificationRequired,
    /// No.
    Refused,
}

impl Verdict {
    /// As the answer spells it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Recovered => "recovered",
            Self::VerificationRequired => "verification_required",
            Self::Refused => "refused",
        }
    }
}

/// The answer.
#[derive(Clone)]
pub(crate) struct Answer {
    /// How it ended.
    pub(crate) result: Verdict,
    /// Why, where there is more to say.
    pub(crate) reason: Option<String>,
    /// What would do, the default first.
    pub(crate) factors: Vec<String>,
    /// The new password, to be changed at the next sign-in.
    pub(crate) new_password: Option<String>,
}

/// Evaluates a reset; where it succeeds, the password is another one from then on.
pub(crate) fn evaluate(conn: &Connection, attempt: &Attempt) -> Result<Answer, ApiError> {
    let answer = |result, reason: Option<String>, factors| Answer {
        result,
        reason,
        factors,
        new_password: None,
    };
    let refused = |why: &str| answer(Verdict::Refused, Some(why.to_owned()), Vec::new());
    let Some(person) = Person::find(conn, attempt.user.trim())? else {
        return Ok(refused(NOTHING));
    };
    if !person.enabled {
        return Ok(refused("the account is disabled"));
    }
    if person.locked_for(clock::now_ms(conn)?).is_some() {
        return Ok(refused(
            "the account is locked after too many wrong tries; try again later",
        ));
    }
    let ways = factor::ways(conn, &person, Purpose::Recover)?;
    let questions = question::usable(conn, &person)?;
    let mut offered = factor::offered(&ways, false);
    if questions {
        offered.push("questions".to_owned());
    }
    if offered.is_empty() {
        return Ok(refused(NOTHING));
    }
    let mut asked = None;
    let mut proven = false;
    for given in &attempt.factors {
        match factor::answer(conn, &person, &ways, Purpose::Recover, given)? {
            Outcome::Accepted => proven = true,
            Outcome::Asked(how) => asked = Some(how),
            Outcome::Wrong(why) => {
                person.failed(conn)?;
                return Ok(answer(Verdict::Refused, Some(why), offered));
            }
            Outcome::Unavailable(why) => return Ok(answer(Verdict::Refused, Some(why), offered)),
        }
    }
    if !attempt.answers.is_empty() {
        if !questions {
            let why = "security questions are no way back for this person".to_owned();
            return Ok(answer(Verdict::Refused, Some(why), offered));
        }
        if !question::right(conn, &person, &attempt.answers)? {
            person.failed(conn)?;
            let why = "the answers are wrong or too few".to_owned();
            return Ok(answer(Verdict::Refused, Some(why), offered));
        }
        proven = true;
    }
    if !proven {
        return Ok(answer(Verdict::VerificationRequired, asked, offered));
    }
    let password = secrets::generate_password()?;
    secrets::set_password(conn, &person.id, &password, true)?;
    Ok(Answer {
        result: Verdict::Recovered,
        reason: None,
        factors: Vec::new(),
        new_password: Some(password),
    })
}

#[cfg(test)]
mod tests;
