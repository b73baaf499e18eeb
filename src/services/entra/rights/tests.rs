use super::*;

fn person(permissions: &[&str], roles: &[&str]) -> TokenClaims {
    TokenClaims {
        delegated: true,
        permissions: permissions.iter().map(|one| (*one).to_owned()).collect(),
        directory_roles: roles.iter().map(|one| (*one).to_owned()).collect(),
        tells_roles: true,
        ..TokenClaims::default()
    }
}

fn lines(claims: &TokenClaims) -> String {
    let rights = told(claims, VERBS);
    let lines = rights.iter().map(|right| match &right.standing {
        Standing::Held => format!("{}: held", right.verb),
        Standing::Lacking(lacks) => {
            let missing: Vec<&str> = lacks.iter().map(|lack| lack.missing.as_str()).collect();
            format!("{}: lacks {}", right.verb, missing.join(" + "))
        }
        Standing::Unknown { why, .. } => format!("{}: {why}", right.verb),
    });
    lines.collect::<Vec<_>>().join("\n")
}

const DESK: &str = "c4e39bd9-1100-46d3-8c65-fb160da0071f";
const GLOBAL: &str = "62e90394-69f5-4237-9190-012177145e10";

#[test]
fn each_verb_names_what_lacks_for_the_help_desk() {
    let desk = person(
        &["UserAuthenticationMethod.ReadWrite.All", "User.Read.All"],
        &[DESK],
    );
    insta::assert_snapshot!(lines(&desk), @"
    user search: held
    user show: held
    methods list: held
    devices list: held
    policy show: lacks Policy.Read.AuthenticationMethod
    report registration: lacks AuditLog.Read.All
    --group: lacks GroupMember.Read.All
    privileged people, for guards: lacks RoleManagement.Read.Directory
    per-user MFA, shown: lacks Policy.Read.All
    user reset: lacks User.RevokeSessions.All
    methods remove: held
    methods add phone: held
    methods add email: held
    methods add temporary-pass: held
    methods add passkey: held
    methods add external: held
    methods add hardware-token: lacks Policy.Read.AuthenticationMethod
    methods add qr-pin: held
    hardware-tokens list: lacks Policy.Read.AuthenticationMethod
    hardware-tokens import: lacks Policy.ReadWrite.AuthenticationMethod
    methods set-default: held
    user sign-out: lacks User.RevokeSessions.All
    user reset-password: held
    user disable, enable: lacks User.EnableDisableAccount.All
    user set-mfa-state: lacks Policy.ReadWrite.AuthenticationMethod
    devices disable, enable: lacks Directory.AccessAsUser.All
    ");
}

#[test]
fn a_person_without_a_role_lacks_the_role_and_an_unknown_role_leaves_it_open() {
    let one = |roles: &[&str]| {
        let claims = person(&["UserAuthenticationMethod.ReadWrite.All"], roles);
        let rights = told(&claims, VERBS);
        let right = rights.into_iter().find(|right| right.verb == "methods remove");
        right.unwrap().standing
    };
    let Standing::Lacking(lacks) = one(&[]) else {
        panic!()
    };
    assert_eq!(lacks[0].missing, "Authentication Administrator");
    assert!(lacks[0].mend.contains("activate"), "{}", lacks[0].mend);
    assert_eq!(one(&[GLOBAL]), Standing::Held);
    assert!(matches!(
        one(&["11111111-1111-4111-8111-111111111111"]),
        Standing::Unknown { .. }
    ));
}

#[test]
fn a_global_administrator_without_the_permission_is_told_that_the_role_is_not_enough() {
    let claims = person(&["User.Read.All"], &[GLOBAL]);
    let lack = refused(Family::Methods, Verb::Delete, &claims);
    assert_eq!(lack.missing, "UserAuthenticationMethod.ReadWrite.All");
    assert!(
        lack.mend
            .contains("the role Global Administrator alone does not do it"),
        "{}",
        lack.mend
    );
    let all = person(&["UserAuthenticationMethod.ReadWrite.All"], &[GLOBAL]);
    let lack = refused(Family::Methods, Verb::Delete, &all);
    assert!(lack.why.contains("permission and role"), "{}", lack.why);
}

#[test]
fn an_application_sets_passwords_by_another_permission_than_a_person() {
    let names = |delegated| {
        permissions(
            Family::Password,
            as_sent(Family::Password, Verb::Post, delegated),
            delegated,
        )
    };
    assert_eq!(names(true)[0], "UserAuthenticationMethod.ReadWrite.All");
    assert_eq!(names(false)[0], "User-PasswordProfile.ReadWrite.All");
}

#[test]
fn the_extensions_have_a_name_for_persons_and_another_for_applications() {
    let person = person(&["Mfactl.ReadWrite"], &[]);
    assert!(
        extensions(&person)
            .iter()
            .all(|right| right.standing == Standing::Held)
    );
    let application = TokenClaims {
        delegated: false,
        ..person
    };
    let rights = extensions(&application);
    let Standing::Lacking(lacks) = &rights[0].standing else {
        panic!()
    };
    assert_eq!(lacks[0].missing, "Mfactl.ReadWrite.All");
}

#[test]
fn an_opaque_token_says_nothing_of_any_verb() {
    let rights = told(&TokenClaims::default(), VERBS);
    assert!(
        rights
            .iter()
            .all(|right| matches!(right.standing, Standing::Unknown { .. }))
    );
}

#[test]
fn the_report_names_its_licence() {
    let rights = told(&person(&["AuditLog.Read.All"], &[GLOBAL]), VERBS);
    let report = rights.iter().find(|right| right.verb == "report registration");
    assert_eq!(report.unwrap().licence, Some("Microsoft Entra ID P1 or P2"));
    assert_eq!(rights.iter().filter(|right| right.licence.is_some()).count(), 1);
    let declared = crate::services::entra::declared();
    assert_eq!(declared.get(Capability::Report), crate::domain::Answer::Native);
}

/// The table of docs/entra.md.
fn table() -> String {
    let of = |delegated| {
        let claims = TokenClaims {
            delegated,
            ..TokenClaims::default()
        };
        told(&claims, VERBS)
    };
    let cell = |wants: &str| {
        let each = wants.split(", ").map(|one| {
            if one.contains('.') {
                format!("`{one}`")
            } else {
                format!("the role {one}")
            }
        });
        each.collect::<Vec<_>>().join(", ")
    };
    let rows = of(false).into_iter().zip(of(true)).map(|(app, person)| {
        let licence = app.licence.map(|licence| format!(" (takes {licence})"));
        format!(
            "| {}{} | {} | {} |\n",
            app.verb,
            licence.unwrap_or_default(),
            cell(&app.wants),
            cell(&person.wants)
        )
    });
    format!(
        "| for | as an application | as yourself |\n|---|---|---|\n{}",
        rows.collect::<String>()
    )
}

#[test]
fn the_page_on_entra_has_the_table_of_rights() {
    let page = include_str!("../../../../docs/entra.md");
    assert!(page.contains(&table()), "docs/entra.md is to have:\n{}", table());
}
