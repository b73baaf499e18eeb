//! What the project's own table lists, held against the description: paths, verbs, types and enums, both ways.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Csdl, Of, Place};

/// Shapes of the protocol itself, which no description of types holds.
const WRAPPERS: &[&str] = &[
    "batchRequestItem",
    "batchResponse",
    "batchResponseItem",
    "booleanValue",
];

impl Csdl {
    /// Holds the project's table against the description: paths, verbs, types, enums, both ways.
    pub fn check_table(&self, table: &Value, findings: &mut BTreeSet<String>) {
        let mut find = |what: String| {
            findings.insert(what);
        };
        for operation in table["operations"].as_array().unwrap() {
            let (method, path) = (
                operation["method"].as_str().unwrap(),
                operation["path"].as_str().unwrap(),
            );
            if operation["version"] != "v1.0" || path == "/$batch" {
                continue;
            }
            match self.takes(method, path) {
                Err(why) => find(why),
                Ok(place) => self.check_operation(operation, &place, &mut find),
            }
        }
        for (name, kind) in table["types"].as_object().unwrap() {
            if kind["version"] != "v1.0" || WRAPPERS.contains(&name.as_str()) {
                continue;
            }
            let Some(described) = self.types.get(name) else {
                find(format!("the description has no type {name}"));
                continue;
            };
            let base = described.base.as_deref();
            if kind["base"].as_str() != base {
                find(format!("{name} is made of {base:?}"));
            }
            let listed = kind["properties"].as_object().unwrap();
            for (key, property) in listed {
                let beside = property["inMetadata"] == false || property["versions"] == "beta";
                match described.properties.get(key) {
                    Some(known) if *known == of_table(property) => {}
                    None if beside || property["versions"].is_array() => {}
                    known => find(format!("{name}.{key} is {known:?}, not {property}")),
                }
            }
            for key in described
                .properties
                .keys()
                .filter(|key| !listed.contains_key(*key))
            {
                find(format!("the table leaves out {name}.{key}"));
            }
        }
        for (name, known) in table["enums"].as_object().unwrap() {
            if known["version"] != "v1.0" {
                continue;
            }
            let members: Vec<&str> = known["members"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(Value::as_str)
                .collect();
            if self.enums.get(name).is_none_or(|described| *described != members) {
                find(format!("the members of {name} are {:?}", self.enums.get(name)));
            }
        }
    }

    fn check_operation(&self, operation: &Value, place: &Place<'_>, find: &mut impl FnMut(String)) {
        let id = &operation["id"];
        let gives = match place.bound {
            Some(bound) => bound.gives.as_ref(),
            None => Some(&place.of),
        };
        let told = operation["response"]["type"].as_str();
        let fits = match (told, gives.map(|of| of.name.as_str())) {
            (None, _) => true,
            (Some("booleanValue"), Some("Edm.Boolean")) => true,
            (Some(told), Some(known)) => self.is_a(told, known),
            (Some(_), None) => false,
        };
        if !fits {
            find(format!("{id} answers {gives:?}, not {told:?}"));
        }
        let properties = operation["request"]["properties"].as_array();
        for property in properties.into_iter().flatten() {
            let name = property["name"].as_str().unwrap();
            let known = match place.bound {
                Some(bound) => bound.parameters.get(name),
                None => self.property(&place.of.name, name),
            };
            let told = of_table(property);
            if known.is_none_or(|known| (&known.name, known.collection) != (&told.name, told.collection)) {
                find(format!("{id} sends {name} as {known:?}, not {property}"));
            }
        }
    }
}

fn of_table(property: &Value) -> Of {
    Of {
        name: property["type"].as_str().unwrap().to_owned(),
        collection: property["collection"] == true,
        nullable: property["nullable"] != false,
    }
}
