//! What can be made from the program is made from it, committed, and compared here: completions, man pages, schemas,
//! README's tables and the picture of a real run. `MFACTL_UPDATE_GENERATED=1 cargo test --test generated` writes them.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot make the file has failed"
)]

#[path = "generated/picture.rs"]
mod picture;
#[path = "generated/round_trips.rs"]
mod round_trips;
#[path = "generated/tables.rs"]
mod tables;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;

use picture::Line;
use tempfile::TempDir;

/// The command that mends what a failed comparison finds.
const MEND: &str = "MFACTL_UPDATE_GENERATED=1 cargo test --test generated";

/// README has several tables: two tests must not write it at once.
static README: Mutex<()> = Mutex::new(());

fn top() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a variable of the tests, not of the program"
)]
fn updates() -> bool {
    std::env::var_os("MFACTL_UPDATE_GENERATED").is_some_and(|value| value == "1")
}

/// Compares a folder with what belongs there, or writes it. Files that do not belong there are stale too.
fn hold_folder(folder: &str, made: &BTreeMap<String, String>) {
    assert!(!made.is_empty(), "nothing was made for {folder}/");
    let folder = top().join(folder);
    let present: Vec<String> = fs::read_dir(&folder)
        .map(|entries| {
            entries
                .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
                .collect()
        })
        .unwrap_or_default();
    let stale = present.iter().filter(|name| !made.contains_key(*name));
    if updates() {
        fs::create_dir_all(&folder).unwrap();
        for name in stale {
            fs::remove_file(folder.join(name)).unwrap();
        }
        for (name, text) in made {
            write(&folder.join(name), text);
        }
        return;
    }
    let stale: Vec<String> = stale.cloned().collect();
    assert!(
        stale.is_empty(),
        "{}: {} belong to nothing; mend it with: {MEND}",
        folder.display(),
        stale.join(", ")
    );
    for (name, text) in made {
        compare(&folder.join(name), text);
    }
}

fn write(path: &Path, text: &str) {
    if fs::read_to_string(path).ok().as_deref() != Some(text) {
        fs::write(path, text).unwrap();
    }
}

#[track_caller]
fn compare(path: &Path, text: &str) {
    // A checkout on Windows may have turned the line ends.
    let stands = fs::read_to_string(path).unwrap_or_default().replace("\r\n", "\n");
    if stands == text {
        return;
    }
    let differs = stands.lines().zip(text.lines()).position(|(a, b)| a != b);
    let line = differs.unwrap_or_else(|| stands.lines().count().min(text.lines().count()));
    panic!(
        "{} is not up to date, from line {}:\n  stands: {}\n  should: {}\nmend it with: {MEND}",
        path.display(),
        line + 1,
        stands.lines().nth(line).unwrap_or("(nothing)"),
        text.lines().nth(line).unwrap_or("(nothing)"),
    );
}

/// Compares what stands in README between `<!-- generated:NAME -->` and `<!-- /generated -->`, or writes it.
#[track_caller]
fn hold_table(name: &str, table: &str) {
    hold_table_in("README.md", name, table);
}

/// The same in another file.
#[track_caller]
fn hold_table_in(file: &str, name: &str, table: &str) {
    let _alone = README.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let path = top().join(file);
    let readme = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
    let (begin, end) = (format!("<!-- generated:{name} -->\n"), "<!-- /generated -->");
    let (before, rest) = readme
        .split_once(&begin)
        .unwrap_or_else(|| panic!("{file} has no line {}", begin.trim_end()));
    let (_, after) = rest
        .split_once(end)
        .unwrap_or_else(|| panic!("{file} has no {end} after {name}"));
    let whole = format!("{before}{begin}{table}{end}{after}");
    if updates() {
        write(&path, &whole);
    } else {
        compare(&path, &whole);
    }
}

/// A place with nothing of the machine in it.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(TempDir::with_prefix("mfactl-generated-").unwrap())
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command()
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    fn command(&self) -> Command {
        let home = self.0.path();
        let mut command = Command::new(env!("CARGO_BIN_EXE_mfactl"));
        command
            .env_clear()
            .env("HOME", home)
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_STATE_HOME", home.join("state"))
            .env("TZ", "UTC")
            .env("LANG", "C.UTF-8")
            .current_dir(home);
        command
    }

    #[track_caller]
    fn prints(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }
}

#[test]
fn completions_are_what_the_program_prints() {
    let place = Place::new();
    let shells = [
        ("bash", "mfactl.bash"),
        ("zsh", "_mfactl"),
        ("fish", "mfactl.fish"),
        ("elvish", "mfactl.elv"),
        ("powershell", "_mfactl.ps1"),
    ];
    let made = shells.map(|(shell, file)| (file.to_owned(), place.prints(&["completions", shell])));
    hold_folder("completions", &made.into());
}

