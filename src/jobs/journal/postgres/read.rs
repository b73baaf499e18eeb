//! What a journal tells, as SQL: in chunks, by their keys, so that no job is ever in memory whole.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tokio_postgres::types::{Json, Type};
use tokio_postgres::{Client, Error, Row};
use uuid::Uuid;

use crate::domain::shape::{StepCounts, StepRow, Summary, UserCounts};
use crate::domain::{MethodId, UserId};
use crate::jobs::execute::planned_row;
use crate::jobs::journal::{JobHead, JobState, Open, Size, Standing, StepRecord, Taken, Which};
use crate::jobs::plan::PlannedUser;

/// A value whose JSON is a string, as that string.
pub(super) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}

/// The columns of a step, in the order of [`record`].
const STEP: &str = "step.seq, step.place, step.standing, step.attempts, step.reissued, step.created,
    step.request_id, step.result";

/// The job's head and state; nothing where it is not there.
pub(super) async fn head(client: Arc<Client>, job: Uuid) -> Result<Option<(JobHead, JobState)>, Error> {
    let row = client
        .query_typed_opt(
            "select head, to_json(state) from mfactl.job where id = $1",
            &[(&job, Type::UUID)],
        )
        .await?;
    row.map(|row| head_of(&row)).transpose()
}

/// Head and state from the first two columns.
pub(super) fn head_of(row: &Row) -> Result<(JobHead, JobState), Error> {
    let Json(head) = row.try_get(0)?;
    let Json(state) = row.try_get(1)?;
    Ok((head, state))
}

/// The place of the next person that is added.
pub(super) async fn next_seq(client: Arc<Client>, job: Uuid) -> Result<i64, Error> {
    one(
        &client,
        "select coalesce(max(seq) + 1, 0) from mfactl.person where job = $1",
        job,
    )
    .await
}

/// How many people are not ended.
pub(super) async fn open_people(client: Arc<Client>, job: Uuid) -> Result<u64, Error> {
    let open = one(
        &client,
        "select count(*) from mfactl.person where job = $1 and state < 2",
        job,
    )
    .await?;
    Ok(u64::try_from(open).unwrap_or_default())
}

async fn one(client: &Client, sql: &str, job: Uuid) -> Result<i64, Error> {
    client
        .query_typed_one(sql, &[(&job, Type::UUID)])
        .await?
        .try_get(0)
}

/// The places of people with a plan, behind one.
pub(super) async fn planned(
    client: Arc<Client>,
    job: Uuid,
    after: i64,
    most: i64,
) -> Result<Vec<i64>, Error> {
    let rows = client
        .query_typed(
            "select seq from mfactl.person where job = $1 and seq > $2 and plan is not null
             order by seq limit $3",
            &[(&job, Type::UUID), (&after, Type::INT8), (&most, Type::INT8)],
        )
        .await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

/// Who is not ended, behind a place, without the plan.
pub(super) async fn open(
    client: Arc<Client>,
    job: Uuid,
    after: i64,
    most: i64,
) -> Result<Vec<(i64, Open)>, Error> {
    let rows = client
        .query_typed(
            "select seq, who, mints from mfactl.person where job = $1 and seq > $2 and state < 2
             order by seq limit $3",
            &[(&job, Type::UUID), (&after, Type::INT8), (&most, Type::INT8)],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let Json((user, user_id)): Json<(String, String)> = row.try_get(1)?;
            let open = Open {
                user,
                user_id: UserId(user_id),
                mints: row.try_get(2)?,
            };
            Ok((row.try_get(0)?, open))
        })
        .collect()
}

/// When the last step ended.
pub(super) async fn last_at(client: Arc<Client>, job: Uuid) -> Result<Option<Timestamp>, Error> {
    client
        .query_typed_one(
            "select max(ended_at) from mfactl.step where job = $1",
            &[(&job, Type::UUID)],
        )
        .await?
        .try_get(0)
}

/// These people, in their order, with what is known of their steps.
pub(super) async fn some(client: Arc<Client>, job: Uuid, seqs: Arc<[i64]>) -> Result<Vec<Taken>, Error> {
    let whom = &[
        (&job as &(dyn tokio_postgres::types::ToSql + Sync), Type::UUID),
        (&&*seqs, Type::INT8_ARRAY),
    ];
    let steps =
        format!("select {STEP} from mfactl.step where job = $1 and seq = any($2) order by seq, place");
    // Sent together, answered one after the other.
    let (people, steps) = tokio::try_join!(
        client.query_typed(
            "select seq, plan from mfactl.person where job = $1 and seq = any($2) order by seq",
            whom,
        ),
        client.query_typed(&steps, whom),
    )?;
    let mut records: BTreeMap<i64, Vec<Row>> = BTreeMap::new();
    for row in steps {
        records.entry(row.try_get(0)?).or_default().push(row);
    }
    people
        .iter()
        .map(|row| {
            let seq: i64 = row.try_get(0)?;
            let Json(person): Json<PlannedUser> = row.try_get(1)?;
            let steps = records
                .remove(&seq)
                .unwrap_or_default()
                .iter()
                .map(|row| record(row, Some(&person)))
                .collect::<Result<_, _>>()?;
            Ok(Taken {
                seq: u64::try_from(seq).unwrap_or_default(),
                person,
                steps,
            })
        })
        .collect()
}

