//! `local`: the embedded demo service: run it, fill it, sign in to it, read its outbox, move its clock. Demo data:
//! secrets may come from the command line here, and stand in the answers.

pub(crate) mod clock;
pub(crate) mod factor;
pub(crate) mod files;
pub(crate) mod outbox;
pub(crate) mod recover;
pub(crate) mod secrets;
pub(crate) mod seed;
pub(crate) mod serve;
pub(crate) mod sign_in;

use std::path::PathBuf;

use serde_json::{Map, Value};

use super::context::Context;
use super::later::Later;
use crate::domain::Result;

/// Verbs on the embedded service.
#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// Serve Microsoft Graph's dialect on this machine until Ctrl-C
    Serve(Later<serve::Args>),
    /// Add people, the same ones for the same number
    Seed(Later<seed::Args>),
    /// Ask what a sign-in would say
    SignIn(Later<sign_in::Args>),
    /// Ask what a self-service password reset would say
    Recover(Later<recover::Args>),
    /// Print a demo person's password, seeds and tokens
    Secrets(Later<secrets::Args>),
    /// Print what phones and mailboxes received
    Outbox(Later<outbox::Args>),
    /// Show or move the service's clock
    #[command(subcommand)]
    Clock(Later<clock::Verb>),
    /// Copy the service's data to a file
    Snapshot(Later<files::SnapshotArgs>),
    /// Put a copy in the place of the service's data
    Restore(Later<files::RestoreArgs>),
    /// Delete the service's data; the next use begins afresh
    Wipe(Later<files::WipeArgs>),
}

impl Verb {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        match self {
            Self::Serve(Later(args)) => args.run(cx).await,
            Self::Seed(Later(args)) => args.run(cx).await,
            Self::SignIn(Later(args)) => args.run(cx).await,
            Self::Recover(Later(args)) => args.run(cx).await,
            Self::Secrets(Later(args)) => args.run(cx).await,
            Self::Outbox(Later(args)) => args.run(cx).await,
            Self::Clock(Later(verb)) => verb.run(cx).await,
            Self::Snapshot(Later(args)) => args.run(cx).await,
            Self::Restore(Later(args)) => args.run(cx),
            Self::Wipe(Later(args)) => args.run(cx),
        }
    }
}

/// Which data file.
#[derive(Debug, clap::Args)]
pub struct Data {
    /// Use this data file instead of the built-in one's [env: MFACTL_LOCAL_DATA]
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
}

/// The service's camelCase as the `snake_case` of every answer here. Values stay as they are.
fn snake(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(key, value)| (snake_key(&key), snake(value)))
                .collect::<Map<_, _>>(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(snake).collect()),
        other => other,
    }
}

/// `graceDaysLeft` is `grace_days_left`; `sentDateTime` is `sent_at`.
fn snake_key(key: &str) -> String {
    let key = key
        .strip_suffix("DateTime")
        .map_or_else(|| key.to_owned(), |key| format!("{key}At"));
    let mut out = String::with_capacity(key.len() + 4);
    for letter in key.chars() {
        if letter.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

/// Lines of `label  value` for people; lists in one line each.
fn lines(rows: &[(&str, String)]) -> Vec<Vec<String>> {
    rows.iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(label, value)| vec![(*label).to_owned(), value.clone()])
        .collect()
}

/// A value in a cell; `null` is a dash.
fn shown(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => crate::render::text::clean(text).into_owned(),
        Some(Value::Array(items)) if items.is_empty() => "-".to_owned(),
        Some(Value::Array(items)) => {
            let items: Vec<String> = items.iter().map(|item| shown(Some(item))).collect();
            items.join(", ")
        }
        Some(other) => other.to_string(),
    }
}

/// An answer of the service: JSON in its own keys, or lines for people.
fn answer(cx: &Context, value: &Value, kind: &str, rows: &[(&str, String)]) -> Result<()> {
    let page = cx.page();
    let mut out = cx.ui.stdout();
    let columns: Vec<&str> = value
        .as_object()
        .map(|fields| fields.keys().map(String::as_str).collect())
        .unwrap_or_default();
    if !page.object(&mut out, value, kind, &columns)? {
        page.pairs(&mut out, &lines(rows))?;
    }
    out.done()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_list_is_words_and_nothing_is_a_dash() {
        let told = |value: Value| shown(Some(&value));
        assert_eq!(told(json!(["sms", "call"])), "sms, call");
        assert_eq!(
            (told(json!([])), told(Value::Null), shown(None)),
            ("-".into(), "-".into(), "-".into())
        );
        assert_eq!(told(json!("a\u{1b}b")), "a\\u{1b}b");
    }

    #[test]
    fn keys_are_in_the_case_of_every_answer() {
        assert_eq!(
            snake(
                json!({"graceDaysLeft": 3, "factors": ["sms"], "totp": [{"methodId": "x"}], "sentDateTime": "t"})
            ),
            json!({"grace_days_left": 3, "factors": ["sms"], "totp": [{"method_id": "x"}], "sent_at": "t"})
        );
    }
}
