//! The jq filter of a playbook's `when`: read once to find mistakes, run on the page that `user show -o json` prints.

use std::fmt;
use std::sync::Arc;

use jaq_core::data::JustLut;
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, unwrap_valr};
use jaq_json::Val;

type Compiled = jaq_core::Filter<JustLut<Val>>;

fn compile(code: &str) -> Result<Compiled, String> {
    // A filter must not end the program.
    let defs = jaq_core::defs()
        .chain(jaq_std::defs())
        .chain(jaq_json::defs())
        .filter(|def| !def.name.starts_with("halt"));
    let funs = jaq_core::funs()
        .chain(jaq_std::funs())
        .chain(jaq_json::funs())
        .filter(|(name, ..)| *name != "halt");
    let arena = Arena::default();
    let program = File { code, path: () };
    let modules = Loader::new(defs)
        .load(&arena, program)
        .map_err(|_| "it is not a jq filter".to_owned())?;
    Compiler::default()
        .with_funs(funs)
        .compile(modules)
        .map_err(|errors| {
            let names: Vec<String> = errors
                .iter()
                .flat_map(|(_, errors)| errors)
                .map(|(name, _)| format!("\"{name}\""))
                .collect();
            format!("it names what is not there: {}", names.join(", "))
        })
}

/// A filter, read once: reading takes a thousand times as long as asking.
#[derive(Clone)]
pub(super) struct Filter {
    code: String,
    compiled: Arc<Compiled>,
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// Why it is none, as a clause.
    pub(super) fn read(code: &str) -> Result<Self, String> {
        Ok(Self {
            code: code.to_owned(),
            compiled: Arc::new(compile(code)?),
        })
    }

    /// Whether the first thing that it gives is neither false nor null; nothing is false.
    ///
    /// # Errors
    /// What is wrong with running it, as a clause.
    pub(super) fn holds(&self, page: &impl serde::Serialize) -> Result<bool, String> {
        let text = serde_json::to_vec(page).map_err(|error| error.to_string())?;
        let input = jaq_json::read::parse_single(&text).map_err(|error| error.to_string())?;
        let cx = Ctx::<JustLut<Val>>::new(&self.compiled.lut, Vars::new([]));
        match self.compiled.id.run((cx, input)).map(unwrap_valr).next() {
            None => Ok(false),
            Some(Ok(value)) => Ok(!matches!(value, Val::Null | Val::Bool(false))),
            Some(Err(error)) => Err(error.to_string()),
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
