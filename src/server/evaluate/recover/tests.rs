use super::*;
use crate::domain::MethodKind;
use crate::server::evaluate::fixture::{
    add, app_code, attempt, directory, factors, last_code, line, load, set_policy,
};
use crate::server::evaluate::{question, sign_in};
use crate::server::secrets::Seed;
use serde_json::json;

fn try_it(conn: &Connection, given: &[&str], answers: &[(&str, &str)]) -> Answer {
    let answers = answered(answers);
    evaluate(
        conn,
        &Attempt {
            user: "adele@contoso.example".into(),
            factors: factors(given),
            answers,
        },
    )
    .unwrap()
}

fn answered(pairs: &[(&str, &str)]) -> Vec<Answered> {
    pairs
        .iter()
        .map(|(question, answer)| Answered {
            question: (*question).to_owned(),
            answer: (*answer).to_owned(),
        })
        .collect()
}

fn told(answer: &Answer) -> String {
    let reason = answer.reason.as_deref().unwrap_or("-");
    format!(
        "{} ({reason}) [{}]",
        answer.result.as_str(),
        answer.factors.join(" ")
    )
}

const PET: (&str, &str) = ("First pet?", "Rex the Dog");
const CAR: (&str, &str) = ("First car?", "Škoda");
const SCHOOL: (&str, &str) = ("First school?", "Hill House");

#[test]
fn nobody_learns_who_is_there_from_a_refusal() {
    let conn = directory();
    let unknown = evaluate(
        &conn,
        &Attempt {
            user: "nobody".into(),
            ..Attempt::default()
        },
    )
    .unwrap();
    assert_eq!(
        told(&unknown),
        "refused (nothing is registered that resets the password) []"
    );
    assert_eq!(told(&try_it(&conn, &[], &[])), told(&unknown));
}

#[test]
fn a_code_by_mail_resets_the_password_and_the_old_one_is_refused() {
    let conn = directory();
    add(&conn, "adele", MethodKind::Email, "adele@fabrikam.example");
    assert_eq!(
        told(&try_it(&conn, &[], &[])),
        "verification_required (-) [email]"
    );
    try_it(&conn, &["email:"], &[]);
    let (code, to, _) = last_code(&conn);
    assert_eq!(to, "adele@fabrikam.example");
    let answer = try_it(&conn, &[&format!("email:{code}")], &[]);
    assert_eq!(told(&answer), "recovered (-) []");
    let old = sign_in::evaluate(&conn, &attempt(&conn, "adele")).unwrap();
    assert_eq!(line(&old), "refused (the sign-in name or the password is wrong)");
    let new = sign_in::Attempt {
        password: answer.new_password,
        ..attempt(&conn, "adele")
    };
    assert_eq!(
        sign_in::evaluate(&conn, &new).unwrap().reason.as_deref(),
        Some("password_change_required")
    );
}

#[test]
fn a_code_of_a_sign_in_recovers_nothing() {
    let conn = directory();
    add(&conn, "adele", MethodKind::PhoneMobile, "+1 4255550100");
    sign_in::evaluate(
        &conn,
        &sign_in::Attempt {
            factors: factors(&["sms:"]),
            ..attempt(&conn, "adele")
        },
    )
    .unwrap();
    let code = last_code(&conn).0;
    assert_eq!(
        try_it(&conn, &[&format!("sms:{code}")], &[]).result,
        Verdict::Refused
    );
}

#[test]
fn a_generated_code_recovers_and_a_disabled_account_does_not() {
    let conn = directory();
    add(&conn, "adele", MethodKind::Totp, "");
    let code = format!("totp:{}", app_code(&conn, "adele"));
    conn.execute("UPDATE users SET enabled = 0", []).unwrap();
    assert_eq!(
        told(&try_it(&conn, &[&code], &[])),
        "refused (the account is disabled) []"
    );
    conn.execute("UPDATE users SET enabled = 1", []).unwrap();
    assert_eq!(try_it(&conn, &[&code], &[]).result, Verdict::Recovered);
}

#[test]
fn answers_recover_in_any_case_and_spacing_when_they_are_enough() {
    let conn = directory();
    question::register(&conn, &load(&conn, "adele"), &answered(&[PET, CAR, SCHOOL])).unwrap();
    assert_eq!(
        told(&try_it(&conn, &[], &[])),
        "verification_required (-) [questions]"
    );
    let few = try_it(&conn, &[], &[PET]);
    assert_eq!(
        told(&few),
        "refused (the answers are wrong or too few) [questions]"
    );
    assert_eq!(try_it(&conn, &[], &[PET, PET]).result, Verdict::Refused);
    assert_eq!(
        try_it(&conn, &[], &[PET, CAR, ("First school?", "Mill House")]).result,
        Verdict::Refused
    );
    let answer = try_it(
        &conn,
        &[],
        &[("First pet?", "  rex  THE dog "), ("First car?", "ŠKODA")],
    );
    assert_eq!(answer.result, Verdict::Recovered);
}

#[test]
fn questions_that_policy_switched_off_are_no_way_back() {
    let conn = directory();
    question::register(&conn, &load(&conn, "adele"), &answered(&[PET, CAR, SCHOOL])).unwrap();
    set_policy(
        &conn,
        "securityQuestions",
        json!({"state": "disabled", "required": 2, "register": 3}),
    );
    assert_eq!(try_it(&conn, &[], &[PET, CAR]).result, Verdict::Refused);
}

#[test]
fn a_seeded_answer_is_hashed_when_it_is_first_right() {
    let conn = directory();
    let user = load(&conn, "adele").id;
    for (n, text) in [(1, "First pet?"), (2, "First car?")] {
        conn.execute(
            "INSERT INTO questions (user_id, n, question, seed_n, created_at) VALUES (?1, ?2, ?3, ?2, 1)",
            rusqlite::params![user, n, text],
        )
        .unwrap();
    }
    let seed = Seed::load(&conn).unwrap();
    let (pet, car) = (seed.answer(&user, 1), seed.answer(&user, 2));
    for _ in 0..2 {
        let answer = try_it(&conn, &[], &[("First pet?", &pet), ("First car?", &car)]);
        assert_eq!(answer.result, Verdict::Recovered);
    }
    let hashed: i64 = conn
        .query_row(
            "SELECT count(*) FROM questions WHERE answer_hash LIKE '$argon2id$%'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(hashed, 2);
}

#[test]
fn questions_that_would_be_guessed_are_refused() {
    let conn = directory();
    let adele = load(&conn, "adele");
    let status = |answers: &[(&str, &str)]| {
        question::register(&conn, &adele, &answered(answers))
            .err()
            .map(|error| error.status().as_u16())
    };
    assert_eq!(status(&[PET, CAR]), Some(400), "too few");
    assert_eq!(
        status(&[PET, CAR, ("Shoe size?", "forty-two")]),
        Some(400),
        "not in the pool"
    );
    assert_eq!(
        status(&[PET, CAR, ("First pet?", "Tom the cat")]),
        Some(400),
        "a question twice"
    );
    assert_eq!(
        status(&[PET, CAR, ("First school?", " rex the  DOG")]),
        Some(400),
        "an answer twice"
    );
    assert_eq!(
        status(&[PET, CAR, ("First school?", " ab ")]),
        Some(400),
        "an answer too short"
    );
    assert!(question::list(&conn, &adele).unwrap().is_empty());
    assert_eq!(status(&[PET, CAR, SCHOOL]), None);
    set_policy(&conn, "securityQuestions", json!({"state": "disabled"}));
    assert_eq!(status(&[PET, CAR, SCHOOL]), Some(403), "policy");
}
