//! The network in between: certificates that nobody trusts, redirects, plain HTTP, proxies, a clock that is off. The token
//! goes to the service of the profile, by a connection that can be trusted, or nowhere.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use insta::assert_snapshot;
use serde_json::json;

use crate::environment::Environment;
use crate::refusal::{refused, screen};

const LIST: &[&str] = &["methods", "list", "adele@contoso.example", "--timeout", "5s"];

/// Somebody who answers every request so, and keeps what was asked.
struct Peer {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Peer {
    fn new(answer: impl Fn(&str) -> String + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let request = read(&stream);
                kept.lock().unwrap().push(request.clone());
                let _ = (&stream).write_all(answer(&request).as_bytes());
            }
        });
        Self { port, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// One request, body included.
fn read(mut stream: &TcpStream) -> String {
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut text = String::new();
    let mut part = [0; 4096];
    loop {
        let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            let length = head.lines().find_map(|line| {
                line.to_ascii_lowercase()
                    .strip_prefix("content-length: ")?
                    .parse()
                    .ok()
            });
            body.len() >= length.unwrap_or(0)
        });
        if whole {
            return text;
        }
        match stream.read(&mut part) {
            Ok(0) | Err(_) => return text,
            Ok(length) => text.push_str(&String::from_utf8_lossy(&part[..length])),
        }
    }
}

