//! Tokens that another program prints: the signed-in Azure CLI, or a command of one's own. It gets none of the secrets
//! that this program was given in its environment.

use std::process::{Command, Stdio};

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;

use super::flow::{Fetched, Flow, Need, unanswered};
use crate::domain::{Clock as _, Error, ErrorCode, Result, Secret, SystemClock};

/// Variables that hold secrets of ours: no child gets them.
pub(super) const OURS: [&str; 9] = [
    "MFACTL_CLIENT_SECRET",
    "MFACTL_PASSWORD",
    "MFACTL_TOKEN",
    "MFACTL_API_TOKEN",
    "MFACTL_ASSERTION",
    "MFACTL_ID_TOKEN",
    "MFACTL_CERTIFICATE_PASSWORD",
    "MFACTL_STORE_PASSWORD",
    "MFACTL_TOKEN_PASSPHRASE",
];

/// What a command prints on its standard output. Its errors go where ours go.
///
/// # Errors
/// `not_signed_in`: it cannot be started, or fails.
pub(super) async fn output(words: Vec<String>) -> Result<Secret> {
    let failed = |why: String| Error::new(ErrorCode::NotSignedIn, format!("not signed in: {why}"));
    let name = words.first().cloned().unwrap_or_default();
    let run = move || {
        let (program, arguments) = words.split_first()?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit());
        for variable in OURS {
            command.env_remove(variable);
        }
        Some(command.output())
    };
    let ended = tokio::task::spawn_blocking(run).await;
    match ended {
        Ok(Some(Ok(output))) if output.status.success() => match String::from_utf8(output.stdout) {
            Ok(text) => Ok(Secret::new(text)),
            Err(_) => Err(failed(format!("{name} printed no text"))),
        },
        Ok(Some(Ok(output))) => Err(failed(format!("{name} ended with {}", output.status))),
        Ok(Some(Err(error))) => Err(failed(format!("{name} cannot be started: {error}"))),
        Ok(None) => Err(failed("the command is empty".to_owned())),
        Err(error) => Err(failed(format!("{name} broke off: {error}"))),
    }
}

/// The token of the signed-in Azure CLI.
#[derive(Debug)]
pub(super) struct AzureCli {
    pub(super) tenant: String,
    /// For which service, without `/.default`.
    pub(super) resource: String,
}

#[async_trait]
impl Flow for AzureCli {
    async fn fetch(&self, need: Need<'_>) -> Result<Fetched> {
        if need.claims.is_some() {
            let hint = format!("az logout && az login --tenant {}", self.tenant);
            return Err(unanswered("the Azure CLI's token").hint(hint));
        }
        let program = if cfg!(windows) { "az.cmd" } else { "az" };
        let words = [
            program,
            "account",
            "get-access-token",
            "--resource",
            &self.resource,
            "--tenant",
            &self.tenant,
            "--output",
            "json",
        ];
        let printed = output(words.map(str::to_owned).to_vec())
            .await
            .map_err(|error| error.hint(format!("az login --tenant {}", self.tenant)))?;
        read(&printed, SystemClock.now())
    }
}

fn read(printed: &Secret, now: Timestamp) -> Result<Fetched> {
    let body: Value = serde_json::from_str(printed.expose()).unwrap_or_default();
    let value = body.get("accessToken").and_then(Value::as_str).ok_or_else(|| {
        Error::new(ErrorCode::NotSignedIn, "not signed in: az printed no token").hint("az login")
    })?;
    // Seconds since 1970; older versions have a local time alone, which says nothing without its zone.
    let ends = body.get("expires_on").and_then(Value::as_i64);
    let left = ends.map_or(300, |ends| ends - now.as_second());
    let lifetime = std::time::Duration::from_secs(u64::try_from(left).unwrap_or(0));
    Ok(Fetched::alone(Secret::new(value), lifetime))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_az_prints_is_read() {
        let now = Timestamp::from_second(1_000).unwrap();
        let fetched = read(&Secret::new(r#"{"accessToken":"t","expires_on":4600}"#), now).unwrap();
        assert_eq!((fetched.value.expose(), fetched.lifetime.as_secs()), ("t", 3600));
        assert_eq!(
            read(&Secret::new("ERROR"), now).unwrap_err().code(),
            ErrorCode::NotSignedIn
        );
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_command_that_fails_is_told_by_its_name() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(output(words("echo token")).await.unwrap().expose(), "token\n");
        let error = output(words("false")).await.unwrap_err();
        assert!(
            error.message().starts_with("not signed in: false ended with"),
            "{error}"
        );
        let error = output(words("/no/such/program")).await.unwrap_err();
        assert!(error.message().contains("cannot be started"), "{error}");
    }
}
