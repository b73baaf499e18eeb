//! `--jq`: a filter in the language of jq over what `-o json` would print. Texts come out raw, a value a line.

use jaq_json::Val;
use serde_json::Value;

use crate::domain::filter::{self, Mistake, Wrong};
use crate::domain::{Error, ErrorCode, Result};

/// A filter that was read.
pub(crate) struct Filter(filter::Filter);

impl Filter {
    /// Reads the filter.
    ///
    /// # Errors
    /// `usage`, naming what is wrong and at which character.
    pub(crate) fn new(code: &str) -> Result<Self> {
        filter::Filter::read(code)
            .map(Self)
            .map_err(|mistake| bad(&mistake))
    }

    /// What the filter makes of a value: a text for each output, without line ends.
    ///
    /// # Errors
    /// `usage`, where the filter fails on this value.
    pub(crate) fn run(&self, value: &Value) -> Result<Vec<String>> {
        let text = value.to_string();
        let given = self.0.run(text.as_bytes()).map_err(|error| {
            Error::new(ErrorCode::Internal, format!("jq cannot read the answer: {error}"))
        })?;
        given
            .map(|output| match output {
                Ok(Val::TStr(text)) => Ok(String::from_utf8_lossy(&text).into_owned()),
                Ok(value) => Ok(value.to_string()),
                Err(error) => Err(Error::new(ErrorCode::Usage, format!("--jq failed: {error}"))
                    .hint("see what there is to filter: leave --jq out and use -o json")),
            })
            .collect()
    }
}

fn bad(mistake: &Mistake) -> Error {
    let Mistake { at, what } = mistake;
    let why = match what {
        Wrong::Form(why) => why.clone(),
        Wrong::Names(names) => names.first().map_or_else(
            || "it cannot be read".to_owned(),
            |(name, word)| format!("there is no {word} \"{name}\""),
        ),
    };
    Error::new(
        ErrorCode::Usage,
        format!("--jq is wrong at character {at}: {why}"),
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
