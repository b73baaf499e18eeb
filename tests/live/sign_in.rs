//! Signing in to Keycloak in every way: as an application with a private key, as an administrator of the realm in a
//! browser and with a code; and tokens that live for seconds.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::environment::Environment;
use crate::realm::{Person, SEEDS, ask, configured, get, give_rights, list, place_of, token_call, url};
use crate::waiting::until;

/// A place that signs in as a person, whose sign-in is kept under a key of its own.
fn me(auth: &str) -> Environment {
    let place = configured(&format!(
        "service = \"keycloak\"\nurl = \"{}\"\nrealm = \"kctest\"\nclient_id = \"helpdesk\"\nauth = \"{auth}\"\n",
        url()
    ));
    let key = place.write("key", "0123456789abcdef0123456789abcdef\n");
    private(&key);
    place.with("MFACTL_TOKEN_KEY_FILE", &key)
}

fn private(path: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// Waits until the token that is held now has ended. Time itself is what this is about: tokens of the realm's brief
/// applications live four seconds, and the program knows their end as well as the realm does.
#[expect(
    clippy::disallowed_methods,
    reason = "the server's clock is the machine's own"
)]
fn outlive_a_token(place: &Environment) {
    let ends = place.json(&["auth", "status"])["ends_at"]
        .as_str()
        .unwrap()
        .to_owned();
    let ends: jiff::Timestamp = ends.parse().unwrap();
    let ends = std::time::UNIX_EPOCH + Duration::from_secs(u64::try_from(ends.as_second()).unwrap() + 1);
    until("the token ends", || {
        (std::time::SystemTime::now() > ends).then_some(())
    });
}

#[test]
fn an_administrator_signs_in_with_a_browser_and_stays_signed_in_until_somebody_ends_it() {
    let person = Person::with_two("helped");
    let me = me("browser");
    let browser = Browser::of("rita");
    let signed_in = browser
        .given(&me)
        .run(&["auth", "login", "--wait", "55s"])
        .exits(0);
    assert!(
        signed_in.stderr.contains("as rita; kept in an encrypted file"),
        "{}",
        signed_in.stderr
    );
    assert_eq!(browser.seen().first().map(String::as_str), Some("password"));
    let status = me.json(&["auth", "status"]);
    assert_eq!(status["account"], "rita", "{status}");
    assert_eq!(
        me.json(&["methods", "list", &person.name])
            .as_array()
            .unwrap()
            .len(),
        2
    );
    outlive_a_token(&me);
    me.change(&["methods", "remove", &person.name, "old"]);
    assert_eq!(person.labels("otp"), ["new"]);
    // One's own account is one's own here too.
    assert_eq!(
        me.try_change(&["user", "sign-out", "rita"]).exits(6).error_code(),
        "guard_self"
    );
    let id = get("/users?username=rita&exact=true")[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        ask("POST", &format!("/users/{id}/logout"), &json!({})).status,
        204
    );
    // The token in its hand may live some seconds more.
    let ended = until("the sign-in has ended", || {
        let output = me.run(&["methods", "list", &person.name]);
        (output.code != 0).then_some(output)
    })
    .exits(4);
    assert!(ended.stderr.contains("auth login"), "{}", ended.stderr);
}

#[test]
fn an_administrator_signs_in_with_a_code_that_is_typed_elsewhere() {
    let person = Person::with_two("helped");
    let me = me("device-code");
    let mut command = me.command(&["auth", "login"]);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let asked = lines.next().unwrap().unwrap();
    let words: Vec<&str> = asked.split(' ').collect();
    let (address, code) = (words[1], words[9]);
    let browser = Browser::of("ravi");
    browser.open(&format!("{address}?user_code={code}"));
    let said: String = lines.map(|line| line.unwrap() + "\n").collect();
    assert!(
        child.wait().unwrap().success(),
        "{asked}\n{said}\n{:?}",
        browser.seen()
    );
    assert!(said.contains("as ravi"), "{said}");
    assert_eq!(
        me.json(&["methods", "list", &person.name])
            .as_array()
            .unwrap()
            .len(),
        2
    );
    me.run(&["auth", "logout"]).exits(0);
    me.run(&["methods", "list", &person.name]).exits(4);
}

/// What of a client says how it proves itself: attributes for this key.
type Registers = fn(&rcgen::KeyPair) -> Value;

