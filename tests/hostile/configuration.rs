//! No profile, a wrong profile, a wrong file.

use insta::assert_snapshot;

use crate::environment::Environment;
use crate::refusal::refused;

fn configured(text: &str) -> Environment {
    let env = Environment::new();
    env.configure(text);
    env.without_profile()
}

#[test]
fn with_no_profile_it_says_how_to_get_one_and_how_to_try_it() {
    let env = Environment::new().without_profile();
    assert_snapshot!(refused(&env, 2, &["methods", "list", "adele"]), @"
    · error: no profile was chosen
    · hint: for your organization: mfactl profile add, or write [profiles.NAME] in [DIR]/config/mfactl/config.toml, and add -p NAME; to try it with demo data, add -p local
    exit 2
    ");
    assert_snapshot!(refused(&env, 2, &["user", "reset", "adele", "--yes"]), @"
    · error: no profile was chosen
    · hint: for your organization: mfactl profile add, or write [profiles.NAME] in [DIR]/config/mfactl/config.toml, and add -p NAME; to try it with demo data, add -p local
    exit 2
    ");
}

#[test]
fn a_profile_that_is_not_there_is_answered_with_those_that_are() {
    let env = configured(
        "[profiles.contoso]\nservice = \"entra\"\ntenant = \"contoso.example\"\nclient_id = \"x\"\n",
    );
    assert_snapshot!(refused(&env, 2, &["-p", "lcoal", "methods", "list", "adele"]), @r#"
    · error: there is no profile "lcoal"
    · hint: did you mean -p local?
    exit 2
    "#);
    assert_snapshot!(refused(&env, 2, &["-p", "contso", "methods", "list", "adele"]), @r#"
    · error: there is no profile "contso"
    · hint: did you mean -p contoso?
    exit 2
    "#);
}

#[test]
fn a_mistake_in_the_file_is_named_with_file_line_and_column() {
    let env = configured("[profiles.contoso]\nservice = \"entra\"\ntenent = \"contoso.example\"\n");
    assert_snapshot!(refused(&env, 2, &["-p", "contoso", "methods", "list", "adele"]), @r#"
    · error: [DIR]/config/mfactl/config.toml:3:1: there is no key "tenent" here
    · hint: did you mean "tenant"?
    exit 2
    "#);
    let error = env
        .run(&["-p", "contoso", "methods", "list", "adele", "-o", "json"])
        .exits(2)
        .error();
    assert_eq!(error["code"], "config_invalid");
    assert_eq!(
        (error["line"].as_u64(), error["column"].as_u64()),
        (Some(3), Some(1)),
        "{error}"
    );

    assert_snapshot!(refused(&configured("[profiles.contoso\n"), 2, &["methods", "list", "adele"]), @"
    · error: [DIR]/config/mfactl/config.toml:1:18: unclosed table, expected `]`
    exit 2
    ");
    assert_snapshot!(
        refused(&configured("[profiles.local.guard]\nmax_users = \"many\"\n"), 2, &["-p", "local", "methods", "list", "adele"]), @r#"
    · error: [DIR]/config/mfactl/config.toml:2:13: here belongs a whole number from 0 on, and not "many"
    exit 2
    "#
    );
    assert_snapshot!(
        refused(&configured("[profiles.local.guard]\nmax_user = 3\n"), 2, &["-p", "local", "user", "sign-out", "adele", "--yes"]), @r#"
    · error: [DIR]/config/mfactl/config.toml:2:1: there is no key "max_user" here
    · hint: did you mean "max_users"?
    exit 2
    "#
    );
}

#[test]
fn a_service_that_is_unknown_or_not_there_yet_is_named() {
    let profile = |service: &str| {
        configured(&format!(
            "[profiles.x]\nservice = \"{service}\"\ntenant = \"t\"\nclient_id = \"c\"\n"
        ))
    };
    assert_snapshot!(refused(&profile("entar"), 2, &["-p", "x", "methods", "list", "adele"]), @r#"
    · error: there is no service "entar"
    · hint: set service to one of: entra, keycloak, local, privacyidea
    exit 2
    "#);
    assert_snapshot!(refused(&profile("okta"), 2, &["-p", "x", "methods", "list", "adele"]), @r#"
    · error: there is no service "okta"
    · hint: set service to one of: entra, keycloak, local, privacyidea
    exit 2
    "#);
}

#[test]
fn an_address_without_tls_is_only_taken_on_this_machine() {
    let env = configured(
        "[profiles.x]\nservice = \"entra\"\nurl = \"http://graph.example\"\nauthority = \"http://login.example/t\"\n\
         tenant = \"t\"\nclient_id = \"c\"\nauth = \"client-secret\"\n",
    )
    .with("MFACTL_CLIENT_SECRET", "hush-hush");
    let said = refused(&env, 2, &["-p", "x", "methods", "list", "adele"]);
    assert!(!said.contains("hush-hush"));
    assert_snapshot!(said, @r#"
    · error: profile "x": url = "http://graph.example": plain http is for this machine only: use https
    exit 2
    "#);
}

#[test]
fn a_secret_in_the_file_is_not_taken() {
    let env = configured(
        "[profiles.x]\nservice = \"entra\"\ntenant = \"t\"\nclient_id = \"c\"\nclient_secret = \"hush-hush\"\n",
    );
    let said = refused(&env, 2, &["-p", "x", "methods", "list", "adele"]);
    assert!(!said.contains("hush-hush"), "{said}");
    assert_snapshot!(said, @r#"
    · error: [DIR]/config/mfactl/config.toml:5:1: there is no key "client_secret" here
    · hint: secrets are never read from the file: set MFACTL_CLIENT_SECRET or MFACTL_PASSWORD
    exit 2
    "#);
}

#[test]
fn a_profile_without_its_secret_says_which_variable_holds_it() {
    let env = configured(
        "[profiles.x]\nservice = \"entra\"\ntenant = \"t\"\nclient_id = \"c\"\nauth = \"client-secret\"\n",
    );
    assert_snapshot!(refused(&env, 4, &["-p", "x", "methods", "list", "adele"]), @r#"
    · error: profile "x": no secret to sign in with
    · hint: put the application's secret in MFACTL_CLIENT_SECRET
    exit 4
    "#);
}

#[test]
fn a_playbook_of_ones_own_that_is_wrong_is_named_with_its_place() {
    let playbook = |step: &str| configured(&format!("[[playbooks.mine.steps]]\n{step}\n"));
    let reset = [
        "-p",
        "local",
        "user",
        "reset",
        "adele",
        "--yes",
        "--playbook",
        "mine",
    ];
    assert_snapshot!(refused(&playbook("do = \"dance\""), 2, &reset), @r#"
    · error: playbook mine, step 1: do "dance" is not known
    · hint: one of: set-best-default, promote-alternate, remove, forget-devices, reset-app-passwords, sign-out, reset-password, disable-account, require-registration, temporary-pass, notify
    exit 2
    "#);
    assert_snapshot!(refused(&playbook("do = \"remove\"\nmethods = [\"fax\"]"), 2, &reset), @r#"
    · error: playbook mine, step 1: method "fax" is not known
    · hint: one of: password, authenticator, totp, hotp, push, phone:mobile, phone:alternate, phone:office, email, passkey, security-key, windows-hello, platform-key, hardware-token, temporary-pass, questions, backup-codes, external, qr-pin, certificate, unknown
    exit 2
    "#);
    assert_snapshot!(refused(&playbook("do = \"sign-out\"\nwhen = \".methods | any(\""), 2, &reset), @"
    · error: playbook mine, step 1: when: it is not a jq filter
    exit 2
    ");
    assert_snapshot!(refused(&playbook("do = \"sign-out\"\nif_unsupported = \"shrug\""), 2, &reset), @r#"
    · error: playbook mine, step 1: if_unsupported "shrug" is not known
    · hint: one of: report, fail
    exit 2
    "#);
}
