//! The cases that read.

use futures::future::BoxFuture;
use futures::{FutureExt as _, TryStreamExt as _};

use super::enrolling::{activates_token, keeps_tokens, registers_passkey};
use super::organization::{reads_policy, reports};
use super::verifying::{checks_callers, verifies_sent, verifies_shown};
use super::{Bench, Gated};
use crate::domain::{
    Capability, ErrorCode, IdentityService as _, MethodKind, Parts, RegistrationState, User, UserId,
    UserQuery,
};

pub(super) type Outcome = Result<(), String>;
type Run = for<'a> fn(&'a Bench) -> BoxFuture<'a, Outcome>;

/// Every reading case with the capability that it stands for.
pub(super) fn cases() -> Vec<(Capability, &'static str, Run)> {
    vec![
        (Capability::PolicyRead, "finds people in every way", |bench| {
            finds_people(bench).boxed()
        }),
        (
            Capability::PolicyRead,
            "reads many people at once in their order",
            |bench| reads_many(bench).boxed(),
        ),
        (Capability::PolicyRead, "reads roles and groups", |bench| {
            reads_privileges(bench).boxed()
        }),
        (
            Capability::PolicyRead,
            "reads the policy and judges for one person",
            |bench| reads_policy(bench).boxed(),
        ),
        (Capability::Report, "reports who has what registered", |bench| {
            reports(bench).boxed()
        }),
        (
            Capability::ListRemembered,
            "lists remembered devices or says why not",
            |bench| lists_devices(bench).boxed(),
        ),
        (
            Capability::ListSessions,
            "counts sessions or says why not",
            |bench| {
                lists(
                    bench,
                    "sessions",
                    Parts {
                        sessions: true,
                        ..Parts::NONE
                    },
                    Capability::ListSessions,
                )
                .boxed()
            },
        ),
        (
            Capability::ListAppPasswords,
            "lists app passwords or says why not",
            |bench| {
                let parts = Parts {
                    app_passwords: true,
                    ..Parts::NONE
                };
                lists(bench, "app_passwords", parts, Capability::ListAppPasswords).boxed()
            },
        ),
        (Capability::PolicyRead, "says how far registration is", |bench| {
            reads_registration(bench).boxed()
        }),
        (
            Capability::Verify(MethodKind::PhoneMobile),
            "verifies a mobile number",
            |bench| verifies_sent(bench, MethodKind::PhoneMobile).boxed(),
        ),
        (
            Capability::Verify(MethodKind::PhoneAlternate),
            "verifies an alternate number",
            |bench| verifies_sent(bench, MethodKind::PhoneAlternate).boxed(),
        ),
        (
            Capability::Verify(MethodKind::PhoneOffice),
            "verifies an office number",
            |bench| verifies_sent(bench, MethodKind::PhoneOffice).boxed(),
        ),
        (
            Capability::Verify(MethodKind::Email),
            "verifies a mail address",
            |bench| verifies_sent(bench, MethodKind::Email).boxed(),
        ),
        (
            Capability::Verify(MethodKind::Totp),
            "verifies an authenticator",
            |bench| verifies_shown(bench, MethodKind::Totp).boxed(),
        ),
        (
            Capability::Verify(MethodKind::Hotp),
            "verifies an authenticator that counts",
            |bench| verifies_shown(bench, MethodKind::Hotp).boxed(),
        ),
        (
            Capability::Verify(MethodKind::HardwareToken),
            "activates a hardware token by a code of it",
            |bench| activates_token(bench).boxed(),
        ),
        (
            Capability::HardwareTokens,
            "keeps an inventory of hardware tokens",
            |bench| keeps_tokens(bench).boxed(),
        ),
        (
            Capability::Add(MethodKind::Passkey),
            "registers a passkey by the response to its options",
            |bench| registers_passkey(bench).boxed(),
        ),
        (
            Capability::CheckCaller,
            "asks whether a caller is the person",
            |bench| checks_callers(bench).boxed(),
        ),
    ]
}

pub(super) fn ensure(holds: bool, what: impl Into<String>) -> Outcome {
    if holds { Ok(()) } else { Err(what.into()) }
}

async fn found(bench: &Bench, query: UserQuery) -> Result<Vec<User>, String> {
    found_by(&bench.service, query).await
}

