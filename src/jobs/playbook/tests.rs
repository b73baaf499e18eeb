//! The playbooks that come with the program, on people of every kind.

mod own;

use super::*;
use crate::domain::{Answer, Capability, SecurityInfo, User};
use crate::jobs::fake::{Fake, adele, method, number};
use crate::jobs::plan::{Deed, PlannedUser, Wish};

fn lines(plan: &PlannedUser) -> String {
    let mut lines: Vec<String> = plan
        .steps
        .iter()
        .map(|row| {
            let mark = match &row.deed {
                Deed::Send(_) => "",
                Deed::Unchanged => " [unchanged]",
                Deed::ByHand { .. } => " [by hand]",
                Deed::Skip { .. } => " [left alone]",
            };
            format!("{} | {} | {}{mark}", row.step, row.target, row.detail)
        })
        .collect();
    lines.push(format!("stays | {}", plan.stays));
    lines.join("\n")
}

fn run_options(name: &str, person: (User, SecurityInfo), options: Options) -> PlannedUser {
    let who = person.0.sign_in_name.split('@').next().unwrap().to_owned();
    let wish = Wish::Playbook(Box::new(find(name, &[]).unwrap()), options);
    Fake::new(vec![person]).plan(&who, "user reset", &wish).unwrap()
}

fn run(name: &str, person: (User, SecurityInfo)) -> PlannedUser {
    run_options(name, person, Options::default())
}

