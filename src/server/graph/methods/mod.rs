//! `/users/{id}/authentication/…`: the methods of a person, as a whole and type by type.

pub(crate) mod default;
pub(crate) mod email;
pub(crate) mod external;
pub(crate) mod fido2;
pub(crate) mod hardware;
pub(crate) mod pass;
pub(crate) mod phone;
pub(crate) mod preferences;
pub(crate) mod qr_pin;
mod render;

use axum::http::StatusCode;
use rusqlite::{Connection, Row};
use serde_json::{Value, json};

use super::devices;
use super::filter;
use super::options;
use super::page;
use super::permission;
use super::person::Person;
use super::request::{Cx, Reply};
use crate::domain::MethodKind;
use crate::server::error::ApiError;

/// The id that the password has for everybody.
pub(crate) const PASSWORD_ID: &str = "28c10230-6103-485e-b985-444c60001490";
/// The ids that phones and the email address have for everybody.
pub(crate) const MOBILE_ID: &str = "3179e48a-750b-4051-897c-87b9720928f7";
pub(crate) const ALTERNATE_ID: &str = "b6332ec1-7057-4abe-9331-3d72feddfe41";
pub(crate) const OFFICE_ID: &str = "e37fc753-ff3b-4958-9484-eaa9425c82bc";
pub(crate) const EMAIL_ID: &str = "3ddfcfc8-9383-446f-83cc-3ab9be4be18f";

/// One of Graph's types of method.
pub(crate) struct Type {
    /// Its collection's segment.
    pub(crate) segment: &'static str,
    /// The name of the type, behind `#microsoft.graph.`.
    pub(crate) name: &'static str,
    /// The kinds that are of this type.
    pub(crate) kinds: &'static [&'static str],
    /// The permission family.
    pub(crate) family: &'static str,
    /// Whether only beta has it.
    pub(crate) beta: bool,
    /// Whether its entries can be deleted.
    pub(crate) deletable: bool,
}

const fn ty(
    segment: &'static str,
    name: &'static str,
    kinds: &'static [&'static str],
    family: &'static str,
) -> Type {
    Type {
        segment,
        name,
        kinds,
        family,
        beta: false,
        deletable: true,
    }
}

/// Every type (api/entra 1.2 and 1.3).
pub(crate) const TYPES: [Type; 12] = [
    Type {
        deletable: false,
        ..ty(
            "passwordMethods",
            "passwordAuthenticationMethod",
            &["password"],
            "Password",
        )
    },
    ty(
        "phoneMethods",
        "phoneAuthenticationMethod",
        &["phone:mobile", "phone:alternate", "phone:office"],
        "Phone",
    ),
    ty("emailMethods", "emailAuthenticationMethod", &["email"], "Email"),
    ty(
        "fido2Methods",
        "fido2AuthenticationMethod",
        &["passkey", "security-key"],
        "Passkey",
    ),
    ty(
        "microsoftAuthenticatorMethods",
        "microsoftAuthenticatorAuthenticationMethod",
        &["authenticator"],
        "MicrosoftAuthApp",
    ),
    ty(
        "softwareOathMethods",
        "softwareOathAuthenticationMethod",
        &["totp"],
        "SoftwareOATH",
    ),
    ty(
        "temporaryAccessPassMethods",
        "temporaryAccessPassAuthenticationMethod",
        &["temporary-pass"],
        "TAP",
    ),
    ty(
        "windowsHelloForBusinessMethods",
        "windowsHelloForBusinessAuthenticationMethod",
        &["windows-hello"],
        "WindowsHello",
    ),
    ty(
        "platformCredentialMethods",
        "platformCredentialAuthenticationMethod",
        &["platform-key"],
        "PlatformCred",
    ),
    ty(
        "externalAuthenticationMethods",
        "externalAuthenticationMethod",
        &["external"],
        "External",
    ),
    Type {
        beta: true,
        ..ty(
            "hardwareOathMethods",
            "hardwareOathAuthenticationMethod",
            &["hardware-token"],
            "HardwareOATH",
        )
    },
    Type {
        beta: true,
        ..ty(
            "qrCodePinMethod",
            "qrCodePinAuthenticationMethod",
            &["qr-pin"],
            "QR",
        )
    },
];

