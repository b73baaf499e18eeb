//! What a journal is told, as SQL. Every function runs inside a transaction that the writer commits.

use rusqlite::{Connection, params};

use super::super::{Entry, JobState, Mark, StepRecord};
use super::read::{json, word};
use crate::domain::shape::StepRow;
use crate::domain::{Action, Status};
use crate::jobs::execute::planned_row;
use crate::jobs::journal::Standing;
use crate::jobs::plan::PlannedUser;

/// The journal says where the job stands; who cancelled it has the last word.
pub(super) fn state(connection: &Connection, state: JobState) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE meta SET value = ?1 WHERE key = 'state' AND value <> '\"cancelled\"'")?
        .execute([json(&state)?])?;
    Ok(())
}

/// Adds people behind those who are there.
pub(super) fn add(connection: &Connection, entries: &[Entry]) -> rusqlite::Result<()> {
    let mut seq: i64 = connection
        .prepare_cached("SELECT coalesce(max(seq), -1) FROM people")?
        .query_row([], |row| row.get(0))?;
    for entry in entries {
        seq += 1;
        match entry {
            Entry::Planned(person) => add_planned(connection, seq, person)?,
            Entry::Left(row) => {
                add_person(connection, seq, (&row.user, &row.user_id), 2, (0, false))?;
                add_step(connection, seq, 0, row, true)?;
            }
        }
    }
    Ok(())
}

fn add_planned(connection: &Connection, seq: i64, person: &PlannedUser) -> rusqlite::Result<()> {
    let sends = i64::try_from(person.to_send().count()).unwrap_or(i64::MAX);
    let mints = person.to_send().any(|step| Action::mints(&step.action));
    add_person(
        connection,
        seq,
        (&person.user, &person.user_id.0),
        0,
        (sends, mints),
    )?;
    connection
        .prepare_cached("INSERT INTO plans (seq, plan) VALUES (?1, ?2)")?
        .execute(params![seq, json(person)?])?;
    for (place, planned) in person.steps.iter().enumerate() {
        let (row, ended) = planned_row(person, planned);
        add_step(connection, seq, place, &row, ended)?;
    }
    Ok(())
}

fn add_person(
    connection: &Connection,
    seq: i64,
    (user, user_id): (&str, &str),
    standing: i64,
    (sends, mints): (i64, bool),
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO people (seq, user, user_id, standing, sends, mints) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![seq, user, user_id, standing, sends, mints])?;
    Ok(())
}

fn add_step(
    connection: &Connection,
    seq: i64,
    place: usize,
    row: &StepRow,
    ended: bool,
) -> rusqlite::Result<()> {
    let standing = if ended { Standing::Ended } else { Standing::Planned };
    let detail = ended.then_some(&row.detail);
    let error = row.error.as_ref().map(json).transpose()?;
    connection
        .prepare_cached(
            "INSERT INTO steps (seq, place, step, target, standing, status, detail, error, attempts, request_id, at,
                 sent)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            seq,
            signed(place as u64),
            row.step,
            row.target,
            word(&standing)?,
            row.status.as_str(),
            detail,
            error,
            row.attempts,
            row.request_id,
            row.at.map(|at| at.to_string()),
            !ended,
        ])?;
    Ok(())
}

/// Steps have come further.
pub(super) fn marks(connection: &Connection, marks: &[Mark]) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "UPDATE steps SET standing = ?3, status = ?4, detail = ?5, error = ?6, attempts = ?7, request_id = ?8,
             at = ?9, created = ?10, reissued = ?11,
             run = (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'run')
         WHERE seq = ?1 AND place = ?2",
    )?;
    for Mark { seq, record } in marks {
        let StepRecord {
            place,
            standing,
            row,
            created,
            reissued,
        } = record;
        // Where nothing is known yet, the plan's own words stand.
        let detail = (row.status != Status::Planned).then_some(&row.detail);
        let changed = statement.execute(params![
            signed(*seq),
            place,
            word(standing)?,
            row.status.as_str(),
            detail,
            row.error.as_ref().map(json).transpose()?,
            row.attempts,
            row.request_id,
            row.at.map(|at| at.to_string()),
            created.as_ref().map(|id| &id.0),
            reissued,
        ])?;
        if changed == 0 {
            return Err(rusqlite::Error::StatementChangedRows(0));
        }
    }
    Ok(())
}

/// People are done with.
pub(super) fn finish(connection: &Connection, people: &[u64]) -> rusqlite::Result<()> {
    let mut statement =
        connection.prepare_cached("UPDATE people SET standing = 1 WHERE seq = ?1 AND standing = 0")?;
    for seq in people {
        statement.execute([signed(*seq)])?;
    }
    Ok(())
}

/// Opens again whoever has a step that did not end well. The steps stay as they are until they are marked: the next run
/// has another number, and reads what failed or was skipped as planned, what is unknown as started.
pub(super) fn reopen(connection: &Connection) -> rusqlite::Result<u64> {
    connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'run'", [])?;
    connection.execute(
        "UPDATE people SET standing = 0 WHERE standing = 1
             AND seq IN (SELECT seq FROM steps WHERE status IN ('failed', 'unknown', 'skipped') AND sent)",
        [],
    )?;
    let open: i64 = connection.query_row("SELECT count(*) FROM people WHERE standing = 0", [], |row| {
        row.get(0)
    })?;
    Ok(u64::try_from(open).unwrap_or_default())
}

fn signed(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
