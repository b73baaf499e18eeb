//! What is there and is put right: the default, a number, a device that is gone: S3, S4, S5.

use crate::environment::Environment;

#[test]
fn s03_a_wrong_default_is_set_right_and_asked_for_first() {
    let place = Environment::new();
    let dora = place.person("dora");
    assert_eq!(dora.default().as_deref(), Some("phone:office"));
    assert_eq!(
        dora.signs_in(&["--factor", "call:"])
            .is("verification_required")
            .factors()[0],
        "call"
    );
    assert_eq!(
        dora.received()["to"],
        "+1 4255550170x17",
        "it rings at the desk that she left"
    );

    place.change(&["methods", "set-default", "dora", "authenticator"]);
    assert_eq!(dora.default().as_deref(), Some("authenticator"));
    let after = dora.signs_in(&[]).is("verification_required");
    assert_eq!(after.factors()[0], "approve");
    dora.signs_in_by("approve").is("signed_in");
    assert_eq!(
        dora.methods(),
        ["authenticator", "phone:mobile", "phone:office"],
        "nothing else changed"
    );
}

#[test]
fn s04_a_new_number_takes_the_place_of_the_old_one() {
    let place = Environment::new();
    let adele = place.person("adele");
    adele.signs_in_by("call-alternate").is("signed_in");
    assert_eq!(adele.received()["to"], "+1 4255550199");

    place.change(&[
        "methods",
        "update",
        "adele",
        "phone:alternate",
        "--number",
        "+1 4255550155",
    ]);
    // It is not the default: the old number is out at once, the new one waits for its code.
    assert_eq!(adele.method("phone:alternate")["number"], "+14255550155");
    adele.signs_in(&["--factor", "call-alternate:"]).is("refused");
    place.change(&["methods", "verify", "adele", "phone:alternate"]);
    assert_eq!(adele.received()["to"], "+1 4255550155");
    let code = adele.received()["code"].as_str().unwrap().to_owned();
    place.change(&["methods", "verify", "adele", "phone:alternate", "--code", &code]);
    adele.signs_in_by("call-alternate").is("signed_in");
    assert_eq!(adele.received()["to"], "+1 4255550155");

    // The address likewise.
    place.change(&[
        "methods",
        "update",
        "adele",
        "email",
        "--address",
        "adele@new.example",
    ]);
    adele.recovers_by("email").is("recovered");
    assert_eq!(adele.received()["to"], "adele@new.example");
}

#[test]
fn s05_remove_a_method_and_the_back_end_forgets_it() {
    let place = Environment::new();
    let emre = place.person("emre");
    let (dead, alive) = (emre.seed("Pixel 5"), emre.seed("Pixel 9"));
    // Uninstalling the app removed nothing: the dead device still opens the door.
    emre.signs_in_by_code_of(&dead).is("signed_in");
    emre.signs_in(&["--factor", "approve:"])
        .is("verification_required");
    assert_eq!(emre.outbox().len(), 2, "the notification goes to both");

    place.change(&["methods", "remove", "emre", "authenticator:b2f7"]);
    assert_eq!(emre.methods(), ["authenticator"]);
    assert_eq!(emre.method("authenticator")["name"], "Pixel 9");
    place.advance("1m");
    emre.signs_in_by_code_of(&dead).is("refused");
    emre.signs_in_by_code_of(&alive).is("signed_in");
    emre.signs_in(&["--factor", "approve:"])
        .is("verification_required");
    assert_eq!(
        emre.outbox().len(),
        3,
        "the notification goes to the living one alone"
    );
    assert_eq!(emre.received()["to"], "Pixel 9");
}
