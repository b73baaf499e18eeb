//! The model as CSDL. Every name comes from the table, so that nothing needs escaping but what is said here.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::model::{CONTAINER, Model, Of, Operation, Sort, Type};
use super::used::Used;

const NAMESPACE: &str = "microsoft.graph";
/// OData's own types that the table uses.
const OWN: [&str; 7] = [
    "Binary",
    "Boolean",
    "DateTimeOffset",
    "Int32",
    "Int64",
    "String",
    "Guid",
];
/// The vocabulary of what can be done with a collection (OASIS odata-vocabularies, Capabilities.V1).
const CAPABILITIES: &str = "Org.OData.Capabilities.V1";

/// The document.
pub(super) fn document(model: &Model, used: &Used, beta: bool) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <edmx:Edmx Version=\"4.0\" xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\">\n\
         <edmx:DataServices>\n\
         <Schema Namespace=\"microsoft.graph\" Alias=\"graph\" xmlns=\"http://docs.oasis-open.org/odata/ns/edm\">\n",
    );
    let reached = reached(model, used, beta);
    for ty in model.types().filter(|ty| reached.contains(ty.name)) {
        match ty.sort {
            Sort::Enum => words(&mut out, ty),
            _ => structure(&mut out, ty, used, beta),
        }
    }
    for ty in model.types() {
        for operation in &ty.operations {
            if let Some(of_list) = used.operations.get(&(ty.name, operation.name)) {
                bound(&mut out, ty, operation, *of_list);
            }
        }
    }
    container(&mut out, model, used);
    restrictions(&mut out, used);
    out.push_str("</Schema>\n</edmx:DataServices>\n</edmx:Edmx>\n");
    out
}

/// Types that can be met: those that ways lead to, what builds on them, and what stands in them.
fn reached(model: &Model, used: &Used, beta: bool) -> BTreeSet<&'static str> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&'static str> = Vec::new();
    for ty in model.types() {
        next.extend(
            ty.ways
                .iter()
                .filter(|way| used.has(ty.name, way))
                .map(|way| way.of.name),
        );
        for operation in ty
            .operations
            .iter()
            .filter(|one| used.operations.contains_key(&(ty.name, one.name)))
        {
            next.extend(
                operation
                    .gives
                    .into_iter()
                    .chain(operation.takes.iter().map(|(_, of)| *of)),
            );
        }
    }
    if let Some(root) = model.get(CONTAINER) {
        let ways = root.ways.iter();
        next.extend(ways.filter(|way| used.has(CONTAINER, way)).map(|way| way.of.name));
    }
    while let Some(name) = next.pop() {
        let Some(ty) = model.get(name) else { continue };
        if !reached.insert(ty.name) {
            continue;
        }
        next.extend(ty.base);
        // What builds on a method of beta alone is reached by its own way.
        next.extend(
            model
                .below(ty.name)
                .filter(|below| is_there(model, below, used, beta))
                .map(|below| below.name),
        );
        next.extend(
            ty.properties
                .iter()
                .filter(|one| beta || !one.beta)
                .map(|one| one.of.name),
        );
        next.extend(
            ty.ways
                .iter()
                .filter(|way| used.has(ty.name, way))
                .map(|way| way.of.name),
        );
    }
    reached
}

/// Whether this version has a type: those that only ways of beta lead to are beta's.
fn is_there(model: &Model, ty: &Type, used: &Used, beta: bool) -> bool {
    let ways: Vec<_> = model
        .types()
        .flat_map(|from| from.ways.iter().map(move |way| (from.name, way)))
        .filter(|(_, way)| way.of.name == ty.name)
        .collect();
    beta || !ty.beta && ways.is_empty() || ways.iter().any(|(from, way)| !way.beta && used.has(from, way))
}

fn named(of: &str) -> String {
    if OWN.contains(&of) {
        format!("Edm.{of}")
    } else {
        format!("graph.{of}")
    }
}

fn type_of(of: &Of) -> String {
    if of.many {
        format!("Collection({})", named(of.name))
    } else {
        named(of.name)
    }
}

// Writing to a String does not fail.
macro_rules! line {
    ($out:expr, $($text:tt)*) => {
        let _ = writeln!($out, $($text)*);
    };
}

