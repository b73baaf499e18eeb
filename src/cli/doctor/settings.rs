//! The file of profiles, the profile, and whether it takes changes. Reads files and variables alone.

use super::findings::Findings;
use crate::cli::context::Context;
use crate::config::{Config, Place, Profile};
use crate::domain::ErrorCode;
use crate::jobs::guard;
use crate::render::text::counted;

/// Looks at the configuration; gives the profile, where one can be used.
pub(super) fn look(cx: &Context, findings: &mut Findings) -> Option<Profile> {
    let config = match cx.config() {
        Ok(config) => config,
        Err(error) => {
            findings.fail(("config", None), &error);
            return None;
        }
    };
    file(config, findings);
    let profile = match cx.profile() {
        Ok(profile) => profile,
        Err(error) if error.code() == ErrorCode::NotSignedIn => {
            findings.fail(("sign_in", None), &error);
            return None;
        }
        Err(error) => {
            let error = match error.hint_text() {
                Some(_) => error,
                None => error.hint(cx.command(["profile", "show", "--origin"])),
            };
            findings.fail(("profile", None), &error);
            return None;
        }
    };
    let tenant = match &profile.place {
        Place::At(address) => format!(", tenant {}", address.tenant),
        Place::Inside(_) => String::new(),
    };
    let why = config.why(cx.globals.profile.as_deref());
    findings.ok(
        ("profile", Some(&profile.name)),
        format!("{}{tenant}; chosen by {why}", profile.service),
    );
    changes(config, &profile, findings);
    Some(profile)
}

fn file(config: &Config, findings: &mut Findings) {
    let path = config
        .path()
        .map_or_else(|| "config.toml".to_owned(), |path| path.display().to_string());
    let what = ("config", None);
    if let Err(error) = config.check_retention() {
        findings.fail(what, &error);
        return;
    }
    match config.doubt() {
        Some(doubt) => match doubt.split_once("; ") {
            Some((why, mend)) => findings.warn(what, why, mend),
            None => findings.warn(what, doubt, "chmod 600"),
        },
        None if config.path().is_some_and(std::path::Path::exists) => {
            let whole = config.rows().len();
            findings.ok(
                what,
                format!("{path}: valid, {}", counted(whole as u64, "profile", "profiles")),
            );
        }
        None => findings.ok(
            what,
            format!("no {path}: variables and the built-in profile serve"),
        ),
    }
}

fn changes(config: &Config, profile: &Profile, findings: &mut Findings) {
    let what = ("changes", None);
    match config.may_change(profile) {
        Err(error) if error.code() == ErrorCode::Usage => {
            findings.warn(what, error.message(), error.hint_text().unwrap_or_default());
        }
        Err(error) => findings.fail(what, &error),
        Ok(()) if let Err(error) = guard::readable(&profile.guard) => findings.fail(what, &error),
        Ok(()) if profile.guard.read_only => findings.ok(what, "none: the profile is read-only"),
        Ok(()) => {
            let most = counted(profile.guard.max_users, "person", "people");
            findings.ok(what, format!("for {most} at most in one command, by the guard"));
        }
    }
}