impl Type {
    /// The type of a segment; segments are read without regard to case.
    pub(crate) fn of_segment(segment: &str) -> Option<&'static Self> {
        TYPES.iter().find(|ty| ty.segment.eq_ignore_ascii_case(segment))
    }

    /// The names of all segments.
    pub(crate) fn segments() -> impl Iterator<Item = &'static str> {
        TYPES.iter().map(|ty| ty.segment)
    }

    fn of_kind(kind: &str) -> Option<&'static Self> {
        TYPES.iter().find(|ty| ty.kinds.contains(&kind))
    }
}

/// A row of the table of methods.
#[derive(Clone, Debug, Default)]
pub(crate) struct Method {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) name: Option<String>,
    pub(crate) value: Option<String>,
    pub(crate) pending_value: Option<String>,
    pub(crate) ready: bool,
    pub(crate) extra: Value,
    pub(crate) starts_at: Option<i64>,
    pub(crate) expires_at: Option<i64>,
    pub(crate) once: bool,
    pub(crate) used: bool,
    pub(crate) created_at: Option<i64>,
    pub(crate) last_used_at: Option<i64>,
}

impl Method {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let extra: String = row.get(6)?;
        Ok(Self {
            id: row.get(0)?,
            kind: row.get(1)?,
            name: row.get(2)?,
            value: row.get(3)?,
            pending_value: row.get(4)?,
            ready: row.get::<_, String>(5)? == "ready",
            extra: serde_json::from_str(&extra).unwrap_or_default(),
            starts_at: row.get(7)?,
            expires_at: row.get(8)?,
            once: row.get::<_, Option<bool>>(9)?.unwrap_or(false),
            used: row.get(10)?,
            created_at: row.get(11)?,
            last_used_at: row.get(12)?,
        })
    }
}

/// All methods of a person but the password, in the order of kinds, the oldest of a kind first.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn load(connection: &Connection, user_id: &str) -> rusqlite::Result<Vec<Method>> {
    let mut methods = connection
        .prepare_cached(
            "SELECT id, kind, name, value, pending_value, state, extra, starts_at, expires_at, once, used, created_at,
             last_used_at FROM methods WHERE user_id = ?1",
        )?
        .query_map([user_id], Method::read)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let place = |kind: &str| MethodKind::ALL.iter().position(|known| known.as_str() == kind);
    methods.sort_by_cached_key(|method| (place(&method.kind), method.created_at, method.id.clone()));
    Ok(methods)
}

struct View<'a, 'b> {
    cx: &'a Cx<'b>,
    person: Person,
    masked: bool,
}

impl<'a, 'b> View<'a, 'b> {
    fn new(cx: &'a Cx<'b>) -> Result<Self, ApiError> {
        let person = Person::find(cx.connection, cx.segment(1))?;
        let masked = permission::sees_masked(cx.caller, cx.caller.user_id() == Some(&person.id));
        Ok(Self { cx, person, masked })
    }

    /// The methods that this version of Graph has, of one type or of all, as JSON.
    fn items(&self, only: Option<&Type>) -> Result<Vec<Value>, ApiError> {
        let typed = only.is_none();
        let mut items = Vec::new();
        if only.is_none_or(|ty| ty.kinds.contains(&"password")) {
            items.push(render::password(typed));
        }
        let mut methods = load(self.cx.connection, &self.person.id)?;
        if !self.cx.state.faults.is_idle() {
            let ghosts = self.cx.state.faults.ghosts(&self.person.id, |ghost| {
                only.is_none_or(|only| only.kinds.contains(&ghost.kind.as_str()))
                    && methods.iter().all(|method| method.id != ghost.id)
            });
            methods.extend(ghosts);
        }
        for method in methods {
            let Some(ty) = Type::of_kind(&method.kind) else {
                continue;
            };
            let wanted = only.is_none_or(|only| only.segment == ty.segment);
            if wanted && (self.cx.call.beta || !ty.beta) {
                items.push(self.item(ty, &method, typed)?);
            }
        }
        Ok(items)
    }

