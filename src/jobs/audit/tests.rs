//! What is done to a log is found and named; what befalls a writer leaves one chain.

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

/// What and at which line; where no line is wrong, the number that is missing.
fn named(bad: &Bad) -> (What, u64) {
    (bad.what, bad.line.unwrap_or(bad.seq))
}

#[test]
fn what_was_written_is_read_back_and_is_whole() {
    let log = Log::of(3);
    let last = log.add(20);
    assert_eq!(last.seq, 23);
    let told = log.verify();
    assert_eq!(
        (told.intact, told.lines, told.files, told.first),
        (true, 23, 1, Some(1))
    );
    assert_eq!(told.last, Some(last));
    assert_eq!(told.notes, Vec::<String>::new());
    let rows = log.rows();
    assert_eq!(rows.len(), 23);
    assert!(
        rows.iter()
            .zip(1..)
            .all(|(row, seq)| row.seq == seq && row.verb == "user reset")
    );
}

#[cfg(unix)]
#[test]
fn the_log_is_for_this_user_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let log = Log::of(1);
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(log.at().path().to_owned()), 0o700);
    for entry in fs::read_dir(log.at().path()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(path.clone()), 0o600, "{}", path.display());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_byte_that_is_changed_in_any_line_is_found_and_its_line_named(
        lines in 1_usize..6, place in any::<prop::sample::Index>(), to in any::<u8>(),
    ) {
        let log = Log::of(lines);
        let mut bytes = log.bytes();
        let at = place.index(bytes.len());
        prop_assume!(bytes[at] != to);
        let line = 1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count() as u64;
        bytes[at] = to;
        fs::write(log.file(), &bytes).unwrap();
        let bad = log.bad();
        prop_assert_eq!((bad.line.unwrap_or(bad.seq), bad.seq), (line, line), "{:?}", bad);
        prop_assert!(matches!(bad.what, What::Changed | What::TailMissing), "{:?}", bad);
    }

    #[test]
    fn wherever_the_end_is_cut_off_it_is_missed(lines in 1_usize..5, place in any::<prop::sample::Index>()) {
        let log = Log::of(lines);
        let bytes = log.bytes();
        let at = place.index(bytes.len());
        fs::write(log.file(), &bytes[..at]).unwrap();
        let whole = bytes[..at].iter().filter(|byte| **byte == b'\n').count() as u64;
        let bad = log.bad();
        prop_assert_eq!((bad.what, bad.seq), (What::TailMissing, whole + 1));
        // Whoever writes next does not smooth it over.
        log.add(2);
        let bad = log.bad();
        prop_assert_eq!(named(&bad), (What::Deleted, whole + 1), "{:?}", bad);
        prop_assert_eq!(bad.seq, whole + 1);
    }
}

#[test]
fn any_line_that_is_deleted_is_missed() {
    for gone in 0..5 {
        let log = Log::of(5);
        let mut lines = log.lines();
        lines.remove(gone);
        log.put(&lines);
        let bad = log.bad();
        let what = if gone == 4 {
            What::TailMissing
        } else {
            What::Deleted
        };
        assert_eq!((bad.what, bad.seq), (what, gone as u64 + 1), "{bad:?}");
    }
}

#[test]
fn any_two_lines_that_change_places_are_found() {
    for (one, other) in (0..5).flat_map(|one| (one + 1..5).map(move |other| (one, other))) {
        let log = Log::of(5);
        let mut lines = log.lines();
        lines.swap(one, other);
        log.put(&lines);
        let bad = log.bad();
        assert_eq!(named(&bad), (What::Swapped, one as u64 + 1), "{bad:?}");
        assert!(bad.detail.contains(&format!("line {}", other + 1)), "{bad:?}");
    }
}

