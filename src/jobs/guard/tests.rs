use super::*;

/// One's own account is allowed.
const OWN: Allow = Allow {
    own: true,
    privileged: false,
};

fn user(name: &str) -> User {
    User {
        id: format!("id-{name}").into(),
        sign_in_name: format!("{name}@contoso.example"),
        display_name: None,
        mail: None,
        enabled: true,
        guest: false,
        synced: None,
        last_sign_in_at: None,
    }
}

fn protecting(entries: &[&str]) -> Guard {
    Guard {
        protected: entries.iter().map(|entry| (*entry).to_owned()).collect(),
        ..Guard::default()
    }
}

#[test]
fn a_protected_person_is_refused_by_name_by_group_and_by_role() {
    let (ann, bob) = (user("ann"), user("bob"));
    let holder = Privileges {
        roles: Some(vec!["Global Administrator".into()]),
        groups: Some(vec!["Executives".into()]),
        privileged: None,
        missing: None,
        restricted: None,
    };
    let none = Privileges {
        roles: Some(vec![]),
        groups: Some(vec![]),
        privileged: None,
        missing: None,
        restricted: None,
    };
    let operator = Operator::default();
    for entry in [
        "ANN@contoso.example",
        "group:executives",
        "role:Global Administrator",
    ] {
        let guard = protecting(&[entry]);
        let error = admit(&guard, &[(&ann, &holder), (&bob, &none)], &operator, OWN).unwrap_err();
        assert_eq!(error.code(), ErrorCode::GuardProtected, "{entry}");
        assert!(
            error.message().contains("ann@") && !error.message().contains("bob@"),
            "{error}"
        );
        assert_eq!(protected_by(&guard, &ann, &holder), [entry]);
        assert!(admit(&guard, &[(&bob, &none)], &operator, OWN).is_ok());
    }
}

#[test]
fn a_group_that_cannot_be_read_protects() {
    let error = admit(
        &protecting(&["group:Executives"]),
        &[(&user("ann"), &Privileges::default())],
        &Operator::default(),
        OWN,
    )
    .unwrap_err();
    assert_eq!(error.code(), ErrorCode::GuardProtected);
}

#[test]
fn ones_own_account_needs_a_flag() {
    let ann = user("ann");
    let operator = Operator {
        user_id: Some("ID-ann".into()),
        ..Operator::default()
    };
    let none = Privileges::default();
    let error = admit(&Guard::default(), &[(&ann, &none)], &operator, Allow::default()).unwrap_err();
    assert_eq!(error.code(), ErrorCode::GuardSelf);
    assert!(admit(&Guard::default(), &[(&ann, &none)], &operator, OWN).is_ok());
}

#[test]
fn read_only_tickets_and_numbers_are_held() {
    let code = |result: Result<()>| result.map_err(|error| error.code());
    let read_only = Guard {
        read_only: true,
        ..Guard::default()
    };
    assert_eq!(
        code(admit_command(&read_only, None, "x")),
        Err(ErrorCode::GuardReadOnly)
    );
    let ticket = Guard {
        require_ticket: true,
        ticket_pattern: Some("INC[0-9]+".into()),
        ..Guard::default()
    };
    for (given, said) in [
        (None, Err(ErrorCode::GuardTicket)),
        (Some(" "), Err(ErrorCode::GuardTicket)),
        (Some("INC42"), Ok(())),
        (Some("xINC42"), Err(ErrorCode::GuardTicket)),
    ] {
        assert_eq!(code(admit_command(&ticket, given, "x")), said, "{given:?}");
    }
    assert_eq!(
        code(admit_number(&Guard::default(), 26, None, Bound::Direct)),
        Err(ErrorCode::GuardMaxUsers)
    );
    assert_eq!(
        code(admit_number(&Guard::default(), 2, Some(3), Bound::Direct)),
        Err(ErrorCode::ExpectMismatch)
    );
    assert_eq!(
        code(admit_number(&Guard::default(), 25, Some(25), Bound::Direct)),
        Ok(())
    );
}

#[test]
fn a_privileged_person_is_refused_unless_guard_and_flag_agree() {
    let (ann, bob) = (user("ann"), user("bob"));
    let holder = Privileges {
        roles: Some(vec!["User Administrator".into()]),
        groups: Some(vec![]),
        privileged: Some(true),
        missing: None,
        restricted: None,
    };
    let plain = Privileges {
        privileged: Some(false),
        ..Privileges::default()
    };
    for (by_guard, by_flag) in [(false, false), (true, false), (false, true), (true, true)] {
        let guard = Guard {
            allow_privileged: by_guard,
            ..Guard::default()
        };
        let allow = Allow {
            own: false,
            privileged: by_flag,
        };
        let said = admit(
            &guard,
            &[(&ann, &holder), (&bob, &plain)],
            &Operator::default(),
            allow,
        );
        match said {
            Ok(()) => assert!(by_guard && by_flag),
            Err(error) => {
                assert!(!(by_guard && by_flag));
                assert_eq!(error.code(), ErrorCode::GuardPrivileged);
                assert!(
                    error
                        .message()
                        .starts_with("ann@contoso.example (User Administrator) is"),
                    "{error}"
                );
                assert_eq!(
                    error.hint_text().unwrap().starts_with("--allow-privileged"),
                    by_guard
                );
            }
        }
        assert_eq!(needs_privileges(&guard, allow), !(by_guard && by_flag));
    }
}

