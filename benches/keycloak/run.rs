//! The contenders, each measured from start to end: the program, the script, and the tool that comes with Keycloak.

use std::fs;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::place::Place;
use crate::watched::watch;
use crate::{Result, kernel};

/// The script that an administrator would write.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/keycloak.py");

/// Who does it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Contender {
    /// Python with httpx.
    Script,
    /// This program.
    Mfactl,
    /// Its requests without it.
    Generator,
}

impl Contender {
    /// Its name in a sentence.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Script => "the script",
            Self::Mfactl => "mfactl",
            Self::Generator => "the generator",
        }
    }
}

/// How a run went.
#[derive(Clone)]
pub struct Ran {
    /// From start to end.
    pub wall: Duration,
    /// Time on a processor.
    pub cpu: Duration,
    /// The most memory it ever held.
    pub peak_kib: u64,
    /// People who are done, as it says itself.
    pub done: usize,
    /// What it said, where it did not end well.
    pub said: String,
}

impl Ran {
    /// It ended well, with so many people.
    pub fn must_be_well(&self, people: usize) -> Result<()> {
        if self.said.is_empty() && self.done == people {
            return Ok(());
        }
        Err(format!("{} of {people} people done: {}", self.done, self.said).into())
    }
}

/// Where they run.
pub struct Home {
    place: Place,
    url: String,
    program: Option<String>,
}

impl Home {
    /// A folder with the list of people. `program`: another build than the one beside this bench.
    pub fn new(url: &str, names: &[String], program: Option<&str>) -> Result<Self> {
        let place = Place::new()?;
        fs::write(place.path("people.csv"), format!("user\n{}\n", names.join("\n")))?;
        Ok(Self {
            place,
            url: url.to_owned(),
            program: program.map(str::to_owned),
        })
    }

    /// What the folder lies on.
    pub fn file_system(&self) -> String {
        let output = Command::new("stat")
            .args(["--file-system", "--format=%T"])
            .arg(self.place.path(""))
            .output();
        output.map_or_else(
            |_| "unknown".to_owned(),
            |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        )
    }

    /// The program, which reaches the service at `address`.
    pub fn mfactl(&self, address: &str) -> Result<Ran> {
        let people = self.place.path("people.csv");
        let people = people.to_string_lossy();
        let arguments = [
            "-p",
            "crowd",
            "user",
            "reset",
            "--playbook",
            "new-phone",
            "--from",
            &people,
            "--yes",
            "-o",
            "json",
        ];
        let folder = self.place.path("config/mfactl");
        fs::create_dir_all(&folder)?;
        let profile = format!(
            "[profiles.crowd]\nservice = \"keycloak\"\nurl = \"{address}\"\nrealm = \"kctest\"\nclient_id = \"mfactl\"\n\
             auth = \"client-secret\"\n[profiles.crowd.guard]\nmax_users = 1000000\n"
        );
        let file = folder.join("config.toml");
        let old = fs::read_to_string(&file).unwrap_or_default();
        if old != profile {
            fs::write(&file, profile)?;
        }
        let mut command = self.place.command(&arguments);
        if let Some(program) = &self.program {
            let mut other = Command::new(program);
            for (name, value) in command.get_envs() {
                match value {
                    Some(value) => other.env(name, value),
                    None => other.env_remove(name),
                };
            }
            other.args(command.get_args());
            command = other;
        }
        command.env("MFACTL_CLIENT_SECRET", "s3cr3t");
        let (mut ran, stdout) = measured(command)?;
        let result: Value = serde_json::from_str(&stdout).unwrap_or_default();
        let number = |name: &str| result["summary"]["users"][name].as_u64().unwrap_or(0);
        ran.done = usize::try_from(number("done"))?;
        if number("failed") > 0 || number("skipped") > 0 {
            ran.said = format!("{} {}", result["summary"], ran.said);
        }
        Ok(ran)
    }

    /// The script.
    pub fn script(&self, python: &str) -> Result<Ran> {
        let mut command = Command::new(python);
        command
            .arg(SCRIPT)
            .args([&self.url, "kctest", "mfactl"])
            .arg(self.place.path("people.csv"))
            .env("CLIENT_SECRET", "s3cr3t");
        told(command)
    }

    /// The tool that comes with Keycloak, one call after the other.
    pub fn kcadm(&self, tool: &str, names: &[String]) -> Result<Ran> {
        // What a loop in a shell looks like; the tool keeps its sign-in in a file.
        const LOOP: &str = r#"set -euo pipefail
            tool=$1 url=$2 config=$3; shift 3
            "$tool" config credentials --config "$config" --server "$url" --realm kctest --client maker --secret s3cr3t 2>/dev/null
            done=0
            for name; do
                id=$("$tool" get users --config "$config" -r kctest -q "username=$name" -q exact=true --fields id --format csv --noquotes)
                for credential in $("$tool" get "users/$id/credentials" --config "$config" -r kctest --fields id,type --format csv --noquotes | sed -n 's/,otp$//p'); do
                    "$tool" delete "users/$id/credentials/$credential" --config "$config" -r kctest
                done
                "$tool" update "users/$id" --config "$config" -r kctest -s 'requiredActions=["CONFIGURE_TOTP"]'
                "$tool" create "users/$id/logout" --config "$config" -r kctest 2>/dev/null
                done=$((done + 1))
            done
            echo "$done""#;
        let mut command = Command::new("bash");
        command
            .args(["-c", LOOP, "kcadm", tool, &self.url])
            .arg(self.place.path("kcadm.config"))
            .args(names);
        told(command)
    }
}

/// Runs what prints nothing but how many people are done.
fn told(command: Command) -> Result<Ran> {
    let (mut ran, stdout) = measured(command)?;
    ran.done = stdout.trim().parse().unwrap_or(0);
    Ok(ran)
}

/// Runs it, and gives what it printed. Time on a processor is that of all its children too: of a shell that calls a tool
/// they are everything.
fn measured(command: Command) -> Result<(Ran, String)> {
    let before = kernel::waited_for()?;
    let watched = watch(command)?;
    let ran = Ran {
        wall: watched.wall,
        cpu: kernel::waited_for()?.saturating_sub(before),
        peak_kib: watched.peak_kib,
        done: 0,
        said: if watched.success {
            String::new()
        } else {
            watched.stderr
        },
    };
    Ok((ran, watched.stdout))
}
