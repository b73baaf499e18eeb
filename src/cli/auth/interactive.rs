//! Leading a person through a sign-in: what is opened, what is said, and what is never done without somebody there.

use std::time::Duration;

use crate::auth::{self, Application, Browser, Fetched, InBrowser};
use crate::domain::{Error, ErrorCode, Result};
use crate::ui::Ui;

/// How long is waited for the browser, where nobody says.
pub(super) const LIMIT: Duration = Duration::from_secs(300);

/// How a person is led through.
pub(super) struct Interactive {
    pub(super) ui: Ui,
    /// What `BROWSER` names.
    pub(super) browser: Option<String>,
    /// With a code, in a browser elsewhere.
    pub(super) device_code: bool,
    /// How long is waited for the browser.
    pub(super) limit: Duration,
    /// Who is expected.
    pub(super) account: Option<String>,
    /// Whether the browser is to offer other accounts too.
    pub(super) choose: bool,
}

impl Browser for Interactive {
    fn open(&self, address: &str) {
        if auth::open(address, self.browser.as_deref()) {
            self.ui.note(&format!(
                "Sign in with the browser that opens. If none does, open this address on this machine:\n{address}"
            ));
        } else {
            self.ui.warn("no browser can be opened");
            self.ui.note(&format!(
                "Open this address in a browser on this machine:\n{address}"
            ));
            self.ui
                .hint("on a machine without one, sign in with a code: --device-code");
        }
    }

    fn note(&self, text: &str) {
        self.ui.warn(text);
    }
}

impl Interactive {
    /// Signs somebody in. `claims`: what the service asked for besides, as JSON.
    ///
    /// # Errors
    /// `not_signed_in`: refused, cancelled, too late, or nobody may be asked; `unavailable`.
    pub(super) async fn sign_in(&self, application: &Application, claims: Option<&str>) -> Result<Fetched> {
        if self.device_code {
            return self.by_code(application, claims).await;
        }
        if let Some(why) = self.ui.forbidden() {
            return Err(Error::new(
                ErrorCode::NotSignedIn,
                format!("not signed in: a browser needs somebody in front of it, and {why}"),
            )
            .hint(
                "in a pipeline sign in as an application (auth = \"client-secret\", \"certificate\" or \"federated\"); \
                 where somebody reads along: --device-code",
            ));
        }
        let how = InBrowser {
            browser: self,
            limit: self.limit,
            claims,
            account: self.account.as_deref(),
            choose: self.choose,
        };
        application.in_browser(&how).await
    }

    async fn by_code(&self, application: &Application, claims: Option<&str>) -> Result<Fetched> {
        let code = application.device_code().await?;
        let minutes = code.lifetime.as_secs().div_ceil(60);
        // Also with -q: without it nobody can sign in.
        self.ui.demand(&format!(
            "Open {} in any browser and type the code {} within {minutes} minutes",
            code.address, code.user_code
        ));
        application.wait_for(&code, claims).await
    }
}
