//! One pace for all workers: a row with the tokens that were left at a moment. Taking from it is one statement.

use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::types::Type;

use super::link::Link;
use crate::domain::Result;

/// A bucket of tokens in the database.
pub struct SharedBucket {
    link: Arc<Link>,
    name: String,
    rate: f64,
    burst: f64,
}

impl SharedBucket {
    pub(super) fn new(link: Arc<Link>, name: String, rate: f64, burst: f64) -> Self {
        Self {
            link,
            name,
            rate,
            burst,
        }
    }

    /// Takes so many tokens; gives how long to wait before what they are for may be sent. Who comes later waits longer:
    /// the bucket goes below nothing by what was promised.
    ///
    /// # Errors
    /// What the database says.
    pub async fn take(&self, tokens: f64) -> Result<Duration> {
        let left: f64 = self
            .link
            .run(|client| async move {
                client
                    .query_typed_one(
                        "insert into mfactl.bucket as bucket (name, rate, burst, tokens)
                         values ($1, $2, $3, $3 - $4)
                         on conflict (name) do update set
                             tokens = least(bucket.burst, bucket.tokens + bucket.rate *
                                 greatest(0, extract(epoch from clock_timestamp() - bucket.at))) - $4,
                             at = greatest(bucket.at, clock_timestamp())
                         returning tokens / rate",
                        &[
                            (&self.name, Type::TEXT),
                            (&self.rate, Type::FLOAT8),
                            (&self.burst, Type::FLOAT8),
                            (&tokens, Type::FLOAT8),
                        ],
                    )
                    .await?
                    .try_get(0)
            })
            .await?;
        Ok(Duration::try_from_secs_f64(-left).unwrap_or_default())
    }

    /// Nobody sends for so long: the service asked for it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn pause(&self, time: Duration) -> Result<()> {
        let seconds = time.as_secs_f64();
        self.link
            .run(|client| async move {
                client
                    .execute_typed(
                        "update mfactl.bucket set
                             tokens = least(tokens + rate * greatest(0, extract(epoch from clock_timestamp() - at)),
                                 -rate * $2),
                             at = greatest(at, clock_timestamp())
                         where name = $1",
                        &[(&self.name, Type::TEXT), (&seconds, Type::FLOAT8)],
                    )
                    .await
            })
            .await?;
        Ok(())
    }
}
