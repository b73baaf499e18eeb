//! The registration report. The real one is hours old; this one is read from the directory as it is.

use rusqlite::{OptionalExtension, params};
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
    if cx.call.option("skip").is_some() {
        return Err(ApiError::bad_request("'$skip' is not supported by the service."));
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
    Ok(Reply::ok(details(cx, &row)?))
}

/// `GET /reports/authenticationMethods/usersRegisteredByMethod(…)`
pub(crate) fn by_method(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let mut counts = Vec::new();
    for (kind, word) in WORDS {
        let users: i64 = cx.connection.query_row(
            "SELECT count(DISTINCT user_id) FROM methods WHERE kind = ?1 AND state = 'ready'",
            [kind],
            |row| row.get(0),
        )?;
        counts.push(json!({"authenticationMethod": word, "userCount": users}));
    }
    Ok(Reply::ok(json!({
        "totalUserCount": total(cx)?,
        "userTypes": "all",
        "userRoles": "all",
        "userRegistrationMethodCounts": counts,
    })))
}

/// `GET /reports/authenticationMethods/usersRegisteredByFeature(…)`
pub(crate) fn by_feature(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let count = |kinds: &str| -> Result<i64, ApiError> {
        let sql = format!(
            "SELECT count(DISTINCT user_id) FROM methods WHERE state = 'ready' AND kind IN (SELECT value FROM json_each('{kinds}'))"
        );
        Ok(cx.connection.query_row(&sql, params![], |row| row.get(0))?)
    };
    let reset = r#"["email","phone:mobile","phone:alternate","phone:office","authenticator","totp"]"#;
    let strong = r#"["authenticator","totp","hardware-token","phone:mobile","phone:alternate","phone:office","passkey","security-key","windows-hello","platform-key","external","qr-pin"]"#;
    let keys = r#"["passkey","security-key","windows-hello","platform-key"]"#;
    let total = total(cx)?;
    Ok(Reply::ok(json!({
        "totalUserCount": total,
        "userTypes": "all",
        "userRoles": "all",
        "userRegistrationFeatureCounts": [
            {"feature": "ssprRegistered", "userCount": count(reset)?},
            {"feature": "ssprEnabled", "userCount": total},
            {"feature": "ssprCapable", "userCount": count(reset)?},
            {"feature": "passwordlessCapable", "userCount": count(keys)?},
            {"feature": "mfaCapable", "userCount": count(strong)?},
        ],
    })))
}

fn total(cx: &Cx<'_>) -> Result<i64, ApiError> {
    Ok(cx
        .connection
        .query_row("SELECT count(*) FROM users", [], |row| row.get(0))?)
}
