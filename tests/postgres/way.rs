//! The way to the database over a network: TLS that is verified, and a password that is not in the URL.

use std::path::Path;
use std::process::Command;

use mfactl::domain::{ErrorCode, Secret};
use mfactl::jobs::journal::{Login, PostgresStore};

use crate::postgres::Server;

/// A port that nobody listens on now.
fn free_port() -> u16 {
    std::net::TcpListener::bind(("127.0.0.1", 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// A certificate for `localhost`, signed by itself.
fn certificate(folder: &Path) {
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
        ])
        .args([
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
        ])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(folder.join("key.pem"))
        .arg("-out")
        .arg(folder.join("cert.pem"))
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

#[tokio::test]
async fn a_host_is_reached_by_verified_tls_and_a_password_from_elsewhere() {
    let port = free_port();
    let own = Server::start(port, |folder| {
        certificate(folder);
        let rules = "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n";
        std::fs::write(folder.join("hba"), rules).unwrap();
        let file = |name: &str| folder.join(name).display().to_string();
        [
            ("listen_addresses", "127.0.0.1".to_owned()),
            ("ssl", "on".to_owned()),
            ("ssl_cert_file", file("cert.pem")),
            ("ssl_key_file", file("key.pem")),
        ]
        .into_iter()
        .flat_map(|(name, value)| ["-c".to_owned(), format!("{name}={value}")])
        .collect()
    });
    let database = own.database_on(port);
    database.sql("create role remote login password 'pass word'");
    database.sql(&format!("grant create on database {} to remote", database.name()));
    let name = database.name().to_owned();
    let roots = own.folder().join("cert.pem");
    let connect = |host: &str, query: String, password: Option<&str>| {
        let login = Login {
            url: format!("postgres://remote@{host}:{port}/{name}?{query}"),
            password: password.map(Secret::new),
            passfile: None,
        };
        async move {
            PostgresStore::connect(&login)
                .await
                .map(|_| ())
                .map_err(|error| (error.code(), error.to_string()))
        }
    };
    let trusted = format!("sslmode=verify-full&sslrootcert={}", roots.display());

    connect("localhost", trusted.clone(), Some("pass word"))
        .await
        .unwrap();
    let encrypted =
        "select count(*) from pg_stat_ssl join pg_stat_activity using (pid) where usename = 'remote' and ssl";
    let store = PostgresStore::connect(&Login {
        url: format!("postgres://remote@localhost:{port}/{name}?{trusted}"),
        password: Some(Secret::new("pass word")),
        passfile: None,
    })
    .await
    .unwrap();
    assert_ne!(database.sql(encrypted), "0");
    drop(store);

    let (code, _) = connect("localhost", trusted.clone(), Some("wrong"))
        .await
        .unwrap_err();
    assert_eq!(code, ErrorCode::NotSignedIn);
    let (code, said) = connect("localhost", trusted.clone(), None).await.unwrap_err();
    assert_eq!(code, ErrorCode::NotSignedIn, "{said}");
    // Not the name in the certificate, and not an authority that anybody trusts.
    let (code, said) = connect("127.0.0.1", trusted.clone(), Some("pass word"))
        .await
        .unwrap_err();
    assert_eq!(code, ErrorCode::Unavailable);
    assert!(said.contains("certificate"), "{said}");
    let (code, said) = connect("localhost", "sslmode=require".to_owned(), Some("pass word"))
        .await
        .unwrap_err();
    assert_eq!(code, ErrorCode::Unavailable);
    assert!(said.contains("certificate"), "{said}");
}
