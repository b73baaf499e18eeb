//! A job of many people on a real Keycloak, beside the script that an administrator would write for it and a raw
//! generator that sends the very same requests: second factors listed and deleted, set-up required, everybody signed
//! out. After each of them the server says whether anything is left. Ratios decide the exit status.
//!
//! `benches/keycloak/run.sh` · `benches/keycloak/run.sh --short`: it starts the server, and runs all of it once more
//! with the server's data and the program's state in memory.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a table for people is what it is for"
)]

#[path = "jobs/generator.rs"]
#[allow(dead_code, reason = "the bench of jobs uses the rest")]
mod generator;
#[path = "start/kernel.rs"]
mod kernel;
#[path = "start/place.rs"]
#[allow(dead_code, reason = "the bench of starting uses the rest")]
mod place;
#[path = "keycloak/realm.rs"]
mod realm;
#[path = "jobs/recorder.rs"]
#[allow(dead_code, reason = "the bench of starting uses the rest")]
mod recorder;
#[path = "keycloak/run.rs"]
mod run;
#[path = "jobs/watched.rs"]
#[expect(
    dead_code,
    reason = "the children of a shell count here, and its own time does not tell them"
)]
mod watched;
#[path = "jobs/wire.rs"]
mod wire;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use realm::Realm;
use recorder::Recorder;
use run::{Contender, Home, Ran};
use wire::Message;

/// People a second, the script's over the program's.
const SCRIPT_LIMIT: f64 = 1.0;
/// Time on a processor, the program's over the script's.
const CPU_LIMIT: f64 = 0.25;
/// The generator's time over the program's.
const GENERATOR_LIMIT: f64 = 0.6;
/// The same three for so few people that starting, planning and reporting weigh, which the others do not do.
const SHORT_LIMITS: [f64; 3] = [0.5, 0.5, 0.3];
/// How often each of them runs; the middle one counts.
const ROUNDS: usize = 3;
/// People for the tool that comes with Keycloak, which starts a machine for each call.
const BY_KCADM: usize = 10;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// What was asked for on the command line.
struct Options {
    people: usize,
    rounds: usize,
    short: bool,
    url: String,
    /// An interpreter that has the script's library.
    python: String,
    /// Where Keycloak's own tool is.
    kcadm: Option<String>,
    /// Another build of the program.
    program: Option<String>,
}

