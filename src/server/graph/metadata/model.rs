//! The types that the service answers with, read from their table. What OData makes of them is in `mod.rs`.

use std::collections::BTreeMap;

/// The table.
const TABLE: &str = include_str!("types.txt");
/// The type of what stands at the root.
pub(crate) const CONTAINER: &str = "";

/// What a type is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    /// A thing with an id.
    Entity,
    /// A thing inside another.
    Complex,
    /// One of some words.
    Enum,
    /// The root.
    Container,
}

/// A type, one or several of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Of {
    /// Its name: one of the table's, or one of OData's own.
    pub(crate) name: &'static str,
    /// Whether there are several.
    pub(crate) many: bool,
}

/// A property of a type.
#[derive(Clone, Debug)]
pub(crate) struct Property {
    pub(crate) name: &'static str,
    pub(crate) of: Of,
    /// Whether it is never null.
    pub(crate) required: bool,
    /// Whether beta alone has it.
    pub(crate) beta: bool,
}

/// A way from a thing to others.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    pub(crate) name: &'static str,
    pub(crate) of: Of,
    /// Whether they live in it.
    pub(crate) contained: bool,
    /// Whether they come with it, and have no address here.
    pub(crate) expanded: bool,
    /// Whether beta alone has it.
    pub(crate) beta: bool,
}

/// An action or function of a type.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    /// Whether it changes something.
    pub(crate) acts: bool,
    /// Names and types of what it is given.
    pub(crate) takes: Vec<(&'static str, &'static str)>,
    /// What it gives.
    pub(crate) gives: Option<&'static str>,
}

/// One type.
#[derive(Clone, Debug)]
pub(crate) struct Type {
    pub(crate) name: &'static str,
    pub(crate) sort: Sort,
    pub(crate) base: Option<&'static str>,
    /// Whether beta alone has it.
    pub(crate) beta: bool,
    /// Whether nothing is of it alone.
    pub(crate) is_abstract: bool,
    /// Whether it may hold more than is told.
    pub(crate) open: bool,
    /// The words of an enumeration.
    pub(crate) words: Vec<&'static str>,
    pub(crate) properties: Vec<Property>,
    pub(crate) ways: Vec<Way>,
    pub(crate) operations: Vec<Operation>,
}

/// All types, by name.
pub(crate) struct Model(BTreeMap<&'static str, Type>);

impl Model {
    /// Reads the table.
    pub(crate) fn read() -> Self {
        let mut types: BTreeMap<&'static str, Type> = BTreeMap::new();
        let mut last = None;
        for line in TABLE.lines() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            if line.starts_with(' ') {
                if let Some(ty) = last.and_then(|name| types.get_mut(name)) {
                    ty.take(line.trim());
                }
                continue;
            }
            let ty = Type::begin(line);
            last = Some(ty.name);
            types.insert(ty.name, ty);
        }
        Self(types)
    }

    /// Every type, the root left out.
    pub(crate) fn types(&self) -> impl Iterator<Item = &Type> {
        self.0.values().filter(|ty| ty.sort != Sort::Container)
    }

    /// A type by its name.
    pub(crate) fn get(&self, name: &str) -> Option<&Type> {
        self.0.get(name)
    }

    /// A type and those that it builds on, itself first.
    pub(crate) fn line(&self, name: &str) -> Vec<&Type> {
        let mut line: Vec<&Type> = Vec::new();
        let mut next = self.get(name);
        while let Some(ty) = next {
            line.push(ty);
            next = ty.base.and_then(|base| self.get(base));
        }
        line
    }

    /// Types that build on this one.
    pub(crate) fn below<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Type> {
        self.types()
            .filter(move |ty| ty.name != name && self.line(ty.name).iter().any(|above| above.name == name))
    }
}

impl Type {
    /// `open user : directoryObject`, `enum passkeyType deviceBound synced`
    fn begin(line: &'static str) -> Self {
        let (beta, line) = only_beta(line);
        let mut words = line.split_whitespace();
        let first = words.next().unwrap_or_default();
        let mut ty = Self {
            name: words.next().unwrap_or(CONTAINER),
            sort: match first {
                "complex" | "loose" => Sort::Complex,
                "enum" => Sort::Enum,
                "container" => Sort::Container,
                _ => Sort::Entity,
            },
            base: None,
            beta,
            is_abstract: first == "abstract",
            open: matches!(first, "open" | "loose"),
            words: Vec::new(),
            properties: Vec::new(),
            ways: Vec::new(),
            operations: Vec::new(),
        };
        if ty.sort == Sort::Enum {
            ty.words = words.collect();
        } else if words.next() == Some(":") {
            ty.base = words.next();
        }
        ty
    }

    /// A line below the type.
    fn take(&mut self, line: &'static str) {
        let (beta, line) = only_beta(line);
        let mut words = line.split_whitespace();
        let first = words.next().unwrap_or_default();
        match first {
            ">" | ">>" | ">=" => {
                let name = words.next().unwrap_or_default();
                self.ways.push(Way {
                    name,
                    of: of(words.next().unwrap_or_default()).0,
                    contained: first != ">",
                    expanded: first == ">=",
                    beta,
                });
            }
            "+" | "?" => {
                let name = words.next().unwrap_or_default();
                let mut operation = Operation {
                    name,
                    acts: first == "+",
                    takes: Vec::new(),
                    gives: None,
                };
                while let Some(word) = words.next() {
                    match word.split_once(':') {
                        Some(taken) => operation.takes.push(taken),
                        None => operation.gives = words.next(),
                    }
                }
                self.operations.push(operation);
            }
            name => {
                let (of, required) = of(words.next().unwrap_or_default());
                self.properties.push(Property {
                    name,
                    of,
                    required,
                    beta,
                });
            }
        }
    }
}

/// Takes the mark of beta off a line.
fn only_beta(line: &'static str) -> (bool, &'static str) {
    match line.strip_prefix("~ ") {
        Some(rest) => (true, rest),
        None => (false, line),
    }
}

/// `[String]!`: several, never null.
fn of(text: &'static str) -> (Of, bool) {
    let (text, required) = match text.strip_suffix('!') {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let several = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let of = Of {
        name: several.unwrap_or(text),
        many: several.is_some(),
    };
    (of, required)
}
