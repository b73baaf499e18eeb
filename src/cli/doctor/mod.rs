//! `doctor`: what keeps a profile from working, in the order in which one thing needs the other, each with its mend.
//! Asks little, and changes nothing.

mod assumptions;
mod findings;
mod network;
mod rights;
mod settings;
mod sign_in;

use std::time::Duration;

use super::context::{Context, Intent};
use crate::config::{Place, Profile};
use crate::domain::Result;
use crate::domain::shape::DoctorState;
use crate::render::{Rows, Shape};
use findings::Findings;

/// How long one look may take.
const LOOK: Duration = Duration::from_secs(10);

/// Of the profile.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl doctor -p contoso\n  \
    mfactl doctor -p 'msp-*' -o json --jq '.[] | select(.state == \"fail\")'\n  \
    mfactl doctor -p contoso --verify-assumptions\n\n\
    Sends a few reads and changes nothing. Exits with 0 where nothing failed, warnings or not; else with the status of\n\
    the first failure: 1 or 2 the configuration or the clock, 8 not reached, 4 not signed in or a right is missing")]
pub struct Args {
    /// Ask, by a few reads, whether the organization is as mfactl assumes where Microsoft documents nothing
    #[arg(long)]
    verify_assumptions: bool,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self { verify_assumptions } = self;
        cx.interrupt.watch()?;
        if verify_assumptions {
            return assumptions::verify(cx).await;
        }
        let mut findings = Findings::default();
        examine(cx, &mut findings).await;
        show(cx, &findings)
    }
}

async fn examine(cx: &Context, findings: &mut Findings) {
    let Some(profile) = settings::look(cx, findings) else {
        for check in ["proxy", "dns", "connect", "tls", "clock", "sign_in", "right"] {
            findings.skipped((check, None), "needs a profile that can be used");
        }
        return;
    };
    match &profile.place {
        Place::Inside(data) => {
            let is_there = data.exists();
            inside(cx, &profile, is_there, findings).await;
        }
        Place::At(address) => {
            let limit = cx
                .globals
                .timeout
                .and_then(|wish| Duration::try_from(wish).ok())
                .map_or(LOOK, |wish| wish.min(LOOK));
            let network = network::Ways {
                network: profile.network.clone(),
                proxy: cx.config().ok().and_then(|config| config.proxy_of(&profile)),
                now: cx.clock.now(),
                limit,
            };
            if network.look(address, &profile.service, findings).await {
                sign_in::look(cx, &profile, findings).await;
            } else {
                for check in ["sign_in", "right"] {
                    findings.skipped((check, None), "needs what failed above");
                }
            }
        }
    }
}

/// The service inside this program: there is no network to look at.
async fn inside(cx: &Context, profile: &Profile, is_there: bool, findings: &mut Findings) {
    for check in ["proxy", "dns", "connect", "tls", "clock"] {
        findings.skipped((check, None), "the service is inside this program");
    }
    if !is_there {
        // Connecting would make the file.
        let why = "there is no demo data yet: the first command makes it";
        for check in ["sign_in", "right"] {
            findings.skipped((check, None), why);
        }
        return;
    }
    match cx.connect(Intent::Read).await {
        Ok(session) => {
            findings.ok(("sign_in", None), format!("as {}", session.operator.account));
            rights::look(&session.service.rights(), profile, findings);
        }
        Err(error) => {
            findings.fail(("sign_in", None), &error);
            findings.skipped(("right", None), "needs a sign-in");
        }
    }
}

fn show(cx: &Context, findings: &Findings) -> Result<u8> {
    let page = cx.page();
    let mut out = cx.ui.stdout();
    let mut rows = Rows::new(&page, &mut out, Shape::One);
    for row in findings.rows() {
        rows.push(row)?;
    }
    let [ok, warn, fail, skipped] = [
        DoctorState::Ok,
        DoctorState::Warn,
        DoctorState::Fail,
        DoctorState::Skipped,
    ]
    .map(|state| findings.count(state));
    let code = findings.exit_code();
    rows.finish(&serde_json::json!({
        "rows": findings.rows().len(), "ok": ok, "warn": warn, "fail": fail, "skipped": skipped, "exit_code": code,
    }))?;
    out.done()?;
    cx.ui.note(&format!(
        "{ok} ok, {warn} to see to, {fail} failed, {skipped} skipped"
    ));
    Ok(code)
}
