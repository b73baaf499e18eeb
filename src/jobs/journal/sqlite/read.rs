//! What a journal tells, as SQL: in chunks, by their keys, so that no job is ever in memory whole.

use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::{Open, Size, Standing, StepRecord, Taken, Which};
use crate::domain::shape::{StepCounts, StepRow, Summary, UserCounts};
use crate::domain::{MethodId, Status, UserId};
use crate::jobs::plan::PlannedUser;

/// Whether a step `s` of a person `p` is to be done again: the person was opened again since it ended, not well.
const AGAIN: &str = "(p.standing = 0 AND s.sent AND s.status IN ('failed', 'unknown', 'skipped')
    AND s.run < (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'run'))";

/// The columns of a row with its standing, in the order of [`record`]; `s` is a step, `p` its person.
fn columns() -> String {
    format!(
        "s.seq, s.place, s.step, s.target, s.standing, s.status,
        coalesce(CASE WHEN {AGAIN} THEN NULL ELSE s.detail END,
            (SELECT json_extract(plan, '$.steps[' || s.place || '].detail') FROM plans WHERE seq = s.seq), ''),
        s.error, s.attempts, s.request_id, s.at, s.created, s.reissued, p.user, p.user_id, {AGAIN}"
    )
}

/// A value that is kept as one text.
pub(super) fn meta<T: DeserializeOwned>(connection: &Connection, key: &str) -> rusqlite::Result<T> {
    let text: String = connection
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row([key], |row| row.get(0))?;
    of_json(0, &text)
}

/// People who are not ended, behind a seq; nobody any more once the job is cancelled.
pub(super) fn open_people(connection: &Connection, after: i64, most: usize) -> rusqlite::Result<Vec<Taken>> {
    people(
        connection,
        "SELECT p.seq, (SELECT plan FROM plans WHERE seq = p.seq) FROM people p
         WHERE p.standing = 0 AND p.seq > ?1
             AND (SELECT value FROM meta WHERE key = 'state') <> '\"cancelled\"'
         ORDER BY p.seq LIMIT ?2",
        after,
        most,
    )
}

/// Everybody with a plan, behind a seq.
pub(super) fn planned_people(
    connection: &Connection,
    after: i64,
    most: usize,
) -> rusqlite::Result<Vec<Taken>> {
    people(
        connection,
        "SELECT seq, plan FROM plans WHERE seq > ?1 ORDER BY seq LIMIT ?2",
        after,
        most,
    )
}

fn people(connection: &Connection, sql: &str, after: i64, most: usize) -> rusqlite::Result<Vec<Taken>> {
    let mut steps = connection.prepare_cached(&format!(
        "SELECT {} FROM steps s JOIN people p ON p.seq = s.seq WHERE s.seq = ?1 ORDER BY s.place",
        columns()
    ))?;
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![after, limit(most)])?;
    let mut people = Vec::new();
    while let Some(row) = rows.next()? {
        let seq: i64 = row.get(0)?;
        let plan: String = row.get(1)?;
        let person: PlannedUser = of_json(1, &plan)?;
        let records = steps
            .query_map([seq], |row| record(row).map(|(_, record)| record))?
            .collect::<rusqlite::Result<_>>()?;
        people.push(Taken {
            seq: u64::try_from(seq).unwrap_or_default(),
            person,
            steps: records,
        });
    }
    Ok(people)
}

/// People who are not ended, behind a seq, without their plans.
pub(super) fn open(connection: &Connection, after: i64, most: usize) -> rusqlite::Result<Vec<(i64, Open)>> {
    connection
        .prepare_cached(
            "SELECT seq, user, user_id, mints FROM people WHERE standing = 0 AND seq > ?1 ORDER BY seq LIMIT ?2",
        )?
        .query_map(params![after, limit(most)], |row| {
            let open = Open {
                user: row.get(1)?,
                user_id: UserId(row.get(2)?),
                mints: row.get(3)?,
            };
            Ok((row.get(0)?, open))
        })?
        .collect()
}

/// People behind a seq with a step that failed or is unknown, by the index of those.
const FAILED: &str = "SELECT f.seq FROM steps f INDEXED BY steps_not_well JOIN people q ON q.seq = f.seq
    WHERE f.status IN ('failed', 'unknown', 'skipped') AND f.status <> 'skipped' AND f.seq >= ?1
        AND (q.standing <> 0 OR f.run = (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'run'))";

/// Rows behind a person and place.
pub(super) fn rows(
    connection: &Connection,
    which: Which,
    (seq, place): (i64, i64),
    most: usize,
) -> rusqlite::Result<Vec<((i64, i64), StepRow)>> {
    let filter = match which {
        Which::All => String::new(),
        Which::Failed => format!("AND s.seq IN ({FAILED})"),
        Which::NotDone => "AND s.status NOT IN ('done', 'unchanged')".to_owned(),
    };
    let sql = format!(
        "SELECT {} FROM steps s JOIN people p ON p.seq = s.seq
         WHERE (s.seq, s.place) > (?1, ?2) {filter} ORDER BY s.seq, s.place LIMIT ?3",
        columns()
    );
    connection
        .prepare_cached(&sql)?
        .query_map(params![seq, place, limit(most)], |row| {
            record(row).map(|(seq, record)| ((seq, i64::from(record.place)), record.shown()))
        })?
        .collect()
}

