//! Some people together: their next steps are begun, sent and settled round by round, and read back; then they are
//! finished, or given back where the job is to stop.

use std::collections::BTreeSet;

use tokio::sync::OwnedSemaphorePermit;

use super::answer::has_its_secrets;
use super::check::{self, Look};
use super::door::{Asked, Door};
use super::person::{Person, Row};
use super::{Job, Stop};
use crate::domain::shape::{Next, StepRow};
use crate::domain::{Effect, Error, ErrorCode, Notice, Result, Status, Step, StepClass, UserId};
use crate::jobs::journal::{Mark, Standing, Taken};
use crate::jobs::witness::About;

/// People who are worked on together.
pub(super) struct Window<'a> {
    pub(super) job: &'a Job<'a>,
    pub(super) stop: &'a Stop,
    pub(super) people: Vec<Person>,
    notices: Vec<Next>,
    pub(super) hints: Vec<String>,
    /// Steps that were not sent, because nobody is signed in any more: the witness was told that they would be.
    pub(super) withheld: Vec<(String, StepRow)>,
    /// Why nobody is.
    pub(super) signed_out: Option<Error>,
}

/// What became of steps at the door.
#[derive(Default)]
struct Turned {
    /// Those that did not go out.
    back: BTreeSet<At>,
    /// Why nothing more goes out at all.
    broken: Option<Error>,
}

/// A step by the place of its person in the window, and its own.
pub(super) type At = (usize, usize);

/// What came of a window.
#[derive(Debug, Default)]
pub(super) struct Ended {
    pub(super) people: u64,
    pub(super) failed: u64,
    pub(super) lost: u64,
    pub(super) notices: Vec<Next>,
    pub(super) hints: Vec<String>,
    pub(super) signed_out: Option<Error>,
}

impl<'a> Window<'a> {
    pub(super) fn new(job: &'a Job<'a>, people: Vec<Taken>, stop: &'a Stop) -> Self {
        Self {
            job,
            stop,
            people: people.into_iter().map(Person::new).collect(),
            notices: Vec::new(),
            hints: Vec::new(),
            withheld: Vec::new(),
            signed_out: None,
        }
    }

    /// Works on them to their end, or until the job is to stop. The permit is for sending: it is given back while
    /// nothing more is to be sent.
    pub(super) async fn run(mut self, permit: Option<OwnedSemaphorePermit>) -> Result<Ended> {
        self.look_at_begun().await?;
        while !self.stop.is_set() && self.round().await? {}
        self.read_back(permit).await?;
        self.finish().await
    }

    /// What a run before this one may have sent is looked at before it is sent again.
    async fn look_at_begun(&mut self) -> Result<()> {
        let begun: Vec<At> = self
            .places(|row| row.record.standing == Standing::Started)
            .collect();
        if begun.is_empty() || self.stop.is_set() {
            return Ok(());
        }
        self.settle_unknown(&begun).await;
        self.record(&begun).await
    }

    /// The places of rows that are sent and are so.
    fn places<'b>(&'b self, so: impl Fn(&Row) -> bool + 'b) -> impl Iterator<Item = At> + 'b {
        self.people.iter().enumerate().flat_map(move |(who, person)| {
            let so = &so;
            let of = person.rows.iter().enumerate();
            of.filter(move |(place, row)| !person.lost && person.step(*place).is_some() && so(row))
                .map(move |(place, _)| (who, place))
                .collect::<Vec<_>>()
        })
    }

    pub(super) fn row(&mut self, (who, place): At) -> &mut Row {
        &mut self.people[who].rows[place]
    }

