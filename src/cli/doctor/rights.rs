//! Verb by verb, what the token lacks: as the service's own table says it, the one that refusals are told by.

use super::findings::{Findings, wrong};
use crate::config::Profile;
use crate::domain::{ErrorCode, Lack, Right, Standing, Weight};

/// Tells of each right.
pub(super) fn look(rights: &[Right], profile: &Profile, findings: &mut Findings) {
    if rights.is_empty() {
        findings.skipped(
            ("right", None),
            "tokens of this service do not say what they allow",
        );
    }
    for right in rights {
        one(right, profile.guard.read_only, findings);
    }
}

fn one(right: &Right, read_only: bool, findings: &mut Findings) {
    let what = ("right", Some(right.verb));
    let licence = right
        .licence
        .map(|licence| format!("; takes {licence}"))
        .unwrap_or_default();
    match (&right.standing, right.weight) {
        (Standing::Held, _) => findings.ok(what, format!("{}{licence}", right.wants)),
        (_, Weight::Changes) if read_only => findings.skipped(what, "the profile is read-only"),
        (Standing::Unknown { why, mend }, _) => findings.warn(what, why, mend),
        (Standing::Lacking(lacks), weight) => {
            let join = |text: fn(&Lack) -> &str| {
                let texts: Vec<&str> = lacks.iter().map(text).collect();
                texts.join("; ")
            };
            let why = format!("{}{licence}", join(|lack| &lack.why));
            let mend = join(|lack| &lack.mend);
            if weight == Weight::More {
                findings.warn(what, why, mend);
            } else {
                findings.fail(what, &wrong(ErrorCode::PermissionMissing, why, mend));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::shape::DoctorState;

    fn right(weight: Weight, standing: Standing) -> Right {
        Right {
            verb: "methods list",
            weight,
            wants: "Things.Read".to_owned(),
            licence: None,
            standing,
        }
    }

    fn lacking() -> Standing {
        let lack = |missing: &str| Lack {
            missing: missing.to_owned(),
            why: format!("the token lacks {missing}"),
            mend: format!("grant {missing}"),
        };
        Standing::Lacking(vec![lack("A"), lack("B")])
    }

    #[test]
    fn what_is_always_needed_fails_and_what_is_more_warns() {
        let state = |weight, standing, read_only| {
            let mut findings = Findings::default();
            one(&right(weight, standing), read_only, &mut findings);
            (findings.rows()[0].state, findings.exit_code())
        };
        assert_eq!(state(Weight::Always, lacking(), false), (DoctorState::Fail, 4));
        assert_eq!(state(Weight::Always, lacking(), true), (DoctorState::Fail, 4));
        assert_eq!(state(Weight::Changes, lacking(), false), (DoctorState::Fail, 4));
        assert_eq!(state(Weight::Changes, lacking(), true), (DoctorState::Skipped, 0));
        assert_eq!(state(Weight::More, lacking(), false), (DoctorState::Warn, 0));
        assert_eq!(state(Weight::Changes, Standing::Held, true), (DoctorState::Ok, 0));
    }

    #[test]
    fn everything_that_is_missing_is_named_with_its_mend() {
        let mut findings = Findings::default();
        one(&right(Weight::Always, lacking()), false, &mut findings);
        let row = &findings.rows()[0];
        assert_eq!(row.detail, "the token lacks A; the token lacks B");
        assert_eq!(row.mend.as_deref(), Some("grant A; grant B"));
    }
}
