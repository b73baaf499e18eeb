//! Tables for people: capital headings, no borders, two blanks between columns, fitted to a terminal by wrapping.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width};

/// The least that is left to the last column before the others wrap too.
const LAST: usize = 20;

/// How a table is laid out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Layout {
    /// Columns of the terminal; `None`: not a terminal, nothing wraps.
    pub(crate) width: Option<usize>,
    /// Whether headings are bold.
    pub(crate) bold: bool,
    /// Least widths of the columns from the left.
    pub(crate) least: &'static [u16],
}

/// The table with a line end after each line. Cells are clean text without line ends.
pub(crate) fn table(headings: &[&str], rows: &[Vec<String>], layout: Layout) -> String {
    let mut table = empty(rows, layout);
    if !headings.is_empty() {
        table.set_header(headings.to_vec());
    }
    let columns = arrange(&mut table, &longest_words(headings, rows), layout);
    debug_assert!(headings.is_empty() || columns == headings.len());
    let mut out = String::new();
    for (at, line) in table.lines().enumerate() {
        let line = line.trim_end();
        if at == 0 && layout.bold && !headings.is_empty() {
            let style = anstyle::Style::new().bold();
            out.push_str(&format!("{style}{line}{style:#}"));
        } else {
            out.push_str(line);
        }
        out.push('\n');
    }
    out
}

/// Whether a terminal of this width has no room for the longest word of each column: then lines read better.
pub(crate) fn breaks_words(headings: &[&str], rows: &[Vec<String>], width: usize) -> bool {
    !have_room(&longest_words(headings, rows), width)
}

/// The longest word of each column, in letters.
fn longest_words(headings: &[&str], rows: &[Vec<String>]) -> Vec<usize> {
    let longest = |text: &str| text.split(' ').map(|word| word.chars().count()).max();
    let columns = rows.iter().map(Vec::len).fold(headings.len(), usize::max);
    (0..columns)
        .map(|at| {
            let heading = headings.get(at).copied();
            let cells = rows.iter().filter_map(|row| row.get(at)).map(String::as_str);
            cells.chain(heading).filter_map(longest).max().unwrap_or(0)
        })
        .collect()
}

fn have_room(words: &[usize], width: usize) -> bool {
    words.iter().map(|word| word + 2).sum::<usize>() <= width + 2
}

/// Rows in columns, without headings, each as one line.
pub(crate) fn plain(rows: &[Vec<String>]) -> Vec<String> {
    let mut table = empty(rows, Layout::default());
    arrange(&mut table, &[], Layout::default());
    table.lines().map(|line| line.trim_end().to_owned()).collect()
}

fn empty(rows: &[Vec<String>], layout: Layout) -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.force_no_tty();
    table.set_content_arrangement(match layout.width {
        Some(_) => ContentArrangement::Dynamic,
        None => ContentArrangement::Disabled,
    });
    for row in rows {
        table.add_row(row.clone());
    }
    table
}