fn record(row: &Row<'_>) -> rusqlite::Result<(i64, StepRecord)> {
    let again: bool = row.get(15)?;
    let error: Option<String> = row.get(7)?;
    let at: Option<String> = row.get(10)?;
    let status: Status = of_word(5, row.get(5)?)?;
    let standing = match (again, status) {
        (true, Status::Unknown) => Standing::Started,
        (true, _) => Standing::Planned,
        (false, _) => of_word(4, row.get(4)?)?,
    };
    let (error, at) = if again { (None, None) } else { (error, at) };
    let record = StepRecord {
        place: row.get(1)?,
        standing,
        row: StepRow {
            user: row.get(13)?,
            user_id: row.get(14)?,
            step: row.get(2)?,
            target: row.get(3)?,
            status: if again { Status::Planned } else { status },
            detail: row.get(6)?,
            error: error.map(|text| of_json(7, &text)).transpose()?,
            attempts: row.get(8)?,
            request_id: row.get(9)?,
            at: at.map(|text| of_word(10, text)).transpose()?,
        },
        created: row.get::<_, Option<String>>(11)?.map(MethodId),
        reissued: row.get(12)?,
    };
    Ok((row.get(0)?, record))
}

/// People by how they came out, steps by their status.
pub(super) fn summary(connection: &Connection) -> rusqlite::Result<Summary> {
    let count = |row: &Row<'_>, column: usize| -> rusqlite::Result<u64> {
        Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or_default())
    };
    let users = connection.query_row(
        "SELECT count(*),
             count(*) FILTER (WHERE ended AND failed),
             count(*) FILTER (WHERE ended AND NOT failed AND skipped),
             count(*) FILTER (WHERE ended AND NOT failed AND NOT skipped AND done),
             count(*) FILTER (WHERE ended AND NOT failed AND NOT skipped AND NOT done)
         FROM (SELECT p.standing <> 0 AS ended,
                 coalesce(max(s.status IN ('failed', 'unknown')), 0) AS failed,
                 coalesce(max(s.status IN ('skipped', 'planned')), 0) AS skipped,
                 coalesce(max(s.status = 'done'), 0) AS done
             FROM people p LEFT JOIN steps s ON s.seq = p.seq GROUP BY p.seq)",
        [],
        |row| {
            Ok(UserCounts {
                selected: count(row, 0)?,
                failed: count(row, 1)?,
                skipped: count(row, 2)?,
                done: count(row, 3)?,
                unchanged: count(row, 4)?,
            })
        },
    )?;
    let mut steps = StepCounts::default();
    let mut all = connection.prepare(
        "SELECT CASE standing WHEN 'started' THEN 'unknown' ELSE status END AS shown, count(*) FROM steps
         GROUP BY shown",
    )?;
    let mut rows = all.query([])?;
    while let Some(row) = rows.next()? {
        *counter(&mut steps, of_word(0, row.get(0)?)?) = count(row, 1)?;
    }
    let mut again = connection.prepare(&format!(
        "SELECT s.status, count(*) FROM steps s INDEXED BY steps_not_well JOIN people p ON p.seq = s.seq
         WHERE s.status IN ('failed', 'unknown', 'skipped') AND s.status <> 'unknown' AND {AGAIN}
         GROUP BY s.status"
    ))?;
    let mut rows = again.query([])?;
    while let Some(row) = rows.next()? {
        let number = count(row, 1)?;
        *counter(&mut steps, of_word(0, row.get(0)?)?) -= number;
        steps.planned += number;
    }
    Ok(Summary { users, steps })
}

/// Where a status is counted.
fn counter(steps: &mut StepCounts, status: Status) -> &mut u64 {
    match status {
        Status::Planned => &mut steps.planned,
        Status::Done => &mut steps.done,
        Status::Unchanged => &mut steps.unchanged,
        Status::Skipped => &mut steps.skipped,
        Status::Failed => &mut steps.failed,
        Status::Unsupported => &mut steps.unsupported,
        Status::Unknown => &mut steps.unknown,
    }
}

/// When the last step ended: RFC 3339 in UTC sorts as time does, to the second.
pub(super) fn last_at(connection: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    let last: Option<String> = connection.query_row("SELECT max(at) FROM steps", [], |row| row.get(0))?;
    last.map(|text| of_word(0, text)).transpose()
}

/// How large it is.
pub(super) fn size(connection: &Connection) -> rusqlite::Result<Size> {
    let sql = "SELECT count(*) FILTER (WHERE sends > 0), coalesce(sum(sends), 0),
        count(*) FILTER (WHERE standing = 2), coalesce(sum(mints), 0) FROM people";
    connection.query_row(sql, [], |row| {
        let count = |column: usize| -> rusqlite::Result<u64> {
            Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or_default())
        };
        Ok(Size {
            people: count(0)?,
            steps: count(1)?,
            left_out: count(2)?,
            minting: count(3)?,
        })
    })
}

fn limit(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}

/// A value as JSON.
pub(super) fn json(value: &impl Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

/// A value whose JSON is a string, as that string.
pub(super) fn word(value: &impl Serialize) -> rusqlite::Result<String> {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => Ok(word),
        Ok(other) => Ok(other.to_string()),
        Err(error) => Err(rusqlite::Error::ToSqlConversionFailure(error.into())),
    }
}

fn of_json<T: DeserializeOwned>(column: usize, text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into()))
}

fn of_word<T: DeserializeOwned>(column: usize, word: String) -> rusqlite::Result<T> {
    serde_json::from_value(Value::String(word))
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into()))
}
