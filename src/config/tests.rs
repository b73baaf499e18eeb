use super::*;

const TWO: &str = r#"
default_profile = "contoso"

[profiles.msp]
service = "entra"
client_id = "app"
auth = "client-secret"
[profiles.msp.guard]
max_users = 10
require_ticket = true

[profiles.contoso]
extends = "msp"
tenant = "contoso.onmicrosoft.com"
domain = "contoso.com"
[profiles.contoso.guard]
max_users = 5
protected = ["breakglass@contoso.com"]
"#;

fn secret() -> Env {
    Env::with(&[("MFACTL_CLIENT_SECRET", "s")])
}

fn address(profile: Profile) -> Address {
    match profile.place {
        Place::At(address) => address,
        Place::Inside(path) => panic!("inside {}", path.display()),
    }
}

#[test]
fn with_no_profile_it_says_how_to_sign_in_and_how_to_try() {
    let error = Config::of("", &Env::default())
        .unwrap()
        .profile(None)
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::NoProfile);
    assert_eq!(error.code().exit_code(), 2);
    let hint = error.hint_text().unwrap();
    assert!(
        hint.contains("[profiles.NAME]") && hint.contains("-p local"),
        "{hint}"
    );
}

#[test]
fn a_profile_takes_over_what_it_does_not_say() {
    let profile = Config::of(TWO, &secret()).unwrap().profile(None).unwrap();
    assert_eq!((profile.name.as_str(), profile.named), ("contoso", false));
    assert_eq!(profile.guard.max_users, 5);
    assert!(profile.guard.require_ticket);
    assert_eq!(profile.guard.protected, ["breakglass@contoso.com"]);
    let address = address(profile);
    assert_eq!(address.url, "https://graph.microsoft.com");
    assert_eq!(
        address.authority,
        "https://login.microsoftonline.com/contoso.onmicrosoft.com"
    );
    assert!(matches!(address.login, Login::ClientSecret { client_id, .. } if client_id == "app"));
}

#[test]
fn the_flag_beats_the_variable_and_that_the_default() {
    let env = Env::with(&[("MFACTL_PROFILE", "local"), ("MFACTL_LOCAL_DATA", "/x/y.db")]);
    let config = Config::of(TWO, &env).unwrap();
    let local = config.profile(None).unwrap();
    assert_eq!((local.name.as_str(), local.named), ("local", true));
    assert!(matches!(local.place, Place::Inside(path) if path == Path::new("/x/y.db")));
    assert_eq!(
        config.profile(Some("contoso")).unwrap_err().code(),
        ErrorCode::NotSignedIn
    );
}

#[test]
fn the_built_in_profile_protects_and_its_guard_changes_key_by_key() {
    let env = Env::with(&[("MFACTL_LOCAL_DATA", "/x/y.db")]);
    let local = Config::of("", &env).unwrap().profile(Some("local")).unwrap();
    assert_eq!(local.guard.protected, ["breakglass@contoso.example"]);
    assert_eq!(local.guard.max_users, 25);
    assert_eq!(
        (local.domain.as_deref(), local.region.as_deref()),
        (Some("contoso.example"), Some("US"))
    );
    let text = "[profiles.local.guard]\nmax_users = 100\n";
    let changed = Config::of(text, &env).unwrap().profile(Some("local")).unwrap();
    assert_eq!(changed.guard.max_users, 100);
    assert_eq!(changed.guard.protected, ["breakglass@contoso.example"]);
}

#[test]
fn variables_alone_make_a_profile() {
    let env = Env::with(&[
        ("MFACTL_SERVICE", "local"),
        ("MFACTL_TENANT", "t"),
        ("MFACTL_CLIENT_ID", "app"),
        ("MFACTL_URL", "http://127.0.0.1:8080"),
        ("MFACTL_AUTHORITY", "http://127.0.0.1:8080/t"),
        ("MFACTL_USERNAME", "admin@contoso.example"),
        ("MFACTL_PASSWORD", "p"),
    ]);
    let profile = Config::of(TWO, &env).unwrap().profile(None).unwrap();
    assert_eq!(profile.name, "env");
    assert!(
        matches!(address(profile).login, Login::Password { username, .. } if username.starts_with("admin@"))
    );
}