    fn item(&self, ty: &Type, method: &Method, typed: bool) -> Result<Value, ApiError> {
        render::method(self.cx, &self.person.id, ty, method, self.masked, typed)
    }

    fn find(&self, id: &str, only: Option<&Type>) -> Result<Value, ApiError> {
        let found = self.items(only)?.into_iter().find(|item| item["id"] == id);
        found.ok_or_else(ApiError::no_method)
    }
}

/// `GET …/methods`
pub(crate) fn list(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    Ok(page::reply(View::new(cx)?.items(None)?, None, None))
}

/// A method of the person of a call, as the collection of its type shows it.
///
/// # Errors
/// 404 where it is not there.
pub(crate) fn shown(cx: &Cx<'_>, id: &str) -> Result<Value, ApiError> {
    View::new(cx)?.find(id, Some(type_of(cx)?))
}

/// `GET …/methods/{methodId}`
pub(crate) fn get(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    Ok(Reply::ok(View::new(cx)?.find(cx.segment(4), None)?))
}

/// `DELETE …/methods/{methodId}`: no such route in the real service, which answers in another framework's words.
pub(crate) fn delete_untyped(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let place = cx.link(&cx.call.raw_path);
    Err(ApiError::new(StatusCode::NOT_FOUND, "", "").raw(json!({
        "Message": format!("No HTTP resource was found that matches the request URI '{place}'."),
        "MessageDetail": format!("No route data was found for the request URI '{place}'."),
    })))
}

fn type_of(cx: &Cx<'_>) -> Result<&'static Type, ApiError> {
    Type::of_segment(cx.segment(3)).ok_or_else(|| ApiError::no_segment(cx.segment(3)))
}

/// `GET …/{type}Methods`; the QR code with PIN is one thing and not a collection.
pub(crate) fn list_typed(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let ty = type_of(cx)?;
    let mut items = View::new(cx)?.items(Some(ty))?;
    if ty.name == "qrCodePinAuthenticationMethod" {
        let mut item = items.pop().ok_or_else(ApiError::no_method)?;
        qr_pin::expand(cx, &mut item)?;
        return Ok(Reply::ok(item));
    }
    // Not documented for phones, and used in production (api/entra 1.3).
    if let Some(text) = cx.call.option("filter") {
        let filter = filter::parse(text)?;
        items.retain(|item| filter.matches(item));
    }
    Ok(page::reply(items, None, None))
}

/// `GET …/{type}Methods/{id}`
pub(crate) fn get_typed(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let view = View::new(cx)?;
    let mut item = view.find(cx.segment(4), Some(type_of(cx)?))?;
    if options::expanded(cx.call).contains(&"device") {
        let name = item["displayName"].as_str().unwrap_or_default();
        item["device"] = devices::named(cx.connection, &view.person.id, name)?;
    }
    Ok(Reply::ok(item))
}

/// `DELETE …/{type}Methods/{id}`
pub(crate) fn delete_typed(cx: &Cx<'_>) -> Result<Reply, ApiError> {
    let ty = type_of(cx)?;
    let person = Person::find(cx.connection, cx.segment(1))?;
    let methods = load(cx.connection, &person.id)?;
    let single = ty.name == "qrCodePinAuthenticationMethod";
    let found = methods
        .iter()
        .find(|method| ty.kinds.contains(&method.kind.as_str()) && (single || method.id == cx.segment(4)));
    let method = found.ok_or_else(ApiError::no_method)?;
    default::check_removable(&person, &methods, method)?;
    cx.connection.execute(
        "DELETE FROM methods WHERE user_id = ?1 AND id = ?2",
        [&person.id, &method.id],
    )?;
    forget_challenges(cx.connection, &person.id, &method.id)?;
    if method.kind == "hardware-token" {
        hardware::given_back(cx.connection, &method.id)?;
    }
    default::settle(cx.connection, &person)?;
    Ok(Reply::no_content())
}

/// Codes that are out for a method stop counting when it goes or changes.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn forget_challenges(
    connection: &Connection,
    user_id: &str,
    method_id: &str,
) -> rusqlite::Result<()> {
    connection
        .execute(
            "DELETE FROM challenges WHERE user_id = ?1 AND method_id = ?2",
            [user_id, method_id],
        )
        .map(drop)
}
