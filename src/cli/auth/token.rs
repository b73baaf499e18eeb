//! `auth token`: the token itself, for another program. Each time is a line of the audit log.

use serde::Serialize;

use crate::auth::TokenClaims;
use crate::cli::context::Context;
use crate::cli::record;
use crate::domain::{Error, ErrorCode, Result};
use crate::http::Tokens as _;
use crate::render;
use crate::services::sign_in;

/// Of the profile.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl auth token -p contoso | some-program --token-from-stdin\n  \
    mfactl auth token -p contoso --show\n\n\
    Whoever has the token can do what you can, until it ends. Each time is written into the audit log")]
pub struct Args {
    /// Print it on the terminal
    #[arg(long)]
    show: bool,
}

#[derive(Serialize)]
struct Handed<'a> {
    profile: &'a str,
    tenant: &'a str,
    access_token: &'a str,
    ends_at: Option<jiff::Timestamp>,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self { show } = self;
        if cx.ui.stdout_is_terminal() && !show {
            return Err(Error::new(
                ErrorCode::SecretsNeedAPlace,
                "a token is not printed on a terminal: it stays in its history",
            )
            .hint("pipe it to the program that needs it, or add --show"));
        }
        let Some((profile, options)) = cx.way_in(None).await? else {
            return Err(Error::new(
                ErrorCode::Unsupported,
                "the service is inside this program and ends with it: its token is of no use",
            )
            .hint("mfactl local serve runs it by itself"));
        };
        let token = sign_in::tokens(&options)?.token().await?;
        let claims = TokenClaims::read(&token);
        let account = claims.operator().account;
        cx.record.signed_in(&profile.name, &options.tenant, &account);
        // Nothing is handed over that is not written down.
        let until = claims
            .ends_at
            .map_or_else(String::new, |at| format!(", good until {at}"));
        record::of_verb(cx, "auth token")?
            .event(&format!("the token of {account} was handed out{until}"), None)
            .await?;
        let page = cx.page();
        let mut out = cx.ui.stdout();
        let handed = Handed {
            profile: &profile.name,
            tenant: &options.tenant,
            access_token: token.expose(),
            ends_at: claims.ends_at,
        };
        let columns = ["profile", "tenant", "access_token", "ends_at"];
        if !page.object(&mut out, &handed, "token", &columns)? {
            render::write(&mut out, format!("{}\n", token.expose()).as_bytes())?;
        }
        out.done()?;
        Ok(0)
    }
}
