//! The designers' extract of the vendor's documentation (`contract.json`), and how the table is held against it: what
//! documentation says and CSDL does not, such as status codes and beta.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

/// What the table has beside it, with the reason.
const OURS: &[(&str, &str)] = &[(
    "policy.config.get.beta",
    "one configuration is in beta alone, with the shape of its sister in v1.0",
)];

/// Holds the table's operations against the extract, both ways.
pub fn check(path: &Path, table: &Value, findings: &mut BTreeSet<String>) {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let contract: Value = serde_json::from_str(&text).unwrap();
    let operations = |value: &Value| value["operations"].as_array().unwrap().clone();
    let theirs = operations(&contract);
    let own = operations(table);
    let id = |operation: &Value| operation["id"].as_str().unwrap().to_owned();
    for described in &theirs {
        if !own.iter().any(|operation| operation["id"] == described["id"]) {
            findings.insert(format!("the table leaves out {}", described["id"]));
        }
    }
    for operation in &own {
        let ours = OURS.iter().any(|(known, _)| *known == id(operation));
        let Some(described) = theirs.iter().find(|known| known["id"] == operation["id"]) else {
            if !ours {
                findings.insert(format!("{} is documented nowhere", id(operation)));
            }
            continue;
        };
        for key in ["version", "method", "path", "success", "query"] {
            if operation[key] != described[key] {
                findings.insert(format!(
                    "{}: {key} is {}, documented {}",
                    id(operation),
                    operation[key],
                    described[key]
                ));
            }
        }
        for key in ["type", "collection"] {
            if operation["response"][key] != described["response"][key] {
                findings.insert(format!("{}: answers {}", id(operation), described["response"]));
            }
        }
        let names = |operation: &Value| -> BTreeSet<(String, String, bool)> {
            let properties = operation["request"]["properties"].as_array();
            properties
                .into_iter()
                .flatten()
                .map(|property| {
                    (
                        property["name"].to_string(),
                        property["type"].to_string(),
                        property["required"] == true,
                    )
                })
                .collect()
        };
        if names(operation) != names(described) {
            findings.insert(format!(
                "{}: sends {:?}, documented {:?}",
                id(operation),
                names(operation),
                names(described)
            ));
        }
    }
    for (name, known) in contract["enums"].as_object().unwrap() {
        if table["enums"][name]["members"] != known["members"] {
            findings.insert(format!("the members of {name} are {}", known["members"]));
        }
    }
}
