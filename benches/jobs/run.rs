//! One run of the program on a running service, with what it says and what it needs of the machine; and the data that
//! every run begins with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::Result;
use crate::generator::token;
use crate::place::{Place, Server};
use crate::watched::watch;
use crate::wire::{Connection, Message};

/// How a run went.
pub struct Ran {
    /// From start to end.
    pub wall: Duration,
    /// Time on a processor.
    pub cpu: Duration,
    /// The most memory it ever held.
    pub peak_kib: u64,
    /// Steps that were sent.
    pub steps: usize,
    /// Rows that are neither done nor unchanged.
    bad: Vec<String>,
    said: String,
    success: bool,
}

impl Ran {
    /// Resets the people of a file.
    pub fn reset(place: &Place, server: &Server, address: &str, file: &str) -> Result<Self> {
        let list = place.path(file);
        let list = list.to_string_lossy();
        let secrets = place.path(&format!(
            "{file}.{}.secrets",
            address.rsplit(':').next().unwrap_or_default()
        ));
        profile(place, server, address, file)?;
        let arguments = [
            "-p",
            "crowd",
            "user",
            "reset",
            "--from",
            &list,
            "--yes",
            "-o",
            "ndjson",
            "--secrets-out",
            &secrets.to_string_lossy(),
        ];
        let mut command = place.command(&arguments);
        command.env("MFACTL_CLIENT_SECRET", &server.client_secret);
        let watched = watch(command)?;
        let (mut steps, mut bad) = (0, Vec::new());
        for line in watched.stdout.lines() {
            let row: Value = serde_json::from_str(line)?;
            let Some(status) = row["status"].as_str() else {
                continue;
            };
            steps += row["attempts"].as_u64().map_or(0, |sent| usize::from(sent > 0));
            if matches!(status, "failed" | "unknown" | "skipped") {
                bad.push(line.to_owned());
            }
        }
        Ok(Self {
            wall: watched.wall,
            cpu: watched.cpu,
            peak_kib: watched.peak_kib,
            steps,
            bad,
            said: watched.stderr,
            success: watched.success,
        })
    }

    /// Every row well, and the program too.
    pub fn must_be_well(&self) -> Result<()> {
        if let Some(row) = self.bad.first() {
            return Err(format!("{} rows are not well, such as {row}", self.bad.len()).into());
        }
        if !self.success || self.steps == 0 {
            return Err(format!("it did not end well: {}", self.said).into());
        }
        Ok(())
    }
}

/// The profile `crowd`, whose guard allows so many people.
pub fn profile(place: &Place, server: &Server, address: &str, file: &str) -> Result<()> {
    let folder = place.path("config/mfactl");
    fs::create_dir_all(&folder)?;
    let authority = server.authority.replace(&server.graph, address);
    let text = format!(
        "[profiles.crowd]\nservice = \"local\"\nurl = \"{address}\"\nauthority = \"{authority}\"\ntenant = \"{}\"\n\
         client_id = \"{}\"\nauth = \"client-secret\"\n[profiles.crowd.guard]\nmax_users = 1000000\n\
         max_users_planned = 1000000\n",
        server.tenant, server.client_id
    );
    let whole = folder.join(format!("{file}.toml"));
    fs::write(&whole, text)?;
    fs::rename(whole, folder.join("config.toml"))?;
    Ok(())
}

/// Seeds so many people, lists them in `people.csv`, and gives a snapshot of the data.
pub fn prepare(place: &Place, people: usize) -> Result<PathBuf> {
    let data = place.path("served.db");
    let data = data.to_string_lossy();
    let snapshot = place.path("snapshot.db");
    let to = snapshot.to_string_lossy();
    succeed(place.command(&["local", "seed", "--users", &people.to_string(), "--data", &data]))?;
    succeed(place.command(&["local", "snapshot", &to, "--data", &data]))?;
    let server = place.serve(&[])?;
    let mut names = Vec::new();
    let bearer = format!("Bearer {}", token(&server)?);
    let mut connection = Connection::open(&server.graph)?;
    let mut next = Some("/v1.0/users?$select=userPrincipalName&$top=999".to_owned());
    while let Some(path) = next.take() {
        let page = get(&mut connection, &server, &bearer, &path)?;
        for user in page["value"].as_array().into_iter().flatten() {
            names.extend(user["userPrincipalName"].as_str().map(str::to_owned));
        }
        next = page["@odata.nextLink"]
            .as_str()
            .map(|link| link.trim_start_matches(&server.graph).to_owned());
    }
    // The demo directory's own people have exceptions of all kinds; the crowd has numbers in their names.
    let crowd: Vec<String> = names
        .into_iter()
        .filter(|name| {
            name.split('@')
                .next()
                .is_some_and(|own| own.ends_with(|c: char| c.is_ascii_digit()))
        })
        .take(people)
        .collect();
    if crowd.len() < people {
        return Err(format!("{} people of {people} were seeded", crowd.len()).into());
    }
    list(&place.path("people.csv"), &crowd)?;
    list(&place.path("first.csv"), &crowd[..people / 2])?;
    list(&place.path("second.csv"), &crowd[people / 2..])?;
    Ok(snapshot)
}

/// The files of the two halves.
pub fn halves(place: &Place) -> Result<Vec<String>> {
    ["first.csv", "second.csv"]
        .map(|name| {
            let there = place.path(name).exists();
            there.then(|| name.to_owned()).ok_or_else(|| "no halves".into())
        })
        .into_iter()
        .collect()
}

fn list(path: &Path, names: &[String]) -> Result<()> {
    fs::write(path, format!("user\n{}\n", names.join("\n")))?;
    Ok(())
}

/// The data as the snapshot has it, and nothing of earlier runs.
pub fn restore(place: &Place, snapshot: &Path) -> Result<()> {
    let data = place.path("served.db");
    succeed(place.command(&[
        "local",
        "restore",
        "--yes",
        &snapshot.to_string_lossy(),
        "--data",
        &data.to_string_lossy(),
    ]))?;
    for entry in fs::read_dir(place.path(""))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "secrets") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// What a service with a throttle says of it.
#[derive(Default)]
pub struct Told {
    /// Units given.
    pub units: f64,
    /// Calls that came.
    pub requests: f64,
    /// Of them refused.
    pub refused: f64,
}

/// What the service says of its throttle.
pub fn told(server: &Server) -> Result<Told> {
    let bearer = format!("Bearer {}", token(server)?);
    let mut connection = Connection::open(&server.graph)?;
    let told = get(&mut connection, server, &bearer, "/mfactl/v1/faults")?;
    let number = |name: &str| {
        told["throttle"][name]
            .as_f64()
            .ok_or_else(|| format!("no {name} in {told}"))
    };
    Ok(Told {
        units: number("units")?,
        requests: number("requests")?,
        refused: number("refused")?,
    })
}

fn get(connection: &mut Connection, server: &Server, bearer: &str, path: &str) -> Result<Value> {
    let request = Message {
        first: format!("GET {path} HTTP/1.1"),
        headers: vec![
            (
                "host".to_owned(),
                server.graph.trim_start_matches("http://").to_owned(),
            ),
            ("authorization".to_owned(), bearer.to_owned()),
        ],
        body: vec![],
    };
    Ok(serde_json::from_slice(&connection.ask(&request.bytes())?.body)?)
}

fn succeed(mut command: Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned().into())
}
