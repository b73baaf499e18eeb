use jiff::{SignedDuration, Timestamp};

use super::super::store::is_older;
use super::super::{Entry, JobState, RETENTION};
use super::*;
use crate::domain::Clock as _;
use crate::jobs::fake::{Fake, Still, adele};
use crate::jobs::plan::Wish;

fn head(id: &str, name: Option<&str>) -> JobHead {
    JobHead {
        id: id.into(),
        name: name.map(str::to_owned),
        version: "0.1.0".into(),
        service: "local".into(),
        profile: "local".into(),
        tenant: "t".into(),
        verb: "user sign-out".into(),
        playbook: None,
        ticket: None,
        reason: None,
        selection: "adele".into(),
        argv: vec![],
        operator: "rita".into(),
        made_at: Still.now(),
        plan: None,
        part: None,
        undoes: None,
        rows: None,
        notify: None,
    }
}

fn store(folder: &Folder) -> &dyn Store {
    folder
}

const FIRST: &str = "0199a1b2-0000-7000-8000-00000000aaaa";
const SECOND: &str = "0199a1b3-0000-7000-8000-00000001aaaa";
const THIRD: &str = "0199a1b4-0000-7000-8000-00000001bbbb";

async fn folder(state: &Path) -> Folder {
    let folder = Folder::new(state);
    for (id, name) in [(FIRST, Some("nightly")), (SECOND, None), (THIRD, Some("nightly"))] {
        let journal = SqliteJournal::create(folder.path(), &head(id, name)).unwrap();
        let plan = Fake::new(vec![adele()])
            .plan("adele", "user sign-out", &Wish::SignOut)
            .unwrap();
        journal.add(vec![Entry::Planned(plan)]).await.unwrap();
        journal.set_state(JobState::Ended).await.unwrap();
    }
    folder
}

#[tokio::test]
async fn a_folder_that_is_not_there_has_no_jobs() {
    let home = tempfile::tempdir().unwrap();
    let folder = Folder::new(&home.path().join("nowhere"));
    assert!(store(&folder).list().await.unwrap().is_empty());
    let error = store(&folder).find("j-4f7a").await.unwrap_err();
    assert_eq!(error.message(), "there is no job \"j-4f7a\"");
}

#[tokio::test]
async fn jobs_are_listed_newest_first_and_one_that_is_damaged_does_not_hide_the_others() {
    let home = tempfile::tempdir().unwrap();
    let folder = folder(home.path()).await;
    std::fs::write(folder.file(SECOND), "damaged").unwrap();
    std::fs::write(folder.path().join("notes.db"), "not a job").unwrap();
    let listed = store(&folder).list().await.unwrap();
    let shown: Vec<_> = listed
        .iter()
        .map(|one| {
            let word = one
                .job
                .as_ref()
                .map_or_else(|error| error.code().as_str(), Job::word);
            format!("{} {word}", one.short)
        })
        .collect();
    assert_eq!(shown, ["j-bbbb ended", "j-1aaaa file_corrupt", "j-0aaaa ended"]);
}

#[tokio::test]
async fn a_job_is_found_by_any_end_of_its_id_and_by_its_name() {
    let home = tempfile::tempdir().unwrap();
    let folder = folder(home.path()).await;
    for meant in ["j-bbbb", "bbbb", "j-1bbbb", "J-BBBB", THIRD] {
        assert_eq!(store(&folder).find(meant).await.unwrap(), THIRD, "{meant}");
    }
    let error = store(&folder).find("aaaa").await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::Ambiguous);
    let matches: Vec<_> = error
        .matching()
        .iter()
        .map(|one| one.reference.as_str())
        .collect();
    assert_eq!(matches, ["j-1aaaa", "j-0aaaa"]);
    assert_eq!(
        store(&folder).find("nightly").await.unwrap_err().code(),
        ErrorCode::Ambiguous
    );
    folder.remove(FIRST).await.unwrap();
    assert_eq!(store(&folder).find("nightly").await.unwrap(), THIRD);
    assert_eq!(
        store(&folder).find("night").await.unwrap_err().code(),
        ErrorCode::NotFound
    );
}

#[tokio::test]
async fn old_jobs_go_but_never_one_that_can_be_resumed_or_runs() {
    let home = tempfile::tempdir().unwrap();
    let folder = folder(home.path()).await;
    let resumable = SqliteJournal::open(&folder.file(SECOND)).unwrap();
    resumable.set_state(JobState::Stopped).await.unwrap();
    drop(resumable);
    let runs = SqliteJournal::open(&folder.file(THIRD)).unwrap();
    let old = async |days: i64| -> Vec<String> {
        let now = Still.now() + SignedDuration::from_hours(24 * days);
        let old = store(&folder).old(now, RETENTION, &|_| RETENTION).await.unwrap();
        old.into_iter().map(|one| one.id).collect()
    };
    assert!(old(90).await.is_empty());
    assert_eq!(old(91).await, [FIRST]);
    drop(runs);
    assert_eq!(old(91).await, [THIRD, FIRST]);
}

#[tokio::test]
async fn what_a_process_that_died_left_is_not_said_to_run() {
    let home = tempfile::tempdir().unwrap();
    let folder = folder(home.path()).await;
    let journal = SqliteJournal::open(&folder.file(THIRD)).unwrap();
    journal.set_state(JobState::Running).await.unwrap();
    assert_eq!(folder.look(THIRD).await.unwrap().word(), "running");
    drop(journal);
    let job = folder.look(THIRD).await.unwrap();
    assert_eq!((job.word(), job.left()), ("stopped", 1));
}

#[tokio::test]
async fn what_was_left_half_made_is_swept_away_and_nothing_else() {
    let home = tempfile::tempdir().unwrap();
    let folder = folder(home.path()).await;
    let half = folder.path().join("0199a1b5-0000-7000-8000-00000001cccc.making");
    std::fs::write(&half, "half").unwrap();
    folder.sweep().await;
    assert!(!half.exists() && !half.with_extension("db.lock").exists());
    assert_eq!(folder.ids().await.unwrap(), [THIRD, SECOND, FIRST]);
}

#[test]
fn young_jobs_are_told_by_their_ids() {
    let now: Timestamp = "2025-10-02T00:00:00Z".parse().unwrap();
    let made = uuid::Uuid::try_parse(FIRST)
        .unwrap()
        .get_timestamp()
        .unwrap()
        .to_unix()
        .0;
    let made = Timestamp::from_second(i64::try_from(made).unwrap()).unwrap();
    assert!(
        now.duration_since(made).abs() < SignedDuration::from_hours(24 * 10),
        "{made}"
    );
    let day = SignedDuration::from_hours(24);
    assert!(is_older(FIRST, made + day, day));
    assert!(!is_older(FIRST, made + day, day + day));
}
