//! A crowd on a service of its own: how its lost phones are reset, gone on with, and looked at in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, OnceLock};

use rustix::process::Signal;
use serde_json::Value;

use crate::environment::Environment;
use crate::run::{Ended, Run};
use crate::server::Server;
use crate::state::{self, People};

/// A rule that sees every call and touches none: what it saw tells how far a run has come.
const EVERY_CALL: &str = "[[rule]]\nshare = 1e-18\ndelay = \"1ms\"\n";

/// People, their service, and the profile on which they are reset.
pub(crate) struct Crowd {
    pub(crate) env: Environment,
    server: Option<Server>,
    before: People,
    commands: usize,
    turns: usize,
    more: Vec<String>,
}

impl Crowd {
    /// So many people with the service on its feet, which counts passes by person, and goes wrong by these rules.
    pub(crate) fn start(people: usize, rules: &str) -> Self {
        Self::with(people, rules, &[])
    }

    /// The same on a service that serves so many units a second.
    pub(crate) fn throttled(people: usize, rate: &str) -> Self {
        Self::with(people, "", &["--throttle", rate])
    }

    fn with(people: usize, rules: &str, more: &[&str]) -> Self {
        let env = Environment::empty();
        std::fs::create_dir_all(env.data_file().parent().unwrap()).unwrap();
        std::fs::copy(seeded(people).data_file(), env.data_file()).unwrap();
        // Read on a service of its own: the rules begin with the program's first call.
        let plain = env.serve(&[]);
        let before = state::read(&plain.witness());
        drop(plain);
        assert_eq!(before.len(), people);
        let users: Vec<&str> = before.keys().map(String::as_str).collect();
        env.write("people.csv", &format!("user\n{}\n", users.join("\n")));
        // Counted before anything else is done to a call, and slowed by a millisecond at most.
        let counted: String = before.values().map(counting).collect();
        env.write("faults.toml", &format!("{EVERY_CALL}\n{counted}{rules}"));
        let mut crowd = Self {
            env,
            server: None,
            before,
            commands: 0,
            turns: 0,
            more: more.iter().map(|&word| word.to_owned()).collect(),
        };
        crowd.serve("127.0.0.1:0");
        crowd
    }

    /// Puts the service on its feet; the profile names its address.
    fn serve(&mut self, address: &str) {
        let rules = self.env.path("faults.toml");
        let mut line = vec!["--faults", rules.to_str().unwrap()];
        line.extend(self.more.iter().map(String::as_str));
        let server = Server::start_at(&self.env, address, &line);
        self.env.configure(&format!(
            "[profiles.crowd]\nservice = \"local\"\nurl = \"{}\"\nauthority = \"{}\"\ntenant = \"{}\"\n\
                 client_id = \"{}\"\nauth = \"client-secret\"\n[profiles.crowd.guard]\nmax_users = 1000000\n\
                 max_users_planned = 1000000\n",
            server.graph, server.authority, server.tenant, server.client_id
        ));
        self.env = self
            .env
            .without_profile()
            .with("MFACTL_CLIENT_SECRET", &server.client_secret);
        self.server = Some(server);
    }

    /// Ends the service by a signal and starts it again under the same address.
    pub(crate) fn restart(&mut self, signal: Signal) {
        let mut server = self.server.take().unwrap();
        let address = server.graph.strip_prefix("http://").unwrap().to_owned();
        server.end(signal);
        self.serve(&address);
    }

    pub(crate) fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    /// What the rules saw and gave, in their order.
    pub(crate) fn faults(&self, token: &str) -> Value {
        let answer = self
            .server()
            .witness()
            .ask_with(token, "GET", "/mfactl/v1/faults", &Value::Null);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }

    /// How many calls the service was asked so far.
    pub(crate) fn calls(&self, token: &str) -> u64 {
        self.faults(token)["rules"][0]["seen"].as_u64().unwrap()
    }

    /// How many passes the service was asked for so far.
    pub(crate) fn passes(&self, token: &str) -> u64 {
        let told = self.faults(token);
        let counting = &told["rules"].as_array().unwrap()[1..=self.before.len()];
        counting.iter().map(|rule| rule["seen"].as_u64().unwrap()).sum()
    }

