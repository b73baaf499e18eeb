//! The raw generator: the same requests in the same order, so many at once, with nothing in between but a connection.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Result;
use crate::place::Server;
use crate::wire::{Connection, Message};

/// Sends them, and gives how long that took and how many were answered with something else than a 2xx.
pub fn replay(server: &Server, asked: &[Message], at_once: usize) -> Result<(Duration, usize)> {
    let bearer = format!("Bearer {}", token(server)?);
    let host = server.graph.trim_start_matches("http://");
    let ready: Vec<Vec<u8>> = asked
        .iter()
        .map(|request| {
            let mut request = request.clone();
            request.set("host", host.to_owned());
            request.set("authorization", bearer.clone());
            request.bytes()
        })
        .collect();
    send_all(&server.graph, &ready, at_once)
}

/// Sends what is ready, so many at once, to a service on this machine. Gives as [`replay`] does.
pub fn send_all(address: &str, ready: &[Vec<u8>], at_once: usize) -> Result<(Duration, usize)> {
    let (next, bad) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let began = Instant::now();
    thread::scope(|scope| -> Result<()> {
        let workers: Vec<_> = (0..at_once.max(1))
            .map(|_| {
                scope.spawn(|| -> std::result::Result<(), String> {
                    let mut connection = Connection::open(address).map_err(|error| error.to_string())?;
                    while let Some(bytes) = ready.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let answer = connection.ask(bytes).map_err(|error| error.to_string())?;
                        if !(200..300).contains(&answer.status()) {
                            bad.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                    Ok(())
                })
            })
            .collect();
        for worker in workers {
            worker.join().map_err(|_| "the generator broke off")??;
        }
        Ok(())
    })?;
    Ok((began.elapsed(), bad.into_inner()))
}

/// A token of the service's own application.
pub fn token(server: &Server) -> Result<String> {
    let scope = server.graph.replace(':', "%3A").replace('/', "%2F");
    let path = server.authority.trim_start_matches(&server.graph);
    let body = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope={scope}%2F.default",
        server.client_id, server.client_secret
    );
    let request = Message {
        first: format!("POST {path}/oauth2/v2.0/token HTTP/1.1"),
        headers: vec![
            (
                "host".to_owned(),
                server.graph.trim_start_matches("http://").to_owned(),
            ),
            (
                "content-type".to_owned(),
                "application/x-www-form-urlencoded".to_owned(),
            ),
        ],
        body: body.into_bytes(),
    };
    let answer = Connection::open(&server.graph)?.ask(&request.bytes())?;
    let told: Value = serde_json::from_slice(&answer.body)?;
    Ok(told["access_token"]
        .as_str()
        .ok_or_else(|| format!("no token: {told}"))?
        .to_owned())
}
