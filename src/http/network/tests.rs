mod own_certificate;
mod proxy;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls_pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use super::*;
use crate::http::{HttpTransport, Pipeline, Request, SystemTimer, origin};

/// A root, and what it signs.
struct Root {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    der: CertificateDer<'static>,
}

/// A certificate with its key.
struct Leaf {
    pem: String,
    key_pem: String,
    der: CertificateDer<'static>,
    key: KeyPair,
}

impl Root {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "test root");
        let key = KeyPair::generate().unwrap();
        let made = params.self_signed(&key).unwrap();
        let (pem, der) = (made.pem(), made.der().clone());
        let issuer = Issuer::new(params, key);
        Self { issuer, pem, der }
    }

    fn leaf(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Leaf {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let made = params.signed_by(&key, &self.issuer).unwrap();
        Leaf {
            pem: made.pem(),
            key_pem: key.serialize_pem(),
            der: made.der().clone(),
            key,
        }
    }
}

/// Answers `{}` to everything over TLS, and asks for a certificate of this root where one is given. Its port.
async fn serve(leaf: &Leaf, clients: Option<&Root>) -> u16 {
    let key = PrivateKeyDer::try_from(leaf.key.serialize_der()).unwrap();
    let builder = ServerConfig::builder();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(root) => {
            let mut roots = RootCertStore::empty();
            roots.add(root.der.clone()).unwrap();
            builder.with_client_cert_verifier(WebPkiClientVerifier::builder(roots.into()).build().unwrap())
        }
    };
    let config = builder.with_single_cert(vec![leaf.der.clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    answer(&mut stream).await;
                }
            });
        }
    });
    port
}

/// Reads one request and answers it; what was read.
async fn answer(stream: &mut (impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin)) -> String {
    let mut read = Vec::new();
    while !read.windows(4).any(|part| part == b"\r\n\r\n") {
        let mut part = [0; 4096];
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => break,
            Ok(length) => read.extend_from_slice(&part[..length]),
        }
    }
    let _ = stream
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")
        .await;
    let _ = stream.shutdown().await;
    String::from_utf8_lossy(&read).into_owned()
}

/// What a read of this address comes to: `ok`, or error and hint without the port.
async fn ask(address: &str, network: &Network) -> String {
    // What is not hopeless is tried again for as long.
    within(address, network, 5).await
}

/// The same, with so many seconds for all tries.
async fn within(address: &str, network: &Network, seconds: u64) -> String {
    let address = origin(address).unwrap();
    let transport = Arc::new(HttpTransport::new(network.clone()));
    let timer = Arc::new(SystemTimer::default());
    let timeout = Duration::from_secs(seconds);
    let port = format!(":{}", address.port().unwrap_or_default());
    let pipeline = Pipeline::new(transport, timer, address, None, timeout);
    match pipeline.send(&Request::get("", "/", "/")).await {
        Ok(answer) if answer.ok() => "ok".to_owned(),
        Ok(answer) => format!("status {}", answer.status),
        Err(error) => {
            let hint = error.hint_text().unwrap_or_default();
            format!("{}: {}\nhint: {hint}", error.code(), error.message()).replace(&port, ":PORT")
        }
    }
}

fn file(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    use std::io::Write as _;
    let path = folder.path().join(name);
    let mut file = private::options()
        .write(true)
        .create_new(true)
        .open(&path)
        .unwrap();
    file.write_all(text.as_bytes()).unwrap();
    path
}

