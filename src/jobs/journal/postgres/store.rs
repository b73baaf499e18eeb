//! The jobs of a database.

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;
use tokio_postgres::types::{Json, Type};
use uuid::Uuid;

use super::address::Address;
use super::link::Link;
use super::{Login, PostgresJournal, SharedBucket, read, schema};
use crate::domain::{Bucket, Error, ErrorCode, Limits, Result};
use crate::jobs::journal::{Job, JobHead, JobState, Journal, Store};

/// The key of the lock of whoever begins a job that has a name.
const NAMES: i64 = 0x006d_6661_6374_6c01;

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
    pub async fn make(&self, head: &JobHead) -> Result<PostgresJournal> {
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
        let journal = PostgresJournal::new(self.link.clone(), id);
        journal.is_planned_here(self.planning(id).await?);
        Ok(journal)
    }

    /// A connection that holds the lock of whoever plans a job: it ends with the process.
    async fn planning(&self, job: Uuid) -> Result<Link> {
        let (link, key) = (self.link.another().await?, key_of(job));
        link.run(|client| async move {
            client
                .batch_execute(&format!("select pg_advisory_lock({key})"))
                .await
        })
        .await?;
        Ok(link)
    }

    /// Whether a worker holds somebody of a job.
    async fn is_held(&self, job: Uuid) -> Result<bool> {
        self.link
            .run(|client| async move {
                client
                    .query_typed_one(
                        "select exists (select from mfactl.person
                         where job = $1 and state = 1 and lease_until > clock_timestamp())",
                        &[(&job, Type::UUID)],
                    )
                    .await?
                    .try_get(0)
            })
            .await
    }

    /// Opens a job as one more worker.
    ///
    /// # Errors
    /// `not_found`; what the database says.
    pub async fn join(&self, id: &str) -> Result<PostgresJournal> {
        let id = id_of(id)?;
        match self.link.run(|client| read::head(client, id)).await? {
            Some(_) => Ok(PostgresJournal::new(self.link.clone(), id)),
            None => Err(super::gone(id)),
        }
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn ids(&self) -> Result<Vec<String>> {
        self.link
            .run(|client| async move {
                let rows = client
                    .query_typed("select id from mfactl.job order by made_at desc, id desc", &[])
                    .await?;
                rows.iter()
                    .map(|row| row.try_get::<_, Uuid>(0).map(|id| id.to_string()))
                    .collect()
            })
            .await
    }

    async fn look(&self, id: &str) -> Result<Job> {
        let journal = self.join(id).await?;
        let runs = self.runs(id).await?;
        Ok(Job {
            head: journal.head().await?,
            runs,
            state: journal.state().await?,
            summary: journal.summary().await?,
            size: journal.size().await?,
            last_at: self.link.run(|client| read::last_at(client, journal.job)).await?,
        })
    }

    async fn named(&self, name: &str) -> Result<Vec<String>> {
        self.link
            .run(|client| async move {
                let rows = client
                    .query_typed(
                        "select id from mfactl.job where name = $1 order by made_at desc, id desc",
                        &[(&name, Type::TEXT)],
                    )
                    .await?;
                rows.iter()
                    .map(|row| row.try_get::<_, Uuid>(0).map(|id| id.to_string()))
                    .collect()
            })
            .await
    }

    /// Whether a worker holds somebody of it, or somebody plans it.
    async fn runs(&self, id: &str) -> Result<bool> {
        let id = id_of(id)?;
        if self.is_held(id).await? {
            return Ok(true);
        }
        let key = key_of(id);
        self.link
            .run(|client| async move {
                client
                    .query_typed_one(
                        "select exists (select from pg_locks
                         where locktype = 'advisory' and objsubid = 1 and granted
                             and database = (select oid from pg_database where datname = current_database())
                             and (classid::bigint << 32) | objid::bigint = $1)",
                        &[(&key, Type::INT8)],
                    )
                    .await?
                    .try_get(0)
            })
            .await
    }

    async fn alone(&self) -> Result<Box<dyn Any + Send>> {
        let link = self.link.another().await?;
        link.run(|client| async move {
            client
                .batch_execute(&format!("begin; select pg_advisory_xact_lock({NAMES})"))
                .await
        })
        .await?;
        // The lock ends with the connection.
        Ok(Box::new(link))
    }

    async fn bucket(&self, name: &str, limits: Limits) -> Result<Option<Arc<dyn Bucket>>> {
        let bucket = SharedBucket::new(self.link.another().await?, name.to_owned(), limits);
        Ok(Some(Arc::new(bucket)))
    }

    async fn create(&self, head: &JobHead) -> Result<Box<dyn Journal>> {
        Ok(Box::new(self.make(head).await?))
    }

    async fn open(&self, id: &str) -> Result<Box<dyn Journal>> {
        Ok(Box::new(self.join(id).await?))
    }

    async fn read(&self, id: &str) -> Result<Box<dyn Journal>> {
        Ok(Box::new(self.join(id).await?))
    }

    async fn cancel(&self, id: &str) -> Result<()> {
        self.join(id).await?.set_state(JobState::Cancelled).await
    }

    async fn remove(&self, id: &str) -> Result<()> {
        if self.is_held(id_of(id)?).await? {
            return Err(Error::new(
                ErrorCode::FileLocked,
                format!("job {id} is being run by a worker"),
            )
            .hint("it is free a minute after the last worker of it has ended"));
        }
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
}

/// Gives the lock of whoever plans a job back.
pub(super) async fn is_planned(lock: &Link) -> Result<()> {
    lock.run(|client| async move { client.batch_execute("select pg_advisory_unlock_all()").await })
        .await
}

/// The key of the lock of whoever plans a job: the half of its id that is random.
fn key_of(job: Uuid) -> i64 {
    job.as_u64_pair().1.cast_signed()
}

fn id_of(id: &str) -> Result<Uuid> {
    Uuid::parse_str(id).map_err(|_| {
        Error::new(ErrorCode::NotFound, format!("{id} is not the id of a job"))
            .hint("mfactl jobs list --store URL")
    })
}
