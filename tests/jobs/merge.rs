//! Parts of one selection, done on machines that share nothing, and the one report of all of them.

use serde_json::Value;

use crate::crowd::Crowd;

const PEOPLE: usize = 30;

/// Signs out one of three parts on a machine of its own; gives the journal.
fn part(crowd: &mut Crowd, part: u32) -> String {
    part_on(crowd, part, &format!("machine-{part}"))
}

fn part_on(crowd: &mut Crowd, part: u32, machine: &str) -> String {
    let state = crowd.env.path(machine);
    let whole = crowd.env.clone();
    crowd.env = crowd.env.with("MFACTL_STATE_DIR", state.to_str().unwrap());
    let (people, shard) = (crowd.env.path("people.csv"), format!("{part}/3"));
    let line = [
        "user",
        "sign-out",
        "--from",
        people.to_str().unwrap(),
        "--shard",
        &shard,
        "--yes",
    ];
    crowd.command(&line).ends().exits(0);
    crowd.env = whole;
    let mut journals = std::fs::read_dir(state.join("jobs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "db"));
    journals.next().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn parts_make_one_report_and_what_is_missing_doubled_or_foreign_is_said() {
    let mut crowd = Crowd::start(PEOPLE, "");
    let parts: Vec<String> = (1..=3).map(|number| part(&mut crowd, number)).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let merge = ["jobs", "merge"];

    // In any order.
    let whole = crowd
        .command(&[&merge[..], &[parts[2], parts[0], parts[1], "-o", "json"]].concat())
        .ends()
        .exits(0);
    let report: Value = serde_json::from_str(&whole.stdout).unwrap();
    assert_eq!(report["schema"], "result/1");
    assert_eq!(report["job"], Value::Null);
    assert_eq!(report["summary"]["users"]["selected"], PEOPLE);
    assert_eq!(report["exit_code"], 0);
    let mut users: Vec<&str> = report["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["user"].as_str().unwrap())
        .collect();
    users.sort_unstable();
    users.dedup();
    assert_eq!(users.len(), PEOPLE, "everybody once");

    let lines = crowd
        .command(&[&merge[..], &parts, &["-o", "ndjson"]].concat())
        .ends()
        .exits(0);
    assert_eq!(
        lines.stdout.lines().count(),
        report["steps"].as_array().unwrap().len() + 1
    );

    let some = crowd.command(&[&merge[..], &parts[..2]].concat()).ends().exits(7);
    assert!(some.stderr.contains("part 3 of 3 missing"), "{}", some.screen());
    let twice = crowd
        .command(&[&merge[..], &[parts[0], parts[1], parts[0]]].concat())
        .ends()
        .exits(2);
    assert!(
        twice.stderr.contains("part 1 of 3 is there twice"),
        "{}",
        twice.screen()
    );

    // The file was another one by then.
    let people = crowd.env.path("people.csv");
    let rows = std::fs::read_to_string(&people).unwrap();
    std::fs::write(&people, rows.lines().take(PEOPLE).collect::<Vec<_>>().join("\n")).unwrap();
    let shorter = part_on(&mut crowd, 2, "machine-4");
    let mixed = crowd
        .command(&[&merge[..], &[parts[0], &shorter]].concat())
        .ends()
        .exits(2);
    assert!(
        mixed.stderr.contains("the file had other rows"),
        "{}",
        mixed.screen()
    );

    let line = [
        "devices",
        "forget",
        "--from",
        people.to_str().unwrap(),
        "--shard",
        "2/3",
        "--yes",
    ];
    crowd.command(&line).ends().exits(0);
    let jobs = crowd.command(&["jobs", "list", "-o", "json"]).ends().exits(0);
    let jobs: Value = serde_json::from_str(&jobs.stdout).unwrap();
    let foreign = jobs[0]["ref"].as_str().unwrap().to_owned();
    let mixed = crowd
        .command(&[&merge[..], &[parts[0], &foreign]].concat())
        .ends()
        .exits(2);
    assert!(
        mixed
            .stderr
            .contains("do not belong together: their verb differs"),
        "{}",
        mixed.screen()
    );

    // On one machine parts share the name, each with its own journal; the same part goes on.
    let (named, people) = (["--job", "inc9"], crowd.env.path("people.csv"));
    for part in ["1/3", "2/3", "3/3", "2/3"] {
        let line = [
            "user",
            "sign-out",
            "--from",
            people.to_str().unwrap(),
            "--shard",
            part,
            "--yes",
        ];
        crowd.command(&[&line[..], &named].concat()).ends().exits(0);
    }
    let jobs = crowd.command(&["jobs", "list", "-o", "json"]).ends().exits(0);
    let jobs: Value = serde_json::from_str(&jobs.stdout).unwrap();
    let parts: Vec<&str> = jobs
        .as_array()
        .unwrap()
        .iter()
        .filter(|job| job["name"] == "inc9")
        .map(|job| job["ref"].as_str().unwrap())
        .collect();
    assert_eq!(parts.len(), 3);
    crowd.command(&[&merge[..], &parts].concat()).ends().exits(0);
    let several = crowd.command(&["jobs", "show", "inc9"]).ends().exits(3);
    assert!(several.stderr.contains("part 2/3"), "{}", several.screen());
}
