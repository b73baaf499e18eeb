//! Everything that `local serve` can do wrong, in one run.

use crate::crowd::{Crowd, reset, summary};

/// Every fault. Those that lose something are bounded, so that a run ends; so are the 429s, which have nothing to do
/// with how fast the run is, and would slow it for ever.
const EVERYTHING: &str = r#"
[[rule]]
token_lifetime = "3s"

[[rule]]
path = "/oauth2/v2.0/token"
every = 2
first = 3
status = 503
retry_after = 1

[[rule]]
share = 0.05
seed = 1
delay = "40ms"

[[rule]]
share = 0.01
seed = 2
first = 10
slow = "300ms"

[[rule]]
path = "/users/*/authentication/methods"
share = 0.1
seed = 3
duplicate_page = true

[[rule]]
path = "/users/*/authentication/methods"
share = 0.1
seed = 4
empty_page = true

[[rule]]
every = 3
lagging_deletes = { reads = 1 }

[[rule]]
share = 0.02
seed = 5
status = 503

[[rule]]
share = 0.02
seed = 6
first = FEW
status = 429
retry_after = 1

[[rule]]
method = ["POST", "PATCH", "PUT", "DELETE"]
share = 0.02
seed = 7
first = FEW
reset_before = true

[[rule]]
method = ["POST", "PATCH", "PUT", "DELETE"]
share = 0.02
seed = 8
first = FEW
reset_after = true

[[rule]]
method = ["POST", "PATCH", "PUT", "DELETE"]
share = 0.02
seed = 9
first = FEW
drop_item = "before"

[[rule]]
method = ["POST", "PATCH", "PUT", "DELETE"]
share = 0.02
seed = 10
first = FEW
drop_item = "after"
"#;

/// One run through all of it: no row fails.
fn through_everything(people: usize, few: u64) {
    let mut crowd = Crowd::start(people, &EVERYTHING.replace("FEW", &few.to_string()));
    let ended = crowd.begin(&[]).ends();
    let bad = ["failed", "unknown", "skipped"].map(|status| format!("\"status\":\"{status}\""));
    for row in ended
        .stdout
        .lines()
        .filter(|row| bad.iter().any(|bad| row.contains(bad)))
    {
        println!("{row}");
    }
    let ended = ended.exits(0);
    let users = &summary(&ended)["summary"]["users"];
    assert_eq!(
        (&users["failed"], &users["skipped"]),
        (&0.into(), &0.into()),
        "{users}"
    );
    let given = crowd.given();
    for (fault, times) in &given {
        println!("{fault}: {times}");
    }
    let never: Vec<_> = given.iter().filter(|(_, times)| *times == 0).collect();
    assert!(never.is_empty(), "never given: {never:?}");
    crowd.verify(false);
}

#[test]
fn a_service_that_does_everything_wrong_leaves_no_row_failed_and_nobody_wrong() {
    through_everything(150, 3);
}

#[test]
#[ignore = "long: just soak"]
fn soak_a_service_that_does_everything_wrong_leaves_no_row_failed_and_nobody_wrong() {
    through_everything(2000, 40);
}

/// What the service says of its bucket: calls, and of them refused.
fn throttle(crowd: &Crowd) -> (f64, f64) {
    let told = crowd.faults(&crowd.server().witness().token())["throttle"].clone();
    println!("throttle: {told}");
    let number = |name: &str| told[name].as_f64().unwrap();
    (number("requests"), number("refused"))
}

#[test]
fn a_service_that_allows_only_so_much_is_asked_no_faster_and_no_row_fails() {
    let mut crowd = Crowd::throttled(60, "100/s");
    let ended = crowd.begin(&[]).ends().exits(0);
    assert_eq!(summary(&ended)["summary"]["users"]["failed"], 0);
    let (requests, refused) = throttle(&crowd);
    assert!(refused <= requests * 0.05, "{refused} of {requests} were refused");
    crowd.verify(true);
}

#[test]
fn two_processes_at_once_keep_to_the_pace_of_one() {
    let mut crowd = Crowd::throttled(60, "100/s");
    let list = std::fs::read_to_string(crowd.env.path("people.csv")).unwrap();
    let names: Vec<&str> = list.lines().skip(1).collect();
    let runs: Vec<_> = names
        .chunks(30)
        .enumerate()
        .map(|(n, half)| {
            let people = crowd
                .env
                .write(&format!("half-{n}.csv"), &format!("user\n{}\n", half.join("\n")));
            let secrets = crowd.secrets();
            let own = format!("crowd-{n}");
            let mut line = reset(&people, &secrets);
            // Two jobs, or the second would be told that the first one runs.
            for word in &mut line {
                if *word == "crowd" {
                    *word = &own;
                }
            }
            crowd.command(&line)
        })
        .collect();
    for run in runs {
        let ended = run.ends().exits(0);
        assert_eq!(summary(&ended)["summary"]["users"]["failed"], 0);
    }
    let (requests, refused) = throttle(&crowd);
    assert!(refused <= requests * 0.05, "{refused} of {requests} were refused");
    let files = std::fs::read_dir(crowd.env.path("state/mfactl/run"))
        .unwrap()
        .count();
    assert_eq!(files, 1, "each has a bucket of its own");
}
