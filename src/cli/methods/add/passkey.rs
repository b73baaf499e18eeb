//! `methods add passkey USER`: first the options for an authenticator, then its response.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cli::change::{self, Change, ChangeArgs, Qr};
use crate::cli::context::{Context, Intent};
use crate::cli::who::Selection;
use crate::domain::{Capability, Error, ErrorCode, MethodKind, Result, Secret};
use crate::jobs::guard::Bound;
use crate::jobs::plan::Wish;
use crate::jobs::select::{self, Typed};

/// More than a response ever is.
const LONGEST: u64 = 1024 * 1024;

/// Whose passkey, and what the authenticator answered.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl methods add passkey adele --options-out options.json\n  \
    mfactl methods add passkey adele --name \"YubiKey 5C\" --response response.json\n  \
    mfactl methods add passkey adele > options.json && fido2-tool < options.json | mfactl methods add passkey adele --response - --yes\n\n\
    Without --response the creation options are printed (WebAuthn, JSON), good for five minutes; the response is what \
    navigator.credentials.create gives, as JSON")]
pub struct Args {
    /// Sign-in name, object id or primary mail address
    #[arg(value_name = "USER")]
    user: String,
    /// Register the passkey by this response; - for standard input
    #[arg(long, value_name = "FILE")]
    response: Option<PathBuf>,
    /// The name that lists show
    #[arg(long, value_name = "TEXT", requires = "response")]
    name: Option<String>,
    /// Write the options to a new file instead of printing them
    #[arg(long, value_name = "FILE", conflicts_with = "response")]
    options_out: Option<PathBuf>,
    #[command(flatten)]
    change: ChangeArgs,
}

const VERB: &str = "methods add passkey";

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self {
            user,
            response,
            name,
            options_out,
            change,
        } = self;
        let Some(response) = response else {
            return options(cx, user, options_out.as_deref()).await;
        };
        let response = read(&response)?;
        let change = Change {
            verb: VERB,
            doing: "Register a passkey for",
            selection: Selection::one(user, Wish::AddPasskey { name, response }),
            playbook: None,
            qr: Qr::None,
            args: change,
        };
        change::run(cx, change).await
    }
}

/// Prints what an authenticator is given. It makes a challenge, so the guard is asked as before a change.
async fn options(cx: &Context, user: String, out: Option<&Path>) -> Result<u8> {
    let dry_run = cx.globals.dry_run;
    change::admit_command(cx, dry_run, cx.globals.ticket.clone())?;
    let session = cx
        .connect(if dry_run { Intent::Read } else { Intent::Change })
        .await?;
    let service = session.service.as_ref();
    let command = |_: &str, user: &str| cx.command(["methods", "add", "passkey", user]);
    let typed = [Typed::argument(user)];
    let prefix = change::prefix(cx);
    let found = select::each(service, &typed, session.domain.as_deref(), &prefix, &command).await?;
    let Some(person) = found.into_iter().next().transpose()? else {
        return Err(Error::new(
            ErrorCode::Internal,
            "nobody was found, and nobody was missing",
        ));
    };
    change::admit_number(cx, &session, 1, Bound::Direct)?;
    change::admit_people(cx, &session, std::slice::from_ref(&person)).await?;
    if dry_run {
        crate::services::admit(service.capabilities(), Capability::Add(MethodKind::Passkey))?;
        cx.ui.note(&format!(
            "Dry run: no options were asked for; they are good for five minutes: {}",
            cx.command(["methods", "add", "passkey", &person.sign_in_name])
        ));
        return Ok(0);
    }
    let options = service.passkey_options(&person.id).await?;
    let text = serde_json::to_string_pretty(&options)
        .map_err(|error| Error::new(ErrorCode::Internal, format!("writing JSON failed: {error}")))?;
    let text = format!("{text}\n");
    match out {
        Some(path) => change::write_private(path, text.as_bytes())?,
        None => {
            let mut stdout = cx.ui.stdout();
            crate::render::write(&mut stdout, text.as_bytes())?;
            stdout.done()?;
        }
    }
    let next = cx.command(["methods", "add", "passkey", &person.sign_in_name]);
    cx.ui.note(&format!(
        "Give the options to the authenticator within five minutes, then: {next} --response FILE"
    ));
    Ok(0)
}

/// The response, whole.
fn read(from: &Path) -> Result<Secret> {
    let mut text = String::new();
    let (name, read) = if from.as_os_str() == "-" {
        let read = std::io::stdin().lock().take(LONGEST).read_to_string(&mut text);
        ("standard input".to_owned(), read)
    } else {
        let read = std::fs::File::open(from).and_then(|file| file.take(LONGEST).read_to_string(&mut text));
        (from.display().to_string(), read)
    };
    read.map_err(|error| Error::new(ErrorCode::FileUnreadable, format!("cannot read {name}: {error}")))?;
    let shape: Value = serde_json::from_str(&text).unwrap_or_default();
    check_shape(&shape)?;
    Ok(Secret::new(text))
}

/// Refuses what is no answer to creation options before anything is planned (WebAuthn Level 2, 5.2.1).
fn check_shape(shape: &Value) -> Result<()> {
    let whole = shape.get("publicKeyCredential").unwrap_or(shape);
    let response = whole.get("response").unwrap_or(&Value::Null);
    let has = |place: &Value, names: &[&str]| {
        names
            .iter()
            .all(|name| place.get(name).is_some_and(Value::is_string))
    };
    if has(whole, &["id"]) && has(response, &["clientDataJSON", "attestationObject"]) {
        return Ok(());
    }
    let message = if !shape.is_object() {
        "the response is not a JSON object"
    } else if shape.get("publicKey").is_some() || shape.get("challenge").is_some() {
        "these are the creation options, and not the answer of an authenticator to them"
    } else if response.get("signature").is_some() {
        "this is the answer to a sign-in: it makes no passkey"
    } else {
        "the response is not what an authenticator answers to creation options"
    };
    let parts = "id, response.clientDataJSON and response.attestationObject";
    Err(Error::new(ErrorCode::InvalidInput, message).hint(format!(
        "give what navigator.credentials.create returned, as JSON: {parts}"
    )))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_no_answer_to_options_is_named() {
        let said = |shape: &Value| check_shape(shape).unwrap_err().message().to_owned();
        let answer = json!({"id": "AQ", "response": {"clientDataJSON": "e30", "attestationObject": "oA"}});
        assert!(check_shape(&answer).is_ok());
        assert!(check_shape(&json!({"publicKeyCredential": answer})).is_ok());
        assert!(said(&json!([1])).contains("not a JSON object"));
        assert!(said(&json!({"publicKey": {"challenge": "AQ"}})).contains("creation options, and not"));
        let sign_in = json!({"id": "AQ", "response": {"clientDataJSON": "e30", "signature": "AQ"}});
        assert!(said(&sign_in).contains("sign-in"));
        assert!(said(&json!({"id": "AQ"})).contains("not what an authenticator"));
    }
}
