//! The document holds what the routes serve, no more, and is XML; what is served has the shape that it tells is held in
//! `server/tests/metadata.rs`.

use super::model::{Model, Sort};
use super::used::Used;
use super::*;

/// Names of elements that are open at each place, and the attributes met; panics where they do not nest.
fn elements(document: &str) -> Vec<(String, String)> {
    let mut open: Vec<String> = Vec::new();
    let mut all = Vec::new();
    for part in document.split('<').skip(1) {
        let (tag, text) = part.split_once('>').expect("a tag ends");
        assert!(text.trim().is_empty(), "text stands between tags: {text}");
        if tag.starts_with('?') {
            continue;
        }
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(closed));
            continue;
        }
        let whole = tag.trim_end_matches('/');
        let (name, attributes) = whole.split_once(' ').unwrap_or((whole, ""));
        assert_eq!(attributes.matches('"').count() % 2, 0, "{tag}");
        assert!(!attributes.contains('&'), "{tag}");
        all.push((name.to_owned(), attributes.to_owned()));
        if !tag.ends_with('/') {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty(), "{open:?} are never closed");
    all
}

#[test]
fn every_route_stands_in_the_document_of_its_version() {
    for beta in [false, true] {
        let used = Used::of(&Model::read(), beta);
        assert!(used.unknown.is_empty(), "{:?}", used.unknown);
        assert!(used.ways.len() > 20 && used.operations.len() > 5, "{used:?}");
    }
}

#[test]
fn every_type_that_is_named_is_told_and_told_once() {
    for beta in [false, true] {
        let all = elements(&document(beta));
        let value = |attributes: &str, key: &str| {
            let rest = attributes.split_once(&format!("{key}=\""))?.1;
            Some(rest.split_once('"')?.0.to_owned())
        };
        let mut told: Vec<String> = all
            .iter()
            .filter(|(name, _)| ["EntityType", "ComplexType", "EnumType"].contains(&name.as_str()))
            .filter_map(|(_, attributes)| value(attributes, "Name"))
            .collect();
        told.sort();
        let count = told.len();
        told.dedup();
        assert_eq!(told.len(), count);
        let mut named = 0;
        for (_, attributes) in &all {
            for key in ["Type", "BaseType", "EntityType"] {
                let Some(name) = value(attributes, key) else {
                    continue;
                };
                let name = name.trim_start_matches("Collection(").trim_end_matches(')');
                if let Some(own) = name.strip_prefix("graph.") {
                    assert!(told.iter().any(|one| one == own), "{own} is named and not told");
                    named += 1;
                }
            }
        }
        assert!(named > 100, "{named}");
    }
}

#[test]
fn what_only_beta_has_stands_in_its_document_alone() {
    let (stable, beta) = (document(false), document(true));
    for only in [
        "signInPreferences",
        "perUserMfaState",
        "transitiveRoleAssignments",
        "hardwareOathMethods",
    ] {
        assert!(beta.contains(only) && !stable.contains(only), "{only}");
    }
    for bound in [
        "<Action Name=\"assignAndActivate\" IsBound=\"true\">\n<Parameter Name=\"bindingParameter\" \
         Type=\"Collection(graph.hardwareOathAuthenticationMethod)\"/>",
        "<Action Name=\"resetPassword\" IsBound=\"true\">\n<Parameter Name=\"bindingParameter\" \
         Type=\"graph.authenticationMethod\"/>",
    ] {
        assert!(beta.contains(bound), "{bound}");
    }
    assert!(
        stable.contains("<NavigationProperty Name=\"phoneMethods\""),
        "{stable}"
    );
    let target = "<Annotations Target=\"microsoft.graph.authentication/methods\">";
    let methods = stable.split_once(target).expect("it is told").1;
    let methods = methods.split_once("</Annotations>").expect("it ends").0;
    assert!(methods.contains("\"Deletable\" Bool=\"false\""), "{methods}");
    assert!(
        Model::read()
            .types()
            .all(|ty| ty.sort != Sort::Enum || !ty.words.is_empty())
    );
}