#[test]
fn adeles_lost_phone_gives_the_six_steps_of_the_screen() {
    let plan = run("lost-phone", adele());
    insta::assert_snapshot!(lines(&plan), @r#"
    change | phone:mobile | +1 425 555 0100 to +1 425 555 0199
    remove | phone:alternate | its number is now phone:mobile
    remove | authenticator | "iPhone 14"; cannot be undone
    revoke | app passwords | 2: "Outlook 2013", "iPhone Mail"
    forget | remembered devices | 1: LAPTOP-ADELE
    sign out | everywhere | 4 sessions
    stays | email; default phone:mobile
    "#);
    let texts: Vec<&str> = plan.remains.iter().map(|remains| remains.text.as_str()).collect();
    assert_eq!(
        crate::jobs::remains::sentence(Some("Adele Vance"), "adele@contoso.example", &texts).unwrap(),
        "Adele now signs in again everywhere, verified by text or call to +1 425 555 0199; adds the new phone on the \
         security info page; makes a new app password for Outlook 2013."
    );
    let alternate = plan.to_send().nth(1).unwrap();
    assert_eq!(
        alternate.after,
        [0],
        "the alternate entry goes only once its number is safe"
    );
}

#[test]
fn a_mobile_number_that_waited_for_its_code_is_ready_once_it_is_the_verified_alternate_one() {
    let (who, mut info) = adele();
    for one in info.methods.iter_mut().flatten() {
        one.default = Some(one.kind == MethodKind::Authenticator);
        if one.kind == MethodKind::PhoneMobile {
            one.state = crate::domain::MethodState::Pending;
        }
    }
    let plan = run("lost-phone", (who, info));
    insta::assert_snapshot!(lines(&plan), @r#"
    change | phone:mobile | +1 425 555 0100 to +1 425 555 0199
    remove | phone:alternate | its number is now phone:mobile
    default | phone:mobile | was authenticator
    remove | authenticator | "iPhone 14"; cannot be undone
    revoke | app passwords | 2: "Outlook 2013", "iPhone Mail"
    forget | remembered devices | 1: LAPTOP-ADELE
    sign out | everywhere | 4 sessions
    stays | email; default phone:mobile
    "#);
}

#[test]
fn where_there_are_no_passes_the_person_is_asked_to_register_instead() {
    let (who, mut info) = adele();
    let methods = info.methods.as_mut().unwrap();
    methods.retain(|one| one.kind == MethodKind::Authenticator);
    let mut fake = Fake::new(vec![(who, info)]);
    let no_passes = Answer::Unsupported {
        why: "there are none".into(),
        instead: "give a password".into(),
    };
    let pass = Capability::Add(MethodKind::TemporaryPass);
    fake.capabilities.set(pass, no_passes);
    let wish = |pass| {
        let options = Options {
            pass,
            ..Options::default()
        };
        Wish::Playbook(Box::new(find("lost-phone", &[]).unwrap()), options)
    };
    let plan = fake.plan("adele", "user reset", &wish(Pass::Auto)).unwrap();
    let last = plan.steps.last().unwrap();
    assert_eq!(
        (last.step.as_str(), last.target.as_str()),
        ("require", "registration")
    );
    // Nobody is sent after what the service has not.
    let warned = plan.warnings.join("\n");
    assert!(
        warned.contains("user reset-password") && !warned.contains("--pass"),
        "{warned}"
    );
    // Who asks for a pass is told that there are none.
    let error = fake.plan("adele", "user reset", &wish(Pass::Always)).unwrap_err();
    assert_eq!(error.code(), crate::domain::ErrorCode::Unsupported);
}

#[test]
fn a_right_that_is_missing_refuses_the_whole_and_no_step_is_left_to_hands() {
    let mut fake = Fake::new(vec![adele()]);
    let lacks = Answer::Forbidden {
        why: "the account lacks the role forgetter".into(),
        mend: "have it given".into(),
    };
    fake.capabilities.set(Capability::ForgetAll, lacks);
    let wish = Wish::Playbook(Box::new(find("lost-phone", &[]).unwrap()), Options::default());
    let error = fake.plan("adele", "user reset", &wish).unwrap_err();
    assert_eq!(error.code(), crate::domain::ErrorCode::PermissionMissing);
    assert_eq!(
        error.message(),
        "cannot forget all remembered devices: the account lacks the role forgetter"
    );
    assert_eq!(error.hint_text(), Some("have it given"));
}

#[test]
fn a_kept_method_becomes_the_default_before_the_default_goes() {
    let (who, mut info) = adele();
    let methods = info.methods.as_mut().unwrap();
    methods.retain(|one| one.kind != MethodKind::PhoneAlternate);
    let mut office = method("e37fc753", MethodKind::PhoneOffice);
    office.number = Some(number("+1 4255550111"));
    methods.push(office);
    insta::assert_snapshot!(lines(&run("lost-phone", (who, info))), @r#"
    default | phone:office | was phone:mobile
    remove | authenticator | "iPhone 14"; cannot be undone
    remove | phone:mobile | +1 425 555 0100
    revoke | app passwords | 2: "Outlook 2013", "iPhone Mail"
    forget | remembered devices | 1: LAPTOP-ADELE
    sign out | everywhere | 4 sessions
    stays | email; default phone:office
    "#);
}

#[test]
fn a_pass_is_issued_where_nothing_is_left_unless_it_is_refused_or_asked_for() {
    let (who, mut info) = adele();
    info.methods
        .as_mut()
        .unwrap()
        .retain(|one| one.kind != MethodKind::PhoneAlternate);
    let has_pass = |pass| {
        let options = Options {
            pass,
            ..Options::default()
        };
        let plan = run_options("lost-phone", (who.clone(), info.clone()), options);
        (
            plan.steps.iter().any(|row| row.target == "temporary-pass"),
            !plan.warnings.is_empty(),
        )
    };
    assert_eq!(has_pass(Pass::Auto), (true, false));
    assert_eq!(has_pass(Pass::Never), (false, true));
    // Somebody whose number was all there was registers the new phone too, and is told so.
    info.methods
        .as_mut()
        .unwrap()
        .retain(|one| one.kind == MethodKind::PhoneMobile);
    let never = Options {
        pass: Pass::Never,
        ..Options::default()
    };
    let plan = run_options("lost-phone", (who.clone(), info.clone()), never);
    let next: Vec<&str> = plan.remains.iter().map(|remains| remains.text.as_str()).collect();
    assert!(
        next.contains(&"adds the new phone on the security info page"),
        "{next:?}"
    );
    let options = |pass| Options {
        pass,
        ..Options::default()
    };
    let plan = run_options("new-phone", adele(), options(Pass::Always));
    assert_eq!(plan.steps.last().unwrap().target, "temporary-pass");
    assert!(plan.warnings.is_empty());
}

#[test]
fn a_new_phone_takes_every_method_in_the_order_that_services_ask_for() {
    let plan = run("new-phone", adele());
    insta::assert_snapshot!(lines(&plan), @r#"
    remove | authenticator | "iPhone 14"; cannot be undone
    remove | phone:alternate | +1 425 555 0199
    remove | email | adele@home.example
    remove | phone:mobile | +1 425 555 0100
    forget | remembered devices | 1: LAPTOP-ADELE
    sign out | everywhere | 4 sessions
    require | registration | at next sign-in
    stays | nothing else
    "#);
    assert!(
        plan.warnings[0].contains("whoever knows the password") && plan.warnings[0].contains("--pass always")
    );
}

#[test]
fn a_compromised_account_is_stopped_first_and_says_how_it_comes_back() {
    let plan = run("compromised", adele());
    let steps: Vec<_> = plan
        .steps
        .iter()
        .map(|row| format!("{} {}", row.step, row.target))
        .collect();
    assert_eq!(steps.first().map(String::as_str), Some("disable account"));
    assert_eq!(steps.get(1).map(String::as_str), Some("reset password"));
    assert!(
        plan.remains[0].text.contains("user enable adele@contoso.example"),
        "{:?}",
        plan.remains
    );
    assert!(plan.warnings.is_empty());
}

#[test]
fn only_and_keep_narrow_what_is_removed() {
    let removed = |options: Options| -> Vec<String> {
        let plan = run_options("lost-phone", adele(), options);
        plan.steps
            .iter()
            .filter(|row| row.step == "remove")
            .map(|row| row.target.clone())
            .collect()
    };
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        removed(Options {
            only: words(&["authenticator"]),
            ..Options::default()
        }),
        ["authenticator"]
    );
    assert_eq!(
        removed(Options {
            keep: words(&["iPhone 14", "passkey"]),
            ..Options::default()
        }),
        ["phone:alternate"]
    );
    let wish = Wish::Playbook(
        Box::new(find("lost-phone", &[]).unwrap()),
        Options {
            keep: words(&["iPhone 99"]),
            ..Options::default()
        },
    );
    let error = Fake::new(vec![adele()])
        .plan("adele", "user reset", &wish)
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::MethodNotFound);
}

#[test]
fn a_masked_alternate_number_is_never_written_back() {
    let (who, mut info) = adele();
    for one in info.methods.as_mut().unwrap() {
        if one.kind == MethodKind::PhoneAlternate {
            one.number = None;
            one.number_masked = Some("+1 XXXXXXX99".into());
        }
    }
    let plan = run("lost-phone", (who, info));
    let rows = lines(&plan);
    assert!(
        rows.contains("change | phone:mobile | +1 425 555 0100 to the alternate number [by hand]"),
        "{rows}"
    );
    assert!(
        rows.contains("remove | phone:mobile | +1 425 555 0100 [by hand]"),
        "{rows}"
    );
    assert!(
        plan.warnings
            .iter()
            .any(|said| said.contains("whoever has that phone")),
        "{:?}",
        plan.warnings
    );
}

#[test]
fn what_a_service_lacks_is_by_hand_and_what_it_does_more_of_is_said() {
    let mut fake = Fake::new(vec![adele()]);
    fake.capabilities.set(
        Capability::RevokeAppPasswords,
        Answer::Unsupported {
            why: "there is no call".into(),
            instead: "the per-user MFA page".into(),
        },
    );
    fake.capabilities.set(
        Capability::ForgetAll,
        Answer::Substitute {
            what: "sign out everywhere".into(),
            wider: true,
        },
    );
    let wish = Wish::Playbook(Box::new(find("lost-phone", &[]).unwrap()), Options::default());
    let rows = lines(&fake.plan("adele", "user reset", &wish).unwrap());
    assert!(
        rows.contains("revoke | app passwords | 2: \"Outlook 2013\", \"iPhone Mail\" [by hand]"),
        "{rows}"
    );
    assert!(
        rows.contains(
            "forget | remembered devices | by \"sign out everywhere\", which does more than was asked"
        ),
        "{rows}"
    );
}

#[test]
fn a_guest_of_another_organization_gets_no_password_and_no_pass_here() {
    let guest = || {
        let (mut user, info) = adele();
        user.guest = true;
        user.sign_in_name = "adele_fabrikam.example#EXT#@contoso.example".to_owned();
        user.id = "id-adele_fabrikam.example#EXT#".into();
        (user, info)
    };
    let by_hand = |plan: &PlannedUser, step: &str| {
        let row = plan.steps.iter().find(|row| row.step == step);
        matches!(row.map(|row| &row.deed), Some(Deed::ByHand { .. }))
    };
    assert!(by_hand(&run("compromised", guest()), "reset"));
    let (user, mut info) = guest();
    info.methods = Some(vec![method("app", MethodKind::Authenticator)]);
    let plan = run("lost-phone", (user.clone(), info.clone()));
    assert!(by_hand(&plan, "issue"), "{}", lines(&plan));
    // A pass that was asked for is refused, and so is a password.
    let who = user.id.0.trim_start_matches("id-").to_owned();
    let fake = Fake::new(vec![(user, info)]);
    let pass = Wish::AddPass {
        lifetime: None,
        one_time: None,
        start: None,
    };
    let password = Wish::Password {
        given: None,
        permanent: false,
    };
    for wish in [pass, password] {
        let error = fake.plan(&who, "user reset", &wish).unwrap_err();
        assert_eq!(error.code(), ErrorCode::ServiceRefused);
    }
}

#[test]
fn a_synced_account_is_told_to_be_stopped_where_it_comes_from_too() {
    let (mut user, info) = adele();
    user.synced = Some(true);
    let plan = run("compromised", (user, info));
    let told = |text: &&String| text.contains("comes from another directory");
    assert_eq!(
        plan.warnings.iter().filter(told).count(),
        1,
        "{:?}",
        plan.warnings
    );
}
