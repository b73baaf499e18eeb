//! The people whose sign-in names the examples and tests rely on.

use rusqlite::Connection;

use super::rows::{DAY, Person, date, this_morning};
use crate::domain::role::GLOBAL_ADMINISTRATOR;

/// The account that the in-process profile acts as.
///
/// # Errors
/// What SQLite says.
pub(super) fn administrator(connection: &Connection, now: i64) -> rusqlite::Result<()> {
    Person::new(connection, now, "admin", "Ada Administrator")?
        .app(
            "authenticator",
            "",
            "Admin phone",
            date(2023, 1, 9),
            Some(this_morning(now)),
        )?
        .set("preferred", "push")?
        .set("mfa_state", "enforced")?
        .set("job_title", "Directory administrator")?
        .role(GLOBAL_ADMINISTRATOR)?;
    Ok(())
}

/// The other eight.
///
/// # Errors
/// What SQLite says.
pub(super) fn seed(connection: &Connection, now: i64) -> rusqlite::Result<()> {
    let today = this_morning(now);
    let yesterday = today - DAY;
    let spring = date(2024, 3, 3);

    // Lost her phone: the authenticator and the mobile number, which is the default, are on it.
    Person::new(connection, now, "adele", "Adele Vance")?
        .app("authenticator", "", "iPhone 14", spring, Some(yesterday))?
        .phone("phone:mobile", "+1 4255550100", spring)?
        .phone("phone:alternate", "+1 4255550199", date(2025, 5, 11))?
        .email("adele@home.example", spring)?
        .remembers("91ac", "LAPTOP-ADELE", "Edge", "Windows", today)?
        .registers("0b7e", "iPhone 14", "iOS", "18", yesterday)?
        .app_password("Outlook 2013", date(2024, 3, 4), Some(yesterday))?
        .app_password("iPhone Mail", date(2024, 3, 5), None)?
        .sessions(&[
            "LAPTOP-ADELE, Edge",
            "iPhone 14, Safari",
            "iPad, Safari",
            "LAPTOP-ADELE, Outlook",
        ])?
        .set("preferred", "sms")?
        .set("mfa_state", "enforced")?
        .set("mobile_phone", "+1 4255550100")?
        .set("job_title", "Retail manager")?
        .set("office", "18/2111")?;

    // Has a new number, and no other method than the old one.
    Person::new(connection, now, "bas", "Bas Jansen")?
        .phone("phone:mobile", "+31 612345601", date(2022, 6, 20))?
        .set("preferred", "sms")?
        .set("mfa_state", "enforced")?;

    // Has nothing registered and was asked five days ago.
    Person::new(connection, now, "chidi", "Chidi Okafor")?.set("grace_from", now - 5 * DAY)?;

    // Her default is the desk that she left; the authenticator is what she uses.
    Person::new(connection, now, "dora", "Dora Lindqvist")?
        .app(
            "authenticator",
            "",
            "Galaxy S24",
            date(2025, 1, 15),
            Some(yesterday),
        )?
        .phone("phone:mobile", "+1 4255550104", date(2024, 9, 2))?
        .phone("phone:office", "+1 4255550170x17", date(2021, 4, 6))?
        .set("preferred", "voiceOffice")?
        .set("mfa_state", "enforced")?;

    // Two authenticators, one of them on a dead phone.
    Person::new(connection, now, "emre", "Emre Kaya")?
        .app(
            "authenticator",
            "b2f7",
            "Pixel 5",
            date(2022, 2, 1),
            Some(date(2025, 1, 4)),
        )?
        .app("authenticator", "3d10", "Pixel 9", date(2025, 1, 5), Some(today))?
        .set("preferred", "push")?
        .set("mfa_state", "enforced")?;

    Person::new(connection, now, "fen", "Fen Wu")?
        .phone("phone:mobile", "+1 4255550106", date(2024, 11, 30))?
        .sessions(&["Android, Chrome"])?
        .set("preferred", "sms")?
        .set("mfa_state", "enforced")?;

    Person::new(connection, now, "gita", "Gita Rao")?
        .passkey("YubiKey 5C", date(2025, 8, 19))?
        .registers("", "GITA-LAPTOP", "Windows", "11", today)?
        .set("system_preferred", true)?;

    Person::new(connection, now, "breakglass", "Break Glass")?
        .passkey("Safe, second floor", date(2023, 1, 9))?
        .set("last_sign_in_at", None::<i64>)?
        .role(GLOBAL_ADMINISTRATOR)?;
    Ok(())
}
