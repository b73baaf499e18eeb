//! What people type for a METHOD, a DEVICE or an app password's NAME, and what lists print so that it can be typed back.
//!
//! The rules are `cli.md`, "Who and which": first rule with a hit decides.

use jiff::Timestamp;

use super::device::{Device, DeviceKind};
use super::error::{Error, ErrorCode, Match, Result};
use super::kind::MethodKind;
use super::method::{AppPassword, Method};
use super::phone::PhoneNumber;

/// The shortest START that is printed or taken.
const SHORTEST: usize = 4;

/// The shortest START of `id`, at least four characters, that no other of `ids` shares.
fn shortest_start<'a>(id: &'a str, ids: impl Iterator<Item = &'a str> + Clone) -> &'a str {
    let ends = id.char_indices().map(|(at, _)| at).chain([id.len()]);
    ends.map(|end| &id[..end])
        .filter(|start| start.chars().count() >= SHORTEST)
        .find(|start| ids.clone().filter(|other| starts(other, start)).count() <= 1)
        .unwrap_or(id)
}

/// Whether `id` begins with `start`, whatever the case.
fn starts(id: &str, start: &str) -> bool {
    id.get(..start.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(start))
}

/// What can be typed for each method: KIND where it is alone, else KIND:START.
pub fn of_methods(methods: &[Method]) -> Vec<String> {
    methods
        .iter()
        .map(|method| {
            let same = methods.iter().filter(|other| other.kind == method.kind);
            if same.clone().count() == 1 {
                return method.kind.as_str().to_owned();
            }
            let start = shortest_start(&method.id.0, same.map(|other| other.id.0.as_str()));
            format!("{}:{start}", method.kind)
        })
        .collect()
}

/// What can be typed for each device: `device:START`.
pub fn of_devices(devices: &[Device]) -> Vec<String> {
    devices
        .iter()
        .map(|device| {
            let start = shortest_start(&device.id.0, devices.iter().map(|other| other.id.0.as_str()));
            format!("device:{start}")
        })
        .collect()
}

/// The methods that `typed` means, first rule with a hit; none when it means none.
fn hits<'a>(typed: &str, methods: &'a [Method]) -> Vec<&'a Method> {
    let pick =
        |test: &dyn Fn(&Method) -> bool| methods.iter().filter(|method| test(method)).collect::<Vec<_>>();
    let rules: [&dyn Fn(&Method) -> bool; 5] = [
        &|method| method.id.0.eq_ignore_ascii_case(typed),
        &|method| {
            method.kind.as_str().eq_ignore_ascii_case(typed)
                || MethodKind::family(typed).is_some_and(|family| family.contains(&method.kind))
        },
        &|method| {
            typed.rsplit_once(':').is_some_and(|(kind, start)| {
                start.chars().count() >= SHORTEST
                    && (method.kind.as_str().eq_ignore_ascii_case(kind)
                        || MethodKind::family(kind).is_some_and(|family| family.contains(&method.kind)))
                    && starts(&method.id.0, start)
            })
        },
        &|method| prints_as(method, typed),
        &|method| typed.chars().count() >= SHORTEST && starts(&method.id.0, typed),
    ];
    rules
        .iter()
        .map(|rule| pick(rule))
        .find(|hit| !hit.is_empty())
        .unwrap_or_default()
}

/// Whether the method is printed with this name, address or number.
fn prints_as(method: &Method, typed: &str) -> bool {
    let same = |text: &Option<String>| {
        text.as_deref()
            .is_some_and(|text| text.to_lowercase() == typed.to_lowercase())
    };
    let digits = typed.chars().filter(char::is_ascii_digit).count();
    same(&method.name)
        || same(&method.address)
        || same(&method.number_masked)
        || (digits >= 5
            && method.number.as_ref().is_some_and(|number| {
                number.to_string() == typed
                    || PhoneNumber::kept(typed).is_some_and(|typed| typed.e164() == number.e164())
            }))
}

/// The methods that `typed` may mean where several are welcome: a KIND and `phone` mean all of them.
///
/// # Errors
/// `method_not_found` where there is none, with what the person has.
pub fn find_methods<'a>(typed: &str, methods: &'a [Method], whose: &str) -> Result<Vec<&'a Method>> {
    let found = hits(typed, methods);
    if found.is_empty() {
        return Err(not_found(typed, methods, whose));
    }
    Ok(found)
}

