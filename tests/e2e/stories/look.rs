//! What stands there, held against a reader that shares no code with the program: S1, S13, S21.

use serde_json::{Value, json};

use crate::environment::Environment;
use crate::person::refs;

const GRACE: &str = "graceUntilDateTime";

fn item<'v>(rows: &'v Value, name: &str, value: &str) -> &'v Value {
    let found = rows.as_array().unwrap().iter().find(|row| row[name] == value);
    found.unwrap_or_else(|| panic!("no {name} {value} in {rows}"))
}

#[test]
fn s01_every_method_is_listed_with_its_details_and_the_default() {
    let place = Environment::new();
    let server = place.serve(&[]);
    let witness = server.witness();
    let path = "/v1.0/users/adele@contoso.example/authentication";
    let phones = Value::Array(witness.list(&format!("{path}/phoneMethods")));
    let apps = Value::Array(witness.list(&format!("{path}/microsoftAuthenticatorMethods")));
    let mails = Value::Array(witness.list(&format!("{path}/emailMethods")));
    let preferences = witness.get("/beta/users/adele@contoso.example/authentication/signInPreferences");
    let everything = witness.list(&format!("{path}/methods"));

    for seen in [
        place.clone(),
        place.over(&server, "local"),
        place.over(&server, "entra"),
    ] {
        let rows = seen.json(&["methods", "list", "adele@contoso.example"]);
        assert_eq!(
            refs(&rows),
            ["authenticator", "phone:mobile", "phone:alternate", "email"]
        );
        // The password is a method for Graph and none for this list.
        assert_eq!(rows.as_array().unwrap().len() + 1, everything.len());
        for row in rows.as_array().unwrap() {
            assert_eq!(row["user"], "adele@contoso.example");
            assert!(everything.iter().any(|method| method["id"] == row["id"]), "{row}");
        }

        let app = item(&rows, "ref", "authenticator");
        assert_eq!(app["name"], apps[0]["displayName"]);
        assert_eq!(app["id"], apps[0]["id"]);
        assert_eq!((&app["default"], &app["on_phone"]), (&json!(false), &json!(true)));
        for (reference, kind) in [("phone:mobile", "mobile"), ("phone:alternate", "alternateMobile")] {
            let (row, phone) = (item(&rows, "ref", reference), item(&phones, "phoneType", kind));
            let number = phone["phoneNumber"].as_str().unwrap().replace(' ', "");
            assert_eq!((&row["number"], &row["id"]), (&json!(number), &phone["id"]));
        }
        assert_eq!(item(&rows, "ref", "email")["address"], mails[0]["emailAddress"]);
        assert_eq!(item(&rows, "ref", "email")["uses"], json!(["reset"]));

        assert_eq!(
            preferences["userPreferredMethodForSecondaryAuthentication"],
            "sms"
        );
        let defaults: Vec<_> = rows
            .as_array()
            .unwrap()
            .iter()
            .filter(|row| row["default"] == true)
            .collect();
        assert_eq!(defaults.len(), 1);
        assert_eq!(defaults[0]["ref"], "phone:mobile");
    }
    // The default is what the sign-in asks for first.
    let asked = place.person("adele").signs_in(&[]).is("verification_required");
    assert_eq!(asked.factors()[0], "sms");
}

