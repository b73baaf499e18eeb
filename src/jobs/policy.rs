//! What the organization's policy says of one person, told from the policy of all and the person's groups: it is read
//! once for a job and not once for each person.

use crate::domain::{MethodPolicy, Policy, PolicyUse, Privileges, Target, TargetType, UserId};

/// Whether groups have to be known to say what policy lets a person do.
pub fn needs_groups(policy: &Policy) -> bool {
    let on = policy
        .methods
        .iter()
        .filter(|method| method.purpose != PolicyUse::Off);
    on.flat_map(|method| method.targets.iter().chain(&method.excluded))
        .any(|target| target.kind == TargetType::Group)
}

/// The policy for a person. Exclusion wins over inclusion.
pub fn of(policy: &Policy, user: &UserId, privileges: &Privileges) -> Policy {
    let mut own = policy.clone();
    for method in &mut own.methods {
        (method.allowed_for_user, method.reason) = judge(method, user, privileges);
    }
    own
}

fn judge(method: &MethodPolicy, user: &UserId, privileges: &Privileges) -> (Option<bool>, Option<String>) {
    let said = |allowed, why: String| (allowed, Some(why));
    let unsure = || said(None, "the token may not see the person's groups".to_owned());
    if method.purpose == PolicyUse::Off {
        return said(Some(false), "off for everyone".to_owned());
    }
    let name = |target: &Target| {
        let text = target.name.as_ref().or(target.id.as_ref());
        text.cloned().unwrap_or_default()
    };
    // `None`: cannot tell. Where roles are hidden, so may groups be.
    let meant = |target: &Target| {
        let id = target.id.as_deref().unwrap_or_default();
        match target.kind {
            TargetType::Everyone => Some(true),
            TargetType::User => Some(id == user.0),
            TargetType::Group => {
                let member = privileges.groups.as_ref()?.iter().any(|group| group == id);
                (member || privileges.roles.is_some()).then_some(member)
            }
        }
    };
    let hit = |targets: &[Target]| targets.iter().find(|target| meant(target) == Some(true)).cloned();
    let doubtful = |targets: &[Target]| targets.iter().any(|target| meant(target).is_none());
    if let Some(target) = hit(&method.excluded) {
        return said(Some(false), format!("excluded by group {}", name(&target)));
    }
    match hit(&method.targets) {
        Some(_) if doubtful(&method.excluded) => unsure(),
        Some(target) => said(
            Some(true),
            match target.kind {
                TargetType::Everyone => "everyone".to_owned(),
                TargetType::User => "named in the policy".to_owned(),
                TargetType::Group => format!("member of group {}", name(&target)),
            },
        ),
        None if doubtful(&method.targets) => unsure(),
        None if method.targets.is_empty() => said(Some(false), "for nobody".to_owned()),
        None => {
            let groups: Vec<String> = method.targets.iter().map(name).collect();
            said(
                Some(false),
                format!("not a member of group {}", groups.join(", ")),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(kind: TargetType, id: &str) -> Target {
        Target {
            kind,
            id: (kind != TargetType::Everyone).then(|| id.to_owned()),
            name: None,
        }
    }

    fn allowed(method: &MethodPolicy, groups: Option<&[&str]>, roles: bool) -> (Option<bool>, String) {
        let privileges = Privileges {
            groups: groups.map(|groups| groups.iter().map(|group| (*group).to_owned()).collect()),
            roles: roles.then(Vec::new),
            ..Privileges::default()
        };
        let (allowed, why) = judge(method, &"ann".into(), &privileges);
        (allowed, why.unwrap())
    }

    #[test]
    fn a_person_is_told_from_targets_and_groups() {
        let mut method = MethodPolicy {
            kind: "totp".to_owned(),
            purpose: PolicyUse::SignIn,
            targets: vec![target(TargetType::Group, "g1")],
            excluded: vec![target(TargetType::Group, "g2")],
            limits: std::collections::BTreeMap::new(),
            allowed_for_user: None,
            reason: None,
        };
        let (yes, no) = (Some(true), Some(false));
        for (groups, roles, wanted, why) in [
            (Some(&["g1"][..]), true, yes, "member of group g1"),
            (Some(&["g1", "g2"]), true, no, "excluded by group g2"),
            (Some(&[]), true, no, "not a member of group g1"),
            (
                Some(&["g1"]),
                false,
                None,
                "the token may not see the person's groups",
            ),
            (None, false, None, "the token may not see the person's groups"),
        ] {
            assert_eq!(
                allowed(&method, groups, roles),
                (wanted, why.to_owned()),
                "{groups:?}"
            );
        }
        method.excluded.clear();
        method.targets = vec![target(TargetType::User, "ann")];
        assert_eq!(
            allowed(&method, None, false),
            (yes, "named in the policy".to_owned())
        );
        method.targets = vec![target(TargetType::Everyone, "")];
        assert_eq!(allowed(&method, None, false), (yes, "everyone".to_owned()));
        method.purpose = PolicyUse::Off;
        assert_eq!(allowed(&method, None, false), (no, "off for everyone".to_owned()));
    }
}
