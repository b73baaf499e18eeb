//! Every way to sign in that needs nobody at the keyboard, with the real program over HTTPS: from a profile in a file, from
//! variables alone, and without the root of the service's certificate. None of them says a secret at its loudest.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use crate::environment::{Environment, Output};
use crate::server::Server;
use crate::sign_in::token_requests;

const ADELE: &str = "adele@contoso.example";
const LIST: [&str; 6] = ["-vvv", "methods", "list", ADELE, "-o", "json"];
const STORE_PASSWORD: &str = "p12-password-of-the-test";
const REQUEST_TOKEN: &str = "request-token-of-the-pipeline";

/// A service over HTTPS that trusts a certificate and an issuer outside.
struct Stage {
    own: Environment,
    server: Server,
    /// The root of its certificate.
    root: String,
    /// What nobody may read in a log.
    secrets: Vec<String>,
}

/// A file that its owner alone can read.
fn private(place: &Environment, name: &str, bytes: &[u8], mode: u32) -> String {
    let path = place.path(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, bytes).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A certificate of the application: `app.pem` and, where it is read, `app.p12`.
fn certificate(own: &Environment) -> String {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let params = rcgen::CertificateParams::new(["mfactl".to_owned()]).unwrap();
    let made = params.self_signed(&key).unwrap();
    let both = format!("{}{}", key.serialize_pem(), made.pem());
    private(own, "app.pem", both.as_bytes(), 0o600);
    #[cfg(feature = "pfx")]
    {
        use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
        let key = PrivateKey::from_der(&key.serialize_der()).unwrap();
        let chain = PrivateKeyChain::new(vec![1], key, [Certificate::from_der(made.der()).unwrap()]);
        let mut store = KeyStore::new();
        store.add_entry("app", KeyStoreEntry::PrivateKeyChain(chain));
        let bytes = store.writer(STORE_PASSWORD).write().unwrap();
        private(own, "app.p12", &bytes, 0o600);
    }
    private(own, "app.crt", made.pem().as_bytes(), 0o644)
}

/// An issuer outside: its file for the service, and a token of it in `assertion`.
fn issuer(own: &Environment) -> String {
    let key = rcgen::KeyPair::generate().unwrap();
    let point = key.public_key_raw();
    let (x, y) = (
        URL_SAFE_NO_PAD.encode(&point[1..33]),
        URL_SAFE_NO_PAD.encode(&point[33..65]),
    );
    let claims = json!({
        "iss": "https://ci.example", "sub": "repo:contoso/it", "aud": "api://AzureADTokenExchange",
        "exp": own.now() + 300, "nbf": own.now() - 10,
    });
    let head = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::ES256);
    let signing = jsonwebtoken::EncodingKey::from_ec_pem(key.serialize_pem().as_bytes()).unwrap();
    let token = jsonwebtoken::encode(&head, &claims, &signing).unwrap();
    private(own, "assertion", format!("{token}\n").as_bytes(), 0o600);
    let keys = json!({"keys": [{"kty": "EC", "crv": "P-256", "x": x, "y": y}]});
    let issuer = json!({"issuer": "https://ci.example", "subject": "repo:contoso/it", "keys": keys});
    own.write("issuer.json", &issuer.to_string())
}

impl Stage {
    fn new() -> Self {
        let own = Environment::new();
        let (certificate, issuer) = (certificate(&own), issuer(&own));
        let tls = own.path("tls");
        let server = own.serve(&[
            "--make-cert",
            tls.to_str().unwrap(),
            "--trust-certificate",
            &certificate,
            "--trust-issuer",
            &issuer,
        ]);
        let password = own.person("admin").password().to_owned();
        let secrets = vec![
            server.client_secret.clone(),
            password,
            STORE_PASSWORD.to_owned(),
            REQUEST_TOKEN.to_owned(),
            "eyJ".to_owned(),
            "PRIVATE KEY".to_owned(),
        ];
        Self {
            root: tls.join("ca.pem").to_str().unwrap().to_owned(),
            own: own.without_profile(),
            server,
            secrets,
        }
    }

    fn path(&self, name: &str) -> String {
        self.own.path(name).to_str().unwrap().to_owned()
    }

