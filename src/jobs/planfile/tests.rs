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
        notify: None,
        selection: "adele".into(),
        summary: PlanSummary::default(),
        left_out: vec![],
        estimate: Estimate::default(),
    };
    people.iter().for_each(|person| head.count(person));
    text(&head, &people)
}

fn text(head: &Head, people: &[PlannedUser]) -> String {
    let mut writer = Writer::begin(Vec::new(), head).unwrap();
    for person in people {
        writer.person(person).unwrap();
    }
    String::from_utf8(writer.end().unwrap().0).unwrap()
}

type Plan = PlanFile<std::io::Cursor<Vec<u8>>>;

fn read(text: &str, name: &str) -> Result<Plan> {
    super::read(std::io::Cursor::new(text.as_bytes().to_vec()), name)
}

fn people(plan: &mut Plan) -> Vec<PlannedUser> {
    let mut all = Vec::new();
    futures::executor::block_on(plan.each(2, async |people| {
        assert!(people.len() <= 2);
        all.extend(people);
        Ok(())
    }))
    .unwrap();
    all
}

#[test]
fn a_plan_is_read_as_it_was_written() {
    let text = written();
    let mut plan = read(&text, "x.plan").unwrap();
    assert_eq!(
        plan.head.summary,
        PlanSummary {
            users: 1,
            steps: 6,
            by_hand: 0
        }
    );
    assert_eq!(plan.short_id(), "p-71d0");
    let people = people(&mut plan);
    assert_eq!(people.len(), 1);
    assert_eq!(people[0].to_send().count(), 6);
    assert!(matches!(&people[0].steps[0].deed, Deed::Send(step) if step.seq == 0));
    assert_eq!(super::tests::text(&plan.head, &people), text);
    assert!(text.contains(&plan.digest));
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

#[test]
fn a_plan_of_many_is_given_in_its_order_a_few_at_a_time() {
    let fake = Fake::new(vec![adele()]);
    let one = fake.plan("adele", "user sign-out", &Wish::SignOut).unwrap();
    let many: Vec<PlannedUser> = (0..5)
        .map(|n| {
            let mut person = one.clone();
            person.user_id = UserId::from(format!("id-{n}"));
            for row in &mut person.steps {
                if let Deed::Send(step) = &mut row.deed {
                    step.user = person.user_id.clone();
                }
            }
            person
        })
        .collect();
    let head = read(&written(), "x.plan").unwrap().head;
    let mut plan = read(&text(&head, &many), "x.plan").unwrap();
    assert_eq!(plan.users, 5);
    let ids: Vec<String> = people(&mut plan)
        .into_iter()
        .map(|person| person.user_id.0)
        .collect();
    assert_eq!(ids, ["id-0", "id-1", "id-2", "id-3", "id-4"]);
    let twice = text(&head, &[one.clone(), one.clone()]);
    let error = read(&twice, "x.plan").unwrap_err();
    assert!(error.message().ends_with("does not hold together"), "{error}");
}

#[test]
fn a_plan_that_is_altered_between_two_looks_is_refused() {
    let text = written();
    let mut plan = read(&text, "x.plan").unwrap();
    plan.source = std::io::Cursor::new(text.replace("adele@", "other@").into_bytes());
    let seen = futures::executor::block_on(plan.each(1, async |_| Ok(())));
    assert_eq!(seen.unwrap_err().code(), ErrorCode::PlanInvalid);
}

#[test]
fn no_plan_is_good_for_longer_than_a_week_nor_made_tomorrow() {
    let mut plan = read(&written(), "x.plan").unwrap();
    let now = Still.now();
    let said = |plan: &Plan| {
        plan.admit("local", "local", "t", now)
            .map_err(|error| error.code())
    };
    plan.head.expires_at = now + LONGEST_VALID;
    assert_eq!(said(&plan), Ok(()));
    plan.head.expires_at = now + LONGEST_VALID + SignedDuration::from_secs(1);
    assert_eq!(said(&plan), Err(ErrorCode::PlanInvalid));
    plan.head.made_at = now + SignedDuration::from_hours(1);
    plan.head.expires_at = now + SignedDuration::from_hours(2);
    assert_eq!(said(&plan), Err(ErrorCode::PlanInvalid));
}