impl Options {
    fn of(arguments: &[String]) -> Result<Self> {
        let text = |name: &str| -> Option<String> {
            let at = arguments.iter().position(|argument| argument == name)?;
            arguments.get(at + 1).cloned()
        };
        let number = |name: &str| text(name).and_then(|text| text.parse().ok());
        let short = arguments.iter().any(|argument| argument == "--short");
        Ok(Self {
            people: number("--people").unwrap_or(if short { 60 } else { 1000 }),
            rounds: number("--rounds").unwrap_or(if short { 1 } else { ROUNDS }),
            short,
            url: text("--url").ok_or("run benches/keycloak/run.sh, which starts a server")?,
            python: text("--python").unwrap_or_else(|| "python3".to_owned()),
            kcadm: text("--kcadm"),
            program: text("--program"),
        })
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    match Options::of(&arguments).and_then(|options| measure(&options)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("not measured: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> Result<bool> {
    let realm = Realm::new(&options.url, options.people)?;
    let home = Home::new(&options.url, &realm.names(), options.program.as_deref())?;
    let people = options.people;
    println!(
        "{people} people × 2 authenticators and a session: list, delete, require set-up, sign out; {}; journal and audit log on, on {}",
        build(options),
        home.file_system()
    );

    // Recorded first, which warms the server up too.
    realm.restore()?;
    let recorder = Recorder::start(&options.url)?;
    home.mfactl(&recorder.address)?.must_be_well(people)?;
    realm.must_be_clean("mfactl, recorded")?;
    let (asked, at_once) = (without_tokens(recorder.asked()), recorder.at_once());
    println!("{} requests, {at_once} at once:", asked.len());
    for (kind, count) in kinds(&asked) {
        println!("    {count:>8}  {kind}");
    }

    let mut ran: BTreeMap<Contender, Vec<Ran>> = BTreeMap::new();
    for _ in 0..options.rounds {
        for contender in [Contender::Script, Contender::Mfactl, Contender::Generator] {
            realm.restore()?;
            let one = match contender {
                Contender::Script => home.script(&options.python)?,
                Contender::Mfactl => home.mfactl(&options.url)?,
                Contender::Generator => replayed(&realm, &asked, at_once)?,
            };
            one.must_be_well(people)?;
            realm.must_be_clean(contender.name())?;
            ran.entry(contender).or_default().push(one);
        }
    }
    let middle = |contender: Contender| -> Result<Ran> {
        let mut all = ran.get(&contender).cloned().unwrap_or_default();
        all.sort_by_key(|one| one.wall);
        Ok(all.get(all.len() / 2).ok_or("nothing ran")?.clone())
    };
    let (script, own, raw) = (
        middle(Contender::Script)?,
        middle(Contender::Mfactl)?,
        middle(Contender::Generator)?,
    );
    println!(
        "{:<28} {:>9} {:>11} {:>10} {:>10}",
        "", "seconds", "people/s", "CPU s", "peak MiB"
    );
    for (what, one) in [
        ("script, 8 at once", &script),
        ("mfactl", &own),
        ("generator, same requests", &raw),
    ] {
        println!(
            "{what:<28} {:>9.2} {:>11.1} {:>10.2} {:>10.1}",
            one.wall.as_secs_f64(),
            people as f64 / one.wall.as_secs_f64(),
            one.cpu.as_secs_f64(),
            one.peak_kib as f64 / 1024.0
        );
    }
    if let Some(tool) = options.kcadm.as_deref().filter(|_| !options.short) {
        by_kcadm(&realm, &home, tool, people)?;
    }
    let limits = if options.short {
        SHORT_LIMITS
    } else {
        [SCRIPT_LIMIT, CPU_LIMIT, GENERATOR_LIMIT]
    };
    let ratio = |a: Duration, b: Duration| a.as_secs_f64() / b.as_secs_f64();
    let rows = [
        (
            "people a second: mfactl / script",
            ratio(script.wall, own.wall),
            limits[0],
            true,
        ),
        (
            "CPU of the client: mfactl / script",
            ratio(own.cpu, script.cpu),
            limits[1],
            false,
        ),
        (
            "people a second: mfactl / generator",
            ratio(raw.wall, own.wall),
            limits[2],
            true,
        ),
    ];
    let mut holds = true;
    for (what, value, limit, at_least) in rows {
        let good = if at_least { value >= limit } else { value <= limit };
        let (sign, word) = (
            if at_least { "≥" } else { "≤" },
            if good { "ok" } else { "OVER THE LIMIT" },
        );
        println!("{what:<56} {value:>8.3}  {sign} {limit:>6}  {word}");
        holds &= good;
    }
    println!(
        "no credential left and nobody left out after {} runs",
        options.rounds * 3 + 1
    );
    Ok(holds)
}

/// The recorded requests once more, with nothing in between but connections.
fn replayed(realm: &Realm, asked: &[Message], at_once: usize) -> Result<Ran> {
    let bearer = format!("Bearer {}", realm.token("mfactl")?);
    let ready: Vec<Vec<u8>> = asked
        .iter()
        .map(|request| {
            let mut request = request.clone();
            request.set("host", realm.host().to_owned());
            request.set("authorization", bearer.clone());
            request.bytes()
        })
        .collect();
    let (cpu, began) = (kernel::cpu("self")?, Instant::now());
    let (wall, bad) = generator::send_all(realm.url(), &ready, at_once)?;
    if bad > 0 {
        println!("generator: {bad} of {} requests refused", ready.len());
    }
    debug_assert!(wall <= began.elapsed(), "a part is no longer than the whole");
    Ok(Ran {
        wall,
        cpu: kernel::cpu("self")?.saturating_sub(cpu),
        peak_kib: 0,
        done: realm.len(),
        said: String::new(),
    })
}

/// A loop of the tool that comes with Keycloak, on a few people: for the record.
fn by_kcadm(realm: &Realm, home: &Home, tool: &str, people: usize) -> Result<()> {
    let few = people.min(BY_KCADM);
    realm.restore()?;
    let ran = home.kcadm(tool, &realm.names()[..few])?;
    ran.must_be_well(few)?;
    println!(
        "{:<28} {:>9.2} {:>11.2} {:>10.2}   ({few} people)",
        "kcadm.sh in a loop",
        ran.wall.as_secs_f64(),
        few as f64 / ran.wall.as_secs_f64(),
        ran.cpu.as_secs_f64()
    );
    Ok(())
}

fn without_tokens(asked: Vec<Message>) -> Vec<Message> {
    let is_of_the_realm = |request: &Message| request.line().1.starts_with("/admin/");
    asked.into_iter().filter(is_of_the_realm).collect()
}

/// How many of each, ids aside.
fn kinds(asked: &[Message]) -> BTreeMap<String, usize> {
    let mut kinds = BTreeMap::new();
    for request in asked {
        let (verb, path) = request.line();
        let path = path.split('?').next().unwrap_or_default();
        let parts: Vec<&str> = path
            .split('/')
            .skip(4)
            .map(|part| if part.len() == 36 { "{}" } else { part })
            .collect();
        *kinds.entry(format!("{verb} /{}", parts.join("/"))).or_default() += 1;
    }
    kinds
}

fn build(options: &Options) -> &'static str {
    match (&options.program, cfg!(debug_assertions)) {
        (Some(_), _) => "the program that was named",
        (None, true) => "a debug build: the limits are for release",
        (None, false) => "release build",
    }
}
