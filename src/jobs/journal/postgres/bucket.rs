//! One pace for all workers: a row with the state of the bucket. Each call holds the row for two round trips, reckons
//! with the rule that buckets of one machine have too, and writes it back.

use std::sync::Arc;

use async_trait::async_trait;
use tokio_postgres::Client;
use tokio_postgres::types::{Json, ToSql, Type};

use super::link::Link;
use crate::domain::{Bucket, Cost, Grant, Limits, Meter, Result, Told};

/// Nobody else waits longer for a worker that stopped while it held the row; what a crash takes with it is a moment's
/// worth of tokens.
const BEGIN: &str =
    "begin; set local idle_in_transaction_session_timeout = '3s'; set local synchronous_commit = off";

/// For how many seconds of silence what was learned is remembered. Whoever is left of a job waits a minute for the leases
/// of those who died, and does not find out anew, all at once, what the service allows.
const REMEMBERS: f64 = 600.0;

/// A bucket in the database.
pub struct SharedBucket {
    /// A connection of its own: a transaction is open on it between two statements.
    link: Link,
    turn: tokio::sync::Mutex<()>,
    name: String,
    limits: Limits,
}

impl SharedBucket {
    pub(super) fn new(link: Link, name: String, limits: Limits) -> Self {
        Self {
            link,
            turn: tokio::sync::Mutex::new(()),
            name,
            limits,
        }
    }

    /// Does this with the bucket while nobody else has it. Done once more when the connection broke: what was taken
    /// twice then is lost pace, never too much of it.
    async fn with<T: Send>(&self, work: impl Fn(&mut Meter, f64) -> T + Send + Sync) -> Result<T> {
        let _turn = self.turn.lock().await;
        let work = &work;
        self.link
            .run(|client| async move {
                let done = self.held(&client, work).await;
                if done.is_err() {
                    // The row is let go whatever went wrong; that is what counts.
                    let _ = client.batch_execute("rollback").await;
                }
                done
            })
            .await
    }

    async fn held<T: Send>(
        &self,
        client: &Arc<Client>,
        work: impl Fn(&mut Meter, f64) -> T + Send,
    ) -> Result<T, tokio_postgres::Error> {
        let first = Json(Meter::new(self.limits).remembering(REMEMBERS));
        let row: &[(&(dyn ToSql + Sync), Type)] = &[(&self.name, Type::TEXT), (&first, Type::JSON)];
        // Sent together, done one after the other. Who is first makes the row; the lock comes with it.
        let (_, row) = tokio::try_join!(
            client.batch_execute(BEGIN),
            client.query_typed_one(
                "insert into mfactl.bucket as bucket (name, meter) values ($1, $2)
                 on conflict (name) do update set name = excluded.name
                 returning meter, extract(epoch from clock_timestamp())::float8",
                row,
            ),
        )?;
        let Json(mut meter): Json<Meter> = row.try_get(0)?;
        let answer = work(&mut meter, row.try_get(1)?);
        let meter = Json(meter);
        let row: &[(&(dyn ToSql + Sync), Type)] = &[(&self.name, Type::TEXT), (&meter, Type::JSON)];
        tokio::try_join!(
            client.execute_typed("update mfactl.bucket set meter = $2 where name = $1", row),
            client.batch_execute("commit"),
        )?;
        Ok(answer)
    }
}

#[async_trait]
impl Bucket for SharedBucket {
    async fn take(&self, cost: Cost) -> Result<Grant> {
        self.with(|meter, now| meter.take(now, cost)).await
    }

    async fn learned(&self, told: Told) -> Result<()> {
        self.with(|meter, now| meter.learned(now, told)).await
    }
}
