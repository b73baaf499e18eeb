//! The jq filter of a playbook's `when`: read once to find mistakes, run on the page that `user show -o json` prints.

use std::fmt;
use std::sync::Arc;

use jaq_json::Val;

use crate::domain::filter::{self, Mistake, Wrong};

/// A filter, with what was written.
#[derive(Clone)]
pub(super) struct Filter {
    code: String,
    compiled: Arc<filter::Filter>,
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// Why it is none, as a clause.
    pub(super) fn read(code: &str) -> Result<Self, String> {
        let compiled = filter::Filter::read(code).map_err(clause)?;
        Ok(Self {
            code: code.to_owned(),
            compiled: Arc::new(compiled),
        })
    }

    /// Whether the first thing that it gives is neither false nor null; nothing is false.
    ///
    /// # Errors
    /// What is wrong with running it, as a clause.
    pub(super) fn holds(&self, page: &impl serde::Serialize) -> Result<bool, String> {
        let text = serde_json::to_vec(page).map_err(|error| error.to_string())?;
        match self.compiled.run(&text)?.next() {
            None => Ok(false),
            Some(value) => Ok(!matches!(value?, Val::Null | Val::Bool(false))),
        }
    }
}

fn clause(mistake: Mistake) -> String {
    match mistake.what {
        Wrong::Form(_) => "it is not a jq filter".to_owned(),
        Wrong::Names(names) => {
            let names: Vec<String> = names.iter().map(|(name, _)| format!("\"{name}\"")).collect();
            format!("it names what is not there: {}", names.join(", "))
        }
    }
}

/// Filters are the same that are written the same.
impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}

impl Eq for Filter {}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.code.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_filter_holds_where_jq_would_say_so() {
        let page = json!({"methods": [{"on_phone": true}, {"on_phone": false}], "locked": null});
        for (code, said) in [
            (".methods | any(.on_phone)", true),
            (".methods | all(.on_phone)", false),
            (".locked", false),
            ("empty", false),
            (".methods | length", true),
        ] {
            assert_eq!(Filter::read(code).unwrap().holds(&page), Ok(said), "{code}");
        }
    }

    #[test]
    fn mistakes_are_found_without_running_the_filter() {
        let mistake = |code| Filter::read(code).unwrap_err();
        assert_eq!(mistake(".methods | any("), "it is not a jq filter");
        assert_eq!(
            mistake(".methods | anny(.x)"),
            "it names what is not there: \"anny\""
        );
        assert!(mistake("halt").contains("halt"));
        let filter = Filter::read(".methods.x").unwrap();
        assert!(filter.holds(&json!({"methods": 1})).is_err());
    }
}