#[test]
fn what_cannot_be_told_is_warned_of_and_only_names_are_held() {
    let ann = user("ann");
    let unknown = Privileges {
        missing: Some("Roles.Read".into()),
        ..Privileges::default()
    };
    let operator = Operator::default();
    assert!(admit(&Guard::default(), &[(&ann, &unknown)], &operator, OWN).is_ok());
    assert!(
        admit(
            &protecting(&["ann@contoso.example"]),
            &[(&ann, &unknown)],
            &operator,
            OWN
        )
        .is_err()
    );
    assert!(admit(&protecting(&["role:X"]), &[(&ann, &unknown)], &operator, OWN).is_err());
    assert_eq!(
        cannot_tell(&[unknown.clone(), unknown]).unwrap(),
        "cannot tell who is privileged: the token lacks Roles.Read; only those whom the guard protects by name are held \
         back"
    );
    let told = Privileges {
        privileged: Some(false),
        ..Privileges::default()
    };
    assert_eq!(cannot_tell(&[told]), None);
}

#[test]
fn a_change_of_many_takes_a_plan_that_somebody_else_made() {
    let guard = Guard {
        two_person_over: Some(3),
        ..Guard::default()
    };
    let rita = Operator {
        user_id: Some("id-rita".into()),
        account: "rita@contoso.example".into(),
        permissions: Vec::new(),
    };
    let said = |people, maker| admit_alone(&guard, people, maker, &rita, "mfactl user reset --plan-out FILE");
    assert!(said(3, None).is_ok());
    assert!(said(3, Some("rita@contoso.example")).is_ok());
    let alone = said(4, None).unwrap_err();
    assert_eq!(alone.code(), ErrorCode::GuardTwoPerson);
    assert!(
        alone
            .hint_text()
            .unwrap()
            .starts_with("mfactl user reset --plan-out FILE")
    );
    for maker in ["rita@contoso.example", " RITA@contoso.example", "ID-rita", ""] {
        assert_eq!(
            said(4, Some(maker)).unwrap_err().code(),
            ErrorCode::GuardTwoPerson,
            "{maker}"
        );
    }
    assert!(said(4, Some("otto@contoso.example")).is_ok());
    assert!(admit_alone(&Guard::default(), 20_000, None, &rita, "").is_ok());
}

#[test]
fn a_plan_may_hold_more_people_than_one_command() {
    let guard = Guard::default();
    assert!(admit_number(&guard, 26, None, Bound::Planned).is_ok());
    let error = admit_number(&guard, 20_001, None, Bound::Planned).unwrap_err();
    assert_eq!(error.code(), ErrorCode::GuardMaxUsers);
    let error = admit_number(&guard, 26, None, Bound::Direct).unwrap_err();
    assert!(
        error.hint_text().unwrap().contains("--plan-out FILE"),
        "{error:?}"
    );
}

#[test]
fn a_refusal_names_the_machine_wide_file_that_stands_behind_it() {
    let mut guard = Guard {
        max_users: 100,
        allow_everyone: true,
        allow_privileged: true,
        ..Guard::default()
    };
    guard.tighten(&crate::domain::MachineGuard {
        file: "/etc/mfactl/guard.toml".into(),
        max_users: Some(1),
        protected: vec!["ann@contoso.example".into()],
        allow_everyone: Some(false),
        allow_privileged: Some(false),
        require_ticket: true,
        ticket_pattern: Some("INC[0-9]+".into()),
        two_person_over: Some(1),
        ..crate::domain::MachineGuard::default()
    });
    let holder = Privileges {
        privileged: Some(true),
        ..Privileges::default()
    };
    let (ann, bob, operator) = (user("ann"), user("bob"), Operator::default());
    let both = Allow {
        own: true,
        privileged: true,
    };
    for error in [
        admit_number(&guard, 2, None, Bound::Direct).unwrap_err(),
        admit_command(&guard, None, "x").unwrap_err(),
        admit_command(&guard, Some("CHG1"), "x").unwrap_err(),
        admit_everyone(&guard).unwrap_err(),
        admit_alone(&guard, 2, None, &operator, "").unwrap_err(),
        admit(&guard, &[(&ann, &Privileges::default())], &operator, both).unwrap_err(),
        admit(&guard, &[(&bob, &holder)], &operator, both).unwrap_err(),
    ] {
        assert!(error.message().contains("by /etc/mfactl/guard.toml"), "{error}");
        assert_eq!(error.code().exit_code(), 6, "{error}");
    }
}

#[test]
fn nothing_is_changed_while_the_machine_wide_file_cannot_be_read() {
    let broken = Error::new(ErrorCode::ConfigInvalid, "there is no key \"x\" here");
    let mut guard = Guard::default();
    guard.machine.broken = Some(broken.clone());
    assert_eq!(admit_command(&guard, None, "x"), Err(broken));
}
