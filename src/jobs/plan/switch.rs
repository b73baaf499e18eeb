//! `methods disable` and `methods enable`: what is off stays with the person, and is no way to sign in.

use super::draft::{Draft, Words};
use crate::domain::{Action, Error, ErrorCode, Method, MethodState, Result};

/// Plans that methods are switched off or on. `lost`: a password stands in for each.
pub(super) fn methods(
    draft: &mut Draft<'_>,
    typed: &[String],
    enabled: bool,
    lost: bool,
    leave_none: bool,
) -> Result<()> {
    let step = if enabled { "enable" } else { "disable" };
    let mut going: Vec<Method> = Vec::new();
    for text in typed {
        let method = draft.find(text, "")?.clone();
        if !going
            .iter()
            .any(|one| one.id == method.id && one.kind == method.kind)
        {
            going.push(method);
        }
    }
    if !enabled && !lost && !leave_none {
        admit_none_left(draft, &going, typed)?;
    }
    for method in going {
        let target = draft.reference(&method);
        let shown = method.label().unwrap_or_default();
        if (method.state == MethodState::Disabled) != enabled {
            let so = if enabled { "on already" } else { "off already" };
            draft.unchanged(Words::new(step, target, so));
            continue;
        }
        let (id, kind) = (method.id.clone(), method.kind);
        if lost {
            let detail = format!("{shown} a password stands in for it for some days, shown once");
            let words = Words::new("replace", target, detail.trim_start().to_owned());
            draft.require(Action::ReplaceLost { method: id, kind }, words, &[])?;
        } else {
            let action = Action::SwitchMethod {
                method: id,
                kind,
                enabled,
            };
            draft.require(
                action,
                Words::new(step, target, shown.clone()).outcome(shown),
                &[],
            )?;
        }
    }
    Ok(())
}

/// Whether something to sign in with is left on.
///
/// # Errors
/// `last_method`, with the option that allows it.
fn admit_none_left(draft: &Draft<'_>, going: &[Method], typed: &[String]) -> Result<()> {
    let goes = |method: &Method| {
        going
            .iter()
            .any(|one| one.id == method.id && one.kind == method.kind)
    };
    let all = draft.info.methods();
    let signs_in = all.iter().any(Method::signs_in);
    let stays = all.iter().any(|method| method.signs_in() && !goes(method));
    if !signs_in || stays || !going.iter().any(Method::signs_in) {
        return Ok(());
    }
    let behind = format!("{} --leave-none", typed.join(" "));
    Err(Error::new(
        ErrorCode::LastMethod,
        format!("{} would have no method left to sign in with", draft.whose()),
    )
    .hint(draft.command(&behind)))
}
