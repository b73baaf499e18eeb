//! Holds ARCHITECTURE.md against the source: who may import whom, no file that nothing reaches, no file that grew into
//! two things, no drawer for leftovers. It reads text; what the compiler already holds is not repeated here.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot read the source has failed"
)]

#[path = "architecture/source.rs"]
mod source;
#[path = "architecture/written.rs"]
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use source::{SourceFile, blank, files_on_disk, files_reached, imports};

/// Each module at the top of `src/`, and the others that it may import. A new one needs a line here first.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("jobs", &["domain"]),
    ("http", &["domain"]),
    ("auth", &["domain", "http"]),
    ("services", &["domain", "http", "auth"]),
    ("config", &["domain"]),
    ("render", &["domain"]),
    ("ui", &["domain", "render"]),
    ("server", &["domain"]),
    (
        "cli",
        &[
            "domain", "jobs", "services", "http", "auth", "config", "render", "ui", "server",
        ],
    ),
    (
        "app",
        &[
            "domain", "jobs", "services", "auth", "config", "render", "ui", "cli",
        ],
    ),
];

/// A service never imports another one, but for these.
const WRAPS: &[(&str, &str)] = &[("local", "entra")];

/// Only what runs every service beside the others sees the server, and only in tests.
const MAY_IMPORT_IN_TESTS: &[(&str, &[&str])] = &[("services::conformance", &["server"])];

/// A file is one thing; past this many lines, tests left out, it is two.
const MOST_LINES: usize = 400;

/// Files that are longer, each with the length that it may have. The list only shrinks.
const LONGER: &[(&str, usize)] = &[];

