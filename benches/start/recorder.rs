//! Stands between the program and the service once, and writes down what is asked, so that the peer asks the same.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::Result;
use crate::place::Server;

/// One request as it went over the wire.
pub struct Request {
    /// `GET`, `POST` …
    pub verb: String,
    /// With the query.
    pub path: String,
    /// Names in lower case; without those that every client sets by itself.
    pub headers: Vec<(String, String)>,
    /// Empty where there is none.
    pub body: Vec<u8>,
}

/// Runs `ask` with an address that leads to the service, and gives what it asked, in order.
pub fn record(server: &Server, ask: impl FnOnce(&str) -> Result<()>) -> Result<Vec<Request>> {
    let target: SocketAddr = server.graph.trim_start_matches("http://").parse()?;
    let (listener, own) = listen(target)?;
    let conversations = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&conversations);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let heard = Arc::clone(&heard);
            thread::spawn(move || pass_on(client, target, own, &heard));
        }
    });
    ask(&format!("http://{own}"))?;
    let said = conversations
        .lock()
        .map_err(|_| "the recorder broke off")?
        .clone();
    let requests = requests(&said)?;
    if requests.is_empty() {
        Err("nothing was asked".into())
    } else {
        Ok(requests)
    }
}

/// A port with as many digits as the service's, so that it can be put in its place without changing a length.
fn listen(target: SocketAddr) -> Result<(TcpListener, SocketAddr)> {
    let mut others = Vec::new();
    for _ in 0..1000 {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let own = listener.local_addr()?;
        if own.to_string().len() == target.to_string().len() {
            return Ok((listener, own));
        }
        others.push(listener);
    }
    Err("no port of that length is free".into())
}

fn pass_on(client: TcpStream, target: SocketAddr, own: SocketAddr, heard: &Mutex<Vec<u8>>) -> io::Result<()> {
    let server = TcpStream::connect(target)?;
    let (mut answers, mut to_client) = (server.try_clone()?, client.try_clone()?);
    let (from, to) = (target.port().to_string(), own.port().to_string());
    thread::spawn(move || -> io::Result<()> {
        copy(&mut answers, &mut to_client, &from, &to, None)?;
        to_client.shutdown(Shutdown::Write)
    });
    let (mut client, mut server) = (client, server);
    let (from, to) = (own.port().to_string(), target.port().to_string());
    copy(&mut client, &mut server, &from, &to, Some(heard))?;
    server.shutdown(Shutdown::Write)
}

/// Copies, with one port in the place of the other: the service knows only its own.
fn copy(
    from: &mut TcpStream,
    to: &mut TcpStream,
    port: &str,
    with: &str,
    heard: Option<&Mutex<Vec<u8>>>,
) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        let mut piece = buffer[..count].to_vec();
        for at in 0..piece.len().saturating_sub(port.len() - 1) {
            if piece[at..].starts_with(port.as_bytes()) {
                piece[at..at + port.len()].copy_from_slice(with.as_bytes());
            }
        }
        if let Some(heard) = heard
            && let Ok(mut heard) = heard.lock()
        {
            heard.extend_from_slice(&piece);
        }
        to.write_all(&piece)?;
    }
}

/// What every client sets by itself.
const OWN: &[&str] = &[
    "host",
    "content-length",
    "user-agent",
    "accept-encoding",
    "connection",
];

fn requests(mut said: &[u8]) -> Result<Vec<Request>> {
    let mut found = Vec::new();
    while !said.is_empty() {
        let end = said
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .ok_or("half a request")?;
        let head = std::str::from_utf8(&said[..end])?;
        let mut lines = head.lines();
        let mut first = lines.next().unwrap_or_default().split(' ');
        let (verb, path) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let length = headers
            .iter()
            .find(|(name, _)| name == "content-length")
            .map_or(Ok(0), |(_, n)| n.parse())?;
        let body = said.get(end + 4..end + 4 + length).ok_or("half a body")?.to_vec();
        said = &said[end + 4 + length..];
        found.push(Request {
            verb: verb.to_owned(),
            path: path.to_owned(),
            headers: headers
                .into_iter()
                .filter(|(name, _)| !OWN.contains(&name.as_str()))
                .collect(),
            body,
        });
    }
    Ok(found)
}
