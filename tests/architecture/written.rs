//! Reads the table of ARCHITECTURE.md: who may import whom, as people are told.

use std::collections::{BTreeMap, BTreeSet};

/// Each module with the others that it may import. `all`: what "everything" stands for.
pub fn table(text: &str, all: &BTreeSet<String>) -> BTreeMap<String, BTreeSet<String>> {
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<&str> = line.strip_prefix("| `")?.split('|').map(str::trim).collect();
        let [name, _, imports, ..] = cells.as_slice() else {
            return None;
        };
        let name = name.trim_end_matches(['`', '/']).trim_end_matches(".rs");
        // Behind the semicolon is what services may among themselves.
        let imports = imports.split(';').next()?;
        let named = quoted(imports);
        let may = if imports.starts_with("everything") {
            let below = all.iter().filter(|module| *module != name && *module != "app");
            below.filter(|module| !named.contains(*module)).cloned().collect()
        } else {
            named
        };
        Some((name.to_owned(), may))
    });
    rows.collect()
}

/// What stands between backticks.
fn quoted(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}
