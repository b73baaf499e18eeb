//! `jobs merge`: one report of the parts that `--shard` made.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;

use crate::cli::change;
use crate::cli::context::Context;
use crate::domain::{Error, ErrorCode, Result};
use crate::jobs::journal::{JobHead, JobState, Journal, Several, SqliteJournal};

/// Which parts.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl jobs merge part-1.db part-2.db part-3.db -o json > report.json\n  \
    mfactl jobs merge j-4f7a j-91c2")]
pub struct Args {
    /// Journals of all parts: files from the jobs folders of the machines, or jobs of this one
    #[arg(value_name = "FILE|JOB", required = true)]
    parts: Vec<String>,
}

/// A part of a selection.
struct Shard {
    /// As it was typed.
    said: String,
    head: JobHead,
    journal: Box<dyn Journal>,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self { parts } = self;
        let mut shards = BTreeMap::new();
        let mut number = None;
        for said in parts {
            let shard = open(cx, said).await?;
            let (part, of) = shard.head.part.ok_or_else(|| {
                wrong(format!("{} is a whole job, not a part of one", shard.said))
                    .hint(format!("mfactl jobs show {}", shard.said))
            })?;
            let (number, first) = number.get_or_insert((of, part));
            if *number != of {
                return Err(wrong(format!(
                    "{} is part {part} of {of}, and the first is one of {number}",
                    shard.said
                )));
            }
            if let Some(first) = shards.get(first) {
                belongs(first, &shard)?;
            }
            if let Some(other) = shards.insert(part, shard) {
                let said = shards.get(&part).map_or("", |shard| shard.said.as_str());
                return Err(wrong(format!(
                    "part {part} of {of} is there twice: {} and {said}",
                    other.said
                ))
                .hint("name the journal of the run that counts; jobs resume goes on with a part"));
            }
        }
        let of = number.map_or(0, |(of, _)| of);
        let missing: Vec<String> = (1..=of)
            .filter(|part| !shards.contains_key(part))
            .map(|part| part.to_string())
            .collect();
        for (part, shard) in &shards {
            let state = shard.journal.state().await?;
            if state != JobState::Ended {
                cx.ui
                    .warn(&format!("part {part} of {of} ({}) has not ended", shard.said));
            }
        }
        let began = shards.values().map(|shard| shard.head.made_at).min();
        let journals = shards.into_values().map(|shard| shard.journal).collect();
        let whole = Several::new(journals)?;
        let verdict = change::merged(cx, &whole, began.unwrap_or(Timestamp::UNIX_EPOCH)).await?;
        if missing.is_empty() {
            return verdict.map_or(Ok(0), Err);
        }
        let word = if missing.len() == 1 { "part" } else { "parts" };
        Err(Error::new(
            ErrorCode::Incomplete,
            format!(
                "{word} {} of {of} missing: this is not the whole report",
                missing.join(", ")
            ),
        )
        .hint("name the journals of all parts"))
    }
}

/// Opens a journal to read: of a file, or of a job of this machine or database.
async fn open(cx: &Context, said: String) -> Result<Shard> {
    let path = Path::new(&said);
    let is_file = path.extension().is_some_and(|end| end == "db") || path.components().count() > 1;
    let journal: Box<dyn Journal> = if is_file {
        Box::new(SqliteJournal::read(path)?)
    } else {
        let store = cx.store().await?;
        let id = store.find(&said).await?;
        store.read(&id).await?
    };
    let head = journal.head().await?;
    Ok(Shard { said, head, journal })
}

/// Whether two parts are of the same selection and command.
fn belongs(first: &Shard, other: &Shard) -> Result<()> {
    let (a, b) = (&first.head, &other.head);
    let digest = |head: &JobHead| {
        head.plan
            .as_ref()
            .map_or_else(String::new, |plan| plan.digest.clone())
    };
    let place = |head: &JobHead| format!("{} {}", head.service, head.tenant.to_lowercase());
    let playbook = |head: &JobHead| head.playbook.clone().unwrap_or_default();
    let name = |head: &JobHead| head.name.clone().unwrap_or_default();
    for (what, one, two) in [
        ("verb", a.verb.clone(), b.verb.clone()),
        ("tenant", place(a), place(b)),
        ("playbook", playbook(a), playbook(b)),
        ("selection", a.selection.clone(), b.selection.clone()),
        ("plan", digest(a), digest(b)),
        ("name", name(a), name(b)),
    ] {
        if one != two {
            return Err(wrong(format!(
                "{} and {} do not belong together: their {what} differs: \"{one}\" and \"{two}\"",
                first.said, other.said
            )));
        }
    }
    if let (Some(one), Some(two)) = (&a.rows, &b.rows)
        && one != two
    {
        return Err(wrong(format!(
            "{} and {} do not belong together: the file had other rows when the second was made",
            first.said, other.said
        )));
    }
    Ok(())
}

fn wrong(what: String) -> Error {
    Error::new(ErrorCode::InvalidInput, what)
}