    /// Sends the next steps; gives whether there were any.
    async fn round(&mut self) -> Result<bool> {
        let mut places: Vec<At> = Vec::new();
        let mut settled: Vec<At> = Vec::new();
        let mut batch: Vec<Step> = Vec::new();
        let door = Door::new();
        for (who, person) in self.people.iter_mut().enumerate() {
            settled.extend(person.skip_dependants().into_iter().map(|place| (who, place)));
            for place in person.due() {
                let Some(mut step) = person.step(place).cloned() else {
                    continue;
                };
                if let Some(slots) = self.job.slots.get(&step.id) {
                    step.slots = slots.clone();
                }
                if let Err(error) = has_its_secrets(&step) {
                    person.rows[place].fail(&error);
                    settled.push((who, place));
                    continue;
                }
                let row = &mut person.rows[place];
                row.tries += 1;
                row.record.row.attempts += 1;
                // Where nobody could tell whether it was sent, that is written only when it is about to be.
                if step.class != StepClass::Never {
                    row.record.standing = Standing::Started;
                }
                step.leave = Some(door.leave((who, place)));
                places.push((who, place));
                batch.push(step);
            }
        }
        if batch.is_empty() {
            let any = !settled.is_empty();
            self.record(&settled).await?;
            return Ok(any);
        }
        let about: Vec<About> = places.iter().filter_map(|at| self.about(*at)).collect();
        self.job.witness.before(&about).await?;
        let begun = |at: &&At| self.people[at.0].rows[at.1].record.standing != Standing::Planned;
        let marked: Vec<At> = places.iter().filter(begun).chain(&settled).copied().collect();
        self.mark(&marked).await?;
        (places, batch) = places
            .into_iter()
            .zip(batch)
            .filter(|(at, _)| !self.people[at.0].lost)
            .unzip();
        let (effects, turned) = self.send(&batch, door).await;
        let mut effects = effects.into_iter();
        let mut unanswered: Vec<At> = Vec::new();
        for at in &places {
            let effect = effects.next().unwrap_or_else(|| {
                Err(Error::new(
                    ErrorCode::Internal,
                    "the service answered fewer steps than it was given",
                ))
            });
            if turned.back.contains(at) {
                let row = self.row(*at);
                row.tries -= 1;
                row.record.row.attempts -= 1;
            } else if !self.settle(*at, effect) {
                unanswered.push(*at);
            }
        }
        places.retain(|at| !turned.back.contains(at));
        self.sync_secrets(&places);
        self.settle_unknown(&unanswered).await;
        self.job.progress.wrote(places.len() as u64);
        places.extend(settled);
        let recorded = self.record(&places).await;
        turned.broken.map_or(recorded, Err)?;
        self.tell_withheld().await?;
        Ok(true)
    }

    /// Sends steps, and answers those at the door until all of them are answered by the service.
    async fn send(&mut self, batch: &[Step], mut door: Door) -> (Vec<Result<Effect>>, Turned) {
        let mut turned = Turned::default();
        if batch.is_empty() {
            return (Vec::new(), turned);
        }
        let service = self.job.service;
        let mut sending = service.apply(batch);
        let effects = loop {
            tokio::select! {
                biased;
                asked = door.asked() => self.let_go(asked, &mut turned).await,
                effects = &mut sending => break effects,
            }
        };
        drop(sending);
        (effects, turned)
    }

    /// Lets steps go out whose people are still ours, once it is written that they are begun.
    async fn let_go(&mut self, asked: Vec<Asked>, turned: &mut Turned) {
        let places: BTreeSet<At> = asked.iter().map(|asked| asked.at).collect();
        if turned.broken.is_none() {
            turned.broken = self.begin(&places).await.err();
        }
        for asked in asked {
            let (who, _) = asked.at;
            let said = match &turned.broken {
                Some(error) => Err(error.clone()),
                None if self.people[who].lost => Err(Error::new(
                    ErrorCode::LeaseLost,
                    "another worker took this person over",
                )),
                None => Ok(()),
            };
            if said.is_err() {
                turned.back.insert(asked.at);
            }
            asked.answer(said);
        }
    }

    async fn begin(&mut self, places: &BTreeSet<At>) -> Result<()> {
        self.find_lost(places.iter().map(|(who, _)| *who).collect())
            .await?;
        let new = |at: &&At| self.people[at.0].rows[at.1].record.standing == Standing::Planned;
        let late: Vec<At> = places.iter().filter(new).copied().collect();
        for at in &late {
            self.row(*at).record.standing = Standing::Started;
        }
        self.mark(&late).await
    }

    /// Finds out whom of these somebody else took over.
    async fn find_lost(&mut self, whom: BTreeSet<usize>) -> Result<()> {
        let ours = |who: &usize| !self.people[*who].lost;
        let whom: Vec<usize> = whom.into_iter().filter(ours).collect();
        let seqs: Vec<u64> = whom.iter().map(|who| self.people[*who].seq).collect();
        if seqs.is_empty() {
            return Ok(());
        }
        let held = self.job.journal.holds(&seqs).await?;
        for who in whom {
            let person = &mut self.people[who];
            person.lost = !held.contains(&person.seq);
        }
        Ok(())
    }

    /// A step that made a secret is done once that is safe.
    fn sync_secrets(&mut self, places: &[At]) {
        let mints = |(who, place): &At| {
            let person = &self.people[*who];
            let made = person.step(*place).is_some_and(|step| step.action.mints());
            made && person.rows[*place].status() == Status::Done
        };
        let made: Vec<At> = places.iter().copied().filter(mints).collect();
        if made.is_empty() {
            return;
        }
        if let Err(error) = self.job.sink.sync() {
            for at in made {
                self.row(at).record.reissued = true;
                self.row(at).fail(&error);
            }
        }
    }

