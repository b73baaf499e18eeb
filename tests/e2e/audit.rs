//! The audit log as it is after real commands: what stands in it, that it is whole, and that nothing secret is in it.

mod secret;

use std::fs;
use std::path::PathBuf;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::environment::{Environment, Output};

/// The folder of the log.
fn folder(env: &Environment) -> PathBuf {
    env.path("state/mfactl/audit")
}

/// Every line, in order.
fn lines(env: &Environment) -> Vec<Value> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder(env))
        .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
        .unwrap_or_default();
    files.retain(|path| path.extension().is_some_and(|end| end == "jsonl"));
    files.sort();
    let texts = files.iter().map(|path| fs::read_to_string(path).unwrap());
    texts
        .collect::<String>()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The kinds of the lines, in order.
fn kinds(env: &Environment) -> Vec<String> {
    lines(env)
        .iter()
        .map(|line| line["kind"].as_str().unwrap().to_owned())
        .collect()
}

/// The verification, as JSON.
fn verified(env: &Environment) -> Value {
    env.without_profile().json(&["audit", "verify"])
}

/// The screen without the folder of the test.
fn shown(env: &Environment, output: &Output) -> String {
    let place = folder(env);
    let top = place.ancestors().nth(3).unwrap();
    output.screen().replace(top.to_str().unwrap(), "[DIR]")
}

#[test]
fn a_change_is_an_intent_and_an_outcome_a_step() {
    let env = Environment::new();
    let result = env.change(&[
        "methods",
        "remove",
        "adele",
        "email",
        "--ticket",
        "INC7",
        "--reason",
        "Zoë asked",
    ]);
    let lines = lines(&env);
    assert_eq!(kinds(&env), ["intent", "outcome"]);
    let [intent, outcome] = lines.as_slice() else {
        unreachable!()
    };
    for line in &lines {
        for (key, value) in [
            ("profile", json!("local")),
            ("verb", json!("methods remove")),
            ("ticket", json!("INC7")),
            ("reason", json!("Zoë asked")),
            ("user", json!("adele@contoso.example")),
            ("job", result["job"].clone()),
            ("tenant", result["tenant"].clone()),
        ] {
            assert_eq!(line[key], value, "{key}");
        }
        assert_eq!(line["operator"]["account"], "admin@contoso.example");
        assert!(line["operator"]["os_user"].is_string() && line["operator"]["host"].is_string());
        assert_eq!(line["argv"][0], "-p");
    }
    assert_eq!(intent["step_id"], outcome["step_id"]);
    assert_eq!(outcome["status"], "done");
    assert_eq!(outcome["request_ids"][0], result["steps"][0]["request_id"]);
    assert_eq!(result["audit"]["seq"], 2);
    let told = verified(&env);
    assert_eq!((&told["intact"], &told["lines"]), (&json!(true), &json!(2)));
    assert_eq!(told["last"], result["audit"]);
    let head = format!("2:{}", &result["audit"]["head"].as_str().unwrap()[..4]);
    env.run(&["audit", "verify", "--head", &head]).exits(0);
    env.run(&["audit", "verify", "--head", "2:ffffffffff"]).exits(1);
}

#[test]
fn reads_and_dry_runs_leave_no_line() {
    let env = Environment::new();
    env.run(&["user", "show", "adele"]).exits(0);
    env.run(&["user", "reset", "adele", "--dry-run"]).exits(0);
    env.run(&["methods", "list", "nobody"]).exits(3);
    env.run(&["user", "reset", "breakglass", "--dry-run"]).exits(6);
    env.run(&["local", "wipe"]);
    assert_eq!(kinds(&env), Vec::<String>::new());
    assert!(!folder(&env).exists());
}

