//! Groups, their members, what a person is a member of, and the directory roles.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::{OptionalExtension, Row, params};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::options::expanded;
use super::page;
use super::person::Person;
use super::request::{Cx, Reply};
use super::roles;
use super::units;
use super::users::{by_ids, with_type};
use crate::domain::role;
use crate::server::error::ApiError;

fn render(row: &Row<'_>) -> rusqlite::Result<Value> {
    Ok(json!({
        "id": row.get::<_, String>(0)?,
        "deletedDateTime": null,
        "description": row.get::<_, Option<String>>(2)?,
        "displayName": row.get::<_, String>(1)?,
        "groupTypes": [],
        "isAssignableToRole": row.get::<_, bool>(3)?,
        "mail": null,
        "mailEnabled": false,
        "mailNickname": row.get::<_, String>(1)?.replace(' ', ""),
        "onPremisesSyncEnabled": null,
        "securityEnabled": true,
        "visibility": null,
    }))
}

/// `GET /groups`
pub(crate) fn list(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let groups: Vec<Value> = cx
        .connection
        .prepare_cached("SELECT id, name, description, role_assignable FROM groups ORDER BY name, id")?
        .query_map([], render)?
        .collect::<Result<_, _>>()?;
    page::of(cx, groups)
}

/// `GET /groups/{id}`
pub(crate) fn get(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let group = find(cx, cx.segment(1))?.ok_or_else(|| ApiError::no_resource(cx.segment(1)))?;
    Ok(Reply::ok(page::select(cx.call, group)))
}

fn find(cx: &Cx<'_>, id: &str) -> Result<Option<Value>, ApiError> {
    Ok(cx
        .connection
        .prepare_cached("SELECT id, name, description, role_assignable FROM groups WHERE id = ?1")?
        .query_row([id.to_ascii_lowercase()], render)
        .optional()?)
}

/// `GET /groups/{id}/members`, and the cast to people.
pub(crate) fn members(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    listed(cx, &[cx.segment(1).to_ascii_lowercase()])
}

/// `GET /groups/{id}/transitiveMembers`, and the cast to people. A group that holds itself ends there.
pub(crate) fn transitive_members(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    // Groups are few and members are many: the joins are in this order, so that only groups are followed.
    let inner: Vec<String> = cx
        .connection
        .prepare_cached(
            "WITH RECURSIVE inner (id) AS (SELECT ?1 UNION SELECT m.member_id FROM inner CROSS JOIN groups g
               CROSS JOIN group_members m ON m.group_id = inner.id AND m.member_id = g.id) SELECT id FROM inner",
        )?
        .query_map([cx.segment(1).to_ascii_lowercase()], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    listed(cx, &inner)
}

