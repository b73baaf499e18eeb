//! The project's own table of what may be asked of Graph and what it answers, and how a call is held against it.
//!
//! `table/` is data: operations (path, verb, query, body, status, answer), types (properties with type, enum,
//! nullability) and enums. It was made from the vendor's description once and is kept by hand since; `csdl.rs` holds it
//! against that description wherever it is at hand.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::exchange::Exchange;

/// The table.
#[derive(Clone)]
pub struct Table(pub Value);

impl Table {
    /// Reads it.
    pub fn read() -> Self {
        let part = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        Self(json!({
            "operations": part(include_str!("table/operations.json")),
            "types": part(include_str!("table/types.json")),
            "enums": part(include_str!("table/enums.json")),
        }))
    }

    /// The id of every operation.
    pub fn operations(&self) -> Vec<&str> {
        let operations = self.0["operations"].as_array().unwrap();
        operations
            .iter()
            .map(|operation| operation["id"].as_str().unwrap())
            .collect()
    }

    /// The operation of a call; `None` where there is none.
    pub fn id(&self, exchange: &Exchange) -> Option<String> {
        let path = exchange.target.split('?').next().unwrap();
        Some(self.operation(exchange, path)?["id"].as_str().unwrap().to_owned())
    }

    /// Holds a call against its operation; gives the operation's id, `None` where there is none.
    pub fn check(&self, exchange: &Exchange, findings: &mut BTreeSet<String>) -> Option<String> {
        let (path, query) = exchange.target.split_once('?').unwrap_or((&exchange.target, ""));
        let operation = self.operation(exchange, path)?;
        let id = operation["id"].as_str().unwrap().to_owned();
        let mut find = |what: String| {
            findings.insert(format!("{id}: {what}"));
        };
        let options = query
            .split('&')
            .filter(|option| exchange.ours && !option.is_empty());
        for option in options {
            let name = option.split('=').next().unwrap();
            // A link that the service gave is followed as it is.
            let known = operation["query"]
                .as_array()
                .unwrap()
                .iter()
                .any(|known| known == name);
            if name.starts_with('$') && name != "$skiptoken" && !known {
                find(format!("the option {name} is not documented"));
            }
            let advanced = name == "$search" || (name == "$count" && option.ends_with("true"));
            let sorted = name == "$orderby" && query.contains("$filter=") && !path.starts_with("/reports/");
            let consistent = exchange.header("consistencylevel") == Some("eventual");
            if (advanced || sorted) && !consistent {
                find(format!("{name} without ConsistencyLevel"));
            }
        }
        let last = path.rsplit('/').next().unwrap();
        let cast = last.starts_with("microsoft.graph.") || last == "transitiveRoleAssignments";
        if cast && exchange.ours && exchange.header("consistencylevel") != Some("eventual") {
            find(format!("{last} without ConsistencyLevel"));
        }
        // What others ask is theirs; what the service answers them is ours.
        if exchange.ours {
            self.check_request(operation, exchange, &mut find);
        }
        if !exchange.disturbed {
            self.check_response(operation, exchange, &mut find);
            self.check_secrets(exchange, &mut find);
        }
        Some(id)
    }

    fn operation(&self, exchange: &Exchange, path: &str) -> Option<&Value> {
        // Keys in brackets, parameters of functions, and one's own account by another name.
        let path = path.replace("('", "/").replace("')", "");
        let path = path.split("(included").next().unwrap();
        let path = match path.strip_prefix("/me/") {
            Some(rest) => format!("/users/me/{rest}"),
            None => path.to_owned(),
        };
        let fits = |operation: &&Value| {
            let template = operation["path"].as_str().unwrap();
            let version = operation["version"] == exchange.version.as_str();
            let mut parts = path.split('/');
            let same = template.split('/').all(|part| {
                parts
                    .next()
                    .is_some_and(|found| (part.starts_with('{') && !found.is_empty()) || part == found)
            });
            version && operation["method"] == exchange.method.as_str() && same && parts.next().is_none()
        };
        // A name in a path wins over a parameter in its place.
        let operations = self.0["operations"].as_array().unwrap();
        operations
            .iter()
            .filter(fits)
            .min_by_key(|operation| operation["path"].as_str().unwrap().matches('{').count())
    }

