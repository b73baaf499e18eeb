//! A line as a syslog message: RFC 5424, section 6. The text is the line itself, which is ASCII.

use std::sync::OnceLock;

use jiff::tz::TimeZone;

use crate::domain::{AuditKind, AuditRow, Status};

/// Facility 13, log audit (section 6.2.1).
const FACILITY: u8 = 13;
const WARNING: u8 = 4;
const NOTICE: u8 = 5;
/// How long a host may be (section 6).
const HOST: usize = 255;

/// The whole message, without framing.
pub(super) fn message(row: &AuditRow, line: &[u8]) -> Vec<u8> {
    static PROCESS: OnceLock<u32> = OnceLock::new();
    let process = PROCESS.get_or_init(std::process::id);
    // At most six digits of a second (section 6.2.3).
    let time = row
        .time
        .to_zoned(TimeZone::UTC)
        .strftime("%Y-%m-%dT%H:%M:%S.%6fZ")
        .to_string();
    let mut bytes = format!(
        "<{}>1 {time} {} mfactl {process} {} - ",
        FACILITY * 8 + severity(row),
        host(&row.operator.host),
        row.kind.as_str(),
    )
    .into_bytes();
    bytes.extend_from_slice(line);
    bytes
}

fn severity(row: &AuditRow) -> u8 {
    match (row.kind, row.status) {
        (AuditKind::Refusal | AuditKind::Notice, _) | (_, Some(Status::Failed | Status::Unknown)) => WARNING,
        _ => NOTICE,
    }
}

/// A host is printable ASCII; where it is not known, a dash.
fn host(name: &str) -> String {
    let name: String = name.chars().filter(char::is_ascii_graphic).take(HOST).collect();
    if name.is_empty() { "-".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::audit::testing::row;

    #[test]
    fn a_message_has_the_form_of_rfc_5424() {
        let mut row = row("user reset");
        let told = |row: &AuditRow| {
            let text = String::from_utf8(message(row, b"{}")).unwrap();
            text.replace(&format!(" {} ", std::process::id()), " PID ")
        };
        assert_eq!(
            told(&row),
            "<109>1 2026-12-08T08:55:00.123456Z desk-7 mfactl PID intent - {}"
        );
        row.kind = AuditKind::Refusal;
        row.operator.host = " ü".to_owned();
        assert_eq!(
            told(&row),
            "<108>1 2026-12-08T08:55:00.123456Z - mfactl PID refusal - {}"
        );
    }
}
