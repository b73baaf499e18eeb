//! A PostgreSQL of the tests' own: made in a new folder, reachable by a socket in it, run as somebody without rights.
//! A shell holds it by its process id and ends it when the tests are gone, however they ended.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use mfactl::jobs::journal::{Login, PostgresStore};

/// Makes the files, starts the server, says `ready`, and waits until nobody holds its stdin any more.
const SCRIPT: &str = r#"
set -eu
bin=$1 folder=$2 port=$3
shift 3
"$bin/initdb" --pgdata="$folder/data" --username=mfactl --auth=trust --encoding=UTF8 --no-sync >"$folder/initdb.log" 2>&1
if [ -f "$folder/hba" ]; then cp "$folder/hba" "$folder/data/pg_hba.conf"; fi
"$bin/postgres" -D "$folder/data" -k "$folder" "$@" >"$folder/log" 2>&1 </dev/null &
server=$!
trap 'kill -INT "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
tries=0
until "$bin/pg_isready" --quiet --host="$folder" --port="$port"; do
    tries=$((tries + 1))
    if [ "$tries" -gt 600 ] || ! kill -0 "$server" 2>/dev/null; then cat "$folder/log"; exit 1; fi
    sleep 0.1
done
echo ready
# A line is a wish to restart; the end of the input is the end.
while read -r wish; do
    kill -INT "$server"; wait "$server" || true
    "$bin/postgres" -D "$folder/data" -k "$folder" "$@" >>"$folder/log" 2>&1 </dev/null &
    server=$!
    echo "$wish"
done
"#;

/// Who runs it where the tests are run by root, whom PostgreSQL refuses.
const NOBODY: &str = "65534";

pub(crate) struct Server {
    folder: PathBuf,
    bin: PathBuf,
    stdin: std::sync::Mutex<Option<ChildStdin>>,
    stdout: std::sync::Mutex<BufReader<std::process::ChildStdout>>,
    _child: Child,
}

/// The one server of these tests.
pub(crate) fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start(5432, |_| Vec::new()))
}

/// Where Debian and others put the programs.
fn programs() -> PathBuf {
    let all = ["initdb", "postgres", "psql", "pg_isready"];
    let mut debian: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path().join("bin"))
        .collect();
    // The newest first.
    debian.sort();
    debian.reverse();
    debian
        .into_iter()
        .chain(
            [
                "/usr/local/pgsql/bin",
                "/usr/local/bin",
                "/usr/bin",
                "/opt/homebrew/bin",
            ]
            .map(PathBuf::from),
        )
        .find(|folder| all.iter().all(|name| folder.join(name).is_file()))
        .expect("these tests need PostgreSQL's programs: run tests/postgres/install.sh")
}

impl Server {
    /// Starts one; `prepare` may put files into its folder and gives more options.
    pub(crate) fn start(port: u16, prepare: impl FnOnce(&Path) -> Vec<String>) -> Self {
        let bin = programs();
        // A short name: the path of a socket has little room.
        let folder = tempfile::Builder::new().prefix("mfapg").tempdir().unwrap().keep();
        let options = prepare(&folder);
        let root = rustix::process::getuid().is_root();
        let mut command = if root {
            chown(&folder);
            let mut command = Command::new("setpriv");
            command.args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        // It must outlive a Ctrl-C that is meant for the tests, to end the server in its own way.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command
            .args(["-c", SCRIPT, "postgres"])
            .arg(&bin)
            .arg(&folder)
            .arg(port.to_string())
            .args([
                "-c",
                &format!("port={port}"),
                "-c",
                "listen_addresses=",
                "-c",
                "shared_buffers=32MB",
                "-c",
                "max_connections=60",
            ])
            .args(options)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("LC_ALL", "C.UTF-8")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        stdout.read_line(&mut said).unwrap();
        if said != "ready\n" {
            let initdb = std::fs::read_to_string(folder.join("initdb.log")).unwrap_or_default();
            panic!("PostgreSQL did not start: {said}{initdb}");
        }
        Self {
            folder,
            bin,
            stdin: std::sync::Mutex::new(child.stdin.take()),
            stdout: std::sync::Mutex::new(stdout),
            _child: child,
        }
    }

    /// Ends it and starts it again on the same files; it is on its way when this returns.
    pub(crate) fn restart(&self) {
        use std::io::Write as _;
        self.stdin
            .lock()
            .unwrap()
            .as_mut()
            .unwrap()
            .write_all(b"again\n")
            .unwrap();
        let mut said = String::new();
        self.stdout.lock().unwrap().read_line(&mut said).unwrap();
        assert_eq!(said, "again\n");
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A new database, and where it is.
    pub(crate) fn database(&self) -> Database<'_> {
        self.database_on(5432)
    }

    /// The same of a server with another port, which the name of its socket has too.
    pub(crate) fn database_on(&self, port: u16) -> Database<'_> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("jobs{}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.psql(port, "postgres", &format!("create database {name}"));
        Database {
            server: self,
            port,
            name,
        }
    }

    fn psql(&self, port: u16, database: &str, sql: &str) -> String {
        let output = Command::new(self.bin.join("psql"))
            .args([
                "--no-psqlrc",
                "--quiet",
                "--tuples-only",
                "--no-align",
                "--username=mfactl",
            ])
            .args(["--set=ON_ERROR_STOP=1", "--command", sql])
            .args(["--port", &port.to_string()])
            .arg("--host")
            .arg(&self.folder)
            .arg("--dbname")
            .arg(database)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{sql}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

/// A database of its own for each test.
pub(crate) struct Database<'a> {
    server: &'a Server,
    port: u16,
    name: String,
}

impl Database<'_> {
    /// Its URL over the socket.
    pub(crate) fn url(&self) -> String {
        let folder = self.server.folder.to_str().unwrap().replace('/', "%2F");
        format!("postgres://mfactl@{folder}/{}", self.name)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn login(&self) -> Login {
        Login {
            url: self.url(),
            password: None,
            passfile: None,
        }
    }

    pub(crate) async fn store(&self) -> PostgresStore {
        PostgresStore::connect(&self.login()).await.unwrap()
    }

    /// What an independent client reads: the first column of each row, a line each.
    pub(crate) fn sql(&self, sql: &str) -> String {
        self.server.psql(self.port, &self.name, sql)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stdin.lock().unwrap().take());
        // It ends by itself then; how is of no interest any more.
        let _ = self._child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn chown(folder: &Path) {
    let status = Command::new("chown")
        .arg("-R")
        .arg(format!("{NOBODY}:{NOBODY}"))
        .arg(folder)
        .status();
    assert!(status.unwrap().success());
}
