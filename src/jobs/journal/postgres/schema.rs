//! The tables, and how they come to be: under a lock, so that many workers may begin at once; never changed by a
//! program that is older than they are.

use std::sync::Arc;

use tokio_postgres::Client;
use tokio_postgres::types::Type;

use super::link::Link;
use crate::domain::{Error, ErrorCode, Result};

/// Each version's statements. What stands here is never edited: the next version is one more entry.
const VERSIONS: &[&str] = &[include_str!("schema_1.sql")];

/// `mfactl` in ASCII: the key of the lock.
const LOCK: i64 = 0x006d_6661_6374_6c00;

/// Brings the tables to the version of this program.
///
/// # Errors
/// `file_from_newer_version`; what the database says.
pub(super) async fn migrate(link: &Link) -> Result<()> {
    let newest = i32::try_from(VERSIONS.len()).unwrap_or(i32::MAX);
    let mut found = link.run(version).await?;
    if found < newest {
        // One text is one transaction; who comes second finds the version there and does nothing.
        let text = format!(
            "begin; select pg_advisory_xact_lock({LOCK}); {} commit;",
            VERSIONS
                .iter()
                .zip(1..)
                .map(|(text, number)| step(text, number))
                .collect::<String>()
        );
        link.run(|client| {
            let text = text.clone();
            async move {
                let done = client.batch_execute(&text).await;
                if done.is_err() {
                    // The transaction is over either way; why it failed is what counts.
                    let _ = client.batch_execute("rollback").await;
                }
                done
            }
        })
        .await?;
        found = link.run(version).await?;
    }
    if found > newest {
        return Err(Error::new(
            ErrorCode::FileFromNewerVersion,
            format!("the tables of the database have version {found}, and this mfactl knows {newest}"),
        )
        .hint("use the version of mfactl that the other machines use"));
    }
    Ok(())
}

/// A version's statements, done only where they were not.
fn step(text: &str, number: i32) -> String {
    format!(
        "do $mfactl$ begin\n\
         if to_regclass('mfactl.version') is not null then\n\
         if exists (select from mfactl.version where number >= {number}) then return; end if;\n\
         end if;\n\
         {text}\n\
         insert into mfactl.version (number) values ({number});\n\
         end $mfactl$;\n"
    )
}

/// The version of the tables; 0 where there are none.
async fn version(client: Arc<Client>) -> Result<i32, tokio_postgres::Error> {
    let there = client
        .query_typed("select to_regclass('mfactl.version') is not null", &[])
        .await?;
    if !there.first().is_some_and(|row| row.get::<_, bool>(0)) {
        return Ok(0);
    }
    let none: &[(&(dyn tokio_postgres::types::ToSql + Sync), Type)] = &[];
    let rows = client
        .query_typed("select coalesce(max(number), 0) from mfactl.version", none)
        .await?;
    Ok(rows.first().map_or(0, |row| row.get(0)))
}
