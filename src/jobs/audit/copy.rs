//! The second copy: another file, or syslog. Who can change the log on this machine cannot change what has left it.

use std::fmt;
use std::io::{self, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _, UdpSocket};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::syslog;
use crate::domain::private;
use crate::domain::{AuditRow, Error, ErrorCode, Result};

/// How long a receiver may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where the second copy goes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// The end of a file.
    File(PathBuf),
    /// The system's own socket.
    Unix(PathBuf),
    /// A receiver on the network, a datagram a line.
    Udp(String),
    /// A receiver on the network, over one connection.
    Tcp(String),
}

/// The second copy of a log.
#[derive(Debug)]
pub struct Copy {
    place: Place,
    connection: Mutex<Option<TcpStream>>,
}

impl FromStr for Copy {
    type Err = Error;

    /// `syslog:unix:/dev/log`, `syslog:udp:HOST:PORT`, `syslog:tcp:HOST:PORT`, or the whole path of a file.
    fn from_str(text: &str) -> Result<Self> {
        let wrong = |why: &str| {
            Error::new(ErrorCode::ConfigInvalid, format!("audit_to = \"{text}\": {why}")).hint(
                "syslog:unix:/dev/log, syslog:udp:HOST:PORT, syslog:tcp:HOST:PORT, or the whole path of a file",
            )
        };
        let absolute = |path: &str| {
            let path = PathBuf::from(path);
            path.is_absolute()
                .then_some(path)
                .ok_or_else(|| wrong("that is not a whole path"))
        };
        let address = |address: &str| {
            let port = address.rsplit_once(':').filter(|(host, _)| !host.is_empty());
            match port.map(|(_, port)| port.parse::<u16>()) {
                Some(Ok(1..)) => Ok(address.to_owned()),
                _ => Err(wrong("that is not HOST:PORT")),
            }
        };
        let place = match text.strip_prefix("syslog:") {
            None => Place::File(absolute(text)?),
            Some(rest) => match rest.split_once(':') {
                Some(("unix", path)) if cfg!(unix) => Place::Unix(absolute(path)?),
                Some(("unix", _)) => return Err(wrong("this system has no such sockets")),
                Some(("udp", to)) => Place::Udp(address(to)?),
                Some(("tcp", to)) => Place::Tcp(address(to)?),
                _ => return Err(wrong("that is no way to reach syslog")),
            },
        };
        Ok(Self {
            place,
            connection: Mutex::new(None),
        })
    }
}

impl fmt::Display for Copy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::File(path) => write!(f, "{}", path.display()),
            Place::Unix(path) => write!(f, "syslog:unix:{}", path.display()),
            Place::Udp(to) => write!(f, "syslog:udp:{to}"),
            Place::Tcp(to) => write!(f, "syslog:tcp:{to}"),
        }
    }
}

impl Copy {
    /// Sends these lines, of these rows.
    pub(super) fn send(&self, rows: &[AuditRow], lines: &[Vec<u8>]) -> io::Result<()> {
        let messages = || {
            rows.iter()
                .zip(lines)
                .map(|(row, line)| syslog::message(row, line))
        };
        match &self.place {
            Place::File(path) => {
                let mut bytes = Vec::new();
                for line in lines {
                    bytes.extend_from_slice(line);
                    bytes.push(b'\n');
                }
                let mut file = private::options().append(true).create(true).open(path)?;
                file.write_all(&bytes)?;
                file.sync_data()
            }
            #[cfg(unix)]
            Place::Unix(path) => {
                let socket = std::os::unix::net::UnixDatagram::unbound()?;
                socket.set_write_timeout(Some(PATIENCE))?;
                socket.connect(path)?;
                for message in messages() {
                    socket.send(&message)?;
                }
                Ok(())
            }
            #[cfg(not(unix))]
            Place::Unix(_) => Err(io::ErrorKind::Unsupported.into()),
            Place::Udp(to) => {
                let to = resolve(to)?;
                let own = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
                let socket = UdpSocket::bind(own)?;
                socket.connect(to)?;
                for message in messages() {
                    socket.send(&message)?;
                }
                Ok(())
            }
            Place::Tcp(to) => {
                // RFC 6587, octet counting: a message says how long it is.
                let mut bytes = Vec::new();
                for message in messages() {
                    bytes.extend_from_slice(format!("{} ", message.len()).as_bytes());
                    bytes.extend_from_slice(&message);
                }
                self.over_tcp(to, &bytes)
            }
        }
    }

