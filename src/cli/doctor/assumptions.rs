//! `doctor --verify-assumptions`: whether the organization is as the service's client assumes where no documentation
//! says it. By reads alone; what only a change would show is listed and not tried.

use crate::cli::context::{Context, Intent};
use crate::domain::shape::{AssumptionRow, AssumptionVerdict};
use crate::domain::{Error, ErrorCode, Result};
use crate::render::{Rows, Shape};

/// Looks, and tells. Gives the exit status: 1 where something is otherwise.
pub(super) async fn verify(cx: &Context) -> Result<u8> {
    let session = cx.connect(Intent::Read).await?;
    let rows: Vec<AssumptionRow> = session
        .service
        .verify_assumptions()
        .await
        .into_iter()
        .map(AssumptionRow::from)
        .collect();
    if rows.is_empty() {
        return Err(Error::new(
            ErrorCode::Unsupported,
            format!(
                "there are no assumptions about {} to verify",
                session.service_name
            ),
        )
        .hint("mfactl doctor says whether the profile works"));
    }
    let count = |verdict| rows.iter().filter(|row| row.verdict == verdict).count();
    let [confirmed, contradicted, unknown] = [
        AssumptionVerdict::Confirmed,
        AssumptionVerdict::Contradicted,
        AssumptionVerdict::CannotTell,
    ]
    .map(count);
    let code = u8::from(contradicted > 0);
    let page = cx.page();
    let mut out = cx.ui.stdout();
    let mut table = Rows::new(&page, &mut out, Shape::One);
    for row in &rows {
        table.push(row)?;
    }
    table.finish(&serde_json::json!({
        "rows": rows.len(), "confirmed": confirmed, "contradicted": contradicted, "cannot_tell": unknown, "exit_code": code,
    }))?;
    out.done()?;
    cx.ui.note(&format!(
        "{confirmed} confirmed, {contradicted} contradicted, {unknown} not to be told from here"
    ));
    if contradicted > 0 {
        cx.ui
            .note("what is contradicted is a fault of mfactl's, not of the organization's: report it with these rows");
    }
    Ok(code)
}