async fn found_by(service: &Gated, query: UserQuery) -> Result<Vec<User>, String> {
    service
        .users(&query)
        .try_collect()
        .await
        .map_err(|error: crate::domain::Error| format!("{query:?}: {error:?}"))
}

async fn finds_people(bench: &Bench) -> Outcome {
    let person = bench.world.add_person(&[]);
    let user = bench.user(&person).await;
    bench.world.join(&person);
    let only = |users: Vec<User>, how: &str| {
        ensure(
            users.len() == 1 && users[0].id == person,
            format!("by {how}: {} people", users.len()),
        )
    };
    only(
        found(bench, UserQuery::Ids(vec![user.sign_in_name.clone()])).await?,
        "sign-in name",
    )?;
    let mail = user.mail.clone().ok_or("the person has no mail")?;
    only(found(bench, UserQuery::Ids(vec![mail])).await?, "mail")?;
    // Many at once, by id, sign-in name and mail, most of them nobody.
    let (by_name, by_mail) = (bench.world.add_person(&[]), bench.world.add_person(&[]));
    let mut many: Vec<String> = (0..40)
        .map(|number| format!("nobody{number}@contoso.example"))
        .collect();
    many.push(person.0.clone());
    many.push(bench.user(&by_name).await.sign_in_name);
    many.push(bench.user(&by_mail).await.mail.ok_or("the person has no mail")?);
    let mut all: Vec<UserId> = found(bench, UserQuery::Ids(many))
        .await?
        .into_iter()
        .map(|user| user.id)
        .collect();
    let mut wanted = vec![person.clone(), by_name, by_mail];
    all.sort_by(|a, b| a.0.cmp(&b.0));
    wanted.sort_by(|a, b| a.0.cmp(&b.0));
    ensure(all == wanted, format!("of many: {} people", all.len()))?;
    let begin = user.sign_in_name.split('@').next().unwrap_or_default().to_owned();
    only(
        found(bench, UserQuery::Search(begin.clone())).await?,
        "the begin of the name",
    )?;
    only(
        found(bench, UserQuery::Filter(bench.world.filter_for(&user))).await?,
        "filter",
    )?;
    let (name, id) = bench.facts().group.clone();
    for (how, text) in [("name", name), ("id", id)] {
        let members = found(bench, UserQuery::Group(text)).await?;
        ensure(
            members.iter().any(|member| member.id == person),
            format!("not in the group by {how}"),
        )?;
    }
    let everyone = found(bench, UserQuery::Everyone).await?;
    ensure(
        everyone.iter().any(|member| member.id == person),
        "not among everyone",
    )?;
    ensure(
        found(
            bench,
            UserQuery::Ids(vec!["nobody@contoso.example".into(), "nobody".into()]),
        )
        .await?
        .is_empty(),
        "nobody was found",
    )?;
    let missing = bench
        .service
        .users(&UserQuery::Group("No such group".into()))
        .try_collect::<Vec<User>>()
        .await;
    ensure(
        missing.is_err_and(|error| error.code() == ErrorCode::NotFound),
        "a group that is not there",
    )?;
    let absent = UserId("00000000-0000-4000-8000-000000000000".into());
    let info = bench.service.security_info(&[absent], Parts::ALL).await.remove(0);
    ensure(
        info.is_err_and(|error| error.code() == ErrorCode::UserNotFound),
        "a person who is not there",
    )
}

async fn reads_many(bench: &Bench) -> Outcome {
    let facts = bench.facts();
    let people: Vec<UserId> = (0..23)
        .map(|at| {
            bench
                .world
                .add_person(if at % 2 == 0 { &facts.defaults[..1] } else { &[] })
        })
        .collect();
    let before = bench.sent();
    let infos = bench
        .service
        .security_info(
            &people,
            Parts {
                methods: true,
                ..Parts::NONE
            },
        )
        .await;
    let sent = bench.sent() - before;
    for (at, info) in infos.iter().enumerate() {
        let count = info
            .as_ref()
            .map_err(|error| format!("{error:?}"))?
            .methods()
            .len();
        ensure(
            count == usize::from(at % 2 == 0),
            format!("person {at} has {count} methods"),
        )?;
    }
    // Graph's part of it is two batches; what is laid over it is the service's affair.
    ensure(
        bench.world.options().service != "entra" || sent == 2,
        format!("{sent} requests"),
    )
}

