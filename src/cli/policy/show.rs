//! `policy show [USER]`

use crate::cli::context::{Context, Intent};
use crate::cli::people;
use crate::domain::Result;
use crate::domain::shape::PolicyShow;
use crate::render::{self, time};

/// For whom.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  mfactl policy show\n  mfactl policy show adele")]
pub struct Args {
    /// Say of one person what is allowed, and why
    #[arg(value_name = "USER")]
    user: Option<String>,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self { user } = self;
        let session = cx.connect(Intent::Read).await?;
        let person = match user {
            None => None,
            Some(typed) => {
                let mut found = people::find(cx, &session, &[typed], &["policy", "show"]).await?;
                found.pop().transpose()?
            }
        };
        let policy = session
            .service
            .policy(person.as_ref().map(|user| &user.id))
            .await?;
        let policy = PolicyShow::new(&session.profile, &session.tenant, policy);
        let mut out = cx.ui.stdout();
        render::policy(&cx.page(), &mut out, &policy, person.is_some())?;
        out.done()?;
        let read = time::moment(policy.read_at, cx.clock.now(), &cx.zone);
        cx.ui.note(&match person {
            Some(user) => format!("{} in {}, read {read}", user.sign_in_name, session.profile),
            None => format!(
                "{}, read {read}. For one person, with reasons: policy show USER",
                session.profile
            ),
        });
        Ok(0)
    }
}
