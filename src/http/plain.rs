//! A port of this machine that took a connection and never answered a TLS handshake: whether plain HTTP is spoken there.
//! A server that reads lines waits for the end of one where TLS begins, and says nothing for as long as it is let.
//!
//! Nothing of a request is sent, and no token: one `HEAD /`, as anybody may ask.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

use super::client::Failed;
use super::request::is_of_machine;
use super::secure;

/// How long the whole look may take: it is of this machine.
const LOOK: Duration = Duration::from_secs(2);
/// So much of an answer is enough to see what it is: `HTTP/1.1 200`.
const STATUS_LINE: usize = 12;

/// What is spoken at a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spoken {
    /// HTTP without TLS.
    Plain,
    /// Nothing that is understood here, or nothing at all.
    Unknown,
    /// Nobody takes a connection.
    Nobody,
}

/// What a failure of the transport comes to, looked at once more where a connection to an https address of this machine
/// took too long. `failed`: what it was taken for.
pub(super) async fn looked_at(failed: Failed, timed_out: bool, url: &Url) -> Failed {
    let Failed::NotSent(why) = failed else {
        return failed;
    };
    if !timed_out || url.scheme() != "https" || !is_of_machine(url) {
        return Failed::NotSent(why);
    }
    match timeout(LOOK, spoken(url)).await.unwrap_or(Spoken::Unknown) {
        Spoken::Plain => Failed::Hopeless(secure::no_tls(url)),
        Spoken::Unknown => Failed::NotSent(format!(
            "it did not answer a TLS handshake: is it http://{}?",
            secure::host(url)
        )),
        Spoken::Nobody => Failed::NotSent(why),
    }
}

async fn spoken(url: &Url) -> Spoken {
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
        return Spoken::Nobody;
    };
    // An IPv6 address stands in brackets in an address, and without them here.
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let Ok(mut stream) = TcpStream::connect((name, port)).await else {
        return Spoken::Nobody;
    };
    let asked = format!("HEAD / HTTP/1.1\r\nhost: {host}:{port}\r\nconnection: close\r\n\r\n");
    if stream.write_all(asked.as_bytes()).await.is_err() {
        return Spoken::Unknown;
    }
    let mut line = [0; STATUS_LINE];
    match stream.read_exact(&mut line).await {
        Ok(_) => of(&line),
        Err(_) => Spoken::Unknown,
    }
}

/// Servers that speak TLS say 400 to plain HTTP (nginx, Apache, Go), and those that speak none have no reason to.
fn of(line: &[u8; STATUS_LINE]) -> Spoken {
    if line.starts_with(b"HTTP/1.") && !line.ends_with(b" 400") {
        Spoken::Plain
    } else {
        Spoken::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_that_a_server_with_tls_would_not_give_counts() {
        assert_eq!(of(b"HTTP/1.1 200"), Spoken::Plain);
        assert_eq!(of(b"HTTP/1.0 404"), Spoken::Plain);
        assert_eq!(of(b"HTTP/1.1 400"), Spoken::Unknown);
        assert_eq!(of(b"SSH-2.0-Open"), Spoken::Unknown);
        assert_eq!(
            of(b"\x15\x03\x01\x00\x02\x02\x46      "[..12].try_into().unwrap()),
            Spoken::Unknown
        );
    }
}