    fn about(&self, (who, place): At) -> Option<About> {
        let person = self.people.get(who)?;
        let row = &person.rows.get(place)?.record.row;
        Some(About {
            step_id: person.step(place)?.id.clone(),
            user: row.user.clone(),
            user_id: person.plan.user_id.clone(),
            step: row.step.clone(),
            target: row.target.clone(),
        })
    }

    /// Writes these rows into the journal as they stand, but those of people whom somebody else took over.
    async fn mark(&mut self, places: &[At]) -> Result<()> {
        let marks: Vec<Mark> = places
            .iter()
            .filter(|(who, _)| !self.people[*who].lost)
            .map(|(who, place)| {
                let person = &self.people[*who];
                Mark {
                    seq: person.seq,
                    record: person.rows[*place].record.clone(),
                }
            })
            .collect();
        if marks.is_empty() {
            return Ok(());
        }
        match self.job.journal.mark(marks).await {
            // What is still ours was written.
            Err(error) if error.code() == ErrorCode::LeaseLost => {
                self.find_lost((0..self.people.len()).collect()).await
            }
            done => done,
        }
    }

    /// Records rows in the journal, and tells the witness of those that have ended after they were sent.
    pub(super) async fn record(&mut self, places: &[At]) -> Result<()> {
        self.mark(places).await?;
        let mut ended: Vec<(String, StepRow)> = Vec::new();
        for (who, place) in places {
            let person = &mut self.people[*who];
            let Some(step_id) = person.step(*place).map(|step| step.id.clone()) else {
                continue;
            };
            let row = &mut person.rows[*place];
            let status = Some(row.status());
            if row.has_ended() && row.record.row.attempts > 0 && row.told != status {
                row.told = status;
                ended.push((step_id, row.record.row.clone()));
            }
        }
        if ended.is_empty() {
            return Ok(());
        }
        self.job.witness.after(&ended).await
    }

    /// What these people's steps touch, read now.
    pub(super) async fn look(&self, places: &[At]) -> (Look, Vec<usize>) {
        let steps = places
            .iter()
            .filter_map(|(who, place)| self.people[*who].step(*place));
        let mut look = Look::of(steps.map(|step| &step.action));
        let mut whom: Vec<usize> = places.iter().map(|(who, _)| *who).collect();
        whom.dedup();
        let ids: Vec<UserId> = whom
            .iter()
            .map(|who| self.people[*who].plan.user_id.clone())
            .collect();
        look.read(self.job.service, &ids).await;
        (look, whom)
    }

    /// Ends those who have come to their end, and gives the others back.
    async fn finish(self) -> Result<Ended> {
        let Self {
            job,
            people,
            notices,
            hints,
            signed_out,
            ..
        } = self;
        let lost = people.iter().filter(|person| person.lost).count() as u64;
        let (done, open): (Vec<_>, Vec<_>) = people
            .iter()
            .filter(|person| !person.lost)
            .partition(|person| person.has_ended() && !person.waits);
        let seqs = |people: &[&Person]| people.iter().map(|person| person.seq).collect::<Vec<_>>();
        if !done.is_empty() {
            job.journal.finish(&seqs(&done)).await?;
        }
        if !open.is_empty() {
            job.journal.give_back(&seqs(&open)).await?;
        }
        for person in people.iter().filter(|person| !person.lost) {
            let rows = person.rows.iter().filter(|row| row.has_ended());
            job.sink
                .rows(&rows.map(|row| &row.record.row).collect::<Vec<_>>());
        }
        let ended = Ended {
            people: done.len() as u64,
            failed: done.iter().filter(|person| person.has_failed()).count() as u64,
            lost,
            notices,
            hints,
            signed_out,
        };
        job.progress.ended(ended.people, ended.failed);
        Ok(ended)
    }

    pub(super) fn notice(&mut self, who: usize, notice: Notice) {
        let user = self.people[who].plan.user.clone();
        self.notices.push(Next { user, notice });
    }

    /// Keeps in mind that a method counts only once its code is confirmed.
    pub(super) fn hint_at_code(&mut self, (who, place): At, look: &check::Seen) {
        let person = &self.people[who];
        let Some(step) = person.step(place) else { return };
        let created = person.rows[place].record.created.as_ref();
        if let Some(reference) = check::waits(&step.action, created, look) {
            self.hints.push(format!(
                "It counts once its code is confirmed: {} methods verify {} {reference}",
                self.job.prefix, person.plan.user
            ));
        }
    }
}
