//! The vendor's own description of v1.0 (CSDL, an XML file): types, enums, operations, and where a path leads. What
//! is held against it is beside this file. Read where `MFACTL_VENDOR_SPECS` says; nothing of it is copied into the project.

mod calls;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use roxmltree::{Document, Node};

/// Verbs that the description refuses and Microsoft documents all the same: newer than the file.
const NEWER: &[(&str, &str)] = &[("POST", "authentication/fido2Methods")];

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
}

fn named_of(node: Node<'_, '_>) -> String {
    node.attribute("Name").unwrap().to_owned()
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
