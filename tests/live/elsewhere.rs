//! Realms that are set up otherwise than the one of the other tests: wrong tries lock for good, permissions are given
//! person by person, and the realm that administers all realms.

use serde_json::{Value, json};

use crate::asking::Answer;
use crate::environment::Environment;
use crate::realm::{PASSWORD, SECRET, SEEDS, configured, otp, place_at, send, url};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// Asks for a token of a realm.
fn token(realm: &str, form: &str) -> Answer {
    let path = format!("/realms/{realm}/protocol/openid-connect/token");
    send("POST", &path, &[FORM], form)
}

/// Asks as the administrator of all realms.
#[track_caller]
fn ask(verb: &str, tail: &str, body: &Value) -> Answer {
    let admin = token(
        "master",
        "grant_type=password&client_id=admin-cli&username=admin&password=admin",
    );
    let bearer = format!("Bearer {}", admin.body["access_token"].as_str().unwrap());
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let json = ("content-type", "application/json");
    let headers = [("authorization", bearer.as_str()), json];
    send(verb, &format!("/admin/realms{tail}"), &headers, &body)
}

#[track_caller]
fn made(tail: &str, body: &Value) -> Value {
    let answer = ask("POST", tail, body);
    assert!(matches!(answer.status, 200..300), "{tail}: {}", answer.body);
    answer.body
}

#[track_caller]
fn get(tail: &str) -> Value {
    let answer = ask("GET", tail, &Value::Null);
    assert_eq!(answer.status, 200, "{tail}: {}", answer.body);
    answer.body
}

/// The id of the first of a list.
#[track_caller]
fn id(tail: &str) -> String {
    get(tail)[0]["id"].as_str().expect(tail).to_owned()
}

fn account(client: &str, roles: &[&str]) -> Value {
    json!({"username": format!("service-account-{client}"), "enabled": true, "serviceAccountClientId": client,
        "clientRoles": {"realm-management": roles}})
}

fn application(client: &str) -> Value {
    json!({"clientId": client, "secret": SECRET, "publicClient": false, "serviceAccountsEnabled": true,
        "standardFlowEnabled": false})
}

fn portal() -> Value {
    json!({"clientId": "portal", "publicClient": true, "directAccessGrantsEnabled": true})
}

fn somebody(name: &str) -> Value {
    json!({"username": name, "enabled": true, "firstName": "F", "lastName": "L", "email": format!("{name}@example.com"),
        "credentials": [{"type": "password", "value": PASSWORD}, otp("old", SEEDS[0])]})
}

fn place(realm: &str, client: &str) -> Environment {
    place_at(&url(), realm, client).with("MFACTL_CLIENT_SECRET", SECRET)
}

#[test]
fn whom_wrong_tries_lock_for_good_is_unlocked_and_signs_in() {
    made(
        "",
        &json!({"realm": "locks", "enabled": true, "bruteForceProtected": true, "permanentLockout": true,
        "failureFactor": 2, "quickLoginCheckMilliSeconds": 1, "maxTemporaryLockouts": 0,
        "clients": [application("mfactl"), portal()],
        "users": [account("mfactl", &["manage-users", "view-realm"]),
            {"username": "anna", "enabled": true, "firstName": "A", "lastName": "L", "email": "anna@example.com",
             "credentials": [{"type": "password", "value": PASSWORD}]},
            {"username": "ben", "enabled": false, "firstName": "B", "lastName": "L", "email": "ben@example.com"}]}),
    );
    let sign_in = |password: &str| {
        let form = format!("grant_type=password&client_id=portal&username=anna&password={password}");
        token("locks", &form).status
    };
    assert_eq!(sign_in(PASSWORD), 200);
    for _ in 0..3 {
        sign_in("wrong");
    }
    assert_ne!(sign_in(PASSWORD), 200);
    let place = place("locks", "mfactl");
    let page = place.json(&["user", "show", "anna"]);
    assert_eq!(
        (&page["account"]["enabled"], &page["locked"]),
        (&json!(false), &json!(true))
    );
    // What detection knows ends with a restart or by another hand, and leaves the account disabled.
    let anna = id("/locks/users?username=anna&exact=true");
    let forgotten = format!("/locks/attack-detection/brute-force/users/{anna}");
    assert_eq!(ask("DELETE", &forgotten, &Value::Null).status, 204);
    assert_eq!(place.json(&["user", "show", "anna"])["locked"], true);
    let result = place.change(&["user", "unlock", "anna"]);
    let detail = result["steps"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("enabled again"), "{result}");
    assert_eq!(sign_in(PASSWORD), 200);
    assert_eq!(place.json(&["user", "show", "anna"])["locked"], false);
    // Whom an administrator disabled no unlocking lets in.
    assert_eq!(place.json(&["user", "show", "ben"])["locked"], false);
    assert_eq!(
        place.change(&["user", "unlock", "ben"])["steps"][0]["status"],
        "unchanged"
    );
    assert_eq!(get("/locks/users?username=ben&exact=true")[0]["enabled"], false);
}

