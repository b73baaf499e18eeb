//! What a journal is told, as SQL. Every function is one statement, and may be repeated when its answer was lost.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use tokio_postgres::types::{Json, Type};
use tokio_postgres::{Client, Error};
use uuid::Uuid;

use super::read::word;
use super::signed;
use crate::domain::shape::StepRow;
use crate::domain::{Action, Status};
use crate::jobs::execute::planned_row;
use crate::jobs::journal::{Entry, Mark, Standing};
use crate::jobs::plan::PlannedUser;

/// How long a lease lasts that nobody renews.
const LEASE: &str = "interval '60 s'";

/// Where the job stands. A worker does not bring to life what somebody cancelled, and does not end what others work on.
pub(super) async fn state(client: Arc<Client>, job: Uuid, state: String) -> Result<(), Error> {
    client
        .execute_typed(
            "update mfactl.job set state = $2 where id = $1
             and not ($2 in ('running', 'stopped') and state = 'cancelled')
             and not ($2 = 'ended' and (state = 'cancelled'
                 or exists (select from mfactl.person where job = $1 and state < 2)))",
            &[(&job, Type::UUID), (&state, Type::TEXT)],
        )
        .await?;
    Ok(())
}

/// People on their way into the tables, column by column.
#[derive(Clone)]
pub(super) struct Adding(Arc<Columns>);

#[derive(Default)]
struct Columns {
    seqs: Vec<i64>,
    states: Vec<i16>,
    sends: Vec<i32>,
    mints: Vec<bool>,
    who: Vec<Json<(String, String)>>,
    plans: Vec<Option<Json<PlannedUser>>>,
    step_seqs: Vec<i64>,
    places: Vec<i16>,
    standings: Vec<i16>,
    statuses: Vec<&'static str>,
    results: Vec<Option<Json<StepRow>>>,
}

impl Adding {
    /// These people, from this place on.
    pub(super) fn new(first: i64, entries: &[Entry]) -> Self {
        let mut all = Columns::default();
        for (seq, entry) in (first..).zip(entries) {
            all.seqs.push(seq);
            match entry {
                Entry::Planned(person) => {
                    all.states.push(0);
                    all.sends
                        .push(i32::try_from(person.to_send().count()).unwrap_or(i32::MAX));
                    all.mints
                        .push(person.to_send().any(|step| Action::mints(&step.action)));
                    all.who
                        .push(Json((person.user.clone(), person.user_id.0.clone())));
                    all.plans.push(Some(Json(person.clone())));
                    for (place, planned) in person.steps.iter().enumerate() {
                        let (row, ended) = planned_row(person, planned);
                        all.step(seq, place, row, ended);
                    }
                }
                Entry::Left(row) => {
                    all.states.push(2);
                    all.sends.push(0);
                    all.mints.push(false);
                    all.who.push(Json((row.user.clone(), row.user_id.clone())));
                    all.plans.push(None);
                    all.step(seq, 0, row.clone(), true);
                }
            }
        }
        Self(Arc::new(all))
    }
}

impl Columns {
    fn step(&mut self, seq: i64, place: usize, row: StepRow, ended: bool) {
        self.step_seqs.push(seq);
        self.places.push(i16::try_from(place).unwrap_or(i16::MAX));
        self.standings.push(if ended { 2 } else { 0 });
        self.statuses.push(row.status.as_str());
        self.results.push(ended.then_some(Json(row)));
    }
}

/// Adds people with their steps.
pub(super) async fn add(client: Arc<Client>, job: Uuid, rows: Adding) -> Result<(), Error> {
    let all = &rows.0;
    client
        .execute_typed(
            "with people as (
                 insert into mfactl.person (job, seq, state, sends, mints, who, plan)
                 select $1, * from unnest($2::bigint[], $3::smallint[], $4::integer[], $5::boolean[], $12::json[],
                     $6::json[])
                 on conflict do nothing)
             insert into mfactl.step (job, seq, place, standing, status, attempts, reissued, result)
             select $1, seq, place, standing, status, 0, false, result
             from unnest($7::bigint[], $8::smallint[], $9::smallint[], $10::text[], $11::json[])
                 as added (seq, place, standing, status, result)
             on conflict do nothing",
            &[
                (&job, Type::UUID),
                (&all.seqs, Type::INT8_ARRAY),
                (&all.states, Type::INT2_ARRAY),
                (&all.sends, Type::INT4_ARRAY),
                (&all.mints, Type::BOOL_ARRAY),
                (&all.plans, Type::JSON_ARRAY),
                (&all.step_seqs, Type::INT8_ARRAY),
                (&all.places, Type::INT2_ARRAY),
                (&all.standings, Type::INT2_ARRAY),
                (&all.statuses, Type::TEXT_ARRAY),
                (&all.results, Type::JSON_ARRAY),
                (&all.who, Type::JSON_ARRAY),
            ],
        )
        .await?;
    Ok(())
}

