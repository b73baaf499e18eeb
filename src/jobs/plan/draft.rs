//! A person's plan while it is made: rows so far, and the state as the steps so far leave it.

use super::state::State;
use super::{Deed, Person, PlannedRow, PlannedUser, Setting};
use crate::domain::shape::UserShow;
use crate::domain::{
    Action, Answer, Error, ErrorCode, Method, MethodId, MethodKind, Result, Secret, SecurityInfo, Slot, Step,
    User, reference,
};
use crate::jobs::remains;
use crate::jobs::select::quoted;

/// The words of a row.
pub(crate) struct Words {
    pub(crate) step: &'static str,
    pub(crate) target: String,
    pub(crate) detail: String,
    pub(crate) outcome: Option<String>,
}

impl Words {
    pub(crate) fn new(step: &'static str, target: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            step,
            target: target.into(),
            detail: detail.into(),
            outcome: None,
        }
    }

    /// What the result says, where that is not what the service says.
    pub(crate) fn outcome(mut self, text: impl Into<String>) -> Self {
        self.outcome = Some(text.into());
        self
    }
}

/// A person's plan while it is made.
pub(crate) struct Draft<'a> {
    pub(crate) setting: &'a Setting<'a>,
    pub(crate) person: &'a Person,
    /// The account as the steps so far leave it.
    pub(crate) user: User,
    /// The security info as the steps so far leave it.
    pub(crate) info: SecurityInfo,
    /// What steps so far have set: removals leave it alone.
    pub(crate) set: Vec<(MethodKind, MethodId)>,
    pub(crate) rows: Vec<PlannedRow>,
    pub(crate) warnings: Vec<String>,
    /// The first right that is missing for a row.
    lacking: Option<Error>,
    next: u16,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(setting: &'a Setting<'a>, person: &'a Person) -> Self {
        Self {
            setting,
            person,
            user: person.user.clone(),
            info: person.info.clone(),
            set: Vec::new(),
            rows: Vec::new(),
            warnings: Vec::new(),
            lacking: None,
            next: 0,
        }
    }

    /// Whose plan it is, for messages.
    pub(crate) fn whose(&self) -> &'a str {
        &self.person.user.sign_in_name
    }

    /// The command of this verb for this person with these words behind.
    pub(crate) fn command(&self, words: &str) -> String {
        let Setting { prefix, verb, .. } = self.setting;
        let user = quoted(&self.person.typed);
        format!("{prefix} {verb} {user} {words}")
    }

    /// The one method that is meant; the command in the hint carries `behind` too.
    ///
    /// # Errors
    /// `method_not_found`, or `ambiguous` with every match.
    pub(crate) fn find(&self, typed: &str, behind: &str) -> Result<&Method> {
        let command = |found: &str| self.command(format!("{found} {behind}").trim_end());
        reference::find_method(
            typed,
            self.info.methods(),
            self.whose(),
            self.setting.now,
            command,
        )
    }

    /// An error whose hint is a command, with this profile in it.
    pub(crate) fn ours(&self, error: Error) -> Error {
        match error.hint_text().and_then(|hint| hint.strip_prefix("mfactl ")) {
            Some(rest) => {
                let hint = format!("{} {rest}", self.setting.prefix);
                error.hint(hint)
            }
            None => error,
        }
    }

    /// What can be typed for a method, among those that the person had before.
    pub(crate) fn reference(&self, method: &Method) -> String {
        let methods = self.person.info.methods();
        let place = methods
            .iter()
            .position(|one| one.id == method.id && one.kind == method.kind);
        place
            .and_then(|at| reference::of_methods(methods).into_iter().nth(at))
            .unwrap_or_else(|| method.kind.as_str().to_owned())
    }

    /// The page that a filter reads, with the state so far.
    pub(crate) fn page(&self) -> UserShow {
        UserShow::new(
            self.setting.who(&self.user),
            &self.user,
            &self.info,
            &self.person.privileges,
            self.person.protected_by.clone(),
        )
    }

    /// Plans an action that the service must be able to do.
    ///
    /// # Errors
    /// `unsupported`, with what to do instead; `permission_missing`.
    pub(crate) fn require(&mut self, action: Action, words: Words, after: &[u16]) -> Result<u16> {
        let capability = action.needs();
        let answer = self.setting.capabilities.of(capability, &self.person.user);
        match answer.refusal(capability) {
            Some(refused) => Err(refused),
            None => Ok(self.send(action, words, &answer, after)),
        }
    }

    /// Whether the service can do what an action asks for.
    pub(crate) fn can(&self, action: &Action) -> bool {
        self.setting
            .capabilities
            .of(action.needs(), &self.person.user)
            .is_yes()
    }

    /// Plans an action where the service can do it, else a row for somebody's hands. What the service does and this account
    /// may not is kept: hands would only do what a right is missing for.
    pub(crate) fn attempt(&mut self, action: Action, words: Words, after: &[u16]) -> Option<u16> {
        let capability = action.needs();
        match self.setting.capabilities.of(capability, &self.person.user) {
            Answer::Unsupported { why, instead } => {
                self.by_hand(words, why, instead);
                None
            }
            Answer::Forbidden { why, mend } => {
                let refused = Answer::Forbidden {
                    why: why.clone(),
                    mend: mend.clone(),
                }
                .refusal(capability);
                self.lacking = self.lacking.take().or(refused);
                self.by_hand(words, why, mend);
                None
            }
            answer => Some(self.send(action, words, &answer, after)),
        }
    }

    fn send(&mut self, action: Action, mut words: Words, answer: &Answer, after: &[u16]) -> u16 {
        if let Answer::Substitute { what, wider } = answer {
            words.detail = if *wider {
                format!("by \"{what}\", which does more than was asked")
            } else {
                format!("by \"{what}\"")
            };
            // The service says in its own words what it did.
            words.outcome = None;
        }
        let seq = self.next;
        self.next += 1;
        self.simulate(&action);
        let user = self.person.user.id.clone();
        let step = Step::new(self.setting.job, user, seq, action, after.to_vec());
        self.row(words, Deed::Send(step));
        seq
    }

    /// A row for what is so already.
    pub(crate) fn unchanged(&mut self, words: Words) {
        self.row(words, Deed::Unchanged);
    }

    /// A row for what the service cannot do.
    pub(crate) fn by_hand(&mut self, words: Words, why: impl Into<String>, instead: impl Into<String>) {
        let (why, instead) = (why.into(), instead.into());
        self.row(words, Deed::ByHand { why, instead });
    }

    /// A row for what is left alone.
    pub(crate) fn skip(&mut self, words: Words, why: impl Into<String>) {
        self.row(words, Deed::Skip { why: why.into() });
    }

    /// Refuses rows from this place on that somebody would have to do by hand.
    ///
    /// # Errors
    /// `unsupported`, with what to do instead.
    pub(crate) fn no_by_hand(&self, from: usize) -> Result<()> {
        for row in self.rows.iter().skip(from) {
            if let Deed::ByHand { why, instead } = &row.deed {
                let message = format!("cannot {} {}: {why}", row.step, row.target);
                return Err(Error::new(ErrorCode::Unsupported, message).hint(instead.clone()));
            }
        }
        Ok(())
    }

    /// Notes that the account lacks the right to a part of the plan.
    pub(crate) fn lacks(&mut self, refused: Error) {
        self.lacking.get_or_insert(refused);
    }

    /// Refuses the whole plan where the account lacks the right to a part of it: half of it would look like all of it.
    ///
    /// # Errors
    /// `permission_missing`, naming the right.
    pub(crate) fn is_allowed(&mut self) -> Result<()> {
        self.lacking.take().map_or(Ok(()), Err)
    }

    fn row(&mut self, words: Words, deed: Deed) {
        let Words {
            step,
            target,
            detail,
            outcome,
        } = words;
        self.rows.push(PlannedRow {
            step: step.to_owned(),
            target,
            detail,
            outcome,
            deed,
        });
    }

    /// Puts a secret into the slot of a planned step.
    pub(crate) fn fill(&mut self, seq: u16, slot: Slot, secret: Secret) {
        for row in &mut self.rows {
            if let Deed::Send(step) = &mut row.deed
                && step.seq == seq
            {
                step.slots.fill(slot, secret.clone());
            }
        }
    }

    /// The methods that nobody touches, and the default.
    fn stays(&self) -> String {
        if self.person.info.methods.is_none() {
            return String::new();
        }
        let had = |method: &&Method| {
            let same = |old: &Method| old.id == method.id && old.kind == method.kind;
            self.person.info.methods().iter().any(same)
        };
        let untouched = |method: &&Method| !self.set.contains(&(method.kind, method.id.clone()));
        let kept: Vec<String> = self
            .info
            .methods()
            .iter()
            .filter(had)
            .filter(untouched)
            .map(|method| self.reference(method))
            .collect();
        let kept = if kept.is_empty() {
            "nothing else".to_owned()
        } else {
            kept.join(", ")
        };
        match self.info.default_method() {
            Some(default) => format!("{kept}; default {}", self.reference(default)),
            None => kept,
        }
    }

    /// The plan as it is now.
    pub(crate) fn finish(self) -> PlannedUser {
        let remains = remains::planned(&self);
        let state = State::new(&self.person.user, &self.person.info);
        PlannedUser {
            user: self.person.user.sign_in_name.clone(),
            user_id: self.person.user.id.clone(),
            display_name: self.person.user.display_name.clone(),
            state_digest: Some(state.digest()),
            state_at: Some(self.setting.now),
            state: Some(state),
            stays: self.stays(),
            remains,
            warnings: self.warnings,
            steps: self.rows,
        }
    }
}