#[test]
fn plain_http_is_for_this_machine_only() {
    let env = secret();
    let with = |url: &str| {
        let text = format!(
            "[profiles.x]\nservice=\"local\"\ntenant=\"t\"\nclient_id=\"a\"\nurl=\"{url}\"\nauthority=\"{url}/t\"\n"
        );
        Config::of(&text, &env).unwrap().profile(Some("x"))
    };
    for good in [
        "http://127.0.0.1:8080",
        "http://[::1]:1",
        "http://localhost",
        "https://id.example",
    ] {
        assert!(with(good).is_ok(), "{good}");
    }
    for bad in [
        "http://id.example",
        "http://127.0.0.1.example",
        "ftp://127.0.0.1",
        "nonsense",
    ] {
        assert_eq!(with(bad).unwrap_err().code(), ErrorCode::ConfigInvalid, "{bad}");
    }
}

#[test]
fn a_token_store_that_is_not_there_is_refused_with_the_profile() {
    let text = "[profiles.x]\nservice=\"entra\"\ntenant=\"t\"\nclient_id=\"a\"\ntoken_store=\"fil\"\n";
    let error = Config::of(text, &secret())
        .unwrap()
        .profile(Some("x"))
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::ConfigInvalid);
    assert_eq!(error.message(), "profile \"x\": there is no token_store \"fil\"");
    assert_eq!(error.hint_text(), Some("did you mean \"file\"?"));
    let env = Env::with(&[("MFACTL_CLIENT_SECRET", "s"), ("MFACTL_TOKEN_STORE", "memory")]);
    let profile = Config::of(&text.replace("\"fil\"", "\"file\""), &env).unwrap();
    assert_eq!(
        profile.profile(Some("x")).unwrap().token_store,
        TokenStore::Memory
    );
}

#[test]
fn with_several_organizations_a_change_needs_the_name() {
    let config = Config::of(TWO, &secret()).unwrap();
    let default = config.profile(None).unwrap();
    let error = config.may_change(&default).unwrap_err();
    assert_eq!(error.hint_text(), Some("add -p contoso"));
    assert!(
        config
            .may_change(&config.profile(Some("contoso")).unwrap())
            .is_ok()
    );
    let trusting = format!("default_for_changes = true\n{TWO}");
    let config = Config::of(&trusting, &secret()).unwrap();
    assert!(config.may_change(&config.profile(None).unwrap()).is_ok());
}

#[test]
fn a_profile_that_is_not_there_and_a_circle_are_errors() {
    let config = Config::of(TWO, &secret()).unwrap();
    let error = config.profile(Some("contso")).unwrap_err();
    assert_eq!(error.hint_text(), Some("did you mean -p contoso?"));
    let text = "[profiles.a]\nextends=\"b\"\n[profiles.b]\nextends=\"a\"\n";
    let error = Config::of(text, &secret())
        .unwrap()
        .profile(Some("a"))
        .unwrap_err();
    assert!(error.message().contains("a > b > a"), "{error}");
}

#[test]
fn domains_of_other_profiles_are_known() {
    let text = format!("{TWO}\n[profiles.fabrikam]\nservice=\"entra\"\ndomain=\"Fabrikam.com\"\n");
    let config = Config::of(&text, &secret()).unwrap();
    let own = config.profile(None).unwrap();
    assert_eq!(
        config.other_domains(&own),
        [("fabrikam.com".to_owned(), "fabrikam".to_owned())]
    );
}

#[test]
fn near_words_are_found_and_far_ones_are_not() {
    let words = ["tenant", "service", "max_users"];
    assert_eq!(nearest("tenent", words.into_iter()), Some("tenant"));
    assert_eq!(nearest("sevrice", words.into_iter()), Some("service"));
    assert_eq!(nearest("maxusers", words.into_iter()), Some("max_users"));
    assert_eq!(nearest("colour", words.into_iter()), None);
}

