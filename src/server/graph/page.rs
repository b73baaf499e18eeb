//! `$top`, `$skiptoken`, `$count`, `$select` and `@odata.nextLink`, for collections that are at hand as a whole and
//! for those that the file gives page by page.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::filter;
use super::request::{Call, Cx, Reply};
use super::search;
use crate::server::AppState;
use crate::server::error::ApiError;

/// How many items come where `$top` is not given.
const DEFAULT: usize = 100;

/// How many items a page may hold.
///
/// # Errors
/// 400 outside 1 to `most`, in the words that the directory uses (the code was not seen: assumed).
pub(crate) fn top(call: &Call, most: usize) -> Result<usize, ApiError> {
    let Some(text) = call.option("top") else {
        return Ok(DEFAULT);
    };
    text.parse()
        .ok()
        .filter(|size| (1..=most).contains(size))
        .ok_or_else(|| {
            ApiError::bad_request(format!(
                "Invalid page size specified: '{text}'. Must be between 1 and {most} inclusive."
            ))
        })
}

/// Where a page begins: what an earlier answer wrote in `$skiptoken`.
///
/// # Errors
/// 400 for a token that this service did not write.
pub(crate) fn start(call: &Call) -> Result<Option<Vec<String>>, ApiError> {
    let Some(text) = call.option("skiptoken") else {
        return Ok(None);
    };
    URL_SAFE_NO_PAD
        .decode(text)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .map(Some)
        .ok_or_else(|| ApiError::bad_request("The specified skip token is invalid."))
}

/// The address of the page that begins behind `keys`.
pub(crate) fn next(cx: &Cx<'_>, keys: &[&str]) -> String {
    let token = URL_SAFE_NO_PAD.encode(json!(keys).to_string());
    address(cx.state, cx.call, "skiptoken", ("$skiptoken", &token))
}

/// Another address of the same page.
pub(crate) fn again(state: &AppState, call: &Call) -> String {
    address(state, call, "again", ("again", "1"))
}

/// The address of a call without one option, and without the mark of a repeated page, but with another one.
fn address(state: &AppState, call: &Call, without: &str, (key, value): (&str, &str)) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let gone = |name: &str| {
        [without, "again"]
            .iter()
            .any(|gone| name.eq_ignore_ascii_case(gone))
    };
    for (key, value) in call
        .query
        .iter()
        .filter(|(key, _)| !gone(key.trim_start_matches('$')))
    {
        query.append_pair(key, value);
    }
    query.append_pair(key, value);
    // `$` need not be encoded in a query, and is not in the real service's links.
    format!(
        "{}/{}{}?{}",
        state.graph(),
        call.version(),
        call.raw_path,
        query.finish().replace("%24", "$")
    )
}

