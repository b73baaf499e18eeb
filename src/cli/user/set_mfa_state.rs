//! `user set-mfa-state USER… STATE`

use crate::cli::change::{self, Change, ChangeArgs, Qr};
use crate::cli::context::Context;
use crate::cli::who::Many;
use crate::domain::{Error, ErrorCode, MfaState, Result};
use crate::jobs::plan::Wish;

/// Whose per-user MFA, and what it becomes.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "mfactl user set-mfa-state [OPTIONS] <USER>... <STATE>",
    after_help = "Examples:\n  \
    mfactl user set-mfa-state adele enforced\n  \
    mfactl user set-mfa-state --group Sales disabled --expect 12 --yes\n\n\
    STATE is disabled, enabled or enforced; enabled becomes enforced by itself with the first method"
)]
pub struct Args {
    /// Sign-in names, object ids or primary mail addresses, and behind them the STATE
    #[arg(value_name = "USER… STATE", required_unless_present = "from")]
    operand: Vec<String>,
    #[command(flatten)]
    many: Many,
    #[command(flatten)]
    change: ChangeArgs,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self {
            mut operand,
            many,
            change,
        } = self;
        let state = operand.pop().map(|text| text.parse::<MfaState>()).transpose()?;
        if many.is_given() && !operand.is_empty() {
            return Err(Error::new(
                ErrorCode::Usage,
                "USER does not go with --from, --group, --filter or --everyone",
            ));
        }
        if !many.is_given() && operand.is_empty() {
            return Err(
                Error::new(ErrorCode::Usage, "USER is missing").hint("mfactl user set-mfa-state USER… STATE")
            );
        }
        let selection = many.select(cx, operand, &["state"], move |given| {
            let state = given.required("state", state.map(MfaState::as_str), str::parse)?;
            Ok(Wish::MfaState(state))
        })?;
        let change = Change {
            verb: "user set-mfa-state",
            doing: "Set per-user MFA of",
            selection,
            playbook: None,
            qr: Qr::None,
            args: change,
        };
        change::run(cx, change).await
    }
}
