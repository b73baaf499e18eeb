//! What is served has the shape that `$metadata` tells: every property is one of its type, and every value is of its sort.

use serde_json::Value;

use super::*;
use crate::server::graph::metadata::model::{CONTAINER, Model, Of, Sort};

struct Held {
    model: Model,
    wrong: Vec<String>,
    objects: usize,
}

impl Held {
    /// Holds an object against its type, or the one that it names itself.
    fn object(&mut self, place: &str, name: &str, value: &Value, beta: bool) {
        let Some(object) = value.as_object() else {
            self.wrong.push(format!("{place}: {value} is no {name}"));
            return;
        };
        self.objects += 1;
        let own = object
            .get("@odata.type")
            .and_then(Value::as_str)
            .map(|ty| ty.trim_start_matches("#microsoft.graph.").to_owned());
        let name = own.unwrap_or_else(|| name.to_owned());
        let line = self.model.line(&name);
        if line.is_empty() {
            self.wrong.push(format!("{place}: type {name} is not told"));
            return;
        }
        let loose = line
            .iter()
            .any(|ty| ty.open && ty.name == "authenticationMethodTarget");
        let mut next: Vec<(String, Of, bool, Value)> = Vec::new();
        for (key, value) in object.iter().filter(|(key, _)| !key.contains('@')) {
            let property = line
                .iter()
                .flat_map(|ty| &ty.properties)
                .find(|one| one.name == *key);
            let way = line.iter().flat_map(|ty| &ty.ways).find(|one| one.name == *key);
            let place = format!("{place}.{key}");
            match (property, way) {
                (Some(one), _) if one.beta && !beta => self.wrong.push(format!("{place}: beta alone has it")),
                (Some(one), _) => next.push((place, one.of.clone(), one.required, value.clone())),
                (None, Some(way)) => next.push((place, way.of.clone(), false, value.clone())),
                (None, None) if loose => {}
                (None, None) => self.wrong.push(format!("{place}: {name} has no such property")),
            }
        }
        for (place, of, required, value) in next {
            self.value(&place, &of, required, &value, beta);
        }
    }

    fn value(&mut self, place: &str, of: &Of, required: bool, value: &Value, beta: bool) {
        if value.is_null() {
            if required {
                self.wrong.push(format!("{place} is null"));
            }
            return;
        }
        if of.many {
            let one = Of {
                name: of.name,
                many: false,
            };
            match value.as_array() {
                Some(items) => items
                    .iter()
                    .for_each(|item| self.value(place, &one, true, item, beta)),
                None => self.wrong.push(format!("{place}: {value} is no list")),
            }
            return;
        }
        let fits = match of.name {
            "String" | "Binary" => value.is_string(),
            "Boolean" => value.is_boolean(),
            "Int32" | "Int64" => value.is_i64(),
            "DateTimeOffset" => value
                .as_str()
                .is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
            name => match self.model.get(name) {
                Some(ty) if ty.sort == Sort::Enum => {
                    value.as_str().is_some_and(|word| ty.words.contains(&word))
                }
                Some(_) => {
                    self.object(place, name, value, beta);
                    true
                }
                None => false,
            },
        };
        if !fits {
            self.wrong.push(format!("{place}: {value} is no {}", of.name));
        }
    }
}

#[tokio::test]
async fn what_is_served_is_what_metadata_tells() {
    let service = Service::demo().await;
    let mut held = Held {
        model: Model::read(),
        wrong: Vec::new(),
        objects: 0,
    };
    let users = service.get("/v1.0/users?$top=999").await.body["value"].clone();
    let mut calls: Vec<(String, &str, bool)> = Vec::new();
    for version in ["v1.0", "beta"] {
        let beta = version == "beta";
        for (path, of, many) in [
            ("users?$top=999", "user", true),
            ("groups?$top=999", "group", true),
            ("devices", "device", true),
            ("directoryRoles", "directoryRole", true),
            (
                "roleManagement/directory/roleDefinitions",
                "unifiedRoleDefinition",
                true,
            ),
            (
                "roleManagement/directory/roleAssignments",
                "unifiedRoleAssignment",
                true,
            ),
            (
                "policies/authenticationMethodsPolicy",
                "authenticationMethodsPolicy",
                false,
            ),
            (
                "reports/authenticationMethods/userRegistrationDetails",
                "userRegistrationDetails",
                true,
            ),
        ] {
            calls.push((format!("/{version}/{path}"), of, many));
        }
        if beta {
            let tokens = "/beta/directory/authenticationMethodDevices/hardwareOathDevices";
            calls.push((
                tokens.to_owned(),
                "hardwareOathTokenAuthenticationMethodDevice",
                true,
            ));
        }
        for user in users.as_array().unwrap() {
            let id = user["id"].as_str().unwrap();
            let at = format!("/{version}/users/{id}");
            calls.push((
                format!("{at}?$select=id,userType,accountEnabled,signInActivity,createdDateTime"),
                "user",
                false,
            ));
            calls.push((format!("{at}/transitiveMemberOf"), "directoryObject", true));
            calls.push((format!("{at}/registeredDevices"), "directoryObject", true));
            calls.push((
                format!("{at}/authentication/methods"),
                "authenticationMethod",
                true,
            ));
            for ty in crate::server::graph::methods::TYPES
                .iter()
                .filter(|ty| beta || !ty.beta)
            {
                let many = ty.name != "qrCodePinAuthenticationMethod";
                calls.push((format!("{at}/authentication/{}", ty.segment), ty.name, many));
            }
            if beta {
                calls.push((
                    format!("{at}/authentication/signInPreferences"),
                    "signInPreferences",
                    false,
                ));
                calls.push((
                    format!("{at}/authentication/requirements"),
                    "strongAuthenticationRequirements",
                    false,
                ));
            }
        }
    }
    for (path, of, many) in calls {
        let answer = service.get(&path).await;
        if answer.status == 404 && of.starts_with("qrCodePin") {
            continue;
        }
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        let beta = path.starts_with("/beta");
        if many {
            for item in answer.body["value"].as_array().unwrap() {
                held.object(&path, of, item, beta);
            }
        } else {
            held.object(&path, of, &answer.body, beta);
        }
    }
    assert!(held.model.get(CONTAINER).is_some());
    assert!(held.objects > 500, "only {} objects were held", held.objects);
    held.wrong.dedup();
    assert!(
        held.wrong.is_empty(),
        "{} of {}:\n{}",
        held.wrong.len(),
        held.objects,
        held.wrong[..held.wrong.len().min(40)].join("\n")
    );
}

#[tokio::test]
async fn metadata_needs_no_token_and_is_xml() {
    let service = Service::demo().await;
    for version in ["v1.0", "beta"] {
        let request = Request::builder()
            .uri(format!("/{version}/$metadata"))
            .body(Body::empty())
            .unwrap();
        let answer = service.send(request).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers["content-type"], "application/xml");
    }
}
