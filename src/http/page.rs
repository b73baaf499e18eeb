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

const NEXT: &str = "@odata.nextLink";

struct Walk {
    items: VecDeque<Value>,
    next: Option<Request>,
    // Hashes, because a walk over a large directory has thousands of long links.
    seen: HashSet<u64>,
    /// What stood on the last page that had anything, as hashes.
    last: HashSet<u64>,
}

impl Walk {
    fn new(first: Option<Request>) -> Self {
        Self {
            items: VecDeque::new(),
            next: first,
            seen: HashSet::new(),
            last: HashSet::new(),
        }
    }

    /// Takes in the answer to a request: what stands on the page, and the link to the next one.
    fn take_in(&mut self, mut page: Value, request: Request) -> Result<()> {
        let link = page.get(NEXT).and_then(Value::as_str).map(str::to_owned);
        if let Some(Value::Array(items)) = page.get_mut("value").map(Value::take) {
            self.turn(items);
        }
        if let Some(link) = link {
            if !self.seen.insert(hash(&link)) {
                return Err(Error::new(
                    ErrorCode::Unavailable,
                    "the service's pages go round in a circle",
                ));
            }
            // The headers go along: an advanced query without them is another query.
            self.next = Some(Request {
                root: "",
                path: link,
                ..request
            });
        }
        Ok(())
    }

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
        let walk = Walk::new(Some(first));
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
                    let page = check(self.send(&request).await?)?.json()?;
                    walk.take_in(page, request)?;
                }
            }
        })
        .boxed()
    }

    /// The answers of a batch, each list with what stands behind its first page: that may be empty, or not all.
    pub(crate) async fn batch_whole(&self, requests: &[Request]) -> Vec<Result<Response>> {
        let answers = self.batch(requests).await;
        let whole = requests.iter().zip(answers).map(|(request, answer)| async move {
            match answer {
                Ok(first) => self.whole(request, first).await,
                Err(error) => Err(error),
            }
        });
        futures::future::join_all(whole).await
    }

    /// A list whose first page is here, with the rest; a page that is refused is the answer.
    async fn whole(&self, request: &Request, mut first: Response) -> Result<Response> {
        // Most lists are one page: that is seen without reading them.
        let goes_on = first.ok() && first.body.windows(NEXT.len()).any(|part| part == NEXT.as_bytes());
        if !goes_on {
            return Ok(first);
        }
        let mut walk = Walk::new(None);
        walk.take_in(first.json()?, request.clone())?;
        while let Some(next) = walk.next.take() {
            let response = self.send(&next).await?;
            if !response.ok() {
                return Ok(response);
            }
            walk.take_in(response.json()?, next)?;
        }
        first.body = serde_json::json!({"value": walk.items}).to_string().into_bytes();
        Ok(first)
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
    async fn a_list_in_a_batch_is_followed_over_its_empty_first_page() {
        let script = Script::answering(|sent| match sent.line.as_str() {
            "POST /v1.0/$batch" => {
                let empty = page("[]", Some("/v1.0/users?$skiptoken=a"));
                let all = page("[3]", None);
                let items: Vec<String> = sent.body["requests"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .zip([empty, all])
                    .map(|(call, body)| format!(r#"{{"id":{},"status":200,"body":{body}}}"#, call["id"]))
                    .collect();
                answer(200, &format!(r#"{{"responses":[{}]}}"#, items.join(",")))
            }
            "GET /v1.0/users?$skiptoken=a" => answer(200, &page("[1]", Some("/v1.0/users?$skiptoken=b"))),
            _ => answer(200, &page("[1,2]", None)),
        });
        let pipeline = script.pipeline(60);
        let answers = pipeline.batch_whole(&[first(), first()]).await;
        let lists: Vec<Value> = answers
            .into_iter()
            .map(|answer| answer.unwrap().json().unwrap()["value"].take())
            .collect();
        assert_eq!(lists, [serde_json::json!([1, 2]), serde_json::json!([3])]);
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
