//! Where a command keeps its jobs, and with whom it shares its pace.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::Context;
#[cfg(not(feature = "postgres"))]
use crate::domain::{Error, ErrorCode};
use crate::domain::{Pace, Result};
use crate::jobs::journal::{Folder, Store};
#[cfg(feature = "postgres")]
use crate::jobs::journal::{Login, PostgresStore};
use crate::services::{self, Traffic};

/// Jobs that were begun and refused: they are taken away when the program ends.
pub(crate) type Discarded = Rc<RefCell<Vec<(Arc<dyn Store>, String)>>>;

impl Context {
    /// Where jobs are kept: in the folder of this machine, or in the database of `--store`.
    ///
    /// # Errors
    /// `file_unreadable` where the platform names no folder; for a database as [`PostgresStore::connect`].
    ///
    /// [`PostgresStore::connect`]: crate::jobs::journal::PostgresStore::connect
    pub(crate) async fn store(&self) -> Result<Arc<dyn Store>> {
        if let Some(store) = self.store.borrow().as_ref() {
            return Ok(store.clone());
        }
        let store = match &self.globals.store {
            Some(url) => self.database(url).await?,
            None => Arc::new(Folder::new(&self.config()?.state_dir()?)),
        };
        *self.store.borrow_mut() = Some(store.clone());
        Ok(store)
    }

    /// Everybody who keeps jobs in the same database and asks the same service keeps to one pace.
    pub(super) async fn share_pace(
        &self,
        traffic: Option<&Traffic>,
        service: &str,
        tenant: &str,
    ) -> Result<()> {
        let Some(traffic) = traffic else { return Ok(()) };
        let name = format!("{service} {}", tenant.to_lowercase());
        let bucket = self
            .store()
            .await?
            .bucket(&name, services::limits(service)?)
            .await?;
        if let Some(bucket) = bucket {
            traffic.share(bucket);
        }
        Ok(())
    }

    #[cfg(feature = "postgres")]
    async fn database(&self, url: &str) -> Result<Arc<dyn Store>> {
        let (password, passfile) = self.config()?.store_password();
        let login = Login {
            url: url.to_owned(),
            password,
            passfile,
        };
        Ok(Arc::new(PostgresStore::connect(&login).await?))
    }

    #[cfg(not(feature = "postgres"))]
    async fn database(&self, _url: &str) -> Result<Arc<dyn Store>> {
        Err(Error::new(
            ErrorCode::Unsupported,
            "this mfactl was built without databases of jobs",
        )
        .hint("build it with the feature postgres, or leave out --store"))
    }

    /// This command does one of so many parts: it keeps to so small a part of the pace. To be said before connecting.
    pub(crate) fn does_part(&self, part: Option<(u32, u32)>) {
        self.parts.set(part.map_or(1, |(_, of)| of.max(1)));
    }

    /// How fast to go. Who shares a database shares its pace; other parts of a selection share nothing but the quota.
    pub(super) fn pace(&self) -> Option<Pace> {
        match self.parts.get() {
            of if of > 1 && self.globals.store.is_none() => Some(part_of(self.globals.pace, of)),
            _ => self.globals.pace,
        }
    }

    /// Jobs that were begun and refused.
    pub(crate) fn discarded(&self) -> Discarded {
        self.discarded.clone()
    }
}

/// The pace of one of so many parts.
fn part_of(pace: Option<Pace>, of: u32) -> Pace {
    let of = f64::from(of);
    match pace {
        Some(Pace::PerSecond(rate)) => Pace::PerSecond(rate / of),
        Some(Pace::Share(share)) => Pace::Share(share / of),
        None => Pace::Share(1.0 / of),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_keeps_to_its_part_of_the_pace() {
        assert_eq!(part_of(None, 4), Pace::Share(0.25));
        assert_eq!(part_of(Some(Pace::Share(0.5)), 2), Pace::Share(0.25));
        assert_eq!(part_of(Some(Pace::PerSecond(20.0)), 4), Pace::PerSecond(5.0));
    }
}
