//! The vendor's own description of v1.0 (CSDL, an XML file), and how calls and the project's table are held against it.
//! Read where `MFACTL_VENDOR_SPECS` says; nothing of it is copied into the project.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use roxmltree::{Document, Node};
use serde_json::Value;

use crate::exchange::Exchange;

/// Verbs that the description refuses and Microsoft documents all the same: newer than the file.
const NEWER: &[(&str, &str)] = &[("POST", "authentication/fido2Methods")];

/// Shapes of the protocol itself, which no description of types holds.
const WRAPPERS: &[&str] = &[
    "batchRequestItem",
    "batchResponse",
    "batchResponseItem",
    "booleanValue",
];

/// A type as it is named in a property, a parameter or an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Of {
    name: String,
    collection: bool,
    nullable: bool,
}

#[derive(Default)]
struct Type {
    base: Option<String>,
    properties: BTreeMap<String, Of>,
}

/// An action or a function, bound to a type.
struct Bound {
    name: String,
    action: bool,
    to: Of,
    parameters: BTreeMap<String, Of>,
    gives: Option<Of>,
}

/// The description.
#[derive(Default)]
pub struct Csdl {
    types: BTreeMap<String, Type>,
    enums: BTreeMap<String, Vec<String>>,
    bound: Vec<Bound>,
    /// What paths begin with.
    roots: BTreeMap<String, Of>,
    /// `type/navigation` with the verbs that it does not take.
    refused: BTreeSet<(String, &'static str)>,
}

/// Where a path leads.
struct Place<'a> {
    of: Of,
    /// `type/navigation` that led there.
    through: String,
    bound: Option<&'a Bound>,
}

fn short(name: &str) -> &str {
    name.trim_start_matches("microsoft.").trim_start_matches("graph.")
}

fn of(node: Node<'_, '_>, attribute: &str) -> Of {
    let name = node.attribute(attribute).unwrap();
    let inner = name
        .strip_prefix("Collection(")
        .and_then(|rest| rest.strip_suffix(')'));
    Of {
        name: short(inner.unwrap_or(name)).to_owned(),
        collection: inner.is_some(),
        nullable: node.attribute("Nullable") != Some("false"),
    }
}

impl Csdl {
    /// Reads it.
    pub fn read(path: &Path) -> Self {
        let text =
            std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let document = Document::parse(&text).unwrap();
        let mut csdl = Self::default();
        let schema = document
            .descendants()
            .find(|node| node.has_tag_name_local("Schema"));
        for node in schema.unwrap().children().filter(Node::is_element) {
            csdl.take(node);
        }
        assert!(csdl.types.len() > 50 && csdl.roots.len() > 5 && !csdl.refused.is_empty());
        csdl
    }

    fn take(&mut self, node: Node<'_, '_>) {
        let name = || node.attribute("Name").unwrap().to_owned();
        let inside = |tag: &'static str| node.children().filter(move |child| child.has_tag_name_local(tag));
        let named = |child: Node<'_, '_>| (child.attribute("Name").unwrap().to_owned(), of(child, "Type"));
        match node.tag_name().name() {
            "EnumType" => {
                let members = inside("Member").map(|member| member.attribute("Name").unwrap().to_owned());
                self.enums.insert(name(), members.collect());
            }
            "EntityType" | "ComplexType" => {
                let properties = inside("Property").chain(inside("NavigationProperty")).map(named);
                let base = node.attribute("BaseType").map(|base| short(base).to_owned());
                let properties = properties.collect();
                self.types.insert(name(), Type { base, properties });
            }
            "Action" | "Function" => {
                let mut parameters: Vec<_> = inside("Parameter").map(named).collect();
                let (_, to) = parameters.remove(0);
                self.bound.push(Bound {
                    name: name(),
                    action: node.tag_name().name() == "Action",
                    to,
                    parameters: parameters.into_iter().collect(),
                    gives: inside("ReturnType").next().map(|node| of(node, "Type")),
                });
            }
            "EntityContainer" => {
                for child in inside("EntitySet") {
                    let whole = Of {
                        collection: true,
                        ..of(child, "EntityType")
                    };
                    self.roots.insert(named_of(child), whole);
                }
                for child in inside("Singleton") {
                    self.roots.insert(named_of(child), of(child, "Type"));
                }
            }
            "Annotations" => {
                let target = short(node.attribute("Target").unwrap());
                let verbs = [
                    ("Insertable", "POST"),
                    ("Updatable", "PATCH"),
                    ("Deletable", "DELETE"),
                ];
                for (word, verb) in verbs {
                    let refuses = node.descendants().any(|value| {
                        value.attribute("Property") == Some(word) && value.attribute("Bool") == Some("false")
                    });
                    if refuses {
                        self.refused.insert((target.to_owned(), verb));
                    }
                }
            }
            _ => {}
        }
    }

