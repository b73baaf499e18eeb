//! The rest of the demo directory: one person for each thing that goes wrong in practice, and the groups.

use rusqlite::{Connection, params};
use serde_json::json;

use super::policy::QUESTIONS;
use super::rows::{DAY, HOUR, Person, date, guid, this_morning};
use crate::domain::role::{AUTHENTICATION_ADMINISTRATOR, HELPDESK_ADMINISTRATOR, USER_ADMINISTRATOR};

/// People, each with what makes them special.
///
/// # Errors
/// What SQLite says.
pub(super) fn seed(connection: &Connection, now: i64) -> rusqlite::Result<()> {
    let today = this_morning(now);
    let person = |name: &str, display: &str| Person::new(connection, now, name, display);

    // Sees numbers masked, and may not act on every administrator.
    person("helpdesk", "Hella Desk")?
        .app("authenticator", "", "Desk phone", date(2024, 1, 8), Some(today))?
        .set("preferred", "push")?
        .role(AUTHENTICATION_ADMINISTRATOR)?;
    person("hugo", "Hugo Blanc")?
        .phone("phone:mobile", "+1 4255550110", date(2024, 1, 8))?
        .set("preferred", "sms")?
        .role(HELPDESK_ADMINISTRATOR)?;
    Person::with_upn(
        connection,
        now,
        "ines_fabrikam.example#EXT#@contoso.example",
        "Ines Meyer (Fabrikam)",
        Some("ines@fabrikam.example"),
    )?
    .set("user_type", "Guest")?
    .phone("phone:mobile", "+1 4255550111", date(2025, 2, 2))?;
    person("jonas", "Jonas Weber")?
        .phone("phone:mobile", "+1 4255550112", date(2023, 5, 5))?
        .set("preferred", "sms")?
        .set("last_sign_in_at", date(2025, 3, 31))?
        .set("enabled", false)?;
    person("zoe", "Zoë Müller-Çelik 李")?
        .app("totp", "", "Zoë’s Téléphone 📱", date(2025, 4, 1), None)?
        .set("preferred", "oath")?;
    let mut kiosk = person("kim", "Kim Kiosk")?.phone("phone:mobile", "+1 4255550113", date(2024, 2, 2))?;
    for n in 1..=400 {
        kiosk = kiosk.remembers(
            "",
            &format!("KIOSK-{n:03}"),
            "Chrome",
            "Windows",
            today - (n % 13) * DAY,
        )?;
    }
    kiosk.set("preferred", "sms")?;
    person("sam.taylor", "Sam Taylor")?
        .phone("phone:mobile", "+1 4255550114", date(2024, 4, 4))?
        .set("preferred", "sms")?;
    person("sam.taylor2", "Sam Taylor")?
        .app("authenticator", "", "Moto G", date(2025, 6, 6), Some(today))?
        .set("preferred", "push")?;
    person("quinn", "Quinn Abara")?
        .email("quinn@home.example", date(2024, 5, 5))?
        .questions(&QUESTIONS[..5], date(2024, 5, 5))?
        .app("totp", "", "Aegis", date(2024, 5, 5), Some(today))?
        .set("preferred", "oath")?;
    person("tess", "Tess Nguyen")?
        .app("totp", "", "FreeOTP", date(2025, 7, 7), Some(today - HOUR))?
        .phone("phone:mobile", "+1 4255550115", date(2025, 7, 7))?
        .set("preferred", "oath")?
        .set("mfa_state", "enabled")?;
    // What a person may write into a name: escapes for a terminal, a formula for a spreadsheet.
    person(
        "mallory",
        "=HYPERLINK(\"http://evil.example\",\"Mallory\")\u{1b}[2J\u{1b}]0;owned\u{7}",
    )?
    .app(
        "authenticator",
        "",
        "+cmd|' /C calc'!A0\u{1b}[31m\u{202e}",
        date(2025, 1, 1),
        None,
    )?
    .set("preferred", "push")?;
    person("pia", "Pia Lund")?
        .phone("phone:mobile", "+1 4255550116", date(2024, 6, 6))?
        .set("preferred", "sms")?;
    connection.execute(
        "UPDATE methods SET pending_value = '+1 4255550117' WHERE user_id = ?1 AND kind = 'phone:mobile'",
        [guid("user/pia@contoso.example")],
    )?;
    person("sven", "Sven Holm")?
        .phone("phone:mobile", "+1 4255550118", date(2023, 9, 9))?
        .set("preferred", "sms")?
        .set("synced", true)?;
    person("petra", "Petra Novak")?
        .app("authenticator", "", "Fairphone 5", date(2025, 2, 14), Some(today))?
        .set("preferred", "push")?;
    person("eva", "Eva Executive")?
        .phone("phone:mobile", "+1 4255550119", date(2023, 3, 3))?
        .app("authenticator", "", "iPhone 16", date(2025, 9, 20), Some(today))?
        .set("preferred", "push")?
        .set("job_title", "Chief executive")?;
    every_kind(connection, person("omar", "Omar Haddad")?, now)
}

