//! Asking whoever sits at the terminal to sign in, in the middle of a command: nothing of it is lost.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;

use super::interactive::{Interactive, LIMIT};
use super::typed;
use crate::auth::{Credential, Fetched, Place, SignInAgain, Store, TokenStore};
use crate::domain::{Error, Result};
use crate::services::{ConnectOptions, sign_in};
use crate::ui::Ui;

/// Who can be asked, and where they sign in.
pub(crate) struct Again {
    ui: Ui,
    browser: Option<String>,
    options: ConnectOptions,
    /// Somebody said No: a command with many requests asks once.
    refused: AtomicBool,
}

impl Again {
    /// For this connection.
    pub(crate) fn new(ui: Ui, browser: Option<String>, options: ConnectOptions) -> Self {
        Self {
            ui,
            browser,
            options,
            refused: AtomicBool::new(false),
        }
    }
}

#[async_trait]
impl SignInAgain for Again {
    async fn sign_in(
        &self,
        place: Option<&Place>,
        why: Error,
        claims: Option<&str>,
    ) -> Result<(Fetched, Option<Store>)> {
        // Nobody there: the command ends with what it lacks, and says how to mend it.
        if self.refused.swap(true, Ordering::SeqCst) || self.ui.can_ask().is_err() {
            return Err(why);
        }
        self.ui.warn(why.message());
        let profile = self.options.signing_in.keeping.as_ref();
        let name = profile.map_or("the service", |keeping| keeping.profile.as_str());
        if !self.ui.confirm(&format!("Sign in to {name} now and go on?"))? {
            return Err(why);
        }
        // Asked before the browser opens.
        let store = match place {
            Some(place) => place.of_person().await?,
            None => None,
        };
        debug_assert!(store.is_some() || profile.is_none_or(|keeping| keeping.store == TokenStore::Memory));
        if let Credential::Prompted { .. } = &self.options.credential {
            let fetched = typed::sign_in(&self.ui, &self.options).await?;
            self.refused.store(false, Ordering::SeqCst);
            return Ok((fetched, store));
        }
        let interactive = Interactive {
            ui: self.ui.clone(),
            browser: self.browser.clone(),
            device_code: matches!(self.options.credential, Credential::DeviceCode { .. }),
            limit: LIMIT,
            account: None,
            choose: false,
        };
        let application = sign_in::application(&self.options)?;
        let fetched = interactive.sign_in(&application, claims).await?;
        self.refused.store(false, Ordering::SeqCst);
        Ok((fetched, store))
    }
}
