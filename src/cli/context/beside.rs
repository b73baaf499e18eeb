//! Contexts of several profiles that are asked side by side.

use std::sync::Arc;

use super::Context;
use crate::cli::globals::Globals;
use crate::domain::Result;
use crate::ui::Caught;

impl Context {
    /// The profiles that `-p` names, where it is a list or a pattern.
    ///
    /// # Errors
    /// `usage` for a pattern that nothing matches; what the configuration says.
    pub(crate) fn several(&self) -> Result<Option<Vec<String>>> {
        let flag = self.globals.profile.as_deref();
        match flag.or_else(|| self.env.get("MFACTL_PROFILE")) {
            // One name needs no file to be read for this.
            Some(text) if text.contains([',', '*', '?']) => self.config()?.several(flag),
            _ => Ok(None),
        }
    }

    /// A context of the same command on this profile alone, whose screen is kept.
    ///
    /// # Errors
    /// As [`Context::new`].
    pub(crate) fn beside(&self, profile: &str, argv: Vec<String>) -> Result<(Self, Caught)> {
        let (ui, caught) = self.ui.caught();
        let globals = Globals {
            profile: Some(profile.to_owned()),
            // The filter is for all of them together.
            jq: None,
            ..self.globals.clone()
        };
        let ui = ui.pasting(globals.pasted());
        let mut child = Self::new(
            ui,
            globals,
            self.env.clone(),
            Arc::clone(&self.clock),
            Arc::clone(&self.interrupt),
            argv,
        )?;
        child.zone = self.zone.clone();
        Ok((child, caught))
    }
}
