//! Which of the model's ways and operations have a route: each route's path is walked through the model.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{CONTAINER, Model, Way};
use crate::server::graph::methods;
use crate::server::graph::route;

/// The route whose only answer is a refusal: the service does not delete methods without their type.
const REFUSES: (&str, &str) = ("DELETE", "users/*/authentication/methods/*");

/// Verbs by the type on which a way stands, and its name.
type Verbs = BTreeMap<(&'static str, &'static str), BTreeSet<&'static str>>;

/// What is served.
#[derive(Debug, Default)]
pub(crate) struct Used {
    /// Ways, each with what can be done there: `GET` of the list, `GET *` of one of it, and so on.
    pub(crate) ways: Verbs,
    /// Operations, by the type on which they stand, and whether they are of a list of it.
    pub(crate) operations: BTreeMap<(&'static str, &'static str), bool>,
    /// Properties that have an address of their own.
    pub(crate) addressed: BTreeSet<(&'static str, &'static str)>,
    /// Paths that the model does not know.
    pub(crate) unknown: Vec<String>,
}

impl Used {
    /// Whether a way from a type is there.
    pub(crate) fn has(&self, on: &'static str, way: &Way) -> bool {
        way.expanded || self.ways.contains_key(&(on, way.name))
    }

    /// What this version serves.
    pub(crate) fn of(model: &Model, beta: bool) -> Self {
        let mut used = Self::default();
        let typed = methods::TYPES.iter().flat_map(|ty| {
            let single = ty.name == "qrCodePinAuthenticationMethod";
            let whole = format!("users/*/authentication/{}", ty.segment);
            let one = if single {
                whole.clone()
            } else {
                format!("{whole}/*")
            };
            let removed = ty.deletable.then(|| ("DELETE", one.clone(), ty.beta));
            [
                Some(("GET", whole, ty.beta)),
                Some(("GET", one, ty.beta)),
                removed,
            ]
            .into_iter()
            .flatten()
        });
        for (verb, path, only_beta) in route::paths().chain(typed) {
            if (beta || !only_beta) && (verb, path.as_str()) != REFUSES && !used.walk(model, verb, &path) {
                used.unknown.push(format!("{verb} {path}"));
            }
        }
        used
    }

    fn walk(&mut self, model: &Model, verb: &'static str, path: &str) -> bool {
        let mut at = CONTAINER;
        let mut through = None;
        let (mut keyed, mut many) = (false, false);
        for segment in path.split('/') {
            match segment {
                "*" => keyed = true,
                "$count" => return true,
                cast if cast.starts_with("microsoft.graph.") => {
                    let Some(ty) = model.get(cast.trim_start_matches("microsoft.graph.")) else {
                        return false;
                    };
                    at = ty.name;
                }
                name => {
                    let line = model.line(at);
                    let below: Vec<_> = model.below(at).collect();
                    let all = || line.iter().copied().chain(below.iter().copied());
                    if let Some((on, way)) =
                        all().find_map(|ty| Some((ty.name, ty.ways.iter().find(|way| way.name == name)?)))
                    {
                        through = Some((on, way.name));
                        (at, keyed, many) = (way.of.name, false, way.of.many);
                        // What leads there is there.
                        self.ways.entry((on, way.name)).or_default();
                    } else if let Some((on, operation)) = all()
                        .find_map(|ty| Some((ty.name, ty.operations.iter().find(|one| one.name == name)?)))
                    {
                        self.operations.insert((on, operation.name), many && !keyed);
                        return true;
                    } else if let Some((on, property)) = all()
                        .find_map(|ty| Some((ty.name, ty.properties.iter().find(|one| one.name == name)?)))
                    {
                        self.addressed.insert((on, property.name));
                        return true;
                    } else {
                        return false;
                    }
                }
            }
        }
        if let Some(place) = through {
            let verb = match (verb, keyed) {
                ("GET", true) => "GET *",
                (verb, _) => verb,
            };
            self.ways.entry(place).or_default().insert(verb);
        }
        true
    }
}
