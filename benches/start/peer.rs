//! What the program is measured against: a small program, compiled here, and `curl` with the same requests.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Result;
use crate::place::{Place, Server};
use crate::recorder::Request;

/// Compiles `benches/peers/NAME.rs` and gives the program.
pub fn compile(name: &str) -> Result<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("benches/peers")
        .join(format!("{name}.rs"));
    let program =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let status = Command::new("rustc")
        .arg("-O")
        .arg("-o")
        .arg(&program)
        .arg(source)
        .status()?;
    if status.success() {
        Ok(program)
    } else {
        Err("rustc did not compile the peer".into())
    }
}

/// `curl` with a file of requests: one process, one connection.
pub struct Curl {
    config: PathBuf,
}

impl Curl {
    /// Writes the file and asks once, to see that each request is answered as it was to the program.
    pub fn new(place: &Place, server: &Server, requests: &[Request]) -> Result<Self> {
        let mut text = String::new();
        for (number, request) in requests.iter().enumerate() {
            if number > 0 {
                text.push_str("next\n");
            }
            let Request {
                verb,
                path,
                headers,
                body,
            } = request;
            writeln!(
                text,
                "silent\nfail\noutput = \"{}\"",
                quoted(place.path("answer").to_string_lossy().as_bytes())
            )?;
            writeln!(
                text,
                "request = \"{verb}\"\nurl = \"{}{}\"",
                server.graph,
                quoted(path.as_bytes())
            )?;
            for (name, value) in headers {
                writeln!(text, "header = \"{name}: {}\"", quoted(value.as_bytes()))?;
            }
            if !body.is_empty() {
                let file = place.path(&format!("body-{number}"));
                fs::write(&file, body)?;
                writeln!(
                    text,
                    "data-binary = \"@{}\"",
                    quoted(file.to_string_lossy().as_bytes())
                )?;
            }
        }
        let config = place.path("curl.conf");
        fs::write(&config, text)?;
        let curl = Self { config };
        let output = curl
            .command()
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("curl: {error}"))?;
        if output.status.success() {
            Ok(curl)
        } else {
            Err(format!("curl was not answered as the program was: {}", output.status).into())
        }
    }

    /// The command.
    pub fn command(&self) -> Command {
        let mut command = Command::new("curl");
        // Without -q it would read a file of the person who runs this.
        command.arg("-q").arg("--config").arg(&self.config);
        command
    }
}

fn quoted(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
}