fn ok(body: &serde_json::Value) -> String {
    let body = body.to_string();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn elsewhere(status: &str, port: u16) -> String {
    format!(
        "HTTP/1.1 {status}\r\nlocation: http://127.0.0.1:{port}/stolen\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
    )
}

/// A profile made of variables, for a service that is none of ours.
fn over(port: u16) -> Environment {
    let address = format!("http://127.0.0.1:{port}");
    Environment::empty()
        .without_profile()
        .with("MFACTL_SERVICE", "entra")
        .with("MFACTL_URL", &address)
        .with("MFACTL_AUTHORITY", &format!("{address}/contoso.example"))
        .with("MFACTL_TENANT", "contoso.example")
        .with("MFACTL_CLIENT_ID", "app")
        .with("MFACTL_AUTH", "client-secret")
        .with("MFACTL_CLIENT_SECRET", "s3cret-of-the-app")
}

#[test]
fn a_redirect_to_another_host_takes_neither_token_nor_secret_along() {
    let thief = Peer::new(|_| ok(&json!({"value": []})));
    let port = thief.port;
    let encode = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let token = format!(
        "{}.{}.eA",
        encode(json!({"alg": "ES256"})),
        encode(json!({"roles": ["User.Read.All"]}))
    );
    let answer = ok(&json!({"token_type": "Bearer", "expires_in": 3600, "access_token": token}));
    // Graph sends the caller away.
    let service = Peer::new(move |request| {
        if request.starts_with("POST /contoso.example/oauth2/v2.0/token") {
            answer.clone()
        } else {
            elsewhere("307 Temporary Redirect", port)
        }
    });
    let output = over(service.port).run(LIST);
    assert_ne!(output.code, 0, "{}", output.screen());
    assert!(
        service
            .asked()
            .iter()
            .any(|asked| asked.contains(&format!("Bearer {token}"))),
        "the token went to the service itself: {}",
        output.screen()
    );
    // The token endpoint sends it away.
    let service = Peer::new(move |_| elsewhere("308 Permanent Redirect", port));
    let output = over(service.port).run(LIST);
    assert_ne!(output.code, 0, "{}", output.screen());
    assert!(service.asked()[0].contains("s3cret-of-the-app"));
    assert_eq!(thief.asked(), Vec::<String>::new(), "nobody may follow");
}

#[test]
fn plain_http_leaves_this_machine_for_nobody() {
    let env = over(1);
    for name in ["MFACTL_URL", "MFACTL_AUTHORITY"] {
        let said = refused(&env.with(name, "http://login.example/contoso.example"), 2, LIST);
        assert!(said.contains("plain http is for this machine only"), "{said}");
        assert!(!said.contains("s3cret-of-the-app"), "{said}");
    }
}

#[test]
fn the_password_of_a_proxy_is_for_the_proxy_alone() {
    let proxy =
        Peer::new(|_| "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n".to_owned());
    let env = over(1)
        .with("MFACTL_URL", "https://graph.example")
        .with("MFACTL_AUTHORITY", "https://login.example/contoso.example")
        .with(
            "HTTPS_PROXY",
            &format!("http://mallory:pr0xy-secret@127.0.0.1:{}", proxy.port),
        );
    assert_snapshot!(refused(&env, 8, LIST), @"
    · error: cannot connect to login.example: the proxy in between asks for a user name and a password
    · hint: write them into its address: http://USER:PASSWORD@HOST:PORT, as proxy in the profile or in HTTPS_PROXY
    exit 8
    ");
    let loud = env.run(&[LIST, &["-vvv"]].concat());
    let hidden = STANDARD.encode("mallory:pr0xy-secret");
    for secret in ["pr0xy-secret", &hidden, "s3cret-of-the-app"] {
        assert!(!loud.screen().contains(secret), "{}", loud.screen());
    }
    let asked = proxy.asked();
    assert!(asked[0].starts_with("CONNECT login.example:443 "), "{asked:?}");
    assert!(asked[0].contains(&hidden), "{asked:?}");
    assert!(!asked.join("").contains("s3cret-of-the-app"), "{asked:?}");
    // A service on this machine is asked without it.
    let before = asked.len();
    let server = env.serve(&[]);
    let near = env
        .over(&server, "local")
        .with("HTTP_PROXY", &format!("http://127.0.0.1:{}", proxy.port));
    near.run(LIST).exits(0);
    assert_eq!(proxy.asked().len(), before);
}

#[test]
fn a_certificate_that_nobody_issued_is_refused_in_one_line_until_its_root_is_trusted() {
    let env = Environment::new();
    let tls = env.path("tls");
    let server = env.serve(&["--make-cert", tls.to_str().unwrap()]);
    assert!(server.graph.starts_with("https://127.0.0.1:"), "{}", server.graph);
    let over = env.over(&server, "local");
    let output = over.run(LIST).exits(8);
    let port = server.graph.rsplit_once(':').unwrap().1.to_owned();
    assert_snapshot!(screen(&over, &output).replace(&port, "PORT"), @r#"
    · error: cannot connect securely to 127.0.0.1:PORT: its certificate is not trusted: no root that is known here has issued it
    · hint: if it should be: ca_bundle = "FILE" in the profile, or MFACTL_CA_BUNDLE=FILE, with the root in PEM
    exit 8
    "#);
    let root = tls.join("ca.pem");
    // A root of the system, as far as the program can tell.
    let trusted = over.with("SSL_CERT_FILE", root.to_str().unwrap());
    assert!(trusted.run(LIST).exits(0).stdout.contains("phone:mobile"));
    // Another run of the service shows the same certificate.
    let made = std::fs::read(&root).unwrap();
    drop(server);
    let again = env.serve(&["--make-cert", tls.to_str().unwrap()]);
    assert_eq!(std::fs::read(&root).unwrap(), made);
    let over = env
        .over(&again, "local")
        .with("SSL_CERT_FILE", root.to_str().unwrap());
    over.run(LIST).exits(0);
}

#[test]
fn a_clock_that_is_ten_minutes_off_keeps_nobody_out_who_has_a_secret() {
    let env = Environment::new();
    let server = env.serve(&[]);
    let over = env.over(&server, "local");
    let moved = server
        .witness()
        .ask("POST", "/mfactl/v1/clock", &json!({"advance": 600}));
    assert_eq!(moved.status, 200, "{}", moved.body);
    over.run(LIST).exits(0);
}

#[test]
fn files_to_serve_with_are_refused_before_anything_listens() {
    let env = Environment::new();
    let text = env.write("text.pem", "nothing");
    assert_snapshot!(refused(&env, 2, &["local", "serve", "--listen", "127.0.0.1:0", "--tls-cert", &text, "--tls-key", &text]), @"
    · error: [DIR]/text.pem cannot be served with: there is no certificate in it
    · hint: both files are PEM; `--make-cert DIR` makes a pair to try with
    exit 2
    ");
    assert_snapshot!(refused(&env, 2, &["local", "serve", "--listen", "127.0.0.1:0", "--trust-issuer", &text]), @r#"
    · error: [DIR]/text.pem:1:2: this is no issuer: expected ident
    · hint: write {"issuer": …, "subject": …, "audience": …, "keys": {"keys": […]}}
    exit 2
    "#);
    refused(&env, 2, &["local", "serve", "--tls-cert", &text]);
    env.write("ca.pem", "theirs");
    let folder = env.path("");
    assert_snapshot!(refused(&env, 1, &["local", "serve", "--listen", "127.0.0.1:0", "--make-cert", folder.to_str().unwrap().trim_end_matches('/')]), @"
    · error: [DIR] holds ca.pem already, not made by mfactl
    · hint: name another folder: nothing that others made is replaced
    exit 1
    ");
}
