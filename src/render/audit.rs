//! Lines of the audit log: as rows, and in ArcSight's Common Event Format.

use std::borrow::Cow;

use super::{Page, Row, cell, text, time};
use crate::domain::{AuditKind, AuditRow, Status};

impl Row for AuditRow {
    const TYPE: &'static str = "audit";
    const HEADINGS: &'static [&'static str] =
        &["SEQ", "TIME", "OPERATOR", "VERB", "USER", "STATUS", "DETAIL"];
    const COLUMNS: &'static [&'static str] = &[
        "seq",
        "prev",
        "time",
        "kind",
        "profile",
        "tenant",
        "operator.account",
        "operator.os_user",
        "operator.host",
        "operator.ci_run",
        "verb",
        "argv",
        "plan.id",
        "plan.digest",
        "plan.made_by",
        "job",
        "step_id",
        "step",
        "target",
        "user",
        "user_id",
        "status",
        "code",
        "service_code",
        "request_ids",
        "detail",
        "ticket",
        "reason",
        "caller_check",
        "version",
    ];

    fn cells(&self, page: &Page) -> Vec<String> {
        let operator = self.operator.account.as_deref().unwrap_or(&self.operator.os_user);
        vec![
            self.seq.to_string(),
            time::moment(self.time, page.now, &page.zone),
            cell(Some(operator)),
            cell(Some(&self.verb)),
            cell(self.user.as_deref()),
            status(self).to_owned(),
            detail(self),
        ]
    }
}

/// How it ended, or what the line is.
fn status(row: &AuditRow) -> &'static str {
    match (row.kind, row.status) {
        (AuditKind::Outcome, Some(status)) => status.as_str(),
        (kind, _) => kind.as_str(),
    }
}

/// What was done, and what came of it.
fn detail(row: &AuditRow) -> String {
    let step: Vec<&str> = [row.step.as_deref(), row.target.as_deref()]
        .into_iter()
        .flatten()
        .filter(|word| !word.is_empty() && *word != "-")
        .collect();
    let parts: Vec<String> = [
        (!step.is_empty()).then(|| step.join(" ")),
        row.code.map(|code| code.to_string()),
        row.detail.clone(),
    ]
    .into_iter()
    .flatten()
    .collect();
    cell(Some(&parts.join(": ")))
}

/// One event of the Common Event Format: seven fields between bars, then keys with values.
pub(crate) fn cef(row: &AuditRow) -> String {
    let mut line = format!(
        "CEF:0|mfactl|mfactl|{}|{}|{}|{}|",
        header(&row.version),
        row.kind.as_str(),
        header(&row.verb),
        severity(row)
    );
    let operator = &row.operator;
    let step = [row.step.as_deref(), row.target.as_deref()]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ");
    let plan = row
        .plan
        .as_ref()
        .map(|plan| format!("{} {} by {}", plan.id, plan.digest, plan.made_by));
    let place = [row.profile.as_deref(), row.tenant.as_deref()]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ");
    let requests = row.request_ids.join(" ");
    let code = row.code.map(|code| code.to_string());
    let seq = row.seq.to_string();
    let at = row.time.as_millisecond().to_string();
    let some = |text: &'_ str| (!text.is_empty()).then(|| text.to_owned());
    // Keys of ArcSight's dictionary; what has none there goes into the six texts with labels.
    let fields: [(&str, Option<&str>, Option<String>); 20] = [
        ("rt", None, Some(at)),
        ("externalId", None, Some(seq)),
        ("suser", None, operator.account.clone()),
        ("suid", None, some(&operator.os_user)),
        ("dvchost", None, some(&operator.host)),
        ("duser", None, row.user.clone()),
        ("duid", None, row.user_id.clone()),
        ("act", None, some(&step)),
        ("outcome", None, Some(status(row).to_owned())),
        ("reason", None, code),
        ("msg", None, row.detail.clone()),
        ("request", None, some(&row.argv.join(" "))),
        ("cat", None, some(&place)),
        ("deviceExternalId", None, operator.ci_run.clone()),
        ("cs1", Some("ticket"), row.ticket.clone()),
        ("cs2", Some("reason"), row.reason.clone()),
        ("cs3", Some("job"), row.job.clone()),
        ("cs4", Some("plan"), plan),
        ("cs5", Some("requestIds"), some(&requests)),
        ("cs6", Some("prev"), some(&row.prev)),
    ];
    let mut parts = Vec::new();
    for (key, label, value) in fields {
        let Some(value) = value else { continue };
        parts.push(format!("{key}={}", extension(&value)));
        if let Some(label) = label {
            parts.push(format!("{key}Label={label}"));
        }
    }
    line.push_str(&parts.join(" "));
    line
}

