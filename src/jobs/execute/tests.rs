mod again;
mod many;
mod witness;

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
        rows: None,
        notify: None,
    }
}

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