#[test]
fn who_may_change_some_people_alone_changes_those() {
    let mut inside = somebody("inside");
    inside["groups"] = json!(["/shop"]);
    let mut rita = somebody("rita");
    rita["credentials"] = json!([{"type": "password", "value": PASSWORD}]);
    rita["clientRoles"] = json!({"realm-management": ["query-users"]});
    made(
        "",
        &json!({"realm": "grained", "enabled": true, "adminPermissionsEnabled": true,
        "clients": [portal()], "groups": [{"name": "shop"}], "users": [inside, somebody("outside"), rita]}),
    );
    let (shop, rita) = (
        id("/grained/groups"),
        id("/grained/users?username=rita&exact=true"),
    );
    let permissions = id("/grained/clients?clientId=admin-permissions");
    let under = format!("/grained/clients/{permissions}/authz/resource-server");
    made(
        &format!("{under}/policy/user"),
        &json!({"name": "is-rita", "users": [rita], "logic": "POSITIVE"}),
    );
    made(
        &format!("{under}/permission/scope"),
        &json!({"name": "rita-shop", "resourceType": "Groups",
        "resources": [shop], "scopes": ["view-members", "manage-members"], "policies": ["is-rita"]}),
    );
    let form = format!("grant_type=password&client_id=portal&username=rita&password={PASSWORD}");
    let signed_in = token("grained", &form);
    let place = configured(&format!(
        "service = \"keycloak\"\nurl = \"{}\"\nrealm = \"grained\"\nauth = \"token\"\n",
        url()
    ))
    .with("MFACTL_TOKEN", signed_in.body["access_token"].as_str().unwrap());
    place.change(&["user", "reset", "inside"]);
    let after = get("/grained/users?username=inside&exact=true");
    assert_eq!(after[0]["requiredActions"], json!(["CONFIGURE_TOTP"]));
    assert_eq!(after[0]["totp"], false);
    let refused = place.try_change(&["user", "reset", "outside"]).exits(4);
    assert!(refused.stderr.contains("view-users"), "{}", refused.stderr);
    assert_eq!(get("/grained/users?username=outside&exact=true")[0]["totp"], true);
    // What a permission gives no token tells: nothing is called missing that may be there.
    let rows = place.run(&["doctor", "-o", "json"]).value();
    let of = |verb: &str| {
        rows.as_array()
            .unwrap()
            .iter()
            .find(|row| row["about"] == verb)
            .unwrap()["state"]
            .clone()
    };
    assert_eq!(
        (of("user reset"), of("methods list")),
        (json!("warn"), json!("warn"))
    );
}

