//! The jobs of a database: making one, opening one, listing them, taking one away.

use std::sync::Arc;

use jiff::Timestamp;
use tokio_postgres::types::{Json, Type};
use uuid::Uuid;

use super::address::Address;
use super::link::Link;
use super::{PostgresJournal, SharedBucket, read, schema};
use crate::domain::{Error, ErrorCode, Limits, Result};
use crate::jobs::journal::place::Login;
use crate::jobs::journal::{JobHead, JobState};

/// A database of jobs.
#[derive(Clone)]
pub struct PostgresStore {
    link: Arc<Link>,
}

impl PostgresStore {
    /// Connects, and makes the tables where they are not there.
    ///
    /// # Errors
    /// `usage` for an address that will not do; `unavailable`, `not_signed_in`, `permission_missing`, `not_found` as
    /// the database says; `file_from_newer_version`.
    pub async fn connect(login: &Login) -> Result<Self> {
        let link = Link::open(Address::new(login)?).await?;
        schema::migrate(&link).await?;
        Ok(Self { link: Arc::new(link) })
    }

    /// Makes a job, in the state `Planning`.
    ///
    /// # Errors
    /// What the database says.
    pub async fn create(&self, head: &JobHead) -> Result<PostgresJournal> {
        let id = id_of(&head.id)?;
        self.link
            .run(|client| {
                let head = head.clone();
                async move {
                    client
                        .execute_typed(
                            "insert into mfactl.job (id, name, head, state, made_at)
                             values ($1, $2, $3, 'planning', $4) on conflict do nothing",
                            &[
                                (&id, Type::UUID),
                                (&head.name, Type::TEXT),
                                (&Json(&head), Type::JSON),
                                (&head.made_at, Type::TIMESTAMPTZ),
                            ],
                        )
                        .await
                }
            })
            .await?;
        Ok(PostgresJournal::new(self.link.clone(), id))
    }

    /// Opens a job as one more worker.
    ///
    /// # Errors
    /// `not_found`; what the database says.
    pub async fn open(&self, id: &str) -> Result<PostgresJournal> {
        let id = id_of(id)?;
        match self.link.run(|client| read::head(client, id)).await? {
            Some(_) => Ok(PostgresJournal::new(self.link.clone(), id)),
            None => Err(super::gone(id)),
        }
    }

    /// Every job, the newest first, with where it stands.
    ///
    /// # Errors
    /// What the database says.
    pub async fn list(&self) -> Result<Vec<(JobHead, JobState)>> {
        self.link
            .run(|client| async move {
                let rows = client
                    .query_typed(
                        "select head, to_json(state) from mfactl.job order by made_at desc, id desc",
                        &[],
                    )
                    .await?;
                rows.iter().map(read::head_of).collect()
            })
            .await
    }

    /// When a worker last held somebody of the job, or will have given up: nothing where nobody is held.
    ///
    /// # Errors
    /// What the database says.
    pub async fn held_until(&self, id: &str) -> Result<Option<Timestamp>> {
        let id = id_of(id)?;
        self.link
            .run(|client| async move {
                client
                    .query_typed_one(
                        "select max(lease_until) from mfactl.person
                         where job = $1 and state = 1 and lease_until > clock_timestamp()",
                        &[(&id, Type::UUID)],
                    )
                    .await?
                    .try_get(0)
            })
            .await
    }

    /// Takes a job away, with everything of it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn remove(&self, id: &str) -> Result<()> {
        let id = id_of(id)?;
        self.link
            .run(|client| async move {
                client
                    .execute_typed("delete from mfactl.job where id = $1", &[(&id, Type::UUID)])
                    .await
            })
            .await?;
        Ok(())
    }

    /// The pace that everybody shares who names it alike; it begins with these limits where nobody was before.
    ///
    /// # Errors
    /// What the database says: it has a connection of its own.
    pub async fn bucket(&self, name: &str, limits: Limits) -> Result<SharedBucket> {
        Ok(SharedBucket::new(
            self.link.another().await?,
            name.to_owned(),
            limits,
        ))
    }
}

fn id_of(id: &str) -> Result<Uuid> {
    Uuid::parse_str(id).map_err(|_| {
        Error::new(ErrorCode::NotFound, format!("{id} is not the id of a job"))
            .hint("mfactl jobs list --store URL")
    })
}