#[test]
fn every_guard_of_a_profile_is_read() {
    let env = Env::with(&[("MFACTL_LOCAL_DATA", "/x/y.db")]);
    let text = "[profiles.local]\nread_only = true\n[profiles.local.guard]\nmax_users = 1\nmax_users_planned = 2\n\
                protected = [\"a\"]\nallow_everyone = true\nallow_privileged = true\nrequire_ticket = true\n\
                ticket_pattern = \"x\"\nrequire_caller_check = true\ntwo_person_over = 3\n";
    let guard = Config::of(text, &env)
        .unwrap()
        .profile(Some("local"))
        .unwrap()
        .guard;
    assert_eq!(
        guard,
        crate::domain::Guard {
            max_users: 1,
            max_users_planned: 2,
            protected: vec!["a".into()],
            allow_everyone: true,
            allow_privileged: true,
            require_ticket: true,
            ticket_pattern: Some("x".into()),
            require_caller_check: true,
            two_person_over: Some(3),
            read_only: true,
            machine: crate::domain::Machine::default(),
        }
    );
}

#[test]
fn a_realm_is_a_tenant_with_an_authority_of_its_own() {
    let text = "[profiles.staff]\nservice = \"keycloak\"\nurl = \"https://id.example/auth/\"\nrealm = \"staff\"\n\
                client_id = \"mfactl\"\n";
    let config = Config::of(text, &secret()).unwrap();
    let address = address(config.profile(Some("staff")).unwrap());
    assert_eq!(address.tenant, "staff");
    assert_eq!(address.authority, "https://id.example/auth/realms/staff");
    let error = |text: &str| {
        let config = Config::of(text, &secret()).unwrap();
        config.profile(Some("staff")).unwrap_err().message().to_owned()
    };
    assert_eq!(
        error(&text.replace("realm = \"staff\"\n", "")),
        "profile \"staff\": realm is missing"
    );
    assert_eq!(
        error(&text.replace("realm = \"staff\"", "realm = \" \"")),
        "profile \"staff\": realm is missing"
    );
    assert_eq!(
        error(&text.replace("url = \"https://id.example/auth/\"\n", "")),
        "profile \"staff\": url is missing, and service \"keycloak\" has no address of its own"
    );
}

#[test]
fn no_profile_is_looser_than_the_machine_wide_file() {
    let env = Env::with(&[("MFACTL_LOCAL_DATA", "/x/y.db"), ("MFACTL_CLIENT_SECRET", "s")]);
    let machine = "max_users = 2\nprotected = [\"group:Board\"]\nallow_privileged = false\n";
    let text =
        format!("{TWO}\n[profiles.local.guard]\nmax_users = 100\nallow_privileged = true\nprotected = []\n");
    let config = Config::of(&text, &env).unwrap().under(machine);
    for name in ["local", "contoso"] {
        let guard = config.profile(Some(name)).unwrap().guard;
        assert_eq!(guard.max_users, 2, "{name}");
        assert!(!guard.allow_privileged, "{name}");
        assert!(guard.protected.contains(&"group:Board".to_owned()), "{name}");
    }
    let variables = Env::with(&[
        ("MFACTL_SERVICE", "entra"),
        ("MFACTL_TENANT", "t"),
        ("MFACTL_CLIENT_ID", "app"),
        ("MFACTL_CLIENT_SECRET", "s"),
    ]);
    let made = Config::of("", &variables).unwrap().under(machine);
    assert_eq!(made.profile(None).unwrap().guard.max_users, 2);
}

#[test]
fn a_machine_wide_file_that_is_wrong_forbids_changes_alone() {
    let env = Env::with(&[("MFACTL_LOCAL_DATA", "/x/y.db")]);
    let config = Config::of("", &env).unwrap().under("max_user = 2\n");
    let profile = config.profile(Some("local")).unwrap();
    let error = config.may_change(&profile).unwrap_err();
    assert_eq!(error.code(), ErrorCode::ConfigInvalid);
    assert_eq!(profile.guard.machine.broken, Some(error));
}