#[test]
fn man_pages_are_what_the_program_writes() {
    let place = Place::new();
    let folder = place.0.path().join("man");
    place.prints(&["man", folder.to_str().unwrap()]);
    let made = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            assert!(name.ends_with(".1"), "{name} is no man page");
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    hold_folder("man", &made);
}

#[test]
fn schemas_are_what_the_program_prints() {
    let place = Place::new();
    let names = place.prints(&["schema"]);
    let made: BTreeMap<String, String> = names
        .lines()
        // The headings.
        .skip(1)
        .map(|line| line.split_whitespace().next().unwrap())
        .map(|name| (format!("{name}.json"), place.prints(&["schema", name])))
        .collect();
    for text in made.values() {
        serde_json::from_str::<serde_json::Value>(text).unwrap();
    }
    hold_folder("schemas", &made);
}

#[test]
fn readme_says_what_each_service_can_do() {
    hold_table("capabilities", &tables::capabilities());
}

#[test]
fn readme_lists_every_exit_status() {
    hold_table("exit-codes", &tables::exit_codes());
}

#[test]
fn readme_lists_every_error_code() {
    hold_table("error-codes", &tables::error_codes());
}

#[test]
fn readme_lists_every_variable() {
    hold_table("variables", &tables::variables());
}

#[test]
fn round_trips_are_what_a_run_takes() {
    let place = Place::new();
    let measured = round_trips::Measured::start(place.command());
    let run = |arguments: &[&str]| {
        let mut command = place.command();
        let output = command
            .envs(measured.variables())
            .args(arguments)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}");
        measured.rounds()
    };
    // With this one she has five.
    let number = ["--number", "+1 4255550142", "--type", "office", "--yes"];
    run(&[&["methods", "add", "phone", "adele@contoso.example"][..], &number].concat());
    let rows = [
        (
            "list one person's methods",
            run(&["methods", "list", "adele@contoso.example"]),
        ),
        (
            "list the methods of three people",
            run(&[
                "methods",
                "list",
                "adele@contoso.example",
                "bas@contoso.example",
                "dora@contoso.example",
            ]),
        ),
        (
            "put a lost phone right, of a person with five methods",
            run(&["user", "reset", "adele@contoso.example", "--yes"]),
        ),
    ];
    for (what, rounds) in &rows {
        let (waits, _) = tables::waits(rounds);
        assert!(waits <= 4, "{what}: {waits} round trips\n{rounds:#?}");
    }
    hold_table_in("docs/round-trips.md", "round-trips", &tables::round_trips(&rows));
}

#[test]
fn the_picture_shows_a_real_run() {
    let place = Place::new();
    let mut lines = Vec::new();
    for command in [
        "methods list adele",
        "user reset adele --yes",
        "methods list adele",
    ] {
        let line = format!("-p local {command}");
        let output = place.run(&line.split(' ').collect::<Vec<_>>());
        let (stdout, stderr) = (text(output.stdout), same(&text(output.stderr)));
        assert!(output.status.success(), "{stderr}");
        if !lines.is_empty() {
            lines.push(Line::Printed(String::new()));
        }
        lines.push(Line::Typed(format!("$ mfactl {line}")));
        // What a change says first, the plan, stands before its rows; what it says last, and what a read says, after.
        let said: Vec<&str> = stderr.lines().collect();
        let plan = if command.starts_with("user reset") {
            plan_length(&said)
        } else {
            0
        };
        lines.extend(said[..plan].iter().map(|line| Line::Said((*line).to_owned())));
        lines.extend(stdout.lines().map(|line| Line::Printed(line.to_owned())));
        lines.extend(said[plan..].iter().map(|line| Line::Said((*line).to_owned())));
    }
    let description =
        "Terminal: Adele's methods before, mfactl user reset with its plan and result, her methods after";
    let svg = picture::draw("a lost phone put right", description, &lines);
    let path = top().join("docs/lost-phone.svg");
    if updates() {
        write(&path, &svg);
    } else {
        compare(&path, &svg);
    }
}

/// What is said, with one id of a job and one head of the audit log for all runs.
fn same(said: &str) -> String {
    let line = |line: &str| {
        let mut after_audit = false;
        let words: Vec<String> = line
            .split(' ')
            .map(|word| {
                let end = word.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "-:".contains(c));
                let is_head = std::mem::replace(&mut after_audit, word == "audit");
                match word {
                    _ if is_head => format!("1042:9be1{end}"),
                    _ if word.starts_with("j-") => format!("j-4f7a{end}"),
                    _ => word.to_owned(),
                }
            })
            .collect();
        words.join(" ")
    };
    said.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// How many lines of stderr are the plan: up to the first that tells the end.
fn plan_length(said: &[&str]) -> usize {
    let end = said.iter().position(|line| line.starts_with("Done"));
    end.unwrap_or_else(|| panic!("no line tells the end: {said:?}"))
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}
