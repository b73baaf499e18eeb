//! Security questions, for password reset only: registered from the policy's pool, answered in any case and spacing.

use rusqlite::{Connection, params};

use super::person::Person;
use super::{policy, refusal};
use crate::server::clock;
use crate::server::error::ApiError;
use crate::server::secrets::{self, Seed};

/// The shortest answer.
const SHORTEST: usize = 3;

/// A question with its answer, as somebody gives them.
#[derive(Clone)]
pub(crate) struct Answered {
    /// The question, as the pool has it.
    pub(crate) question: String,
    /// The answer.
    pub(crate) answer: String,
}

/// A question that a person has answered; the answer stays here.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    /// Its number within the person.
    pub(crate) n: i64,
    /// The question.
    pub(crate) text: String,
    /// When it was answered.
    pub(crate) created_at: i64,
}

/// The questions that a person has answered.
pub(crate) fn list(conn: &Connection, person: &Person) -> rusqlite::Result<Vec<Question>> {
    let mut statement =
        conn.prepare_cached("SELECT n, question, created_at FROM questions WHERE user_id = ?1 ORDER BY n")?;
    statement
        .query_map([&person.id], |row| {
            Ok(Question {
                n: row.get(0)?,
                text: row.get(1)?,
                created_at: row.get(2)?,
            })
        })?
        .collect()
}

/// Replaces a person's questions and answers. Refuses what policy does not allow and what is easily guessed.
pub(crate) fn register(conn: &Connection, person: &Person, answers: &[Answered]) -> Result<(), ApiError> {
    let policy = policy::security_questions(conn)?;
    if !policy.enabled() {
        return Err(refusal::policy("securityQuestions", "it is disabled"));
    }
    if answers.len() < policy.register {
        return Err(refusal::bad_request(format!(
            "{} questions are needed; {} came.",
            policy.register,
            answers.len()
        )));
    }
    for (index, Answered { question, answer }) in answers.iter().enumerate() {
        let question = question.trim();
        if !policy.pool.iter().any(|known| known == question) {
            return Err(refusal::bad_request(format!(
                "\"{question}\" is none of the policy's questions."
            )));
        }
        if normal(answer).chars().count() < SHORTEST {
            return Err(refusal::bad_request(format!(
                "The answer to \"{question}\" has fewer than {SHORTEST} characters."
            )));
        }
        for earlier in &answers[..index] {
            if earlier.question.trim() == question {
                return Err(refusal::bad_request(format!("\"{question}\" is there twice.")));
            }
            if normal(&earlier.answer) == normal(answer) {
                return Err(refusal::bad_request(
                    "Two questions have the same answer.".to_owned(),
                ));
            }
        }
    }
    let now = clock::now_ms(conn)?;
    remove(conn, person)?;
    for (n, Answered { question, answer }) in (1_i64..).zip(answers) {
        let hash = secrets::hash_slowly(&normal(answer))?;
        conn.execute(
            "INSERT INTO questions (user_id, n, question, answer_hash, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![person.id, n, question.trim(), hash, now],
        )?;
    }
    Ok(())
}

/// Removes a person's questions; how many there were.
pub(crate) fn remove(conn: &Connection, person: &Person) -> rusqlite::Result<usize> {
    conn.execute("DELETE FROM questions WHERE user_id = ?1", [&person.id])
}

/// Whether a person can reset a password by answering: policy allows it and there are enough.
pub(crate) fn usable(conn: &Connection, person: &Person) -> Result<bool, ApiError> {
    let policy = policy::security_questions(conn)?;
    let there: usize = conn
        .query_row(
            "SELECT count(*) FROM questions WHERE user_id = ?1",
            [&person.id],
            |row| row.get::<_, i64>(0),
        )
        .map(|count| usize::try_from(count).unwrap_or(0))?;
    Ok(policy.enabled() && policy.required > 0 && there >= policy.required)
}

/// Whether these answers are right and enough. One wrong one spoils them all: guessing must not pay.
pub(crate) fn right(conn: &Connection, person: &Person, answers: &[Answered]) -> Result<bool, ApiError> {
    let required = policy::security_questions(conn)?.required;
    let mut known = kept(conn, person)?;
    let mut right = 0;
    for Answered { question, answer } in answers {
        // Each question counts once, however often it is answered.
        let Some(at) = known.iter().position(|row| row.question == question.trim()) else {
            return Ok(false);
        };
        let row = known.swap_remove(at);
        if !row.is(conn, person, answer)? {
            return Ok(false);
        }
        right += 1;
    }
    Ok(required > 0 && right >= required)
}

/// An answer as it is compared: blanks at the ends, doubled blanks and case do not count.
fn normal(answer: &str) -> String {
    answer
        .to_lowercase()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

struct Kept {
    n: i64,
    question: String,
    hash: Option<String>,
    seed_n: Option<i64>,
}

impl Kept {
    fn is(&self, conn: &Connection, person: &Person, answer: &str) -> Result<bool, ApiError> {
        let answer = normal(answer);
        if let Some(hash) = &self.hash {
            return Ok(secrets::verify_slowly(&answer, hash));
        }
        let Some(n) = self.seed_n else { return Ok(false) };
        let right = secrets::same(
            Seed::load(conn)?.answer(&person.id, n).as_bytes(),
            answer.as_bytes(),
        );
        if right {
            conn.execute(
                "UPDATE questions SET answer_hash = ?3 WHERE user_id = ?1 AND n = ?2",
                params![person.id, self.n, secrets::hash_slowly(&answer)?],
            )?;
        }
        Ok(right)
    }
}

fn kept(conn: &Connection, person: &Person) -> rusqlite::Result<Vec<Kept>> {
    let mut statement =
        conn.prepare_cached("SELECT n, question, answer_hash, seed_n FROM questions WHERE user_id = ?1")?;
    statement
        .query_map([&person.id], |row| {
            Ok(Kept {
                n: row.get(0)?,
                question: row.get(1)?,
                hash: row.get(2)?,
                seed_n: row.get(3)?,
            })
        })?
        .collect()
}
