//! What an organization sets around its methods, and what that makes of one person's default.

use serde_json::{Value, json};

use crate::environment::Environment;

const POLICY: &str = "/v1.0/policies/authenticationMethodsPolicy";

fn setting<'v>(policy: &'v Value, name: &str) -> &'v Value {
    let all = policy["settings"].as_array().unwrap();
    all.iter()
        .find(|one| one["name"] == name)
        .unwrap_or_else(|| panic!("no {name}: {policy}"))
}

#[test]
fn the_campaign_and_older_policies_are_told_for_all_and_for_one() {
    let place = Environment::new();
    let server = place.serve(&[]);
    let witness = server.witness();
    let there = place.over(&server, "entra");
    let quiet = there.run(&["policy", "show"]).exits(0);
    assert!(
        !quiet.stdout.contains("campaign") && !quiet.stdout.contains("Older"),
        "{}",
        quiet.screen()
    );

    let pilots = witness.list("/v1.0/groups?$filter=displayName%20eq%20'Pilots'")[0]["id"].clone();
    let campaign = json!({"policyMigrationState": "migrationInProgress",
        "registrationEnforcement": {"authenticationMethodsRegistrationCampaign": {
            "snoozeDurationInDays": 3, "state": "enabled", "excludeTargets": [],
            "includeTargets": [{"id": pilots, "targetType": "group",
                "targetedAuthenticationMethod": "microsoftAuthenticator"}]}}});
    let answer = witness.ask("PATCH", POLICY, &campaign);
    assert_eq!(answer.status, 204, "{}", answer.body);

    let all = there.run(&["policy", "show"]).exits(0).stdout;
    assert!(
        all.contains("\nOlder policies replaced: in progress; the older policies for MFA and password reset count besides"),
        "{all}"
    );
    assert!(
        all.contains("\nRegistration campaign: on, for group Pilots; may be put off for 3 days at a time\n"),
        "{all}"
    );
    let policy = there.json(&["policy", "show", "adele@contoso.example"]);
    let campaign = setting(&policy, "registration_campaign");
    assert_eq!(campaign["applies_to_user"], false);
    assert_eq!(campaign["reason"], "not a member of group Pilots");
    let member = witness.list(&format!("/v1.0/groups/{}/members", pilots.as_str().unwrap()))[0].clone();
    let policy = there.json(&["policy", "show", member["userPrincipalName"].as_str().unwrap()]);
    assert_eq!(
        setting(&policy, "registration_campaign")["reason"],
        "member of group Pilots"
    );
}

#[test]
fn a_default_that_is_moot_is_explained_wherever_it_is_shown() {
    let place = Environment::new();
    let server = place.serve(&[]);
    let witness = server.witness();
    let there = place.over(&server, "entra");
    let preferences = "/beta/users/adele@contoso.example/authentication/signInPreferences";
    let set = |on: bool| {
        let answer = witness.ask(
            "PATCH",
            preferences,
            &json!({"isSystemPreferredAuthenticationMethodEnabled": on}),
        );
        assert_eq!(answer.status, 204, "{}", answer.body);
    };
    set(true);
    let policy = there
        .run(&["policy", "show", "adele@contoso.example"])
        .exits(0)
        .stdout;
    assert!(
        policy.contains("System-preferred MFA: on; the strongest method is asked for first"),
        "{policy}"
    );
    assert!(
        policy.contains("the default method counts only where that does not reach"),
        "{policy}"
    );
    let list = there.run(&["methods", "list", "adele@contoso.example"]).exits(0);
    assert!(
        list.stderr
            .contains("the service asks for the strongest method first"),
        "{}",
        list.screen()
    );
    let changed = there
        .run(&[
            "methods",
            "set-default",
            "adele@contoso.example",
            "authenticator",
            "--yes",
        ])
        .exits(0);
    assert!(
        changed.stderr.contains("picks the strongest method itself"),
        "{}",
        changed.screen()
    );
    set(false);
    let list = there.run(&["methods", "list", "adele@contoso.example"]).exits(0);
    assert!(!list.stderr.contains("strongest"), "{}", list.screen());
    let policy = there
        .run(&["policy", "show", "adele@contoso.example"])
        .exits(0)
        .stdout;
    assert!(
        policy.contains("System-preferred MFA: off; the default method is asked for first"),
        "{policy}"
    );
}
