use std::fs;

use futures::TryStreamExt as _;

use super::super::{Standing, StepRecord};
use super::*;
use crate::domain::{Clock as _, Error, ErrorCode, Status};
use crate::jobs::fake::{Fake, Still, adele};
use crate::jobs::plan::{PlannedUser, Wish};
use crate::jobs::playbook::{self, Options};

fn head() -> JobHead {
    JobHead {
        id: "0199a1b2-0000-7000-8000-0000000f4f7a".into(),
        name: None,
        version: "0.1.0".into(),
        service: "local".into(),
        profile: "local".into(),
        tenant: "t".into(),
        verb: "user reset".into(),
        playbook: Some("lost-phone".into()),
        ticket: None,
        reason: None,
        selection: "adele".into(),
        argv: vec!["user".into(), "reset".into(), "adele".into()],
        operator: "rita".into(),
        made_at: Still.now(),
        plan: None,
        part: None,
        undoes: None,
        rows: None,
        notify: None,
    }
}

fn planned() -> PlannedUser {
    let wish = Wish::Playbook(
        Box::new(playbook::find("lost-phone", &[]).unwrap()),
        Options::default(),
    );
    Fake::new(vec![adele()])
        .plan("adele", "user reset", &wish)
        .unwrap()
}

fn people(number: usize) -> Vec<Entry> {
    let plan = planned();
    let person = |n: usize| PlannedUser {
        user: format!("u{n}@contoso.example"),
        user_id: format!("id-{n}").into(),
        ..plan.clone()
    };
    (0..number).map(|n| Entry::Planned(person(n))).collect()
}

fn left() -> Entry {
    let row = StepRow {
        user: "bea@contoso.example".into(),
        user_id: "id-bea".into(),
        step: "all".into(),
        target: "-".into(),
        status: Status::Skipped,
        detail: "protected".into(),
        error: None,
        attempts: 0,
        request_id: None,
        at: None,
    };
    Entry::Left(row)
}

fn marked(taken: &Taken, place: usize, standing: Standing, status: Status) -> Mark {
    let mut record: StepRecord = taken.steps[place].clone();
    record.standing = standing;
    record.row.status = status;
    record.row.attempts += 1;
    record.row.request_id = Some("r-1".into());
    if standing == Standing::Ended {
        record.row.detail = "so it ended".into();
        record.row.at = Some(Still.now());
    }
    if status == Status::Failed {
        record.row.error = Some(Error::new(ErrorCode::Unavailable, "down").to_body());
    }
    Mark {
        seq: taken.seq,
        record,
    }
}

async fn end(journal: &SqliteJournal, taken: &Taken, status: Status) {
    let marks = (0..taken.steps.len())
        .map(|place| marked(taken, place, Standing::Ended, status))
        .collect();
    journal.mark(marks).await.unwrap();
    journal.finish(&[taken.seq]).await.unwrap();
}

async fn rows(journal: &SqliteJournal, which: Which) -> Vec<StepRow> {
    journal.rows(which).try_collect().await.unwrap()
}

fn seqs(taken: &[Taken]) -> Vec<u64> {
    taken.iter().map(|taken| taken.seq).collect()
}

/// The file and its log as a process that was killed leaves them.
fn killed(folder: &Path, into: &Path) -> std::path::PathBuf {
    fs::create_dir_all(into).unwrap();
    for entry in fs::read_dir(folder).unwrap() {
        let from = entry.unwrap().path();
        let name = from.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".db") || name.ends_with("-wal") {
            fs::copy(&from, into.join(name)).unwrap();
        }
    }
    into.join(format!("{}.db", head().id))
}

