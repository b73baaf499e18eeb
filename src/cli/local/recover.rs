//! `local recover USER`

use std::path::PathBuf;

use serde::Deserialize;

use super::factor::factor;
use super::{Data, answer, shown, snake};
use crate::cli::context::Context;
use crate::cli::people::completed;
use crate::domain::{Error, ErrorCode, Result};
use crate::services::local::{Answered, Factor, Recovery};

/// With what.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  mfactl local recover adele --factor email:\n  mfactl local recover adele --factor email:123456 --answers answers.json"
)]
pub struct Args {
    /// Who resets the password
    #[arg(value_name = "USER")]
    user: String,
    /// A factor; an empty CODE sends one to the outbox
    #[arg(long, value_name = "KIND:CODE", value_parser = factor)]
    factor: Vec<Factor>,
    /// Answers to security questions: a JSON array of {"question", "answer"}, or - for standard input
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    #[command(flatten)]
    data: Data,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    question: String,
    answer: String,
}

/// The answers in a file. What is wrong with it never shows an answer.
fn read(path: &PathBuf) -> Result<Vec<Answered>> {
    let name = path.display().to_string();
    let text = if name == "-" {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(path)
    }
    .map_err(|error| {
        Error::new(ErrorCode::FileUnreadable, format!("cannot be read: {error}")).at(&name, None, None)
    })?;
    let given: Vec<Given> = serde_json::from_str(&text).map_err(|error| {
        let (line, column) = (error.line() as u64, error.column() as u64);
        Error::new(ErrorCode::InvalidInput, "these are no answers")
            .hint("write [{\"question\": \"…\", \"answer\": \"…\"}]")
            .at(&name, Some(line), Some(column))
    })?;
    Ok(given
        .into_iter()
        .map(|Given { question, answer }| Answered { question, answer })
        .collect())
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self {
            user,
            factor,
            answers,
            data: Data { data },
        } = self;
        let answers = answers.as_ref().map(read).transpose()?.unwrap_or_default();
        let (console, profile) = cx.console(data).await?;
        let attempt = Recovery {
            user: completed(&user, profile.domain.as_deref()),
            factors: factor,
            answers,
        };
        let told = snake(console.recover(&attempt).await?);
        let rows = ["result", "reason", "factors", "new_password"];
        let rows: Vec<(&str, String)> = rows.iter().map(|key| (*key, shown(told.get(*key)))).collect();
        answer(cx, &told, "recovery", &rows)?;
        Ok(0)
    }
}
