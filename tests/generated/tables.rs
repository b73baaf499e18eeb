//! README's tables, each made from the one place in the program that decides.

use std::fmt::Write as _;

use mfactl::domain::{Answer, Capabilities, Capability, ErrorCode};
use mfactl::services::SERVICES;

/// Verb, kinds, and what each service answers.
type Row = (String, Vec<String>, Vec<String>);

/// What each service can do, with the reasons below the table. Kinds of method with the same answers share a row.
pub fn capabilities() -> String {
    let services: Vec<_> = SERVICES
        .iter()
        .map(|service| (service.name, (service.capabilities)()))
        .collect();
    let mut rows: Vec<Row> = Vec::new();
    let mut notes: Vec<String> = Vec::new();
    // What several declare is seen several times, and the second time adds nothing.
    for capability in services
        .iter()
        .flat_map(|(_, declared)| declared.entries())
        .map(|(capability, _)| *capability)
    {
        let answers: Vec<String> = services
            .iter()
            .map(|(_, declared)| said(declared, capability, &mut notes))
            .collect();
        let (verb, kind) = parts(capability);
        let same = |row: &&mut Row| row.0 == verb && row.2 == answers;
        match (rows.iter_mut().find(same), kind) {
            (Some((_, kinds, _)), Some(kind)) if !kinds.contains(&kind) => kinds.push(kind),
            (Some(_), _) => {}
            (None, kind) => rows.push((verb, kind.into_iter().collect(), answers)),
        }
    }
    // Rows of one verb stand together, in the order in which the verbs first appear.
    let mut verbs: Vec<String> = Vec::new();
    for (verb, ..) in &rows {
        if !verbs.contains(verb) {
            verbs.push(verb.clone());
        }
    }
    rows.sort_by_key(|row| verbs.iter().position(|verb| *verb == row.0));
    let names: Vec<&str> = services.iter().map(|(name, _)| *name).collect();
    let mut table = format!(
        "| what | {} |\n|---{}|\n",
        names.join(" | "),
        "|---".repeat(names.len())
    );
    for (verb, kinds, answers) in rows {
        let kinds: Vec<String> = kinds.iter().map(|kind| format!("`{kind}`")).collect();
        let what = if kinds.is_empty() {
            verb
        } else {
            format!("{verb} {}", kinds.join(", "))
        };
        writeln!(table, "| {what} | {} |", answers.join(" | ")).unwrap();
    }
    table.push('\n');
    for (number, note) in (1..).zip(notes) {
        writeln!(table, "{number}. {note}").unwrap();
    }
    table
}

fn parts(capability: Capability) -> (String, Option<String>) {
    match capability {
        Capability::Add(kind) => ("add".to_owned(), Some(kind.to_string())),
        Capability::Update(kind) => ("update".to_owned(), Some(kind.to_string())),
        Capability::Remove(kind) => ("remove".to_owned(), Some(kind.to_string())),
        Capability::Verify(kind) => ("verify".to_owned(), Some(kind.to_string())),
        other => (other.to_string(), None),
    }
}

/// The cell of one service: a word, and the number of the note that says why, or what instead. Nothing where the service
/// has no such thing to speak of.
fn said(declared: &Capabilities, capability: Capability, notes: &mut Vec<String>) -> String {
    let Some((_, answer)) = declared.entries().iter().find(|(known, _)| *known == capability) else {
        return "-".to_owned();
    };
    let (word, note) = match answer {
        Answer::Native => return "yes".to_owned(),
        Answer::Substitute { what, wider: true } => ("more", format!("It does more: {what}.")),
        Answer::Substitute { what, wider: false } => ("else", format!("By another way: {what}.")),
        Answer::Unsupported { why, instead } | Answer::Forbidden { why, mend: instead } => {
            let mut why = why.clone();
            if !why.starts_with("privacyIDEA") {
                why[..1].make_ascii_uppercase();
            }
            ("no", format!("{why}. Instead: {instead}."))
        }
    };
    let at = notes.iter().position(|known| *known == note).unwrap_or_else(|| {
        notes.push(note);
        notes.len() - 1
    });
    format!("{word} ({})", at + 1)
}

/// What a script may branch on.
pub fn error_codes() -> String {
    let mut table = "| code | exit | again? | meaning |\n|---|---|---|---|\n".to_owned();
    for code in ErrorCode::ALL {
        let again = if code.retryable() { "yes" } else { "no" };
        writeln!(
            table,
            "| `{code}` | {} | {again} | {} |",
            code.exit_code(),
            code.meaning()
        )
        .unwrap();
    }
    table
}

/// Every exit status, with the codes that give it.
pub fn exit_codes() -> String {
    let mut table = "| exit | meaning | codes |\n|---|---|---|\n".to_owned();
    for (status, meaning) in mfactl::cli::EXIT_CODES {
        let codes: Vec<String> = ErrorCode::ALL
            .iter()
            .filter(|code| code.exit_code() == *status)
            .map(|code| format!("`{code}`"))
            .collect();
        let codes = if codes.is_empty() {
            "-".to_owned()
        } else {
            codes.join(" ")
        };
        writeln!(table, "| {status} | {meaning} | {codes} |").unwrap();
    }
    table
}

/// Every variable that is read.
pub fn variables() -> String {
    let mut table = "| variable | what it does | beaten by |\n|---|---|---|\n".to_owned();
    for variable in mfactl::config::VARIABLES {
        let option = variable
            .option
            .map_or_else(|| "-".to_owned(), |option| format!("`{option}`"));
        writeln!(table, "| `{}` | {} | {option} |", variable.name, variable.meaning).unwrap();
    }
    table
}

/// How many round trips there are before what was done is read back, and how many look whether it is gone.
pub fn waits(rounds: &[Vec<String>]) -> (usize, usize) {
    let writes = |round: &Vec<String>| {
        let reads = |call: &String| call.starts_with("GET ") || call.ends_with(" reads");
        !round.iter().all(reads)
    };
    let last = rounds.iter().rposition(writes).map_or(rounds.len(), |at| at + 1);
    (last, rounds.len() - last)
}

/// How often commands wait, and for what.
pub fn round_trips(rows: &[(&str, Vec<Vec<String>>)]) -> String {
    let mut table = "| what | round trips | read back | which |\n|---|---|---|---|\n".to_owned();
    for (what, rounds) in rows {
        let (waits, back) = waits(rounds);
        let rounds: Vec<String> = rounds.iter().map(|round| together(round)).collect();
        writeln!(
            table,
            "| {what} | {waits} | {back} | {} |",
            rounds.join(", then ")
        )
        .unwrap();
    }
    table
}

/// Calls that go out together, those of a kind once, without the ids of people.
fn together(round: &[String]) -> String {
    let mut calls: Vec<String> = round.iter().map(|call| format!("`{}`", unnamed(call))).collect();
    calls.sort();
    calls.dedup();
    calls.join(" beside ")
}

fn unnamed(call: &str) -> String {
    let parts: Vec<&str> = call.split('/').collect();
    let named = |at: usize| matches!(parts.get(at.wrapping_sub(1)), Some(&("users" | "phoneMethods")));
    let parts: Vec<&str> = (0..parts.len())
        .map(|at| if named(at) { "…" } else { parts[at] })
        .collect();
    parts.join("/")
}