/// The public half as Keycloak's console takes it: base 64 of the DER. Of RSA keys alone.
fn as_key(key: &rcgen::KeyPair) -> Value {
    let der = rcgen::PublicKeyData::subject_public_key_info(key);
    json!({"jwt.credential.public.key": base64::engine::general_purpose::STANDARD.encode(der)})
}

/// The same as a set of keys (RFC 7517; RFC 7518, 6.2 for EC; RFC 8037 for Ed25519).
fn as_set(key: &rcgen::KeyPair) -> Value {
    let encoded = |bytes: &[u8]| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
    let raw = key.public_key_raw();
    // An uncompressed point begins with 4.
    let (x, y) = raw[1..].split_at(raw.len() / 2);
    let one = match raw.len() {
        65 => json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "x": encoded(x), "y": encoded(y)}),
        97 => json!({"kty": "EC", "crv": "P-384", "alg": "ES384", "x": encoded(x), "y": encoded(y)}),
        _ => json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": encoded(raw)}),
    };
    let mut one = one;
    (one["use"], one["kid"]) = (json!("sig"), json!("mfactl"));
    json!({"use.jwks.string": "true", "jwks.string": json!({"keys": [one]}).to_string()})
}

#[test]
fn an_application_signs_in_with_a_private_key() {
    let person = Person::with_two("signed");
    let cases: [(&str, &str, &rcgen::SignatureAlgorithm, Registers); 4] = [
        ("signer-rsa", "RS256", &rcgen::PKCS_RSA_SHA256, as_key),
        ("signer-p256", "ES256", &rcgen::PKCS_ECDSA_P256_SHA256, as_set),
        ("signer-p384", "ES384", &rcgen::PKCS_ECDSA_P384_SHA384, as_set),
        ("signer-ed", "EdDSA", &rcgen::PKCS_ED25519, as_set),
    ];
    for (name, algorithm, kind, registers) in cases {
        let key = rcgen::KeyPair::generate_for(kind).unwrap();
        let mut attributes = registers(&key);
        attributes["token.endpoint.auth.signing.alg"] = json!(algorithm);
        let made = ask(
            "POST",
            "/clients",
            &json!({"clientId": name, "publicClient": false, "serviceAccountsEnabled": true,
                    "standardFlowEnabled": false, "clientAuthenticatorType": "client-jwt",
                    "attributes": attributes}),
        );
        assert_eq!(made.status, 201, "{}", made.body);
        give_rights(&made.made_id());
        let place = configured(&format!(
            "service = \"keycloak\"\nurl = \"{}\"\nrealm = \"kctest\"\nclient_id = \"{name}\"\nauth = \"private-key\"\n",
            url()
        ));
        let file = place.write("own.key", &key.serialize_pem());
        private(&file);
        let with_key = place.with("MFACTL_PRIVATE_KEY", &file);
        let listed = with_key.run(&["methods", "list", &person.name, "-o", "json"]);
        assert_eq!(listed.code, 0, "{name}: {}", listed.screen());
        // Another key of the same kind is not this application's.
        let other = rcgen::KeyPair::generate_for(kind).unwrap();
        std::fs::write(&file, other.serialize_pem()).unwrap();
        let refused = with_key.run(&["methods", "list", &person.name]).exits(4);
        assert!(refused.stderr.contains("key"), "{name}: {}", refused.stderr);
    }
}

#[test]
fn a_job_that_outlives_its_tokens_fetches_others() {
    let form = "grant_type=client_credentials&client_id=brief&client_secret=s3cr3t";
    assert!(token_call(form).body["expires_in"].as_u64().unwrap() <= 4);
    let people: Vec<Person> = (0..12).map(|_| Person::with_two("brief")).collect();
    let place = place_of("brief");
    let file = list(&place, &people);
    let began = std::time::Instant::now();
    let line = [
        "methods", "remove", "--from", &file, "old", "--pace", "8/s", "--yes", "-o", "json",
    ];
    let result = place.run(&line).exits(0).value();
    assert!(
        began.elapsed() > Duration::from_secs(6),
        "it was over before a token was"
    );
    assert_eq!(result["summary"]["users"]["done"], people.len());
    for person in &people {
        assert_eq!(person.labels("otp"), ["new"]);
        assert_eq!(person.sign_in(Some(SEEDS[1])).status, 200);
    }
}
