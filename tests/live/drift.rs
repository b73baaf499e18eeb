//! People who are not the same any more when a plan is applied.

use serde_json::json;

use crate::realm::{Person, SEEDS, ask, list, otp, place};

#[test]
fn who_changed_between_plan_and_apply_is_left_alone_with_the_reason_and_the_rest_is_done() {
    let [gone, renamed, changed, asked, same] =
        ["gone", "renamed", "changed", "asked", "same"].map(Person::with_two);
    let place = place();
    let file = list(&place, [&gone, &renamed, &changed, &asked, &same]);
    let plan = place.path("drift.plan").to_str().unwrap().to_owned();
    let planned = [
        "user",
        "reset",
        "--playbook",
        "new-phone",
        "--from",
        &file,
        "--plan-out",
        &plan,
    ];
    place.run(&planned).exits(0);

    // Another administrator was there meanwhile.
    assert_eq!(
        ask("DELETE", &format!("/users/{}", gone.id), &json!(null)).status,
        204
    );
    let other_name = format!("{}-now", renamed.name);
    renamed.write(&json!({ "username": other_name }));
    changed.write(&json!({"credentials": [otp("a third", SEEDS[0])]}));
    asked.write(&json!({"requiredActions": ["VERIFY_EMAIL"]}));

    let output = place
        .run(&["plan", "apply", &plan, "--yes", "-o", "json"])
        .exits(7);
    let result = output.value();
    let said = |person: &Person| {
        let steps = result["steps"].as_array().unwrap();
        let own: Vec<String> = steps
            .iter()
            .filter(|step| step["user_id"] == person.id.as_str())
            .map(|step| {
                let text = |key: &str| step[key].as_str().unwrap_or_default().to_owned();
                let code = step["error"]["code"].as_str().unwrap_or_default();
                format!("{} {} {} {code}", text("step"), text("status"), text("detail"))
            })
            .collect();
        own.join("\n").replace(&person.name, "NAME")
    };
    insta::assert_snapshot!(format!("gone:\n{}\nchanged:\n{}", said(&gone), said(&changed)), @"
    gone:
    all skipped is not there any more user_not_found
    changed:
    all skipped changed since the plan: +totp plan_changed
    ");
    assert_eq!(
        changed.labels("otp").len(),
        3,
        "nothing of who changed was touched"
    );
    for person in [&renamed, &asked, &same] {
        assert!(
            person.labels("otp").is_empty(),
            "{}: {}",
            person.name,
            said(person)
        );
    }
    let mut required = asked.required();
    required.sort();
    assert_eq!(required, ["CONFIGURE_TOTP", "VERIFY_EMAIL"]);
    assert_eq!(renamed.read("")["username"], other_name.as_str());
}