    /// A profile made of variables, without any credential.
    fn alone(&self) -> Environment {
        self.own
            .with("MFACTL_SERVICE", "local")
            .with("MFACTL_URL", &self.server.graph)
            .with("MFACTL_AUTHORITY", &self.server.authority)
            .with("MFACTL_TENANT", &self.server.tenant)
            .with("MFACTL_CLIENT_ID", &self.server.client_id)
            .with("MFACTL_CA_BUNDLE", &self.root)
    }

    /// A profile `it` in a file with these keys.
    fn in_file(&self, keys: &str) -> Environment {
        let Server {
            graph,
            authority,
            tenant,
            client_id,
            ..
        } = &self.server;
        let text = format!(
            "[profiles.it]\nservice = \"local\"\nurl = \"{graph}\"\nauthority = \"{authority}\"\ntenant = \"{tenant}\"\n\
             client_id = \"{client_id}\"\nca_bundle = \"{}\"\n{keys}\n",
            self.root
        );
        private(&self.own, "config/mfactl/config.toml", text.as_bytes(), 0o600);
        self.own.with("MFACTL_PROFILE", "it")
    }

    /// A token of the application, as a pipe gets it.
    fn token(&self) -> String {
        let app = self
            .alone()
            .with("MFACTL_AUTH", "client-secret")
            .with("MFACTL_CLIENT_SECRET", &self.server.client_secret);
        app.run(&["auth", "token"]).exits(0).stdout.trim().to_owned()
    }

    /// Methods are listed, and no secret is said.
    #[track_caller]
    fn lists(&self, place: &Environment, stdin: &str) {
        let output = place.feed(&LIST, stdin).exits(0);
        assert_eq!(output.value()[0]["user"], ADELE);
        self.says_no_secret(&output);
    }

    #[track_caller]
    fn says_no_secret(&self, output: &Output) {
        for secret in &self.secrets {
            assert!(!output.stderr.contains(secret), "{secret}: {}", output.stderr);
        }
    }

    /// From a file, where `keys` are given; from variables alone; and without the root.
    #[track_caller]
    fn serves(&self, keys: &str, in_file: &[(&str, &str)], alone: Option<&[(&str, &str)]>, stdin: &str) {
        let with = |place: Environment, variables: &[(&str, &str)]| {
            variables
                .iter()
                .fold(place, |place, (name, value)| place.with(name, value))
        };
        let file = with(self.in_file(keys), in_file);
        self.lists(&file, stdin);
        let Some(alone) = alone else { return };
        let alone = with(self.alone(), alone);
        self.lists(&alone, stdin);
        let output = alone.with("MFACTL_CA_BUNDLE", "").feed(&LIST, stdin).exits(8);
        assert!(
            output.stderr.contains("its certificate is not trusted"),
            "{}",
            output.stderr
        );
        self.says_no_secret(&output);
    }
}

#[test]
fn an_application_signs_in_by_its_certificate() {
    let stage = Stage::new();
    let file = stage.path("app.pem");
    stage.serves(
        &format!("auth = \"certificate\"\ncertificate = \"{file}\""),
        &[],
        Some(&[("MFACTL_AUTH", "certificate"), ("MFACTL_CERTIFICATE", &file)]),
        "",
    );
    #[cfg(feature = "pfx")]
    {
        let file = stage.path("app.p12");
        let password = ("MFACTL_CERTIFICATE_PASSWORD", STORE_PASSWORD);
        stage.serves(
            &format!("auth = \"certificate\"\ncertificate = \"{file}\""),
            &[password],
            Some(&[
                ("MFACTL_AUTH", "certificate"),
                ("MFACTL_CERTIFICATE", &file),
                password,
            ]),
            "",
        );
    }
}

