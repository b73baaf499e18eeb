//! Playbooks that somebody wrote: what they run on, what their steps may say, and how a mistake is answered.

use super::super::*;
use super::lines;
use crate::domain::{ErrorCode, MethodKind, Result, SecurityInfo};
use crate::jobs::fake::{Fake, adele, method, user};
use crate::jobs::plan::Wish;

fn own(text: &str) -> Result<Playbook> {
    let table: toml::Table = text.parse().unwrap();
    let own: Vec<_> = table.into_iter().collect();
    check(&own)?;
    find("mine", &own)
}

#[test]
fn ones_own_playbook_runs_on_the_state_that_its_earlier_steps_leave() {
    let mine = own(r#"
        [[mine.steps]]
        do = "remove"
        methods = ["authenticator"]
        [[mine.steps]]
        do = "sign-out"
        when = ".methods | all(.kind != \"authenticator\")"
        [[mine.steps]]
        do = "forget-devices"
        when = ".methods | any(.kind == \"authenticator\")"
    "#)
    .unwrap();
    let wish = Wish::Playbook(Box::new(mine), Options::default());
    let plan = Fake::new(vec![adele()])
        .plan("adele", "user reset", &wish)
        .unwrap();
    let steps: Vec<_> = plan.steps.iter().map(|row| row.step.as_str()).collect();
    assert_eq!(steps, ["remove", "sign out"]);
}

#[test]
fn a_link_is_mailed_where_the_playbook_says_so_and_there_is_an_address() {
    let mine = own("[[mine.steps]]\ndo = \"require-registration\"\nmail = true").unwrap();
    let planned = |mail: Option<&str>| {
        let mut person = adele();
        person.0.mail = mail.map(str::to_owned);
        let wish = Wish::Playbook(Box::new(mine.clone()), Options::default());
        let plan = Fake::new(vec![person])
            .plan("adele", "user reset", &wish)
            .unwrap();
        lines(&plan).lines().take(2).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(planned(Some("adele@home.example")), @"
    require | registration | at next sign-in
    mail | registration | adele@home.example
    ");
    assert!(planned(None).ends_with("[by hand]"), "{}", planned(None));
    for (step, why) in [
        (
            "do = \"sign-out\"\nmail = true",
            "mail goes with do = \"require-registration\" only",
        ),
        (
            "do = \"require-registration\"\nmail = \"yes\"",
            "mail is neither true nor false",
        ),
    ] {
        let error = own(&format!("[[mine.steps]]\n{step}")).unwrap_err();
        assert!(error.message().ends_with(why), "{}", error.message());
    }
}

#[test]
fn mistakes_in_a_playbook_are_found_with_what_was_meant() {
    let said = |step: &str| {
        let error = own(&format!("[[mine.steps]]\n{step}")).unwrap_err();
        assert_eq!(error.code(), ErrorCode::ConfigInvalid);
        format!("{} ({})", error.message(), error.hint_text().unwrap_or_default())
    };
    insta::assert_snapshot!(
        [
            "do = \"sign-uot\"",
            "do = \"remove\"\nmethod = [\"totp\"]",
            "do = \"remove\"\nmethods = [\"autenticator\"]",
            "do = \"remove\"\nmethods = [\"password\"]",
            "do = \"notify\"",
            "do = \"notify\"\n[[mine.steps]]\ndo = \"sign-out\"",
            "do = \"sign-out\"\n[[mine.steps]]\ndo = \"notify\"\nto = \"x\"",
            "do = \"sign-out\"\n[[mine.steps]]\ndo = \"notify\"\ntemplate = 1",
            "do = \"sign-out\"\nwhen = \".methods | any(\"",
            "do = \"sign-out\"\nif_unsupported = \"fial\"",
            "methods = []",
        ]
        .map(said)
        .join("\n"),
        @r#"
    playbook mine, step 1: do "sign-uot" is not known (did you mean "sign-out"?)
    playbook mine, step 1: key "method" is not known (did you mean "methods"?)
    playbook mine, step 1: method "autenticator" is not known (did you mean "authenticator"?)
    playbook mine, step 1: no removal means the password (write do = "reset-password")
    playbook mine: it does nothing that could be told of ()
    playbook mine, step 1: notify is the last step: it tells what the others did ()
    playbook mine, step 2: key "to" is not known (did you mean "do"?)
    playbook mine, step 2: template is not a text (write template = "ticket.txt")
    playbook mine, step 1: when: it is not a jq filter ()
    playbook mine, step 1: if_unsupported "fial" is not known (did you mean "fail"?)
    playbook mine, step 1: it does not say what to do (write do = "sign-out")
    "#
    );
    assert_eq!(
        find("lost-fone", &[]).unwrap_err().hint_text(),
        Some("did you mean --playbook lost-phone?")
    );
}

#[test]
fn one_dead_device_of_two_goes_alone() {
    let mut new = method("3d10aaaa", MethodKind::Authenticator);
    new.name = Some("Pixel 9".into());
    let mut old = method("b2f7bbbb", MethodKind::Authenticator);
    old.name = Some("Pixel 5".into());
    for one in [&mut new, &mut old] {
        one.default = Some(true);
    }
    let info = SecurityInfo {
        methods: Some(vec![new, old]),
        ..SecurityInfo::default()
    };
    let wish = Wish::Remove {
        methods: vec!["authenticator:b2f7".into()],
        missing_ok: false,
        leave_none: false,
    };
    let plan = Fake::new(vec![(user("emre", "Emre"), info)])
        .plan("emre", "methods remove", &wish)
        .unwrap();
    insta::assert_snapshot!(lines(&plan), @r#"
    remove | authenticator:b2f7 | "Pixel 5"; cannot be undone
    stays | authenticator:3d10; default authenticator:3d10
    "#);
}
