//! What reads show of the assumptions: a few calls about a few people, and what their answers mean.

use std::collections::BTreeSet;

use serde_json::Value;

use super::ASSUMPTIONS;
use crate::domain::{Held, MethodKind, Result, UserId, Verified};
use crate::http::{Request, Response};
use crate::services::entra::EntraService;
use crate::services::entra::error::{means_no_person, service_code};
use crate::services::entra::graph::{BETA, V1, read_of};
use crate::services::entra::wire::{PHONE_IDS, kind_of, read_number, reported_kind, system_preferred_kind};

/// How many people are looked at: those of one batch.
const PEOPLE: usize = 20;
/// What the inventory of hardware tokens is assumed to want.
const INVENTORY: [&str; 2] = [
    "Policy.Read.AuthenticationMethod",
    "Policy.ReadWrite.AuthenticationMethod",
];

/// How something stands, and what was seen.
type Finding = (Held, String);

fn unseen(why: impl Into<String>) -> Finding {
    (Held::CannotTell, why.into())
}

/// What the reads brought.
struct Seen {
    /// The lists of methods that were answered.
    lists: Vec<Vec<Value>>,
    /// What the first list answered.
    first: Option<Answer>,
    preferences: Vec<Value>,
    absent: Option<Answer>,
    search: Answer,
    report: Answer,
    inventory: Answer,
}

/// An answer, or why there is none.
type Answer = Result<Response>;

impl EntraService {
    /// Looks at every assumption: a page of people, their methods and preferences, and four calls more.
    pub(crate) async fn look_at_assumptions(&self) -> Vec<Verified> {
        let seen = self.look().await;
        ASSUMPTIONS
            .iter()
            .map(|assumption| {
                let (held, text) = match assumption.id {
                    _ if !assumption.read_only => {
                        unseen(format!("only a change shows it: {}", assumption.how))
                    }
                    "absent-method" => absent_method(seen.absent.as_ref()),
                    "method-types" => method_types(&seen.lists),
                    "masked-numbers" => masked_numbers(&seen.lists),
                    "system-preferred-property" => system_preferred(&seen.preferences),
                    "report-words" => report_words(&seen.report),
                    "search-quotes" => search_quotes(&seen.search),
                    "hardware-inventory-permission" => {
                        inventory(&seen.inventory, &self.graph.claims().permissions)
                    }
                    "absent-segment" => absent_segment(seen.first.as_ref()),
                    "long-tokens" => self.long_tokens(),
                    _ => unseen("nobody looked"),
                };
                Verified {
                    assumption,
                    held,
                    seen: text,
                }
            })
            .collect()
    }

    async fn look(&self) -> Seen {
        let pipeline = self.graph.pipeline();
        let people = Request::get(V1, format!("/users?$top={PEOPLE}&$select=id"), "/users");
        let search = "/users?$search=%22displayName:a%22&$select=id&$top=1&$count=true";
        let search = Request::get(V1, search, "/users").header("consistencylevel", "eventual");
        let report = "/reports/authenticationMethods/userRegistrationDetails";
        let report = Request::get(V1, format!("{report}?$top={PEOPLE}"), report);
        let inventory = "/directory/authenticationMethodDevices/hardwareOathDevices";
        let inventory = Request::get(BETA, format!("{inventory}?$top=1"), inventory);
        let (people, search, report, inventory) = futures::join!(
            pipeline.send(&people),
            pipeline.send(&search),
            pipeline.send(&report),
            pipeline.send(&inventory),
        );
        let ids: Vec<UserId> = people
            .map(|answer| items(&answer))
            .unwrap_or_default()
            .iter()
            .filter_map(|person| Some(UserId(person["id"].as_str()?.to_owned())))
            .take(PEOPLE)
            .collect();
        let ask = |tail: &'static str, template: &'static str| -> Vec<Request> {
            ids.iter().map(|id| read_of(id, BETA, tail, template)).collect()
        };
        let methods = ask("/authentication/methods", "/users/{id}/authentication/methods");
        let preferences = ask(
            "/authentication/signInPreferences",
            "/users/{id}/authentication/signInPreferences",
        );
        let (methods, preferences) =
            futures::join!(pipeline.batch_whole(&methods), pipeline.batch_whole(&preferences));
        let office = PHONE_IDS
            .iter()
            .find(|(kind, ..)| *kind == MethodKind::PhoneOffice);
        let mut lists = Vec::new();
        let (mut first, mut without) = (None, None);
        for (id, answer) in ids.iter().zip(methods) {
            if let Ok(answer) = &answer
                && answer.ok()
            {
                let list = items(answer);
                let has = |known: &str| list.iter().any(|method| method["id"] == known);
                if let Some((_, known, _)) = office
                    && without.is_none()
                    && !has(known)
                {
                    without = Some((id, *known));
                }
                lists.push(list);
            }
            first.get_or_insert(answer);
        }
        let absent = match without {
            None => None,
            Some((id, known)) => {
                let template = "/users/{id}/authentication/phoneMethods/{phoneMethodId}";
                let tail = format!("/authentication/phoneMethods/{known}");
                Some(pipeline.send(&read_of(id, V1, &tail, template)).await)
            }
        };
        let told = preferences.into_iter().filter_map(|answer| {
            let answer = answer.ok().filter(Response::ok)?;
            Some(answer.value())
        });
        Seen {
            lists,
            first,
            preferences: told.collect(),
            absent,
            search,
            report,
            inventory,
        }
    }