/// A page of the members of these groups, the first of which is the one that was asked for.
fn listed(cx: &Cx<'_>, groups: &[String]) -> Result<Reply, ApiError> {
    if find(cx, cx.segment(1))?.is_none() {
        return Err(ApiError::no_resource(cx.segment(1)));
    }
    // In the order in which they are kept, and no other: as the directory answers where it does not sort.
    if cx.call.option("orderby").is_some() {
        return Err(ApiError::unsupported_query(
            "Sorting not supported for current query.",
        ));
    }
    let people_only = cx.call.path.len() > 3;
    let size = page::top(cx.call, 999)?;
    let start = page::start(cx.call)?;
    let last = start
        .as_ref()
        .and_then(|keys| keys.first())
        .map_or("", String::as_str);
    let count = if start.is_none() && page::counts(cx.call) {
        Some(how_many(cx, groups, people_only)?)
    } else {
        None
    };
    // The first of each group, merged: a page costs what it shows, however many there are.
    let mut statement = cx.connection.prepare_cached(
        "SELECT member_id, EXISTS (SELECT 1 FROM users u WHERE u.id = member_id) AS person FROM group_members
         WHERE group_id = ?1 AND member_id > ?2 AND (NOT ?3 OR person) ORDER BY member_id LIMIT ?4",
    )?;
    let limit = i64::try_from(size).unwrap_or(i64::MAX).saturating_add(1);
    let mut first: BTreeMap<String, bool> = BTreeMap::new();
    for group in groups {
        let rows = statement.query_map(params![group, last, people_only, limit], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        for row in rows {
            let (id, person) = row?;
            first.insert(id, person);
        }
    }
    let mut found: Vec<(String, bool)> = first.into_iter().collect();
    let more = found.len() > size;
    found.truncate(size);
    let link = more
        .then(|| found.last().map(|(id, _)| page::next(cx, &[id])))
        .flatten();
    let mut items = Vec::with_capacity(found.len());
    for (id, person) in found {
        if person {
            items.append(&mut by_ids(cx, &[id], !people_only)?);
        } else if let Some(group) = find(cx, &id)? {
            items.push(with_type(page::select(cx.call, group), "#microsoft.graph.group"));
        }
    }
    page::narrow(cx.call, &mut items)?;
    Ok(page::reply(items, link, count))
}

/// How many different members these groups have.
fn how_many(cx: &Cx<'_>, groups: &[String], people_only: bool) -> Result<usize, ApiError> {
    let found: i64 = cx
        .connection
        .prepare_cached(
            "SELECT count(DISTINCT member_id) FROM group_members WHERE group_id IN (SELECT value FROM json_each(?1))
             AND (NOT ?2 OR EXISTS (SELECT 1 FROM users u WHERE u.id = member_id))",
        )?
        .query_row(params![json!(groups).to_string(), people_only], |row| row.get(0))?;
    Ok(usize::try_from(found).unwrap_or_default())
}

/// `GET /users/{id}/memberOf` and `transitiveMemberOf`, with the casts to roles and groups.
pub(crate) fn member_of(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let person = Person::find(cx.connection, cx.segment(1))?;
    let transitive = cx.segment(2).eq_ignore_ascii_case("transitiveMemberOf");
    let cast = cx.segment(3).trim_start_matches("microsoft.graph.");
    let mut items = Vec::new();
    if cast != "directoryRole" {
        let recursive = if transitive {
            "UNION SELECT g.group_id FROM group_members g JOIN m ON g.member_id = m.id"
        } else {
            ""
        };
        let sql = format!(
            "WITH RECURSIVE m (id) AS (SELECT group_id FROM group_members WHERE member_id = ?1 {recursive})
             SELECT g.id, g.name, g.description, g.role_assignable FROM groups g JOIN m ON m.id = g.id ORDER BY g.name, g.id"
        );
        let mut statement = cx.connection.prepare_cached(&sql)?;
        for group in statement.query_map([&person.id], render)? {
            items.push(typed(group?, "#microsoft.graph.group", cast.is_empty()));
        }
    }
    if cast.is_empty() || cast == "administrativeUnit" {
        // Units hold people, never groups: transitively there are no others.
        for unit in units::of_member(cx.connection, &person.id)? {
            items.push(typed(
                unit,
                "#microsoft.graph.administrativeUnit",
                cast.is_empty(),
            ));
        }
    }
    if cast.is_empty() || cast == "directoryRole" {
        // Without the permission the items are there and say nothing but which they are.
        let named = [
            "RoleManagement.Read.Directory",
            "RoleManagement.Read.All",
            "Directory.Read.All",
            "Directory.AccessAsUser.All",
        ]
        .iter()
        .any(|permission| cx.caller.has(permission));
        let held = if transitive {
            roles::of_user(cx.connection, &person.id)?
        } else {
            direct_roles(cx, &person.id)?
        };
        for role in held {
            let item = if named {
                directory_role(&role)
            } else {
                json!({"id": role})
            };
            items.push(typed(
                item,
                "#microsoft.graph.directoryRole",
                cast.is_empty() || !named,
            ));
        }
    }
    page::of(cx, items)
}

fn typed(item: Value, name: &str, mixed: bool) -> Value {
    if mixed { with_type(item, name) } else { item }
}

fn direct_roles(cx: &Cx<'_>, user_id: &str) -> Result<Vec<String>, ApiError> {
    Ok(cx
        .connection
        .prepare_cached("SELECT role_id FROM role_assignments WHERE principal_id = ?1 ORDER BY role_id")?
        .query_map([user_id], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}

/// A role as a directory object. Its id is the template's: the real one differs from tenant to tenant.
fn directory_role(role: &str) -> Value {
    json!({
        "id": role,
        "deletedDateTime": null,
        "description": null,
        "displayName": role::name(role),
        "roleTemplateId": role,
    })
}

/// `GET /directoryRoles`: those that somebody holds.
pub(crate) fn directory_roles(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let held: BTreeSet<String> = cx
        .connection
        .prepare_cached("SELECT role_id FROM role_assignments")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    page::of(cx, held.iter().map(|role| directory_role(role)).collect())
}

/// `GET /roleManagement/directory/roleDefinitions[/{id}]`
pub(crate) fn definitions(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    match cx.call.path.get(3) {
        None => page::of(
            cx,
            role::ALL.iter().map(|(name, id)| definition(name, id)).collect(),
        ),
        Some(id) => role::name(id)
            .map(|name| Reply::ok(page::select(cx.call, definition(name, &id.to_ascii_lowercase()))))
            .ok_or_else(|| ApiError::no_resource(id)),
    }
}

/// `GET /roleManagement/directory/roleAssignments`, and beta's transitive ones of one person.
pub(crate) fn assignments(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let transitive = cx.segment(2).eq_ignore_ascii_case("transitiveRoleAssignments");
    let sql = if transitive {
        "WITH held (principal_id, role_id, scope) AS (SELECT principal_id, role_id, '/' FROM role_assignments
           UNION ALL SELECT principal_id, role_id, '/administrativeUnits/' || unit_id FROM scoped_role_assignments)
         SELECT principal_id, role_id, scope FROM held
         UNION SELECT m.member_id, h.role_id, h.scope FROM held h JOIN group_members m ON m.group_id = h.principal_id
         ORDER BY 1, 2, 3"
    } else {
        "SELECT principal_id, role_id, '/' FROM role_assignments
         UNION SELECT principal_id, role_id, '/administrativeUnits/' || unit_id FROM scoped_role_assignments ORDER BY 1, 2, 3"
    };
    let items = cx
        .connection
        .prepare_cached(sql)?
        .query_map([], |row| {
            let (principal, role, scope): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let place = if scope == "/" { "" } else { scope.as_str() };
            let id = URL_SAFE_NO_PAD.encode(&Sha256::digest(format!("{principal}/{role}{place}"))[..18]);
            Ok(
                json!({"id": id, "directoryScopeId": scope, "appScopeId": null, "condition": null,
                "principalId": principal, "roleDefinitionId": role}),
            )
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let mut reply = page::of(cx, items)?;
    let wanted = expanded(cx.call);
    let shown = reply.body.as_mut().and_then(|body| body["value"].as_array_mut());
    for item in shown.into_iter().flatten() {
        if wanted.contains(&"roleDefinition") {
            let role = item["roleDefinitionId"].as_str().unwrap_or_default().to_owned();
            item["roleDefinition"] = role::name(&role).map_or(Value::Null, |name| definition(name, &role));
        }
        if wanted.contains(&"principal") {
            let id = item["principalId"].as_str().unwrap_or_default().to_owned();
            item["principal"] = principal(cx, &id)?;
        }
    }
    Ok(reply)
}

/// Who holds a role, as an object of the directory.
fn principal(cx: &Cx<'_>, id: &str) -> Result<Value, ApiError> {
    if let Some(group) = find(cx, id)? {
        return Ok(with_type(group, "#microsoft.graph.group"));
    }
    let person = cx
        .connection
        .prepare_cached("SELECT id, display_name, upn FROM users WHERE id = ?1")?
        .query_row([id], |row| {
            Ok(
                json!({"id": row.get::<_, String>(0)?, "displayName": row.get::<_, String>(1)?,
                "userPrincipalName": row.get::<_, String>(2)?}),
            )
        })
        .optional()?;
    Ok(person.map_or(Value::Null, |person| with_type(person, "#microsoft.graph.user")))
}

fn definition(name: &str, id: &str) -> Value {
    json!({"id": id, "description": null, "displayName": name, "isBuiltIn": true, "isEnabled": true,
        "resourceScopes": ["/"], "templateId": id, "version": "1"})
}
