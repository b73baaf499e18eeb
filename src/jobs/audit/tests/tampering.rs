//! What is done to a log afterwards is found and named.

use super::*;

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
