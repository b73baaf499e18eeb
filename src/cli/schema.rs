//! `schema [NAME]`: the shapes of the JSON answers, and the table of error codes.

use serde_json::{Value, json};

use super::context::Context;
use crate::domain::shape;
use crate::domain::{Error, ErrorCode, Result};
use crate::render::{Format, Page, Row, Rows, Shape};

/// Of what.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  mfactl schema\n  mfactl schema method\n  mfactl schema errors")]
pub struct Args {
    /// The shape's name; without it the names are listed
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// The names that have a schema, with the verb whose answer they describe.
pub const NAMES: &[(&str, &str)] = &[
    ("method", "methods list: an array of these"),
    ("device", "devices list: an array of these"),
    ("app-password", "app-passwords list: an array of these"),
    ("hardware-token", "hardware-tokens list: an array of these"),
    ("user", "user show: one, or an array for several"),
    ("user-row", "user search: an array of these"),
    ("policy", "policy show"),
    ("report", "report registration: an array of these"),
    (
        "job",
        "jobs list, jobs prune: an array of these; jobs cancel: one",
    ),
    ("job-steps", "jobs show"),
    ("auth-status", "auth status, auth login"),
    ("result", "every change"),
    ("check", "--check of a file in which nothing is wrong"),
    ("audit", "audit list: an array of these; audit export: one a line"),
    ("profile", "profile list: an array of these"),
    ("profile-values", "profile show"),
    ("doctor", "doctor: an array of these"),
    ("assumption", "doctor --verify-assumptions: an array of these"),
    ("error", "the last line of stderr where something failed"),
    ("errors", "the codes of errors, with exit status"),
];

/// The JSON Schema of a shape, or the table of error codes.
///
/// # Errors
/// `usage` for a name that is not there.
pub fn schema(name: &str) -> Result<Value> {
    let generator = schemars::generate::SchemaSettings::draft2020_12().into_generator();
    let schema = match name {
        "method" => generator.into_root_schema_for::<shape::MethodRow>(),
        "device" => generator.into_root_schema_for::<shape::DeviceRow>(),
        "app-password" => generator.into_root_schema_for::<shape::AppPasswordRow>(),
        "hardware-token" => generator.into_root_schema_for::<shape::TokenRow>(),
        "user" => generator.into_root_schema_for::<shape::UserShow>(),
        "user-row" => generator.into_root_schema_for::<shape::UserRow>(),
        "policy" => generator.into_root_schema_for::<shape::PolicyShow>(),
        "report" => generator.into_root_schema_for::<shape::ReportRow>(),
        "profile" => generator.into_root_schema_for::<shape::ProfileRow>(),
        "profile-values" => generator.into_root_schema_for::<shape::ProfileShow>(),
        "job" => generator.into_root_schema_for::<shape::JobRow>(),
        "job-steps" => generator.into_root_schema_for::<shape::JobShow>(),
        "auth-status" => generator.into_root_schema_for::<shape::AuthStatus>(),
        "result" => generator.into_root_schema_for::<shape::ResultDoc>(),
        "check" => generator.into_root_schema_for::<shape::CheckDoc>(),
        "audit" => generator.into_root_schema_for::<crate::domain::AuditRow>(),
        "assumption" => generator.into_root_schema_for::<shape::AssumptionRow>(),
        "doctor" => generator.into_root_schema_for::<shape::DoctorRow>(),
        "error" => generator.into_root_schema_for::<shape::ErrorDoc>(),
        "errors" => return Ok(Value::Array(errors().iter().map(CodeRow::value).collect())),
        other => {
            let names = NAMES.iter().map(|(name, _)| *name);
            let error = Error::new(ErrorCode::Usage, format!("there is no schema \"{other}\""));
            return Err(match crate::config::nearest(other, names) {
                Some(meant) => error.hint(format!("mfactl schema {meant}")),
                None => error.hint("mfactl schema lists them"),
            });
        }
    };
    Ok(schema.to_value())
}

#[derive(serde::Serialize)]
struct CodeRow {
    code: &'static str,
    exit_code: u8,
    retryable: bool,
    meaning: &'static str,
}

impl CodeRow {
    fn value(&self) -> Value {
        json!({"code": self.code, "exit_code": self.exit_code, "retryable": self.retryable, "meaning": self.meaning})
    }
}

impl Row for CodeRow {
    const TYPE: &'static str = "error_code";
    const HEADINGS: &'static [&'static str] = &["CODE", "EXIT", "RETRY", "MEANING"];
    const COLUMNS: &'static [&'static str] = &["code", "exit_code", "retryable", "meaning"];

    fn cells(&self, _page: &Page) -> Vec<String> {
        vec![
            self.code.to_owned(),
            self.exit_code.to_string(),
            if self.retryable { "yes" } else { "no" }.to_owned(),
            self.meaning.to_owned(),
        ]
    }
}

