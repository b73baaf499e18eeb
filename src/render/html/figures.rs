//! The charts of the page and its choices, as the template takes them: counts, shares and widths.

use serde::Serialize;

use crate::render::report::Totals;
use crate::render::text;

/// One kind of method.
#[derive(Serialize)]
pub(super) struct Bar {
    kind: &'static str,
    count: String,
    share: String,
    width: String,
}

/// A part of a bar, with its place on it in percent.
#[derive(Serialize)]
pub(super) struct Piece {
    class: &'static str,
    label: &'static str,
    count: String,
    x: String,
    width: String,
}

/// One card: a number of all, and its bar.
#[derive(Serialize)]
pub(super) struct Figure {
    id: &'static str,
    title: &'static str,
    count: String,
    all: String,
    share: String,
    parts: Vec<Piece>,
}

/// A choice of people.
#[derive(Serialize)]
pub(super) struct Filter {
    id: &'static str,
    label: &'static str,
    count: String,
}

/// `37%`; of nothing, a dash.
fn share(count: u64, all: u64) -> String {
    match all {
        0 => "-".to_owned(),
        all => format!("{}%", (count * 100 + all / 2) / all),
    }
}

/// Hundredths of a percent are what a bar needs.
fn width(count: u64, all: u64) -> String {
    let parts = (count * 10_000).checked_div(all).unwrap_or(0);
    format!("{}.{:02}", parts / 100, parts % 100)
}

/// How many have each kind, the most frequent first.
pub(super) fn bars(totals: &Totals) -> Vec<Bar> {
    let mut counts: Vec<(&'static str, u64)> = totals
        .methods
        .iter()
        .map(|(kind, count)| (*kind, *count))
        .collect();
    counts.sort_by_key(|(kind, count)| (std::cmp::Reverse(*count), *kind));
    counts
        .into_iter()
        .map(|(kind, count)| Bar {
            kind,
            count: text::grouped(count),
            share: share(count, totals.people),
            width: width(count, totals.people),
        })
        .collect()
}

/// The three cards.
pub(super) fn figures(totals: &Totals) -> Vec<Figure> {
    let without = totals.people - totals.mfa_capable - totals.mfa_unknown;
    let figure = |id, title, all, parts: &[(&'static str, &'static str, u64)]| {
        let mut x = 0;
        let pieces = parts
            .iter()
            .filter(|(.., count)| *count > 0)
            .map(|(class, label, count)| {
                let piece = Piece {
                    class,
                    label,
                    count: text::grouped(*count),
                    x: width(x, all),
                    width: width(*count, all),
                };
                x += count;
                piece
            })
            .collect();
        let first = parts.first().map_or(0, |(.., count)| *count);
        Figure {
            id,
            title,
            count: text::grouped(first),
            all: text::grouped(all),
            share: share(first, all),
            parts: pieces,
        }
    };
    vec![
        figure(
            "mfa",
            "People who can verify a sign-in (MFA)",
            totals.people,
            &[
                ("good", "can", totals.mfa_capable),
                ("bad", "cannot", without),
                ("blank", "not said", totals.mfa_unknown),
            ],
        ),
        figure(
            "phone",
            "People with text message or call only",
            totals.people,
            &[
                ("bad", "text or call only", totals.phone_only),
                ("good", "others", totals.people - totals.phone_only),
            ],
        ),
        figure(
            "admins",
            "Administrators without a phishing-resistant method",
            totals.admins,
            &[
                ("bad", "without", totals.admins_phishable),
                ("good", "with", totals.admins - totals.admins_phishable),
            ],
        ),
    ]
}

/// What may be chosen of the table.
pub(super) fn filters(totals: &Totals) -> Vec<Filter> {
    let without = totals.people - totals.mfa_capable - totals.mfa_unknown;
    [
        ("without", "Without MFA", without),
        ("phone", "Text or call only", totals.phone_only),
        (
            "phishable",
            "Administrators without a phishing-resistant method",
            totals.admins_phishable,
        ),
    ]
    .into_iter()
    .map(|(id, label, count)| Filter {
        id,
        label,
        count: text::grouped(count),
    })
    .collect()
}