#[test]
fn a_refusal_is_one_line_with_its_reason() {
    let env = Environment::new();
    env.run(&["user", "reset", "breakglass", "--yes"]).exits(6);
    env.run(&["user", "sign-out", "adele"]).exits(6);
    env.run(&["user", "sign-out", "adele", "fen", "--yes", "--expect", "3"])
        .exits(6);
    let plan = env.path("home/p.plan");
    env.run(&["user", "sign-out", "adele", "--plan-out", plan.to_str().unwrap()])
        .exits(0);
    let text = fs::read_to_string(&plan).unwrap().replace("adele", "alice");
    fs::write(&plan, text).unwrap();
    env.run(&["plan", "apply", plan.to_str().unwrap(), "--yes"])
        .exits(6);
    let told: Vec<String> = lines(&env)
        .iter()
        .map(|line| {
            assert_eq!(line["kind"], "refusal");
            let word = |key: &str| line[key].as_str().unwrap_or("-").to_owned();
            format!("{}: {}: {}", word("verb"), word("code"), word("detail"))
        })
        .collect();
    let told = told.join("\n").replace(plan.to_str().unwrap(), "p.plan");
    assert_snapshot!(told, @"
    user reset: guard_protected: breakglass@contoso.example is protected by the profile's guard
    user sign-out: not_confirmed: not confirmed: there is no terminal to ask on
    user sign-out: expect_mismatch: 2 people were selected, and --expect says 3
    plan apply: plan_invalid: plan p.plan was altered: its digest does not hold
    ");
    assert_eq!(verified(&env)["lines"], 4);
}

#[test]
fn eight_processes_at_once_write_one_intact_chain_with_every_line() {
    let env = Environment::new();
    // A file of an earlier month is there: they begin a new one together.
    let people = ["adele", "bas", "chidi", "dora", "emre", "fen", "gita", "kim"];
    env.change(&["user", "sign-out", "omar"]);
    let old = folder(&env).join("audit-000001-2020-01.jsonl");
    let new = fs::read_dir(folder(&env))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|end| end == "jsonl"))
        .unwrap();
    fs::rename(&new, &old).unwrap();
    let head = fs::read_to_string(folder(&env).join("head.json")).unwrap();
    let name = new.file_name().unwrap().to_str().unwrap();
    fs::write(
        folder(&env).join("head.json"),
        head.replace(name, "audit-000001-2020-01.jsonl"),
    )
    .unwrap();
    let started: Vec<_> = people
        .iter()
        .map(|person| env.start(&["user", "sign-out", person, "--yes", "-o", "json"], ""))
        .collect();
    let mut heads = Vec::new();
    for command in started {
        let result = command.finish().exits(0).value();
        heads.push(format!(
            "{}:{}",
            result["audit"]["seq"],
            result["audit"]["head"].as_str().unwrap()
        ));
    }
    let told = verified(&env);
    assert_eq!(
        (&told["intact"], &told["lines"], &told["files"]),
        (&json!(true), &json!(18), &json!(2))
    );
    let lines = lines(&env);
    for person in people {
        let mail = format!("{person}@contoso.example");
        let own: Vec<&Value> = lines.iter().filter(|line| line["user"] == json!(mail)).collect();
        assert_eq!(own.len(), 2, "{person}");
        assert_eq!(
            (&own[0]["kind"], &own[1]["kind"]),
            (&json!("intent"), &json!("outcome"))
        );
        assert_eq!(own[0]["step_id"], own[1]["step_id"]);
    }
    for head in heads {
        env.run(&["audit", "verify", "--head", &head]).exits(0);
    }
}

#[test]
fn what_is_done_to_the_log_is_found_by_the_program_and_named() {
    let env = Environment::new();
    for person in ["adele", "bas", "chidi"] {
        env.change(&["user", "sign-out", person]);
    }
    let file = fs::read_dir(folder(&env))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|end| end == "jsonl"))
        .unwrap();
    let text = fs::read_to_string(&file).unwrap();
    let name = file.file_name().unwrap().to_str().unwrap().to_owned();
    let found = |altered: &str| {
        fs::write(&file, altered).unwrap();
        let output = env.run(&["audit", "verify"]).exits(1);
        assert_eq!(
            env.run(&["audit", "verify", "-o", "json"]).error_code(),
            "audit_broken"
        );
        shown(&env, &output)
            .replace(&name, "FILE")
            .lines()
            .find(|line| line.contains("error:"))
            .unwrap()
            .to_owned()
    };
    let lines: Vec<&str> = text.lines().collect();
    let of = |lines: &[&str]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    assert_snapshot!(found(&text.replacen("chidi@", "gita@", 1)), @"· error: FILE:5: changed: line 5 is not the one that line 6 follows");
    assert_snapshot!(found(&of(&[lines[0], lines[1], lines[3], lines[4], lines[5]])), @"· error: FILE:3: deleted: line 3 is missing");
    assert_snapshot!(found(&of(&[lines[0], lines[2], lines[1], lines[3], lines[4], lines[5]])), @"· error: FILE:2: swapped: line 3 stands here, and line 2 in FILE, line 3");
    assert_snapshot!(found(&of(&[lines[0], lines[0], lines[1], lines[2], lines[3], lines[4], lines[5]])), @"· error: FILE:2: inserted: a line was put between line 1 and line 2");
    assert_snapshot!(found(&of(&lines[..4])), @"· error: FILE: cut off: lines 5 to 6 are missing at the end");
    fs::write(&file, &text).unwrap();
    assert_eq!(verified(&env)["lines"], 6);
}

