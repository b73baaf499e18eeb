//! Calls of v1.0 held against the description: path and verb, what is sent and what is answered.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Csdl, Of};
use crate::exchange::Exchange;

impl Csdl {
    /// Holds a call of v1.0 against the description. Gives whether it was one.
    pub fn check(&self, exchange: &Exchange, findings: &mut BTreeSet<String>) -> bool {
        let path = exchange.target.split('?').next().unwrap();
        let path = path.replace("('", "/").replace("')", "");
        if exchange.version != "v1.0" || path == "/$batch" || path.ends_with("/$count") {
            return false;
        }
        // What others ask for wrongly is refused, and says nothing of ours.
        if !exchange.ours && !exchange.succeeded() {
            return false;
        }
        let mut find = |what: String| {
            findings.insert(format!("{} {what}", exchange.method));
        };
        let place = match self.takes(&exchange.method, &path) {
            Ok(place) => place,
            Err(why) => {
                find(why);
                return true;
            }
        };
        if let (Some(Value::Object(body)), true) = (&exchange.request, exchange.ours) {
            for (key, value) in body.iter().filter(|(key, _)| !key.contains('@')) {
                let known = match place.bound {
                    Some(bound) => bound.parameters.get(key),
                    None => self.property(&place.of.name, key),
                };
                match known {
                    Some(known) => self.check_value(key, value, known, &mut find),
                    None => find(format!("{path} sends {key}, which is not described")),
                }
            }
        }
        if exchange.succeeded() && exchange.status != 204 {
            let empty = Value::Null;
            let body = exchange.response.as_ref().unwrap_or(&empty);
            let gives = match place.bound {
                Some(bound) => bound.gives.clone(),
                // What was written may come back.
                None if exchange.method != "GET" => Some(Of {
                    collection: false,
                    ..place.of.clone()
                }),
                None => Some(place.of.clone()),
            };
            match gives {
                Some(gives) if gives.collection || gives.name.starts_with("Edm.") => {
                    self.check_value("value", &body["value"], &gives, &mut find);
                }
                Some(gives) => self.check_value("the answer", body, &gives, &mut find),
                None if body.is_null() => {}
                None => find(format!("{path} answers {body}")),
            }
        }
        true
    }

    fn check_value(&self, key: &str, value: &Value, known: &Of, find: &mut impl FnMut(String)) {
        match (value, known.collection) {
            (Value::Null, _) if known.nullable => {}
            (Value::Array(items), true) => {
                for item in items {
                    self.check_one(key, item, &known.name, find);
                }
            }
            (value, false) => self.check_one(key, value, &known.name, find),
            _ => find(format!("{key} is {value}, not a list of {}", known.name)),
        }
    }

    fn check_one(&self, key: &str, value: &Value, name: &str, find: &mut impl FnMut(String)) {
        let text = value.as_str();
        let fits = match (name, self.enums.get(name)) {
            ("Edm.String" | "Edm.Binary", _) => text.is_some(),
            ("Edm.Boolean", _) => value.is_boolean(),
            ("Edm.Int32" | "Edm.Int64", _) => value.is_i64() || value.is_u64(),
            ("Edm.Guid", _) => text.is_some_and(|text| uuid::Uuid::try_parse(text).is_ok()),
            ("Edm.DateTimeOffset", _) => text.is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
            (_, Some(members)) => text.is_some_and(|text| members.iter().any(|member| member == text)),
            (name, None) => return self.check_object(key, value, name, find),
        };
        if !fits {
            find(format!("{key} is {value}, not {name}"));
        }
    }

    fn check_object(&self, key: &str, value: &Value, name: &str, find: &mut impl FnMut(String)) {
        let Value::Object(object) = value else {
            return find(format!("{key} is {value}, not {name}"));
        };
        let told = object.get("@odata.type").and_then(Value::as_str);
        let told = told.map(|text| text.trim_start_matches("#microsoft.graph."));
        if let Some(told) = told
            && !self.is_a(told, name)
        {
            return find(format!("{key} is a {told}, not a {name}"));
        }
        let name = told.unwrap_or(name);
        for (key, value) in object.iter().filter(|(key, _)| !key.contains('@')) {
            match self.property(name, key) {
                Some(known) => self.check_value(&format!("{name}.{key}"), value, known, find),
                None => find(format!("{name} has no {key}")),
            }
        }
    }
}
