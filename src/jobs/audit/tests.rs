//! What is done to a log is found and named; what befalls a writer leaves one chain.

mod steps;
mod tampering;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use proptest::prelude::*;
use tempfile::TempDir;

use super::testing::{Standing, origin, row};
use super::*;
use crate::domain::{Status, UserId};

/// Large enough for everything that is no test of rotation.
const LARGE: u64 = 1 << 30;

struct Log {
    folder: TempDir,
}

impl Log {
    fn empty() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn of(lines: usize) -> Self {
        let log = Self::empty();
        for _ in 0..lines {
            log.add(1);
        }
        log
    }

    fn at(&self) -> Folder {
        Folder::new(self.folder.path().join("audit"))
    }

    fn writer(&self, limit: u64) -> Writer {
        Writer::new(self.at(), None).with(limit, Duration::from_secs(60))
    }

    fn add(&self, count: usize) -> AuditRef {
        self.writer(LARGE)
            .append(&mut vec![row("user reset"); count])
            .unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.at().path().join(name)
    }

    fn file(&self) -> PathBuf {
        self.path("audit-000001-2026-12.jsonl")
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(self.file()).unwrap()
    }

    fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(self.bytes()).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    fn put(&self, lines: &[String]) {
        fs::write(
            self.file(),
            lines.iter().map(|line| format!("{line}\n")).collect::<String>(),
        )
        .unwrap();
    }

    fn verify(&self) -> Verified {
        verify(&self.at(), None).unwrap()
    }

    fn bad(&self) -> Bad {
        self.verify().bad.expect("a fault")
    }

    fn rows(&self) -> Vec<AuditRow> {
        let mut lines = Lines::open(&self.at(), Wanted::default()).unwrap();
        std::iter::from_fn(|| lines.read().unwrap().map(|found| found.row)).collect()
    }

    fn is_whole(&self, lines: u64) {
        let told = self.verify();
        assert_eq!((told.bad, told.lines), (None, lines));
    }
}

#[test]
fn an_unfinished_line_is_kept_aside_and_the_chain_goes_on_with_a_line_that_says_so() {
    let log = Log::of(2);
    let torn = b"{\"seq\":3,\"prev\":\"00";
    fs::write(log.file(), [log.bytes(), torn.to_vec()].concat()).unwrap();
    let told = log.verify();
    assert!(
        told.intact && told.notes[0].contains("unfinished line of 19 bytes"),
        "{told:?}"
    );
    log.add(1);
    log.is_whole(4);
    let rows = log.rows();
    let detail = rows[2].detail.clone().unwrap();
    let name = detail.split(' ').find(|word| word.ends_with(".part,")).unwrap();
    assert_eq!(fs::read(log.path(name.trim_end_matches(','))).unwrap(), torn);
    assert!(detail.contains(&Hash::of(torn).to_string()), "{detail}");
    log.add(1);
    log.is_whole(5);
}

#[test]
fn an_unfinished_line_that_could_not_be_told_at_once_is_told_by_the_next_writer() {
    let log = Log::of(2);
    fs::write(log.path("unfinished-000003-abcdef01.part.new"), b"{\"se").unwrap();
    log.add(1);
    log.is_whole(4);
    assert!(
        log.rows()[2]
            .detail
            .as_ref()
            .unwrap()
            .contains("unfinished-000003-abcdef01.part,")
    );
    assert!(log.path("unfinished-000003-abcdef01.part").exists());
}

#[test]
fn lines_that_the_head_has_not_heard_of_are_taken_over() {
    let log = Log::of(2);
    let head = fs::read(log.path("head.json")).unwrap();
    log.add(3);
    fs::write(log.path("head.json"), head).unwrap();
    let told = log.verify();
    assert!(told.intact && told.notes[0].contains("3 behind"), "{told:?}");
    log.add(1);
    log.is_whole(6);
}

#[test]
fn eight_at_once_write_one_chain_over_many_files() {
    let log = Log::empty();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let writer = log.writer(4000);
                for count in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] {
                    writer.append(&mut vec![row("user reset"); count]).unwrap();
                }
            });
        }
    });
    log.is_whole(8 * 55);
    assert!(log.verify().files > 20);
    let first = String::from_utf8(fs::read(log.path("audit-000002-2026-12.jsonl")).unwrap()).unwrap();
    let last = log.lines().pop().unwrap();
    let prev = Hash::of(last.as_bytes()).to_string();
    assert!(
        first.lines().next().unwrap().contains(&prev),
        "a file begins with the end of the one before it"
    );
}

#[test]
fn a_new_month_begins_a_new_file() {
    let log = Log::of(1);
    let mut later = row("user reset");
    later.time = "2027-01-01T00:00:00Z".parse().unwrap();
    log.writer(LARGE).append(&mut [later]).unwrap();
    assert!(log.path("audit-000002-2027-01.jsonl").exists());
    log.is_whole(2);
}

#[test]
fn a_process_that_never_lets_go_is_not_waited_for_for_ever() {
    let log = Log::of(1);
    let held = fs::File::open(log.path("lock")).unwrap();
    held.lock().unwrap();
    let writer = Writer::new(log.at(), None).with(LARGE, Duration::from_millis(20));
    let error = writer.append(&mut [row("user reset")]).unwrap_err();
    assert_eq!(error.code(), ErrorCode::AuditUnwritable);
    assert!(error.message().contains("another process"), "{error}");
}

#[test]
fn without_its_second_copy_nothing_counts_and_the_log_says_so() {
    let log = Log::of(1);
    let nowhere = log.path("no/such/folder");
    let copy: Copy = nowhere.to_str().unwrap().parse().unwrap();
    let writer = Writer::new(log.at(), Some(copy));
    let error = writer
        .append(&mut [row("user reset"), row("user reset")])
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::AuditUnwritable);
    log.is_whole(4);
    let last = log.rows().pop().unwrap();
    assert_eq!(last.kind, AuditKind::Notice);
    assert!(
        last.detail
            .unwrap()
            .starts_with("lines 2 to 3 did not reach the second copy")
    );
}

#[test]
fn the_last_lines_that_are_wanted_are_found_from_the_end() {
    let log = Log::empty();
    for verb in ["user reset", "user reset-password", "user reset"] {
        log.writer(1).append(&mut vec![row(verb); 3]).unwrap();
    }
    let wanted = Wanted {
        verb: Some("user reset".to_owned()),
        ..Wanted::default()
    };
    let last = |most| {
        let lines = Lines::open(&log.at(), wanted.clone()).unwrap();
        let (found, wrong) = lines.last(most).unwrap();
        assert_eq!(wrong, None);
        found.iter().map(|found| found.row.seq).collect::<Vec<_>>()
    };
    assert_eq!(last(2), [8, 9]);
    assert_eq!(last(5), [2, 3, 7, 8, 9]);
    assert_eq!(last(100), [1, 2, 3, 7, 8, 9]);
}
