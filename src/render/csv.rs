//! CSV (RFC 4180) that a spreadsheet opens without running it.

use serde_json::Value;

use crate::domain::{Error, ErrorCode, Result};

/// A text that no spreadsheet takes for a formula: what begins with `=`, `+`, `-`, `@`, TAB or CR gets an apostrophe
/// before it. A number in E.164 stays as it is: digits alone compute nothing, and the file can go back in by `--from`.
pub(crate) fn guard(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_e164(text) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// `+`, a country code, up to 15 digits in all.
fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|digit| digit.is_ascii_digit())
    })
}

/// One line, with its end.
pub(crate) fn line<'a>(cells: impl IntoIterator<Item = &'a str>) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells).map_err(internal)?;
    writer
        .into_inner()
        .map_err(|error| Error::new(ErrorCode::Internal, error.to_string()))
}

/// The heading and the lines of what was written as CSV.
pub(crate) fn read(bytes: &[u8]) -> Result<(Vec<String>, Vec<Vec<String>>)> {
    let own = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let heading = own(reader.headers().map_err(internal)?);
    let lines: Result<Vec<_>> = reader
        .records()
        .map(|record| record.map(|record| own(&record)).map_err(internal))
        .collect();
    Ok((heading, lines?))
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn internal(error: csv::Error) -> Error {
    Error::new(ErrorCode::Internal, format!("writing CSV failed: {error}"))
}

/// The cells of one object in these columns; `account.enabled` is a path. Lists of texts are joined by semicolons,
/// other lists are JSON.
pub(crate) fn cells(value: &Value, columns: &[&str]) -> Vec<String> {
    columns.iter().map(|column| cell(at(value, column))).collect()
}

fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('.')
        .try_fold(value, |value, key| value.get(key))
        .unwrap_or(&Value::Null)
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => guard(text),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            let texts: Vec<_> = items.iter().filter_map(Value::as_str).collect();
            guard(&texts.join(";"))
        }
        Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn formulas_are_disarmed_and_numbers_stay_numbers() {
        for (given, written) in [
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("+1+1", "'+1+1"),
            ("-2+3", "'-2+3"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("\rx", "'\rx"),
            ("+14255550100", "+14255550100"),
            ("+1234567890123456", "'+1234567890123456"),
            ("+04255550100", "'+04255550100"),
            ("plain", "plain"),
            ("", ""),
        ] {
            assert_eq!(guard(given), written, "{given}");
        }
    }

    #[test]
    fn cells_follow_paths_and_quote_what_needs_it() {
        let value =
            json!({"user": "a\"b,c", "account": {"enabled": true}, "uses": ["sign_in", "reset"], "n": null});
        let cells = cells(&value, &["user", "account.enabled", "uses", "n", "absent.key"]);
        assert_eq!(cells, ["a\"b,c", "true", "sign_in;reset", "", ""]);
        let bytes = line(cells.iter().map(String::as_str)).unwrap();
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "\"a\"\"b,c\",true,sign_in;reset,,\n"
        );
    }
}