    /// What Graph never tells, or only once, is told by nobody.
    fn check_secrets(&self, exchange: &Exchange, find: &mut impl FnMut(String)) {
        let types = self.0["types"].as_object().unwrap();
        let rules: BTreeMap<&str, &str> = types
            .values()
            .filter_map(|kind| kind["properties"].as_object())
            .flatten()
            .filter_map(|(name, property)| Some((name.as_str(), property["readRule"].as_str()?)))
            .collect();
        let mut left: Vec<&Value> = exchange.response.iter().collect();
        while let Some(value) = left.pop() {
            match value {
                Value::Array(items) => left.extend(items),
                Value::Object(object) => {
                    for (key, value) in object {
                        let rule = rules.get(key.as_str()).filter(|_| !value.is_null());
                        if let Some(rule) = rule
                            && !(exchange.status == 201
                                && rule.starts_with("set only in the create response"))
                        {
                            find(format!("tells {key}: {rule}"));
                        }
                        left.push(value);
                    }
                }
                _ => {}
            }
        }
    }

    fn check_request(&self, operation: &Value, exchange: &Exchange, find: &mut impl FnMut(String)) {
        let described = &operation["request"];
        let body = match (&exchange.request, described) {
            (None, Value::Null) => return,
            (Some(Value::Object(body)), Value::Null) if body.is_empty() => return,
            (Some(_), Value::Null) => return find("a body where none is taken".to_owned()),
            (None, described) => {
                if described["emptyBodyAllowed"] != true {
                    find("no body".to_owned());
                }
                return;
            }
            (Some(Value::Object(body)), _) => body,
            (Some(other), _) => return find(format!("the body is {other}")),
        };
        let properties = described["properties"].as_array().unwrap();
        for (key, value) in body {
            match properties
                .iter()
                .find(|property| property["name"] == key.as_str())
            {
                Some(property) => self.at(exchange).check_value(key, value, property, find),
                None if key == "@odata.type" && described["odataTypeAllowed"] == true => {}
                None => find(format!("sends {key}, which is not taken")),
            }
        }
        for property in properties.iter().filter(|property| property["required"] == true) {
            if !body.contains_key(property["name"].as_str().unwrap()) {
                find(format!("does not send {}", property["name"]));
            }
        }
        if (body.len() as u64) < described["minProperties"].as_u64().unwrap_or(0) {
            find("sends too few properties".to_owned());
        }
    }

    fn check_response(&self, operation: &Value, exchange: &Exchange, find: &mut impl FnMut(String)) {
        let status = exchange.status;
        if status >= 400 {
            return check_error(exchange, find);
        }
        if !operation["success"]
            .as_array()
            .unwrap()
            .iter()
            .any(|known| known == status)
        {
            find(format!("answers {status}"));
        }
        if status == 204 {
            if exchange.response.as_ref().is_some_and(|body| !body.is_null()) {
                find("204 with a body".to_owned());
            }
            return;
        }
        let response = &operation["response"];
        let instead = || response["alternatives"][0].as_str();
        let Some(name) = response["type"].as_str().or_else(instead) else {
            if exchange.response.is_some() {
                find(format!("status {status} with a body that is not described"));
            }
            return;
        };
        let Some(Value::Object(body)) = &exchange.response else {
            return find("no body in the answer".to_owned());
        };
        if operation["responseHeaders"]["Location"].is_string()
            && !exchange
                .response_headers
                .iter()
                .any(|(key, value)| key == "location" && value.contains('?'))
        {
            find("no Location with a query".to_owned());
        }
        if response["collection"] == true {
            let Some(Value::Array(items)) = body.get("value") else {
                return find("no value array".to_owned());
            };
            for item in items {
                match item {
                    Value::Object(item) => self.at(exchange).check_object(name, item, find),
                    other => find(format!("an item is {other}")),
                }
            }
            for key in body.keys().filter(|key| *key != "value" && !key.contains('@')) {
                find(format!("answers {key} beside value"));
            }
        } else {
            self.at(exchange).check_object(name, body, find);
        }
    }

    fn at<'a>(&'a self, exchange: &'a Exchange) -> View<'a> {
        View {
            table: &self.0,
            version: &exchange.version,
        }
    }
}

/// The table's types as one version of Graph has them.
struct View<'a> {
    table: &'a Value,
    version: &'a str,
}

