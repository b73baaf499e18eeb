//! A mail server that takes everything and keeps it, for services that mail: just enough of SMTP (RFC 5321). Shared with
//! `tests/live`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What came, whole, in order; it ends with the process.
pub(crate) struct Mailbox {
    /// Where it takes mail, on this machine.
    pub(crate) port: u16,
    came: Arc<Mutex<Vec<String>>>,
}

impl Mailbox {
    /// On a port of the system's choice.
    pub(crate) fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let came = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&came);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                // A client that breaks off has sent nothing.
                std::thread::spawn(move || take(client, &kept).unwrap_or_default());
            }
        });
        Self { port, came }
    }

    /// What came for an address.
    pub(crate) fn mails_for(&self, address: &str) -> Vec<String> {
        let came = self.came.lock().unwrap();
        came.iter()
            .filter(|mail| mail.contains(&format!("To: {address}")))
            .cloned()
            .collect()
    }
}

fn take(client: TcpStream, kept: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut writer = client.try_clone()?;
    let mut lines = BufReader::new(client).lines();
    writer.write_all(b"220 mailbox\r\n")?;
    while let Some(line) = lines.next() {
        let line = line?.to_ascii_uppercase();
        if line.starts_with("DATA") {
            writer.write_all(b"354 go on\r\n")?;
            let mut mail = String::new();
            for line in lines.by_ref() {
                let line = line?;
                if line == "." {
                    break;
                }
                mail.push_str(&line);
                mail.push('\n');
            }
            kept.lock().unwrap().push(mail);
        } else if line.starts_with("QUIT") {
            return writer.write_all(b"221 bye\r\n");
        }
        writer.write_all(b"250 yes\r\n")?;
    }
    Ok(())
}
