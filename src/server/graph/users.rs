//! `/me` and `/users`: people, read and found.

use axum::http::StatusCode;
use rusqlite::types::Value as Sql;
use rusqlite::{Row, params_from_iter};
use serde_json::{Map, Value, json};

use super::filter::{self, Column};
use super::page;
use super::permission::BASIC;
use super::request::{Cx, Reply};
use super::search;
use crate::server::clock::rfc3339;
use crate::server::error::ApiError;

/// What comes when `$select` is not given, in the directory's order.
const DEFAULT: [&str; 11] = [
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "id",
];

/// Properties of the type that nobody gets who does not ask for them; most of them this directory does not fill.
const EMPTY: [&str; 19] = [
    "companyName",
    "creationType",
    "deletedDateTime",
    "department",
    "employeeId",
    "externalUserState",
    "identities",
    "isManagementRestricted",
    "isResourceAccount",
    "lastPasswordChangeDateTime",
    "onPremisesImmutableId",
    "onPremisesLastSyncDateTime",
    "onPremisesSamAccountName",
    "passwordPolicies",
    "passwordProfile",
    "securityIdentifier",
    "usageLocation",
    "assignedLicenses",
    "otherMails",
];

/// The last sign-in, which takes a permission of its own.
const ACTIVITY: &str = "signInActivity";

const COLUMNS: &str =
    "id, upn, display_name, given_name, surname, mail, mobile_phone, job_title, office, language,
    user_type, enabled, synced, created_at, last_sign_in_at, sessions_valid_from";

/// Whether somebody is in a restricted administrative unit.
const RESTRICTED: &str = "EXISTS (SELECT 1 FROM administrative_unit_members m JOIN administrative_units a
    ON a.id = m.unit_id AND a.restricted = 1 WHERE m.member_id = users.id)";

/// What is read of a person for these properties.
fn columns(names: &[&str]) -> String {
    let restricted = if names.contains(&"isManagementRestricted") {
        RESTRICTED
    } else {
        "0"
    };
    format!("{COLUMNS}, {restricted}")
}

fn column(name: &str) -> Option<Column> {
    Some(match name {
        "id" => Column::Key("id"),
        "userPrincipalName" => Column::Text("upn"),
        "displayName" => Column::Text("display_name"),
        "givenName" => Column::Text("given_name"),
        "surname" => Column::Text("surname"),
        "mail" => Column::Text("mail"),
        "mobilePhone" => Column::Text("mobile_phone"),
        "jobTitle" => Column::Text("job_title"),
        "officeLocation" => Column::Text("office"),
        "userType" => Column::Text("user_type"),
        "accountEnabled" => Column::Flag("enabled"),
        "onPremisesSyncEnabled" => Column::Flag("synced"),
        "createdDateTime" => Column::Time("created_at"),
        "signInActivity/lastSignInDateTime" => Column::Time("last_sign_in_at"),
        _ => return None,
    })
}

/// One property of the row that [`columns`] reads.
fn property(row: &Row<'_>, name: &str) -> rusqlite::Result<Option<Value>> {
    let text = |n: usize| row.get::<_, Option<String>>(n).map(Value::from);
    let time = |n: usize| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(n)?.map(rfc3339));
    Ok(Some(match name {
        "id" => text(0)?,
        "userPrincipalName" => text(1)?,
        "displayName" => text(2)?,
        "givenName" => text(3)?,
        "surname" => text(4)?,
        "mail" => text(5)?,
        "mobilePhone" => text(6)?,
        "jobTitle" => text(7)?,
        "officeLocation" => text(8)?,
        "preferredLanguage" => text(9)?,
        "userType" => text(10)?,
        "accountEnabled" => json!(row.get::<_, bool>(11)?),
        "onPremisesSyncEnabled" => json!(row.get::<_, Option<bool>>(12)?),
        "createdDateTime" => json!(time(13)?),
        "signInActivity" => match time(14)? {
            Some(at) => json!({"lastSignInDateTime": at, "lastNonInteractiveSignInDateTime": null,
                "lastSuccessfulSignInDateTime": at}),
            None => return Ok(None), // absent for who never signed in
        },
        "signInSessionsValidFromDateTime" => json!(time(15)?),
        "isManagementRestricted" => json!(row.get::<_, bool>(16)?.then_some(true)), // null where it is not
        "businessPhones" | "assignedLicenses" | "otherMails" | "identities" => json!([]),
        _ => Value::Null,
    }))
}

/// A person as JSON: these properties, or the default ones.
fn render(row: &Row<'_>, names: &[&str]) -> rusqlite::Result<Value> {
    let mut item = Map::new();
    for name in names {
        if let Some(value) = property(row, name)? {
            item.insert((*name).to_owned(), value);
        }
    }
    item.entry("id")
        .or_insert(property(row, "id")?.unwrap_or_default());
    Ok(Value::Object(item))
}

