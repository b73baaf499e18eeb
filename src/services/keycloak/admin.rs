//! Calls to the admin API of one realm: the pipeline with what the token says, every bad answer turned into its error,
//! and what is read once for all people.

use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::error::{self, Area};
use super::rights;
use super::wire::{WireAction, WireRealm};
use crate::auth::TokenClaims;
use crate::domain::{Error, ErrorCode, Result, UserId};
use crate::http::{Class, Pipeline, Request, Response, Verb, encode_segment};
use crate::services::Link;

/// Under this lie the realms.
const ROOT: &str = "/admin/realms";

/// The way to one realm.
pub(super) struct Admin {
    pipeline: Pipeline,
    claims: TokenClaims,
    realm: String,
    settings: OnceCell<WireRealm>,
    actions: OnceCell<Vec<WireAction>>,
    management: OnceCell<Option<String>>,
}

impl Admin {
    /// Calls over a link.
    pub(super) fn new(link: Link) -> Self {
        Self {
            pipeline: link.graph,
            claims: link.claims,
            realm: link.tenant,
            settings: OnceCell::new(),
            actions: OnceCell::new(),
            management: OnceCell::new(),
        }
    }

    /// What the token says.
    pub(super) const fn claims(&self) -> &TokenClaims {
        &self.claims
    }

    /// Where people of the realm put their own methods right.
    pub(super) fn account_console(&self) -> String {
        format!("{}/realms{}/account/", self.pipeline.base(), self.path(""))
    }

    /// The realm's name.
    pub(super) fn realm(&self) -> &str {
        &self.realm
    }

    /// Whether the token sees every person, so that no list leaves anybody out.
    pub(super) fn sees_everybody(&self) -> bool {
        self.claims.has_any(&["view-users", "manage-users"]) == Some(true)
    }

    fn path(&self, tail: &str) -> String {
        format!("/{}{tail}", encode_segment(&self.realm))
    }

    /// A read under the realm.
    pub(super) fn get(&self, tail: &str, template: &'static str) -> Request {
        Request::get(ROOT, self.path(tail), template)
    }

    /// A write to something of one person.
    pub(super) fn write_of(
        &self,
        user: &UserId,
        verb: Verb,
        class: Class,
        tail: &str,
        template: &'static str,
    ) -> Request {
        let path = self.path(&format!("{}{tail}", person(user)));
        Request::write(verb, class, ROOT, path, template)
    }

    /// A write to something else of the realm.
    pub(super) fn write(&self, verb: Verb, class: Class, tail: &str, template: &'static str) -> Request {
        Request::write(verb, class, ROOT, self.path(tail), template)
    }

    /// Sends a call; a bad answer is its error.
    ///
    /// # Errors
    /// What the pipeline and the table of refusals say.
    pub(super) async fn send(&self, request: &Request, area: Area) -> Result<Response> {
        let response = self.pipeline.send(request).await?;
        self.check(response, area, request.verb)
    }

    /// The same, `None` where what is named is not there; a person who is not there is an error.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub(super) async fn send_if_there(&self, request: &Request, area: Area) -> Result<Option<Response>> {
        let response = self.pipeline.send(request).await?;
        if response.status == 404 && error::means_absent(&response) {
            return Ok(None);
        }
        self.check(response, area, request.verb).map(Some)
    }

    fn check(&self, response: Response, area: Area, verb: Verb) -> Result<Response> {
        if response.ok() {
            Ok(response)
        } else {
            Err(error::refused(&response, area, verb, &self.claims, &self.realm))
        }
    }

    /// Reads one thing.
    ///
    /// # Errors
    /// As [`Self::send`]; `unavailable` where the answer has another shape.
    pub(super) async fn read<T: DeserializeOwned>(&self, request: &Request, area: Area) -> Result<T> {
        parse(self.send(request, area).await?.json()?)
    }

    /// Reads something of one person.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(super) async fn read_of<T: DeserializeOwned>(
        &self,
        user: &UserId,
        tail: &str,
        template: &'static str,
        area: Area,
    ) -> Result<T> {
        let request = self.get(&format!("{}{tail}", person(user)), template);
        self.read(&request, area).await
    }

    /// The realm's settings, read once. Who may not see them gets a few keys of them (api/keycloak 3).
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(super) async fn settings(&self) -> Result<&WireRealm> {
        let request = self.get("", "/{realm}");
        self.settings
            .get_or_try_init(|| self.read(&request, Area::Realm))
            .await
    }

    /// Whether the realm may have fine-grained admin permissions. It has none where its settings say so and the server lacks
    /// those of the first version, which settings do not tell of: then it answers 501 to whoever asks (seen on 26.4.2).
    pub(super) async fn may_have_permissions(&self) -> bool {
        let first = self.get(
            "/users-management-permissions",
            "/{realm}/users-management-permissions",
        );
        let (settings, first) = futures::join!(self.settings(), self.pipeline.send(&first));
        let none = settings.is_ok_and(|realm| realm.admin_permissions_enabled == Some(false));
        let none_of_first = first.is_ok_and(|answer| answer.status == 501);
        !(none && none_of_first)
    }

    /// The required actions that the realm knows, read once.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(super) async fn actions(&self) -> Result<&[WireAction]> {
        let tail = "/authentication/required-actions";
        let request = self.get(tail, "/{realm}/authentication/required-actions");
        self.actions
            .get_or_try_init(|| self.read(&request, Area::Realm))
            .await
            .map(Vec::as_slice)
    }

    /// The id of the application whose roles are rights over the realm, found once; `None`: the token may not see it.
    ///
    /// # Errors
    /// As [`Self::read`], but for a right that is missing.
    pub(super) async fn management(&self) -> Result<Option<&str>> {
        self.management
            .get_or_try_init(|| self.find_management())
            .await
            .map(Option::as_deref)
    }

    async fn find_management(&self) -> Result<Option<String>> {
        let name = self.management_name();
        // Whoever runs this holds such a role, and may look at accounts: its own says the id without another right.
        if let Some(own) = &self.claims.object_id {
            let tail = format!("{}/role-mappings", person(&UserId(own.clone())));
            let mappings: Result<Value> = self
                .read(
                    &self.get(&tail, "/{realm}/users/{id}/role-mappings"),
                    Area::People,
                )
                .await;
            let id = mappings.ok().and_then(|mappings| {
                let client = mappings.get("clientMappings")?.get(name)?;
                Some(client.get("id")?.as_str()?.to_owned())
            });
            if id.is_some() {
                return Ok(id);
            }
        }
        let tail = format!("/clients?clientId={name}");
        let clients: Result<Vec<Value>> = self
            .read(&self.get(&tail, "/{realm}/clients"), Area::Clients)
            .await;
        match clients {
            Ok(clients) => Ok(clients
                .iter()
                .find_map(|client| Some(client.get("id")?.as_str()?.to_owned()))),
            Err(error) if error.code() == ErrorCode::PermissionMissing => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The name of that application: another in the realm that administers all realms.
    pub(super) fn management_name(&self) -> &'static str {
        rights::management(&self.realm)
    }
}

/// `/users/{id}`.
pub(super) fn person(user: &UserId) -> String {
    format!("/users/{}", encode_segment(&user.0))
}

/// An answer in the shape that was expected.
///
/// # Errors
/// `unavailable`, naming what does not fit.
pub(super) fn parse<T: DeserializeOwned>(value: Value) -> Result<T> {
    serde_json::from_value(value).map_err(|error| {
        Error::new(
            ErrorCode::Unavailable,
            format!("the answer has another shape: {error}"),
        )
        .hint("check the url of the profile, and that it is Keycloak's")
    })
}
