//! In which order methods go, and which one becomes the default: a number beside an alternate one goes after it, the
//! default goes last, and a kept method that can be the default is made it first.

use super::draft::{Draft, Words};
use crate::domain::{Action, Method, MethodId, MethodKind};

/// The methods that sign in best, best first.
const STRENGTH: [MethodKind; 8] = [
    MethodKind::Authenticator,
    MethodKind::Push,
    MethodKind::Totp,
    MethodKind::HardwareToken,
    MethodKind::Hotp,
    MethodKind::PhoneMobile,
    MethodKind::PhoneAlternate,
    MethodKind::PhoneOffice,
];

/// The strongest of those that can be the default now.
pub(crate) fn strongest<'a>(methods: impl Iterator<Item = &'a Method>) -> Option<&'a Method> {
    let place = |method: &Method| {
        STRENGTH
            .iter()
            .position(|kind| *kind == method.kind)
            .unwrap_or(STRENGTH.len())
    };
    methods
        .filter(|method| method.can_be_default && method.signs_in())
        .min_by_key(|method| place(method))
}

/// Kinds that nobody can put back without the person.
const fn comes_back(kind: MethodKind) -> bool {
    kind.is_phone() || matches!(kind, MethodKind::Email | MethodKind::TemporaryPass)
}

impl Draft<'_> {
    /// Plans that these methods go, in the order that services ask for, and a new default before where that is needed.
    /// `strict`: what the service cannot is an error, not a row.
    ///
    /// # Errors
    /// `unsupported`, only where `strict`.
    pub(crate) fn remove(
        &mut self,
        going: &[(MethodKind, MethodId)],
        strict: bool,
    ) -> crate::domain::Result<Vec<u16>> {
        let goes = |method: &Method| going.contains(&(method.kind, method.id.clone()));
        let methods: Vec<Method> = self.info.methods().to_vec();
        let default_goes = methods
            .iter()
            .any(|method| method.default == Some(true) && goes(method));
        let default_stays = methods
            .iter()
            .any(|method| method.default == Some(true) && !goes(method));
        let mut before = None;
        if default_goes && !default_stays {
            // A mobile number cannot go while an alternate one is there, nor the default while others are there.
            let alternate_is_default = methods
                .iter()
                .any(|method| method.kind == MethodKind::PhoneAlternate && method.default == Some(true));
            let next = strongest(methods.iter().filter(|method| !goes(method))).or_else(|| {
                strongest(
                    methods
                        .iter()
                        .filter(|method| alternate_is_default && method.kind == MethodKind::PhoneMobile),
                )
            });
            if let Some(next) = next {
                before = self.set_default(next, "because the default goes");
            }
        }
        let told = methods.iter().any(|method| method.default.is_some()) || !self.untold("default");
        if !told {
            self.warn_of_unknown_default(&methods, &goes, strict);
        }
        let default: Option<Method> = self.info.default_method().filter(|method| goes(method)).cloned();
        let mut order: Vec<Method> = methods.into_iter().filter(|method| goes(method)).collect();
        order.sort_by_key(|method| {
            let is_default = default
                .as_ref()
                .is_some_and(|default| default.id == method.id && default.kind == method.kind);
            (is_default, method.kind == MethodKind::PhoneMobile)
        });
        let mut sent: Vec<(MethodKind, bool, u16)> = Vec::new();
        for method in order {
            let is_default = default
                .as_ref()
                .is_some_and(|default| default.id == method.id && default.kind == method.kind);
            let mut after: Vec<u16> = sent
                .iter()
                // Where nobody tells which is the default, all go out together: the service's client tries it again after the others.
                .filter(|(kind, can_be_default, _)| {
                    told && (method.kind == MethodKind::PhoneMobile && *kind == MethodKind::PhoneAlternate)
                        || (is_default && *can_be_default)
                })
                .map(|(_, _, seq)| *seq)
                .collect();
            if method.default == Some(true) {
                after.extend(before);
            }
            if let Some(seq) = self.remove_one(&method, &after, strict, None)? {
                sent.push((method.kind, method.can_be_default, seq));
            }
        }
        Ok(sent.into_iter().map(|(_, _, seq)| seq).collect())
    }

    /// Where nobody tells which method is the default, and some go that may be it while others stay that could be: the service
    /// keeps it until another is the default, and that is for somebody's hands. Said before anything is sent.
    fn warn_of_unknown_default(&mut self, methods: &[Method], goes: &dyn Fn(&Method) -> bool, strict: bool) {
        let going: Vec<String> = methods
            .iter()
            .filter(|method| goes(method) && method.can_be_default)
            .map(|method| self.reference(method))
            .collect();
        let Some(next) = strongest(methods.iter().filter(|method| !goes(method))) else {
            return;
        };
        if going.is_empty() {
            return;
        }
        let next = self.reference(next);
        let kept = format!(
            "the service keeps {} where that is the default, and does not tell",
            going.join(" or ")
        );
        let mend = format!("make {next} the default in the admin centre, or let the person do it");
        if strict {
            self.warnings.push(format!("{kept}; {mend}"));
        } else {
            let words = Words::new("default", next, "because the default may go");
            self.by_hand(
                words,
                kept,
                format!("{mend}, and run this again where something stayed"),
            );
        }
    }

    /// Plans that one method goes. `why` takes the place of what it is.
    ///
    /// # Errors
    /// `unsupported`, only where `strict`.
    pub(crate) fn remove_one(
        &mut self,
        method: &Method,
        after: &[u16],
        strict: bool,
        why: Option<&str>,
    ) -> crate::domain::Result<Option<u16>> {
        let detail = why.map_or_else(
            || {
                let undo = (!comes_back(method.kind)).then(|| "cannot be undone".to_owned());
                let parts: Vec<String> = method.label().into_iter().chain(undo).collect();
                parts.join("; ")
            },
            str::to_owned,
        );
        let words = Words::new("remove", self.reference(method), detail);
        if !method.removable && !strict {
            self.by_hand(
                words,
                "the service has no call that removes it",
                "the person removes it",
            );
            return Ok(None);
        }
        let action = Action::RemoveMethod {
            method: method.id.clone(),
            kind: method.kind,
        };
        if strict {
            return self.require(action, words, after).map(Some);
        }
        Ok(self.attempt(action, words, after))
    }

    /// Plans another default where the service can set one.
    pub(crate) fn set_default(&mut self, method: &Method, why: &str) -> Option<u16> {
        let words = Words::new("default", self.reference(method), why);
        let action = Action::SetDefault {
            method: method.id.clone(),
            kind: method.kind,
            via: method.via,
        };
        self.attempt(action, words, &[])
    }
}
