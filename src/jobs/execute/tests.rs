use std::cell::RefCell;

use futures::TryStreamExt as _;

use super::*;
use crate::domain::shape::Summary;
use crate::domain::{Error, ErrorCode, MethodKind, SecurityInfo, User};
use crate::jobs::fake::{Fake, Fault, Stand, Still, adele, method, number, user};
use crate::jobs::journal::{
    Entry, JobHead, JobState, Mark, Open, Size, SqliteJournal, Standing, Taken, Which,
};
use crate::jobs::outcome::{self, Reasons};
use crate::jobs::plan::Wish;
use crate::jobs::playbook::{self, Options};
use crate::jobs::witness::About;

#[derive(Default)]
struct Kept {
    secrets: RefCell<Vec<String>>,
    rows: RefCell<Vec<String>>,
    refuses: bool,
}

impl Sink for Kept {
    fn secret(&self, user: &str, minted: &Minted) -> Result<()> {
        if self.refuses {
            return Err(Error::new(ErrorCode::DiskFull, "the disk is full"));
        }
        self.secrets.borrow_mut().push(format!("{user} {}", minted.kind));
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        Ok(())
    }

    fn rows(&self, rows: &[&StepRow]) {
        let mut all = self.rows.borrow_mut();
        all.extend(rows.iter().map(|row| format!("{} {}", row.user, row.step)));
    }
}

fn lost_phone() -> Wish {
    Wish::Playbook(
        Box::new(playbook::find("lost-phone", &[]).unwrap()),
        Options::default(),
    )
}

fn remove(what: &str) -> Wish {
    Wish::Remove {
        methods: vec![what.into()],
        missing_ok: false,
        leave_none: true,
    }
}

const NOW: [Duration; 2] = [Duration::ZERO, Duration::ZERO];

/// A job of these people, in memory.
async fn journal(people: &[PlannedUser]) -> SqliteJournal {
    let journal = SqliteJournal::in_memory(&head()).unwrap();
    let entries = people.iter().cloned().map(Entry::Planned).collect();
    journal.add(entries).await.unwrap();
    journal
}

async fn rows(journal: &SqliteJournal) -> Vec<StepRow> {
    journal.rows(Which::All).try_collect().await.unwrap()
}

/// Runs a job once.
async fn run<'a>(
    fake: &'a Fake,
    journal: &'a SqliteJournal,
    sink: &'a Kept,
    change: impl FnOnce(&mut Job<'a>),
) -> Result<Ran> {
    run_until(fake, journal, sink, &Stop::default(), change).await
}

static NOWHERE: std::sync::LazyLock<Progress> = std::sync::LazyLock::new(Progress::default);
static NO_SECRETS: std::sync::LazyLock<HashMap<String, Slots>> = std::sync::LazyLock::new(HashMap::new);

async fn run_until<'a>(
    fake: &'a Fake,
    journal: &'a SqliteJournal,
    sink: &'a Kept,
    stop: &Stop,
    change: impl FnOnce(&mut Job<'a>),
) -> Result<Ran> {
    let mut job = Job {
        service: fake,
        clock: &Still,
        journal,
        witness: &Unwitnessed,
        sink,
        progress: &NOWHERE,
        prefix: "mfactl -p local",
        pauses: &NOW,
        limits: Limits::default(),
        missing_ok: false,
        slots: &NO_SECRETS,
    };
    change(&mut job);
    job.run(stop).await
}

async fn carry_out(fake: &Fake, people: &[PlannedUser], sink: &Kept) -> Vec<StepRow> {
    let journal = journal(people).await;
    run(fake, &journal, sink, |_| {}).await.unwrap();
    rows(&journal).await
}

fn verdict(rows: &[StepRow], early: Option<Early>) -> Option<Error> {
    outcome::verdict(&outcome::summary(rows), &Reasons::of(rows), early)
}