#[tokio::test]
async fn what_was_written_is_read_again_after_the_process_was_killed() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("jobs");
    let journal = SqliteJournal::create(&folder, &head()).unwrap();
    journal.add(people(3)).await.unwrap();
    journal.add(vec![left()]).await.unwrap();
    journal.set_state(JobState::Running).await.unwrap();
    let taken = journal.take(2).await.unwrap();
    assert_eq!(seqs(&taken), [0, 1]);
    end(&journal, &taken[0], Status::Done).await;
    let begun = marked(&taken[1], 0, Standing::Started, Status::Planned);
    journal.mark(vec![begun.clone()]).await.unwrap();

    let path = killed(&folder, &home.path().join("after"));
    let journal = SqliteJournal::open(&path).unwrap();
    assert_eq!(journal.head().await.unwrap(), head());
    assert_eq!(journal.state().await.unwrap(), JobState::Running);
    let taken = journal.take(10).await.unwrap();
    assert_eq!(seqs(&taken), [1, 2], "who has ended is not taken again");
    assert_eq!(taken[0].steps[0], begun.record);
    let same = serde_json::to_value(&taken[0].person).unwrap();
    let Entry::Planned(person) = &people(3)[1] else {
        panic!()
    };
    assert_eq!(same, serde_json::to_value(person).unwrap());
    let everybody: Vec<Taken> = journal.people().try_collect().await.unwrap();
    assert_eq!(seqs(&everybody), [0, 1, 2]);
    assert_eq!(everybody[0].steps[1].row.detail, "so it ended");
}

#[tokio::test]
async fn counts_and_rows_are_those_of_the_same_rows_counted_in_memory() {
    let journal = SqliteJournal::in_memory(&head()).unwrap();
    journal.add(people(4)).await.unwrap();
    journal.add(vec![left()]).await.unwrap();
    let taken = journal.take(10).await.unwrap();
    end(&journal, &taken[0], Status::Done).await;
    end(&journal, &taken[1], Status::Failed).await;
    let all = rows(&journal, Which::All).await;
    let summary = journal.summary().await.unwrap();
    assert_eq!(summary, crate::jobs::outcome::summary(&all));
    assert_eq!(summary.users.selected, 5);
    assert_eq!(
        (summary.users.done, summary.users.failed, summary.users.skipped),
        (1, 1, 1)
    );
    let steps = taken[0].steps.len();
    assert_eq!(all.len(), 4 * steps + 1);
    assert_eq!(
        all[2 * steps].detail,
        taken[2].person.steps[0].detail,
        "the plan's own words"
    );
    let failed = rows(&journal, Which::Failed).await;
    assert!(failed.iter().all(|row| row.user == "u1@contoso.example") && failed.len() == steps);
    assert_eq!(failed[0].error.as_ref().unwrap().code, ErrorCode::Unavailable);
    let not_done = rows(&journal, Which::NotDone).await;
    assert_eq!(not_done.len(), 3 * steps + 1);
    let size = journal.size().await.unwrap();
    assert_eq!((size.people, size.steps, size.left_out), (4, 4 * steps as u64, 1));
}

#[tokio::test]
async fn who_did_not_end_well_is_opened_again_and_what_is_done_stays_done() {
    let journal = SqliteJournal::in_memory(&head()).unwrap();
    journal.add(people(3)).await.unwrap();
    let taken = journal.take(10).await.unwrap();
    for person in &taken[..2] {
        end(&journal, person, Status::Done).await;
    }
    let again = [(0, Status::Failed), (1, Status::Unknown), (2, Status::Skipped)]
        .map(|(place, status)| marked(&taken[1], place, Standing::Ended, status));
    journal.mark(again.into()).await.unwrap();
    journal.give_back(&[2]).await.unwrap();
    assert!(
        journal.take(10).await.unwrap().is_empty(),
        "given back is for the next run"
    );

    assert_eq!(journal.reopen().await.unwrap(), 2);
    let taken = journal.take(10).await.unwrap();
    assert_eq!(seqs(&taken), [1, 2]);
    let standing: Vec<Standing> = taken[0].steps.iter().map(|step| step.standing).collect();
    assert_eq!(
        &standing[..4],
        [
            Standing::Planned,
            Standing::Started,
            Standing::Planned,
            Standing::Ended
        ]
    );
    assert_eq!(taken[0].steps[0].row.attempts, 1);
    assert_eq!(taken[0].steps[0].row.error, None);
    assert_eq!(taken[0].steps[0].row.status, Status::Planned);
    assert_eq!(taken[0].steps[0].row.detail, taken[0].person.steps[0].detail);
    let summary = journal.summary().await.unwrap();
    let counted = crate::jobs::outcome::summary(&rows(&journal, Which::All).await);
    assert_eq!(summary.steps, counted.steps);
    assert_eq!((summary.steps.failed, summary.users.failed), (0, 0));
    assert!(rows(&journal, Which::Failed).await.is_empty());

    let failed = marked(&taken[0], 0, Standing::Ended, Status::Failed);
    journal.mark(vec![failed]).await.unwrap();
    journal.finish(&[1]).await.unwrap();
    let summary = journal.summary().await.unwrap();
    assert_eq!((summary.steps.failed, summary.users.failed), (1, 1));
    let failed = rows(&journal, Which::Failed).await;
    assert_eq!((failed.len(), failed[0].attempts), (taken[0].steps.len(), 2));
}

