//! `--jq`: a filter in the language of jq over what `-o json` would print. Texts come out raw, a value a line.

use jaq_core::data::JustLut;
use jaq_core::load::{self, Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, unwrap_valr};
use jaq_json::Val;
use serde_json::Value;

use crate::domain::{Error, ErrorCode, Result};

/// A compiled filter.
pub(crate) struct Filter {
    compiled: jaq_core::Filter<JustLut<Val>>,
}

impl Filter {
    /// Compiles the filter.
    ///
    /// # Errors
    /// `usage`, naming what is wrong and at which character.
    pub(crate) fn new(code: &str) -> Result<Self> {
        // A filter must not end the program: what it prints could be cut, and exit statuses mean something.
        let defs = jaq_core::defs()
            .chain(jaq_std::defs())
            .chain(jaq_json::defs())
            .filter(|def| !def.name.starts_with("halt"));
        let funs = jaq_core::funs()
            .chain(jaq_std::funs())
            .chain(jaq_json::funs())
            .filter(|(name, ..)| *name != "halt");
        let arena = Arena::default();
        let modules = Loader::new(defs)
            .load(&arena, File { code, path: () })
            .map_err(|errors| bad(code, errors.first().and_then(|(_, error)| of_load(error))))?;
        let compiled = Compiler::default()
            .with_funs(funs)
            .compile(modules)
            .map_err(|errors| {
                let first = errors.first().and_then(|(_, errors)| errors.first());
                bad(
                    code,
                    first.map(|(name, what)| {
                        let word = match what.as_str() {
                            "filter" => "function",
                            other => other,
                        };
                        (*name, format!("there is no {word} \"{name}\""))
                    }),
                )
            })?;
        Ok(Self { compiled })
    }

    /// What the filter makes of a value: a text for each output, without line ends.
    ///
    /// # Errors
    /// `usage`, where the filter fails on this value.
    pub(crate) fn run(&self, value: &Value) -> Result<Vec<String>> {
        let text = value.to_string();
        let input = jaq_json::read::parse_single(text.as_bytes()).map_err(|error| {
            Error::new(ErrorCode::Internal, format!("jq cannot read the answer: {error}"))
        })?;
        let ctx = Ctx::<JustLut<Val>>::new(&self.compiled.lut, Vars::new([]));
        self.compiled
            .id
            .run((ctx, input))
            .map(unwrap_valr)
            .map(|output| match output {
                Ok(Val::TStr(text)) => Ok(String::from_utf8_lossy(&text).into_owned()),
                Ok(value) => Ok(value.to_string()),
                Err(error) => Err(Error::new(ErrorCode::Usage, format!("--jq failed: {error}"))
                    .hint("see what there is to filter: leave --jq out and use -o json")),
            })
            .collect()
    }
}

/// Which part of the filter is wrong, and why.
fn of_load<'a>(error: &load::Error<&'a str>) -> Option<(&'a str, String)> {
    match error {
        load::Error::Io(errors) => errors
            .first()
            .map(|(part, why)| (*part, format!("modules cannot be loaded: {why}"))),
        load::Error::Lex(errors) => errors
            .first()
            .map(|(expected, part)| (*part, format!("{} was expected", expected.as_str()))),
        load::Error::Parse(errors) => errors
            .first()
            .map(|(expected, part)| (*part, format!("{} was expected", expected.as_str()))),
    }
}

fn bad(code: &str, what: Option<(&str, String)>) -> Error {
    let (place, why) = match &what {
        Some((part, why)) => {
            let start = load::span(code, part).start;
            let before = code.get(..start).unwrap_or(code);
            (before.chars().count() + 1, why.as_str())
        }
        None => (1, "it cannot be read"),
    };
    Error::new(
        ErrorCode::Usage,
        format!("--jq is wrong at character {place}: {why}"),
    )
    .hint("the language is that of jq, such as: --jq '.[].user'")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run(code: &str, value: &Value) -> Vec<String> {
        Filter::new(code).unwrap().run(value).unwrap()
    }

    #[test]
    fn texts_are_raw_and_other_values_are_json() {
        let value =
            json!([{"user": "a\"b", "n": 1, "z": {"y": 1, "x": 2}}, {"user": "c", "n": null, "z": {}}]);
        assert_eq!(run(".[].user", &value), ["a\"b", "c"]);
        assert_eq!(
            run(".[0].z, length, .[1].n", &value),
            ["{\"y\":1,\"x\":2}", "2", "null"]
        );
        assert_eq!(run("map(select(.n == 1)) | length", &value), ["1"]);
        assert_eq!(
            run(".[] | \"\\(.user)\\t\\(.n)\"", &value),
            ["a\"b\t1", "c\tnull"]
        );
    }

    #[test]
    fn a_filter_that_is_wrong_is_answered_with_the_place() {
        let place = |code: &str| Filter::new(code).err().unwrap().message().to_owned();
        assert_eq!(
            place(".a | foo(1)"),
            "--jq is wrong at character 6: there is no function \"foo\""
        );
        assert_eq!(
            place(".[] | ,"),
            "--jq is wrong at character 7: term was expected"
        );
        assert_eq!(
            place("(.a"),
            "--jq is wrong at character 4: closing parenthesis was expected"
        );
        assert_eq!(Filter::new("é | $x").err().unwrap().code(), ErrorCode::Usage);
        assert!(
            place("\"é\" | $x").starts_with("--jq is wrong at character 7:"),
            "{}",
            place("\"é\" | $x")
        );
    }

    #[test]
    fn a_filter_that_fails_on_the_answer_is_a_usage_error() {
        let error = Filter::new(".[0].user | keys")
            .unwrap()
            .run(&json!([{"user": 1}]))
            .unwrap_err();
        assert_eq!(error.code(), ErrorCode::Usage);
        assert!(error.message().starts_with("--jq failed: "), "{error}");
    }

    #[test]
    fn a_filter_cannot_end_the_program() {
        assert!(Filter::new("halt").is_err());
        assert!(Filter::new("halt_error").is_err());
    }
}
