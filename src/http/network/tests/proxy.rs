//! Proxies: who is asked through one, and who sees its credentials.

use super::*;

/// A proxy: keeps what it was asked first, and answers so.
async fn proxy(answer: &'static str) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut first = vec![0; 4096];
            let length = stream.read(&mut first).await.unwrap_or(0);
            first.truncate(length);
            kept.lock()
                .unwrap()
                .push(String::from_utf8_lossy(&first).into_owned());
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (port, asked)
}

#[tokio::test]
async fn a_proxy_gets_its_credentials_and_nobody_else_sees_them() {
    let (port, asked) =
        proxy("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n").await;
    let network = Network {
        proxy: Proxy::At(Secret::new(format!("http://mallory:s3cr%23t@127.0.0.1:{port}"))),
        ..Network::default()
    };
    let said = ask("https://graph.example:444", &network).await;
    insta::assert_snapshot!(said, @r"
    unavailable: cannot connect to graph.example:PORT: the proxy in between asks for a user name and a password
    hint: write them into its address: http://USER:PASSWORD@HOST:PORT, as proxy in the profile or in HTTPS_PROXY
    ");
    let seen = asked.lock().unwrap().join("\n");
    assert!(seen.starts_with("CONNECT graph.example:444 HTTP/1.1"), "{seen}");
    // mallory:s3cr#t
    assert!(
        seen.to_lowercase()
            .contains("proxy-authorization: basic bwfsbg9yetpzm2nyi3q="),
        "{seen}"
    );
    assert!(!format!("{network:?}").contains("s3cr"), "{network:?}");
}

#[tokio::test]
async fn this_machine_is_never_asked_through_a_proxy_and_neither_is_what_no_proxy_names() {
    let folder = tempfile::tempdir().unwrap();
    let (port, asked) = proxy("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n").await;
    let root = Root::new();
    let secure = serve(&root.leaf("localhost", |_| {}), None).await;
    let mut network = Network {
        ca_bundles: vec![file(&folder, "roots.pem", &root.pem)],
        proxy: Proxy::At(Secret::new(format!("http://127.0.0.1:{port}"))),
        ..Network::default()
    };
    assert_eq!(ask(&format!("https://localhost:{secure}"), &network).await, "ok");
    assert!(
        ask("http://127.0.0.1:1", &network)
            .await
            .contains("cannot connect to 127.0.0.1:PORT")
    );
    assert_eq!(asked.lock().unwrap().len(), 0);
    // A name that no resolver knows: asked directly, it is not found, and the proxy hears nothing of it.
    network.no_proxy = Some(".invalid, other.example".to_owned());
    let said = ask("https://graph.invalid", &network).await;
    assert!(!said.contains("proxy in between"), "{said}");
    assert_eq!(asked.lock().unwrap().len(), 0);
}

#[test]
fn an_address_of_a_proxy_that_is_none_is_refused_without_repeating_it() {
    for address in ["s3cret", "ftp://u:s3cret@h", "http://"] {
        let network = Network {
            proxy: Proxy::At(Secret::new(address)),
            ..Network::default()
        };
        let error = network.client(Way::Far).err().unwrap();
        assert_eq!(error.code(), ErrorCode::ConfigInvalid);
        assert!(!format!("{error:?} {}", error.message()).contains("s3cret"));
    }
}