/// The one method that `typed` means. `command` makes the whole command for a reference, for the hint.
///
/// # Errors
/// `method_not_found`, or `ambiguous` with every match, the last used first, and the command for the longest idle.
pub fn find_method<'a>(
    typed: &str,
    methods: &'a [Method],
    whose: &str,
    now: Timestamp,
    command: impl Fn(&str) -> String,
) -> Result<&'a Method> {
    let found = hits(typed, methods);
    match found.as_slice() {
        [] => Err(not_found(typed, methods, whose)),
        [method] => Ok(method),
        several => {
            let references = of_methods(methods);
            // The one in use first, so that the hint names the one that is not.
            let mut several: Vec<&&Method> = several.iter().collect();
            several.sort_by_key(|method| std::cmp::Reverse(method.last_used_at));
            let matches: Vec<Match> = several
                .iter()
                .filter_map(|hit| {
                    let at = methods
                        .iter()
                        .position(|method| method.id == hit.id && method.kind == hit.kind)?;
                    Some(Match {
                        reference: references.get(at)?.clone(),
                        detail: describe(hit, now),
                    })
                })
                .collect();
            let hint = matches
                .last()
                .map(|last| command(&last.reference))
                .unwrap_or_default();
            Err(Error::new(
                ErrorCode::Ambiguous,
                format!("\"{typed}\" matches {} methods of {whose}", several.len()),
            )
            .matches(matches)
            .hint(hint))
        }
    }
}

fn describe(method: &Method, now: Timestamp) -> String {
    let day = |at: Timestamp| at.strftime("%-d %b %Y").to_string();
    let used = method.last_used_at.map(|at| match day(at) {
        today if today == day(now) => "used today".to_owned(),
        other => format!("used {other}"),
    });
    [method.label(), used]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("  ")
}

fn not_found(typed: &str, methods: &[Method], whose: &str) -> Error {
    let has = of_methods(methods);
    let error = Error::new(
        ErrorCode::MethodNotFound,
        format!("{whose} has no method \"{typed}\""),
    );
    if has.is_empty() {
        error.hint("this person has no methods at all")
    } else {
        error.hint(format!("there are: {}", has.join(", ")))
    }
}

/// The remembered device that `typed` means: whole id, `device:START`, whole name, or START.
///
/// # Errors
/// `device_not_found`, `ambiguous` with the matches, or `unsupported` for a registered device, which is never forgotten.
pub fn find_remembered<'a>(typed: &str, devices: &'a [Device], whose: &str) -> Result<&'a Device> {
    let device = find_device(typed, devices, whose, |kind| kind == DeviceKind::Remembered)?;
    if device.kind == DeviceKind::Remembered {
        return Ok(device);
    }
    Err(Error::new(
        ErrorCode::Unsupported,
        format!(
            "\"{typed}\" is a {} device: only remembered ones can be forgotten",
            device.kind.as_str()
        ),
    ))
}

/// The open session that `typed` means, by the same rules, where ending it is what a service does in the place of
/// forgetting a device.
///
/// # Errors
/// `device_not_found`, `ambiguous` with the matches, or `unsupported` for a registered device, which is never forgotten.
pub fn find_session<'a>(typed: &str, devices: &'a [Device], whose: &str) -> Result<&'a Device> {
    let device = find_device(typed, devices, whose, |kind| kind == DeviceKind::Session)?;
    if device.kind == DeviceKind::Session {
        return Ok(device);
    }
    Err(Error::new(
        ErrorCode::Unsupported,
        format!(
            "\"{typed}\" is a {} device: only sessions can be ended",
            device.kind.as_str()
        ),
    ))
}

/// The registered device that `typed` means, by the same rules.
///
/// # Errors
/// `device_not_found`, `ambiguous` with the matches, or `unsupported` for a remembered browser or a session, which no
/// directory can switch off.
pub fn find_registered<'a>(typed: &str, devices: &'a [Device], whose: &str) -> Result<&'a Device> {
    let device = find_device(typed, devices, whose, DeviceKind::is_registered)?;
    if device.kind.is_registered() {
        return Ok(device);
    }
    Err(Error::new(
        ErrorCode::Unsupported,
        format!(
            "\"{typed}\" is a {} device: only registered ones can be disabled and enabled",
            device.kind.as_str()
        ),
    )
    .hint(format!("mfactl devices forget {whose} {typed}")))
}

/// The device that `typed` means; where it means several, those that are `wanted` go first.
fn find_device<'a>(
    typed: &str,
    devices: &'a [Device],
    whose: &str,
    wanted: impl Fn(DeviceKind) -> bool,
) -> Result<&'a Device> {
    let start = typed.strip_prefix("device:").unwrap_or(typed);
    let pick =
        |test: &dyn Fn(&Device) -> bool| devices.iter().filter(|device| test(device)).collect::<Vec<_>>();
    let by_id = pick(&|device| device.id.0.eq_ignore_ascii_case(typed));
    let by_name = pick(&|device| {
        device
            .name
            .as_deref()
            .is_some_and(|name| name.to_lowercase() == typed.to_lowercase())
    });
    let by_start = pick(&|device| start.chars().count() >= SHORTEST && starts(&device.id.0, start));
    let mut found = [by_id, by_name, by_start]
        .into_iter()
        .find(|hit| !hit.is_empty())
        .unwrap_or_default();
    if found.iter().any(|device| wanted(device.kind)) {
        found.retain(|device| wanted(device.kind));
    }
    match found.as_slice() {
        [] => Err(Error::new(
            ErrorCode::DeviceNotFound,
            format!("{whose} has no device \"{typed}\""),
        )
        .hint(format!("mfactl devices list {whose}"))),
        [device] => Ok(device),
        several => {
            let references = of_devices(devices);
            let matches = devices
                .iter()
                .zip(references)
                .filter(|(device, _)| several.iter().any(|hit| hit.id == device.id))
                .map(|(device, reference)| Match {
                    reference,
                    detail: device.name.clone().unwrap_or_default(),
                })
                .collect();
            Err(Error::new(
                ErrorCode::Ambiguous,
                format!("\"{typed}\" matches {} devices of {whose}", several.len()),
            )
            .matches(matches))
        }
    }
}

