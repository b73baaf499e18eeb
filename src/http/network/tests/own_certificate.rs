//! The certificate that this side shows: where a server asks for one, in which files it may lie, and what is wrong with them.

use super::super::*;
use super::{Root, ask, file, serve};

#[tokio::test]
async fn a_server_that_asks_for_a_certificate_gets_the_one_of_the_profile() {
    let folder = tempfile::tempdir().unwrap();
    let root = Root::new();
    let port = serve(&root.leaf("localhost", |_| {}), Some(&root)).await;
    let address = format!("https://localhost:{port}");
    let mut network = Network {
        ca_bundles: vec![file(&folder, "roots.pem", &root.pem)],
        ..Network::default()
    };
    insta::assert_snapshot!(ask(&address, &network).await, @r"
    unavailable: cannot connect securely to localhost:PORT: it asks for a certificate of yours
    hint: set client_certificate and client_key in the profile
    ");
    let own = root.leaf("admin", |_| {});
    network.client_certificate = Some(file(&folder, "own.pem", &own.pem));
    network.client_key = Some(file(&folder, "own.key", &own.key_pem));
    assert_eq!(ask(&address, &network).await, "ok");
    // Both in one file.
    network.client_certificate = Some(file(&folder, "both.pem", &format!("{}{}", own.key_pem, own.pem)));
    network.client_key = None;
    assert_eq!(ask(&address, &network).await, "ok");
    // Of a root that the server does not know.
    let stranger = Root::new().leaf("admin", |_| {});
    let text = format!("{}{}", stranger.key_pem, stranger.pem);
    network.client_certificate = Some(file(&folder, "stranger.pem", &text));
    assert!(
        ask(&address, &network)
            .await
            .contains("does not take the certificate that was shown"),
        "{}",
        ask(&address, &network).await
    );
}

#[cfg(feature = "pfx")]
#[tokio::test]
async fn a_certificate_may_come_in_pkcs12() {
    use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKeyChain};
    let folder = tempfile::tempdir().unwrap();
    let root = Root::new();
    let port = serve(&root.leaf("localhost", |_| {}), Some(&root)).await;
    let own = root.leaf("admin", |_| {});
    let certificate = Certificate::from_der(&own.der).unwrap();
    let key = p12_keystore::PrivateKey::from_der(&own.key.serialize_der()).unwrap();
    let mut store = KeyStore::new();
    let chain = PrivateKeyChain::new(vec![1], key, [certificate]);
    store.add_entry("own", KeyStoreEntry::PrivateKeyChain(chain));
    let bytes = store.writer("demo").write().unwrap();
    let path = file(&folder, "own.p12", "");
    std::fs::write(&path, bytes).unwrap();
    let mut network = Network {
        ca_bundles: vec![file(&folder, "roots.pem", &root.pem)],
        client_certificate: Some(path),
        client_certificate_password: Some(Secret::new("demo")),
        ..Network::default()
    };
    let address = format!("https://localhost:{port}");
    assert_eq!(ask(&address, &network).await, "ok");
    network.client_certificate_password = Some(Secret::new("wrong"));
    assert!(ask(&address, &network).await.contains("its password is wrong"));
}

#[tokio::test]
async fn files_that_are_wrong_are_named_with_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let leaf = Root::new().leaf("admin", |_| {});
    let text = file(&folder, "text.pem", "nothing");
    let certificate = file(&folder, "certificate.pem", &leaf.pem);
    let mut said = String::new();
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let open = file(&folder, "open.pem", &format!("{}{}", leaf.key_pem, leaf.pem));
    let bundles = [
        folder.path().join("gone.pem"),
        text,
        file(&folder, "broken.pem", broken),
    ];
    for path in bundles {
        let network = Network {
            ca_bundles: vec![path],
            ..Network::default()
        };
        said += &ask("https://localhost:1", &network).await;
        said.push('\n');
    }
    #[cfg(unix)]
    std::fs::set_permissions(&open, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    for path in [certificate, open] {
        let network = Network {
            client_certificate: Some(path),
            ..Network::default()
        };
        said += &ask("https://localhost:1", &network).await;
        said.push('\n');
    }
    let said = said.replace(folder.path().to_str().unwrap(), "FOLDER");
    insta::assert_snapshot!(said, @"
    file_unreadable: FOLDER/gone.pem cannot be read: No such file or directory (os error 2)
    hint: check ca_bundle, client_certificate and client_key in the profile
    config_invalid: FOLDER/text.pem cannot be used for secure connections: there is no certificate in it
    hint: ca_bundle takes PEM: the text that begins with -----BEGIN CERTIFICATE-----
    config_invalid: FOLDER/broken.pem cannot be used for secure connections: there is no certificate in it
    hint: ca_bundle takes PEM: the text that begins with -----BEGIN CERTIFICATE-----
    config_invalid: FOLDER/certificate.pem cannot be used for secure connections: there is no private key in it
    hint: name the PEM file with the certificate as client_certificate, and its key as client_key
    file_unreadable: the private key in FOLDER/open.pem can be read by others (mode 644)
    hint: chmod 600 FOLDER/open.pem
    ");
}