    /// Sends on the connection that is there; where that one is gone, on a new one.
    fn over_tcp(&self, to: &str, bytes: &[u8]) -> io::Result<()> {
        let mut kept = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut stream) = kept.take()
            && is_open(&stream)
            && stream.write_all(bytes).is_ok()
        {
            *kept = Some(stream);
            return Ok(());
        }
        let mut stream = TcpStream::connect_timeout(&resolve(to)?, PATIENCE)?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.write_all(bytes)?;
        *kept = Some(stream);
        Ok(())
    }
}

/// Whether the receiver still holds the connection: it never says anything, so that its end is the only news.
fn is_open(stream: &TcpStream) -> bool {
    let news = stream.set_nonblocking(true).and_then(|()| stream.peek(&mut [0]));
    let quiet = news.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
    quiet && stream.set_nonblocking(false).is_ok()
}

fn resolve(to: &str) -> io::Result<std::net::SocketAddr> {
    to.to_socket_addrs()?
        .next()
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "its name has no address"))
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::net::TcpListener;

    use super::*;
    use crate::jobs::audit::line;
    use crate::jobs::audit::testing::row;

    fn pair() -> (AuditRow, Vec<u8>) {
        let row = row("user reset");
        let line = line::write(&row).unwrap();
        (row, line)
    }

    #[test]
    fn a_place_is_read_or_refused_with_the_forms_that_there_are() {
        for good in [
            "syslog:unix:/dev/log",
            "syslog:udp:log.example:514",
            "syslog:tcp:[::1]:601",
            "/var/log/mfactl.jsonl",
        ] {
            assert_eq!(good.parse::<Copy>().unwrap().to_string(), good);
        }
        for bad in [
            "syslog:tls:x:1",
            "syslog:udp:x",
            "syslog:udp::1",
            "syslog:tcp:x:0",
            "log.jsonl",
            "syslog:unix:log",
            "",
        ] {
            let error = bad.parse::<Copy>().unwrap_err();
            assert_eq!(error.code(), ErrorCode::ConfigInvalid, "{bad}");
            assert!(error.hint_text().unwrap().contains("syslog:tcp:HOST:PORT"));
        }
    }

    #[test]
    fn a_file_gets_the_same_bytes_for_this_user_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("copy");
        let copy: Copy = path.to_str().unwrap().parse().unwrap();
        let (row, line) = pair();
        for _ in 0..2 {
            copy.send(std::slice::from_ref(&row), std::slice::from_ref(&line))
                .unwrap();
        }
        let text = String::from_utf8(line).unwrap();
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            format!("{text}\n{text}\n")
        );
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn udp_gets_a_datagram_a_line() {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        receiver.set_read_timeout(Some(PATIENCE)).unwrap();
        let copy: Copy = format!("syslog:udp:{}", receiver.local_addr().unwrap())
            .parse()
            .unwrap();
        let (row, line) = pair();
        copy.send(&[row.clone(), row.clone()], &[line.clone(), line.clone()])
            .unwrap();
        for _ in 0..2 {
            let mut bytes = [0; 8192];
            let count = receiver.recv(&mut bytes).unwrap();
            assert_eq!(bytes[..count], syslog::message(&row, &line));
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_systems_socket_gets_one_too_and_its_absence_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let copy: Copy = format!("syslog:unix:{}", path.display()).parse().unwrap();
        let (row, line) = pair();
        let send = || copy.send(std::slice::from_ref(&row), std::slice::from_ref(&line));
        assert!(send().is_err());
        let receiver = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
        send().unwrap();
        let mut bytes = [0; 8192];
        let count = receiver.recv(&mut bytes).unwrap();
        assert_eq!(bytes[..count], syslog::message(&row, &line));
    }

    #[test]
    fn tcp_counts_octets_and_notices_that_the_receiver_is_gone() {
        let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = receiver.local_addr().unwrap();
        let copy: Copy = format!("syslog:tcp:{address}").parse().unwrap();
        let (row, line) = pair();
        let message = syslog::message(&row, &line);
        let framed = [format!("{} ", message.len()).into_bytes(), message].concat();
        let send = || copy.send(std::slice::from_ref(&row), std::slice::from_ref(&line));
        send().unwrap();
        let (mut stream, _) = receiver.accept().unwrap();
        let mut bytes = vec![0; framed.len()];
        stream.read_exact(&mut bytes).unwrap();
        assert_eq!(bytes, framed);
        drop((stream, receiver));
        assert!(send().is_err(), "nobody listens");
    }
}
