//! Signing in as a person with the real program, against the real pages, and what somebody hostile would try there. Here is
//! the browser of the tests, which is a few lines of HTTP, and who signs in.

mod ended;
mod kept;
mod pages;
mod token;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use url::Url;
use url::form_urlencoded::Serializer;

use crate::environment::{Environment, Output};
use crate::person::shown;
use crate::server::Server;

const ADELE: &str = "adele@contoso.example";
const CHIDI: &str = "chidi@contoso.example";
const ADMIN: &str = "admin@contoso.example";

/// A profile `me` of a person on this server, whose sign-in is kept in a file under a key of its own.
fn place(server: &Server, place: &Environment) -> Environment {
    let text = format!(
        "[profiles.me]\nservice = \"local\"\nurl = \"{}\"\nauthority = \"{}\"\ntenant = \"{}\"\nclient_id = \"{}\"\n\
         auth = \"browser\"\n\n[profiles.code]\nextends = \"me\"\nauth = \"device-code\"\n\n[profiles.app]\n\
         extends = \"me\"\nauth = \"client-secret\"\n",
        server.graph, server.authority, server.tenant, server.client_id
    );
    let config = place.configure(&text);
    let key = place.write("key", "0123456789abcdef0123456789abcdef\n");
    for file in [&config, &key] {
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    place
        .without_profile()
        .with("BROWSER", "/bin/true")
        .with("MFACTL_TOKEN_KEY_FILE", &key)
}

/// One request of a browser: status, where it is sent on to, body.
fn browse(verb: &str, url: &str, form: &[(String, String)]) -> (u16, String, String) {
    let url = Url::parse(url).unwrap();
    let address = (url.host_str().unwrap(), url.port().unwrap());
    let mut stream = TcpStream::connect(address).unwrap();
    let body = Serializer::new(String::new()).extend_pairs(form).finish();
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    write!(
        stream,
        "{verb} {path} HTTP/1.1\r\nhost: {}:{}\r\nconnection: close\r\ncontent-type: \
         application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        address.0,
        address.1,
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let to = answer
        .lines()
        .find_map(|line| line.strip_prefix("location: "))
        .unwrap_or_default();
    (status, to.to_owned(), answer.clone())
}

/// The command that signs in, while somebody sits at the browser.
struct Login {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    said: String,
    page: String,
}

impl Login {
    fn begin(place: &Environment, arguments: &[&str]) -> Self {
        let mut child = place
            .command(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut new = Self {
            stderr: BufReader::new(child.stderr.take().unwrap()),
            child,
            said: String::new(),
            page: String::new(),
        };
        new.page = new.reads("http://");
        new
    }

    /// Reads stderr up to a word that begins so.
    fn reads(&mut self, start: &str) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(
                self.stderr.read_line(&mut line).unwrap(),
                0,
                "no {start}: {}",
                self.said
            );
            self.said += &line;
            if let Some(word) = line.split_whitespace().find(|word| word.starts_with(start)) {
                return word.to_owned();
            }
        }
    }

    fn query(&self) -> Vec<(String, String)> {
        Url::parse(&self.page)
            .unwrap()
            .query_pairs()
            .into_owned()
            .collect()
    }

    fn value(&self, name: &str) -> String {
        let found = self.query().into_iter().find(|(known, _)| known == name);
        found.unwrap_or_else(|| panic!("no {name} in {}", self.page)).1
    }

    /// Signs in on the page; gives where the browser is sent.
    fn signs_in(&self, more: &[(&str, &str)]) -> String {
        let mut form = self.query();
        form.extend(
            more.iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        let page = self.page.split('?').next().unwrap();
        let (status, to, body) = browse("POST", page, &form);
        assert_eq!(status, 303, "{body}");
        to
    }

    fn finish(mut self) -> Output {
        self.stderr.read_to_string(&mut self.said).unwrap();
        let mut stdout = String::new();
        self.child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut stdout)
            .unwrap();
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        Output {
            stdout,
            stderr: self.said,
            code,
        }
    }
}

/// What somebody types on the page who has no second factor yet.
fn chidi(place: &Environment) -> [(&'static str, String); 3] {
    let password = place.person("chidi").password().to_owned();
    [
        ("username", CHIDI.to_owned()),
        ("password", password),
        ("action", "sign-in".to_owned()),
    ]
}

/// The same of the administrator, whose app shows a code.
fn admin(place: &Environment) -> [(&'static str, String); 5] {
    let admin = place.person("admin");
    let seed = admin.secrets["totp"][0]["secret"].as_str().unwrap().to_owned();
    [
        ("username", ADMIN.to_owned()),
        ("password", admin.password().to_owned()),
        ("factor", "totp".to_owned()),
        ("code", shown(&seed, place.now())),
        ("action", "sign-in".to_owned()),
    ]
}

fn typed<'a>(fields: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect()
}

/// Signs in as this person by the browser.
#[track_caller]
fn sign_in(me: &Environment, fields: &[(&'static str, String)]) -> Output {
    let login = Login::begin(me, &["-p", "me", "auth", "login"]);
    let back = login.signs_in(&typed(fields));
    let (status, _, page) = browse("GET", &back, &[]);
    assert_eq!(status, 200, "{page}");
    login.finish()
}

fn files(place: &Environment) -> Vec<PathBuf> {
    let folder = place.path("state/mfactl/tokens");
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "json"));
    files.sort();
    files
}

/// How often these commands asked for a token, as their trace says.
pub(crate) fn token_requests(outputs: &[Output]) -> usize {
    outputs
        .iter()
        .map(|output| output.stderr.matches("path=\"/oauth2/v2.0/token\"").count())
        .sum()
}
