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
use super::later::Later;
use super::who::{Many, Selection};
use crate::domain::{Error, ErrorCode, Result};
use crate::jobs::plan::Wish;

/// Verbs on methods.
#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// List a person's methods, with the default and whether each can be used
    List(Later<list::Args>),
    /// Add a method
    #[command(subcommand)]
    Add(Later<add::Verb>),
    /// Give a method another number, address or name
    Update(Later<update::Args>),
    /// Remove methods
    Remove(Later<remove::Args>),
    /// Switch methods off without removing them
    Disable(Later<disable::Args>),
    /// Switch methods on again
    Enable(Later<enable::Args>),
    /// Make a method the default
    SetDefault(Later<set_default::Args>),
    /// Send the code of a method that waits for one, or check it
    Verify(Later<verify::Args>),
}

impl Verb {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        match self {
            Self::List(Later(args)) => args.run(cx).await,
            Self::Add(Later(verb)) => verb.run(cx).await,
            Self::Update(Later(args)) => args.run(cx).await,
            Self::Remove(Later(args)) => args.run(cx).await,
            Self::Disable(Later(args)) => args.run(cx).await,
            Self::Enable(Later(args)) => args.run(cx).await,
            Self::SetDefault(Later(args)) => args.run(cx).await,
            Self::Verify(Later(args)) => args.run(cx).await,
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
