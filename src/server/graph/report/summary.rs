//! How many people have registered what: by method and by feature, of some sorts of people.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::request::{Cx, Reply, bad};
use super::super::roles;
use super::WORDS;
use crate::domain::role::HARMLESS;
use crate::server::error::ApiError;

const RESET: [&str; 6] = [
    "email",
    "phone:mobile",
    "phone:alternate",
    "phone:office",
    "authenticator",
    "totp",
];
const STRONG: [&str; 12] = [
    "authenticator",
    "totp",
    "hardware-token",
    "phone:mobile",
    "phone:alternate",
    "phone:office",
    "passkey",
    "security-key",
    "windows-hello",
    "platform-key",
    "external",
    "qr-pin",
];
const KEYS: [&str; 4] = ["passkey", "security-key", "windows-hello", "platform-key"];

/// The people that a summary is about, as the two arguments say.
struct Included {
    types: String,
    roles: String,
    /// Ids, in JSON as SQLite takes lists.
    all: String,
    members: String,
    total: usize,
    total_members: usize,
}

/// One of the known values of an argument; `all` where it is left out.
fn argument(cx: &Cx<'_>, name: &str, known: &[&str]) -> Result<String, ApiError> {
    let given = cx.call.argument(name).unwrap_or_else(|| "all".to_owned());
    if known.contains(&given.as_str()) {
        Ok(given)
    } else {
        Err(bad(format!("{name} must be one of {}.", known.join(", "))))
    }
}

impl Included {
    fn read(cx: &Cx<'_>) -> Result<Self, ApiError> {
        let types = argument(cx, "includedUserTypes", &["all", "member", "guest"])?;
        let roles = argument(
            cx,
            "includedUserRoles",
            &["all", "privilegedAdmin", "admin", "user"],
        )?;
        let people = cx
            .connection
            .prepare_cached("SELECT id, lower(user_type) = 'guest' FROM users")?
            .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?)))?
            .collect::<Result<Vec<_>, _>>()?;
        let (mut all, mut members) = (BTreeSet::new(), BTreeSet::new());
        for (id, guest) in people {
            let of_type = types == "all" || (types == "guest") == guest;
            if !of_type || (roles != "all" && !is_of_role(cx, &id, &roles)?) {
                continue;
            }
            if !guest {
                members.insert(id.clone());
            }
            all.insert(id);
        }
        Ok(Self {
            types,
            roles,
            total: all.len(),
            total_members: members.len(),
            all: json!(all).to_string(),
            members: json!(members).to_string(),
        })
    }

    /// How many of these people have one of these kinds.
    fn with(cx: &Cx<'_>, people: &str, kinds: &[&str]) -> Result<i64, ApiError> {
        Ok(cx
            .connection
            .prepare_cached(
                "SELECT count(DISTINCT user_id) FROM methods WHERE state = 'ready'
                 AND kind IN (SELECT value FROM json_each(?1)) AND user_id IN (SELECT value FROM json_each(?2))",
            )?
            .query_row([&json!(kinds).to_string(), people], |row| row.get(0))?)
    }

    fn told(&self, name: &str, counts: Vec<Value>) -> Reply {
        Reply::ok(json!({
            "totalUserCount": self.total,
            "userTypes": self.types,
            "userRoles": self.roles,
            name: counts,
        }))
    }
}

/// Whether a person is an administrator, a privileged one, or none at all.
fn is_of_role(cx: &Cx<'_>, id: &str, wanted: &str) -> Result<bool, ApiError> {
    let held = roles::of_user(cx.connection, id)?;
    Ok(match wanted {
        "user" => held.is_empty(),
        "privilegedAdmin" => held.iter().any(|role| !HARMLESS.contains(&role.as_str())),
        _ => !held.is_empty(),
    })
}

/// `GET /reports/authenticationMethods/usersRegisteredByMethod(…)`
pub(crate) fn by_method(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let people = Included::read(cx)?;
    let mut counts = Vec::new();
    for (kind, word) in WORDS {
        let users = Included::with(cx, &people.all, &[kind])?;
        counts.push(json!({"authenticationMethod": word, "userCount": users}));
    }
    Ok(people.told("userRegistrationMethodCounts", counts))
}

/// `GET /reports/authenticationMethods/usersRegisteredByFeature(…)`. Guests reset their passwords at home.
pub(crate) fn by_feature(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let people = Included::read(cx)?;
    let counts = [
        ("ssprRegistered", Included::with(cx, &people.all, &RESET)?),
        (
            "ssprEnabled",
            i64::try_from(people.total_members).unwrap_or(i64::MAX),
        ),
        ("ssprCapable", Included::with(cx, &people.members, &RESET)?),
        ("passwordlessCapable", Included::with(cx, &people.all, &KEYS)?),
        ("mfaCapable", Included::with(cx, &people.all, &STRONG)?),
    ];
    let counts = counts.map(|(feature, users)| json!({"feature": feature, "userCount": users}));
    Ok(people.told("userRegistrationFeatureCounts", counts.into()))
}
