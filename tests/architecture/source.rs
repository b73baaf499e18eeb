//! Reads `src/` as text: which files the `mod` lines reach, which of them are test code, and what each imports.
//! Knows nothing of the rules; they are in `tests/architecture.rs`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// One file that a `mod` line reaches.
pub struct SourceFile {
    /// Below `src/`, with `/`.
    pub path: String,
    /// `["server", "graph"]` for `src/server/graph/mod.rs`; empty for `lib.rs` and `main.rs`.
    pub module: Vec<String>,
    /// Whether the `mod` line, or one above it, is for tests only.
    pub test: bool,
    /// As it stands on disk.
    pub text: String,
    /// Without comments, strings and test items; as many lines as `text`.
    pub code: String,
}

impl SourceFile {
    /// Lines that are not test code.
    pub fn lines(&self) -> usize {
        let without = without_test_items(&self.text, &blank(&self.text));
        if self.test {
            0
        } else {
            without.lines().filter(|line| *line != CUT).count()
        }
    }

    /// What the file names of this package, from the top: `["domain", "Method"]`.
    pub fn imports(&self) -> BTreeSet<Vec<String>> {
        imports(&self.code, &self.module)
    }

    /// The same with the test items in it.
    pub fn imports_of_tests(&self) -> BTreeSet<Vec<String>> {
        // `super` in an inline module means another level, so that only paths from the top are read there.
        named_from(&blank(&self.text), "crate", &[])
    }
}

/// Every file below `src/`, reached or not.
pub fn files_on_disk(root: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let below = path.strip_prefix(root).expect("below the root");
                found.insert(below.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found
}

/// Every file that `lib.rs` and `main.rs` reach, in the order of their paths.
pub fn files_reached(root: &Path) -> Vec<SourceFile> {
    let mut reached: Vec<SourceFile> = Vec::new();
    let mut open: Vec<(PathBuf, Vec<String>, bool)> = ["lib.rs", "main.rs"]
        .into_iter()
        .map(|name| (PathBuf::from(name), Vec::new(), false))
        .collect();
    while let Some((below, module, test)) = open.pop() {
        let text = fs::read_to_string(root.join(&below))
            .unwrap_or_else(|error| panic!("src/{}: {error}", below.display()));
        let whole = blank(&text);
        let code = without_test_items(&whole, &whole);
        let for_all = declared(&code);
        let stem = below.file_stem().expect("a name").to_string_lossy().into_owned();
        let folder = match (stem.as_str(), below.parent()) {
            ("lib" | "main" | "mod", Some(parent)) => parent.to_path_buf(),
            (_, Some(parent)) => parent.join(&stem),
            (_, None) => PathBuf::from(&stem),
        };
        for name in declared(&whole) {
            let flat = folder.join(format!("{name}.rs"));
            let nested = folder.join(&name).join("mod.rs");
            let child = if root.join(&flat).exists() { flat } else { nested };
            let mut path = module.clone();
            path.push(name.clone());
            open.push((child, path, test || !for_all.contains(&name)));
        }
        let path = below.to_string_lossy().replace('\\', "/");
        reached.push(SourceFile {
            path,
            module,
            test,
            text,
            code,
        });
    }
    reached.sort_by(|a, b| a.path.cmp(&b.path));
    reached
}

/// The names in `mod name;` lines.
fn declared(code: &str) -> Vec<String> {
    words(code, "mod")
        .filter_map(|after| {
            let (name, rest) = identifier(after.trim_start())?;
            rest.trim_start().starts_with(';').then(|| name.to_owned())
        })
        .collect()
}

/// What the text names by `crate::` and by `super::`, from the top of the package.
pub fn imports(code: &str, module: &[String]) -> BTreeSet<Vec<String>> {
    let mut found = named_from(code, "crate", &[]);
    if let Some((_, parent)) = module.split_last() {
        found.extend(named_from(code, "super", parent));
    }
    found
}

fn named_from(code: &str, first: &str, base: &[String]) -> BTreeSet<Vec<String>> {
    let mut found = BTreeSet::new();
    for after in words(code, first) {
        if let Some(rest) = after.strip_prefix("::") {
            tree(rest, base.to_vec(), &mut found);
        }
    }
    found
}

/// Reads one path or `{…}` of them, and gives what follows.
fn tree<'a>(text: &'a str, mut path: Vec<String>, found: &mut BTreeSet<Vec<String>>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = rest.trim_start_matches(|c: char| c == ',' || c.is_whitespace());
            match rest.strip_prefix('}') {
                Some(after) => return after,
                None if rest.is_empty() => return rest,
                None => rest = tree(rest, path.clone(), found),
            }
            // What stands between a path and the next comma is `as name`.
            let end = rest.find([',', '}']).unwrap_or(rest.len());
            rest = &rest[end..];
        }
    }
    let Some((name, rest)) = identifier(text) else {
        found.insert(path);
        return text.strip_prefix('*').unwrap_or(text);
    };
    match name {
        "super" => drop(path.pop()),
        "self" => {}
        name => path.push(name.to_owned()),
    }
    match rest.strip_prefix("::") {
        Some(deeper) if !deeper.starts_with('<') => tree(deeper, path, found),
        _ => {
            found.insert(path);
            rest
        }
    }
}