fn shown(rows: &[StepRow]) -> String {
    let line = |row: &StepRow| {
        format!(
            "{} | {} | {} | {}",
            row.step,
            row.target,
            row.status.as_str(),
            row.detail
        )
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

async fn one(faults: Vec<Option<Fault>>, wish: &Wish) -> (Vec<StepRow>, Fake, Kept) {
    let fake = Fake::new(vec![adele()]);
    let plan = [fake.plan("adele", "x", wish).unwrap()];
    fake.fault(faults);
    let sink = Kept::default();
    let rows = carry_out(&fake, &plan, &sink).await;
    (rows, fake, sink)
}

#[tokio::test]
async fn a_lost_phone_is_put_right_and_read_back() {
    let (rows, fake, _) = one(vec![], &lost_phone()).await;
    insta::assert_snapshot!(shown(&rows), @r"
    change | phone:mobile | done | +1 425 555 0199
    remove | phone:alternate | done | read back: gone
    remove | authenticator | done | read back: gone
    revoke | app passwords | done | 2
    forget | remembered devices | done | 1
    sign out | everywhere | done | open pages may work 60 minutes more
    ");
    let kinds: Vec<_> = fake.info("adele").methods().iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [MethodKind::PhoneMobile, MethodKind::Email]);
    assert_eq!(verdict(&rows, None), None);
    assert_eq!(
        *fake.sent.lock().unwrap(),
        [
            vec!["id-adele:0"],
            vec![
                "id-adele:1",
                "id-adele:2",
                "id-adele:3",
                "id-adele:4",
                "id-adele:5"
            ]
        ],
        "what depends on a step is not sent with it"
    );
}

#[tokio::test]
async fn what_depends_on_a_failed_step_is_skipped_and_the_rest_goes_on() {
    let (rows, fake, _) = one(vec![Some(Fault::Fails(ErrorCode::ServiceRefused))], &lost_phone()).await;
    insta::assert_snapshot!(shown(&rows), @r#"
    change | phone:mobile | failed | it failed
    remove | phone:alternate | skipped | because "change phone:mobile" was not done
    remove | authenticator | done | read back: gone
    revoke | app passwords | done | 2
    forget | remembered devices | done | 1
    sign out | everywhere | done | open pages may work 60 minutes more
    "#);
    assert_eq!(verdict(&rows, None).unwrap().code().exit_code(), 7);
    assert!(
        fake.info("adele")
            .methods()
            .iter()
            .any(|one| one.kind == MethodKind::PhoneAlternate)
    );
}

#[tokio::test]
async fn a_lost_answer_is_read_back_before_it_is_sent_again() {
    let (rows, fake, _) = one(vec![Some(Fault::LostAfter)], &remove("authenticator")).await;
    assert_eq!((rows[0].status, rows[0].attempts), (Status::Done, 1));
    assert_eq!(fake.sent.lock().unwrap().len(), 1);
    let (rows, fake, _) = one(vec![Some(Fault::LostBefore)], &remove("authenticator")).await;
    assert_eq!((rows[0].status, rows[0].attempts), (Status::Done, 2));
    assert_eq!(fake.sent.lock().unwrap().len(), 2);
    let lost = || Some(Fault::LostBefore);
    let (rows, ..) = one(vec![lost(), lost(), lost()], &remove("authenticator")).await;
    assert_eq!((rows[0].status, rows[0].attempts), (Status::Unknown, 3));
    assert_eq!(verdict(&rows, None).unwrap().code(), ErrorCode::OutcomeUnknown);
}

#[tokio::test]
async fn a_sign_out_without_an_answer_is_sent_again_for_it_cannot_be_read_back() {
    let (rows, fake, _) = one(vec![Some(Fault::LostAfter)], &Wish::SignOut).await;
    assert_eq!((rows[0].status, rows[0].attempts), (Status::Done, 2));
    assert_eq!(fake.sent.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_pass_is_issued_anew_where_the_service_failed_in_the_middle() {
    let pass = Wish::AddPass {
        lifetime: None,
        one_time: None,
        start: None,
    };
    let fails = || Some(Fault::Fails(ErrorCode::Unavailable));
    let (rows, ..) = one(vec![fails(), fails()], &pass).await;
    assert_eq!((rows[0].status, rows[0].attempts), (Status::Done, 3));
    assert!(rows[0].detail.contains("reissued"), "{}", rows[0].detail);
    let (rows, ..) = one(vec![fails(), fails(), fails()], &pass).await;
    assert_eq!((rows[0].status, rows[0].attempts), (Status::Failed, 3));
}

#[tokio::test]
async fn a_pass_that_nobody_saw_is_issued_anew_and_an_app_password_is_not() {
    let pass = Wish::AddPass {
        lifetime: None,
        one_time: None,
        start: None,
    };
    let (rows, _, sink) = one(vec![Some(Fault::LostAfter)], &pass).await;
    assert_eq!(rows[0].status, Status::Done);
    assert!(rows[0].detail.contains("reissued"), "{}", rows[0].detail);
    assert_eq!(*sink.secrets.borrow(), ["adele@contoso.example temporary-pass"]);
    let reissue = Wish::AppPasswords {
        names: vec!["Outlook 2013".into()],
        reissue: true,
    };
    let (rows, fake, sink) = one(vec![None, Some(Fault::LostAfter)], &reissue).await;
    assert_eq!((rows[0].status, rows[1].status), (Status::Done, Status::Unknown));
    assert!(sink.secrets.borrow().is_empty());
    assert_eq!(fake.sent.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_secret_that_cannot_be_kept_is_a_failure() {
    let fake = Fake::new(vec![adele()]);
    let wish = Wish::Password {
        given: None,
        permanent: false,
    };
    let plan = [fake.plan("adele", "user reset-password", &wish).unwrap()];
    let sink = Kept {
        refuses: true,
        ..Kept::default()
    };
    let rows = carry_out(&fake, &plan, &sink).await;
    assert_eq!(rows[0].status, Status::Failed);
    assert_eq!(verdict(&rows, None).unwrap().code(), ErrorCode::DiskFull);
}

#[tokio::test]
async fn what_is_still_there_at_the_last_look_has_failed() {
    let (rows, ..) = one(vec![Some(Fault::Lies)], &remove("authenticator")).await;
    assert_eq!(rows[0].status, Status::Failed);
    let error = verdict(&rows, None).unwrap();
    assert_eq!(
        (error.code(), error.code().exit_code()),
        (ErrorCode::Incomplete, 7)
    );
}

#[tokio::test]
async fn people_are_worked_on_side_by_side_and_one_that_fails_does_not_stop_another() {
    let bas = || -> (User, SecurityInfo) {
        let mut mobile = method("m", MethodKind::PhoneMobile);
        mobile.number = Some(number("+31 612345678"));
        let info = SecurityInfo {
            methods: Some(vec![mobile]),
            ..SecurityInfo::default()
        };
        (user("bas", "Bas"), info)
    };
    let fake = Fake::new(vec![adele(), bas()]);
    let plans = [
        fake.plan("adele", "user sign-out", &Wish::SignOut).unwrap(),
        fake.plan("bas", "user sign-out", &Wish::SignOut).unwrap(),
    ];
    fake.fault([Some(Fault::Fails(ErrorCode::Unavailable))]);
    let rows = carry_out(&fake, &plans, &Kept::default()).await;
    assert_eq!((rows[0].status, rows[1].status), (Status::Failed, Status::Done));
    assert_eq!(*fake.sent.lock().unwrap(), [["id-adele:0", "id-bas:0"]]);
    assert_eq!(verdict(&rows, None).unwrap().code(), ErrorCode::Incomplete);
}

#[tokio::test]
async fn an_interrupt_leaves_what_was_not_sent_for_the_next_run() {
    let fake = Fake::new(vec![adele()]);
    let plan = [fake.plan("adele", "user reset", &lost_phone()).unwrap()];
    let journal = journal(&plan).await;
    let stop = Stop::default();
    stop.set();
    let ran = run_until(&fake, &journal, &Kept::default(), &stop, |_| {}).await;
    assert_eq!(ran.unwrap().early, Some(Early::Told));
    assert!(
        rows(&journal)
            .await
            .iter()
            .all(|row| row.status == Status::Planned)
    );
    assert!(fake.sent.lock().unwrap().is_empty());
    assert_eq!(verdict(&[], Some(Early::Told)).unwrap().code().exit_code(), 130);
    assert_eq!(journal.reopen().await.unwrap(), 1);
    run(&fake, &journal, &Kept::default(), |_| {}).await.unwrap();
    assert_eq!(verdict(&rows(&journal).await, None), None);
}

/// Somebody without anything, and the plan of a sign-out.
fn crowd(count: usize) -> (Fake, Vec<PlannedUser>) {
    let people = (0..count).map(|n| (user(&format!("u{n:03}"), "U"), SecurityInfo::default()));
    let fake = Fake::new(people.collect());
    let plan = |n| {
        fake.plan(&format!("u{n:03}"), "user sign-out", &Wish::SignOut)
            .unwrap()
    };
    let plans = (0..count).map(plan).collect();
    (fake, plans)
}

#[tokio::test]
async fn a_crowd_is_sent_in_full_batches_and_each_person_ends_once() {
    let (fake, plans) = crowd(205);
    let journal = journal(&plans).await;
    let sink = Kept::default();
    run(&fake, &journal, &sink, |_| {}).await.unwrap();
    let sent = fake.sent.lock().unwrap().clone();
    assert_eq!(sent.iter().filter(|batch| batch.len() == TOGETHER).count(), 10);
    assert_eq!(sent.concat().len(), 205);
    let summary = journal.summary().await.unwrap();
    assert_eq!((summary.users.selected, summary.users.done), (205, 205));
    assert_eq!(sink.rows.borrow().len(), 205, "rows stream as they are known");
}

#[tokio::test]
async fn a_job_that_is_going_wrong_stops_by_number_and_by_share() {
    for (most, in_flight, failing, sent) in [
        (MostFailures::People(0), 1, vec![true, false, true], 1),
        (MostFailures::People(2), 1, vec![true; 5], 3),
        // A share says nothing before twenty have ended.
        (MostFailures::Share(0.1), 1, vec![true; 40], 20),
        (MostFailures::Share(0.5), 1, vec![true, false, true, false], 60),
    ] {
        let (fake, plans) = crowd(60);
        fake.fault(
            failing
                .iter()
                .map(|fails| fails.then_some(Fault::Fails(ErrorCode::ServiceRefused))),
        );
        let journal = journal(&plans).await;
        let sink = Kept::default();
        let ran = run(&fake, &journal, &sink, |job| {
            job.limits.most_failures = Some(most);
            job.limits.in_flight = in_flight;
        });
        let early = ran.await.unwrap().early;
        assert_eq!(fake.sent.lock().unwrap().len(), sent, "{most:?}");
        assert_eq!(early, (sent < 60).then_some(Early::TooManyFailed), "{most:?}");
    }
}

#[tokio::test]
async fn as_many_as_asked_for_are_done_and_the_next_run_does_the_rest() {
    let (fake, plans) = crowd(50);
    let journal = journal(&plans).await;
    let sink = Kept::default();
    let ran = run(&fake, &journal, &sink, |job| job.limits.people = Some(30))
        .await
        .unwrap();
    assert_eq!(ran.early, Some(Early::Enough));
    let summary = journal.summary().await.unwrap();
    assert_eq!((summary.users.done, summary.steps.planned), (30, 20));
    assert_eq!(journal.reopen().await.unwrap(), 20);
    run(&fake, &journal, &Kept::default(), |_| {}).await.unwrap();
    let mut sent = fake.sent.lock().unwrap().concat();
    sent.sort_unstable();
    sent.dedup();
    assert_eq!(sent.len(), 50, "nobody twice");
}

/// A witness that notes, and that cannot write from a certain call on.
#[derive(Default)]
struct Noting {
    log: std::sync::Mutex<Vec<String>>,
    broken: bool,
}

#[async_trait::async_trait]
impl Witness for Noting {
    async fn before(&self, steps: &[About]) -> Result<()> {
        if self.broken {
            return Err(Error::new(ErrorCode::DiskFull, "the disk is full"));
        }
        let lines = steps
            .iter()
            .map(|step| format!("before {} {}", step.step, step.target));
        self.log.lock().unwrap().extend(lines);
        Ok(())
    }

    async fn after(&self, ended: &[(String, StepRow)]) -> Result<()> {
        let lines = ended
            .iter()
            .map(|(_, row)| format!("after {} {} {}", row.step, row.target, row.status.as_str()));
        self.log.lock().unwrap().extend(lines);
        Ok(())
    }
}

#[tokio::test]
async fn the_witness_sees_each_step_before_it_is_sent_and_after_it_has_ended() {
    let fake = Fake::new(vec![adele()]);
    let plan = [fake.plan("adele", "x", &lost_phone()).unwrap()];
    let (journal, witness) = (journal(&plan).await, Noting::default());
    let sink = Kept::default();
    run(&fake, &journal, &sink, |job| job.witness = &witness)
        .await
        .unwrap();
    let log = witness.log.lock().unwrap().clone();
    assert_eq!(
        &log[..4],
        [
            "before change phone:mobile",
            "after change phone:mobile done",
            "before remove phone:alternate",
            "before remove authenticator"
        ]
    );
    assert_eq!(log.iter().filter(|line| line.starts_with("before")).count(), 6);
}

#[tokio::test]
async fn where_the_witness_cannot_write_nothing_is_sent() {
    let (fake, plans) = crowd(50);
    let journal = journal(&plans).await;
    let witness = Noting {
        broken: true,
        ..Noting::default()
    };
    let error = run(&fake, &journal, &Kept::default(), |job| job.witness = &witness).await;
    assert_eq!(error.unwrap_err().code(), ErrorCode::DiskFull);
    assert!(fake.sent.lock().unwrap().is_empty());
    assert_eq!(journal.summary().await.unwrap().steps.planned, 50);
}

fn pass() -> Wish {
    Wish::AddPass {
        lifetime: None,
        one_time: None,
        start: None,
    }
}

/// Runs a job until its service stands still there, and ends it as a kill does: with nothing said to anybody.
async fn killed(fake: &Fake, journal: &SqliteJournal, at: Stand) {
    *fake.stands.lock().unwrap() = at;
    let sink = Kept::default();
    tokio::select! {
        ended = run(fake, journal, &sink, |_| {}) => panic!("it ended: {ended:?}"),
        () = fake.stood.notified() => {}
    }
    *fake.stands.lock().unwrap() = Stand::Never;
}

#[tokio::test]
async fn a_pass_is_reissued_only_where_the_first_may_have_been_sent() {
    for (at, reissued) in [(Stand::BeforeLeave, false), (Stand::AfterSending, true)] {
        let fake = Fake::new(vec![adele()]);
        let plan = [fake.plan("adele", "x", &pass()).unwrap()];
        let journal = journal(&plan).await;
        killed(&fake, &journal, at).await;
        let stood = rows(&journal).await.remove(0);
        assert_eq!(stood.attempts, u32::from(reissued), "{at:?}");
        journal.reopen().await.unwrap();
        let sink = Kept::default();
        run(&fake, &journal, &sink, |_| {}).await.unwrap();
        let row = rows(&journal).await.remove(0);
        assert_eq!(row.status, Status::Done);
        assert_eq!(
            row.detail.contains("reissued"),
            reissued,
            "{at:?}: {}",
            row.detail
        );
        assert_eq!(
            fake.sent.lock().unwrap().len(),
            1 + usize::from(reissued),
            "{at:?}"
        );
        assert_eq!(sink.secrets.borrow().len(), 1);
    }
}

#[tokio::test]
async fn a_pass_that_was_made_and_not_kept_is_reissued_by_the_next_run() {
    let fake = Fake::new(vec![adele()]);
    let plan = [fake.plan("adele", "x", &pass()).unwrap()];
    let journal = journal(&plan).await;
    let refusing = Kept {
        refuses: true,
        ..Kept::default()
    };
    run(&fake, &journal, &refusing, |_| {}).await.unwrap();
    assert_eq!(rows(&journal).await[0].status, Status::Failed);
    journal.reopen().await.unwrap();
    run(&fake, &journal, &Kept::default(), |_| {}).await.unwrap();
    let row = rows(&journal).await.remove(0);
    assert!(row.detail.contains("reissued"), "{}", row.detail);
}

/// A journal that somebody else takes people from: the second half of those who are asked about is held no more.
struct Taking<'a>(&'a SqliteJournal);

#[async_trait::async_trait]
impl Journal for Taking<'_> {
    async fn holds(&self, people: &[u64]) -> Result<Vec<u64>> {
        Ok(people.iter().copied().filter(|seq| *seq < 2).collect())
    }
    async fn head(&self) -> Result<JobHead> {
        self.0.head().await
    }
    async fn state(&self) -> Result<JobState> {
        self.0.state().await
    }
    async fn set_state(&self, state: JobState) -> Result<()> {
        self.0.set_state(state).await
    }
    async fn add(&self, entries: Vec<Entry>) -> Result<()> {
        self.0.add(entries).await
    }
    async fn take(&self, most: usize) -> Result<Vec<Taken>> {
        self.0.take(most).await
    }
    async fn keep(&self) -> Result<()> {
        self.0.keep().await
    }
    async fn mark(&self, marks: Vec<Mark>) -> Result<()> {
        self.0.mark(marks).await
    }
    async fn finish(&self, people: &[u64]) -> Result<()> {
        assert!(people.iter().all(|seq| *seq < 2), "{people:?}");
        self.0.finish(people).await
    }
    async fn give_back(&self, people: &[u64]) -> Result<()> {
        assert!(people.is_empty(), "{people:?}");
        Ok(())
    }
    async fn reopen(&self) -> Result<u64> {
        self.0.reopen().await
    }
    async fn summary(&self) -> Result<Summary> {
        self.0.summary().await
    }
    async fn size(&self) -> Result<Size> {
        self.0.size().await
    }
    fn rows(&self, which: Which) -> futures::stream::BoxStream<'_, Result<StepRow>> {
        self.0.rows(which)
    }
    fn people(&self) -> futures::stream::BoxStream<'_, Result<Taken>> {
        self.0.people()
    }
    fn open(&self) -> futures::stream::BoxStream<'_, Result<Open>> {
        self.0.open()
    }
}

#[tokio::test]
async fn of_people_whom_another_took_over_while_their_steps_waited_nothing_is_sent_or_written() {
    let people = (0..4).map(|n| (user(&format!("u{n:03}"), "U"), SecurityInfo::default()));
    let fake = Fake::new(people.collect());
    let plans: Vec<_> = (0..4)
        .map(|n| fake.plan(&format!("u{n:03}"), "x", &pass()).unwrap())
        .collect();
    let inner = journal(&plans).await;
    let taking = Taking(&inner);
    let sink = Kept::default();
    let ran = run(&fake, &inner, &sink, |job| job.journal = &taking)
        .await
        .unwrap();
    assert_eq!((ran.lost, ran.early), (2, None));
    assert_eq!(*fake.sent.lock().unwrap(), [["id-u000:0", "id-u001:0"]]);
    assert_eq!(sink.rows.borrow().len(), 2);
    let rows = rows(&inner).await;
    let told: Vec<_> = rows.iter().map(|row| (row.status, row.attempts)).collect();
    let (done, left) = ((Status::Done, 1), (Status::Planned, 0));
    assert_eq!(told, [done, done, left, left]);
}

/// A program that died: these places of the person stand as begun.
async fn begun(journal: &SqliteJournal, places: &[usize]) {
    let taken = journal.take(1).await.unwrap().remove(0);
    let marks = places.iter().map(|place| {
        let mut record = taken.steps[*place].clone();
        record.standing = Standing::Started;
        record.row.attempts = 1;
        Mark { seq: 0, record }
    });
    journal.mark(marks.collect()).await.unwrap();
    assert_eq!(journal.reopen().await.unwrap(), 1);
}

#[tokio::test]
async fn a_step_that_was_begun_when_the_program_died_is_looked_at_before_it_is_sent_again() {
    for was_done in [true, false] {
        let fake = Fake::new(vec![adele()]);
        let plan = [fake.plan("adele", "x", &remove("authenticator")).unwrap()];
        let journal = journal(&plan).await;
        begun(&journal, &[0]).await;
        if was_done {
            fake.apply(&[plan[0].to_send().next().unwrap().clone()]).await;
            fake.sent.lock().unwrap().clear();
        }
        run(&fake, &journal, &Kept::default(), |_| {}).await.unwrap();
        let rows = rows(&journal).await;
        assert_eq!(rows[0].status, Status::Done);
        assert_eq!(fake.sent.lock().unwrap().len(), usize::from(!was_done));
        assert_eq!(rows[0].attempts, if was_done { 1 } else { 2 });
    }
}

#[tokio::test]
async fn a_pass_that_was_begun_when_the_program_died_is_reissued_and_says_so() {
    let fake = Fake::new(vec![adele()]);
    let pass = Wish::AddPass {
        lifetime: None,
        one_time: None,
        start: None,
    };
    let plan = [fake.plan("adele", "x", &pass).unwrap()];
    let journal = journal(&plan).await;
    begun(&journal, &[0]).await;
    let sink = Kept::default();
    run(&fake, &journal, &sink, |_| {}).await.unwrap();
    let rows = rows(&journal).await;
    assert!(rows[0].detail.starts_with("reissued"), "{}", rows[0].detail);
    assert_eq!(sink.secrets.borrow().len(), 1);
}

#[tokio::test]
async fn what_a_program_did_before_it_died_is_read_back_by_the_next_run() {
    let fake = Fake::new(vec![adele()]);
    let plan = [fake.plan("adele", "x", &remove("authenticator")).unwrap()];
    let journal = journal(&plan).await;
    let mut taken = journal.take(1).await.unwrap().remove(0);
    let record = &mut taken.steps[0];
    (record.standing, record.row.attempts, record.row.status) = (Standing::Ended, 1, Status::Done);
    let mark = Mark {
        seq: 0,
        record: record.clone(),
    };
    journal.mark(vec![mark]).await.unwrap();
    assert_eq!(journal.reopen().await.unwrap(), 1);
    run(&fake, &journal, &Kept::default(), |_| {}).await.unwrap();
    assert_eq!(
        rows(&journal).await[0].status,
        Status::Failed,
        "it is still there"
    );
}

#[tokio::test]
async fn what_is_gone_already_is_unchanged_where_that_is_fine() {
    for missing_ok in [true, false] {
        let fake = Fake::new(vec![adele()]);
        let plan = [fake.plan("adele", "x", &remove("authenticator")).unwrap()];
        fake.fault([Some(Fault::Fails(ErrorCode::MethodNotFound))]);
        let journal = journal(&plan).await;
        run(&fake, &journal, &Kept::default(), |job| {
            job.missing_ok = missing_ok
        })
        .await
        .unwrap();
        let status = rows(&journal).await[0].status;
        assert_eq!(status == Status::Unchanged, missing_ok, "{status:?}");
    }
}

#[tokio::test]
async fn a_secret_that_was_typed_is_not_in_the_journal_and_a_resumed_job_says_so() {
    let fake = Fake::new(vec![adele()]);
    let wish = Wish::Password {
        given: Some(crate::domain::Secret::new("hunter2 hunter2")),
        permanent: false,
    };
    let plan = [fake.plan("adele", "user reset-password", &wish).unwrap()];
    let journal = journal(&plan).await;
    run(&fake, &journal, &Kept::default(), |_| {}).await.unwrap();
    let rows = rows(&journal).await;
    assert_eq!(rows[0].status, Status::Failed);
    assert!(rows[0].detail.contains("a job keeps none"), "{}", rows[0].detail);
    assert!(fake.sent.lock().unwrap().is_empty());
}

fn head() -> JobHead {
    JobHead {
        id: "job".into(),
        name: None,
        version: "0".into(),
        service: "local".into(),
        profile: "local".into(),
        tenant: "t".into(),
        verb: "user reset".into(),
        playbook: None,
        ticket: None,
        reason: None,
        selection: "adele".into(),
        argv: vec![],
        operator: "admin".into(),
        made_at: Still.now(),
        plan: None,
        part: None,
        undoes: None,
    }
}