#[test]
fn s13_policy_says_which_methods_are_allowed_and_refuses_the_others_with_the_reason() {
    let place = Environment::new();
    let server = place.serve(&[]);
    let witness = server.witness();
    let path = "/v1.0/policies/authenticationMethodsPolicy";
    let configuration = |id: &str| {
        witness.get(&format!("{path}/authenticationMethodConfigurations/{id}").replace("/v1.0/", "/beta/"))
    };
    let extensions = witness.get("/mfactl/v1/policy");

    let shown = place.json(&["policy", "show"]);
    let methods = &shown["methods"];
    let kinds = [
        ("authenticator", "MicrosoftAuthenticator"),
        ("passkey", "Fido2"),
        ("temporary-pass", "TemporaryAccessPass"),
        ("email", "Email"),
        ("hardware-token", "HardwareOath"),
    ];
    for (kind, id) in kinds {
        let off = configuration(id)["state"] == "disabled";
        assert_eq!(item(methods, "kind", kind)["use"] == "off", off, "{kind}");
    }
    let pass = configuration("TemporaryAccessPass");
    let limits = item(methods, "kind", "temporary-pass")["limits"].to_string();
    for limit in [
        "minimumLifetimeInMinutes",
        "maximumLifetimeInMinutes",
        "defaultLifetimeInMinutes",
    ] {
        assert!(limits.contains(&pass[limit].to_string()), "{limit} in {limits}");
    }
    assert_eq!(item(methods, "kind", "passkey")["targets"][0]["name"], "Pilots");
    assert_eq!(
        shown["remembered_devices"]["days"],
        extensions["rememberedDevices"]["days"]
    );
    assert_eq!(
        shown["registration"]["postpone_days"],
        extensions["registration"]["postponeDays"]
    );
    assert_eq!(
        shown["app_passwords"]["allowed"],
        extensions["appPasswords"]["allowed"]
    );

    // For one person, with the reason.
    let hers = place.json(&["policy", "show", "adele"]);
    assert_eq!(
        item(&hers["methods"], "kind", "passkey")["allowed_for_user"],
        false
    );
    assert!(
        item(&hers["methods"], "kind", "passkey")["reason"]
            .as_str()
            .unwrap()
            .contains("Pilots")
    );
    assert_eq!(
        item(&hers["methods"], "kind", "authenticator")["allowed_for_user"],
        true
    );
    let his = place.json(&["policy", "show", "gita"]);
    assert_eq!(item(&his["methods"], "kind", "passkey")["allowed_for_user"], true);

    // The organization forbids calls: what was allowed is refused, nothing changes, and the reason is said.
    let off = json!({"@odata.type": "#microsoft.graph.voiceAuthenticationMethodConfiguration", "state": "disabled"});
    let voice = format!("{path}/authenticationMethodConfigurations/Voice");
    let answer = witness.ask("PATCH", &voice, &off);
    assert!(answer.status < 300, "{}", answer.body);
    let call = [
        "methods",
        "add",
        "phone",
        "fen",
        "--type",
        "office",
        "--number",
        "+1 4255550199",
    ];
    let refused = place.try_change(&call).exits(6);
    assert_eq!(refused.error_code(), "policy_refused");
    assert!(
        refused.error()["message"].as_str().unwrap().contains("policy"),
        "{}",
        refused.stderr
    );
    assert_eq!(
        witness
            .list("/v1.0/users/fen@contoso.example/authentication/phoneMethods")
            .len(),
        1
    );
    assert_eq!(place.person("fen").signs_in(&[]).factors(), ["sms"]);
    // And a pass that is longer than policy allows.
    let long = [
        "methods",
        "add",
        "temporary-pass",
        "fen",
        "--lifetime",
        "481m",
        "--secrets-out",
        "-",
    ];
    assert_eq!(place.try_change(&long).exits(6).error_code(), "policy_refused");
}

#[test]
fn s21_registration_may_wait_for_the_days_of_the_policy_and_no_longer() {
    let place = Environment::new();
    let server = place.serve(&[]);
    let witness = server.witness();
    let chidi = place.person("chidi");
    let path = "/mfactl/v1/users/chidi@contoso.example/registration";

    // Five days of the fourteen have passed.
    let postponed = chidi.signs_in(&[]).is("signed_in");
    assert_eq!(postponed.0["grace_days_left"], 9);
    let there = witness.get(path);
    let shown = place.json(&["user", "show", "chidi"]);
    assert_eq!(shown["registration"]["state"], "none");
    let until = |value: &Value| value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(until(&shown["registration"]["grace_until"]), until(&there[GRACE]));
    assert_eq!(
        place.json(&["policy", "show"])["registration"]["postpone_days"],
        14
    );

    place.advance("216h");
    chidi.signs_in(&[]).is("registration_required");
    assert_eq!(witness.get(path)["required"], true);
    let shown = place.json(&["user", "show", "chidi"]);
    assert_eq!(shown["registration"]["grace_until"], Value::Null);

    // Once something is registered, nobody asks for more.
    place.change(&["methods", "add", "phone", "chidi", "--number", "+31 612345678"]);
    place.change(&["methods", "verify", "chidi", "phone:mobile"]);
    let code = chidi.received()["code"].as_str().unwrap().to_owned();
    place.change(&["methods", "verify", "chidi", "phone:mobile", "--code", &code]);
    chidi.signs_in_by("sms").is("signed_in");
    assert_eq!(
        place.json(&["user", "show", "chidi"])["registration"]["state"],
        "complete"
    );
    assert_eq!(witness.get(path)["state"], "complete");
}
