//! `report registration`

use std::io::Write as _;

use futures::StreamExt as _;

use super::page::Draft;
use crate::cli::context::{Context, Intent, Session};
use crate::cli::globals::PathOrDash;
use crate::cli::interrupt::Interrupt;
use crate::domain::shape::ReportRow;
use crate::domain::{Error, ErrorCode, MethodKind, ReportQuery, Result, Without};
use crate::render::{self, Format, Rows, Shape, Totals, text::counted, time};
use crate::ui::Stdout;

/// Which rows.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  mfactl report registration --without mfa\n  mfactl report registration --admins --without passkey -o csv\n  mfactl report registration --summary\n  mfactl report registration --html registration.html\n  mfactl report registration --method phone -o csv | mfactl user sign-out --from -"
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
    /// Write a page for the browser to this new file, or - for stdout: charts, and with --summary nothing else
    #[arg(long, value_name = "FILE")]
    html: Option<PathOrDash>,
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
pub(super) struct Told {
    pub(super) totals: Totals,
    cut: bool,
    oldest: Option<jiff::Timestamp>,
    source: Option<String>,
    pub(super) failed: Option<Error>,
}

impl Told {
    /// How many, where, from what, how old, and who is left out: all in one sentence.
    fn sentence(&self, cx: &Context, session: &Session, query: &ReportQuery) -> String {
        let people = counted(self.totals.people, "person", "people");
        let left_out = match (query.include_guests, query.include_disabled) {
            (false, false) => ", without guests and disabled accounts",
            (false, true) => ", without guests",
            (true, false) => ", without disabled accounts",
            (true, true) => "",
        };
        let profile = &session.profile;
        match (self.totals.people, self.oldest, self.source.as_deref()) {
            (0, ..) => format!("nobody in {profile} is in that report{left_out}"),
            (_, Some(oldest), Some(source)) => {
                let age = time::moment(oldest, cx.clock.now(), &cx.zone);
                let from = match source {
                    "report" => "the service's report",
                    "directory" => "the directory",
                    _ => "each person's own methods",
                };
                format!("{people} in {profile}, from {from} of {age}{left_out}")
            }
            _ => format!("{people} in {profile}{left_out}"),
        }
    }

    /// Why people were read one by one, where the service has a report that the organization does not: its licence.
    fn missing(&self, session: &Session) -> Option<String> {
        if self.source.as_deref() != Some("per_user") {
            return None;
        }
        let rights = session.service.rights();
        let licence = rights
            .iter()
            .find(|right| right.verb == "report registration")?
            .licence?;
        Some(format!(
            "the organization has no registration report, which takes {licence}; each person was read instead"
        ))
    }
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self {
            without,
            method,
            admins,
            include,
            summary,
            html,
        } = self;
        let mut draft = html.map(|to| Draft::begin(cx, to, !summary)).transpose()?;
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
        // Beside a page the table of everybody would be the same once more.
        let counts = summary || (draft.is_some() && page.format == Format::Table);
        let told = if counts {
            let told = read(cx, &session, &query, |row| {
                draft.as_mut().map_or(Ok(()), |draft| draft.add(row))?;
                Ok(true)
            })
            .await?;
            if draft.as_ref().is_none_or(|draft| !draft.takes_stdout()) && told.failed.is_none() {
                told.totals.show(&page, &mut out)?;
            }
            told
        } else {
            list(cx, &session, &query, &page, &mut out, draft.as_mut()).await?
        };
        let sentence = told.sentence(cx, &session, &query);
        if let Some(draft) = draft.filter(|_| told.failed.is_none()) {
            draft.end(cx, &session, &told, &sentence, &said(&query), &mut out)?;
        }
        out.done()?;
        drop(hold);
        if let Some(missing) = told.missing(&session) {
            cx.ui.note(&missing);
        }
        let Told {
            totals, cut, failed, ..
        } = told;
        if cut {
            return Ok(0);
        }
        // Who could not be read may be in it.
        let failed = match failed {
            Some(error) if totals.people == 0 => return Err(error),
            failed => failed,
        };
        cx.ui.note(&sentence);
        match failed {
            None => Ok(0),
            Some(error) if error.code() == ErrorCode::Interrupted => Err(error),
            Some(error) => {
                cx.ui.error(&error);
                Ok(7)
            }
        }
    }
}

/// What was asked for, where that is not everybody.
fn said(query: &ReportQuery) -> String {
    let names = |kinds: &[MethodKind]| match kinds {
        [kind] => kind.as_str(),
        // The one family there is.
        _ => "phone",
    };
    let mut parts = Vec::new();
    match query.without {
        Some(Without::Mfa) => parts.push("people without any sign-in method".to_owned()),
        Some(Without::Kinds(kinds)) => parts.push(format!("people without {}", names(kinds))),
        None => {}
    }
    if let Some(kinds) = query.method {
        parts.push(format!("people with {}", names(kinds)));
    }
    if query.admins {
        parts.push("administrators".to_owned());
    }
    if parts.is_empty() {
        String::new()
    } else {
        format!("Only {}", parts.join(" and "))
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
    mut draft: Option<&mut Draft>,
) -> Result<Told> {
    let streamed = matches!(page.format, Format::Ndjson | Format::Csv);
    let closed = out.closed();
    let mut rows = Rows::new(page, out, Shape::One);
    let told = read(cx, session, query, |row| {
        rows.push(row)?;
        if streamed {
            rows.flush()?;
        }
        let page = draft.as_mut();
        let for_page = page.is_some();
        page.map_or(Ok(()), |draft| draft.add(row))?;
        Ok(for_page || !closed.get())
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