/// Whether `$count=true` was asked for in a way that the directory honours.
pub(crate) fn counts(call: &Call) -> bool {
    call.eventual
        && call
            .option("count")
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// A page of a collection.
pub(crate) fn reply(items: Vec<Value>, next: Option<String>, count: Option<usize>) -> Reply {
    let mut body = Map::new();
    if let Some(count) = count {
        body.insert("@odata.count".to_owned(), json!(count));
    }
    if let Some(next) = next {
        body.insert("@odata.nextLink".to_owned(), json!(next));
    }
    body.insert("value".to_owned(), Value::Array(items));
    Reply::ok(Value::Object(body))
}

/// Leaves what `$filter` and `$search` mean.
///
/// # Errors
/// 400 for options that cannot be read.
pub(crate) fn narrow(call: &Call, items: &mut Vec<Value>) -> Result<(), ApiError> {
    if let Some(text) = call.option("filter") {
        let filter = filter::parse(text)?;
        items.retain(|item| filter.matches(item));
    }
    if let Some(text) = call.option("search") {
        let search = search::parse(text)?;
        items.retain(|item| search.matches(item));
    }
    Ok(())
}

/// What `$orderby` names, and whether it goes down.
///
/// # Errors
/// 400 for several properties, or another direction than `asc` and `desc`.
pub(crate) fn ordered(call: &Call) -> Result<Option<(&str, bool)>, ApiError> {
    let Some(text) = call.option("orderby") else {
        return Ok(None);
    };
    let (name, direction) = text.trim().split_once(' ').unwrap_or((text.trim(), "asc"));
    match direction.trim().to_ascii_lowercase().as_str() {
        "asc" => Ok(Some((name, false))),
        "desc" => Ok(Some((name, true))),
        _ => Err(ApiError::bad_request("Invalid $orderby clause.")),
    }
}

/// 400 for a property by which nothing is sorted.
pub(crate) fn not_sorted_by(name: &str) -> ApiError {
    ApiError::bad_request(format!("Sorting by '{name}' is not supported for current query."))
}

/// Brings items into the order that `$orderby` asks for: texts without regard to case, what has no value first.
fn order(call: &Call, items: &mut [Value]) -> Result<(), ApiError> {
    let Some((name, down)) = ordered(call)? else {
        return Ok(());
    };
    let is_simple = |item: &Value| {
        item.get(name)
            .is_some_and(|value| !value.is_array() && !value.is_object())
    };
    if !items.is_empty() && !items.iter().any(is_simple) {
        return Err(not_sorted_by(name));
    }
    let key = |item: &Value| match &item[name] {
        Value::Null => None,
        Value::String(text) => Some(text.to_lowercase()),
        other => Some(other.to_string()),
    };
    items.sort_by_cached_key(key);
    if down {
        items.reverse();
    }
    Ok(())
}

/// A page of items that are at hand as a whole, in a stable order: filtered, sorted, cut, counted, trimmed.
///
/// # Errors
/// 400 for options that cannot be read.
pub(crate) fn of(cx: &Cx<'_>, mut items: Vec<Value>) -> Result<Reply, ApiError> {
    narrow(cx.call, &mut items)?;
    order(cx.call, &mut items)?;
    let size = top(cx.call, 999)?;
    let from: usize = match start(cx.call)? {
        None => 0,
        Some(keys) => keys
            .first()
            .and_then(|key| key.parse().ok())
            .ok_or_else(|| ApiError::bad_request("The specified skip token is invalid."))?,
    };
    let count = (from == 0 && counts(cx.call)).then_some(items.len());
    let to = from.saturating_add(size);
    let link = (items.len() > to).then(|| next(cx, &[&to.to_string()]));
    let page = items
        .into_iter()
        .skip(from)
        .take(size)
        .map(|item| select(cx.call, item))
        .collect();
    Ok(reply(page, link, count))
}

/// Takes `id` out of what is answered to a `$select` that does not name it, as the directory does: whoever needs it asks for it. Beside
/// `signInActivity` it always comes.
pub(crate) fn drop_id(call: &Call, body: &mut Map<String, Value>) {
    let Some(names) = selected(call) else { return };
    let keeps = names.iter().any(|name| ["id", "signInActivity"].contains(name));
    // What Graph makes of `$select` below `authentication` is not documented (api/entra 1.3).
    if keeps
        || call
            .path
            .iter()
            .any(|segment| segment.eq_ignore_ascii_case("authentication"))
    {
        return;
    }
    match body.get_mut("value") {
        Some(Value::Array(items)) => {
            for item in items.iter_mut().filter_map(Value::as_object_mut) {
                item.shift_remove("id");
            }
        }
        _ => {
            body.shift_remove("id");
        }
    }
}

/// Leaves out what `$select` does not name; `id` and annotations stay.
pub(crate) fn select(call: &Call, mut item: Value) -> Value {
    if let (Some(names), Some(object)) = (selected(call), item.as_object_mut()) {
        object.retain(|key, _| key == "id" || key.contains('@') || names.contains(&key.as_str()));
    }
    item
}

/// The names in `$select`.
pub(crate) fn selected(call: &Call) -> Option<Vec<&str>> {
    let names: Vec<&str> = call
        .option("select")?
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect();
    (!names.is_empty()).then_some(names)
}
