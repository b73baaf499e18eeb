//! Collections page by page: follows `@odata.nextLink` as it is given, on the same host only, over empty pages, past what
//! stood on the page before already, and notices a loop.

use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use serde_json::Value;

use super::pipeline::Pipeline;
use super::request::{Request, Response};
use crate::domain::{Error, ErrorCode, Result};

struct Walk {
    items: VecDeque<Value>,
    next: Option<Request>,
    // Hashes, because a walk over a large directory has thousands of long links.
    seen: HashSet<u64>,
    /// What stood on the last page that had anything, as hashes.
    last: HashSet<u64>,
}

impl Walk {
    /// Takes in a page; what stood on the page before as well is no news.
    fn turn(&mut self, items: Vec<Value>) {
        if items.is_empty() {
            return;
        }
        let mut page = HashSet::with_capacity(items.len());
        for item in items {
            let name = match item.get("id").and_then(Value::as_str) {
                Some(id) => hash(id),
                None => hash(&item.to_string()),
            };
            if page.insert(name) && !self.last.contains(&name) {
                self.items.push_back(item);
            }
        }
        self.last = page;
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

impl Pipeline {
    /// The items of a collection, one page in memory at a time. `check` turns a bad answer into its error.
    pub(crate) fn items<'a>(
        &'a self,
        first: Request,
        check: impl Fn(Response) -> Result<Response> + Send + Sync + 'a,
    ) -> BoxStream<'a, Result<Value>> {
        let walk = Walk {
            items: VecDeque::new(),
            next: Some(first),
            seen: HashSet::new(),
            last: HashSet::new(),
        };
        let check = std::sync::Arc::new(check);
        stream::try_unfold(walk, move |mut walk| {
            let check = check.clone();
            async move {
                loop {
                    if let Some(item) = walk.items.pop_front() {
                        return Ok(Some((item, walk)));
                    }
                    let Some(request) = walk.next.take() else {
                        return Ok(None);
                    };
                    let mut page = check(self.send(&request).await?)?.json()?;
                    let link = page
                        .get("@odata.nextLink")
                        .and_then(Value::as_str)
                        .map(str::to_owned);
                    if let Some(Value::Array(items)) = page.get_mut("value").map(Value::take) {
                        walk.turn(items);
                    }
                    if let Some(link) = link {
                        if !walk.seen.insert(hash(&link)) {
                            return Err(Error::new(
                                ErrorCode::Unavailable,
                                "the service's pages go round in a circle",
                            ));
                        }
                        // The headers go along: an advanced query without them is another query.
                        walk.next = Some(Request {
                            root: "",
                            path: link,
                            ..request
                        });
                    }
                }
            }
        })
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt as _;

    use super::super::testing::{Script, answer};
    use super::*;

    fn first() -> Request {
        Request::get("/v1.0", "/users", "/users").header("consistencylevel", "eventual")
    }

    fn page(items: &str, next: Option<&str>) -> String {
        let next = next.map(|path| format!(r#","@odata.nextLink":"https://graph.example{path}""#));
        format!(r#"{{"value":{items}{}}}"#, next.unwrap_or_default())
    }

    #[tokio::test]
    async fn walks_all_pages_even_over_an_empty_one() {
        let script = Script::new([
            answer(200, &page("[1,2]", Some("/v1.0/users?$skiptoken=a"))),
            answer(200, &page("[]", Some("/v1.0/users?$skiptoken=b"))),
            answer(200, &page("[3]", None)),
        ]);
        let pipeline = script.pipeline(60);
        let items: Vec<_> = pipeline.items(first(), Ok).try_collect().await.unwrap();
        assert_eq!(items, [1, 2, 3]);
        assert!(
            script
                .requests()
                .iter()
                .all(|sent| sent.header("consistencylevel") == "eventual")
        );
    }

    #[tokio::test]
    async fn a_page_that_comes_twice_counts_once() {
        let person = |id: &str, name: &str| format!(r#"{{"id":"{id}","name":"{name}"}}"#);
        let both = format!("[{},{}]", person("a", "Ann"), person("b", "Ann"));
        let script = Script::new([
            answer(200, &page(&both, Some("/v1.0/users?$skiptoken=a"))),
            answer(200, &page("[]", Some("/v1.0/users?$skiptoken=b"))),
            answer(200, &page(&both, Some("/v1.0/users?$skiptoken=c"))),
            answer(200, &page(&format!("[{}]", person("c", "Ann")), None)),
        ]);
        let pipeline = script.pipeline(60);
        let items: Vec<_> = pipeline.items(first(), Ok).try_collect().await.unwrap();
        let ids: Vec<_> = items.iter().map(|item| item["id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["a", "b", "c"]);
    }

    #[tokio::test]
    async fn notices_pages_that_go_round_in_a_circle() {
        let script = Script::answering(|_| answer(200, &page("[1]", Some("/v1.0/users?$skiptoken=a"))));
        let pipeline = script.pipeline(60);
        let error = pipeline
            .items(first(), Ok)
            .try_collect::<Vec<_>>()
            .await
            .unwrap_err();
        assert_eq!(error.message(), "the service's pages go round in a circle");
        assert_eq!(script.requests().len(), 2);
    }

    #[tokio::test]
    async fn does_not_take_the_token_to_another_host() {
        let script = Script::new([answer(
            200,
            r#"{"value":[],"@odata.nextLink":"https://elsewhere.example/x"}"#,
        )]);
        let pipeline = script.pipeline(60);
        let error = pipeline
            .items(first(), Ok)
            .try_collect::<Vec<_>>()
            .await
            .unwrap_err();
        assert_eq!(
            error.message(),
            "the service gave a link to another host, elsewhere.example"
        );
    }
}
