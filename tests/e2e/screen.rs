//! The screens as they were designed, to the letter, but for what is the day's: dates and times that hang on the clock.

use serde_json::Value;

use crate::environment::{Environment, Output};

/// Runs a command on a directory that was made on the day that it is at the end: seeded dates are relative to it.
fn on_one_day(command: impl Fn(&Environment) -> String) -> String {
    loop {
        let place = Environment::empty();
        let day = |place: &Environment| place.now() / 86_400;
        let begun = day(&place);
        let screen = command(&place);
        if day(&place) == begun {
            return screen;
        }
    }
}

/// Named filters: what stands in for what the clock decides. `#` in a pattern is a digit.
struct Filters(Vec<(String, &'static str)>);

impl Filters {
    /// Times of day: 08:12 is when the demo people were last seen, or earlier on a day that began just now.
    fn times() -> Self {
        Self(vec![("today ##:##".to_owned(), "today [time]")])
    }

    /// And the day on which the laptop of adele is asked again: the fourteenth from today.
    fn dates(place: &Environment) -> Self {
        let devices = place.json(&["devices", "list", "adele"]);
        let until: &Value = &devices[0]["trusted_until"];
        let until: jiff::Timestamp = until.as_str().unwrap().parse().unwrap();
        let until = until.to_zoned(jiff::tz::TimeZone::UTC);
        assert_eq!(
            (until.timestamp().as_second() / 86_400) - place.now() / 86_400,
            14
        );
        let mut filters = Self::times();
        filters
            .0
            .push((until.strftime("%-d %b %Y").to_string(), "[in 14 days]"));
        filters
    }

    fn apply(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (pattern, stand_in)| {
            replace(&text, pattern, stand_in)
        })
    }
}

fn replace(text: &str, pattern: &str, stand_in: &str) -> String {
    let fits = |rest: &str| {
        rest.len() >= pattern.len()
            && rest
                .bytes()
                .zip(pattern.bytes())
                .all(|(c, p)| if p == b'#' { c.is_ascii_digit() } else { c == p })
    };
    let (mut out, mut rest) = (String::new(), text);
    while let Some(first) = rest.chars().next() {
        if fits(rest) {
            out += stand_in;
            rest = &rest[pattern.len()..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

fn screen(run: impl Fn(&Environment) -> (Output, Filters)) -> String {
    on_one_day(|place| {
        let (output, filters) = run(place);
        filters.apply(&output.screen())
    })
}

#[test]
fn methods_list() {
    let place = Environment::new();
    insta::assert_snapshot!(place.run(&["methods", "list", "adele"]).screen(), @r#"
    METHOD              DETAIL                  DEFAULT  STATE       ADDED
    authenticator       "iPhone 14"             -        ready       3 Mar 2024
    phone:mobile        +1 425 555 0100         yes      ready       3 Mar 2024
    phone:alternate     +1 425 555 0199 (call)  -        ready       11 May 2025
    email               adele@home.example      -        reset only  3 Mar 2024
    · adele@contoso.example in local: 4 methods, 3 of them for sign-in
    exit 0
    "#);
}

#[test]
fn user_show() {
    let screen = screen(|place| (place.run(&["user", "show", "adele"]), Filters::dates(place)));
    insta::assert_snapshot!(screen, @r#"
    Adele Vance <adele@contoso.example>, profile local
    Account        enabled, member, not protected; last sign-in today [time]
    Registration   complete; per-user MFA enforced; can reset own password
    Methods        authenticator "iPhone 14"
                   phone:mobile +1 425 555 0100 (default)
                   phone:alternate +1 425 555 0199 (call)
                   email adele@home.example (reset only)
    Remembered     device:91ac LAPTOP-ADELE, Edge, until [in 14 days]
    App passwords  "Outlook 2013", used yesterday; "iPhone Mail", never used
    Sessions       4, newest today [time]
    exit 0
    "#);
}

#[test]
fn user_reset() {
    let place = Environment::new();
    let output = place.run(&["user", "reset", "adele", "--ticket", "INC0042", "--yes"]);
    insta::assert_snapshot!(output.screen(), @r#"
    STEP      TARGET              STATUS  DETAIL
    change    phone:mobile        done    +1 425 555 0199
    remove    phone:alternate     done    read back: gone
    remove    authenticator       done    read back: gone
    revoke    app passwords       done    2
    forget    remembered devices  done    1
    sign out  everywhere          done    open pages may work 60 minutes more
    · Reset Adele Vance <adele@contoso.example> in local, playbook lost-phone
    · Ticket INC0042.
    ·   change    phone:mobile        +1 425 555 0100 to +1 425 555 0199
    ·   remove    phone:alternate     its number is now phone:mobile
    ·   remove    authenticator       "iPhone 14"; cannot be undone
    ·   revoke    app passwords       2: "Outlook 2013", "iPhone Mail"
    ·   forget    remembered devices  1: LAPTOP-ADELE
    ·   sign out  everywhere          4 sessions
    ·   stays     email; default phone:mobile
    · Done. Job j-4f7a, audit 1042:9be1. Undo (numbers): mfactl -p local jobs undo j-4f7a
    · Adele now signs in again everywhere, verified by text or call to
    · +1 425 555 0199; adds the new phone on the security info page; makes a new
    · app password for Outlook 2013.
    exit 0
    "#);
}

#[test]
fn devices_list() {
    let screen = screen(|place| (place.run(&["devices", "list", "adele"]), Filters::dates(place)));
    insta::assert_snapshot!(screen, @r#"
    DEVICE       KIND        NAME                LAST USED    NOT ASKED UNTIL
    device:91ac  remembered  LAPTOP-ADELE, Edge  today [time]  [in 14 days]
    device:0b7e  registered  iPhone 14, iOS 18   yesterday    -
    · 2 devices; "devices forget" ends remembering, registered ones stay
    exit 0
    "#);
}

#[test]
fn policy_show() {
    let screen = screen(|place| (place.run(&["policy", "show"]), Filters::times()));
    insta::assert_snapshot!(screen, @r#"
    METHOD          USE      FOR           LIMITS
    authenticator   sign-in  everyone      -
    phone, text     sign-in  everyone      -
    phone, call     sign-in  everyone      office phones too
    passkey         sign-in  group Pilots  -
    temporary-pass  sign-in  everyone      10-480 min, 60 unless said, reusable
    email           reset    everyone      -
    questions       reset    everyone      3 of 5
    hardware-token  off      -             -
    Remembered devices 14 days; registration may wait 14 days; app passwords allowed
    · local, read today [time]. For one person, with reasons: policy show USER
    exit 0
    "#);
}

#[test]
fn an_ambiguous_method_is_listed_with_what_to_type() {
    let screen = screen(|place| {
        (
            place.run(&["methods", "remove", "emre", "authenticator", "--yes"]),
            Filters::times(),
        )
    });
    insta::assert_snapshot!(screen, @r#"
    · error: "authenticator" matches 2 methods of emre@contoso.example
    ·   authenticator:3d10  "Pixel 9"  used today
    ·   authenticator:b2f7  "Pixel 5"  used 4 Jan 2025
    · hint: mfactl -p local methods remove emre authenticator:b2f7
    exit 3
    "#);
}