#[test]
fn a_line_that_is_put_in_anywhere_is_found() {
    for at in 0..=4 {
        for forged in [0, 1, 2] {
            let log = Log::of(4);
            let mut lines = log.lines();
            let line = match forged {
                0 => "{}".to_owned(),
                1 => lines[0].clone(),
                // One that follows the line before it.
                _ => {
                    let mut row = row("user sign-out");
                    row.seq = at as u64 + 1;
                    row.prev = match at {
                        0 => Hash::NONE.to_string(),
                        _ => Hash::of(lines[at - 1].as_bytes()).to_string(),
                    };
                    String::from_utf8(line::write(&row).unwrap()).unwrap()
                }
            };
            lines.insert(at, line);
            log.put(&lines);
            let told = log.verify();
            // At the very end a line that follows cannot be told from that of a writer who was ended too soon: it
            // is said that the head does not know it.
            if (at, forged) == (4, 2) {
                assert_eq!(told.bad, None);
                assert!(
                    told.notes[0].contains("the head stands at line 4, 1 behind"),
                    "{told:?}"
                );
                continue;
            }
            let bad = told.bad.unwrap();
            let line = bad.line.unwrap() as usize - 1;
            assert!(
                line == at || (at == 0 && forged == 1 && line == 1),
                "{at} {forged} {bad:?}"
            );
        }
    }
}

#[test]
fn a_whole_file_that_is_gone_is_missed_first_middle_and_last() {
    for gone in 0..3 {
        let log = Log::empty();
        for _ in 0..3 {
            log.writer(1)
                .append(&mut [row("user reset"), row("user reset")])
                .unwrap();
        }
        log.is_whole(6);
        fs::remove_file(log.path(&format!("audit-{:06}-2026-12.jsonl", gone + 1))).unwrap();
        let bad = log.bad();
        let what = if gone == 2 {
            What::TailMissing
        } else {
            What::Deleted
        };
        assert_eq!((bad.what, bad.seq), (what, gone * 2 + 1), "{bad:?}");
    }
}

#[test]
fn files_alone_are_checked_in_their_order_and_against_a_line_that_is_known() {
    let log = Log::empty();
    let mut ends = Vec::new();
    for _ in 0..3 {
        ends.push(
            log.writer(1)
                .append(&mut [row("user reset"), row("user reset")])
                .unwrap(),
        );
    }
    let file = |number| log.path(&format!("audit-{number:06}-2026-12.jsonl"));
    let claim = |seq, hash: &str| Claim {
        seq,
        hash: hash.to_owned(),
    };
    let told = verify_files(&[file(3), file(2)], Some(&claim(Some(4), &ends[1].head[..4]))).unwrap();
    assert_eq!(
        (told.intact, told.lines, told.first),
        (true, 4, Some(3)),
        "{told:?}"
    );
    assert!(told.notes[0].starts_with("begins at line 3"));
    let told = verify_files(&[file(1), file(3)], None).unwrap();
    assert_eq!(told.bad.map(|bad| (bad.what, bad.seq)), Some((What::Deleted, 3)));
    let told = verify_files(&[file(1), file(2)], Some(&claim(Some(6), &ends[2].head))).unwrap();
    assert_eq!(told.bad.map(|bad| bad.what), Some(What::TailMissing));
    let told = verify(&log.at(), Some(&claim(None, &ends[0].head[..12]))).unwrap();
    assert!(told.intact);
    let told = verify(&log.at(), Some(&claim(Some(2), "0000"))).unwrap();
    assert_eq!(told.bad.map(|bad| bad.what), Some(What::OtherHead));
}

