//! A job that goes on after the program died: what is looked at, made anew, and told.

use super::*;

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
