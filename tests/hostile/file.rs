//! Data files that are locked, read-only, damaged, newer, or nobody's business; servers that hold one.

use std::fs::{self, Permissions};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use insta::assert_snapshot;
use rusqlite::Connection;
use rustix::process::Signal;

use crate::environment::Environment;
use crate::refusal::{arrange, refused, rows, screen};

const LIST: [&str; 3] = ["methods", "list", "adele"];
const CHANGE: [&str; 4] = ["user", "sign-out", "adele", "--yes"];

/// A file that is no data file is refused, read or written, and left byte by byte as it is.
#[track_caller]
fn is_left_alone(env: &Environment, code: i32) -> String {
    let before = fs::read(env.data_file()).unwrap();
    let read = env.run(&LIST).exits(code);
    let write = env.run(&CHANGE).exits(code);
    assert_eq!((read.stdout.as_str(), write.stdout.as_str()), ("", ""));
    assert!(
        before == fs::read(env.data_file()).unwrap(),
        "the file was written to"
    );
    screen(env, &read)
}

#[test]
fn a_file_that_is_no_data_file_is_refused() {
    let env = Environment::new();
    fs::write(env.data_file(), "To whom it may concern\n".repeat(1000)).unwrap();
    assert_snapshot!(is_left_alone(&env, 1), @"
    · error: [DIR]/data/mfactl/local.db is damaged, or no data file of mfactl
    · hint: restore a snapshot with `mfactl local restore FILE`, or start afresh with `mfactl local wipe`
    exit 1
    ");
}

#[test]
fn a_database_of_another_program_is_refused() {
    let env = Environment::new();
    fs::remove_file(env.data_file()).unwrap();
    let other = Connection::open(env.data_file()).unwrap();
    other
        .execute_batch("CREATE TABLE songs (title TEXT); INSERT INTO songs VALUES ('Hallelujah')")
        .unwrap();
    drop(other);
    assert_snapshot!(is_left_alone(&env, 1), @"
    · error: [DIR]/data/mfactl/local.db is damaged, or no data file of mfactl
    · hint: restore a snapshot with `mfactl local restore FILE`, or start afresh with `mfactl local wipe`
    exit 1
    ");
}

#[test]
fn a_file_cut_short_is_refused() {
    let env = Environment::new();
    let whole = fs::read(env.data_file()).unwrap();
    for length in [50, 4096, whole.len() / 2] {
        fs::write(env.data_file(), &whole[..length]).unwrap();
        is_left_alone(&env, 1);
    }
}

#[test]
fn a_file_with_a_damaged_page_is_refused() {
    let env = Environment::new();
    let mut bytes = fs::read(env.data_file()).unwrap();
    let pages = bytes.len() / 4096;
    for page in 1..pages {
        bytes[page * 4096..page * 4096 + 2048].fill(0xa5);
    }
    fs::write(env.data_file(), &bytes).unwrap();
    assert_snapshot!(is_left_alone(&env, 1), @"
    · error: [DIR]/data/mfactl/local.db is damaged, or no data file of mfactl
    · hint: restore a snapshot with `mfactl local restore FILE`, or start afresh with `mfactl local wipe`
    exit 1
    ");
}

#[test]
fn a_file_of_a_newer_version_is_refused() {
    let env = Environment::new();
    arrange(&env, "PRAGMA user_version = 99");
    assert_snapshot!(is_left_alone(&env, 1), @"
    · error: [DIR]/data/mfactl/local.db was written by a newer mfactl (format 99, this one reads 4)
    · hint: update mfactl, or name another file with --data
    exit 1
    ");
    let output = env.run(&[&LIST[..], &["-o", "json"]].concat()).exits(1);
    assert_eq!(output.error_code(), "file_from_newer_version");
}

#[test]
fn a_folder_in_the_place_of_the_file_is_refused() {
    let env = Environment::empty();
    fs::create_dir_all(env.data_file()).unwrap();
    let output = env.run(&LIST).exits(1);
    assert_snapshot!(screen(&env, &output), @"
    · error: [DIR]/data/mfactl/local.db cannot be read and written: Is a directory (os error 21)
    · hint: check its owner and permissions, or name another file with --data
    exit 1
    ");
}

#[test]
fn a_file_in_the_place_of_the_folder_is_refused() {
    let env = Environment::empty();
    env.write("data", "in the way");
    let output = env.run(&LIST).exits(1);
    assert_snapshot!(screen(&env, &output), @"
    · error: [DIR]/data/mfactl cannot be read and written: Not a directory (os error 20)
    · hint: check its owner and permissions, or name another file with --data
    exit 1
    ");
}

#[test]
fn a_locked_file_is_told_and_may_be_tried_again() {
    let env = Environment::new();
    let mut name = env.data_file().into_os_string();
    name.push(".lock");
    let lock = fs::File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(name)
        .unwrap();
    lock.lock().unwrap();
    assert_snapshot!(refused(&env, 8, &LIST), @"
    · error: [DIR]/data/mfactl/local.db is in use by another process
    · hint: stop `mfactl local serve` and other commands on this file first
    exit 8
    ");
    let output = env.run(&[&CHANGE[..], &["-o", "json"]].concat()).exits(8);
    assert_eq!(output.error_code(), "file_locked");
    assert_eq!(output.error()["retryable"], true);
    lock.unlock().unwrap();
    env.run(&LIST).exits(0);
}

#[test]
fn a_file_that_another_process_writes_to_is_told_after_waiting() {
    let env = Environment::new();
    let holder = Connection::open(env.data_file()).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let before = rows(&env.data_file());
    let output = env.run(&[&CHANGE[..], &["--timeout", "3s"]].concat()).exits(8);
    assert_eq!(before, rows(&env.data_file()));
    assert!(
        output.stderr.contains("try again") || output.stderr.contains("in use"),
        "{}",
        output.screen()
    );
    holder.execute_batch("ROLLBACK").unwrap();
    drop(holder);
    env.run(&CHANGE).exits(0);
}

#[test]
fn a_data_file_is_for_its_owner_alone() {
    let env = Environment::empty();
    env.run(&LIST).exits(0);
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&env.data_file()), 0o600);
    assert_eq!(mode(env.data_file().parent().unwrap()), 0o700);
    let copy = env.path("copy.db");
    env.run(&["local", "snapshot", copy.to_str().unwrap()]).exits(0);
    assert_eq!(mode(&copy), 0o600);
}

#[test]
fn wipe_and_restore_are_refused_while_a_server_holds_the_file() {
    let env = Environment::new();
    let copy = env.path("copy.db");
    let copy = copy.to_str().unwrap();
    env.run(&["local", "snapshot", copy]).exits(0);
    let server = env.serve(&[]);
    assert_snapshot!(refused(&env, 8, &["local", "wipe", "--yes"]), @"
    · Delete all data in [DIR]/data/mfactl/local.db
    · error: [DIR]/data/mfactl/local.db is in use by another process
    · hint: stop `mfactl local serve` and other commands on this file first
    exit 8
    ");
    assert_snapshot!(refused(&env, 8, &["local", "restore", copy, "--yes"]), @"
    · Replace all data in [DIR]/data/mfactl/local.db by [DIR]/copy.db
    · error: [DIR]/data/mfactl/local.db is in use by another process
    · hint: stop `mfactl local serve` and other commands on this file first
    exit 8
    ");
    drop(server);
    env.run(&["local", "restore", copy, "--yes"]).exits(0);
    env.run(&["local", "wipe", "--yes"]).exits(0);
    assert!(!env.data_file().exists());
}

#[test]
fn wipe_and_restore_ask_before_they_destroy() {
    let env = Environment::new();
    let copy = env.path("copy.db");
    let copy = copy.to_str().unwrap();
    env.run(&["local", "snapshot", copy]).exits(0);
    refused(&env, 6, &["local", "wipe"]);
    refused(&env, 6, &["local", "restore", copy]);
}

#[test]
fn what_is_no_snapshot_is_not_restored() {
    let env = Environment::new();
    let bad = env.write("bad.db", "To whom it may concern\n");
    assert_snapshot!(refused(&env, 1, &["local", "restore", &bad, "--yes"]), @"
    · Replace all data in [DIR]/data/mfactl/local.db by [DIR]/bad.db
    · error: [DIR]/bad.db is damaged, or no data file of mfactl
    · hint: restore a snapshot with `mfactl local restore FILE`, or start afresh with `mfactl local wipe`
    exit 1
    ");
    let absent = env.path("absent.db");
    refused(&env, 1, &["local", "restore", absent.to_str().unwrap(), "--yes"]);
    let newer = env.path("newer.db");
    fs::copy(env.data_file(), &newer).unwrap();
    Connection::open(&newer)
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    assert_snapshot!(refused(&env, 1, &["local", "restore", newer.to_str().unwrap(), "--yes"]), @"
    · Replace all data in [DIR]/data/mfactl/local.db by [DIR]/newer.db
    · error: [DIR]/newer.db was written by a newer mfactl (format 99, this one reads 4)
    · hint: update mfactl, or name another file with --data
    exit 1
    ");
}

#[test]
fn a_snapshot_does_not_replace_a_file_that_is_there() {
    let env = Environment::new();
    let precious = env.write("precious.txt", "precious");
    refused(&env, 1, &["local", "snapshot", &precious]);
    assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
}

#[test]
fn the_service_does_not_listen_to_other_machines() {
    let env = Environment::new();
    assert_snapshot!(refused(&env, 2, &["local", "serve", "--listen", "0.0.0.0:0"]), @"
    · error: 0.0.0.0 can be reached from other machines, and the service speaks plain HTTP
    · hint: listen on 127.0.0.1:PORT, or add --allow-remote-clients: passwords travel in clear then
    exit 2
    ");
    refused(&env, 2, &["local", "serve", "--listen", "[::]:0"]);
    refused(&env, 2, &["local", "serve", "--listen", "here"]);
}

#[test]
fn a_port_that_is_taken_is_told() {
    let env = Environment::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = refused(&env, 8, &["local", "serve", "--listen", &address]);
    assert!(said.contains("port"), "{said}");
}

#[test]
fn signals_end_the_service_with_0_also_while_somebody_is_connected() {
    let env = Environment::new();
    for signal in [Signal::TERM, Signal::INT] {
        let mut server = env.serve(&[]);
        let idle = TcpStream::connect(server.graph.trim_start_matches("http://")).unwrap();
        let began = Instant::now();
        assert_eq!(server.end(signal), Some(0));
        assert!(
            began.elapsed() < Duration::from_secs(10),
            "it waited for who says nothing"
        );
        drop(idle);
    }
}

#[test]
fn a_change_made_through_a_server_is_kept_when_the_server_ends() {
    let env = Environment::new();
    let server = env.serve(&[]);
    env.over(&server, "local")
        .run(&["methods", "remove", "adele@contoso.example", "email", "--yes"])
        .exits(0);
    drop(server);
    fs::set_permissions(env.data_file(), Permissions::from_mode(0o600)).unwrap();
    let rows = env.json(&LIST);
    assert!(!rows.to_string().contains("adele@home.example"), "{rows}");
}
