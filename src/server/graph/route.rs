//! Which path and verb is which handler, what it needs, and whether it writes.

mod enrolment;

use axum::http::Method;

use super::methods::{self, Type, email, pass, phone, preferences};
use super::permission::Need;
use super::request::{Call, Cx, Reply};
use super::{account, devices, groups, policy, report, users};
use crate::server::error::ApiError;

/// What answers a call.
pub(super) type Handler = fn(&Cx<'_>) -> Result<Reply, ApiError>;

/// Where a call goes.
#[derive(Clone, Copy)]
pub(super) struct Route {
    /// What the caller needs.
    pub(super) need: Need,
    /// Whether it runs in the one writer.
    pub(super) writes: bool,
    /// What answers it.
    pub(super) handler: Handler,
}

#[derive(Clone, Copy)]
struct Entry {
    method: &'static str,
    pattern: &'static str,
    beta: bool,
    route: Route,
}

const fn read(pattern: &'static str, need: Need, handler: Handler) -> Entry {
    Entry {
        method: "GET",
        pattern,
        beta: false,
        route: Route {
            need,
            writes: false,
            handler,
        },
    }
}

const fn write(method: &'static str, pattern: &'static str, need: Need, handler: Handler) -> Entry {
    Entry {
        method,
        pattern,
        beta: false,
        route: Route {
            need,
            writes: true,
            handler,
        },
    }
}

const fn beta(entry: Entry) -> Entry {
    Entry { beta: true, ..entry }
}

const POLICY: &str = "policies/authenticationMethodsPolicy";
const CONFIGURATION: &str = "policies/authenticationMethodsPolicy/authenticationMethodConfigurations/*";

static ROUTES: &[Entry] = &[
    read("me", Need::Me, users::get),
    read("users", Need::Users, users::list),
    read("users/$count", Need::Users, users::total),
    read("users/*", Need::Users, users::get),
    write("PATCH", "users/*", Need::UpdateUser, account::update),
    read("users/*/memberOf", Need::Memberships, groups::member_of),
    read(
        "users/*/memberOf/microsoft.graph.group",
        Need::Memberships,
        groups::member_of,
    ),
    read(
        "users/*/memberOf/microsoft.graph.directoryRole",
        Need::Memberships,
        groups::member_of,
    ),
    read("users/*/transitiveMemberOf", Need::Memberships, groups::member_of),
    read(
        "users/*/transitiveMemberOf/microsoft.graph.group",
        Need::Memberships,
        groups::member_of,
    ),
    read(
        "users/*/transitiveMemberOf/microsoft.graph.directoryRole",
        Need::Memberships,
        groups::member_of,
    ),
    read("users/*/registeredDevices", Need::UserDevices, devices::of_user),
    read(
        "users/*/registeredDevices/microsoft.graph.device",
        Need::UserDevices,
        devices::of_user,
    ),
    read("users/*/ownedDevices", Need::UserDevices, devices::of_user),
    write(
        "POST",
        "users/*/revokeSignInSessions",
        Need::Revoke,
        account::sign_out,
    ),
    beta(write(
        "POST",
        "users/*/invalidateAllRefreshTokens",
        Need::Revoke,
        account::sign_out,
    )),
    read("users/*/authentication/methods", Need::Methods, methods::list),
    read("users/*/authentication/methods/*", Need::Methods, methods::get),
    write(
        "DELETE",
        "users/*/authentication/methods/*",
        Need::Token,
        methods::delete_untyped,
    ),
    write(
        "POST",
        "users/*/authentication/methods/*/resetPassword",
        Need::ResetPassword,
        account::reset_password,
    ),
    write(
        "GET",
        "users/*/authentication/operations/*",
        Need::Operation,
        account::operation,
    ),
    write(
        "POST",
        "users/*/authentication/phoneMethods",
        Need::Write("Phone"),
        phone::create,
    ),
    write(
        "PATCH",
        "users/*/authentication/phoneMethods/*",
        Need::Write("Phone"),
        phone::update,
    ),
    write(
        "POST",
        "users/*/authentication/phoneMethods/*/enableSmsSignIn",
        Need::Write("Phone"),
        phone::enable,
    ),
    write(
        "POST",
        "users/*/authentication/phoneMethods/*/disableSmsSignIn",
        Need::Write("Phone"),
        phone::disable,
    ),
    write(
        "POST",
        "users/*/authentication/emailMethods",
        Need::Write("Email"),
        email::create,
    ),
    write(
        "PATCH",
        "users/*/authentication/emailMethods/*",
        Need::Write("Email"),
        email::update,
    ),
    write(
        "POST",
        "users/*/authentication/temporaryAccessPassMethods",
        Need::Write("TAP"),
        pass::create,
    ),
    beta(read(
        "users/*/authentication/signInPreferences",
        Need::Preferences,
        preferences::get,
    )),
    beta(write(
        "PATCH",
        "users/*/authentication/signInPreferences",
        Need::SetPreferences,
        preferences::update,
    )),
    beta(read(
        "users/*/authentication/requirements",
        Need::Requirements,
        preferences::requirements,
    )),
    beta(write(
        "PATCH",
        "users/*/authentication/requirements",
        Need::SetRequirements,
        preferences::set_requirements,
    )),
    read("groups", Need::Groups, groups::list),
    read("groups/*", Need::Groups, groups::get),
    read("groups/*/members", Need::Members, groups::members),
    read(
        "groups/*/members/microsoft.graph.user",
        Need::Members,
        groups::members,
    ),
    read(
        "groups/*/transitiveMembers",
        Need::Members,
        groups::transitive_members,
    ),
    read(
        "groups/*/transitiveMembers/microsoft.graph.user",
        Need::Members,
        groups::transitive_members,
    ),
    read("directoryRoles", Need::Roles, groups::directory_roles),
    read(
        "roleManagement/directory/roleDefinitions",
        Need::Roles,
        groups::definitions,
    ),
    read(
        "roleManagement/directory/roleDefinitions/*",
        Need::Roles,
        groups::definitions,
    ),
    read(
        "roleManagement/directory/roleAssignments",
        Need::Roles,
        groups::assignments,
    ),
    beta(read(
        "roleManagement/directory/transitiveRoleAssignments",
        Need::Roles,
        groups::assignments,
    )),
    read("devices", Need::Devices, devices::list),
    read("devices/*", Need::Devices, devices::get),
    write("PATCH", "devices/*", Need::UpdateDevice, devices::update),
    write("DELETE", "devices/*", Need::DeleteDevice, devices::delete),
    read(POLICY, Need::Policy, policy::get),
    write("PATCH", POLICY, Need::SetPolicy, policy::update),
    read(CONFIGURATION, Need::Policy, policy::get_one),
    write("PATCH", CONFIGURATION, Need::SetPolicy, policy::update_one),
    read(
        "reports/authenticationMethods/userRegistrationDetails",
        Need::Report,
        report::list,
    ),
    read(
        "reports/authenticationMethods/userRegistrationDetails/*",
        Need::Report,
        report::get,
    ),
    read(
        "reports/authenticationMethods/usersRegisteredByMethod",
        Need::Summary,
        report::by_method,
    ),
    read(
        "reports/authenticationMethods/usersRegisteredByFeature",
        Need::Summary,
        report::by_feature,
    ),
];

/// Every path in the table with its verb, and whether beta alone has it.
pub(super) fn paths() -> impl Iterator<Item = (&'static str, String, bool)> {
    enrolment::ROUTES
        .iter()
        .chain(ROUTES)
        .map(|entry| (entry.method, entry.pattern.to_owned(), entry.beta))
}

fn fits(pattern: &str, path: &[String]) -> bool {
    let mut parts = path.iter();
    pattern.split('/').all(|part| {
        parts
            .next()
            .is_some_and(|found| part == "*" || part.eq_ignore_ascii_case(found))
    }) && parts.next().is_none()
}

/// The route of a call.
///
/// # Errors
/// 400 for a path that there is not, 405 for another verb, and for what only beta has.
pub(super) fn find(call: &Call) -> Result<Route, ApiError> {
    // Of numbers by themselves there is that of people alone; for methods the real service refuses it too (api/entra 1.3).
    if let [rest @ .., last] = call.path.as_slice()
        && last.eq_ignore_ascii_case("$count")
        && !matches!(rest, [users] if users.eq_ignore_ascii_case("users"))
    {
        return Err(ApiError::bad_request("$count is not currently supported."));
    }
    let mut known = false;
    // `users/$count` stands before `users/*`: the first that fits is it.
    let all = enrolment::ROUTES.iter().chain(ROUTES);
    for entry in all.filter(|entry| fits(entry.pattern, &call.path)) {
        known = true;
        if entry.method == call.method.as_str() && (call.beta || !entry.beta) {
            return Ok(entry.route);
        }
    }
    match typed(call) {
        Some(Some(route)) => return Ok(route),
        Some(None) => known = true,
        None => {}
    }
    if known {
        Err(ApiError::not_allowed())
    } else {
        Err(ApiError::no_segment(unknown(&call.path)))
    }
}

/// How many segments of a path begin a pattern.
fn begins(pattern: &str, path: &[String]) -> usize {
    pattern
        .split('/')
        .zip(path)
        .take_while(|(part, found)| *part == "*" || part.eq_ignore_ascii_case(found))
        .count()
}

/// The first segment of a path that nothing has in its place.
fn unknown(path: &[String]) -> &str {
    let segments = Type::segments().map(|name| format!("users/*/authentication/{name}/*"));
    let patterns = paths().map(|(_, pattern, _)| pattern).chain(segments);
    let known = patterns.map(|pattern| begins(&pattern, path)).max();
    path.get(known.unwrap_or_default())
        .or(path.last())
        .map_or("", String::as_str)
}

/// The collections of typed methods, which differ in their names only: list, get, delete.
fn typed(call: &Call) -> Option<Option<Route>> {
    let [users, _, authentication, segment, rest @ ..] = call.path.as_slice() else {
        return None;
    };
    if !users.eq_ignore_ascii_case("users") || !authentication.eq_ignore_ascii_case("authentication") {
        return None;
    }
    let ty = Type::of_segment(segment)?;
    let single = ty.name == "qrCodePinAuthenticationMethod";
    if rest.len() > usize::from(!single) {
        return None;
    }
    if ty.beta && !call.beta {
        return Some(None);
    }
    let family = ty.family;
    let remove = Route {
        need: Need::Write(family),
        writes: true,
        handler: methods::delete_typed,
    };
    Some(match (&call.method, rest.is_empty()) {
        (&Method::GET, true) => Some(Route {
            need: Need::Read(family),
            writes: false,
            handler: methods::list_typed,
        }),
        (&Method::GET, false) => Some(Route {
            need: Need::Read(family),
            writes: false,
            handler: methods::get_typed,
        }),
        (&Method::DELETE, whole) if ty.deletable && whole == single => Some(remove),
        _ => None,
    })
}
