//! Where a sign-in is kept: what has to be there, who may read it, all processes that share it, and how it goes.

use std::os::unix::fs::PermissionsExt;

use super::{ADELE, CHIDI, chidi, files, place, sign_in, token_requests};
use crate::environment::{Environment, Output};

#[test]
fn without_a_place_for_the_sign_in_no_browser_opens() {
    let own = Environment::new();
    let server = own.serve(&[]);
    let opened = own.path("opened");
    let script = own.write("browser", &format!("#!/bin/sh\n: > '{}'\n", opened.display()));
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700)).unwrap();
    let me = place(&server, &own)
        .with("BROWSER", &script)
        .with("DBUS_SESSION_BUS_ADDRESS", "disabled:");
    let without = me.with("MFACTL_TOKEN_KEY_FILE", "");
    let output = without.run(&["-p", "me", "auth", "login", "-o", "json"]).exits(4);
    assert_eq!(output.error_code(), "not_signed_in");
    assert!(
        output.error()["hint"]
            .as_str()
            .unwrap()
            .contains("MFACTL_CLIENT_SECRET"),
        "{}",
        output.stderr
    );
    let output = me
        .with("CI", "true")
        .run(&["-p", "me", "auth", "login", "-o", "json"])
        .exits(4);
    assert!(
        output.error()["hint"].as_str().unwrap().contains("client-secret"),
        "{}",
        output.stderr
    );
    me.run(&["-p", "me", "auth", "login", "--token-store", "memory"])
        .exits(2);
    std::fs::set_permissions(own.path("key"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let output = me.run(&["-p", "me", "auth", "login"]).exits(1);
    assert!(
        output.stderr.contains("can be read by others (mode 644)"),
        "{}",
        output.stderr
    );
    assert!(!opened.exists());
    assert!(files(&own).is_empty());
}

#[test]
fn a_kept_sign_in_that_others_can_read_or_own_is_refused() {
    let own = Environment::new();
    let fields = chidi(&own);
    let server = own.serve(&[]);
    let me = place(&server, &own);
    sign_in(&me, &fields).exits(0);
    let file = files(&own).remove(0);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains("eyJ") && !text.contains("chidi"), "{text}");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o604)).unwrap();
    let output = me.run(&["-p", "me", "auth", "status"]).exits(1);
    assert!(
        output.stderr.contains("can be read by others (mode 604)"),
        "{}",
        output.stderr
    );
    assert!(output.stderr.contains("hint: chmod 600"), "{}", output.stderr);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&file, Some(65_534), None).unwrap();
        let output = me.run(&["-p", "me", "auth", "status"]).exits(1);
        assert!(
            output.stderr.contains("belongs to another user (uid 65534)"),
            "{}",
            output.stderr
        );
        std::os::unix::fs::chown(&file, Some(0), None).unwrap();
    }
    // Another key opens nothing, and says so.
    own.write("key", "another-key-another-key-another-key\n");
    let output = me.run(&["-p", "me", "auth", "status"]).exits(1);
    assert!(
        output.stderr.contains("does not open with the key at hand"),
        "{}",
        output.stderr
    );
}

#[test]
fn processes_at_once_refresh_once_and_the_sign_in_lives_on() {
    let own = Environment::new();
    let fields = chidi(&own);
    let server = own.serve(&[]);
    let me = place(&server, &own);
    sign_in(&me, &fields).exits(0);
    // By the service's clock the kept token is over: all of them hear that, and one refreshes for all.
    own.run(&["local", "clock", "advance", "2h"]).exits(0);
    let read = ["-vv", "-p", "me", "methods", "list", CHIDI];
    let started: Vec<_> = (0..6).map(|_| me.start(&read, "")).collect();
    let outputs: Vec<Output> = started
        .into_iter()
        .map(|command| command.finish().exits(0))
        .collect();
    assert_eq!(token_requests(&outputs), 1);
    // A refresh token that was used twice would have ended the sign-in.
    own.run(&["local", "clock", "advance", "2h"]).exits(0);
    let output = me.run(&read).exits(0);
    assert_eq!(token_requests(&[output]), 1);
}

#[test]
fn an_application_asks_for_one_token_in_all_its_processes() {
    let own = Environment::new();
    let server = own.serve(&[]);
    let app = place(&server, &own).with("MFACTL_CLIENT_SECRET", &server.client_secret);
    let read = ["-vv", "-p", "app", "methods", "list", ADELE];
    let started: Vec<_> = (0..8).map(|_| app.start(&read, "")).collect();
    let mut outputs: Vec<Output> = started
        .into_iter()
        .map(|command| command.finish().exits(0))
        .collect();
    outputs.extend((0..4).map(|_| app.run(&read).exits(0)));
    assert_eq!(token_requests(&outputs), 1);
    let text = std::fs::read_to_string(&files(&own)[0]).unwrap();
    assert!(!text.contains("eyJ"), "{text}");
    // Another secret opens nothing of it.
    let wrong = app.with("MFACTL_CLIENT_SECRET", "not-the-secret-not-the-secret-not-it");
    wrong.run(&["-p", "app", "methods", "list", ADELE]).exits(4);
    // A token that the service takes no longer is fetched anew.
    own.run(&["local", "clock", "advance", "2h"]).exits(0);
    let output = app.run(&read).exits(0);
    assert_eq!(token_requests(&[output]), 1);
}

/// Two profiles that extend nothing.
fn two(own: &Environment) {
    let config = own.path("config/mfactl/config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let me = text.split("\n[profiles.code]").next().unwrap();
    let app = me
        .replace("[profiles.me]", "[profiles.app]")
        .replace("\"browser\"", "\"client-secret\"");
    std::fs::write(&config, format!("{me}\n{app}")).unwrap();
}

#[test]
fn a_profile_that_goes_takes_its_sign_in_along_and_no_other() {
    let own = Environment::new();
    let fields = chidi(&own);
    let mut server = own.serve(&[]);
    let me = place(&server, &own);
    two(&own);
    sign_in(&me, &fields).exits(0);
    let app = me.with("MFACTL_CLIENT_SECRET", &server.client_secret);
    app.run(&["-p", "app", "methods", "list", ADELE]).exits(0);
    assert_eq!(files(&own).len(), 2);
    // Without the secret nothing of it can be read, and it goes all the same.
    let output = me.run(&["profile", "remove", "app", "--yes"]).exits(0);
    assert!(
        output.stderr.contains("the kept token of app is removed"),
        "{}",
        output.stderr
    );
    assert_eq!(files(&own).len(), 1);
    me.run(&["-p", "me", "auth", "status"]).exits(0);
    let output = me.run(&["profile", "remove", "me", "--yes"]).exits(0);
    for words in [
        "profile me is removed from",
        "Signed out of me: chidi@contoso.example",
        "was ended at the service",
    ] {
        assert!(output.stderr.contains(words), "{}", output.stderr);
    }
    assert!(files(&own).is_empty());

    // Where the service is not reached, what could not be ended is said.
    place(&server, &own);
    two(&own);
    sign_in(&me, &fields).exits(0);
    server.end(rustix::process::Signal::TERM);
    let output = me.run(&["profile", "remove", "me", "--yes"]).exits(7);
    assert!(
        output.stderr.contains("the sign-in was not ended at the service"),
        "{}",
        output.stderr
    );
    assert!(files(&own).is_empty());
}