fn errors() -> Vec<CodeRow> {
    ErrorCode::ALL
        .iter()
        .map(|code| CodeRow {
            code: code.as_str(),
            exit_code: code.exit_code(),
            retryable: code.retryable(),
            meaning: code.meaning(),
        })
        .collect()
}

#[derive(serde::Serialize)]
struct NameRow {
    name: &'static str,
    describes: &'static str,
}

impl Row for NameRow {
    const TYPE: &'static str = "schema";
    const HEADINGS: &'static [&'static str] = &["NAME", "DESCRIBES"];
    const COLUMNS: &'static [&'static str] = &["name", "describes"];

    fn cells(&self, _page: &Page) -> Vec<String> {
        vec![self.name.to_owned(), self.describes.to_owned()]
    }
}

fn table<R: Row>(cx: &Context, list: &[R]) -> Result<()> {
    let page = cx.page();
    let mut out = cx.ui.stdout();
    let mut rows = Rows::new(&page, &mut out, Shape::One);
    for row in list {
        rows.push(row)?;
    }
    let summary = json!({ "rows": rows.count() });
    rows.finish(&summary)?;
    out.done()
}

impl Args {
    pub(crate) fn run(self, cx: &Context) -> Result<u8> {
        let Self { name } = self;
        match name.as_deref() {
            None => {
                let names: Vec<NameRow> = NAMES
                    .iter()
                    .map(|(name, describes)| NameRow { name, describes })
                    .collect();
                table(cx, &names)?;
            }
            // Asked for as a table it is one; without a word it is JSON like the other schemas.
            Some("errors") if cx.globals.output.is_some() => table(cx, &errors())?,
            Some(name) => {
                let page = Page {
                    format: Format::Json,
                    ..cx.page()
                };
                let mut out = cx.ui.stdout();
                page.json(&mut out, &schema(name)?)?;
                out.done()?;
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_schema_that_describes_fields() {
        for (name, _) in NAMES {
            let value = schema(name).unwrap();
            if *name == "errors" {
                assert_eq!(value.as_array().unwrap().len(), ErrorCode::ALL.len());
            } else {
                assert!(
                    value["properties"]
                        .as_object()
                        .is_some_and(|fields| !fields.is_empty()),
                    "{name}"
                );
            }
        }
        assert_eq!(schema("method").unwrap()["properties"]["ref"]["type"], "string");
        assert_eq!(
            schema("mthod").unwrap_err().hint_text(),
            Some("mfactl schema method")
        );
    }

    #[test]
    fn the_columns_of_csv_are_fields_of_the_shapes() {
        fn check<R: Row>(name: &str) {
            let schema = schema(name).unwrap();
            for column in R::COLUMNS {
                let first = column.split('.').next().unwrap();
                assert!(
                    schema["properties"].get(first).is_some(),
                    "{name} has no {column}"
                );
            }
        }
        check::<shape::MethodRow>("method");
        check::<shape::DeviceRow>("device");
        check::<shape::AppPasswordRow>("app-password");
        check::<shape::TokenRow>("hardware-token");
        check::<shape::UserRow>("user-row");
        check::<shape::UserShow>("user");
        check::<shape::ReportRow>("report");
        check::<shape::JobRow>("job");
        check::<shape::ProfileRow>("profile");
        check::<crate::domain::AuditRow>("audit");
        let result = schema("result").unwrap();
        let step = &result["$defs"]["StepRow"]["properties"];
        for column in <shape::StepRow as Row>::COLUMNS {
            assert!(step.get(column.split('.').next().unwrap()).is_some(), "{column}");
        }
    }
}
