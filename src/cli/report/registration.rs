//! `report registration`

use std::io::Write as _;

use futures::StreamExt as _;

use crate::cli::context::{Context, Intent, Session};
use crate::cli::interrupt::Interrupt;
use crate::domain::shape::ReportRow;
use crate::domain::{Error, ErrorCode, MethodKind, ReportQuery, Result, Without};
use crate::render::{self, Format, Rows, Shape, Totals, text::counted, time};
use crate::ui::Stdout;

/// Which rows.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  mfactl report registration --without mfa\n  mfactl report registration --admins --without passkey -o csv\n  mfactl report registration --summary"
)]
pub struct Args {
    /// Only people without any sign-in method (mfa), or without this kind; phone means all phones
    #[arg(long, value_name = "mfa|KIND", value_parser = without)]
    without: Option<Without>,
    /// Only people with this kind; phone means all phones
    #[arg(long, value_name = "KIND", value_parser = kinds)]
    method: Option<Kinds>,
    /// Only administrators
    #[arg(long)]
    admins: bool,
    /// Disabled accounts and guests too
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_enum)]
    include: Vec<Included>,
    /// Count instead of listing
    #[arg(long)]
    summary: bool,
}

/// A kind, or all of a family.
#[derive(Clone, Copy, Debug)]
struct Kinds(&'static [MethodKind]);

/// Who else is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Included {
    Disabled,
    Guests,
}

fn kinds(text: &str) -> Result<Kinds, String> {
    MethodKind::kinds(text).map(Kinds).ok_or_else(|| {
        let known = MethodKind::ALL.iter().map(|kind| kind.as_str()).chain(["phone"]);
        match crate::config::nearest(text, known) {
            Some(meant) => format!("that is not a kind of method; did you mean {meant}?"),
            None => "that is not a kind of method".to_owned(),
        }
    })
}

fn without(text: &str) -> Result<Without, String> {
    if text.eq_ignore_ascii_case("mfa") {
        return Ok(Without::Mfa);
    }
    kinds(text).map(|Kinds(kinds)| Without::Kinds(kinds))
}

/// What was read of the report.
struct Told {
    totals: Totals,
    cut: bool,
    oldest: Option<jiff::Timestamp>,
    source: Option<String>,
    failed: Option<Error>,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self {
            without,
            method,
            admins,
            include,
            summary,
        } = self;
        let session = cx.connect(Intent::Read).await?;
        let query = ReportQuery {
            without,
            method: method.map(|Kinds(kinds)| kinds),
            admins,
            include_disabled: include.contains(&Included::Disabled),
            include_guests: include.contains(&Included::Guests),
        };
        // The list is ended properly also when a signal comes.
        let hold = cx.interrupt.hold();
        let page = cx.page();
        let mut out = cx.ui.stdout();
        let told = if summary {
            let told = read(cx, &session, &query, |_| Ok(true)).await?;
            told.totals.show(&page, &mut out)?;
            told
        } else {
            list(cx, &session, &query, &page, &mut out).await?
        };
        out.done()?;
        drop(hold);
        let Told {
            totals,
            cut,
            oldest,
            source,
            failed,
        } = told;
        let people = counted(totals.people, "person", "people");
        if cut {
            return Ok(0);
        }
        cx.ui.note(&match (totals.people, oldest, source) {
            (0, ..) => format!("nobody in {} is in that report", session.profile),
            (_, Some(oldest), Some(source)) => {
                let age = time::moment(oldest, cx.clock.now(), &cx.zone);
                let from = match source.as_str() {
                    "report" => "the service's report",
                    "directory" => "the directory",
                    _ => "each person's own methods",
                };
                format!("{people} in {}, from {from} of {age}", session.profile)
            }
            _ => format!("{people} in {}", session.profile),
        });
        match failed {
            None => Ok(0),
            Some(error) if totals.people == 0 || error.code() == ErrorCode::Interrupted => Err(error),
            Some(error) => {
                cx.ui.error(&error);
                Ok(7)
            }
        }
    }
}

/// Reads the report row by row until it ends, fails, or nobody wants more.
async fn read(
    cx: &Context,
    session: &Session,
    query: &ReportQuery,
    mut each: impl FnMut(&ReportRow) -> Result<bool>,
) -> Result<Told> {
    let mut told = Told {
        totals: Totals::default(),
        cut: false,
        oldest: None,
        source: None,
        failed: None,
    };
    let mut rows = session.service.registration(query);
    loop {
        let row = tokio::select! {
            biased;
            () = cx.interrupt.wait() => {
                told.failed = Some(Interrupt::error());
                break;
            }
            row = rows.next() => row,
        };
        match row {
            None => break,
            Some(Err(error)) => {
                told.failed = Some(error);
                break;
            }
            Some(Ok(row)) => {
                let row = ReportRow::new(&session.profile, &session.tenant, row);
                told.totals.add(&row);
                told.oldest = Some(told.oldest.map_or(row.as_of, |oldest| oldest.min(row.as_of)));
                told.source.get_or_insert_with(|| row.source.clone());
                if !each(&row)? {
                    told.cut = true;
                    break;
                }
            }
        }
    }
    Ok(told)
}

async fn list(
    cx: &Context,
    session: &Session,
    query: &ReportQuery,
    page: &render::Page,
    out: &mut Stdout,
) -> Result<Told> {
    let streamed = matches!(page.format, Format::Ndjson | Format::Csv);
    let closed = out.closed();
    let mut rows = Rows::new(page, out, Shape::One);
    let told = read(cx, session, query, |row| {
        rows.push(row)?;
        if streamed {
            rows.flush()?;
        }
        Ok(!closed.get())
    })
    .await?;
    let summary = serde_json::json!({
        "profile": session.profile, "tenant": session.tenant, "rows": rows.count(),
        "failed": u8::from(told.failed.is_some()), "as_of": told.oldest, "source": told.source,
    });
    rows.finish(&summary)?;
    out.flush()
        .map_err(|error| render::cannot_write(&error, "standard output"))?;
    Ok(told)
}