/// Leases people to a worker: who is open, or was held by one that went silent. Nobody while the job does not run.
pub(super) async fn take(
    client: Arc<Client>,
    job: Uuid,
    owner: Uuid,
    most: i64,
    returned: Arc<[i64]>,
) -> Result<Vec<i64>, Error> {
    let sql = format!(
        "with due as (
             select seq from mfactl.person
             where job = $1 and state < 2 and (state = 0 or lease_until < clock_timestamp())
                 and seq <> all($4)
                 and exists (select from mfactl.job where id = $1 and state in ('ready', 'running'))
             order by seq limit $3 for update skip locked)
         update mfactl.person as person
         set state = 1, owner = $2, lease_until = clock_timestamp() + {LEASE}, taken = taken + 1
         from due where person.job = $1 and person.seq = due.seq returning person.seq"
    );
    let rows = client
        .query_typed(
            &sql,
            &[
                (&job, Type::UUID),
                (&owner, Type::UUID),
                (&most, Type::INT8),
                (&&*returned, Type::INT8_ARRAY),
            ],
        )
        .await?;
    let mut seqs: Vec<i64> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    seqs.sort_unstable();
    Ok(seqs)
}

/// Renews the leases of a worker.
pub(super) async fn keep(client: Arc<Client>, job: Uuid, owner: Uuid, held: Arc<[i64]>) -> Result<(), Error> {
    let sql = format!(
        "update mfactl.person set lease_until = clock_timestamp() + {LEASE}
         where job = $1 and owner = $2 and state = 1 and seq = any($3)"
    );
    held_by(&client, &sql, job, owner, &held).await
}

/// Whom of these a worker holds: a lease that ends soon is renewed, all others stay as they are.
pub(super) async fn holds(
    client: Arc<Client>,
    job: Uuid,
    owner: Uuid,
    people: Arc<[i64]>,
) -> Result<Vec<i64>, Error> {
    let mine = "job = $1 and owner = $2 and state = 1 and seq = any($3)";
    let soon = "statement_timestamp() + interval '30 s'";
    let sql = format!(
        "with renewed as (
             update mfactl.person set lease_until = clock_timestamp() + {LEASE}
             where {mine} and lease_until < {soon} returning seq)
         select seq from mfactl.person where {mine} and lease_until >= {soon}
         union all select seq from renewed"
    );
    let rows = client
        .query_typed(
            &sql,
            &[
                (&job, Type::UUID),
                (&owner, Type::UUID),
                (&&*people, Type::INT8_ARRAY),
            ],
        )
        .await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

/// These people are done with.
pub(super) async fn finish(
    client: Arc<Client>,
    job: Uuid,
    owner: Uuid,
    people: Arc<[i64]>,
) -> Result<(), Error> {
    let sql = "update mfactl.person set state = 2, owner = null, lease_until = null
         where job = $1 and owner = $2 and state = 1 and seq = any($3)";
    held_by(&client, sql, job, owner, &people).await
}

/// These people are open again.
pub(super) async fn give_back(
    client: Arc<Client>,
    job: Uuid,
    owner: Uuid,
    people: Arc<[i64]>,
) -> Result<(), Error> {
    let sql = "update mfactl.person set state = 0, owner = null, lease_until = null
         where job = $1 and owner = $2 and state = 1 and seq = any($3)";
    held_by(&client, sql, job, owner, &people).await
}

async fn held_by(client: &Client, sql: &str, job: Uuid, owner: Uuid, people: &[i64]) -> Result<(), Error> {
    client
        .execute_typed(
            sql,
            &[
                (&job, Type::UUID),
                (&owner, Type::UUID),
                (&people, Type::INT8_ARRAY),
            ],
        )
        .await?;
    Ok(())
}

/// Steps on their way into the tables, column by column.
#[derive(Clone)]
pub(super) struct Marking(Arc<Marks>);

