//! Lists page by page. Keycloak pages by offset and tells no total: a list has ended with a page that is short, and where
//! people may be left out of pages, with one that is empty. Whoever is deleted meanwhile moves everybody behind one place to
//! the front, past the offset: each page begins with the last one of the page before, and where it does not, it is gone back.

use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use serde_json::Value;

use super::admin::{Admin, parse};
use super::error::Area;
use crate::domain::Result;

/// How many are read at once: larger pages of people who are not cached take far longer (api/keycloak 1).
const PAGE: usize = 100;

struct Walk {
    items: VecDeque<Value>,
    first: usize,
    ended: bool,
    /// Whether the page before was whole, so that its last one is where the next begins.
    follows: bool,
    /// What was given already, as hashes: people move between pages when somebody is added.
    seen: HashSet<u64>,
}

impl Admin {
    /// The items of a list; `tail` has its query already.
    pub(super) fn items<'a>(
        &'a self,
        tail: String,
        template: &'static str,
        area: Area,
    ) -> BoxStream<'a, Result<Value>> {
        let walk = Walk {
            items: VecDeque::new(),
            first: 0,
            ended: false,
            follows: false,
            seen: HashSet::new(),
        };
        let joint = if tail.contains('?') { '&' } else { '?' };
        stream::try_unfold((walk, tail), move |(mut walk, tail)| async move {
            loop {
                if let Some(item) = walk.items.pop_front() {
                    return Ok(Some((item, (walk, tail))));
                }
                if walk.ended {
                    return Ok(None);
                }
                let path = format!("{tail}{joint}first={}&max={PAGE}", walk.first);
                let response = self.send(&self.get(&path, template), area).await?;
                let page: Vec<Value> = parse(response.json()?)?;
                let whole = area != Area::People || self.sees_everybody();
                let joins = page
                    .first()
                    .is_some_and(|item| walk.seen.contains(&name_of(item)));
                if walk.follows && !joins {
                    // Between this page and those before may be some who were not read.
                    walk.first = walk.first.saturating_sub(PAGE - 1);
                    walk.follows = walk.first > 0;
                    continue;
                }
                walk.ended = page.is_empty() || (whole && page.len() < PAGE);
                walk.follows = page.len() == PAGE;
                walk.first += PAGE - 1;
                for item in page {
                    if walk.seen.insert(name_of(&item)) {
                        walk.items.push_back(item);
                    }
                }
            }
        })
        .boxed()
    }
}

fn name_of(item: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    match item.get("id").and_then(Value::as_str) {
        Some(id) => id.hash(&mut hasher),
        None => item.to_string().hash(&mut hasher),
    }
    hasher.finish()
}
