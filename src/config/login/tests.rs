use super::*;
use crate::config::env::Env;
use crate::config::file::Section;

fn keys(text: &str) -> Section {
    toml::from_str(text).unwrap()
}

/// How a profile of variables alone signs in: its Debug, which holds no secret.
fn by(auth: &str, values: &[(&'static str, &str)]) -> Result<Login> {
    let section = Section {
        auth: Some(auth.to_owned()),
        client_id: Some("app".to_owned()),
        ..Section::default()
    };
    resolve("x", &section, &Env::with(values))
}

#[test]
fn every_way_is_made_of_variables_alone_and_debug_shows_no_secret() {
    let secret = "s3cr3t-of-somebody";
    type Way<'a> = (&'a str, &'a [(&'static str, &'a str)], &'a str);
    let ways: &[Way<'_>] = &[
        ("browser", &[("MFACTL_USERNAME", "rita")], "Browser"),
        ("device-code", &[], "DeviceCode"),
        (
            "client-secret",
            &[("MFACTL_CLIENT_SECRET", secret)],
            "ClientSecret",
        ),
        (
            "certificate",
            &[
                ("MFACTL_CERTIFICATE", "/c.pem"),
                ("MFACTL_CERTIFICATE_PASSWORD", secret),
            ],
            "Certificate",
        ),
        ("private-key", &[("MFACTL_PRIVATE_KEY", "/k.pem")], "PrivateKey"),
        ("federated", &[("MFACTL_ID_TOKEN", secret)], "Federated"),
        (
            "managed-identity",
            &[
                ("IDENTITY_ENDPOINT", "http://127.0.0.1:1/t"),
                ("IDENTITY_HEADER", secret),
            ],
            "ManagedIdentity",
        ),
        ("azure-cli", &[], "AzureCli"),
        ("token", &[("MFACTL_TOKEN", secret)], "Token"),
        (
            "password",
            &[("MFACTL_USERNAME", "rita"), ("MFACTL_PASSWORD", secret)],
            "Password",
        ),
        ("api-token", &[("MFACTL_API_TOKEN", secret)], "ApiToken"),
    ];
    assert_eq!(
        ways.iter().map(|way| way.0).collect::<Vec<_>>(),
        AUTHS.iter().map(|auth| auth.name).collect::<Vec<_>>()
    );
    for (auth, values, variant) in ways {
        let said = format!("{:?}", by(auth, values).unwrap());
        assert!(said.starts_with(variant), "{auth}: {said}");
        assert!(!said.contains(secret), "{said}");
    }
}

#[test]
fn what_is_missing_is_named_with_where_it_goes() {
    for (auth, values, code, hint) in [
        (
            "client-secret",
            &[][..],
            ErrorCode::NotSignedIn,
            "MFACTL_CLIENT_SECRET",
        ),
        ("certificate", &[], ErrorCode::ConfigInvalid, "MFACTL_CERTIFICATE"),
        ("private-key", &[], ErrorCode::ConfigInvalid, "private_key = "),
        ("token", &[], ErrorCode::NotSignedIn, "MFACTL_TOKEN=-"),
        ("password", &[], ErrorCode::NotSignedIn, "MFACTL_USERNAME"),
        (
            "password",
            &[("MFACTL_USERNAME", "r")],
            ErrorCode::NotSignedIn,
            "MFACTL_PASSWORD",
        ),
        ("api-token", &[], ErrorCode::NotSignedIn, "MFACTL_API_TOKEN"),
        ("federated", &[], ErrorCode::NotSignedIn, "assertion_file"),
        (
            "federated",
            &[("GITHUB_RUN_ID", "1")],
            ErrorCode::NotSignedIn,
            "id-token: write",
        ),
        (
            "federated",
            &[("CI_PIPELINE_ID", "1")],
            ErrorCode::NotSignedIn,
            "id_tokens",
        ),
        (
            "federated",
            &[("SYSTEM_OIDCREQUESTURI", "https://dev")],
            ErrorCode::NotSignedIn,
            "System.AccessToken",
        ),
        (
            "federated",
            &[
                ("SYSTEM_OIDCREQUESTURI", "https://dev"),
                ("SYSTEM_ACCESSTOKEN", "t"),
            ],
            ErrorCode::NotSignedIn,
            "MFACTL_SERVICE_CONNECTION",
        ),
        (
            "brouser",
            &[],
            ErrorCode::ConfigInvalid,
            "did you mean \"browser\"?",
        ),
    ] {
        let error = by(auth, values).unwrap_err();
        assert_eq!(error.code(), code, "{auth}: {error}");
        assert!(
            error.hint_text().unwrap().contains(hint),
            "{auth}: {:?}",
            error.hint_text()
        );
    }
    let bare = resolve("x", &keys("auth = \"browser\""), &Env::default()).unwrap_err();
    assert!(bare.message().contains("client_id is missing"));
}

#[test]
fn the_pipelines_own_token_is_found_and_what_was_said_comes_first() {
    let of = |text: &str, values: &[(&'static str, &str)]| {
        let mut section = keys(text);
        section.auth = Some("federated".to_owned());
        section.client_id.get_or_insert_with(|| "app".to_owned());
        match resolve("x", &section, &Env::with(values)).unwrap() {
            Login::Federated { assertion, .. } => assertion,
            other => panic!("{other:?}"),
        }
    };
    let github = [
        ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://token.example"),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "t"),
    ];
    assert!(matches!(of("", &github), AssertionSource::GitHub { url, .. } if url == "https://token.example"));
    let kubernetes = [("AZURE_FEDERATED_TOKEN_FILE", "/var/run/token")];
    assert!(
        matches!(of("", &kubernetes), AssertionSource::File(path) if path.as_os_str() == "/var/run/token")
    );
    let azure = [
        ("SYSTEM_OIDCREQUESTURI", "https://dev.example"),
        ("SYSTEM_ACCESSTOKEN", "t"),
        ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "their-own"),
    ];
    assert!(
        matches!(of("service_connection = \"c\"", &azure), AssertionSource::AzurePipelines { connection, .. } if connection == "c")
    );
    assert!(
        matches!(of("", &azure), AssertionSource::AzurePipelines { connection, .. } if connection == "their-own")
    );
    assert!(
        matches!(of("assertion_file = \"/f\"", &github), AssertionSource::File(path) if path.as_os_str() == "/f")
    );
    assert!(
        matches!(of("assertion_command = [\"a\", \"b\"]", &github), AssertionSource::Command(words) if words == ["a", "b"])
    );
    assert!(matches!(
        of("assertion_file = \"/f\"", &[("MFACTL_ID_TOKEN", "t")]),
        AssertionSource::Given(_)
    ));
    let both =
        keys("auth = \"federated\"\nclient_id = \"a\"\nassertion_file = \"f\"\nassertion_command = [\"c\"]");
    assert_eq!(
        resolve("x", &both, &Env::default()).unwrap_err().code(),
        ErrorCode::ConfigInvalid
    );
}

#[test]
fn the_cluster_says_whom_its_token_stands_for() {
    let env = Env::with(&[
        ("AZURE_FEDERATED_TOKEN_FILE", "/t"),
        ("AZURE_CLIENT_ID", "their-app"),
    ]);
    let login = resolve("x", &keys("auth = \"federated\""), &env).unwrap();
    assert!(matches!(login, Login::Federated { client_id, .. } if client_id == "their-app"));
}

#[test]
fn the_machine_is_asked_where_it_says() {
    assert!(matches!(
        by("managed-identity", &[]).unwrap(),
        Login::ManagedIdentity {
            machine: Machine::Imds(None),
            ..
        }
    ));
    let elsewhere = [("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:7")];
    assert!(matches!(
        by("managed-identity", &elsewhere).unwrap(),
        Login::ManagedIdentity { machine: Machine::Imds(Some(url)), .. } if url == "http://127.0.0.1:7"
    ));
}

#[test]
fn where_auth_is_not_said_what_is_at_hand_decides() {
    for (text, values, expected) in [
        ("", &[][..], "client-secret"),
        ("certificate = \"c\"", &[], "certificate"),
        ("private_key = \"k\"", &[], "private-key"),
        ("assertion_file = \"f\"", &[], "federated"),
        ("username = \"r\"", &[("MFACTL_PASSWORD", "p")], "password"),
        (
            "certificate = \"c\"",
            &[("MFACTL_CLIENT_SECRET", "s")],
            "client-secret",
        ),
    ] {
        assert_eq!(usual(&keys(text), &Env::with(values)), expected, "{text}");
    }
}

#[test]
fn a_token_may_come_from_standard_input() {
    assert!(matches!(
        by("token", &[("MFACTL_TOKEN", "-")]).unwrap(),
        Login::Token(Handed::StandardInput)
    ));
}

#[test]
fn a_token_store_has_one_of_four_names() {
    for (name, store) in TokenStore::ALL {
        assert_eq!(token_store(name).unwrap(), *store);
        assert_eq!(store.as_str(), *name);
    }
    let error = token_store("keyrng").unwrap_err();
    assert_eq!(error.hint_text(), Some("did you mean \"keyring\"?"));
}

#[test]
fn a_tilde_is_the_home_folder() {
    assert!(home_file("~/key.pem").ends_with("key.pem"));
    assert!(!home_file("~/key.pem").starts_with("~"));
    assert_eq!(home_file("/a/b"), PathBuf::from("/a/b"));
}
