//! The same server under a path, as a proxy in front of it would show it.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

/// The path.
const UNDER: &str = "/some/where";

/// Puts the server at `http://HOST:PORT` under a path of another port, for as long as the tests run; gives its address
/// there. What is asked for past the path is not there.
#[track_caller]
pub(crate) fn under_a_path(url: &str) -> String {
    let behind = url.strip_prefix("http://").unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let behind = behind.clone();
            std::thread::spawn(move || forward(client.unwrap(), &behind));
        }
    });
    format!("http://{address}{UNDER}")
}

/// One request on a connection.
fn forward(mut client: TcpStream, behind: &str) {
    let mut asked = Vec::new();
    let mut more = [0; 4096];
    let (head, rest) = loop {
        let count = client.read(&mut more).unwrap_or_default();
        if count == 0 {
            return;
        }
        asked.extend_from_slice(&more[..count]);
        let text = String::from_utf8_lossy(&asked).into_owned();
        let Some((head, rest)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse::<usize>().unwrap())
        });
        if rest.len() >= length.unwrap_or_default() {
            break (head.to_owned(), rest.to_owned());
        }
    };
    let (verb, line) = head.split_once(' ').unwrap();
    let Some(line) = line.strip_prefix(UNDER) else {
        let nothing = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        client.write_all(nothing.as_bytes()).unwrap();
        return;
    };
    let (first, headers) = line.split_once("\r\n").unwrap();
    let first = first.replace("HTTP/1.1", "HTTP/1.0");
    let mut server = TcpStream::connect(behind).unwrap();
    let request = format!("{verb} {first}\r\nconnection: close\r\n{headers}\r\n\r\n{rest}");
    server.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).unwrap();
    client.write_all(&answer).unwrap_or_default();
}
