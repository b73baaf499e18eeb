//! What people themselves see: Keycloak's own pages in a browser, before and after.

use serde_json::json;

use crate::browser::Browser;
use crate::mailbox::Mailbox;
use crate::realm::{Person, SEEDS, ask, place, url};

#[test]
fn keycloaks_own_page_takes_the_code_before_and_asks_for_another_authenticator_after() {
    let person = Person::with_two("page");
    let back = format!("{}/realms/kctest/.well-known/openid-configuration", url());
    let form: String = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("client_id", "web"),
            ("response_type", "code"),
            ("scope", "openid"),
            ("redirect_uri", &back),
        ])
        .finish();
    let address = format!("{}/realms/kctest/protocol/openid-connect/auth?{form}", url());
    let sees = |seed: Option<&str>, set_up: Option<&str>| {
        let mut browser = Browser::of(&person.name).back(&back);
        if let Some(seed) = seed {
            browser = browser.with("SIGN_IN_SEED", seed);
        }
        if let Some(name) = set_up {
            browser = browser.with("SIGN_IN_SETUP", name);
        }
        browser.open(&address);
        browser.seen()
    };
    assert_eq!(sees(Some(SEEDS[0]), None), ["password", "code", "back"]);
    place().change(&["user", "reset", &person.name]);
    assert_eq!(sees(Some(SEEDS[0]), None), ["password", "set-up"]);
    assert_eq!(sees(None, Some("Pixel 9")), ["password", "set-up", "back"]);
    assert_eq!(person.labels("otp"), ["Pixel 9"]);
    assert!(person.required().is_empty());
    assert_eq!(
        sees(None, None),
        ["password", "code"],
        "the new one is asked for from now on"
    );
}

#[test]
fn a_mailed_link_leads_to_the_set_up_of_another_authenticator() {
    let place = place();
    let config = place.path("config/mfactl/config.toml");
    let mut text = std::fs::read_to_string(&config).unwrap();
    text.push_str(
        "\n[[playbooks.by-mail.steps]]\ndo = \"remove\"\n\n[[playbooks.by-mail.steps]]\ndo = \"sign-out\"\n\n\
         [[playbooks.by-mail.steps]]\ndo = \"require-registration\"\nmail = true\n",
    );
    std::fs::write(&config, text).unwrap();
    let person = Person::with_two("mailed");
    let line = ["user", "reset", &person.name, "--playbook", "by-mail"];

    // Without a mail server the rest is done, and what is missing is named.
    let set =
        |server: serde_json::Value| assert_eq!(ask("PUT", "", &json!({ "smtpServer": server })).status, 204);
    set(json!({}));
    let refused = place.try_change(&line).exits(7).value();
    let last = refused["steps"].as_array().unwrap().last().unwrap();
    assert_eq!(last["error"]["code"], "service_refused", "{last}");
    assert!(
        last["detail"]
            .as_str()
            .unwrap()
            .contains("could not send the mail"),
        "{last}"
    );
    assert_eq!(person.required(), ["CONFIGURE_TOTP"]);

    let mailbox = Mailbox::open();
    set(
        json!({"host": "127.0.0.1", "port": mailbox.port.to_string(), "from": "keycloak@example.com",
        "auth": "false", "ssl": "false", "starttls": "false"}),
    );
    place.change(&line);
    let mails = mailbox.mails_for(&format!("{}@example.com", person.name));
    assert_eq!(mails.len(), 1, "{mails:?}");
    // Quoted-printable: lines go on, and = is spelled out (RFC 2045, 6.7).
    let mail = mails[0].replace("=\n", "").replace("=3D", "=");
    let link = mail
        .split_whitespace()
        .find(|word| word.starts_with(&url()) && word.contains("/login-actions/action-token"))
        .unwrap_or_else(|| panic!("{mail}"));
    let browser = Browser::of(&person.name).with("SIGN_IN_SETUP", "Pixel 9");
    browser.open(link);
    let seen = browser.seen();
    assert!(seen.iter().any(|page| page == "set-up"), "{seen:?}");
    assert_eq!(person.labels("otp"), ["Pixel 9"], "{seen:?}");
}