    /// How often each rule behind the counting ones was given.
    pub(crate) fn given(&self) -> Vec<(String, u64)> {
        let told = self.faults(&self.server().witness().token());
        let rules = told["rules"].as_array().unwrap().iter();
        rules
            .skip(1 + self.before.len())
            .map(|rule| {
                (
                    rule["fault"].as_str().unwrap().to_owned(),
                    rule["given"].as_u64().unwrap(),
                )
            })
            .collect()
    }

    /// Starts any command on the profile.
    pub(crate) fn command(&mut self, arguments: &[&str]) -> Run {
        self.commands += 1;
        let mut all = vec!["-p", "crowd"];
        all.extend_from_slice(arguments);
        let stem = self.env.path(&format!("run-{}", self.commands));
        Run::start(self.env.command(&all), stem)
    }

    /// Says that so many commands ran elsewhere, each with the secrets of its number.
    pub(crate) fn commands_were(&mut self, more: usize) {
        self.commands += more;
    }

    /// Where the secrets of the next command go.
    pub(crate) fn secrets(&self) -> String {
        let path = self.env.path(&format!("secrets-{}.ndjson", self.commands + 1));
        path.to_str().unwrap().to_owned()
    }

    /// Starts to reset everybody's lost phone.
    pub(crate) fn begin(&mut self, more: &[&str]) -> Run {
        let (people, secrets) = (self.env.path("people.csv"), self.secrets());
        let line = reset(people.to_str().unwrap(), &secrets);
        self.command(&[&line, &NAMED[..], more].concat())
    }

    /// Goes on after a run that ended somehow, by turns as a person and as a pipeline does it; `None` where there is
    /// nothing to go on with.
    pub(crate) fn go_on(&mut self, more: &[&str]) -> Option<Run> {
        let Some(job) = self.job() else {
            return Some(self.begin(more));
        };
        if job.is_over {
            return None;
        }
        self.turns += 1;
        if self.turns.is_multiple_of(2) {
            return Some(self.begin(more));
        }
        let secrets = self.secrets();
        let line = [
            "jobs",
            "resume",
            &job.id,
            "--yes",
            "--secrets-out",
            &secrets,
            "-o",
            "ndjson",
        ];
        Some(self.command(&[&line, more].concat()))
    }

    /// The one job that can be gone on with or has ended; none where nothing was planned to its end.
    pub(crate) fn job(&mut self) -> Option<Job> {
        let list = self.command(&["jobs", "list", "-o", "json"]).ends().exits(0);
        let jobs: Vec<Value> = serde_json::from_str(&list.stdout).unwrap();
        let mut found: Vec<Job> = Vec::new();
        for job in &jobs {
            let state = job["state"].as_str().unwrap();
            assert_ne!(state, "unreadable", "{job}");
            if !["planning", "abandoned"].contains(&state) {
                found.push(Job {
                    id: job["id"].as_str().unwrap().to_owned(),
                    is_over: state == "ended" && job["summary"]["users"]["failed"] == 0,
                    row: job.clone(),
                });
            }
        }
        assert!(
            found.len() <= 1,
            "one job was begun, and these are there: {jobs:?}"
        );
        found.pop()
    }

