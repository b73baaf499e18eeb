//! Pages that come twice, pages of nothing, and lists with something in them that nobody knows.

use serde_json::{Value, json};

use super::rule::Fault;
use crate::server::AppState;
use crate::server::graph::page::again;
use crate::server::graph::request::{Call, Reply};

/// Alters a page as the fault says; whether it was one. The address that follows gives the page once more, unaltered.
pub(crate) fn turn(fault: Fault, state: &AppState, call: &Call, reply: &mut Reply) -> bool {
    let Some(body) = &mut reply.body else {
        return false;
    };
    match body.get("value").and_then(Value::as_array) {
        None => return false,
        // Nothing twice is nothing.
        Some(items) if items.is_empty() => return false,
        Some(_) => {}
    }
    match fault {
        Fault::UnknownMethod => {
            let unknown = json!({
                "@odata.type": "#microsoft.graph.resourceAccountKeyAuthenticationMethod",
                "id": "7e1e9a7c-0000-4000-8000-000000000001",
                "createdDateTime": null,
            });
            if let Some(items) = body["value"].as_array_mut() {
                items.push(unknown);
            }
            return true;
        }
        Fault::EmptyPage => body["value"] = json!([]),
        Fault::DuplicatePage => {}
        _ => return false,
    }
    body["@odata.nextLink"] = json!(again(state, call));
    true
}