/// Sets paddings and widths; gives the number of columns. `words`: the longest of each column, which no line breaks
/// where all of them have room.
fn arrange(table: &mut Table, words: &[usize], layout: Layout) -> usize {
    let widths: Vec<usize> = table
        .column_max_content_widths()
        .into_iter()
        .map(usize::from)
        .collect();
    let count = widths.len();
    let fixed: usize = widths
        .iter()
        .take(count.saturating_sub(1))
        .map(|width| width + 2)
        .sum();
    let last = widths.last().copied().unwrap_or(0).min(LAST);
    let fits = layout.width.is_none_or(|width| fixed + last <= width);
    let whole = layout.width.is_some_and(|width| have_room(words, width));
    for at in 0..count {
        let word = words.get(at).copied().filter(|_| whole).unwrap_or(0);
        let least = layout.least.get(at).copied().unwrap_or(0);
        let least = least.max(u16::try_from(word).unwrap_or(u16::MAX));
        let Some(column) = table.column_mut(at) else {
            continue;
        };
        let last = at + 1 == count;
        column.set_padding((0, if last { 0 } else { 2 }));
        if least > 0 {
            let least = if last { least } else { least + 2 };
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(least)));
        }
        let wider = widths.get(at).is_some_and(|width| *width >= usize::from(least));
        if !last && fits && layout.width.is_some() && wider {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    if let Some(width) = layout.width {
        table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Vec<String>> {
        [
            [
                "remove",
                "phone:mobile",
                "failed",
                "needs Privileged Authentication Administrator",
            ],
            ["all", "-", "skipped", "changed since the plan: +totp"],
        ]
        .map(|row| row.map(str::to_owned).to_vec())
        .to_vec()
    }

    const HEADINGS: &[&str] = &["STEP", "TARGET", "STATUS", "DETAIL"];

    #[test]
    fn piped_nothing_is_cut() {
        insta::assert_snapshot!(table(HEADINGS, &rows(), Layout::default()), @r"
        STEP    TARGET        STATUS   DETAIL
        remove  phone:mobile  failed   needs Privileged Authentication Administrator
        all     -             skipped  changed since the plan: +totp
        ");
    }

    #[test]
    fn on_a_terminal_the_last_column_wraps() {
        let layout = Layout {
            width: Some(64),
            ..Layout::default()
        };
        insta::assert_snapshot!(table(HEADINGS, &rows(), layout), @r"
        STEP    TARGET        STATUS   DETAIL
        remove  phone:mobile  failed   needs Privileged Authentication
                                       Administrator
        all     -             skipped  changed since the plan: +totp
        ");
    }

    #[test]
    fn no_word_is_broken_where_all_have_room() {
        let rows = [
            ["breakglass@contoso.example", "yes", "passkey", "no"],
            [
                "adele@contoso.example",
                "yes",
                "authenticator, phone:mobile, email",
                "yes",
            ],
        ];
        let rows: Vec<Vec<String>> = rows.iter().map(|row| row.map(str::to_owned).to_vec()).collect();
        let layout = Layout {
            width: Some(60),
            ..Layout::default()
        };
        insta::assert_snapshot!(table(&["USER", "MFA", "METHODS", "RESET"], &rows, layout), @"
        USER                        MFA  METHODS               RESET
        breakglass@contoso.example  yes  passkey               no
        adele@contoso.example       yes  authenticator,        yes
                                         phone:mobile, email
        ");
        let layout = Layout {
            width: Some(62),
            ..Layout::default()
        };
        let rows: Vec<Vec<String>> = [["phone:alternate", "+1 425 555 0199 (call)", "-", "reset only"]]
            .map(|row| row.map(str::to_owned).to_vec())
            .to_vec();
        insta::assert_snapshot!(table(&["METHOD", "DETAIL", "DEFAULT", "STATE"], &rows, layout), @"
        METHOD           DETAIL                  DEFAULT  STATE
        phone:alternate  +1 425 555 0199 (call)  -        reset only
        ");
    }

    #[test]
    fn a_terminal_that_would_break_words_is_known() {
        assert!(breaks_words(HEADINGS, &rows(), 40));
        assert!(!breaks_words(HEADINGS, &rows(), 64));
    }

    #[test]
    fn a_narrow_terminal_is_not_overrun() {
        for width in [30, 40, 50] {
            let layout = Layout {
                width: Some(width),
                ..Layout::default()
            };
            let out = table(HEADINGS, &rows(), layout);
            assert!(
                out.lines().all(|line| line.chars().count() <= width),
                "{width}:\n{out}"
            );
        }
    }

    #[test]
    fn wide_characters_count_double_and_least_widths_hold() {
        let rows = vec![
            vec!["山田".to_owned(), "x".to_owned()],
            vec!["a".to_owned(), "y".to_owned()],
        ];
        let layout = Layout {
            least: &[8],
            ..Layout::default()
        };
        assert_eq!(
            table(&["N", "D"], &rows, layout),
            "N         D\n山田      x\na         y\n"
        );
        assert_eq!(plain(&rows), ["山田  x", "a     y"]);
    }
}
