use super::*;
use crate::domain::{Answer, Capability, ErrorCode, IdentityService as _, Privileges, SecurityInfo};
use crate::jobs::execute::planned_row;
use crate::jobs::fake::{Fake, adele, method, number, setting, user};
use crate::jobs::journal::Standing;
use crate::jobs::plan::{Person, PlannedUser, Wish, put_back};
use crate::jobs::playbook::{self, Options};

/// Carries a plan out, and gives what the journal then has.
async fn carried(fake: &Fake, plan: PlannedUser) -> Taken {
    let mut steps = Vec::new();
    for (place, planned) in plan.steps.iter().enumerate() {
        let (mut row, _) = planned_row(&plan, planned);
        if let Some(step) = planned.to_send() {
            fake.apply(std::slice::from_ref(step)).await[0].as_ref().unwrap();
            row.status = Status::Done;
        }
        steps.push(StepRecord {
            place: u16::try_from(place).unwrap(),
            standing: Standing::Ended,
            row,
            created: None,
            reissued: false,
        });
    }
    Taken {
        seq: 0,
        person: plan,
        steps,
    }
}

fn way_back(fake: &Fake, name: &str, taken: &Taken) -> PlannedUser {
    try_back(fake, name, taken).unwrap()
}

fn try_back(fake: &Fake, name: &str, taken: &Taken) -> crate::domain::Result<PlannedUser> {
    let person = Person {
        user: user(name, "Somebody"),
        typed: name.to_owned(),
        info: fake.info(name),
        privileges: Privileges::default(),
        protected_by: vec![],
        policy: None,
    };
    let setting = setting(&fake.capabilities, "jobs undo");
    put_back(&setting, &person, &backs(taken), false)
}