/// Rows behind a person and place.
pub(super) async fn rows(
    client: Arc<Client>,
    job: Uuid,
    which: Which,
    (seq, place): (i64, i64),
    most: i64,
) -> Result<Vec<((i64, i64), StepRow)>, Error> {
    let filter = match which {
        Which::All => "",
        Which::Failed => {
            "and step.seq in (select seq from mfactl.step
                 where job = $1 and seq >= $2 and status in ('failed', 'unknown'))"
        }
        Which::NotDone => "and step.status not in ('done', 'unchanged')",
    };
    let sql = format!(
        "select {STEP}, case when step.result is null then person.plan end
         from mfactl.step as step join mfactl.person as person on person.job = $1 and person.seq = step.seq
         where step.job = $1 and (step.seq, step.place) > ($2, $3) {filter}
         order by step.seq, step.place limit $4"
    );
    let place = i16::try_from(place).unwrap_or(i16::MAX);
    let rows = client
        .query_typed(
            &sql,
            &[
                (&job, Type::UUID),
                (&seq, Type::INT8),
                (&place, Type::INT2),
                (&most, Type::INT8),
            ],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let plan: Option<Json<PlannedUser>> = row.try_get(8)?;
            let record = record(row, plan.as_ref().map(|plan| &plan.0))?;
            Ok(((row.try_get(0)?, i64::from(record.place)), record.shown()))
        })
        .collect()
}

/// A step; what is not known yet stands in the plan.
fn record(row: &Row, person: Option<&PlannedUser>) -> Result<StepRecord, Error> {
    let place = u16::try_from(row.try_get::<_, i16>(1)?).unwrap_or_default();
    let standing = match row.try_get::<_, i16>(2)? {
        0 => Standing::Planned,
        1 => Standing::Started,
        _ => Standing::Ended,
    };
    let attempts = u32::try_from(row.try_get::<_, i32>(3)?).unwrap_or_default();
    let created: Option<Json<String>> = row.try_get(5)?;
    let request_id: Option<Json<String>> = row.try_get(6)?;
    let planned = || {
        let person = person?;
        let planned = person.steps.get(usize::from(place))?;
        let (mut row, _) = planned_row(person, planned);
        row.attempts = attempts;
        row.request_id = request_id.map(|id| id.0);
        Some(row)
    };
    let known = match row.try_get::<_, Option<Json<StepRow>>>(7)? {
        Some(Json(known)) => known,
        // A step without a plan has a result from the beginning; this asks for it again, and says why it is not one.
        None => match planned() {
            Some(row) => row,
            None => row.try_get::<_, Json<StepRow>>(7)?.0,
        },
    };
    Ok(StepRecord {
        place,
        standing,
        row: known,
        created: created.map(|id| MethodId(id.0)),
        reissued: row.try_get(4)?,
    })
}

/// People by how they came out, steps by their status.
pub(super) async fn summary(client: Arc<Client>, job: Uuid) -> Result<Summary, Error> {
    let whom = &[(&job as &(dyn tokio_postgres::types::ToSql + Sync), Type::UUID)];
    let (users, steps) = tokio::try_join!(
        client.query_typed_one(
            "select count(*),
                 count(*) filter (where ended and failed),
                 count(*) filter (where ended and not failed and skipped),
                 count(*) filter (where ended and not failed and not skipped and done),
                 count(*) filter (where ended and not failed and not skipped and not done)
             from (select person.state = 2 as ended,
                     coalesce(bool_or(step.status in ('failed', 'unknown')), false) as failed,
                     coalesce(bool_or(step.status in ('skipped', 'planned')), false) as skipped,
                     coalesce(bool_or(step.status = 'done'), false) as done
                 from mfactl.person as person
                 left join mfactl.step as step on step.job = $1 and step.seq = person.seq
                 where person.job = $1 group by person.seq, person.state) as people",
            whom,
        ),
        client.query_typed(
            "select case standing when 1 then 'unknown' else status end as shown, count(*)
             from mfactl.step where job = $1 group by shown",
            whom
        ),
    )?;
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    for row in &steps {
        counted.insert(row.try_get(0)?, count(row, 1)?);
    }
    let of = |status: &str| counted.get(status).copied().unwrap_or_default();
    Ok(Summary {
        users: UserCounts {
            selected: count(&users, 0)?,
            failed: count(&users, 1)?,
            skipped: count(&users, 2)?,
            done: count(&users, 3)?,
            unchanged: count(&users, 4)?,
        },
        steps: StepCounts {
            planned: of("planned"),
            done: of("done"),
            unchanged: of("unchanged"),
            skipped: of("skipped"),
            failed: of("failed"),
            unsupported: of("unsupported"),
            unknown: of("unknown"),
        },
    })
}

/// How large it is.
pub(super) async fn size(client: Arc<Client>, job: Uuid) -> Result<Size, Error> {
    let row = client
        .query_typed_one(
            "select count(*) filter (where sends > 0), coalesce(sum(sends), 0),
                 count(*) filter (where plan is null), count(*) filter (where mints)
             from mfactl.person where job = $1",
            &[(&job, Type::UUID)],
        )
        .await?;
    Ok(Size {
        people: count(&row, 0)?,
        steps: count(&row, 1)?,
        left_out: count(&row, 2)?,
        minting: count(&row, 3)?,
    })
}

fn count(row: &Row, column: usize) -> Result<u64, Error> {
    Ok(u64::try_from(row.try_get::<_, i64>(column)?).unwrap_or_default())
}