#[test]
fn a_clock_ten_minutes_fast_is_named_where_a_certificate_does_not_get_in() {
    let stage = Stage::new();
    let file = stage.path("app.pem");
    let app = stage
        .alone()
        .with("MFACTL_AUTH", "certificate")
        .with("MFACTL_CERTIFICATE", &file);
    app.run(&LIST).exits(0);
    // The service's clock goes back: to it, this machine is ahead.
    let service = stage.own.with("MFACTL_PROFILE", "local");
    let behind = jiff::Timestamp::from_second(service.now() - 600).unwrap();
    service
        .run(&["local", "clock", "set", &behind.to_string()])
        .exits(0);
    let fresh = app.with("MFACTL_STATE_DIR", &stage.path("fresh"));
    let output = fresh.run(&LIST).exits(4);
    let error = output.error();
    assert_eq!(error["service_code"], "AADSTS700024", "{}", output.screen());
    assert!(
        error["hint"]
            .as_str()
            .unwrap()
            .contains("check the clock of this machine"),
        "{}",
        output.screen()
    );
    stage.says_no_secret(&output);
}

/// Answers whoever shows the request token with `{"value": …}`, as GitHub Actions does; gives its address.
fn pipeline(token: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/token?api-version=2.0", listener.local_addr().unwrap());
    let right = json!({"value": token}).to_string();
    std::thread::spawn(move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            let (mut head, mut byte) = (Vec::new(), [0]);
            while !head.ends_with(b"\r\n\r\n") && client.read(&mut byte).is_ok_and(|count| count == 1) {
                head.push(byte[0]);
            }
            let head = String::from_utf8_lossy(&head).into_owned();
            let knows = head.contains(&format!("Bearer {REQUEST_TOKEN}"))
                && head.contains("&audience=api%3A%2F%2FAzureADTokenExchange ");
            let (status, body) = if knows {
                ("200 OK", right.as_str())
            } else {
                ("401 Unauthorized", "{}")
            };
            let _ = write!(
                client,
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    url
}

#[test]
fn a_token_of_an_issuer_outside_stands_for_the_application() {
    let stage = Stage::new();
    let file = stage.path("assertion");
    let token = std::fs::read_to_string(&file).unwrap().trim().to_owned();
    let auth = "auth = \"federated\"";
    let federated = ("MFACTL_AUTH", "federated");
    stage.serves(
        &format!("{auth}\nassertion_file = \"{file}\""),
        &[],
        Some(&[federated, ("MFACTL_ASSERTION_FILE", &file)]),
        "",
    );
    stage.serves(
        &format!("{auth}\nassertion_command = [\"/bin/cat\", \"{file}\"]"),
        &[],
        None,
        "",
    );
    // As Kubernetes, GitLab and GitHub Actions have it.
    let cluster = ("AZURE_FEDERATED_TOKEN_FILE", file.as_str());
    stage.serves(auth, &[cluster], Some(&[federated, cluster]), "");
    let gitlab = ("MFACTL_ID_TOKEN", token.as_str());
    stage.serves(auth, &[gitlab], Some(&[federated, gitlab]), "");
    let url = pipeline(&token);
    let github = [
        ("ACTIONS_ID_TOKEN_REQUEST_URL", url.as_str()),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", REQUEST_TOKEN),
    ];
    stage.serves(auth, &github, Some(&[&github[..], &[federated]].concat()), "");
}

#[test]
fn a_machine_signs_in_as_itself() {
    let stage = Stage::new();
    let auth = "auth = \"managed-identity\"";
    let machine = ("MFACTL_AUTH", "managed-identity");
    let imds = [("AZURE_POD_IDENTITY_AUTHORITY_HOST", stage.server.graph.as_str())];
    stage.serves(auth, &imds, Some(&[&imds[..], &[machine]].concat()), "");
    let url = format!("{}/msi/token", stage.server.graph);
    let service = [
        ("IDENTITY_ENDPOINT", url.as_str()),
        ("IDENTITY_HEADER", stage.server.client_secret.as_str()),
    ];
    stage.serves(auth, &service, Some(&[&service[..], &[machine]].concat()), "");
}

#[test]
fn the_azure_cli_lends_its_token_and_gets_no_secret() {
    let stage = Stage::new();
    let (token, log) = (stage.token(), stage.path("az.log"));
    let script = format!(
        "#!/bin/sh\necho \"$@\" >> '{log}'\nenv >> '{log}'\nprintf '{{\"accessToken\":\"%s\",\"expires_on\":%s}}' '{token}' {}\n",
        stage.own.with("MFACTL_PROFILE", "local").now() + 3000
    );
    let az = private(&stage.own, "bin/az", script.as_bytes(), 0o700);
    let path = format!("{}:/usr/bin:/bin", az.trim_end_matches("/az"));
    let variables = [
        ("PATH", path.as_str()),
        ("MFACTL_CLIENT_SECRET", stage.server.client_secret.as_str()),
        ("MFACTL_PASSWORD", "eyJ-password"),
    ];
    let cli = ("MFACTL_AUTH", "azure-cli");
    stage.serves(
        "auth = \"azure-cli\"",
        &variables,
        Some(&[&variables[..], &[cli]].concat()),
        "",
    );
    let asked = std::fs::read_to_string(log).unwrap();
    let wanted = format!(
        "account get-access-token --resource {} --tenant {} --output json",
        stage.server.graph, stage.server.tenant
    );
    assert!(asked.contains(&wanted), "{asked}");
    for secret in &stage.secrets {
        assert!(!asked.contains(secret), "{secret}: {asked}");
    }
}

#[test]
fn a_token_or_a_password_is_handed_over() {
    let stage = Stage::new();
    let token = stage.token();
    let (here, piped, way) = (
        ("MFACTL_TOKEN", token.as_str()),
        ("MFACTL_TOKEN", "-"),
        ("MFACTL_AUTH", "token"),
    );
    stage.serves("auth = \"token\"", &[here], Some(&[way, here]), "");
    stage.serves(
        "auth = \"token\"",
        &[piped],
        Some(&[way, piped]),
        &format!("{token}\n"),
    );
    let password = stage.own.with("MFACTL_PROFILE", "local").person("admin");
    let password = ("MFACTL_PASSWORD", password.password());
    stage.serves(
        "auth = \"password\"\nusername = \"admin@contoso.example\"",
        &[password],
        Some(&[
            ("MFACTL_AUTH", "password"),
            ("MFACTL_USERNAME", "admin@contoso.example"),
            password,
        ]),
        "",
    );
    let secret = ("MFACTL_CLIENT_SECRET", stage.server.client_secret.as_str());
    stage.serves(
        "auth = \"client-secret\"",
        &[secret],
        Some(&[("MFACTL_AUTH", "client-secret"), secret]),
        "",
    );
}

#[test]
fn a_claims_challenge_is_answered_by_one_more_request_or_explained() {
    let own = Environment::new();
    let rules = own.write(
        "faults.toml",
        "[[rule]]\npath = \"/users/**\"\nclaims_challenge = \"c1\"\n",
    );
    let server = own.serve(&["--faults", &rules]);
    let app = own.over(&server, "local");
    let read = ["-vv", "methods", "list", ADELE, "-o", "json"];
    let output = app.run(&read).exits(0);
    assert_eq!(output.value()[0]["user"], ADELE);
    assert_eq!(token_requests(&[output]), 2, "one without, one with the claims");
    let output = app.run(&read).exits(0);
    assert_eq!(token_requests(&[output]), 0, "the one with the claims is kept");
    let given = app
        .with("MFACTL_AUTH", "token")
        .with("MFACTL_TOKEN", &server.witness().token());
    let output = given.run(&["methods", "list", ADELE]).exits(4);
    insta::assert_snapshot!(output.screen(), @r#"
    · error: not signed in: the service asks for a new sign-in (a claims challenge), and a token that was given cannot answer that
    · hint: sign in another way, such as auth = "browser", or give a new token in MFACTL_TOKEN
    exit 4
    "#);
}

#[test]
fn a_job_of_many_people_asks_for_one_token() {
    let own = Environment::new();
    own.run(&["local", "seed", "--users", "30"]).exits(0);
    let server = own.serve(&[]);
    let people: Vec<String> = (1..=25).map(|n| format!("user{n:05}@contoso.example")).collect();
    let mut line = vec!["-vv", "user", "sign-out", "--yes"];
    line.extend(people.iter().map(String::as_str));
    let output = own.over(&server, "local").run(&line).exits(0);
    assert_eq!(token_requests(&[output]), 1);
}
