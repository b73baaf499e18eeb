//! Signing in, whether the service takes the token, and what the token allows.

use futures::StreamExt as _;

use super::findings::{Findings, wrong};
use super::{network, rights};
use crate::auth::TokenClaims;
use crate::cli::context::Context;
use crate::config::Profile;
use crate::domain::{ErrorCode, IdentityService as _, UserQuery};
use crate::render::time;
use crate::services::{self, Connected};

/// Nobody has this id.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";
/// A token that lives shorter, in seconds, and is not renewed, is told.
const SHORT: i64 = 600;

/// Signs in as every command does, without asking anybody.
pub(super) async fn look(cx: &Context, profile: &Profile, findings: &mut Findings) {
    let connected = match connect(cx).await {
        Ok((connected, way)) => {
            cx.record.signed_in(
                &profile.name,
                connected.claims.tenant.as_deref().unwrap_or_default(),
                &connected.operator.account,
            );
            told(cx, &connected, way, findings);
            connected
        }
        Err(error) => {
            findings.fail(("sign_in", None), &error);
            for check in ["service", "right"] {
                findings.skipped((check, None), "needs a sign-in");
            }
            return;
        }
    };
    let who = connected
        .operator
        .user_id
        .clone()
        .map_or_else(|| NOBODY.to_owned(), |id| id.0);
    let query = UserQuery::Ids(vec![who]);
    let asked = connected.service.users(&query).next().await;
    match asked {
        None | Some(Ok(_)) => findings.ok(("service", None), "takes the token"),
        // Which right that is stands among the rights.
        Some(Err(error)) if error.code() == ErrorCode::PermissionMissing => {
            findings.ok(("service", None), "takes the token, and refuses to show people");
        }
        Some(Err(error)) => {
            findings.fail(("service", None), &error);
            findings.skipped(("right", None), "needs a service that takes the token");
            return;
        }
    }
    rights::look(&connected.service.rights(), profile, findings);
}

async fn connect(cx: &Context) -> crate::domain::Result<(Connected, &'static str)> {
    let Some((_, mut options)) = cx.way_in(None).await? else {
        return Err(wrong(
            ErrorCode::Internal,
            "the service is inside this program",
            "",
        ));
    };
    // The pace of others is none of its business.
    options.runtime = None;
    let way = options.credential.way();
    Ok((services::connect(options).await?, way))
}

fn told(cx: &Context, connected: &Connected, way: &str, findings: &mut Findings) {
    let now = cx.clock.now();
    let TokenClaims {
        ends_at,
        starts_at,
        issued_at,
        ..
    } = &connected.claims;
    let who = match connected.operator.account.as_str() {
        "" => "somebody whom the token does not name",
        account => account,
    };
    let until = ends_at.map_or_else(
        || ", and the token does not say until when".to_owned(),
        |at| format!(", until {}", time::moment(at, now, &cx.zone)),
    );
    let detail = format!("as {who}, by {way}{until}");
    let what = ("sign_in", None);
    let left = ends_at.map(|at| at.as_second() - now.as_second());
    match left {
        Some(left) if way == "token" && left < SHORT => {
            let mend = "nobody renews a token that is given: give a new one in MFACTL_TOKEN";
            findings.warn(what, detail, mend);
        }
        _ => findings.ok(what, detail),
    }
    // A token from the future, or one that has ended when it is made.
    let ahead = [starts_at, issued_at]
        .into_iter()
        .flatten()
        .map(|at| at.as_second() - now.as_second())
        .max();
    match (ahead, left) {
        (Some(ahead), _) if ahead >= 60 => network::judge_clock(ahead, "whoever made the token", findings),
        (_, Some(left)) if left <= -60 => {
            network::judge_clock(left, "whoever made the token", findings);
        }
        _ => {}
    }
}
