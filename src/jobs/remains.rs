//! What stays for the person once a change is done, in the words of the last lines: "Adele now signs in again
//! everywhere, verified by text or call to +1 425 555 0199; …".

use super::plan::{Draft, PlannedRow, Remains};
use crate::domain::quoted;
use crate::domain::{Action, Answer, Method, MethodKind, MfaState, Via};

/// What will remain, each thing with the steps that bring it about.
pub(crate) fn planned(draft: &Draft<'_>) -> Vec<Remains> {
    let mut all = Vec::new();
    let of = |test: &dyn Fn(&Action) -> bool| -> Vec<u16> {
        draft
            .rows
            .iter()
            .filter_map(PlannedRow::to_send)
            .filter(|step| test(&step.action))
            .map(|step| step.seq)
            .collect()
    };
    let page = draft.setting.own_page;
    let adds_it = format!("adds the new phone {}", page.text);
    let mut add = |text: String, of: Vec<u16>| {
        if !of.is_empty() {
            let url = page.url.clone().filter(|_| text == adds_it);
            all.push(Remains { text, url, of });
        }
    };
    let disabled = of(&|action| matches!(action, Action::DisableAccount));
    let pass = of(&|action| matches!(action, Action::AddTemporaryPass { .. }));
    let registers = of(&|action| matches!(action, Action::RequireRegistration));
    let signs_in_again = of(&|action| matches!(action, Action::SignOut | Action::ForgetAllDevices));
    let is_app_kind = |kind| {
        matches!(
            kind,
            MethodKind::Authenticator | MethodKind::Totp | MethodKind::Push
        )
    };
    let is_app = |method: &Method| is_app_kind(method.kind);
    // A number alone is put right by another one; where it was the last way to sign in, the phone has to be registered anew.
    let none_left = !draft.info.methods().iter().any(Method::signs_in);
    let went = |kind: MethodKind| is_app_kind(kind) || (none_left && kind.is_phone());
    let phone_went = of(&|action| matches!(action, Action::RemoveMethod { kind, .. } if went(*kind)));
    let is_disabled = !disabled.is_empty() || !draft.user.enabled;
    if !disabled.is_empty() {
        let how = if draft.can(&Action::EnableAccount) {
            let user = quoted(&draft.person.user.sign_in_name);
            format!("{} user enable {user}", draft.setting.prefix)
        } else {
            "in the service's own console".to_owned()
        };
        add(
            format!("cannot sign in until the account is enabled again: {how}"),
            disabled,
        );
    } else if !signs_in_again.is_empty() && !is_disabled {
        let how = verified_by(draft.info.methods()).map(|how| format!(", verified by {how}"));
        let sign_out = of(&|action| matches!(action, Action::SignOut));
        let again = if sign_out.is_empty() {
            "is asked to verify on every device again".to_owned()
        } else {
            "now signs in again everywhere".to_owned()
        };
        add(format!("{again}{}", how.unwrap_or_default()), signs_in_again);
    }
    if !is_disabled {
        let has_pass = !pass.is_empty();
        let then = if phone_went.is_empty() && registers.is_empty() {
            ""
        } else {
            " and registers the new phone"
        };
        add(format!("signs in with the temporary pass{then}"), pass);
        if !has_pass && registers.is_empty() && !draft.info.methods().iter().any(is_app) {
            add(adds_it.clone(), phone_went);
        }
        add("is asked to register at next sign-in".to_owned(), registers);
    }
    app_passwords(
        draft,
        &of(&|action| {
            matches!(
                action,
                Action::RevokeAllAppPasswords | Action::RevokeAppPassword { .. }
            )
        }),
        &mut add,
    );
    add(
        "chooses another password at next sign-in".to_owned(),
        of(&|action| {
            let changes = matches!(
                action,
                Action::GeneratePassword { permanent: false } | Action::SetPassword { permanent: false }
            );
            // Where the service can only set one that stays, it says so itself.
            let answer = draft.setting.capabilities.get(action.needs());
            changes && !matches!(answer, Answer::Substitute { .. })
        }),
    );
    add(
        "can sign in again".to_owned(),
        of(&|action| matches!(action, Action::EnableAccount)),
    );
    add(
        "is asked to register a method at next sign-in, which enforces it".to_owned(),
        of(&|action| {
            matches!(
                action,
                Action::SetMfaState {
                    state: MfaState::Enabled
                }
            )
        }),
    );
    add(
        "signs in by the QR code and the PIN, and chooses another PIN at the first time".to_owned(),
        of(&|action| matches!(action, Action::AddQrPin { .. })),
    );
    add(
        "scans the code in an authenticator app".to_owned(),
        of(&|action| {
            matches!(
                action,
                Action::AddTotp { .. } | Action::AddHotp { .. } | Action::AddPush { .. }
            )
        }),
    );
    all
}

/// New ones are made only for programs that used theirs; those that were made anew are only typed in.
fn app_passwords(draft: &Draft<'_>, revoked: &[u16], add: &mut impl FnMut(String, Vec<u16>)) {
    let reissued: Vec<&str> = draft
        .rows
        .iter()
        .filter_map(PlannedRow::to_send)
        .filter_map(|step| match &step.action {
            Action::IssueAppPassword { name } => Some(name.as_str()),
            _ => None,
        })
        .collect();
    if !reissued.is_empty() {
        add(
            format!("types the new app password in {}", reissued.join(", ")),
            revoked.to_vec(),
        );
        return;
    }
    let gone: Vec<String> = draft
        .rows
        .iter()
        .filter_map(PlannedRow::to_send)
        .filter_map(|step| match &step.action {
            Action::RevokeAppPassword { id, .. } => Some(id.clone()),
            _ => None,
        })
        .collect();
    let used: Vec<&str> = draft
        .person
        .info
        .app_passwords
        .iter()
        .flatten()
        .filter(|one| one.last_used_at.is_some() && (gone.is_empty() || gone.contains(&one.id)))
        .map(|one| one.name.as_str())
        .collect();
    if !used.is_empty() {
        add(
            format!("makes a new app password for {}", used.join(", ")),
            revoked.to_vec(),
        );
    }
}

/// How a person verifies a sign-in now: by the default, else by whatever there is.
fn verified_by(methods: &[Method]) -> Option<String> {
    let method = methods
        .iter()
        .filter(|method| method.signs_in())
        .max_by_key(|method| method.default == Some(true))?;
    let number = || {
        let shown = method.number.as_ref().map(ToString::to_string);
        shown.or_else(|| method.number_masked.clone()).unwrap_or_default()
    };
    Some(match method.kind {
        MethodKind::PhoneMobile => match method.via {
            Some(Via::Sms) => format!("text to {}", number()),
            Some(Via::Call) => format!("call to {}", number()),
            None => format!("text or call to {}", number()),
        },
        kind if kind.is_phone() => format!("call to {}", number()),
        MethodKind::TemporaryPass => return None,
        kind => match method.label() {
            Some(label) => format!("{kind} {label}"),
            None => kind.to_string(),
        },
    })
}

/// The sentence for a person: the name, and what remains of what was done.
pub fn sentence(display_name: Option<&str>, sign_in_name: &str, texts: &[&str]) -> Option<String> {
    if texts.is_empty() {
        return None;
    }
    let first = display_name
        .filter(|name| !name.contains(','))
        .and_then(|name| name.split_whitespace().next())
        .unwrap_or(sign_in_name);
    Some(format!("{first} {}.", texts.join("; ")))
}
