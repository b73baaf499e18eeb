//! A gate between the program and the service: bytes go through as they are, until a request comes that holds a word;
//! that one waits until the test opens the gate, or is refused. So a test knows when the program is in the middle.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::time::Duration;

/// How long a test waits for a request.
const PATIENCE: Duration = Duration::from_secs(60);

/// What happens to a request that holds the word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// It waits until the gate is opened.
    Wait,
    /// It is answered with 403.
    Refuse,
}

/// A gate that stands.
pub(crate) struct Gate {
    /// Where the program finds the service behind it.
    pub(crate) url: String,
    came: mpsc::Receiver<()>,
    open: Arc<(Mutex<bool>, Condvar)>,
    refuses: Arc<AtomicBool>,
}

struct Way {
    word: &'static str,
    rule: Rule,
    own: String,
    upstream: String,
    coming: mpsc::Sender<()>,
    open: Arc<(Mutex<bool>, Condvar)>,
    refuses: Arc<AtomicBool>,
}

impl Gate {
    /// Stands in front of this service, such as `http://127.0.0.1:40001`.
    pub(crate) fn new(upstream: &str, word: &'static str, rule: Rule) -> Self {
        let upstream = upstream.trim_start_matches("http://").to_owned();
        // The port has as many digits as the other: addresses in bodies change and lengths do not.
        let listener = std::iter::repeat_with(|| TcpListener::bind("127.0.0.1:0").unwrap())
            .find(|one| one.local_addr().unwrap().to_string().len() == upstream.len())
            .unwrap();
        let own = listener.local_addr().unwrap().to_string();
        let (coming, came) = mpsc::channel();
        let open = Arc::new((Mutex::new(false), Condvar::new()));
        let refuses = Arc::new(AtomicBool::new(rule == Rule::Refuse));
        let way = Arc::new(Way {
            word,
            rule,
            own: own.clone(),
            upstream,
            coming,
            open: Arc::clone(&open),
            refuses: Arc::clone(&refuses),
        });
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let way = Arc::clone(&way);
                std::thread::spawn(move || way.go(client));
            }
        });
        Self {
            url: format!("http://{own}"),
            came,
            open,
            refuses,
        }
    }

    /// Waits until a request stands before the gate.
    #[track_caller]
    pub(crate) fn waits(&self) {
        self.came
            .recv_timeout(PATIENCE)
            .expect("no such request ever came");
    }

    /// Lets everything through from now on.
    pub(crate) fn open(&self) {
        self.refuses.store(false, Ordering::SeqCst);
        *self.open.0.lock().unwrap() = true;
        self.open.1.notify_all();
    }
}

impl Way {
    fn go(&self, client: TcpStream) {
        let server = TcpStream::connect(&self.upstream).unwrap();
        let (mut from, mut to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
        let (own, upstream) = (self.own.clone(), self.upstream.clone());
        std::thread::spawn(move || {
            pass(&mut from, &mut to, |bytes, to| {
                to.write_all(&swapped(bytes, &upstream, &own))
            });
        });
        let (mut from, mut to) = (client, server);
        let mut back = from.try_clone().unwrap();
        pass(&mut from, &mut to, |bytes, to| {
            if String::from_utf8_lossy(bytes).contains(self.word) {
                if self.refuses.load(Ordering::SeqCst) {
                    let body = r#"{"error":{"code":"Forbidden","message":"not now"}}"#;
                    let length = body.len();
                    let head = "HTTP/1.1 403 Forbidden\r\ncontent-type: application/json\r\ncontent-length:";
                    return write!(back, "{head} {length}\r\n\r\n{body}");
                }
                if self.rule == Rule::Wait {
                    let _ = self.coming.send(());
                    let mut open = self.open.0.lock().unwrap();
                    while !*open {
                        open = self.open.1.wait(open).unwrap();
                    }
                }
            }
            to.write_all(&swapped(bytes, &self.own, &self.upstream))
        });
    }
}

/// Passes bytes on until one side has gone.
fn pass(
    from: &mut TcpStream,
    to: &mut TcpStream,
    mut write: impl FnMut(&[u8], &mut TcpStream) -> std::io::Result<()>,
) {
    let mut bytes = [0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        if write(&bytes[..count], to).is_err() {
            break;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Write);
}

/// The same bytes with the other address in them, plain and in a form.
fn swapped(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for (from, to) in [
        (from.to_owned(), to.to_owned()),
        (from.replace(':', "%3A"), to.replace(':', "%3A")),
    ] {
        let (from, to) = (from.as_bytes(), to.as_bytes());
        let places: Vec<usize> = bytes
            .windows(from.len())
            .enumerate()
            .filter(|(_, window)| *window == from)
            .map(|(at, _)| at)
            .collect();
        for at in places {
            bytes[at..at + to.len()].copy_from_slice(to);
        }
    }
    bytes
}