    /// How many types, enums and operations it describes.
    pub fn size(&self) -> (usize, usize, usize) {
        (self.types.len(), self.enums.len(), self.bound.len())
    }

    fn bases<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        std::iter::successors(Some(name), |name| self.types.get(*name)?.base.as_deref())
    }

    fn property(&self, name: &str, key: &str) -> Option<&Of> {
        self.bases(name)
            .find_map(|name| self.types.get(name)?.properties.get(key))
    }

    fn is_a(&self, name: &str, base: &str) -> bool {
        self.bases(name).any(|name| name == base)
    }

    /// Follows a path from its root.
    fn place(&self, path: &str) -> Option<Place<'_>> {
        let mut parts = path.trim_start_matches('/').split('/');
        let root = self.roots.get(parts.next()?)?;
        let mut place = Place {
            of: root.clone(),
            through: String::new(),
            bound: None,
        };
        for part in parts {
            if place.bound.is_some() || part.is_empty() {
                return None;
            }
            let word = part.split('(').next()?;
            let fits = |bound: &&Bound| {
                bound.name == word
                    && bound.to.collection == place.of.collection
                    && self.is_a(&place.of.name, &bound.to.name)
            };
            // The longest list of parameters describes what may be sent.
            let bound = self.bound.iter().filter(fits);
            if let Some(bound) = bound.max_by_key(|bound| bound.parameters.len()) {
                place.bound = Some(bound);
                continue;
            }
            if let Some(cast) = part.strip_prefix("microsoft.graph.") {
                if !self.is_a(cast, &place.of.name) {
                    return None;
                }
                place.of.name = cast.to_owned();
                continue;
            }
            if place.of.collection {
                place.of.collection = false;
                continue;
            }
            let next = self.property(&place.of.name, word)?;
            place.through = format!("{}/{word}", place.of.name);
            place.of = next.clone();
        }
        Some(place)
    }

    /// Whether a verb may be used on a path, with what it takes and gives.
    fn takes(&self, method: &str, path: &str) -> Result<Place<'_>, String> {
        let place = self.place(path).ok_or_else(|| format!("no such path: {path}"))?;
        let fits = match (place.bound, method) {
            (Some(bound), method) => method == if bound.action { "POST" } else { "GET" },
            (None, "GET") => true,
            (None, "POST") => place.of.collection,
            (None, "PATCH" | "DELETE") => !place.of.collection,
            _ => false,
        };
        let refused = place.bound.is_none()
            && self
                .refused
                .iter()
                .any(|(target, verb)| *target == place.through && *verb == method)
            && !NEWER.contains(&(method, place.through.as_str()));
        if fits && !refused {
            Ok(place)
        } else {
            Err(format!("{method} is not taken on {path}"))
        }
    }

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

fn named_of(node: Node<'_, '_>) -> String {
    node.attribute("Name").unwrap().to_owned()
}

fn of_table(property: &Value) -> Of {
    Of {
        name: property["type"].as_str().unwrap().to_owned(),
        collection: property["collection"] == true,
        nullable: property["nullable"] != false,
    }
}

/// The name of an element, whatever its namespace.
trait Local {
    fn has_tag_name_local(&self, name: &str) -> bool;
}

impl Local for Node<'_, '_> {
    fn has_tag_name_local(&self, name: &str) -> bool {
        self.is_element() && self.tag_name().name() == name
    }
}
