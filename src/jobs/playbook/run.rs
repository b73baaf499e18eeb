//! A playbook becomes the rows of a person's plan.

use super::{Options, Pass, Playbook, PlaybookStep, Verb};
use crate::domain::{Action, Error, ErrorCode, Method, MethodId, MethodKind, Result, reference};
use crate::jobs::plan::{
    Draft, NO_SIGN_IN, Words, admit_pass, at_home, password_words, strongest, warn_of_sync,
};

/// Which methods of a person the options leave to be removed.
struct Range {
    only: Option<Vec<(MethodKind, MethodId)>>,
    keep: Vec<(MethodKind, MethodId)>,
}

impl Range {
    fn new(draft: &Draft<'_>, options: &Options) -> Result<Self> {
        let only = (!options.only.is_empty())
            .then(|| meant(draft, &options.only))
            .transpose()?;
        Ok(Self {
            only,
            keep: meant(draft, &options.keep)?,
        })
    }

    fn has(&self, method: &Method) -> bool {
        let key = (method.kind, method.id.clone());
        !self.keep.contains(&key) && self.only.as_ref().is_none_or(|only| only.contains(&key))
    }
}

/// The methods that METHODs mean; a kind that the person has not is fine.
fn meant(draft: &Draft<'_>, typed: &[String]) -> Result<Vec<(MethodKind, MethodId)>> {
    let mut all = Vec::new();
    for text in typed {
        match reference::find_methods(text, draft.person.info.methods(), draft.whose()) {
            Ok(found) => all.extend(found.into_iter().map(|method| (method.kind, method.id.clone()))),
            Err(_) if text.parse::<MethodKind>().is_ok() || MethodKind::family(text).is_some() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

impl Playbook {
    /// Plans its steps for the person of the draft.
    ///
    /// # Errors
    /// `config_invalid` where a `when` cannot be judged; `unsupported` where a step says so; `method_not_found` for a
    /// METHOD of the options; `policy_refused` for a pass that was asked for.
    pub(crate) fn plan(&self, draft: &mut Draft<'_>, options: &Options) -> Result<()> {
        let range = Range::new(draft, options)?;
        for (at, step) in self.steps.iter().enumerate() {
            let asked_pass = step.verb == Verb::TemporaryPass && options.pass == Pass::Always;
            if !asked_pass && !self.wanted(draft, at)? {
                continue;
            }
            let rows = draft.rows.len();
            match step.verb {
                Verb::PromoteAlternate => self.promote(draft, at, &range)?,
                Verb::SetBestDefault => self.set_best_default(draft, at, &range)?,
                Verb::Remove => remove(draft, step, &range)?,
                Verb::TemporaryPass if options.pass == Pass::Never => {}
                Verb::TemporaryPass => temporary_pass(draft, options.pass)?,
                _ => plain(draft, step.verb),
            }
            if step.mail {
                mail(draft);
            }
            if step.fail_if_unsupported {
                draft.no_by_hand(rows)?;
            }
        }
        let has_pass = self.steps.iter().any(|step| step.verb == Verb::TemporaryPass);
        if options.pass == Pass::Always && !has_pass {
            temporary_pass(draft, options.pass)?;
        }
        warn(draft);
        Ok(())
    }

    fn wanted(&self, draft: &Draft<'_>, at: usize) -> Result<bool> {
        let Some(filter) = self.steps.get(at).and_then(|step| step.when.as_ref()) else {
            return Ok(true);
        };
        filter.holds(&draft.page()).map_err(|why| {
            let place = format!("playbook {}, step {}", self.name, at + 1);
            Error::new(ErrorCode::ConfigInvalid, format!("{place}: when: {why}"))
                .hint("it reads what user show -o json prints")
        })
    }

    /// The methods that later removals will take, as things stand now.
    fn going(&self, draft: &Draft<'_>, at: usize, range: &Range) -> Result<Vec<(MethodKind, MethodId)>> {
        let mut going = Vec::new();
        for (later, step) in self.steps.iter().enumerate().skip(at + 1) {
            if step.verb == Verb::Remove && self.wanted(draft, later)? {
                going.extend(step.takes(draft, range));
            }
        }
        Ok(going)
    }

    /// A mobile number that will go takes over the alternate one, and the alternate entry goes.
    fn promote(&self, draft: &mut Draft<'_>, at: usize, range: &Range) -> Result<()> {
        let going = self.going(draft, at, range)?;
        let find = |kind: MethodKind, goes: bool| {
            let wanted = |method: &&Method| {
                method.kind == kind && going.contains(&(method.kind, method.id.clone())) == goes
            };
            draft.info.methods().iter().find(wanted).cloned()
        };
        let (Some(mobile), Some(alternate)) = (
            find(MethodKind::PhoneMobile, true),
            find(MethodKind::PhoneAlternate, false),
        ) else {
            return Ok(());
        };
        let had = mobile.label().unwrap_or_default();
        let target = draft.reference(&mobile);
        let Some(number) = alternate.number.clone() else {
            let words = Words::new("change", target, format!("{had} to the alternate number"));
            draft.by_hand(
                words,
                "the service shows the alternate number only in part",
                format!(
                    "{} methods update {} phone:mobile --number NUMBER",
                    draft.setting.prefix,
                    draft.whose()
                ),
            );
            return Ok(());
        };
        let words = Words::new("change", target, format!("{had} to {number}")).outcome(number.to_string());
        let action = Action::UpdatePhone {
            method: mobile.id.clone(),
            kind: mobile.kind,
            number,
        };
        if let Some(changed) = draft.attempt(action, words, &[]) {
            draft.remove_one(
                &alternate,
                &[changed],
                false,
                Some("its number is now phone:mobile"),
            )?;
        }
        Ok(())
    }

    /// The strongest method that stays becomes the default, where the default goes or there is none.
    fn set_best_default(&self, draft: &mut Draft<'_>, at: usize, range: &Range) -> Result<()> {
        let going = self.going(draft, at, range)?;
        let stays = |method: &&Method| !going.contains(&(method.kind, method.id.clone()));
        let methods = draft.info.methods().to_vec();
        let told = methods.iter().any(|method| method.default.is_some());
        if !told
            || methods
                .iter()
                .filter(stays)
                .any(|method| method.default == Some(true))
        {
            return Ok(());
        }
        if let Some(best) = strongest(methods.iter().filter(stays)) {
            let was = draft
                .info
                .default_method()
                .map(|default| format!("was {}", draft.reference(default)));
            draft.set_default(best, &was.unwrap_or_default());
        }
        Ok(())
    }
}

impl PlaybookStep {
    /// What a removal takes: never what an earlier step has set.
    fn takes(&self, draft: &Draft<'_>, range: &Range) -> Vec<(MethodKind, MethodId)> {
        draft
            .info
            .methods()
            .iter()
            .filter(|method| {
                self.methods
                    .as_ref()
                    .is_none_or(|kinds| kinds.contains(&method.kind))
            })
            .filter(|method| range.has(method))
            .map(|method| (method.kind, method.id.clone()))
            .filter(|key| !draft.set.contains(key))
            .collect()
    }
}

fn remove(draft: &mut Draft<'_>, step: &PlaybookStep, range: &Range) -> Result<()> {
    let mut going = step.takes(draft, range);
    let needed = draft.setting.capabilities.alternate_needs_mobile();
    let alternate_stays = needed
        && draft.info.methods().iter().any(|method| {
            method.kind == MethodKind::PhoneAlternate && !going.contains(&(method.kind, method.id.clone()))
        });
    let mobile = going
        .iter()
        .position(|(kind, _)| *kind == MethodKind::PhoneMobile);
    if let Some(at) = mobile.filter(|_| alternate_stays) {
        let (kind, id) = going.remove(at);
        let detail = draft
            .info
            .methods()
            .iter()
            .find(|method| method.kind == kind && method.id == id)
            .and_then(Method::label);
        draft.by_hand(
            Words::new("remove", kind.as_str(), detail.unwrap_or_default()),
            "an alternate number stands beside it",
            format!(
                "{} methods remove {} phone:alternate phone:mobile",
                draft.setting.prefix,
                draft.whose()
            ),
        );
        draft.warnings.push(
            "phone:mobile stays until somebody sees to it: whoever has that phone verifies sign-ins with it"
                .to_owned(),
        );
    }
    draft.remove(&going, false).map(|_| ())
}

fn plain(draft: &mut Draft<'_>, verb: Verb) {
    match verb {
        Verb::ForgetDevices => {
            if let Some(words) = draft.forget_all_words() {
                draft.attempt(Action::ForgetAllDevices, words, &[]);
            }
        }
        Verb::ResetAppPasswords => {
            if let Some(words) = draft.revoke_all_words() {
                draft.attempt(Action::RevokeAllAppPasswords, words, &[]);
            }
        }
        Verb::SignOut => {
            let words = draft.sign_out_words();
            draft.attempt(Action::SignOut, words, &[]);
        }
        Verb::ResetPassword => match at_home(draft, "has no password here") {
            Some(error) => at_hand(draft, password_words(false), &error),
            None => {
                let action = Action::GeneratePassword { permanent: false };
                draft.attempt(action, password_words(false), &[]);
                warn_of_sync(draft);
            }
        },
        Verb::DisableAccount if draft.user.enabled => {
            let words = Words::new("disable", "account", NO_SIGN_IN);
            draft.attempt(Action::DisableAccount, words, &[]);
            warn_of_sync(draft);
        }
        Verb::RequireRegistration => {
            let words = Words::new("require", "registration", "at next sign-in");
            draft.attempt(Action::RequireRegistration, words, &[]);
        }
        Verb::DisableAccount
        | Verb::SetBestDefault
        | Verb::PromoteAlternate
        | Verb::Remove
        | Verb::TemporaryPass => {}
    }
}

/// A link by which the person registers goes to their address.
fn mail(draft: &mut Draft<'_>) {
    let to = draft.user.mail.clone();
    let words = Words::new("mail", "registration", to.clone().unwrap_or_default());
    match to {
        Some(_) => {
            draft.attempt(Action::MailRegistration, words, &[]);
        }
        None => draft.by_hand(
            words,
            "the account has no mail address",
            "tell the person to sign in and register",
        ),
    }
}

/// A pass that somebody asked for is an error where policy forbids it; one that the playbook asks for is a row.
fn temporary_pass(draft: &mut Draft<'_>, pass: Pass) -> Result<()> {
    let words = Words::new(
        "issue",
        MethodKind::TemporaryPass.as_str(),
        "as long as policy says",
    );
    let action = Action::AddTemporaryPass {
        lifetime_minutes: None,
        one_time: None,
        start: None,
    };
    // Where there are no passes, the person is asked to register instead, where that can be.
    if pass == Pass::Auto && !draft.can(&action) && draft.can(&Action::RequireRegistration) {
        plain(draft, Verb::RequireRegistration);
        return Ok(());
    }
    if let Some(error) = at_home(draft, "gets no temporary pass") {
        if pass == Pass::Always {
            return Err(error);
        }
        at_hand(draft, words, &error);
        return Ok(());
    }
    match admit_pass(draft, None, None) {
        Err(error) if pass == Pass::Always => return Err(error),
        Err(error) => {
            let instead = "the person registers with the password alone, or a new number is added first";
            draft.by_hand(words, error.message().to_owned(), instead);
        }
        Ok(()) if pass == Pass::Always => {
            draft.require(action, words, &[])?;
        }
        Ok(()) => {
            draft.attempt(action, words, &[]);
        }
    }
    Ok(())
}

/// A row for what is done elsewhere.
fn at_hand(draft: &mut Draft<'_>, words: Words, error: &Error) {
    let instead = error.hint_text().unwrap_or_default().to_owned();
    draft.by_hand(words, error.message().to_owned(), instead);
}

/// Says that nothing is left to verify with, and what that means.
fn warn(draft: &mut Draft<'_>) {
    let had = !draft.person.info.methods().is_empty();
    if had && draft.user.enabled && !draft.info.methods().iter().any(Method::signs_in) {
        let left = "no method for sign-in is left: whoever knows the password can register first";
        let pass = Action::AddTemporaryPass {
            lifetime_minutes: None,
            one_time: None,
            start: None,
        };
        // A guest gets neither here.
        let ours = at_home(draft, "").is_none();
        draft.warnings.push(if ours && draft.can(&pass) {
            format!("{left}; --pass always issues a temporary pass instead")
        } else if ours && draft.can(&Action::GeneratePassword { permanent: false }) {
            format!("{left}; user reset-password gives another password")
        } else {
            left.to_owned()
        });
    }
}
