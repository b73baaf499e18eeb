//! Does the check find what is wrong? Faults are put into the table, into what the client sent and into what the service
//! answered, one at a time, and each has to be found.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::exchange::Exchange;
use crate::table::Table;
use crate::tests::{everything, judge};

/// A fault in the table, in words and done.
type Change<'a> = (&'a str, &'a dyn Fn(&mut Value));

fn findings(table: &Table, exchange: &Exchange) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    judge(table, exchange, &mut found);
    found
}

/// One call of each operation that fits this and is well as it stands.
async fn samples(fits: impl Fn(&Exchange) -> bool) -> (Table, BTreeMap<String, Exchange>) {
    let table = Table::read();
    let mut samples = BTreeMap::new();
    for exchange in everything().await.iter().filter(|exchange| fits(exchange)) {
        if let Some(id) = table.id(exchange)
            && id != "batch.v1.0"
            && id != "batch.beta"
        {
            assert_eq!(findings(&table, exchange), BTreeSet::new());
            samples.entry(id).or_insert_with(|| exchange.clone());
        }
    }
    (table, samples)
}

/// The mutants of a body: each of its properties by another name, and of another type.
fn mutants(body: &Value) -> Vec<(String, Value)> {
    let mut made = Vec::new();
    let Value::Object(object) = body else {
        return made;
    };
    for (key, value) in object.iter().filter(|(key, _)| !key.contains('@')) {
        let mut renamed = body.clone();
        let renamed_body = renamed.as_object_mut().unwrap();
        renamed_body.remove(key);
        renamed_body.insert(format!("{key}x"), value.clone());
        made.push((format!("{key} by another name"), renamed));
        let mut retyped = body.clone();
        retyped[key] = match value {
            Value::Number(_) => json!("seven"),
            Value::Object(_) | Value::Array(_) => json!("text"),
            _ => json!(7),
        };
        made.push((format!("{key} of another type"), retyped));
    }
    made
}

