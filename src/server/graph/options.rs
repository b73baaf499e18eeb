//! The query options of a read of the directory that need a header, or that are not taken at all: refused here, so that no
//! read gives something else than what was asked for. Source: api/entra 4.1; which error for which is assumed where none is named.

use axum::http::Method;

use super::filter;
use super::page;
use super::request::Call;
use crate::server::error::ApiError;

/// The options that there are, without their `$`.
const KNOWN: [&str; 11] = [
    "select",
    "filter",
    "expand",
    "orderby",
    "top",
    "skip",
    "skiptoken",
    "deltatoken",
    "count",
    "search",
    "format",
];

/// What is found below these is objects of the directory.
const DIRECTORY: [&str; 5] = ["users", "groups", "devices", "directoryRoles", "roleManagement"];
/// Collections of what belongs to something else.
const REFERENCES: [&str; 6] = [
    "members",
    "transitiveMembers",
    "memberOf",
    "transitiveMemberOf",
    "registeredDevices",
    "ownedDevices",
];
/// What can be searched, by the last part of its path.
const SEARCHED: [&str; 9] = [
    "users",
    "groups",
    "devices",
    "members",
    "transitiveMembers",
    "memberOf",
    "transitiveMemberOf",
    "registeredDevices",
    "ownedDevices",
];

/// Navigation properties that can be expanded: the pattern of a path behind the version, and their names.
const EXPANDED: [(&str, &[&str]); 5] = [
    (
        "users/*/authentication/microsoftAuthenticatorMethods/*",
        &["device"],
    ),
    (
        "users/*/authentication/windowsHelloForBusinessMethods/*",
        &["device"],
    ),
    ("users/*/authentication/platformCredentialMethods/*", &["device"]),
    (
        "users/*/authentication/qrCodePinMethod",
        &["standardQRCode", "temporaryQRCode", "pin"],
    ),
    (
        "roleManagement/directory/roleAssignments",
        &["principal", "roleDefinition"],
    ),
];

/// The names in `$expand`, without what is asked of them in brackets.
pub(super) fn expanded(call: &Call) -> Vec<&str> {
    let names = call.option("expand").unwrap_or_default().split(',');
    names
        .filter_map(|name| name.split('(').next())
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect()
}

/// Refuses options that the real service refuses, and those that this one does not have.
///
/// # Errors
/// 400, in the directory's words where they are known.
pub(super) fn check(call: &Call) -> Result<(), ApiError> {
    if call.method != Method::GET {
        return Ok(());
    }
    check_expanded(call)?;
    let first = call.path.first().map_or("", String::as_str);
    let is = |name: &&str| name.eq_ignore_ascii_case(first);
    let methods = call
        .path
        .get(2)
        .is_some_and(|segment| segment.eq_ignore_ascii_case("authentication"));
    let report = first.eq_ignore_ascii_case("reports");
    if (!DIRECTORY.iter().any(is) || methods) && !report {
        return Ok(());
    }
    check_known(call)?;
    if call.option("skip").is_some() {
        return Err(ApiError::bad_request("'$skip' is not supported by the service."));
    }
    check_search(call)?;
    if report || page::counts(call) {
        return Ok(());
    }
    let last = call.path.last().map_or("", String::as_str);
    if last.to_ascii_lowercase().starts_with("microsoft.graph.") {
        return Err(advanced("A cast to a type"));
    }
    if last.eq_ignore_ascii_case("transitiveRoleAssignments") {
        return Err(advanced("This list"));
    }
    let Some(text) = call.option("filter") else {
        return Ok(());
    };
    if call.option("orderby").is_some() {
        return Err(ApiError::unsupported_query(
            "Sorting not supported for current query.",
        ));
    }
    let filter = filter::parse(text)?;
    // What is found through somebody or something else is filtered by its id alone (microsoft-graph-docs issues 3112, 13114).
    if REFERENCES.iter().any(|name| name.eq_ignore_ascii_case(last)) && filter.names() != ["id"] {
        return Err(ApiError::unsupported_query(
            "The specified filter to the reference property query is currently not supported.",
        ));
    }
    // `/users/$count` is a count by itself.
    if last != "$count" && filter.is_advanced() {
        return Err(advanced("This filter"));
    }
    Ok(())
}

/// Refuses an option that there is not: a misspelt filter would give everybody.
fn check_known(call: &Call) -> Result<(), ApiError> {
    let unknown = |name: &&str| !KNOWN.iter().any(|known| known.eq_ignore_ascii_case(name));
    let mut names = call.query.iter().filter_map(|(key, _)| key.strip_prefix('$'));
    match names.find(unknown) {
        Some(name) => Err(ApiError::bad_request(format!(
            "Unrecognized query argument specified: '${name}'."
        ))),
        None => Ok(()),
    }
}

fn advanced(what: &str) -> ApiError {
    ApiError::unsupported_query(format!(
        "Unsupported Query. {what} works only with the header 'ConsistencyLevel: eventual' and $count=true."
    ))
}

fn check_search(call: &Call) -> Result<(), ApiError> {
    if call.option("search").is_none() {
        return Ok(());
    }
    let named = |segment: &String| SEARCHED.iter().any(|name| name.eq_ignore_ascii_case(segment));
    let mut from_end = call.path.iter().rev();
    let of_cast = |segment: &String| segment.to_ascii_lowercase().starts_with("microsoft.graph.");
    let last = from_end.next();
    let searched = match last {
        Some(last) if of_cast(last) => from_end.next().is_some_and(named),
        // A person may be named as a list is: lists stand in odd places.
        Some(last) => last == "$count" || named(last) && call.path.len() % 2 == 1,
        None => false,
    };
    if !searched {
        return Err(ApiError::unsupported_query("$search is not supported here."));
    }
    if call.eventual {
        Ok(())
    } else {
        Err(ApiError::unsupported_query(
            "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'",
        ))
    }
}

fn check_expanded(call: &Call) -> Result<(), ApiError> {
    let path = call.path.iter().map(String::as_str);
    let fits = |pattern: &str| {
        let mut parts = pattern.split('/');
        let same = path.clone().all(|found| {
            parts
                .next()
                .is_some_and(|part| part == "*" || part.eq_ignore_ascii_case(found))
        });
        same && parts.next().is_none()
    };
    let known = EXPANDED.iter().find(|(pattern, _)| fits(pattern));
    match expanded(call)
        .into_iter()
        .find(|name| !known.is_some_and(|(_, names)| names.contains(name)))
    {
        None => Ok(()),
        Some(name) => Err(ApiError::new(
            axum::http::StatusCode::BAD_REQUEST,
            "BadRequest",
            format!(
                "Parsing OData Select and Expand failed: Could not find a property named '{name}' that this service can expand here."
            ),
        )),
    }
}
