//! Many people in one job.

use crate::realm::{Person, SEEDS, list, place};

/// As many as a page of the service and some more.
const PEOPLE: usize = 120;

#[test]
fn nothing_is_left_of_anybody_after_a_job_of_many() {
    let people: Vec<Person> = (0..PEOPLE).map(|_| Person::with_two("many")).collect();
    let tokens = people[0].signed_in(SEEDS[0], true);
    let place = place();
    let file = list(&place, &people);
    let count = PEOPLE.to_string();
    let output = place
        .run(&[
            "user",
            "reset",
            "--playbook",
            "new-phone",
            "--from",
            &file,
            "--expect",
            &count,
            "--yes",
            "-o",
            "json",
        ])
        .exits(0);
    let users = &output.value()["summary"]["users"];
    assert_eq!(
        (&users["done"], &users["failed"]),
        (&PEOPLE.into(), &0.into()),
        "{users}"
    );
    for person in &people {
        assert!(person.labels("otp").is_empty());
        assert_eq!(person.required(), ["CONFIGURE_TOTP"]);
    }
    assert!(!tokens.live());
}
