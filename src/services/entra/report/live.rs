//! Who has registered what, where the organization has no report: people page by page, and the methods of twenty of them
//! at a time. As true as the directory is at that moment, and slower by far.

use std::collections::HashSet;
use std::sync::Arc;

use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};
use serde_json::Value;

use super::super::EntraService;
use super::super::error::Family;
use super::super::graph::V1;
use super::super::wire::USER_FIELDS;
use crate::domain::{
    Clock as _, ErrorCode, Method, MethodKind, Parts, RegistrationRow, ReportQuery, Result, SecurityInfo,
    SystemClock, User, UserId,
};
use crate::http::{Request, encode_segment};

/// People whose methods are read in one go: as many calls as a batch takes.
const TOGETHER: usize = 20;
/// Such reads that are under way at once.
const AT_ONCE: usize = 4;
/// Who holds a role. Eligible roles are not among them (api/entra 4.3).
const ASSIGNMENTS: &str = "/roleManagement/directory/roleAssignments";

impl EntraService {
    /// A row a person, read from the directory as it is.
    pub(super) fn live<'a>(&'a self, query: &'a ReportQuery) -> BoxStream<'a, Result<RegistrationRow>> {
        stream::once(self.administrators())
            .map_ok(move |administrators| {
                let administrators = Arc::new(administrators);
                let theirs = Arc::clone(&administrators);
                self.everybody(query)
                    .try_filter(move |user| {
                        let counts = !query.admins || theirs.contains(&user.id.0);
                        std::future::ready(counts && (query.include_guests || !user.guest))
                    })
                    .try_chunks(TOGETHER)
                    .map(move |people| {
                        let administrators = Arc::clone(&administrators);
                        async move {
                            let people = people.map_err(|stopped| stopped.1)?;
                            self.rows_of(people, &administrators, query).await
                        }
                    })
                    .buffered(AT_ONCE)
                    .map_ok(|rows| stream::iter(rows.into_iter().map(Ok)))
                    .try_flatten()
            })
            .try_flatten()
            .boxed()
    }

    /// Everybody whom the query may mean.
    fn everybody(&self, query: &ReportQuery) -> BoxStream<'_, Result<User>> {
        let enabled = if query.include_disabled {
            ""
        } else {
            "$filter=accountEnabled%20eq%20true&"
        };
        let path = format!("/users?{enabled}$select={USER_FIELDS}&$top=999");
        self.people(Request::get(V1, path, "/users"), Family::Users)
    }

    /// The rows of some people, in their order. Who goes away meanwhile has none.
    async fn rows_of(
        &self,
        people: Vec<User>,
        administrators: &HashSet<String>,
        query: &ReportQuery,
    ) -> Result<Vec<RegistrationRow>> {
        let ids: Vec<UserId> = people.iter().map(|user| user.id.clone()).collect();
        let infos = self.read_info(&ids, Parts::METHODS).await;
        let mut rows = Vec::with_capacity(people.len());
        for (user, info) in people.into_iter().zip(infos) {
            match info {
                Ok(info) => {
                    let admin = administrators.contains(&user.id.0);
                    rows.push(row_of(user, &info, admin));
                }
                Err(error) if error.code() == ErrorCode::UserNotFound => {}
                Err(error) => return Err(error),
            }
        }
        rows.retain(|row| row.is_wanted_by(query));
        Ok(rows)
    }

    /// Ids of all who hold a role, directly or through a group that can.
    async fn administrators(&self) -> Result<HashSet<String>> {
        // Its pages have the size that the service likes: no page documents $top here.
        let path = format!("{ASSIGNMENTS}?$select=principalId");
        let mut holders = self
            .ids(Request::get(V1, path, ASSIGNMENTS), Family::Roles, "principalId")
            .await?;
        let path = "/groups?$filter=isAssignableToRole%20eq%20true&$select=id&$top=999";
        let groups = self
            .ids(Request::get(V1, path, "/groups"), Family::Groups, "id")
            .await?;
        for group in groups
            .iter()
            .filter(|group| holders.contains(*group))
            .cloned()
            .collect::<Vec<_>>()
        {
            let path = format!(
                "/groups/{}/transitiveMembers?$select=id&$top=999",
                encode_segment(&group)
            );
            let request = Request::get(V1, path, "/groups/{id}/transitiveMembers").costing(5.0);
            holders.extend(self.ids(request, Family::Groups, "id").await?);
        }
        Ok(holders)
    }

    /// One property of everything in a list.
    async fn ids(&self, request: Request, family: Family, key: &str) -> Result<HashSet<String>> {
        self.graph
            .items(request, family)
            .try_filter_map(async |item| Ok(item.get(key).and_then(Value::as_str).map(str::to_owned)))
            .try_collect()
            .await
    }
}

fn row_of(user: User, info: &SecurityInfo, admin: bool) -> RegistrationRow {
    let methods = info.methods.as_deref().unwrap_or_default();
    let signs_in = methods.iter().any(Method::signs_in);
    let mut kinds: Vec<MethodKind> = methods
        .iter()
        .filter(|method| method.usable())
        .map(|method| method.kind)
        .collect();
    kinds.sort();
    kinds.dedup();
    RegistrationRow {
        user,
        admin,
        mfa_registered: Some(signs_in),
        // Whether policy allows what is registered is another read for each person.
        mfa_capable: None,
        passwordless_capable: Some(kinds.iter().any(|kind| kind.resists_phishing())),
        reset_registered: None,
        default_method: methods
            .iter()
            .find(|method| method.default == Some(true))
            .map(|method| method.kind),
        methods: kinds,
        grace_until: None,
        as_of: SystemClock.now(),
        source: "per_user",
    }
}
