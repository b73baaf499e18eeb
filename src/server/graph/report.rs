//! The registration report. The real one is hours old; this one is read from the directory as it is.

mod summary;

pub(super) use summary::{by_feature, by_method};

use rusqlite::OptionalExtension;
use serde_json::{Value, json};

use super::filter;
use super::methods::{self, Method, default};
use super::page;
use super::request::{Cx, Reply};
use super::roles;
use crate::server::clock::rfc3339;
use crate::server::error::ApiError;

/// Graph's word for each kind in `methodsRegistered` (documented or seen; the set is open).
const WORDS: [(&str, &str); 13] = [
    ("authenticator", "microsoftAuthenticatorPush"),
    ("totp", "softwareOneTimePasscode"),
    ("phone:mobile", "mobilePhone"),
    ("phone:alternate", "alternateMobilePhone"),
    ("phone:office", "officePhone"),
    ("email", "email"),
    ("passkey", "fido2"),
    ("security-key", "fido2SecurityKey"),
    ("windows-hello", "windowsHelloForBusiness"),
    ("platform-key", "macOsSecureEnclaveKey"),
    ("hardware-token", "hardwareOneTimePasscode"),
    ("temporary-pass", "temporaryAccessPass"),
    ("external", "externalAuthMethod"),
];

struct Row {
    id: String,
    upn: String,
    name: String,
    guest: bool,
    preferred: Option<String>,
    system_preferred: bool,
}

fn details(cx: &Cx<'_>, row: &Row) -> Result<Value, ApiError> {
    let methods = methods::load(cx.connection, &row.id)?;
    let ready: Vec<&Method> = methods.iter().filter(|method| method.ready).collect();
    let has = |kinds: &[&str]| ready.iter().any(|method| kinds.contains(&method.kind.as_str()));
    let words: Vec<&str> = ready
        .iter()
        .filter_map(|method| WORDS.iter().find(|(kind, _)| *kind == method.kind))
        .map(|(_, word)| *word)
        .collect();
    let passwordless = has(&["passkey", "security-key", "windows-hello", "platform-key"]);
    let mfa = passwordless || has(&["external", "qr-pin"]) || default::effective(None, &methods).is_some();
    let questions: i64 = cx
        .connection
        .prepare_cached("SELECT count(*) FROM questions WHERE user_id = ?1")?
        .query_row([&row.id], |row| row.get(0))?;
    let reset = questions > 0
        || has(&[
            "email",
            "phone:mobile",
            "phone:alternate",
            "phone:office",
            "authenticator",
            "totp",
        ]);
    let preferred = default::effective(row.preferred.as_deref(), &methods).unwrap_or("none");
    let system: Vec<&str> = if row.system_preferred {
        methods::preferences::strongest(&methods).into_iter().collect()
    } else {
        Vec::new()
    };
    Ok(json!({
        "id": row.id,
        "userPrincipalName": row.upn,
        "userDisplayName": row.name,
        "userType": if row.guest { "guest" } else { "member" },
        "isAdmin": !roles::of_user(cx.connection, &row.id)?.is_empty(),
        "isSsprRegistered": reset,
        "isSsprEnabled": !row.guest,
        "isSsprCapable": reset && !row.guest,
        "isMfaRegistered": mfa,
        "isMfaCapable": mfa,
        "isPasswordlessCapable": passwordless,
        "methodsRegistered": words,
        "isSystemPreferredAuthenticationMethodEnabled": row.system_preferred,
        "systemPreferredAuthenticationMethods": system,
        "userPreferredMethodForSecondaryAuthentication": preferred,
        "lastUpdatedDateTime": rfc3339(cx.now),
    }))
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        id: row.get(0)?,
        upn: row.get(1)?,
        name: row.get(2)?,
        guest: row.get::<_, String>(3)?.eq_ignore_ascii_case("guest"),
        preferred: row.get(4)?,
        system_preferred: row.get(5)?,
    })
}

const COLUMNS: &str = "id, upn, display_name, user_type, preferred, system_preferred";

/// `GET /reports/authenticationMethods/userRegistrationDetails`: in the order of sign-in names.
pub(crate) fn list(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    if cx.call.option("orderby").is_some() {
        // In another order than that of the file every row is read first.
        let rows = cx
            .connection
            .prepare_cached(&format!("SELECT {COLUMNS} FROM users ORDER BY upn"))?
            .query_map([], read)?
            .collect::<Result<Vec<_>, _>>()?;
        return page::of(
            cx,
            rows.iter()
                .map(|row| details(cx, row))
                .collect::<Result<_, _>>()?,
        );
    }
    let size = page::top(cx.call, 999)?;
    let filter = cx.call.option("filter").map(filter::parse).transpose()?;
    let start = page::start(cx.call)?;
    let last = start
        .as_ref()
        .and_then(|keys| keys.first())
        .map_or("", String::as_str);
    let mut statement = cx.connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM users WHERE upn > ?1 ORDER BY upn"
    ))?;
    let mut rows = statement.query([last])?;
    let (mut items, mut seen, mut link) = (Vec::new(), String::new(), None);
    while let Some(row) = rows.next()? {
        let row = read(row)?;
        let item = details(cx, &row)?;
        if filter.as_ref().is_some_and(|filter| !filter.matches(&item)) {
            continue;
        }
        if items.len() == size {
            link = Some(page::next(cx, &[&seen]));
            break;
        }
        items.push(page::select(cx.call, item));
        seen = row.upn;
    }
    Ok(page::reply(items, link, None))
}

/// `GET /reports/authenticationMethods/userRegistrationDetails/{userId}`
pub(crate) fn get(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let id = cx.segment(3).to_ascii_lowercase();
    let row = cx
        .connection
        .query_row(&format!("SELECT {COLUMNS} FROM users WHERE id = ?1"), [&id], read)
        .optional()?
        .ok_or_else(|| ApiError::no_resource(&id))?;
    Ok(Reply::ok(page::select(cx.call, details(cx, &row)?)))
}
