//! Just enough of HTTP/1.1: requests and answers as they stand on a connection, taken apart and put together again.

use std::io::{self, BufRead, Write};
use std::net::TcpStream;

use crate::Result;

/// One request or answer.
#[derive(Clone, Default)]
pub struct Message {
    /// The first line.
    pub first: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Whole, however it came.
    pub body: Vec<u8>,
}

impl Message {
    /// Reads one; nothing where the other side has ended.
    pub fn read(from: &mut impl BufRead, answer: bool) -> Result<Option<Self>> {
        let mut first = String::new();
        if from.read_line(&mut first)? == 0 {
            return Ok(None);
        }
        let mut message = Self {
            first: first.trim_end().to_owned(),
            ..Self::default()
        };
        loop {
            let mut line = String::new();
            from.read_line(&mut line)?;
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or("a header without a colon")?;
            let header = (name.to_ascii_lowercase(), value.trim().to_owned());
            message.headers.push(header);
        }
        if let Some(length) = message.header("content-length") {
            let length: usize = length.parse()?;
            message.body = vec![0; length];
            from.read_exact(&mut message.body)?;
        } else if message
            .header("transfer-encoding")
            .is_some_and(|coding| coding.contains("chunked"))
        {
            message.body = chunks(from)?;
        } else if answer && message.status() != 204 && message.status() != 304 {
            from.read_to_end(&mut message.body)?;
        }
        message
            .headers
            .retain(|(name, _)| name != "content-length" && name != "transfer-encoding");
        Ok(Some(message))
    }

    /// A header by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Sets a header.
    pub fn set(&mut self, name: &str, value: String) {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value));
    }

    /// The status of an answer.
    pub fn status(&self) -> u16 {
        self.first
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .unwrap_or(0)
    }

    /// The verb and the path of a request.
    pub fn line(&self) -> (&str, &str) {
        let mut words = self.first.split(' ');
        (words.next().unwrap_or_default(), words.next().unwrap_or_default())
    }

    /// As it stands on a connection.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{}\r\n", self.first).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        if !self.body.is_empty() || self.line().0 == "POST" || self.first.starts_with("HTTP/") {
            let nothing = self.first.starts_with("HTTP/") && matches!(self.status(), 204 | 304);
            if !nothing {
                bytes.extend_from_slice(format!("content-length: {}\r\n", self.body.len()).as_bytes());
            }
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

fn chunks(from: &mut impl BufRead) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        from.read_line(&mut line)?;
        let size = usize::from_str_radix(line.trim(), 16)?;
        let mut chunk = vec![0; size + 2];
        from.read_exact(&mut chunk)?;
        if size == 0 {
            return Ok(body);
        }
        body.extend_from_slice(&chunk[..size]);
    }
}

/// A connection that is kept open.
pub struct Connection {
    reader: io::BufReader<TcpStream>,
}

impl Connection {
    /// To a service on this machine: `http://127.0.0.1:PORT`.
    pub fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address.trim_start_matches("http://"))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            reader: io::BufReader::with_capacity(1 << 16, stream),
        })
    }

    /// Sends, and reads the answer.
    pub fn ask(&mut self, bytes: &[u8]) -> Result<Message> {
        self.reader.get_mut().write_all(bytes)?;
        Ok(Message::read(&mut self.reader, true)?.ok_or("the service hung up")?)
    }
}