async fn reads_privileges(bench: &Bench) -> Outcome {
    let person = bench.world.add_person(&[]);
    bench.world.join(&person);
    let asked = UserQuery::Ids(vec![bench.facts().admin.clone()]);
    let admin = found_by(bench.among_admins(), asked).await?.remove(0).id;
    // Both at once where they are in one place.
    let (person, admin) = match &bench.of_admins {
        None => {
            let mut privileges = bench.service.privileges(&[person, admin]).await.into_iter();
            (privileges.next().unwrap(), privileges.next().unwrap())
        }
        Some(elsewhere) => (
            bench.service.privileges(&[person]).await.remove(0),
            elsewhere.privileges(&[admin]).await.remove(0),
        ),
    };
    let (person, admin) = (person.unwrap(), admin.unwrap());
    ensure(
        person.privileged == Some(false) && person.roles.is_some(),
        format!("{person:?}"),
    )?;
    ensure(
        person
            .groups
            .is_some_and(|groups| groups.contains(&bench.facts().group.0)),
        "the group is not named",
    )?;
    ensure(
        admin.privileged == Some(true),
        "the administrator is not privileged",
    )
}

async fn lists_devices(bench: &Bench) -> Outcome {
    let person = bench.world.add_person(&[]);
    bench.world.remember(&person);
    let parts = Parts {
        devices: true,
        ..Parts::NONE
    };
    let info = bench
        .service
        .security_info(&[person], parts)
        .await
        .remove(0)
        .map_err(|error| format!("{error:?}"))?;
    let devices = info.devices.as_ref().ok_or("no devices were read")?;
    if let Some(name) = bench.facts().device {
        ensure(
            devices.iter().any(|device| device.name.as_deref() == Some(name)),
            "the registered one is missing",
        )?;
    }
    if bench.declares(Capability::ListRemembered) {
        ensure(
            info.remembered().count() == bench.facts().remembered,
            format!("{} are remembered", info.remembered().count()),
        )?;
        ensure(
            info.remembered().all(|device| device.trusted_until.is_some()),
            "until when is not told",
        )
    } else {
        // What cannot be told is said to be so; a service that remembers none has none to tell of.
        let has_none = bench.facts().remembered == 0 && info.remembered().count() == 0;
        let said = info.unknown.iter().any(|part| part.part == "remembered_devices");
        ensure(has_none || said, "it is not said that they are not told")
    }
}

/// A part that is told where it is declared, and else explained with zero requests sent.
async fn lists(bench: &Bench, part: &str, parts: Parts, capability: Capability) -> Outcome {
    let person = bench.world.add_person(&[]);
    bench.world.give_app_passwords(&person);
    let before = bench.sent();
    let info = bench
        .service
        .security_info(&[person], parts)
        .await
        .remove(0)
        .map_err(|error| format!("{error:?}"))?;
    if bench.declares(capability) {
        let told = info.sessions.as_ref().is_some_and(|sessions| sessions.count == 1)
            || info
                .app_passwords
                .as_ref()
                .is_some_and(|all| all.len() == bench.facts().app_passwords);
        return ensure(told && info.unknown.is_empty(), format!("{info:?}"));
    }
    ensure(bench.sent() == before, "requests were sent")?;
    // A service that has no such thing knows that there is none.
    if bench.facts().app_passwords == 0 && info.app_passwords.as_ref().is_some_and(Vec::is_empty) {
        return Ok(());
    }
    let said = info
        .unknown
        .iter()
        .find(|unknown| unknown.part == part)
        .ok_or("it is not said that it is not told")?;
    ensure(
        !said.why.is_empty() && !said.instead.is_empty(),
        "it is not said why, or what to do instead",
    )
}

async fn reads_registration(bench: &Bench) -> Outcome {
    let complete = bench.world.add_person(&bench.facts().registered);
    let nothing = bench.world.add_person(&[]);
    let parts = Parts {
        registration: true,
        ..Parts::NONE
    };
    let infos = bench.service.security_info(&[complete, nothing], parts).await;
    let states: Vec<_> = infos
        .into_iter()
        .map(|info| info.unwrap().registration.map(|registration| registration.state))
        .collect();
    ensure(
        states == [Some(RegistrationState::Complete), Some(RegistrationState::None)],
        format!("{states:?}"),
    )
}