/// The app password that `typed` means: its id or its whole name.
///
/// # Errors
/// `not_found`, or `ambiguous` with the matches.
pub fn find_app_password<'a>(typed: &str, all: &'a [AppPassword], whose: &str) -> Result<&'a AppPassword> {
    if let Some(one) = all.iter().find(|one| one.id.eq_ignore_ascii_case(typed)) {
        return Ok(one);
    }
    let found: Vec<_> = all
        .iter()
        .filter(|one| one.name.to_lowercase() == typed.to_lowercase())
        .collect();
    match found.as_slice() {
        [one] => Ok(one),
        [] => Err(Error::new(
            ErrorCode::NotFound,
            format!("{whose} has no app password \"{typed}\""),
        )
        .hint(format!("mfactl app-passwords list {whose}"))),
        several => Err(Error::new(
            ErrorCode::Ambiguous,
            format!("\"{typed}\" matches {} app passwords of {whose}", several.len()),
        )
        .matches(
            several
                .iter()
                .map(|one| Match {
                    reference: one.id.clone(),
                    detail: format!("\"{}\"", one.name),
                })
                .collect(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-05-04T09:00:00Z".parse().unwrap()
    }

    fn two() -> Vec<Method> {
        let mut new = Method::new("3d10aaaa", MethodKind::Authenticator, "x");
        new.name = Some("Pixel 9".into());
        let mut old = Method::new("b2f7bbbb", MethodKind::Authenticator, "x");
        old.name = Some("Pixel 5".into());
        let mut phone = Method::new("3179e48a", MethodKind::PhoneMobile, "x");
        phone.number = PhoneNumber::parse("+1 4255550100", None).ok();
        vec![new, old, phone]
    }

    #[test]
    fn what_a_list_prints_can_be_typed_back() {
        let methods = two();
        for (reference, method) in of_methods(&methods).iter().zip(&methods) {
            assert_eq!(
                find_method(reference, &methods, "x", now(), str::to_owned)
                    .unwrap()
                    .id,
                method.id,
                "{reference}"
            );
        }
        assert_eq!(
            of_methods(&methods),
            ["authenticator:3d10", "authenticator:b2f7", "phone:mobile"]
        );
    }

    #[test]
    fn a_name_a_number_and_a_start_find_their_method() {
        let methods = two();
        for (typed, id) in [
            ("pixel 5", "b2f7bbbb"),
            ("+1 (425) 555-0100", "3179e48a"),
            ("B2F7", "b2f7bbbb"),
            ("phone", "3179e48a"),
        ] {
            assert_eq!(
                find_method(typed, &methods, "x", now(), str::to_owned)
                    .unwrap()
                    .id
                    .0,
                id,
                "{typed}"
            );
        }
    }

    #[test]
    fn several_matches_are_an_error_that_lists_them() {
        let error = find_method("authenticator", &two(), "emre@x", now(), |found| {
            format!("remove {found}")
        })
        .unwrap_err();
        assert_eq!(error.code(), ErrorCode::Ambiguous);
        assert_eq!(error.message(), "\"authenticator\" matches 2 methods of emre@x");
        assert_eq!(error.matching().len(), 2);
        assert_eq!(error.hint_text(), Some("remove authenticator:b2f7"));
        assert_eq!(
            find_method("b2f", &two(), "x", now(), str::to_owned)
                .unwrap_err()
                .code(),
            ErrorCode::MethodNotFound
        );
    }

    #[test]
    fn the_last_used_comes_first_and_the_hint_names_the_longest_idle() {
        let mut methods = two();
        methods[0].last_used_at = "2025-01-04T09:00:00Z".parse().ok();
        methods[1].last_used_at = "2026-05-04T00:10:00Z".parse().ok();
        let error = find_method("authenticator", &methods, "emre@x", now(), str::to_owned).unwrap_err();
        let told: Vec<String> = error
            .matching()
            .iter()
            .map(|one| format!("{}  {}", one.reference, one.detail))
            .collect();
        assert_eq!(
            told,
            [
                "authenticator:b2f7  \"Pixel 5\"  used today",
                "authenticator:3d10  \"Pixel 9\"  used 4 Jan 2025",
            ]
        );
        assert_eq!(error.hint_text(), Some("authenticator:3d10"));
    }

    #[test]
    fn starts_grow_until_they_are_unique() {
        let methods = vec![
            Method::new("abcdef1", MethodKind::Passkey, "x"),
            Method::new("abcdef2", MethodKind::Passkey, "x"),
        ];
        assert_eq!(of_methods(&methods), ["passkey:abcdef1", "passkey:abcdef2"]);
    }
}