/// The properties that a call wants.
///
/// # Errors
/// 400 for one that the type does not have; 403 for one that needs more than `User.ReadBasic.All`.
fn wanted<'a>(cx: &'a Cx<'_>, own: bool) -> Result<Vec<&'a str>, ApiError> {
    let Some(names) = page::selected(cx.call) else {
        return Ok(DEFAULT.to_vec());
    };
    let known = |name: &str| {
        DEFAULT.contains(&name)
            || EMPTY.contains(&name)
            || column(name).is_some()
            || ["signInActivity", "signInSessionsValidFromDateTime"].contains(&name)
    };
    if let Some(name) = names.iter().find(|name| !known(name)) {
        return Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            "BadRequest",
            format!(
                "Parsing OData Select and Expand failed: Could not find a property named '{name}' on type 'microsoft.graph.user'."
            ),
        ));
    }
    let reads_all = [
        "User.Read.All",
        "User.ReadWrite.All",
        "Directory.Read.All",
        "Directory.AccessAsUser.All",
    ]
    .iter()
    .any(|permission| cx.caller.has(permission));
    let more = names.iter().any(|name| !BASIC.contains(name));
    let activity = names.contains(&"signInActivity") && !cx.caller.has("AuditLog.Read.All");
    if (more && !reads_all && !own) || activity {
        Err(ApiError::denied())
    } else {
        Ok(names)
    }
}

/// Renders these people, in the given order, as members of a group are listed.
///
/// # Errors
/// As [`wanted`].
pub(crate) fn by_ids(cx: &Cx<'_>, ids: &[String], typed: bool) -> Result<Vec<Value>, ApiError> {
    let names = wanted(cx, false)?;
    let mut statement = cx
        .connection
        .prepare_cached(&format!("SELECT {} FROM users WHERE id = ?1", columns(&names)))?;
    let mut people = Vec::with_capacity(ids.len());
    for id in ids {
        let person = statement.query_row([id], |row| render(row, &names))?;
        people.push(if typed {
            with_type(person, "#microsoft.graph.user")
        } else {
            person
        });
    }
    Ok(people)
}

/// Puts `@odata.type` in front of an object's properties.
pub(crate) fn with_type(item: Value, name: &str) -> Value {
    let mut typed = Map::new();
    typed.insert("@odata.type".to_owned(), json!(name));
    if let Value::Object(item) = item {
        typed.extend(item);
    }
    Value::Object(typed)
}

/// `GET /me`, `GET /users/{id}`
pub(crate) fn get(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let person = super::person::Person::find(cx.connection, cx.segment(1))?;
    let names = wanted(cx, cx.caller.user_id() == Some(&person.id))?;
    let item = cx
        .connection
        .prepare_cached(&format!("SELECT {} FROM users WHERE id = ?1", columns(&names)))?
        .query_row([&person.id], |row| render(row, &names))?;
    Ok(Reply::ok(item))
}

/// The conditions of a listing: SQL and the values in it.
fn conditions(cx: &Cx<'_>, values: &mut Vec<Sql>) -> Result<Vec<String>, ApiError> {
    let mut found = Vec::new();
    if let Some(text) = cx.call.option("filter") {
        let filter = filter::parse(text)?;
        check_activity(cx, &filter)?;
        found.push(filter.sql(&column, values)?);
    }
    if let Some(text) = cx.call.option("search") {
        found.push(search::parse(text)?.sql(&column, values)?);
    }
    Ok(found)
}

fn is_activity(name: &str) -> bool {
    name.starts_with(ACTIVITY)
}

/// The last sign-in is filtered for alone, by whoever may see it (api/entra 4.1; the error is assumed).
///
/// # Errors
/// 400 beside another property, 403 without the permission.
fn check_activity(cx: &Cx<'_>, filter: &filter::Filter) -> Result<(), ApiError> {
    let names = filter.names();
    if !names.iter().any(|name| is_activity(name)) {
        return Ok(());
    }
    if !names.iter().all(|name| is_activity(name)) {
        return Err(ApiError::unsupported_query(
            "Filtering by 'signInActivity' cannot be combined with other filterable properties.",
        ));
    }
    if cx.caller.has("AuditLog.Read.All") {
        Ok(())
    } else {
        Err(ApiError::denied())
    }
}

/// Whether a listing shows or asks for the last sign-in.
fn wants_activity(cx: &Cx<'_>, names: &[&str]) -> bool {
    let asks = cx.call.option("filter").and_then(|text| filter::parse(text).ok());
    names.contains(&ACTIVITY)
        || asks.is_some_and(|filter| filter.names().iter().any(|name| is_activity(name)))
}