/// From 0 to 10: what failed or was refused stands out.
fn severity(row: &AuditRow) -> u8 {
    match (row.kind, row.status) {
        (AuditKind::Notice, _) => 8,
        (AuditKind::Refusal, _) | (_, Some(Status::Failed | Status::Unknown)) => 6,
        _ => 3,
    }
}

/// In the header a bar and a backslash are escaped, and there are no line ends.
fn header(value: &str) -> String {
    text::clean(value).replace('\\', "\\\\").replace('|', "\\|")
}

/// In an extension an equals sign and a backslash are escaped, and line ends are written as `\n` and `\r`.
fn extension(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '=' => out.push_str("\\="),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            // Nothing that would steer a terminal on its way.
            other if matches!(text::clean(other.encode_utf8(&mut [0; 4])), Cow::Owned(_)) => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::domain::{AuditOperator, ErrorCode};
    use crate::render::testing::{page, written};
    use crate::render::{Format, Rows, Shape};

    fn row() -> AuditRow {
        let operator = AuditOperator {
            account: Some("rita@contoso.example".to_owned()),
            os_user: "rita".to_owned(),
            host: "desk-7".to_owned(),
            ci_run: Some("github:4711".to_owned()),
        };
        let text = serde_json::json!({
            "seq": 7, "prev": "00", "time": "2026-12-08T08:12:00Z", "kind": "intent", "operator": operator,
            "verb": "methods remove", "version": "1.0", "argv": ["methods", "remove", "adele", "email"],
            "profile": "local", "tenant": "t-1", "step": "remove", "target": "email",
            "user": "adele@contoso.example", "user_id": "u-1",
        });
        serde_json::from_value(text).unwrap()
    }

    #[test]
    fn a_line_is_a_row_of_its_own_kind() {
        let intent = row();
        let outcome = AuditRow {
            seq: 8,
            kind: AuditKind::Outcome,
            status: Some(Status::Done),
            detail: Some("read back: gone".to_owned()),
            ..row()
        };
        let refusal = AuditRow {
            seq: 9,
            kind: AuditKind::Refusal,
            step: None,
            target: None,
            user: None,
            code: Some(ErrorCode::GuardMaxUsers),
            detail: Some("2 people are more than the 1 that the guard allows".to_owned()),
            ..row()
        };
        let text = written(|out| {
            let page = page(Format::Table);
            let mut rows = Rows::new(&page, out, Shape::One);
            for row in [intent, outcome, refusal] {
                rows.push(&row)?;
            }
            rows.finish(&())
        });
        assert_snapshot!(text, @r"
        SEQ  TIME         OPERATOR              VERB            USER                   STATUS   DETAIL
        7    today 08:12  rita@contoso.example  methods remove  adele@contoso.example  intent   remove email
        8    today 08:12  rita@contoso.example  methods remove  adele@contoso.example  done     remove email: read back: gone
        9    today 08:12  rita@contoso.example  methods remove  -                      refusal  guard_max_users: 2 people are more than the 1 that the guard allows
        ");
    }

    #[test]
    fn an_event_escapes_what_its_reader_would_misread() {
        let event = AuditRow {
            verb: "a|b\\c".to_owned(),
            reason: Some("x=1|2 \\ two\nlines\u{1b}[2J".to_owned()),
            ..row()
        };
        assert_snapshot!(cef(&event), @r"CEF:0|mfactl|mfactl|1.0|intent|a\|b\\c|3|rt=1796717520000 externalId=7 suser=rita@contoso.example suid=rita dvchost=desk-7 duser=adele@contoso.example duid=u-1 act=remove email outcome=intent request=methods remove adele email cat=local t-1 deviceExternalId=github:4711 cs2=x\=1|2 \\ two\nlines [2J cs2Label=reason cs6=00 cs6Label=prev");
    }
}