    fn long_tokens(&self) -> Finding {
        let claims = self.graph.claims();
        let begins = claims.issued_at.or(claims.starts_at);
        let Some((begins, ends)) = begins.zip(claims.ends_at) else {
            return unseen("the token does not say how long it lives");
        };
        let minutes = (ends.as_second() - begins.as_second()) / 60;
        match minutes {
            ..=180 => unseen(format!(
                "the token lives {minutes} minutes: no continuous access evaluation"
            )),
            1200..=1710 => (Held::Confirmed, format!("the token lives {} hours", minutes / 60)),
            _ => (Held::Contradicted, format!("the token lives {minutes} minutes")),
        }
    }
}

/// The items of a list; none of another answer.
fn items(answer: &Response) -> Vec<Value> {
    match answer.value().get_mut("value").map(Value::take) {
        Some(Value::Array(items)) if answer.ok() => items,
        _ => Vec::new(),
    }
}

/// What an answer says, in a few words.
fn said(answer: &Answer) -> String {
    match answer {
        Err(error) => error.message().to_owned(),
        Ok(answer) => match service_code(answer).as_str() {
            "" => format!("status {}", answer.status),
            code => format!("status {}, {code}", answer.status),
        },
    }
}

fn absent_method(answer: Option<&Answer>) -> Finding {
    let Some(answer) = answer else {
        return unseen("nobody without an office phone was found");
    };
    let held = match answer {
        Ok(answer) if answer.status == 404 && means_no_person(answer) => Held::Contradicted,
        Ok(answer) if answer.status == 404 => Held::Confirmed,
        Ok(answer) if matches!(answer.status, 400 | 405 | 410) || answer.ok() => Held::Contradicted,
        _ => Held::CannotTell,
    };
    (held, said(answer))
}

fn method_types(lists: &[Vec<Value>]) -> Finding {
    let methods: Vec<&Value> = lists.iter().flatten().collect();
    if methods.is_empty() {
        return unseen("no list of methods could be read");
    }
    let name = |method: &&Value| {
        let text = method["@odata.type"]
            .as_str()
            .unwrap_or("a method without its type");
        text.trim_start_matches("#microsoft.graph.").to_owned()
    };
    let types: BTreeSet<String> = methods.iter().map(name).collect();
    let strange: Vec<&String> = types
        .iter()
        // A phone's kind stands beside its type.
        .filter(|name| *name != "phoneAuthenticationMethod" && kind_of(name, None) == MethodKind::Unknown)
        .collect();
    if strange.is_empty() {
        let seen = format!("{} methods of {} types", methods.len(), types.len());
        (Held::Confirmed, seen)
    } else {
        (Held::Contradicted, format!("not known: {strange:?}"))
    }
}