#[test]
fn lines_are_listed_and_exported_by_what_is_asked() {
    let env = Environment::new();
    env.change(&["user", "sign-out", "adele"]);
    env.change(&["methods", "remove", "fen", "phone:mobile", "--leave-none"]);
    env.run(&["user", "sign-out", "breakglass", "--yes"]).exits(6);
    let all = env.without_profile();
    let seqs = |arguments: &[&str]| -> Vec<u64> {
        let rows = all.json(&[&["audit", "list"], arguments].concat());
        rows.as_array()
            .unwrap()
            .iter()
            .map(|row| row["seq"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(seqs(&[]), [1, 2, 3, 4, 5]);
    assert_eq!(seqs(&["--limit", "2"]), [4, 5]);
    assert_eq!(seqs(&["--limit", "0", "--user", "adele"]), [1, 2]);
    assert_eq!(seqs(&["--user", "FEN@contoso.example", "--status", "done"]), [4]);
    assert_eq!(seqs(&["--status", "refusal,done", "--since", "1h"]), [2, 4, 5]);
    assert_eq!(seqs(&["--verb", "methods"]), [3, 4]);
    assert_eq!(seqs(&["--until", "2020-01-01"]), [] as [u64; 0]);
    assert_eq!(seqs(&["-p", "other"]), [] as [u64; 0]);
    let job = all.json(&["audit", "list"])[0]["job"]
        .as_str()
        .unwrap()
        .to_owned();
    let end = &job[job.len() - 8..];
    assert_eq!(seqs(&["--job", &format!("j-{end}")]), [1, 2]);
    let last = all.run(&["audit", "list", "-o", "ndjson"]).exits(0);
    assert_eq!(
        last.stdout.lines().last(),
        Some("{\"type\":\"summary\",\"rows\":5}")
    );
    let raw = all.run(&["audit", "export"]).exits(0);
    let copy = env.write("copy.jsonl", &raw.stdout);
    all.run(&["audit", "verify", &copy]).exits(0);
    let csv = all
        .run(&["audit", "export", "--format", "csv", "--user", "adele"])
        .exits(0);
    assert!(
        csv.stdout
            .starts_with("seq,prev,time,kind,profile,tenant,operator.account"),
        "{}",
        csv.stdout
    );
    assert_eq!(csv.stdout.lines().count(), 3);
    let cef = all
        .run(&["audit", "export", "--format", "cef", "--status", "refusal"])
        .exits(0);
    assert!(cef.stdout.starts_with("CEF:0|mfactl|mfactl|"), "{}", cef.stdout);
    assert!(cef.stdout.contains("reason=guard_protected"), "{}", cef.stdout);
}

#[test]
fn a_second_copy_has_the_same_lines_and_its_absence_stops_the_change() {
    let env = Environment::new();
    let copy = env.path("home/copy.jsonl");
    let audit_to = |to: &str| {
        env.configure(&format!("[profiles.local]\naudit_to = \"{to}\"\n"));
    };
    audit_to(copy.to_str().unwrap());
    env.change(&["user", "sign-out", "adele"]);
    env.without_profile()
        .run(&["audit", "verify", copy.to_str().unwrap()])
        .exits(0);
    assert_eq!(fs::read_to_string(&copy).unwrap().lines().count(), 2);
    audit_to("/no/such/folder/copy");
    let sessions = env.json(&["user", "show", "fen"])["sessions"].clone();
    let output = env.try_change(&["user", "sign-out", "fen"]).exits(1);
    assert_eq!(output.error_code(), "audit_unwritable");
    assert_eq!(env.json(&["user", "show", "fen"])["sessions"], sessions);
    assert_eq!(kinds(&env), ["intent", "outcome", "intent", "notice"]);
    audit_to("syslog:pigeon");
    assert_eq!(
        env.try_change(&["user", "sign-out", "fen"]).exits(2).error_code(),
        "config_invalid"
    );
}
