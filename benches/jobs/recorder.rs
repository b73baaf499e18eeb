//! Stands between the program and the service, and writes down what is asked, and how much of it at once.

use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use crate::Result;
use crate::wire::{Connection, Message};

/// What went through.
#[derive(Default)]
pub struct Recording {
    asked: Mutex<Vec<Message>>,
    open: AtomicUsize,
    most: AtomicUsize,
    first: Mutex<Option<Instant>>,
}

/// A recorder at an address of its own.
pub struct Recorder {
    /// Where the program asks.
    pub address: String,
    recording: Arc<Recording>,
}

impl Recorder {
    /// Before the service at this address.
    pub fn start(target: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = format!("http://{}", listener.local_addr()?);
        let recording = Arc::new(Recording::default());
        let (own, target) = (address.clone(), target.to_owned());
        let heard = Arc::clone(&recording);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (own, target, heard) = (own.clone(), target.clone(), Arc::clone(&heard));
                thread::spawn(move || {
                    // A connection that ends in the middle is the program's own end.
                    let _ = pass_on(client, &own, &target, &heard);
                });
            }
        });
        Ok(Self { address, recording })
    }

    /// What was asked, in order, without tokens.
    pub fn asked(&self) -> Vec<Message> {
        let asked = self
            .recording
            .asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        asked
            .iter()
            .filter(|request| !request.line().1.contains("/oauth2/"))
            .cloned()
            .collect()
    }

    /// How often a token was asked for.
    pub fn tokens(&self) -> usize {
        let asked = self
            .recording
            .asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_for_one = |request: &&Message| request.line().1.ends_with("/oauth2/v2.0/token");
        asked.iter().filter(is_for_one).count()
    }

    /// When the first of it came, tokens aside.
    pub fn first(&self) -> Option<Instant> {
        *self
            .recording
            .first
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// How much of it was under way at once, at the most.
    pub fn at_once(&self) -> usize {
        self.recording.most.load(Ordering::Relaxed)
    }
}

fn pass_on(client: TcpStream, own: &str, target: &str, heard: &Recording) -> Result<()> {
    client.set_nodelay(true)?;
    let mut writer = client.try_clone()?;
    let mut reader = BufReader::with_capacity(1 << 16, client);
    let mut service = Connection::open(target)?;
    let (own_host, host) = (
        own.trim_start_matches("http://"),
        target.trim_start_matches("http://"),
    );
    while let Some(mut request) = Message::read(&mut reader, false)? {
        heard
            .asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(request.clone());
        if !request.line().1.contains("/oauth2/") {
            let mut first = heard.first.lock().unwrap_or_else(PoisonError::into_inner);
            first.get_or_insert_with(Instant::now);
        }
        let open = heard.open.fetch_add(1, Ordering::Relaxed) + 1;
        heard.most.fetch_max(open, Ordering::Relaxed);
        request.set("host", host.to_owned());
        if request.line().1.contains("/oauth2/") {
            // The token is for the service under the address that it knows.
            let encoded = |host: &str| host.replace(':', "%3A");
            request.body = replace(&request.body, &encoded(own_host), &encoded(host));
        }
        let answer = service.ask(&request.bytes());
        heard.open.fetch_sub(1, Ordering::Relaxed);
        let mut answer = answer?;
        answer.body = replace(&answer.body, host, own_host);
        writer.write_all(&answer.bytes())?;
    }
    Ok(())
}

fn replace(body: &[u8], from: &str, to: &str) -> Vec<u8> {
    match std::str::from_utf8(body) {
        Ok(text) if text.contains(from) => text.replace(from, to).into_bytes(),
        _ => body.to_vec(),
    }
}
