//! `profile`: whom the program works for. Reads and writes the file of profiles; sends nothing, but that
//! a sign-in is ended when its profile goes.

mod add;
mod dialogue;
mod list;
mod remove;
mod show;
mod using;

use super::context::Context;
use super::later::Later;
use crate::domain::Result;

/// Verbs on profiles.
#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// List profiles
    List(Later<list::Args>),
    /// Show what holds in a profile, and where each value comes from
    Show(Later<show::Args>),
    /// Write a profile, from options or from a dialogue
    Add(Later<Box<add::Args>>),
    /// Make a profile the default one
    Use(Later<using::Args>),
    /// Take a profile away
    Remove(Later<remove::Args>),
}

impl Verb {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        match self {
            Self::List(Later(args)) => args.run(cx),
            Self::Show(Later(args)) => args.run(cx),
            Self::Add(Later(args)) => args.run(cx),
            Self::Use(Later(args)) => args.run(cx),
            Self::Remove(Later(args)) => args.run(cx).await,
        }
    }
}

/// Says what is unwise about the rights of the file.
fn doubt(cx: &Context) -> Result<()> {
    if let Some(doubt) = cx.config()?.doubt() {
        cx.ui.warn(&doubt);
    }
    Ok(())
}

/// The file of profiles, for a sentence.
fn file(cx: &Context) -> Result<String> {
    let path = cx.config()?.path().map(|path| path.display().to_string());
    Ok(path.unwrap_or_else(|| "config.toml".to_owned()))
}
