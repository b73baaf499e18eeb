//! Groups: found by path, id or name, and their members with those of the groups inside; and holders of a role.

use std::collections::HashSet;

use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};

use super::KeycloakService;
use super::admin::parse;
use super::error::Area;
use super::wire::WireGroup;
use crate::domain::{Error, ErrorCode, Match, Result, User};
use crate::http::encode_segment;

impl KeycloakService {
    /// Members of a group and of all inside it, each once; of `role:NAME`, those who hold it themselves or by a group.
    pub(super) fn members<'a>(&'a self, group: &'a str) -> BoxStream<'a, Result<User>> {
        if let Some(role) = group.strip_prefix("role:") {
            return self.holders(role);
        }
        stream::once(async move {
            match self.within(group).await {
                Ok(groups) => self.members_of(groups),
                Err(error) => stream::once(async move { Err(error) }).boxed(),
            }
        })
        .flatten()
        .boxed()
    }

    /// Who holds a role of the realm. A role that includes it is not followed: the service does not say which do.
    fn holders<'a>(&'a self, role: &'a str) -> BoxStream<'a, Result<User>> {
        let path = format!("/roles/{}", encode_segment(role));
        stream::once(async move {
            match self.groups_of_role(role, &path).await {
                Ok(groups) => {
                    let themselves = format!("{path}/users?briefRepresentation=true");
                    let mut seen = HashSet::new();
                    self.people(themselves, "/{realm}/roles/{name}/users")
                        .chain(self.members_of(groups))
                        .try_filter(move |user| std::future::ready(seen.insert(user.id.clone())))
                        .boxed()
                }
                Err(error) => stream::once(async move { Err(error) }).boxed(),
            }
        })
        .flatten()
        .boxed()
    }

    /// Ids of the groups that give a role, and of all inside them: those inherit it.
    async fn groups_of_role(&self, role: &str, path: &str) -> Result<Vec<String>> {
        let request = self.admin.get(path, "/{realm}/roles/{name}");
        if self.admin.send_if_there(&request, Area::Realm).await?.is_none() {
            let why = format!("there is no role \"{role}\"");
            return Err(Error::new(ErrorCode::NotFound, why).hint("give the name of a role of the realm"));
        }
        let giving: Vec<WireGroup> = self
            .admin
            .items(
                format!("{path}/groups?briefRepresentation=true"),
                "/{realm}/roles/{name}/groups",
                Area::Realm,
            )
            .and_then(async |item| parse(item))
            .try_collect()
            .await?;
        let mut all = Vec::new();
        for group in giving {
            all.extend(self.within_id(group.id).await?);
        }
        Ok(all)
    }

    fn members_of(&self, groups: Vec<String>) -> BoxStream<'_, Result<User>> {
        let mut seen = HashSet::new();
        stream::iter(groups)
            .flat_map(move |id| {
                self.people(
                    format!("/groups/{}/members?briefRepresentation=true", encode_segment(&id)),
                    "/{realm}/groups/{id}/members",
                )
            })
            .try_filter(move |user| std::future::ready(seen.insert(user.id.clone())))
            .boxed()
    }

    /// Ids of the group that is meant and of all inside it.
    async fn within(&self, group: &str) -> Result<Vec<String>> {
        self.within_id(self.group_id(group).await?).await
    }

    async fn within_id(&self, id: String) -> Result<Vec<String>> {
        let mut open = vec![id];
        let mut all = Vec::new();
        while let Some(id) = open.pop() {
            let tail = format!(
                "/groups/{}/children?briefRepresentation=true",
                encode_segment(&id)
            );
            let children: Vec<WireGroup> = self
                .admin
                .items(tail, "/{realm}/groups/{id}/children", Area::Groups)
                .and_then(async |item| parse(item))
                .try_collect()
                .await?;
            open.extend(children.into_iter().map(|child| child.id));
            all.push(id);
        }
        Ok(all)
    }

    async fn group_id(&self, group: &str) -> Result<String> {
        let not_found = || Error::new(ErrorCode::NotFound, format!("there is no group \"{group}\""));
        let one = if let Some(path) = group.strip_prefix('/') {
            let segments: Vec<String> = path.split('/').map(encode_segment).collect();
            Some((
                format!("/group-by-path/{}", segments.join("/")),
                "/{realm}/group-by-path/{path}",
            ))
        } else if uuid::Uuid::try_parse(group).is_ok() {
            Some((
                format!("/groups/{}", encode_segment(group)),
                "/{realm}/groups/{id}",
            ))
        } else {
            None
        };
        if let Some((tail, template)) = one {
            let request = self.admin.get(&tail, template);
            let found = self.admin.send_if_there(&request, Area::Groups).await?;
            let found = found.ok_or_else(not_found)?;
            return Ok(parse::<WireGroup>(found.json()?)?.id);
        }
        let tail = format!(
            "/groups?search={}&exact=true&briefRepresentation=true",
            encode_segment(group)
        );
        let trees: Vec<WireGroup> = self
            .admin
            .items(tail, "/{realm}/groups", Area::Groups)
            .and_then(async |item| parse(item))
            .try_collect()
            .await?;
        let mut hits = Vec::new();
        for tree in trees {
            named(tree, group, &mut hits);
        }
        match hits.as_slice() {
            [] => Err(not_found()),
            [one] => Ok(one.id.clone()),
            several => Err(Error::new(
                ErrorCode::Ambiguous,
                format!("{} groups are named \"{group}\"", several.len()),
            )
            .hint("give the path of the one that is meant")
            .matches(
                several
                    .iter()
                    .map(|hit| Match {
                        reference: hit.path.clone().unwrap_or_else(|| hit.id.clone()),
                        detail: hit.id.clone(),
                    })
                    .collect(),
            )),
        }
    }
}

/// The groups of a tree with this name: a search gives trees, with the groups above those that match.
fn named(mut group: WireGroup, name: &str, hits: &mut Vec<WireGroup>) {
    for inner in std::mem::take(&mut group.sub_groups) {
        named(inner, name, hits);
    }
    if group.name == name {
        hits.push(group);
    }
}
