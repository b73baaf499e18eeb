//! The data file: made by two at once, refused when it is damaged, newer, or held; and the service on a socket.

use std::path::Path;

use rusqlite::Connection;

use crate::domain::ErrorCode;
use crate::server::store::Store;
use crate::server::{Options, file, restore, spawn, wipe};

fn code(path: &Path) -> ErrorCode {
    match Store::open(path.to_owned(), false) {
        Ok(_) => panic!("{} opened", path.display()),
        Err(error) => {
            assert!(
                error.hint_text().is_some() && error.message().contains(&path.display().to_string()),
                "{error}"
            );
            error.code()
        }
    }
}

#[test]
fn several_openers_of_a_new_file_all_succeed_and_seed_it_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/er/service.db");
    let openers: Vec<_> = (0..6)
        .map(|_| {
            let path = path.clone();
            std::thread::spawn(move || Store::open(path, true).map(drop))
        })
        .collect();
    for opener in openers {
        opener.join().unwrap().unwrap();
    }
    let connection = Connection::open(&path).unwrap();
    let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(
        count("SELECT count(*) FROM users WHERE upn = 'adele@contoso.example'"),
        1
    );
    assert_eq!(count("SELECT count(*) FROM meta WHERE key = 'seed'"), 1);
}

#[cfg(unix)]
#[test]
fn the_file_and_its_folder_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data/service.db");
    let _store = Store::open(path.clone(), false).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    for end in ["service.db", "service.db.lock", "service.db-wal"] {
        assert_eq!(mode(&path.with_file_name(end)), 0o600, "{end}");
    }
}

#[test]
fn a_damaged_foreign_or_newer_file_is_told_by_its_own_code() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(
        path("text"),
        "this is no database, and long enough to be read as one\n".repeat(200),
    )
    .unwrap();
    assert_eq!(code(&path("text")), ErrorCode::FileCorrupt);
    let foreign = Connection::open(path("foreign")).unwrap();
    foreign.execute_batch("CREATE TABLE t (x)").unwrap();
    assert_eq!(code(&path("foreign")), ErrorCode::FileCorrupt);
    drop(Store::open(path("newer"), false).unwrap());
    Connection::open(path("newer"))
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    assert_eq!(code(&path("newer")), ErrorCode::FileFromNewerVersion);
    std::fs::create_dir(path("folder")).unwrap();
    assert_eq!(code(&path("folder")), ErrorCode::FileUnreadable);
}

#[test]
fn a_file_of_the_version_before_is_taken_over_with_all_that_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("local.db");
    let (connection, lock) = file::open(&path, true).unwrap();
    connection
        .execute_batch(
            "DROP TABLE administrative_units; DROP TABLE administrative_unit_members; DROP TABLE scoped_role_assignments;
             PRAGMA user_version = 3",
        )
        .unwrap();
    drop((connection, lock));
    let (connection, _lock) = file::open(&path, true).unwrap();
    let number = |sql: &str| -> i64 { connection.query_row(sql, [], |row| row.get(0)).unwrap() };
    assert_eq!(number("PRAGMA user_version"), 4);
    assert!(number("SELECT count(*) FROM users") > 20);
    assert_eq!(
        number("SELECT count(*) FROM administrative_units"),
        0,
        "nobody is restricted by it"
    );
}

#[test]
fn a_file_in_use_is_neither_wiped_nor_restored() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("service.db"), folder.path().join("copy.db"));
    let store = Store::open(path.clone(), true).unwrap();
    Connection::open(&path)
        .unwrap()
        .execute("VACUUM INTO ?1", [copy.to_str().unwrap()])
        .unwrap();
    Connection::open(&path)
        .unwrap()
        .execute("DELETE FROM users WHERE upn = 'adele@contoso.example'", [])
        .unwrap();
    assert_eq!(wipe(&path).unwrap_err().code(), ErrorCode::FileLocked);
    assert_eq!(restore(&path, &copy).unwrap_err().code(), ErrorCode::FileLocked);
    drop(store);
    let people = || {
        let _store = Store::open(path.clone(), true).unwrap();
        let connection = Connection::open(&path).unwrap();
        let sql = "SELECT count(*) FROM users WHERE upn = 'adele@contoso.example'";
        connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(people(), 0);
    restore(&path, &copy).unwrap();
    assert_eq!(people(), 1, "the snapshot's people are back");
    std::fs::write(&copy, "nonsense").unwrap();
    assert_eq!(restore(&path, &copy).unwrap_err().code(), ErrorCode::FileCorrupt);
    assert_eq!(people(), 1, "nothing was replaced by a damaged snapshot");
    wipe(&path).unwrap();
    assert!(!path.exists());
    wipe(&path).unwrap();
}

#[tokio::test]
async fn a_process_of_its_own_has_credentials_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("service.db");
    let mut options = Options::new(&path);
    options.in_process = true;
    let (one, two) = (
        spawn(options.clone()).await.unwrap(),
        spawn(options.clone()).await.unwrap(),
    );
    assert_eq!(one.endpoint.tenant, two.endpoint.tenant);
    assert_ne!(
        one.endpoint.client_secret.expose(),
        two.endpoint.client_secret.expose()
    );
    let (name, password) = one.endpoint.operator.clone().unwrap();
    assert_eq!(name, "admin@contoso.example");
    assert_ne!(
        password.expose(),
        two.endpoint.operator.clone().unwrap().1.expose()
    );
    options.in_process = false;
    let three = spawn(options.clone()).await.unwrap();
    let kept = three.endpoint.client_secret.expose().to_owned();
    assert!(three.endpoint.operator.is_none());
    for running in [one, two, three] {
        running.stop().await.unwrap();
    }
    let again = spawn(options).await.unwrap();
    assert_eq!(again.endpoint.client_secret.expose(), kept, "a restart keeps it");
    again.stop().await.unwrap();
    wipe(&path).unwrap();
}

#[tokio::test]
async fn an_address_that_others_can_reach_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = Options::new(folder.path().join("service.db"));
    options.listen = "0.0.0.0:0".parse().unwrap();
    assert_eq!(spawn(options).await.unwrap_err().code(), ErrorCode::Usage);
    assert!(!folder.path().join("service.db").exists());
}
