//! `methods`: what a person can verify a sign-in or a reset with.

pub(crate) mod add;
mod disable;
mod enable;
pub(crate) mod list;
mod remove;
mod set_default;
mod update;
mod verify;

use super::context::Context;
use super::who::{Many, Selection};
use crate::domain::{Error, ErrorCode, Result};
use crate::jobs::plan::Wish;

/// Verbs on methods.
#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// List a person's methods, with the default and whether each can be used
    List(list::Args),
    /// Add a method
    #[command(subcommand)]
    Add(add::Verb),
    /// Give a method another number, address or name
    Update(update::Args),
    /// Remove methods
    Remove(remove::Args),
    /// Switch methods off without removing them
    Disable(disable::Args),
    /// Switch methods on again
    Enable(enable::Args),
    /// Make a method the default
    SetDefault(set_default::Args),
    /// Send the code of a method that waits for one, or check it
    Verify(verify::Args),
}

impl Verb {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        match self {
            Self::List(args) => args.run(cx).await,
            Self::Add(verb) => verb.run(cx).await,
            Self::Update(args) => args.run(cx).await,
            Self::Remove(args) => args.run(cx).await,
            Self::Disable(args) => args.run(cx).await,
            Self::Enable(args) => args.run(cx).await,
            Self::SetDefault(args) => args.run(cx).await,
            Self::Verify(args) => args.run(cx).await,
        }
    }
}

/// Whose methods are switched, by a wish made of their names.
///
/// # Errors
/// No METHOD; as [`Many::select`].
fn switched(
    cx: &Context,
    many: Many,
    user: Option<String>,
    method: Vec<String>,
    wish: impl Fn(Vec<String>) -> Wish + 'static,
) -> Result<Selection> {
    let (users, methods) = many.operands(user, method);
    if methods.is_empty() {
        return Err(Error::new(ErrorCode::Usage, "METHOD… is missing")
            .hint("name the methods: mfactl methods list USER"));
    }
    many.select(cx, users, &[], move |_| Ok(wish(methods.clone())))
}