impl View<'_> {
    /// An object of a type, or of the derived one that it names.
    fn check_object(&self, name: &str, object: &Map<String, Value>, find: &mut impl FnMut(String)) {
        let named = object
            .get("@odata.type")
            .and_then(Value::as_str)
            .map(|text| text.trim_start_matches("#microsoft.graph."));
        let name = named.unwrap_or(name);
        let Some(kind) = self.table["types"].get(name) else {
            // Simple wrappers of actions are described by their operation alone.
            return if named.is_some() {
                find(format!("the type {name} is not known"))
            };
        };
        if kind["abstract"] == true && named.is_none() {
            find(format!(
                "an item of the abstract type {name} does not say what it is"
            ));
        }
        for (key, value) in object.iter().filter(|(key, _)| !key.contains('@')) {
            match self.property(name, key) {
                Some(property)
                    if property["versions"]
                        .as_array()
                        .is_some_and(|versions| !versions.contains(&json!(self.version))) =>
                {
                    find(format!("{name} has no {key} in {}", self.version));
                }
                Some(property) => self.check_value(&format!("{name}.{key}"), value, property, find),
                None => find(format!("{name} has no {key}")),
            }
        }
    }

    /// A property of a type or of one of its bases. Every entity has an id.
    fn property(&self, name: &str, key: &str) -> Option<&Value> {
        let mut current = self.table["types"].get(name);
        while let Some(kind) = current {
            if let Some(property) = kind["properties"].get(key) {
                return Some(property);
            }
            current = kind["base"]
                .as_str()
                .and_then(|base| self.table["types"].get(base));
        }
        None
    }

    fn check_value(&self, key: &str, value: &Value, property: &Value, find: &mut impl FnMut(String)) {
        if value.is_null() {
            if property["nullable"] == false {
                find(format!("{key} is null"));
            }
            return;
        }
        if property["collection"] == true {
            let Some(items) = value.as_array() else {
                return find(format!("{key} is no array"));
            };
            for item in items {
                self.check_one(key, item, property, find);
            }
        } else {
            self.check_one(key, value, property, find);
        }
    }

    fn check_one(&self, key: &str, value: &Value, property: &Value, find: &mut impl FnMut(String)) {
        let kind = property["type"].as_str().unwrap();
        let fits = match kind {
            "Edm.String" | "Edm.Binary" => value.is_string(),
            "Edm.Boolean" => value.is_boolean(),
            "Edm.Int32" | "Edm.Int64" => value.is_i64() || value.is_u64(),
            "Edm.Guid" => value
                .as_str()
                .is_some_and(|text| uuid::Uuid::try_parse(text).is_ok()),
            "Edm.DateTimeOffset" => value
                .as_str()
                .is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
            other => match (self.table["enums"].get(other), value) {
                // Members that the description does not know would be invented by the embedded service.
                (Some(members), Value::String(text)) => members["members"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|member| member == text.as_str()),
                (Some(_), _) => false,
                (None, Value::Object(object)) => {
                    self.check_object(other, object, find);
                    true
                }
                (None, _) => other == "any" || other == "object",
            },
        };
        if !fits {
            find(format!("{key} is {value}, not {kind}"));
        }
        for name in ["minimum", "maximum"] {
            if let (Some(bound), Some(number)) = (property[name].as_i64(), value.as_i64())
                && ((name == "minimum" && number < bound) || (name == "maximum" && number > bound))
            {
                find(format!("{key} is {number}, {name} {bound}"));
            }
        }
        if let Some(allowed) = property["oneOf"].as_array()
            && !allowed.contains(value)
        {
            find(format!("{key} is {value}, not one of {allowed:?}"));
        }
        if let (Some(names), Some(object)) = (property["subset"].as_array(), value.as_object()) {
            for name in object.keys().filter(|name| !names.contains(&json!(name))) {
                find(format!("{key} holds {name}, which is not taken here"));
            }
        }
    }
}

/// Graph's error body, or the raw one of a path that it does not have.
fn check_error(exchange: &Exchange, find: &mut impl FnMut(String)) {
    let body = exchange.response.clone().unwrap_or_default();
    let error = &body["error"];
    let text = |value: &Value| value.is_string();
    if !(text(&error["code"]) && text(&error["message"])) {
        return find(format!("status {} with the body {body}", exchange.status));
    }
    for key in ["date", "request-id", "client-request-id"] {
        if !text(&error["innerError"][key]) {
            find(format!("an error without {key}"));
        }
    }
}