/// Names that say nothing of what is inside.
const DRAWERS: &[&str] = &[
    "util", "utils", "helper", "helpers", "common", "manager", "managers", "misc", "shared",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn sources() -> Vec<SourceFile> {
    let files = files_reached(&root());
    assert!(
        files.len() > 20,
        "only {} files of src/ were read: the scan is broken",
        files.len()
    );
    files
}

#[test]
fn every_module_imports_only_what_stands_below_it() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for file in sources()
        .iter()
        .filter(|file| !file.test && !file.module.is_empty())
    {
        let paths = file.imports();
        seen += paths.len();
        wrong.extend(
            paths
                .iter()
                .filter_map(|path| refused(&file.module, path, false))
                .map(|why| format!("src/{}: {why}", file.path)),
        );
    }
    assert!(seen > 100, "only {seen} imports were read: the scan is broken");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_that_people_read_is_the_one_that_is_held() {
    let text = fs::read_to_string(root().join("../ARCHITECTURE.md")).unwrap();
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let held: BTreeMap<String, BTreeSet<String>> = MAY_IMPORT
        .iter()
        .map(|(module, may)| ((*module).to_owned(), names(may)))
        .collect();
    assert_eq!(written::table(&text, &held.keys().cloned().collect()), held);
}

#[test]
fn test_code_imports_what_its_module_may_and_only_conformance_sees_the_server() {
    let wrong: Vec<String> = sources()
        .iter()
        .filter(|file| !file.module.is_empty())
        .flat_map(|file| {
            let paths = file.imports_of_tests();
            let reasons: Vec<String> = paths
                .iter()
                .filter_map(|path| refused(&file.module, path, true))
                .map(|why| format!("src/{}: {why}", file.path))
                .collect();
            reasons
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Why `module` may not import `path`; nothing where it may.
fn refused(module: &[String], path: &[String], in_tests: bool) -> Option<String> {
    let (own, target) = (module.first()?.as_str(), path.first()?.as_str());
    let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == own) else {
        return Some(format!("{own} is not in the table of tests/architecture.rs"));
    };
    if own == target {
        return refused_service(module, path, in_tests);
    }
    let place = module.join("::");
    let more = MAY_IMPORT_IN_TESTS
        .iter()
        .filter(|(name, _)| in_tests && place.starts_with(name))
        .flat_map(|(_, names)| names.iter());
    let may = allowed.iter().chain(more).any(|name| *name == target);
    (!may).then(|| format!("imports {}, and {own} may import {allowed:?}", path.join("::")))
}

/// Services do not know each other; `services/mod.rs` and `gate.rs`, which are about all of them, do.
fn refused_service(module: &[String], path: &[String], in_tests: bool) -> Option<String> {
    let [top, from, ..] = module else { return None };
    let [_, to, ..] = path else { return None };
    let folders = services();
    let conformance = in_tests && from == "conformance";
    if top != "services" || from == to || conformance || !folders.contains(from) || !folders.contains(to) {
        return None;
    }
    let wraps = WRAPS.iter().any(|(outer, inner)| outer == from && inner == to);
    (!wraps).then(|| format!("service {from} imports service {to}"))
}

/// The folders of `src/services/` that are services.
fn services() -> BTreeSet<String> {
    let folders: BTreeSet<String> = fs::read_dir(root().join("services"))
        .expect("src/services/")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .filter(|name| name != "conformance")
        .collect();
    assert!(
        folders.contains("entra") && folders.contains("local"),
        "{folders:?}"
    );
    folders
}

#[test]
fn the_rules_refuse_what_they_are_there_to_refuse() {
    let module = |path: &str| path.split("::").map(str::to_owned).collect::<Vec<_>>();
    for (from, to) in [
        ("domain::method", "http::Request"),
        ("jobs::plan", "services::gate"),
        ("services::entra::users", "render::table"),
        ("services::entra", "services::local::Console"),
        ("services::local", "config::Profile"),
        ("http::retry", "auth::claims"),
        ("server::graph", "services::entra"),
        ("config", "ui::Ui"),
        ("elsewhere", "domain::Method"),
    ] {
        assert!(
            refused(&module(from), &module(to), false).is_some(),
            "{from} imports {to}"
        );
    }
    for (from, to) in [
        ("services::local::apply", "services::entra::EntraService"),
        ("services::entra", "services::gate::Gated"),
        ("cli::methods::list", "services::open"),
        ("render::csv", "domain::Method"),
    ] {
        assert_eq!(
            refused(&module(from), &module(to), false),
            None,
            "{from} imports {to}"
        );
    }
    let conformance = module("services::conformance::cases");
    assert!(refused(&conformance, &module("server::spawn"), false).is_some());
    assert!(refused(&conformance, &module("server::spawn"), true).is_none());
}

#[test]
fn the_scan_sees_grouped_and_relative_imports_and_not_what_only_looks_like_one() {
    let text = r##"
        //! crate::comment::Nothing
        use crate::{domain::{Method, User as Person}, http::*};
        use super::super::{ui, render::text::{self, clean}};
        use crate::config::r#final;
        fn f<'a>(x: &'a str) -> char { crate::jobs::plan::make(x); let _ = "crate::string"; 'c' }
        const T: &str = r#"crate::raw "quoted" "#; /* crate::block */ const Q: char = '"'; use crate::app;
    "##;
    let module = ["services", "entra", "wire"].map(str::to_owned);
    let tops: BTreeSet<String> = imports(&blank(text), &module)
        .into_iter()
        .map(|path| path.into_iter().take(2).collect::<Vec<_>>().join("::"))
        .collect();
    let expected = [
        "app",
        "config::r",
        "domain::Method",
        "domain::User",
        "http",
        "jobs::plan",
        "services::render",
        "services::ui",
    ];
    assert_eq!(tops.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn no_source_file_lies_outside_the_module_tree() {
    let reached: BTreeSet<String> = sources().into_iter().map(|file| file.path).collect();
    let orphans: Vec<String> = files_on_disk(&root()).difference(&reached).cloned().collect();
    assert!(orphans.is_empty(), "no `mod` line reaches {orphans:?}");
}

#[test]
fn no_file_grows_into_two_things() {
    let longer: BTreeMap<&str, usize> = LONGER.iter().copied().collect();
    let files = sources();
    let mut wrong: Vec<String> = files
        .iter()
        .map(|file| (file, file.lines()))
        .filter_map(|(file, lines)| match longer.get(file.path.as_str()) {
            None if lines > MOST_LINES => Some(format!(
                "src/{}: {lines} lines, {MOST_LINES} at most: split it by noun",
                file.path
            )),
            Some(_) if lines <= MOST_LINES => {
                Some(format!("src/{}: {lines} lines: take it out of LONGER", file.path))
            }
            Some(most) if lines > *most => Some(format!(
                "src/{}: {lines} lines, it was {most}: LONGER only shrinks",
                file.path
            )),
            _ => None,
        })
        .collect();
    let gone = longer
        .keys()
        .filter(|path| !files.iter().any(|file| file.path == **path));
    wrong.extend(gone.map(|path| format!("src/{path} is gone: take it out of LONGER")));
    assert!(longer.len() <= 5, "LONGER is not a place to live");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn test_items_do_not_count_as_lines() {
    let text = "//! Head.\nfn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() { \"}\"; }\n}\nfn c() {}\n";
    let file = SourceFile {
        path: "a.rs".to_owned(),
        module: vec!["a".to_owned()],
        test: false,
        text: text.to_owned(),
        code: String::new(),
    };
    assert_eq!(file.lines(), 3);
}

#[test]
fn the_binary_only_calls_the_library() {
    let text = fs::read_to_string(root().join("main.rs")).unwrap();
    let lines = text.lines().count();
    assert!(lines <= 15, "src/main.rs has {lines} lines, 15 at most");
}

#[test]
fn every_file_begins_by_saying_what_lives_there() {
    // What `tests.rs` holds is said by its name and by the module above it.
    let silent: Vec<String> = sources()
        .into_iter()
        .filter(|file| !(file.test && file.path.ends_with("/tests.rs")))
        .filter(|file| !file.text.starts_with("//! "))
        .map(|file| format!("src/{}", file.path))
        .collect();
    assert!(silent.is_empty(), "no `//!` header: {silent:?}");
}

#[test]
fn no_module_is_a_drawer_for_leftovers() {
    let drawers: Vec<String> = sources()
        .into_iter()
        .filter(|file| file.module.iter().any(|name| DRAWERS.contains(&name.as_str())))
        .map(|file| format!("src/{}", file.path))
        .collect();
    assert!(drawers.is_empty(), "name them after what is inside: {drawers:?}");
}

#[test]
fn no_file_names_a_path_of_the_machine_it_was_written_on() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = vec![top.to_string_lossy().into_owned()];
    // Spelled in two halves, so that this file does not find itself.
    names.extend(
        [("/wo", "rk/"), ("/ro", "ot/"), ("/Use", "rs/"), (".lib", "rary/")].map(|(a, b)| format!("{a}{b}")),
    );
    let mut checked = 0;
    let mut wrong = Vec::new();
    let mut folders = vec![top.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if name != "target" && name != ".git" {
                    folders.push(path);
                }
                continue;
            }
            // A file that is no text names no path that anybody reads; `.git` is a file in a second working tree.
            let Ok(text) = fs::read_to_string(&path) else {
                continue;
            };
            if name == ".git" {
                continue;
            }
            checked += 1;
            for (number, line) in text.lines().enumerate() {
                if let Some(found) = names.iter().find(|found| begins_a_path(line, found)) {
                    wrong.push(format!("{}:{}: {found}", path.display(), number + 1));
                }
            }
        }
    }
    assert!(checked > 20, "only {checked} files were read: the scan is broken");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether `line` has `what` where a path begins, or where `..` stands before it, and not in the middle of a URL.
fn begins_a_path(line: &str, what: &str) -> bool {
    line.match_indices(what).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-' || c == '}')
    })
}

#[test]
fn dependencies_come_from_the_public_registry_alone() {
    let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
    let sources: BTreeSet<&str> = lock
        .lines()
        .filter_map(|line| line.strip_prefix("source = "))
        .collect();
    let only = BTreeSet::from(["\"registry+https://github.com/rust-lang/crates.io-index\""]);
    assert_eq!(sources, only);
}

#[test]
fn what_plain_cargo_leaves_out_is_linted_by_name() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let lint = fs::read_to_string(root.join(".ci/lint")).unwrap();
    let mut named = 0;
    for kind in ["test", "bench"] {
        for target in manifest[kind].as_array().unwrap() {
            if target.get(kind).and_then(toml::Value::as_bool) == Some(false) {
                let name = target["name"].as_str().unwrap();
                assert!(
                    lint.contains(&format!("--{kind} {name} ")),
                    "`cargo clippy --all-targets` leaves out {kind} {name}, and .ci/lint does not name it"
                );
                named += 1;
            }
        }
    }
    assert!(
        named >= 4,
        "{named} targets were found that plain cargo leaves out"
    );
}