/// A person who has everything that there is.
fn every_kind(connection: &Connection, person: Person<'_>, now: i64) -> rusqlite::Result<()> {
    let added = date(2025, 3, 1);
    let person = person
        .app("authenticator", "", "Pixel 8", added, Some(this_morning(now)))?
        .app("totp", "", "KeePassXC", added, None)?
        .phone("phone:mobile", "+1 4255550120", added)?
        .phone("phone:alternate", "+1 4255550121", added)?
        .phone("phone:office", "+1 4255550170x20", added)?
        .email("omar@home.example", added)?
        .passkey("YubiKey 5 NFC", added)?
        .method("windows-hello", "OMAR-DESKTOP", json!({"keyStrength": "normal"}), added)?
        .method("platform-key", "Omar's MacBook", json!({"keyStrength": "normal", "platform": "macOS"}), added)?
        .method(
            "hardware-token",
            "Token 2308",
            json!({"serialNumber": "2308", "manufacturer": "Contoso", "model": "C-200", "timeIntervalInSeconds": 30,
                "hashFunction": "hmacsha1"}),
            added,
        )?
        .method("external", "Fabrikam ID", json!({"configurationId": guid("external/Fabrikam ID")}), added)?
        .method("qr-pin", "Badge", json!({}), added)?
        .questions(&QUESTIONS[2..7], added)?
        .remembers("", "OMAR-DESKTOP", "Firefox", "Windows", now - 2 * DAY)?
        .remembers("", "Omar's MacBook", "Safari", "macOS", now - 3 * DAY)?
        .registers("", "OMAR-DESKTOP", "Windows", "11", now - DAY)?
        .app_password("Thunderbird", added, None)?
        .sessions(&["OMAR-DESKTOP, Firefox", "Omar's MacBook, Safari"])?
        .set("preferred", "push")?
        .set("mfa_state", "enforced")?;
    // The token that he has, and two that nobody has.
    let token = guid(&format!("{}/hardware-token/Token 2308", person.id));
    let free = |serial: &str| guid(&format!("hardware-token/{serial}"));
    for (id, serial, user) in [
        (token, "2308", Some(&person.id)),
        (free("2309"), "2309", None),
        (free("2310"), "2310", None),
    ] {
        connection.execute(
            "INSERT OR IGNORE INTO hardware_tokens (id, serial, manufacturer, model, secret, interval_s, hash, status, user_id)
             VALUES (?1, ?2, 'Contoso', 'C-200', CAST(?3 AS BLOB), 30, 'hmacsha1', iif(?4 IS NULL, 'available', 'activated'), ?4)",
            params![id, serial, format!("hardware token {serial}"), user],
        )?;
    }
    // An old pass that nobody knows, long over.
    connection.execute(
        "INSERT INTO methods (user_id, id, kind, secret, extra, starts_at, expires_at, once, used, created_at)
         VALUES (?1, ?2, 'temporary-pass', zeroblob(32), '{\"lifetimeInMinutes\":60}', ?3, ?3 + 3600000, 1, 1, ?3)",
        params![person.id, guid(&format!("{}/pass", person.id)), added],
    )?;
    person.set("office", "Amsterdam").map(drop)
}

/// Groups, some of them in others, two of one name, one that gives a role.
///
/// # Errors
/// What SQLite says.
pub(super) fn groups(connection: &Connection) -> rusqlite::Result<()> {
    let user = |name: &str| guid(&format!("user/{name}@contoso.example"));
    let group = |name: &str| guid(&format!("group/{name}"));
    let add = |id: &str, name: &str, description: &str, role_assignable: bool, members: &[String]| {
        connection.execute(
            "INSERT INTO groups (id, name, description, role_assignable) VALUES (?1, ?2, ?3, ?4)",
            params![id, name, description, role_assignable],
        )?;
        for member in members {
            connection.execute(
                "INSERT INTO group_members (group_id, member_id) VALUES (?1, ?2)",
                [id, member],
            )?;
        }
        Ok::<_, rusqlite::Error>(())
    };
    let named = |name: &str, description: &str, members: &[String]| {
        add(&group(name), name, description, false, members)
    };
    named(
        "Pilots",
        "May use passkeys",
        &["gita", "omar", "breakglass"].map(user),
    )?;
    named("Executives", "The board", &["eva"].map(user))?;
    named("Amsterdam Office", "", &["bas", "omar", "zoe"].map(user))?;
    named("Seattle Office", "", &["adele", "dora", "emre", "fen"].map(user))?;
    let offices = [
        group("Amsterdam Office"),
        group("Seattle Office"),
        group("Executives"),
        user("chidi"),
    ];
    named("All Staff", "Everybody who is employed", &offices)?;
    named(
        "Contractors",
        "",
        &[
            user("sam.taylor"),
            user("ines_fabrikam.example#EXT#"),
            user("jonas"),
        ],
    )?;
    add(
        &guid("group/Project X/1"),
        "Project X",
        "The first of this name",
        false,
        &["tess", "pia"].map(user),
    )?;
    add(
        &guid("group/Project X/2"),
        "Project X",
        "The second of this name",
        false,
        &["sven"].map(user),
    )?;
    add(
        &group("Tier 1 Operators"),
        "Tier 1 Operators",
        "Gives a role",
        true,
        &["petra"].map(user),
    )?;
    connection.execute(
        "INSERT INTO role_assignments (principal_id, role_id) VALUES (?1, ?2)",
        [&group("Tier 1 Operators"), USER_ADMINISTRATOR],
    )?;
    // Only Hugo, who holds the role over this unit, changes Pia's methods.
    let unit = guid("administrative unit/Plant Control");
    connection.execute(
        "INSERT INTO administrative_units (id, name, description, restricted)
         VALUES (?1, 'Plant Control', 'Its members are changed by its own administrators', 1)",
        [&unit],
    )?;
    connection.execute(
        "INSERT INTO administrative_unit_members (unit_id, member_id) VALUES (?1, ?2)",
        [&unit, &user("pia")],
    )?;
    connection.execute(
        "INSERT INTO scoped_role_assignments (principal_id, role_id, unit_id) VALUES (?1, ?2, ?3)",
        [&user("hugo"), AUTHENTICATION_ADMINISTRATOR, &unit],
    )?;
    Ok(())
}