fn words(out: &mut String, ty: &Type) {
    line!(out, "<EnumType Name=\"{}\">", ty.name);
    for (value, word) in ty.words.iter().enumerate() {
        line!(out, "<Member Name=\"{word}\" Value=\"{value}\"/>");
    }
    line!(
        out,
        "<Member Name=\"unknownFutureValue\" Value=\"{}\"/>",
        ty.words.len()
    );
    line!(out, "</EnumType>");
}

fn structure(out: &mut String, ty: &Type, used: &Used, beta: bool) {
    let tag = if ty.sort == Sort::Entity {
        "EntityType"
    } else {
        "ComplexType"
    };
    let mut head = format!("<{tag} Name=\"{}\"", ty.name);
    if let Some(base) = ty.base {
        let _ = write!(head, " BaseType=\"graph.{base}\"");
    }
    for (is_so, attribute) in [(ty.is_abstract, "Abstract"), (ty.open, "OpenType")] {
        if is_so {
            let _ = write!(head, " {attribute}=\"true\"");
        }
    }
    line!(out, "{head}>");
    if ty.base.is_none() && ty.sort == Sort::Entity {
        line!(out, "<Key><PropertyRef Name=\"id\"/></Key>");
    }
    for property in ty.properties.iter().filter(|one| beta || !one.beta) {
        let required = if property.required {
            " Nullable=\"false\""
        } else {
            ""
        };
        line!(
            out,
            "<Property Name=\"{}\" Type=\"{}\"{required}/>",
            property.name,
            type_of(&property.of)
        );
    }
    for way in ty.ways.iter().filter(|way| used.has(ty.name, way)) {
        let contained = if way.contained {
            " ContainsTarget=\"true\""
        } else {
            ""
        };
        line!(
            out,
            "<NavigationProperty Name=\"{}\" Type=\"{}\"{contained}/>",
            way.name,
            type_of(&way.of)
        );
    }
    line!(out, "</{tag}>");
}

fn bound(out: &mut String, ty: &Type, operation: &Operation, of_list: bool) {
    let tag = if operation.acts { "Action" } else { "Function" };
    line!(out, "<{tag} Name=\"{}\" IsBound=\"true\">", operation.name);
    let on = Of {
        name: ty.name,
        many: of_list,
    };
    line!(
        out,
        "<Parameter Name=\"bindingParameter\" Type=\"{}\"/>",
        type_of(&on)
    );
    for (name, of) in &operation.takes {
        line!(out, "<Parameter Name=\"{name}\" Type=\"{}\"/>", named(of));
    }
    if let Some(gives) = operation.gives {
        line!(out, "<ReturnType Type=\"{}\"/>", named(gives));
    }
    line!(out, "</{tag}>");
}

fn container(out: &mut String, model: &Model, used: &Used) {
    let Some(root) = model.get(CONTAINER) else { return };
    line!(out, "<EntityContainer Name=\"GraphService\">");
    for way in root.ways.iter().filter(|way| used.has(CONTAINER, way)) {
        let tag = if way.of.many { "EntitySet" } else { "Singleton" };
        let of = if way.of.many { "EntityType" } else { "Type" };
        line!(
            out,
            "<{tag} Name=\"{}\" {of}=\"graph.{}\"/>",
            way.name,
            way.of.name
        );
    }
    line!(out, "</EntityContainer>");
}

/// What can be done where, by the routes.
fn restrictions(out: &mut String, used: &Used) {
    for ((on, way), verbs) in &used.ways {
        let target = if *on == CONTAINER {
            format!("{NAMESPACE}.GraphService/{way}")
        } else {
            format!("{NAMESPACE}.{on}/{way}")
        };
        line!(out, "<Annotations Target=\"{target}\">");
        let is = |wanted: &[&str]| wanted.iter().any(|verb| verbs.contains(verb));
        for (term, word, may) in [
            ("ReadRestrictions", "Readable", is(&["GET", "GET *"])),
            ("InsertRestrictions", "Insertable", is(&["POST", "PUT"])),
            ("UpdateRestrictions", "Updatable", is(&["PATCH"])),
            ("DeleteRestrictions", "Deletable", is(&["DELETE"])),
        ] {
            line!(
                out,
                "<Annotation Term=\"{CAPABILITIES}.{term}\"><Record><PropertyValue Property=\"{word}\" \
                 Bool=\"{may}\"/></Record></Annotation>"
            );
        }
        line!(out, "</Annotations>");
    }
}