#[test]
fn a_permission_over_some_people_counts_beside_a_role_that_only_looks_and_the_others_are_refused_unsent() {
    let mut rita = somebody("rita");
    rita["credentials"] = json!([{"type": "password", "value": PASSWORD}]);
    let looks = json!({"realm-management": ["view-users", "query-users"]});
    rita["clientRoles"] = looks.clone();
    let mut desk = account("desk", &[]);
    desk["clientRoles"] = looks;
    made(
        "",
        &json!({"realm": "partly", "enabled": true, "adminPermissionsEnabled": true,
        "clients": [portal(), application("desk")],
        "users": [somebody("inside"), somebody("outside"), somebody("word"), rita, desk]}),
    );
    let of = |name: &str| id(&format!("/partly/users?username={name}&exact=true"));
    let permissions = id("/partly/clients?clientId=admin-permissions");
    let under = format!("/partly/clients/{permissions}/authz/resource-server");
    let desk = id("/partly/clients?clientId=desk");
    made(
        &format!("{under}/policy/user"),
        &json!({"name": "is-rita", "users": [of("rita")], "logic": "POSITIVE"}),
    );
    made(
        &format!("{under}/policy/client"),
        &json!({"name": "is-desk", "clients": [desk], "logic": "POSITIVE"}),
    );
    made(
        &format!("{under}/policy/aggregate"),
        &json!({"name": "either", "policies": ["is-rita", "is-desk"], "logic": "POSITIVE",
            "decisionStrategy": "AFFIRMATIVE"}),
    );
    for (name, whom, scope) in [
        ("change", "inside", "manage"),
        ("words", "word", "reset-password"),
    ] {
        made(
            &format!("{under}/permission/scope"),
            &json!({"name": name, "resourceType": "Users", "resources": [of(whom)], "scopes": [scope],
                "policies": ["either"]}),
        );
    }
    let form = format!("grant_type=password&client_id=portal&username=rita&password={PASSWORD}");
    let signed_in = token("partly", &form);
    let as_rita = configured(&format!(
        "service = \"keycloak\"\nurl = \"{}\"\nrealm = \"partly\"\nauth = \"token\"\n",
        url()
    ))
    .with("MFACTL_TOKEN", signed_in.body["access_token"].as_str().unwrap());
    for (who, place) in [("rita", as_rita), ("desk", self::place("partly", "desk"))] {
        place.change(&["user", "reset", "inside"]);
        let reset = get("/partly/users?username=inside&exact=true");
        assert_eq!(reset[0]["requiredActions"], json!(["CONFIGURE_TOTP"]), "{who}");
        let body = json!({"requiredActions": []});
        assert_eq!(
            ask("PUT", &format!("/partly/users/{}", of("inside")), &body).status,
            204
        );
        place.change(&["user", "reset-password", "word", "--secrets-out", "-"]);
        for line in [
            &["user", "reset", "outside"][..],
            &["user", "reset", "outside", "--dry-run"],
            &["user", "reset-password", "outside", "--secrets-out", "-"],
            &["user", "sign-out", "word"],
        ] {
            let refused = place.try_change(line).exits(4);
            assert_eq!(refused.error_code(), "permission_missing", "{who} {line:?}");
            assert!(refused.stderr.contains("manage-users"), "{}", refused.stderr);
            assert!(
                refused.stderr.contains("may not change this person"),
                "{}",
                refused.stderr
            );
        }
        assert_eq!(get("/partly/users?username=outside&exact=true")[0]["totp"], true);
    }
}

#[test]
fn who_administers_another_realm_is_privileged_in_master_and_rights_there_have_their_own_name() {
    made("/master/clients", &application("desk"));
    let client = id("/master/clients?clientId=desk");
    let desk = get(&format!("/master/clients/{client}/service-account-user"))["id"].clone();
    let rights = |of: &str, role: &str, who: &str| {
        let client = id(&format!("/master/clients?clientId={of}"));
        let role = get(&format!("/master/clients/{client}/roles/{role}"));
        let answer = ask(
            "POST",
            &format!("/master/users/{who}/role-mappings/clients/{client}"),
            &json!([role]),
        );
        assert_eq!(answer.status, 204, "{}", answer.body);
    };
    rights("master-realm", "view-users", desk.as_str().unwrap());
    for name in ["plain", "over-kctest"] {
        made("/master/users", &json!({"username": name, "enabled": true}));
    }
    rights(
        "kctest-realm",
        "manage-users",
        &id("/master/users?username=over-kctest&exact=true"),
    );
    let place = place("master", "desk");
    let privileged = |name: &str| place.json(&["user", "show", name])["account"]["privileged"].clone();
    assert_eq!(privileged("plain"), false);
    assert_eq!(privileged("over-kctest"), true);
    assert_eq!(privileged("admin"), true);
    let refused = place.try_change(&["user", "sign-out", "plain"]).exits(4);
    assert!(
        refused.stderr.contains("--cclientid master-realm"),
        "{}",
        refused.stderr
    );
}
