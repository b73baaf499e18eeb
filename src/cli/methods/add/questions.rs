//! `methods add questions USER`: answers from a prompt or standard input, never from the command line.

use std::io::{IsTerminal as _, Read as _};

use serde::Deserialize;

use crate::cli::change::{self, Change, ChangeArgs, Qr};
use crate::cli::context::{Context, Session};
use crate::cli::who::Selection;
use crate::domain::{Capability, Error, ErrorCode, MethodKind, Result, Secret};
use crate::jobs::plan::Wish;

/// Whose questions.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl methods add questions adele\n  \
    mfactl methods add questions adele --yes < answers.json\n\n\
    Standard input: a JSON array of {\"question\", \"answer\"}, one such object a line, or lines of QUESTION, a tab, ANSWER")]
pub struct Args {
    /// Sign-in name, object id or primary mail address
    #[arg(value_name = "USER")]
    user: String,
    #[command(flatten)]
    change: ChangeArgs,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self { user, change: args } = self;
        let stdin = std::io::stdin();
        let given = if stdin.is_terminal() {
            None
        } else {
            let mut text = String::new();
            stdin.lock().read_to_string(&mut text).map_err(|error| {
                Error::new(
                    ErrorCode::FileUnreadable,
                    format!("cannot read standard input: {error}"),
                )
            })?;
            Some(read(&text)?)
        };
        let mut change = Change {
            verb: "methods add questions",
            doing: "Set the security questions of",
            selection: Selection::one(user.clone(), Wish::AddQuestions(Vec::new())),
            playbook: None,
            qr: Qr::None,
            args,
        };
        let ticket = change::before(cx, &change)?;
        let session = change::connect(cx, &change.args).await?;
        // Nobody is asked for answers that the service does not take.
        crate::services::admit(
            session.service.capabilities(),
            Capability::Add(MethodKind::Questions),
        )?;
        let answers = match given {
            Some(answers) => answers,
            None => ask(cx, &session).await?,
        };
        change.selection = Selection::one(user, Wish::AddQuestions(answers));
        change::run_on(cx, &session, change, ticket).await
    }
}

#[derive(Deserialize)]
struct Pair {
    question: String,
    answer: String,
}

/// Reads answers in one of the three forms.
fn read(text: &str) -> Result<Vec<(String, Secret)>> {
    let bad = |line: usize| {
        Error::new(
            ErrorCode::InvalidInput,
            "the answers are neither JSON nor lines of QUESTION, a tab, ANSWER",
        )
        .at("standard input", Some(line as u64), None)
    };
    let text = text.trim_start_matches('\u{feff}').trim();
    let pairs: Vec<Pair> = if text.starts_with('[') {
        // serde_json's own words may quote an answer.
        serde_json::from_str(text).map_err(|error| bad(error.line()))?
    } else {
        (1..)
            .zip(text.lines())
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(number, line)| {
                if line.trim_start().starts_with('{') {
                    return serde_json::from_str(line).map_err(|_| bad(number));
                }
                let (question, answer) = line.split_once('\t').ok_or_else(|| bad(number))?;
                Ok(Pair {
                    question: question.trim().to_owned(),
                    answer: answer.trim().to_owned(),
                })
            })
            .collect::<Result<_>>()?
    };
    if pairs.is_empty() {
        return Err(
            Error::new(ErrorCode::InvalidInput, "there are no answers on standard input")
                .hint("run it on a terminal to be asked, or give {\"question\", \"answer\"} objects"),
        );
    }
    Ok(pairs
        .into_iter()
        .map(|pair| (pair.question, Secret::new(pair.answer)))
        .collect())
}

/// Asks which of the policy's questions, and the answers, which are not shown.
async fn ask(cx: &Context, session: &Session) -> Result<Vec<(String, Secret)>> {
    cx.ui.can_ask()?;
    let policy = session.service.policy(None).await?;
    let wanted = policy
        .methods
        .iter()
        .find(|row| row.kind == "questions")
        .and_then(|row| row.limits.get("register"))
        .and_then(serde_json::Value::as_u64)
        .unwrap_or(3);
    for (number, question) in (1..).zip(&policy.questions) {
        cx.ui.note(&format!("{number:>2}  {question}"));
    }
    let mut answers: Vec<(String, Secret)> = Vec::new();
    while (answers.len() as u64) < wanted {
        let typed = cx
            .ui
            .ask(&format!("Question {} of {wanted}: ", answers.len() + 1))?;
        let chosen = typed
            .parse::<usize>()
            .ok()
            .and_then(|number| policy.questions.get(number.checked_sub(1)?).cloned())
            .or_else(|| {
                policy
                    .questions
                    .iter()
                    .find(|question| **question == typed)
                    .cloned()
            })
            .or_else(|| (policy.questions.is_empty() && !typed.is_empty()).then(|| typed.clone()));
        match chosen {
            None => cx.ui.note("type the number of a question"),
            Some(question) if answers.iter().any(|(known, _)| *known == question) => {
                cx.ui.note("that one is answered already");
            }
            Some(question) => {
                let answer = cx.ui.ask_secret("Answer (not shown): ")?;
                answers.push((question, answer));
            }
        }
    }
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_in_each_form_and_never_quoted_in_an_error() {
        for text in [
            r#"[{"question":"Q1","answer":"a1"},{"question":"Q2","answer":"a2"}]"#,
            "{\"question\":\"Q1\",\"answer\":\"a1\"}\n{\"question\":\"Q2\",\"answer\":\"a2\"}\n",
            "Q1\ta1\nQ2\ta2\n",
        ] {
            let read = read(text).unwrap();
            let shown: Vec<_> = read.iter().map(|(q, a)| format!("{q}={}", a.expose())).collect();
            assert_eq!(shown, ["Q1=a1", "Q2=a2"]);
        }
        for text in [
            "[{\"question\":\"Q1\",\"answer\":hunter2}]",
            "hunter2",
            "{\"question\": \"hunter2\"}",
            "",
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(error.code(), ErrorCode::InvalidInput);
            assert!(!error.message().contains("hunter2"), "{error}");
        }
    }
}