/// What follows each place where `word` stands alone and does not itself end a path.
fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = &'a str> {
    code.match_indices(word).filter_map(move |(at, _)| {
        let before = code[..at].chars().next_back();
        let after = &code[at + word.len()..];
        let alone = !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':' || c == '$')
            && !after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        alone.then_some(after)
    })
}

fn identifier(text: &str) -> Option<(&str, &str)> {
    let end = text
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// Stands in the place of a line that was cut away.
const CUT: &str = "\u{0}";

/// `text` with every item under `#[cfg(test)]` cut away; `code` is the same text blanked, to find the brackets in.
fn without_test_items(text: &str, code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut kept = String::new();
    let mut from = 0;
    while let Some(at) = code[from..].find(MARK).map(|at| from + at) {
        kept.push_str(&text[from..at]);
        let end = end_of_item(code, at + MARK.len());
        let lines = text[at..end].matches('\n').count();
        kept.push_str(CUT);
        for _ in 0..lines {
            kept.push('\n');
            kept.push_str(CUT);
        }
        from = end;
    }
    kept.push_str(&text[from..]);
    kept
}

fn end_of_item(code: &str, from: usize) -> usize {
    let mut depth = 0usize;
    let imports = words(&code[from..], "use").next().is_some_and(|after| {
        let head = &code[from..code.len() - after.len()];
        !head.contains(['{', ';'])
    });
    for (at, c) in code[from..].char_indices() {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => {
                depth = depth.saturating_sub(1);
                if c == '}' && depth == 0 && !imports {
                    return from + at + 1;
                }
            }
            ';' | ',' if depth == 0 => return from + at + 1,
            _ => {}
        }
    }
    code.len()
}

/// `text` with comments and the insides of strings and characters as spaces: same bytes, same lines.
pub fn blank(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = match bytes[at] {
            b'/' if bytes[at..].starts_with(b"//") => find(bytes, at, b"\n").unwrap_or(bytes.len()),
            b'/' if bytes[at..].starts_with(b"/*") => {
                find(bytes, at + 2, b"*/").map_or(bytes.len(), |end| end + 2)
            }
            b'r' if !after_word(bytes, at) && raw_string(&bytes[at..]).is_some() => {
                let hashes = raw_string(&bytes[at..]).unwrap_or(0);
                let close = [b"\"".as_slice(), &vec![b'#'; hashes]].concat();
                find(bytes, at + hashes + 2, &close).map_or(bytes.len(), |end| end + close.len())
            }
            b'"' => quoted(bytes, at, b'"'),
            b'\'' if bytes.get(at + 1) == Some(&b'\\') => quoted(bytes, at, b'\''),
            b'\'' => match character(&text[at..]) {
                Some(length) => at + length,
                None => at + 1,
            },
            _ => {
                at += 1;
                continue;
            }
        };
        for byte in &mut out[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = end.max(at + 1);
    }
    String::from_utf8(out).expect("only whole characters were blanked")
}

fn find(bytes: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    (from..=bytes.len().saturating_sub(what.len())).find(|at| bytes[*at..].starts_with(what))
}

fn after_word(bytes: &[u8], at: usize) -> bool {
    // `br"…"` begins with a letter and is a raw string all the same.
    at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_') && bytes[at - 1] != b'b'
}

fn raw_string(bytes: &[u8]) -> Option<usize> {
    let hashes = bytes[1..].iter().take_while(|byte| **byte == b'#').count();
    (bytes.get(1 + hashes) == Some(&b'"')).then_some(hashes)
}

fn quoted(bytes: &[u8], from: usize, quote: u8) -> usize {
    let mut at = from + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The length of `'x'`; nothing where a lifetime begins.
fn character(text: &str) -> Option<usize> {
    let inside = text[1..].chars().next()?;
    text[1 + inside.len_utf8()..]
        .starts_with('\'')
        .then(|| inside.len_utf8() + 2)
}