fn masked_numbers(lists: &[Vec<Value>]) -> Finding {
    let numbers: Vec<&str> = lists
        .iter()
        .flatten()
        .filter_map(|method| method["phoneNumber"].as_str())
        .collect();
    let whole = |text: &&&str| {
        let (number, extension) = text.split_once('x').unwrap_or((text, ""));
        let plain = |c: char| c.is_ascii_digit() || " ()-.".contains(c);
        number
            .strip_prefix('+')
            .is_some_and(|rest| rest.chars().all(plain))
            && extension.chars().all(plain)
    };
    let masked: Vec<&&str> = numbers.iter().filter(|text| !whole(text)).collect();
    match masked.iter().find(|text| read_number(Some(text)).0.is_some()) {
        Some(text) => (
            Held::Contradicted,
            format!("{text} would be taken for a whole number"),
        ),
        None if masked.is_empty() => unseen(format!("{} numbers, none of them masked", numbers.len())),
        None => (
            Held::Confirmed,
            format!("{} masked numbers, such as {}", masked.len(), masked[0]),
        ),
    }
}

fn system_preferred(preferences: &[Value]) -> Finding {
    let on: Vec<&Value> = preferences
        .iter()
        .filter(|told| told["isSystemPreferredAuthenticationMethodEnabled"] == true)
        .collect();
    let named: BTreeSet<&str> = on
        .iter()
        .filter_map(|told| told["systemPreferredAuthenticationMethod"].as_str())
        .filter(|name| !name.is_empty())
        .collect();
    let strange: Vec<&&str> = named
        .iter()
        .filter(|name| system_preferred_kind(name).is_none())
        .collect();
    match (on.len(), named.len()) {
        _ if !strange.is_empty() => (Held::Contradicted, format!("not known: {strange:?}")),
        (0, _) => unseen("of nobody looked at does the service pick the method"),
        (count, 0) => (Held::Contradicted, format!("named for none of {count} people")),
        _ => (Held::Confirmed, format!("named: {named:?}")),
    }
}

fn report_words(answer: &Answer) -> Finding {
    let rows = match answer {
        Ok(answer) if answer.ok() => items(answer),
        other => return unseen(format!("the report is not told: {}", said(other))),
    };
    let words: BTreeSet<&str> = rows
        .iter()
        .filter_map(|row| row["methodsRegistered"].as_array())
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let strange: Vec<&&str> = words
        .iter()
        .filter(|word| reported_kind(word) == Some(MethodKind::Unknown))
        .collect();
    match words.len() {
        0 => unseen(format!("{} rows without a method", rows.len())),
        _ if !strange.is_empty() => (Held::Contradicted, format!("not known: {strange:?}")),
        count => (Held::Confirmed, format!("{count} words in {} rows", rows.len())),
    }
}

fn search_quotes(answer: &Answer) -> Finding {
    let held = match answer {
        Ok(answer) if answer.ok() => Held::Confirmed,
        Ok(answer) if answer.status == 400 => Held::Contradicted,
        _ => Held::CannotTell,
    };
    (held, said(answer))
}

fn inventory(answer: &Answer, permissions: &[String]) -> Finding {
    let has = permissions.iter().any(|held| INVENTORY.contains(&held.as_str()));
    match answer {
        Ok(_) if !has => unseen(format!("the token lacks {}", INVENTORY[0])),
        Ok(answer) if answer.ok() => (Held::Confirmed, "the inventory is told".to_owned()),
        Ok(response) if response.status == 403 => (Held::Contradicted, said(answer)),
        _ => unseen(said(answer)),
    }
}

fn absent_segment(answer: Option<&Answer>) -> Finding {
    match answer {
        None => unseen("there is nobody to ask about"),
        Some(Ok(answer)) if answer.ok() => unseen("this cloud has the segment"),
        Some(answer) => {
            let held = match answer {
                Ok(answer) if matches!(answer.status, 400 | 404 | 405 | 410 | 501) => Held::Confirmed,
                Ok(answer) if matches!(answer.status, 401 | 403 | 429) => Held::CannotTell,
                Ok(_) => Held::Contradicted,
                Err(_) => Held::CannotTell,
            };
            (held, said(answer))
        }
    }
}
