//! `devices`: where a person is not asked for a second factor, and what is registered.

mod disable;
mod enable;
mod forget;
pub(crate) mod list;

use super::change::{self, Change, ChangeArgs, Qr};
use super::context::Context;
use super::later::Later;
use super::who::Many;
use crate::domain::{Error, ErrorCode, Result};
use crate::jobs::plan::Wish;

/// Verbs on devices.
#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// List remembered and registered devices
    List(Later<list::Args>),
    /// Ask a second factor again on remembered devices
    Forget(Later<forget::Args>),
    /// Stop registered devices from signing in
    Disable(Later<disable::Args>),
    /// Let registered devices sign in again
    Enable(Later<enable::Args>),
}

impl Verb {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        match self {
            Self::List(Later(args)) => args.run(cx).await,
            Self::Forget(Later(args)) => args.run(cx).await,
            Self::Disable(Later(args)) => args.run(cx).await,
            Self::Enable(Later(args)) => args.run(cx).await,
        }
    }
}

/// Registered devices that are switched on or off, and whose.
#[derive(Debug, clap::Args)]
struct Switched {
    /// Sign-in name, object id or primary mail address; with a selector: a device
    #[arg(value_name = "USER", required_unless_present_any = ["from", "group", "filter", "everyone"])]
    user: Option<String>,
    /// Registered devices, as devices list prints them
    #[arg(value_name = "DEVICE")]
    device: Vec<String>,
    #[command(flatten)]
    many: Many,
    #[command(flatten)]
    change: ChangeArgs,
}

impl Switched {
    /// Switches them; a row may bring its own in a column `device`.
    ///
    /// # Errors
    /// No DEVICE; as [`Many::select`] and [`change::run`].
    async fn run(self, cx: &Context, enabled: bool, verb: &'static str, doing: &'static str) -> Result<u8> {
        let Self {
            user,
            device,
            many,
            change,
        } = self;
        let (users, devices) = many.operands(user, device);
        let has_rows = many.has_rows();
        let selection = many.select(cx, users, &["device"], move |given| {
            let mut wanted = devices.clone();
            if wanted.is_empty() {
                if !has_rows {
                    return Err(Error::new(ErrorCode::Usage, "DEVICE… is missing")
                        .hint("name the registered devices, as devices list prints them"));
                }
                wanted = given.listed("device")?;
            }
            Ok(Wish::SwitchDevices {
                devices: wanted,
                enabled,
            })
        })?;
        let change = Change {
            verb,
            doing,
            selection,
            playbook: None,
            qr: Qr::None,
            args: change,
        };
        change::run(cx, change).await
    }
}