#[test]
fn a_head_that_is_gone_or_altered_is_told_and_the_chain_goes_on() {
    let log = Log::of(3);
    fs::remove_file(log.path("head.json")).unwrap();
    assert_eq!(log.bad().what, What::HeadMissing);
    log.add(1);
    let rows = log.rows();
    assert_eq!(rows[3].kind, AuditKind::Notice);
    assert!(
        rows[3]
            .detail
            .as_ref()
            .unwrap()
            .starts_with("the head was missing")
    );
    log.is_whole(5);
    let head = fs::read_to_string(log.path("head.json")).unwrap();
    let at = head.find("hash\":\"").unwrap() + 7;
    let other = if &head[at..=at] == "0" { "1" } else { "0" };
    let altered = format!("{}{other}{}", &head[..at], &head[at + 1..]);
    fs::write(log.path("head.json"), altered).unwrap();
    assert_eq!(named(&log.bad()), (What::Changed, 5));
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

fn about(step: &str) -> About {
    About {
        step_id: step.to_owned(),
        user: "adele@contoso.example".to_owned(),
        user_id: UserId::from("u-1"),
        step: "remove".to_owned(),
        target: "phone:mobile".to_owned(),
    }
}

fn ended(step: &str) -> (String, StepRow) {
    let row = StepRow {
        user: "adele@contoso.example".to_owned(),
        user_id: "u-1".to_owned(),
        step: "remove".to_owned(),
        target: "phone:mobile".to_owned(),
        status: Status::Done,
        detail: "read back: gone".to_owned(),
        error: None,
        attempts: 1,
        request_id: Some("r-1".to_owned()),
        at: None,
    };
    (step.to_owned(), row)
}

#[tokio::test]
async fn a_step_is_an_intent_and_an_outcome_of_the_same_id() {
    let log = Log::empty();
    let mut origin = origin("methods remove");
    origin
        .caller_checks
        .insert("u-1".to_owned(), "08:51 by push".to_owned());
    let audit = AuditLog::new(Arc::new(log.writer(LARGE)), Arc::new(Standing), origin);
    assert!(!audit.begun());
    audit.before(&[about("s-1")]).await.unwrap();
    assert!(audit.begun());
    audit.after(&[ended("s-1")]).await.unwrap();
    let line = log.lines().remove(1);
    let told = line
        .replace(&log.rows()[1].prev, "HASH")
        .replace(env!("CARGO_PKG_VERSION"), "VERSION");
    insta::assert_snapshot!(told, @r#"{"seq":2,"prev":"HASH","time":"2026-12-08T08:55:00.123456Z","kind":"outcome","profile":"local","operator":{"account":"rita@contoso.example","os_user":"rita","host":"desk-7"},"verb":"methods remove","argv":["methods","remove"],"step_id":"s-1","step":"remove","target":"phone:mobile","user":"adele@contoso.example","user_id":"u-1","status":"done","request_ids":["r-1"],"detail":"read back: gone","caller_check":"08:51 by push","version":"VERSION"}"#);
    let rows = log.rows();
    assert_eq!((rows[0].kind, rows[0].status), (AuditKind::Intent, None));
    assert_eq!(rows[0].step_id, rows[1].step_id);
    assert_eq!(audit.last().unwrap().seq, 2);
    assert!(audit.last().unwrap().short().starts_with("2:"));
}

#[tokio::test]
async fn calls_that_come_together_are_one_write_each_with_its_answer() {
    let log = Log::empty();
    let audit = AuditLog::new(
        Arc::new(log.writer(LARGE)),
        Arc::new(Standing),
        origin("user reset"),
    );
    let calls = (0..200).map(|n| {
        let audit = &audit;
        async move { audit.before(&[about(&format!("s-{n}"))]).await }
    });
    for written in futures::future::join_all(calls).await {
        written.unwrap();
    }
    log.is_whole(200);
    assert_eq!(audit.last().unwrap().seq, 200);
}

#[tokio::test]
async fn a_call_that_is_given_up_does_not_leave_the_others_waiting() {
    let log = Log::empty();
    let audit = AuditLog::new(
        Arc::new(log.writer(LARGE)),
        Arc::new(Standing),
        origin("user reset"),
    );
    let (one, other) = ([about("s-1")], [about("s-2")]);
    {
        let mut given_up = audit.before(&one);
        let mut waits = audit.before(&other);
        assert!(futures::poll!(&mut given_up).is_pending());
        assert!(futures::poll!(&mut waits).is_pending());
        drop(given_up);
        waits.await.unwrap();
    }
    // The lines of the one that was given up stand there too, as soon as they are written.
    let told = log.verify();
    assert!(told.bad.is_none() && (1..=2).contains(&told.lines), "{told:?}");
}

#[tokio::test]
async fn a_refusal_and_an_event_are_one_line_each() {
    let log = Log::empty();
    let audit = AuditLog::new(
        Arc::new(log.writer(LARGE)),
        Arc::new(Standing),
        origin("user reset"),
    );
    let error = Error::new(ErrorCode::GuardProtected, "breakglass is protected");
    audit.refused(&error).await.unwrap();
    audit
        .event("caller checked by push", Some(("adele@contoso.example", "u-1")))
        .await
        .unwrap();
    assert!(!audit.begun());
    let rows = log.rows();
    assert_eq!(
        (rows[0].kind, rows[0].code),
        (AuditKind::Refusal, Some(ErrorCode::GuardProtected))
    );
    assert_eq!(
        (rows[1].kind, rows[1].user_id.as_deref()),
        (AuditKind::Event, Some("u-1"))
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