#[tokio::test]
async fn windows_that_mark_side_by_side_are_all_on_the_disk() {
    let home = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::create(home.path(), &head()).unwrap();
    journal.add(people(60)).await.unwrap();
    let taken = journal.take(60).await.unwrap();
    let ending = taken.chunks(5).map(|window| {
        let marks = window
            .iter()
            .map(|taken| marked(taken, 0, Standing::Ended, Status::Done))
            .collect();
        journal.mark(marks)
    });
    futures::future::try_join_all(ending).await.unwrap();
    let path = killed(home.path(), &home.path().join("after"));
    let seen = SqliteJournal::read(&path).unwrap();
    assert_eq!(seen.summary().await.unwrap().steps.done, 60);
}

#[tokio::test]
async fn work_that_fails_does_not_take_that_of_others_with_it() {
    let journal = SqliteJournal::in_memory(&head()).unwrap();
    journal.add(people(1)).await.unwrap();
    let taken = journal.take(1).await.unwrap();
    let good = marked(&taken[0], 0, Standing::Ended, Status::Done);
    let mut bad = marked(&taken[0], 1, Standing::Ended, Status::Done);
    bad.seq = 99;
    let half = marked(&taken[0], 1, Standing::Ended, Status::Done);
    let (well, ill) = tokio::join!(journal.mark(vec![good]), journal.mark(vec![half, bad]));
    well.unwrap();
    assert!(ill.is_err());
    assert_eq!(journal.summary().await.unwrap().steps.done, 1);
}

#[tokio::test]
async fn one_process_runs_a_job_and_others_look_on() {
    let home = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::create(home.path(), &head()).unwrap();
    journal.add(people(1)).await.unwrap();
    let path = home.path().join(format!("{}.db", head().id));
    let error = SqliteJournal::open(&path).err().unwrap();
    assert_eq!(error.code(), ErrorCode::FileLocked);
    assert_eq!(error.message(), "job j-4f7a is being run by another process");
    assert!(file::is_run(&path));
    assert_eq!(file::remove(&path).unwrap_err().code(), ErrorCode::FileLocked);
    let looking = SqliteJournal::read(&path).unwrap();
    assert_eq!(looking.size().await.unwrap().people, 1);
    let error = looking.set_state(JobState::Ended).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::FileUnreadable);
    drop(journal);
    assert!(!file::is_run(&path));
    drop(SqliteJournal::open(&path).unwrap());
    drop(looking);
    file::remove(&path).unwrap();
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

#[cfg(unix)]
#[tokio::test]
async fn a_journal_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("jobs");
    let journal = SqliteJournal::create(&folder, &head()).unwrap();
    journal.add(people(1)).await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn a_file_that_is_damaged_or_newer_says_so() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("0199.db");
    let code = |path: &Path| SqliteJournal::read(path).err().unwrap().code();
    assert_eq!(code(&path), ErrorCode::NotFound);
    fs::write(
        &path,
        "this is no database, whatever its name says, and it is long enough",
    )
    .unwrap();
    assert_eq!(code(&path), ErrorCode::FileCorrupt);
    drop(SqliteJournal::create(home.path(), &head()).unwrap());
    let path = home.path().join(format!("{}.db", head().id));
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 2).unwrap();
    drop(connection);
    assert_eq!(code(&path), ErrorCode::FileFromNewerVersion);
}