#[tokio::test]
async fn an_unknown_root_is_one_clear_line_and_the_bundle_mends_it() {
    let folder = tempfile::tempdir().unwrap();
    let root = Root::new();
    let port = serve(&root.leaf("localhost", |_| {}), None).await;
    let address = format!("https://localhost:{port}");
    insta::assert_snapshot!(ask(&address, &Network::default()).await, @r#"
    unavailable: cannot connect securely to localhost:PORT: its certificate is not trusted: no root that is known here has issued it
    hint: if it should be: ca_bundle = "FILE" in the profile, or MFACTL_CA_BUNDLE=FILE, with the root in PEM
    "#);
    // Beside another root, and a comment before it as real bundles have.
    let bundle = format!("# ours\n{}\n{}", Root::new().pem, root.pem);
    let mut network = Network {
        ca_bundles: vec![file(&folder, "roots.pem", &bundle)],
        ..Network::default()
    };
    assert_eq!(ask(&address, &network).await, "ok");
    network.only_ca_bundles = true;
    assert_eq!(ask(&address, &network).await, "ok");
    network.ca_bundles = vec![file(&folder, "other.pem", &Root::new().pem)];
    assert!(ask(&address, &network).await.contains("is not trusted"));
}

#[tokio::test]
async fn a_certificate_that_signed_itself_is_trusted_where_it_is_in_the_bundle_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let key = KeyPair::generate().unwrap();
    let made = CertificateParams::new(["localhost".to_owned()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let leaf = Leaf {
        pem: made.pem(),
        key_pem: key.serialize_pem(),
        der: made.der().clone(),
        key,
    };
    let address = format!("https://localhost:{}", serve(&leaf, None).await);
    assert!(
        ask(&address, &Network::default())
            .await
            .contains("is not trusted")
    );
    let network = Network {
        ca_bundles: vec![file(&folder, "own.pem", &leaf.pem)],
        ..Network::default()
    };
    assert_eq!(ask(&address, &network).await, "ok");
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let root = Root::new();
    let network = Network {
        ca_bundles: vec![file(&folder, "roots.pem", &root.pem)],
        ..Network::default()
    };
    let expired = root.leaf("localhost", |params| {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    });
    let early = root.leaf("localhost", |params| {
        params.not_before = date_time_ymd(2990, 1, 1)
    });
    let other = root.leaf("graph.example", |_| {});
    let mut said = String::new();
    for leaf in [expired, early, other] {
        let port = serve(&leaf, None).await;
        said += &ask(&format!("https://localhost:{port}"), &network).await;
        said.push('\n');
    }
    insta::assert_snapshot!(said, @r"
    unavailable: cannot connect securely to localhost:PORT: its certificate has expired (2021-01-01T00:00:00Z)
    hint: have it renewed, and check the clock of this machine
    unavailable: cannot connect securely to localhost:PORT: its certificate is not valid before 2990-01-01T00:00:00Z
    hint: check the clock of this machine
    unavailable: cannot connect securely to localhost:PORT: its certificate is for another name than localhost: for graph.example
    hint: check the address in the profile
    ");
}

#[tokio::test]
async fn tls_at_a_plain_port_and_the_reverse_are_told_apart() {
    let root = Root::new();
    let secure = serve(&root.leaf("localhost", |_| {}), None).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let plain = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut first = [0; 512];
            let _ = stream.read(&mut first).await;
            let _ = stream
                .write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
                .await;
        }
    });
    let network = Network::default();
    insta::assert_snapshot!(ask(&format!("https://127.0.0.1:{plain}"), &network).await, @r"
    unavailable: cannot connect securely to 127.0.0.1:PORT: it does not speak TLS
    hint: it may be http://127.0.0.1:PORT: correct the address in the profile
    ");
    insta::assert_snapshot!(ask(&format!("http://127.0.0.1:{secure}"), &network).await, @r"
    unavailable: cannot connect to 127.0.0.1:PORT: it does not speak plain http
    hint: it may be https://127.0.0.1:PORT: correct the address in the profile
    ");
}

/// A server that reads lines, as gunicorn does: it takes the first bytes of TLS for the beginning of one, and waits for
/// its end. What it was asked in whole requests.
async fn of_lines(answers: Option<&'static [u8]>) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let keeps = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let keeps = keeps.clone();
            tokio::spawn(async move {
                let mut read = Vec::new();
                while !read.ends_with(b"\r\n\r\n") {
                    let mut part = [0; 4096];
                    match stream.read(&mut part).await {
                        Ok(0) | Err(_) => return,
                        Ok(length) => read.extend_from_slice(&part[..length]),
                    }
                }
                keeps.lock().unwrap().push(String::from_utf8(read).unwrap());
                match answers {
                    Some(answer) => stream.write_all(answer).await.unwrap(),
                    // Never, until the other side has had enough.
                    None => drop(stream.read(&mut [0]).await),
                }
            });
        }
    });
    (port, asked)
}

#[tokio::test]
async fn a_plain_server_that_never_answers_a_handshake_is_one_clear_line_after_the_first_try() {
    let (port, asked) = of_lines(Some(b"HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n")).await;
    let mut network = Network::default();
    let began = std::time::Instant::now();
    insta::assert_snapshot!(within(&format!("https://127.0.0.1:{port}"), &network, 60).await, @r"
    unavailable: cannot connect securely to 127.0.0.1:PORT: it does not speak TLS
    hint: it may be http://127.0.0.1:PORT: correct the address in the profile
    ");
    // Far from its timeout, and after one try alone.
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert_eq!(
        *asked.lock().unwrap(),
        [format!(
            "HEAD / HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n\r\n"
        )]
    );
    // A proxy is never asked for what is on this machine, whatever the profile says.
    network.proxy = crate::domain::Proxy::At(Secret::new("http://127.0.0.1:1"));
    assert!(
        within(&format!("https://127.0.0.1:{port}"), &network, 60)
            .await
            .contains("does not speak TLS")
    );
}

#[tokio::test]
async fn a_server_that_says_nothing_may_be_better_later_and_what_it_may_be_is_said() {
    // What nginx says to plain HTTP at a port of TLS proves nothing; nor does silence.
    for answers in [Some(&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..]), None] {
        let (port, asked) = of_lines(answers).await;
        // The deadline comes in the middle of the next try, or before it.
        let said = within(&format!("https://127.0.0.1:{port}"), &Network::default(), 4).await;
        let (error, _) = said.split_once('\n').unwrap();
        assert!(error.contains("cannot connect to 127.0.0.1:PORT"), "{error}");
        assert!(
            error.ends_with(": it did not answer a TLS handshake: is it http://127.0.0.1:PORT?"),
            "{error}"
        );
        assert!(!asked.lock().unwrap().is_empty());
    }
}