#[derive(Default)]
struct Marks {
    people: Vec<i64>,
    seqs: Vec<i64>,
    places: Vec<i16>,
    standings: Vec<i16>,
    statuses: Vec<&'static str>,
    attempts: Vec<i32>,
    reissued: Vec<bool>,
    created: Vec<Option<Json<String>>>,
    request_ids: Vec<Option<Json<String>>>,
    ended_at: Vec<Option<Timestamp>>,
    results: Vec<Option<Json<StepRow>>>,
}

impl Marking {
    /// These steps.
    pub(super) fn new(marks: &[Mark]) -> Self {
        let mut all = Marks::default();
        let people: BTreeSet<i64> = marks.iter().map(|mark| signed(mark.seq)).collect();
        all.people.extend(people);
        for Mark { seq, record } in marks {
            let row = &record.row;
            all.seqs.push(signed(*seq));
            all.places.push(i16::try_from(record.place).unwrap_or(i16::MAX));
            all.standings.push(match record.standing {
                Standing::Planned => 0,
                Standing::Started => 1,
                Standing::Ended => 2,
            });
            all.statuses.push(row.status.as_str());
            all.attempts.push(i32::try_from(row.attempts).unwrap_or(i32::MAX));
            all.reissued.push(record.reissued);
            all.created.push(record.created.clone().map(|id| Json(id.0)));
            all.request_ids.push(row.request_id.clone().map(Json));
            all.ended_at.push(row.at);
            // Where nothing is known yet, the plan's own words stand.
            all.results
                .push((row.status != Status::Planned).then(|| Json(row.clone())));
        }
        Self(Arc::new(all))
    }
}

/// Steps have come further; gives the people of whom that was written: those whom the worker holds.
pub(super) async fn mark(
    client: Arc<Client>,
    job: Uuid,
    owner: Uuid,
    rows: Marking,
) -> Result<Vec<i64>, Error> {
    let all = &rows.0;
    let rows = client
        .query_typed(
            "with mine as materialized (
                 select seq from mfactl.person
                 where job = $1 and owner = $2 and state = 1 and seq = any($3) for update),
             written as (
                 update mfactl.step as step
                 set standing = mark.standing, status = mark.status, attempts = mark.attempts,
                     reissued = mark.reissued, created = mark.created, request_id = mark.request_id,
                     ended_at = mark.ended_at, result = mark.result
                 from unnest($4::bigint[], $5::smallint[], $6::smallint[], $7::text[], $8::integer[],
                         $9::boolean[], $10::json[], $11::json[], $12::json[], $13::timestamptz[])
                     as mark (seq, place, standing, status, attempts, reissued, created, request_id, result,
                         ended_at)
                 where step.job = $1 and step.seq = mark.seq and step.place = mark.place
                     and mark.seq in (select seq from mine))
             select seq from mine",
            &[
                (&job, Type::UUID),
                (&owner, Type::UUID),
                (&all.people, Type::INT8_ARRAY),
                (&all.seqs, Type::INT8_ARRAY),
                (&all.places, Type::INT2_ARRAY),
                (&all.standings, Type::INT2_ARRAY),
                (&all.statuses, Type::TEXT_ARRAY),
                (&all.attempts, Type::INT4_ARRAY),
                (&all.reissued, Type::BOOL_ARRAY),
                (&all.created, Type::JSON_ARRAY),
                (&all.request_ids, Type::JSON_ARRAY),
                (&all.results, Type::JSON_ARRAY),
                (&all.ended_at, Type::TIMESTAMPTZ_ARRAY),
            ],
        )
        .await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

/// Opens again whoever has a step that did not end well. What failed or was skipped is planned again, what is unknown
/// is looked at first; how often it was sent is kept.
pub(super) async fn reopen(client: Arc<Client>, job: Uuid) -> Result<(), Error> {
    let planned = word(&Status::Planned);
    client
        .execute_typed(
            "with bad as (
                 select distinct seq from mfactl.step
                 where job = $1 and status in ('failed', 'unknown', 'skipped')),
             opened as (
                 update mfactl.person as person set state = 0
                 from bad where person.job = $1 and person.seq = bad.seq
                     and person.state = 2 and person.plan is not null)
             update mfactl.step as step
             set standing = case step.status when 'unknown' then 1 else 0 end, status = $2, result = null
             from mfactl.person as person
             where step.job = $1 and step.status in ('failed', 'unknown', 'skipped')
                 and person.job = $1 and person.seq = step.seq and person.plan is not null
                 and person.state <> 1",
            &[(&job, Type::UUID), (&planned, Type::TEXT)],
        )
        .await?;
    Ok(())
}
