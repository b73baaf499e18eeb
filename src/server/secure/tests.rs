use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::*;
use crate::server::{Options, spawn};

fn made(folder: &tempfile::TempDir) -> Made {
    make_certificate(&folder.path().join("tls")).unwrap()
}

/// A client that trusts this root alone.
fn connector(root: &Path) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(root).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

/// The first line of the answer to a request for the discovery document.
async fn ask(graph: &str, tenant: &str, root: &Path) -> String {
    let host = graph.strip_prefix("https://").unwrap();
    let (name, _) = host.rsplit_once(':').unwrap();
    let stream = TcpStream::connect(host).await.unwrap();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut stream = connector(root).connect(name, stream).await.unwrap();
    let request = format!(
        "GET /{tenant}/v2.0/.well-known/openid-configuration HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).unwrap();
    assert!(
        answer.contains(&format!("\"issuer\":\"{graph}/{tenant}/v2.0\"")),
        "{answer}"
    );
    answer.lines().next().unwrap().to_owned()
}

#[tokio::test]
async fn the_service_answers_over_https_whatever_other_connections_say() {
    let folder = tempfile::tempdir().unwrap();
    let made = made(&folder);
    let mut options = Options::new(folder.path().join("data.db"));
    options.tls = Some(made.tls.clone());
    let running = spawn(options).await.unwrap();
    let (graph, tenant) = (running.endpoint.graph.clone(), running.endpoint.tenant.clone());
    assert!(graph.starts_with("https://127.0.0.1:"), "{graph}");
    assert!(running.endpoint.authority.starts_with(&graph));
    let host = graph.strip_prefix("https://").unwrap();
    // One says nothing, one speaks plain HTTP, one goes away in the middle.
    let silent = TcpStream::connect(host).await.unwrap();
    let mut plain = TcpStream::connect(host).await.unwrap();
    plain
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    let mut gone = TcpStream::connect(host).await.unwrap();
    gone.write_all(&[0x16, 0x03, 0x01]).await.unwrap();
    drop(gone);
    for _ in 0..3 {
        assert_eq!(ask(&graph, &tenant, &made.root).await, "HTTP/1.1 200 OK");
    }
    let mut told = Vec::new();
    let _ = plain.read_to_end(&mut told).await;
    assert!(!told.starts_with(b"HTTP/"), "plain HTTP is not answered");
    // A handshake that goes on does not hold up the end.
    tokio::time::timeout(Duration::from_secs(5), running.stop())
        .await
        .unwrap()
        .unwrap();
    assert!(TcpStream::connect(host).await.is_err());
    drop(silent);
}

#[tokio::test]
async fn a_handshake_that_says_nothing_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let config = made(&folder).tls.load().unwrap().config;
    let _lines = SecureLines::patient(listener, config, Duration::from_millis(50)).unwrap();
    let mut silent = TcpStream::connect(address).await.unwrap();
    let closed = tokio::time::timeout(Duration::from_secs(10), silent.read(&mut [0; 16])).await;
    assert!(matches!(closed, Ok(Ok(0) | Err(_))), "{closed:?}");
}

#[test]
fn a_certificate_is_made_once_and_anew_when_it_is_no_longer_good() {
    let folder = tempfile::tempdir().unwrap();
    let first = made(&folder);
    let read = |made: &Made| {
        [&made.root, &made.tls.certificate, &made.tls.key].map(|path| std::fs::read_to_string(path).unwrap())
    };
    let before = read(&first);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&first.tls.key), 0o600);
        assert_eq!(mode(&first.root), 0o644);
        assert_eq!(mode(&folder.path().join("tls")), 0o700);
    }
    assert_eq!(read(&made(&folder)), before);
    // The key of another pair: all three are made anew, and go together.
    let other = tempfile::tempdir().unwrap();
    std::fs::copy(made(&other).tls.key, &first.tls.key).unwrap();
    let again = read(&made(&folder));
    assert!(again.iter().zip(&before).all(|(new, old)| new != old));
    assert!(first.tls.load().is_ok());
    // What broke off in the middle is finished.
    std::fs::remove_file(&first.root).unwrap();
    made(&folder);
    assert!(first.root.exists());
}

#[test]
fn what_others_made_is_never_replaced() {
    for name in ["ca.pem", "server.pem", "server.key"] {
        let folder = tempfile::tempdir().unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        let theirs = params.self_signed(&key).unwrap().pem();
        std::fs::write(folder.path().join(name), &theirs).unwrap();
        let error = make_certificate(folder.path()).unwrap_err();
        assert_eq!(error.code(), ErrorCode::FileUnreadable);
        assert!(
            error.message().ends_with("already, not made by mfactl"),
            "{}",
            error.message()
        );
        assert_eq!(std::fs::read_to_string(folder.path().join(name)).unwrap(), theirs);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

#[test]
fn the_service_is_called_by_a_name_that_its_certificate_bears() {
    let folder = tempfile::tempdir().unwrap();
    let host = |names: &[&str], address: &str| {
        let key = rcgen::KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let made = rcgen::CertificateParams::new(names)
            .unwrap()
            .self_signed(&key)
            .unwrap();
        let tls = Tls {
            certificate: folder.path().join("c.pem"),
            key: folder.path().join("k.pem"),
        };
        std::fs::write(&tls.certificate, made.pem()).unwrap();
        std::fs::write(&tls.key, key.serialize_pem()).unwrap();
        tls.load()
            .unwrap()
            .host(address.parse().unwrap())
            .map_err(|error| error.code())
    };
    assert_eq!(
        host(&["localhost", "127.0.0.1"], "127.0.0.1"),
        Ok("127.0.0.1".to_owned())
    );
    assert_eq!(host(&["localhost"], "127.0.0.1"), Ok("localhost".to_owned()));
    assert_eq!(host(&["::1"], "::1"), Ok("[::1]".to_owned()));
    let names = ["*.example", "login.example"];
    assert_eq!(host(&names, "0.0.0.0"), Ok("login.example".to_owned()));
    assert_eq!(host(&["192.0.2.1"], "127.0.0.1"), Err(ErrorCode::InvalidInput));
}

#[test]
fn files_that_cannot_be_served_with_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let good = made(&folder).tls;
    let other = tempfile::tempdir().unwrap();
    let stranger = made(&other).tls;
    let text = folder.path().join("text.pem");
    std::fs::write(&text, "nothing").unwrap();
    let mut said = String::new();
    for (certificate, key) in [
        (folder.path().join("gone.pem"), good.key.clone()),
        (text.clone(), good.key.clone()),
        (good.certificate.clone(), text),
        (good.certificate, stranger.key),
    ] {
        let error = Tls { certificate, key }.load().err().unwrap();
        said += &format!("{}: {}\n", error.code(), error.message());
    }
    insta::assert_snapshot!(said.replace(folder.path().to_str().unwrap(), "FOLDER").replace(other.path().to_str().unwrap(), "OTHER"), @"
    file_unreadable: FOLDER/gone.pem cannot be read: No such file or directory (os error 2)
    invalid_input: FOLDER/text.pem cannot be served with: there is no certificate in it
    invalid_input: FOLDER/text.pem cannot be served with: there is no private key in it that is not encrypted
    invalid_input: OTHER/tls/server.key cannot be served with: it is not the key of the certificate
    ");
}