/// The order of a listing: the column, and whether it goes down.
fn order(cx: &Cx<'_>) -> Result<(&'static str, bool), ApiError> {
    match page::ordered(cx.call)? {
        None => Ok(("upn", false)),
        Some(("userPrincipalName", down)) => Ok(("upn", down)),
        Some(("displayName", down)) => Ok(("display_name", down)),
        Some((name, _)) => Err(page::not_sorted_by(name)),
    }
}

/// `GET /users`: in the order of sign-in names, page by page behind the last one seen.
pub(crate) fn list(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let names = wanted(cx, false)?;
    let size = page::top(cx.call, if wants_activity(cx, &names) { 500 } else { 999 })?;
    let (key, down) = order(cx)?;
    let mut values = Vec::new();
    let mut conditions = conditions(cx, &mut values)?;
    let start = page::start(cx.call)?;
    let count = match &start {
        None if page::counts(cx.call) => Some(count(cx, &conditions, &values)?),
        _ => None,
    };
    if let Some(start) = &start {
        let [last, id] = start.as_slice() else {
            return Err(ApiError::bad_request("The specified skip token is invalid."));
        };
        values.extend([Sql::Text(last.clone()), Sql::Text(id.clone())]);
        let sign = if down { "<" } else { ">" };
        conditions.push(format!(
            "({key}, id) {sign} (?{} COLLATE NOCASE, ?{})",
            values.len() - 1,
            values.len()
        ));
    }
    let sql = page_of(&names, &conditions, key, down, size + 1);
    let mut statement = cx.connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(&values))?;
    let (mut people, mut last, mut more) = (Vec::new(), (String::new(), String::new()), false);
    while let Some(row) = rows.next()? {
        if people.len() == size {
            more = true;
            break;
        }
        people.push(render(row, &names)?);
        last = (row.get(17)?, row.get(0)?);
    }
    let link = more.then(|| page::next(cx, &[&last.0, &last.1]));
    Ok(page::reply(people, link, count))
}

/// The query of one page.
fn page_of(names: &[&str], conditions: &[String], key: &str, down: bool, limit: usize) -> String {
    let direction = if down { "DESC" } else { "ASC" };
    format!(
        "SELECT {}, {key} FROM users{} ORDER BY {key} COLLATE NOCASE {direction}, id {direction} LIMIT {limit}",
        columns(names),
        clause(conditions)
    )
}

fn clause(conditions: &[String]) -> String {
    if conditions.is_empty() {
        String::new()
    } else {
        format!(" WHERE {}", conditions.join(" AND "))
    }
}

fn count(cx: &Cx<'_>, conditions: &[String], values: &[Sql]) -> Result<usize, ApiError> {
    let sql = format!("SELECT count(*) FROM users{}", clause(conditions));
    let found: i64 = cx
        .connection
        .prepare_cached(&sql)?
        .query_row(params_from_iter(values), |row| row.get(0))?;
    Ok(usize::try_from(found).unwrap_or_default())
}

/// `GET /users/$count`: a bare number.
pub(crate) fn total(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    if !cx.call.eventual {
        return Err(ApiError::bad_request("$count is not currently supported."));
    }
    let mut values = Vec::new();
    // The header alone is enough here: the path asks for the count.
    let conditions = conditions(cx, &mut values)?;
    Ok(Reply::ok(json!(count(cx, &conditions, &values)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How SQLite goes about a page of people that meet a filter.
    fn way(filter: &str) -> String {
        let connection = crate::server::file::in_memory();
        let mut values = Vec::new();
        let filter = filter::parse(filter).unwrap();
        let condition = filter.sql(&column, &mut values).unwrap();
        let sql = format!(
            "EXPLAIN QUERY PLAN {}",
            page_of(&DEFAULT, &[condition], "upn", false, 1000)
        );
        let mut statement = connection.prepare(&sql).unwrap();
        let steps: Vec<String> = statement
            .query_map(params_from_iter(&values), |row| row.get(3))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        steps.join("; ")
    }

    #[test]
    fn a_condition_that_many_meet_is_read_in_the_order_of_the_listing() {
        assert_eq!(
            way("accountEnabled eq true"),
            "SCAN users USING INDEX sqlite_autoindex_users_2"
        );
    }

    #[test]
    fn people_are_found_by_an_index_however_many_there_are() {
        for filter in [
            "userPrincipalName eq 'a@x'",
            "userPrincipalName in ('a@x','b@x')",
            "userPrincipalName eq 'a@x' or userPrincipalName eq 'b@x'",
            "mail eq 'a@x'",
            "mail in ('a@x','b@x')",
            "id in ('1','2')",
            "startswith(userPrincipalName,'a')",
            "userPrincipalName eq 'a@x' or mail eq 'a@x'",
            "userPrincipalName in ('a@x','b@x') or mail in ('a@x','b@x')",
        ] {
            let way = way(filter);
            assert!(way.contains("SEARCH") && !way.contains("SCAN"), "{filter}: {way}");
        }
    }
}