/// How many faults are made of the samples, and those that nobody finds.
fn not_found(
    table: &Table,
    samples: &BTreeMap<String, Exchange>,
    faults: impl Fn(&Exchange) -> Vec<(String, Exchange)>,
) -> (usize, Vec<String>) {
    let (mut made, mut survived) = (0, Vec::new());
    for (id, exchange) in samples {
        let bad = faults(exchange);
        made += bad.len();
        let left = bad
            .iter()
            .filter(|(_, exchange)| findings(table, exchange).is_empty());
        survived.extend(left.map(|(what, _)| format!("{id}: {what}")));
    }
    (made, survived)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_client_would_send_wrongly_is_found() {
    let (table, samples) = samples(|exchange| exchange.ours && exchange.request.is_some()).await;
    let (made, mut survived) = not_found(&table, &samples, |exchange| {
        let body = exchange.request.clone().unwrap();
        let mut bad: Vec<(String, Exchange)> = mutants(&body)
            .into_iter()
            .map(|(what, body)| {
                let request = Some(body);
                (
                    what,
                    Exchange {
                        request,
                        ..exchange.clone()
                    },
                )
            })
            .collect();
        let target = format!("{}x", exchange.target);
        bad.push((
            "another path".into(),
            Exchange {
                target,
                ..exchange.clone()
            },
        ));
        let method = if exchange.method == "PUT" { "POST" } else { "PUT" }.to_owned();
        bad.push((
            "another verb".into(),
            Exchange {
                method,
                ..exchange.clone()
            },
        ));
        let mut more = body;
        more["surplus"] = json!(true);
        bad.push((
            "a surplus property".into(),
            Exchange {
                request: Some(more),
                ..exchange.clone()
            },
        ));
        bad
    });
    println!(
        "{made} faults in what the client sends, {} not found",
        survived.len()
    );
    assert!(
        samples.len() >= 8 && made > 40,
        "{made} faults in {} calls",
        samples.len()
    );
    // The id at the end of a path may be anything.
    survived.retain(|what| !what.ends_with("another path"));
    assert_eq!(survived, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_service_would_answer_wrongly_is_found() {
    let has_body = |exchange: &Exchange| exchange.succeeded() && exchange.response.is_some();
    let (table, samples) = samples(has_body).await;
    let (made, survived) = not_found(&table, &samples, |exchange| {
        let body = exchange.response.clone().unwrap();
        let mut bad: Vec<(String, Value)> = mutants(&body);
        // Of a list, the first item.
        let first = body["value"][0].clone();
        for (what, item) in mutants(&first) {
            let mut list = body.clone();
            list["value"][0] = item;
            bad.push((format!("an item with {what}"), list));
        }
        let mut bad: Vec<(String, Exchange)> = bad
            .into_iter()
            .map(|(what, body)| {
                let response = Some(body);
                (
                    what,
                    Exchange {
                        response,
                        ..exchange.clone()
                    },
                )
            })
            .collect();
        bad.push((
            "another status".into(),
            Exchange {
                status: 206,
                ..exchange.clone()
            },
        ));
        bad.push((
            "no body".into(),
            Exchange {
                response: None,
                ..exchange.clone()
            },
        ));
        bad
    });
    println!(
        "{made} faults in what the service answers, {} not found",
        survived.len()
    );
    assert!(
        samples.len() >= 30 && made > 300,
        "{made} faults in {} calls",
        samples.len()
    );
    assert_eq!(survived, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_table_would_describe_wrongly_is_found() {
    let (table, samples) = samples(Exchange::succeeded).await;
    let wrong = |change: &dyn Fn(&mut Value)| {
        let mut bad = table.clone();
        change(&mut bad.0);
        let mut found = BTreeSet::new();
        for exchange in samples.values() {
            judge(&bad, exchange, &mut found);
        }
        !found.is_empty()
    };
    let (mut made, mut survived) = (0, Vec::new());
    for id in samples.keys() {
        let operations = table.0["operations"].as_array().unwrap();
        let index = operations
            .iter()
            .position(|operation| operation["id"] == id.as_str())
            .unwrap();
        let changes: [Change<'_>; 3] = [
            ("another path", &|bad| {
                bad["operations"][index]["path"] = json!("/elsewhere")
            }),
            ("another verb", &|bad| {
                bad["operations"][index]["method"] = json!("HEAD")
            }),
            ("another status", &|bad| {
                bad["operations"][index]["success"] = json!([299])
            }),
        ];
        for (what, change) in changes {
            made += 1;
            if !wrong(change) {
                survived.push(format!("{id}: {what}"));
            }
        }
    }
    let types = [
        "phoneAuthenticationMethod",
        "emailAuthenticationMethod",
        "temporaryAccessPassAuthenticationMethod",
        "user",
        "userRegistrationDetails",
    ];
    for name in types {
        for key in [
            "phoneNumber",
            "emailAddress",
            "isUsable",
            "userPrincipalName",
            "isMfaCapable",
        ] {
            if table.0["types"][name]["properties"].get(key).is_none() {
                continue;
            }
            made += 1;
            let gone = |bad: &mut Value| {
                bad["types"][name]["properties"]
                    .as_object_mut()
                    .unwrap()
                    .remove(key);
            };
            if !wrong(&gone) {
                survived.push(format!("{name} without {key}"));
            }
        }
    }
    for name in [
        "authenticationPhoneType",
        "authenticationMethodState",
        "longRunningOperationStatus",
    ] {
        made += 1;
        if !wrong(&|bad| bad["enums"][name]["members"] = json!(["unknownFutureValue"])) {
            survived.push(format!("{name} without its members"));
        }
    }
    println!("{made} faults in the table, {} not found", survived.len());
    assert!(made > 100, "only {made} faults were made");
    assert_eq!(survived, Vec::<String>::new());
}