fn shown(plan: &PlannedUser) -> String {
    let line = |planned| {
        let (row, _) = planned_row(plan, planned);
        format!(
            "{} | {} | {} | {}",
            row.step,
            row.target,
            row.status.as_str(),
            row.detail
        )
    };
    plan.steps.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn phones(plan: &PlannedUser) -> String {
    let shown = shown(plan);
    let lines = shown.lines().filter(|line| line.contains("phone:"));
    lines.collect::<Vec<_>>().join("\n")
}

fn lost_phone() -> Wish {
    let playbook = playbook::find("lost-phone", &[]).unwrap();
    Wish::Playbook(Box::new(playbook), Options::default())
}

fn reach(taken: &Taken) -> String {
    let mut reach = Reach::default();
    reach.add(taken);
    match reach.undo(|| "undo".to_owned()) {
        None => "nothing".to_owned(),
        Some(undo) => format!("{} {} {:?}", undo.possible, undo.what.join(","), undo.command),
    }
}

/// Numbers, addresses and the default: what can come back.
fn values(info: &SecurityInfo) -> Vec<(MethodKind, Option<String>, bool)> {
    let mut values: Vec<_> = info
        .methods()
        .iter()
        .filter(|method| method.kind.is_phone() || method.kind == MethodKind::Email)
        .map(|method| (method.kind, method.label(), method.default == Some(true)))
        .collect();
    values.sort();
    values
}

#[tokio::test]
async fn a_reset_gives_its_numbers_back_and_says_what_cannot_come_back() {
    let fake = Fake::new(vec![adele()]);
    let before = fake.info("adele");
    let reset = carried(&fake, fake.plan("adele", "user reset", &lost_phone()).unwrap()).await;
    assert_eq!(reach(&reset), "partial numbers Some(\"undo\")");
    let plan = way_back(&fake, "adele", &reset);
    insta::assert_snapshot!(shown(&plan), @r"
    add | phone:alternate | planned | +1 425 555 0199
    change | phone:mobile | planned | +1 425 555 0199 to +1 425 555 0100
    undo | remove authenticator | unsupported | it cannot come back
    undo | revoke app passwords | unsupported | it cannot come back
    undo | forget remembered devices | unsupported | it cannot come back
    undo | sign out everywhere | unsupported | it cannot come back
    ");
    let undone = carried(&fake, plan).await;
    assert_eq!(values(&fake.info("adele")), values(&before));

    // An undo is a job, and can be taken back too.
    assert_eq!(reach(&undone), "full numbers Some(\"undo\")");
    let plan = way_back(&fake, "adele", &undone);
    insta::assert_snapshot!(shown(&plan), @r"
    change | phone:mobile | planned | +1 425 555 0100 to +1 425 555 0199
    remove | phone:alternate | planned | +1 425 555 0199
    ");
    carried(&fake, plan).await;
    let mobile = Some("+1 425 555 0199".to_owned());
    assert_eq!(
        values(&fake.info("adele"))[0],
        (MethodKind::PhoneMobile, mobile, true)
    );
}

#[tokio::test]
async fn what_may_have_been_sent_is_taken_back_as_what_was() {
    let fake = Fake::new(vec![adele()]);
    let before = fake.info("adele");
    let mut reset = carried(&fake, fake.plan("adele", "user reset", &lost_phone()).unwrap()).await;
    // The program died before it wrote how they ended.
    for record in &mut reset.steps {
        (record.standing, record.row.status) = (Standing::Started, Status::Planned);
    }
    assert_eq!(reach(&reset), "partial numbers Some(\"undo\")");
    carried(&fake, way_back(&fake, "adele", &reset)).await;
    assert_eq!(values(&fake.info("adele")), values(&before));
}

#[tokio::test]
async fn what_changed_since_is_left_alone() {
    let fake = Fake::new(vec![adele()]);
    let reset = carried(&fake, fake.plan("adele", "user reset", &lost_phone()).unwrap()).await;
    let again = Wish::AddPhone {
        number: number("+31 612345678"),
        kind: MethodKind::PhoneMobile,
        via: None,
        replace: true,
    };
    let changed = fake.plan("adele", "methods add phone", &again).unwrap();
    carried(&fake, changed).await;
    let plan = way_back(&fake, "adele", &reset);
    insta::assert_snapshot!(phones(&plan), @r"
    add | phone:alternate | planned | +1 425 555 0199
    change | phone:mobile | skipped | changed since: it is +31 6 12345678 now
    ");
}

#[tokio::test]
async fn what_a_job_added_goes_unless_it_is_the_last_method() {
    let mut email = method("e1", MethodKind::Email);
    email.address = Some("bas@home.example".into());
    let info = SecurityInfo {
        methods: Some(vec![email]),
        ..SecurityInfo::default()
    };
    let fake = Fake::new(vec![(user("bas", "Bas"), info)]);
    let add = Wish::AddPhone {
        number: number("+31 612345678"),
        kind: MethodKind::PhoneMobile,
        via: None,
        replace: false,
    };
    let added = carried(&fake, fake.plan("bas", "methods add phone", &add).unwrap()).await;
    assert_eq!(reach(&added), "full numbers Some(\"undo\")");
    let plan = way_back(&fake, "bas", &added);
    insta::assert_snapshot!(shown(&plan), @"remove | phone:mobile | skipped | it is the last method to sign in with; --leave-none removes it all the same");
    let app = method("a1", MethodKind::Authenticator);
    fake.state.lock().unwrap()[0]
        .1
        .methods
        .as_mut()
        .unwrap()
        .push(app);
    let plan = way_back(&fake, "bas", &added);
    insta::assert_snapshot!(shown(&plan), @"remove | phone:mobile | planned | +31 6 12345678");
}

#[tokio::test]
async fn the_default_comes_back_with_its_method_and_only_where_nobody_chose_since() {
    let fake = Fake::new(vec![adele()]);
    let wish = Wish::SetDefault {
        method: "authenticator".into(),
    };
    let set = carried(&fake, fake.plan("adele", "methods set-default", &wish).unwrap()).await;
    assert_eq!(reach(&set), "full default Some(\"undo\")");
    insta::assert_snapshot!(shown(&way_back(&fake, "adele", &set)), @"default | phone:mobile | planned | was authenticator");
    let wish = Wish::SetDefault {
        method: "phone:alternate".into(),
    };
    carried(&fake, fake.plan("adele", "methods set-default", &wish).unwrap()).await;
    insta::assert_snapshot!(shown(&way_back(&fake, "adele", &set)), @"default | phone:mobile | skipped | changed since: it is phone:alternate now");
}

/// Two authenticators, both of which bear the default, as where a service keeps it by kind.
fn two_authenticators() -> Fake {
    let (person, mut info) = adele();
    let mut second = method("9f", MethodKind::Authenticator);
    let methods = info.methods.as_mut().unwrap();
    second.name = Some("Pixel 9".to_owned());
    methods.push(second);
    for one in methods.iter_mut() {
        one.default = Some(one.kind == MethodKind::Authenticator);
    }
    Fake::new(vec![(person, info)])
}

#[tokio::test]
async fn no_default_is_promised_whose_method_is_gone_and_none_is_lost_that_another_bears() {
    let remove = |methods: &[&str]| Wish::Remove {
        methods: methods.iter().map(|one| (*one).to_owned()).collect(),
        missing_ok: false,
        leave_none: false,
    };
    let fake = two_authenticators();
    let one = carried(
        &fake,
        fake.plan("adele", "methods remove", &remove(&["9f"])).unwrap(),
    )
    .await;
    assert_eq!(reach(&one), "none  None");
    insta::assert_snapshot!(shown(&way_back(&fake, "adele", &one)), @"undo | remove authenticator:9f | unsupported | it cannot come back");

    let fake = two_authenticators();
    let info = fake.info("adele");
    let all = info
        .methods()
        .iter()
        .filter(|one| one.kind == MethodKind::Authenticator);
    let all: Vec<&str> = all.map(|one| one.id.0.as_str()).collect();
    let both = carried(
        &fake,
        fake.plan("adele", "methods remove", &remove(&all)).unwrap(),
    )
    .await;
    assert_eq!(reach(&both), "none  None");
    insta::assert_snapshot!(shown(&way_back(&fake, "adele", &both)), @"
    default | authenticator | unsupported | the default was authenticator, which is gone
    undo | remove authenticator:a1b2 | unsupported | it cannot come back
    undo | remove authenticator:9f | unsupported | it cannot come back
    ");
}

#[tokio::test]
async fn a_number_that_was_shown_in_part_cannot_come_back() {
    let (person, mut info) = adele();
    let mobile = info
        .methods
        .as_mut()
        .unwrap()
        .iter_mut()
        .find(|one| one.kind == MethodKind::PhoneMobile);
    let mobile = mobile.unwrap();
    (mobile.number, mobile.number_masked) = (None, Some("+1 XXXXXXXX00".into()));
    let fake = Fake::new(vec![(person, info)]);
    let wish = Wish::AddPhone {
        number: number("+31 612345678"),
        kind: MethodKind::PhoneMobile,
        via: None,
        replace: true,
    };
    let changed = carried(&fake, fake.plan("adele", "methods add phone", &wish).unwrap()).await;
    assert_eq!(reach(&changed), "none  None");
    insta::assert_snapshot!(shown(&way_back(&fake, "adele", &changed)), @"undo | change phone:mobile | unsupported | the service had shown the number only in part");
}

#[tokio::test]
async fn of_what_was_never_sent_nothing_is_taken_back() {
    let fake = Fake::new(vec![adele()]);
    let mut reset = carried(&fake, fake.plan("adele", "user reset", &lost_phone()).unwrap()).await;
    for record in &mut reset.steps {
        record.row.status = Status::Failed;
    }
    assert_eq!(reach(&reset), "nothing");
    reset.steps[0].row.status = Status::Unknown;
    assert_eq!(reach(&reset), "full numbers Some(\"undo\")");
}

#[tokio::test]
async fn an_undo_that_the_account_may_not_make_is_refused_and_not_left_to_hands() {
    let mut fake = Fake::new(vec![adele()]);
    let reset = carried(&fake, fake.plan("adele", "user reset", &lost_phone()).unwrap()).await;
    for capability in [
        Capability::Add(MethodKind::PhoneAlternate),
        Capability::Update(MethodKind::PhoneMobile),
    ] {
        let before = fake.capabilities.get(capability);
        let lacks = Answer::Forbidden {
            why: "the token lacks Writer.All".into(),
            mend: "have it given".into(),
        };
        fake.capabilities.set(capability, lacks);
        let error = try_back(&fake, "adele", &reset).unwrap_err();
        assert_eq!(error.code(), ErrorCode::PermissionMissing);
        assert!(error.message().ends_with("the token lacks Writer.All"), "{error}");
        fake.capabilities.set(capability, before);
    }
    try_back(&fake, "adele", &reset).unwrap();
}
