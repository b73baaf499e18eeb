use super::*;
use crate::domain::Clock as _;
use crate::jobs::fake::{Fake, Still, adele};
use crate::jobs::plan::{Deed, Wish};
use crate::jobs::playbook::{self, Options};

fn written() -> String {
    let fake = Fake::new(vec![adele()]);
    let wish = Wish::Playbook(
        Box::new(playbook::find("lost-phone", &[]).unwrap()),
        Options::default(),
    );
    let people = vec![fake.plan("adele", "user reset", &wish).unwrap()];
    let mut head = Head {
        schema: Head::schema(),
        id: "0199-71d0".into(),
        version: "0.1.0".into(),
        service: "local".into(),
        profile: "local".into(),
        tenant: "t".into(),
        verb: "user reset".into(),
        made_at: Still.now(),
        expires_at: Still.now() + VALID,
        made_by: "rita".into(),
        argv: vec!["user".into(), "reset".into(), "adele".into()],
        playbook: Some("lost-phone".into()),
        ticket: None,
        reason: None,
        selection: "adele".into(),
        summary: PlanSummary::default(),
        left_out: vec![],
        estimate: Estimate::default(),
    };
    head.count(&people);
    write(&head, &people).unwrap().0
}

#[test]
fn a_plan_is_read_as_it_was_written() {
    let text = written();
    let plan = read(&text, "x.plan").unwrap();
    assert_eq!(
        plan.head.summary,
        PlanSummary {
            users: 1,
            steps: 6,
            by_hand: 0
        }
    );
    assert_eq!(plan.short_id(), "p-71d0");
    assert_eq!(plan.people[0].to_send().count(), 6);
    let (again, digest) = write(&plan.head, &plan.people).unwrap();
    assert_eq!(again, text);
    assert_eq!(digest, plan.digest);
    assert!(matches!(&plan.people[0].steps[0].deed, Deed::Send(step) if step.seq == 0));
    assert!(plan.admit("local", "local", "T", Still.now()).is_ok());
}

#[test]
fn an_altered_cut_or_newer_plan_is_refused() {
    let text = written();
    let lines: Vec<&str> = text.lines().collect();
    let said = |text: &str| {
        let error = read(text, "x.plan").unwrap_err();
        assert_eq!(error.code(), ErrorCode::PlanInvalid);
        error.message().to_owned()
    };
    insta::assert_snapshot!(
        [
            said(&text.replace("+1 4255550199", "+1 4255550142")),
            said(&lines[..2].join("\n")),
            said(&format!("{}\n{}\n", lines[0], lines[2])),
            said(&text.replace("plan/1", "plan/2")),
            said("hello\nworld\n"),
            said(""),
        ]
        .join("\n"),
        @r"
    plan x.plan was altered: its digest does not hold
    plan x.plan was cut short or altered
    plan x.plan was altered: its digest does not hold
    plan x.plan was made by a newer version
    plan x.plan is not a plan file
    plan x.plan is not a plan file
    "
    );
}

#[test]
fn a_plan_holds_for_its_own_profile_and_for_a_day() {
    let plan = read(&written(), "x.plan").unwrap();
    let code = |service, profile, tenant, now| {
        plan.admit(service, profile, tenant, now)
            .map_err(|error| error.code())
    };
    let now = Still.now();
    let refused = Err(ErrorCode::PlanInvalid);
    assert_eq!(code("entra", "local", "t", now), refused);
    assert_eq!(code("local", "other", "t", now), refused);
    assert_eq!(code("local", "local", "u", now), refused);
    assert_eq!(code("local", "local", "t", now + VALID), refused);
    assert_eq!(
        code("local", "local", "t", now + SignedDuration::from_hours(23)),
        Ok(())
    );
}

#[test]
fn a_difference_is_named_by_kinds() {
    let fake = Fake::new(vec![adele()]);
    let state = |fake: &Fake| {
        let state = fake.state.lock().unwrap();
        crate::jobs::plan::State::new(&state[0].0, &state[0].1)
    };
    let before = state(&fake);
    {
        let mut all = fake.state.lock().unwrap();
        let methods = all[0].1.methods.as_mut().unwrap();
        methods.retain(|one| one.kind != crate::domain::MethodKind::Email);
        methods.push(crate::jobs::fake::method("t1", crate::domain::MethodKind::Totp));
    }
    let after = state(&fake);
    assert_ne!(before.digest(), after.digest());
    assert_eq!(before.difference(&after), "+totp, -email");
}