    /// Every step of the job, as `jobs show` tells them.
    pub(crate) fn steps(&mut self) -> Vec<Value> {
        let job = self.job().expect("a job");
        let shown = self
            .command(&["jobs", "show", &job.id, "-o", "ndjson"])
            .ends()
            .exits(0);
        let lines = shown
            .stdout
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["type"] == "step").collect()
    }

    /// The passes that were reported, by person, in the order of the commands.
    pub(crate) fn reported(&self) -> BTreeMap<String, Vec<String>> {
        let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for n in 1..=self.commands {
            let text =
                std::fs::read_to_string(self.env.path(&format!("secrets-{n}.ndjson"))).unwrap_or_default();
            // A line without its end was being written when the program died: that pass is not reported.
            for line in text.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
                let row: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
                let user = row["user"].as_str().unwrap().to_owned();
                all.entry(user)
                    .or_default()
                    .push(row["value"].as_str().unwrap().to_owned());
            }
        }
        all
    }

    /// Looks at everybody once the job is over: what they have, what the audit says, and what was told of their passes.
    /// `counted`: the service ran through, so that it knows how often it made a pass for whom.
    pub(crate) fn verify(mut self, counted: bool) {
        let told: Vec<Value> = self.steps();
        let bad: Vec<&Value> = told
            .iter()
            .filter(|step| !["done", "unchanged"].contains(&step["status"].as_str().unwrap()))
            .collect();
        assert!(
            bad.is_empty(),
            "{} rows are not done: {:?}",
            bad.len(),
            &bad[..bad.len().min(3)]
        );
        let reissued: BTreeSet<String> = told
            .iter()
            .filter(|step| {
                step["detail"]
                    .as_str()
                    .is_some_and(|text| text.contains("reissued"))
            })
            .map(|step| step["user"].as_str().unwrap().to_owned())
            .collect();
        let reported = self.reported();
        for (name, passes) in &reported {
            assert!(
                passes.len() == 1 || reissued.contains(name),
                "{name}: {} passes were reported, and no row says that one was reissued",
                passes.len()
            );
        }
        if counted {
            let made = self.made();
            for (name, times) in &made {
                assert!(*times >= 1, "{name} never got a pass");
                assert!(
                    *times == 1 || reissued.contains(name),
                    "{name} got {times} passes, and no row says so"
                );
            }
            let twice = made.values().filter(|times| **times > 1).count();
            println!(
                "{twice} got a second pass; {} rows say that one was reissued",
                reissued.len()
            );
        }
        self.check_audit();
        let mut server = self.server.take().unwrap();
        server.end(Signal::TERM);
        let plain = Server::start_at(&self.env, "127.0.0.1:0", &[]);
        let witness = plain.witness();
        state::check(&self.before, &state::read(&witness));
        let token = witness.token();
        for (name, person) in self.before.iter().filter(|(_, person)| person.enabled) {
            let pass = reported[name].last().unwrap();
            let answer = state::sign_in(&witness, &token, name, pass);
            assert_eq!(answer["result"], "signed_in", "{name} ({}): {answer}", person.id);
        }
    }

    /// How often the service made a pass, by person.
    fn made(&self) -> BTreeMap<String, u64> {
        let told = self.faults(&self.server().witness().token());
        let names = self.before.keys().enumerate();
        names
            .map(|(n, name)| (name.clone(), told["rules"][n + 1]["given"].as_u64().unwrap()))
            .collect()
    }

    fn check_audit(&mut self) {
        self.command(&["audit", "verify"]).ends().exits(0);
    }
}

/// A job as `jobs list` tells it.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) id: String,
    /// Whether nothing is left to do.
    pub(crate) is_over: bool,
    pub(crate) row: Value,
}

/// What a pipeline adds, so that its second run goes on with the first.
pub(crate) const NAMED: [&str; 2] = ["--job", "crowd"];

/// The command that resets these people.
pub(crate) fn reset<'a>(people: &'a str, secrets: &'a str) -> Vec<&'a str> {
    let words = [
        "user", "reset", "--from", people, "--pass", "always", "--yes", "-o", "ndjson",
    ];
    [&words[..], &["--secrets-out", secrets]].concat()
}

/// The rule that counts a person's passes.
fn counting(person: &state::Person) -> String {
    format!(
        "[[rule]]\nmethod = \"POST\"\npath = \"/users/{}/authentication/temporaryAccessPassMethods\"\ndelay = \"1ms\"\n\n",
        person.id
    )
}

/// The last line of an answer, which sums it up.
#[track_caller]
pub(crate) fn summary(ended: &Ended) -> Value {
    let line = ended.stdout.lines().last().unwrap_or_default();
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {}", ended.screen()))
}

/// The data file with so many people, made once.
fn seeded(people: usize) -> Environment {
    static SEEDED: OnceLock<Mutex<BTreeMap<usize, Environment>>> = OnceLock::new();
    let mut all = SEEDED.get_or_init(Mutex::default).lock().unwrap();
    all.entry(people)
        .or_insert_with(|| {
            let new = Environment::empty();
            let number = people.to_string();
            new.run(&["local", "seed", "--users", &number]).exits(0);
            new
        })
        .clone()
}
