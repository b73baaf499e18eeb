//! The jq filter of a playbook's `when`: read once to find mistakes, run on the page that `user show -o json` prints.

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

/// Whether a text is a jq filter.
///
/// # Errors
/// Why it is not, as a clause.
pub(super) fn check(code: &str) -> Result<(), String> {
    compile(code).map(|_| ())
}

/// Whether the first thing that the filter gives is neither false nor null; nothing is false.
///
/// # Errors
/// What is wrong with the filter, or with running it, as a clause.
pub(super) fn holds(code: &str, page: &impl serde::Serialize) -> Result<bool, String> {
    let filter = compile(code)?;
    let text = serde_json::to_vec(page).map_err(|error| error.to_string())?;
    let input = jaq_json::read::parse_single(&text).map_err(|error| error.to_string())?;
    let cx = Ctx::<JustLut<Val>>::new(&filter.lut, Vars::new([]));
    match filter.id.run((cx, input)).map(unwrap_valr).next() {
        None => Ok(false),
        Some(Ok(value)) => Ok(!matches!(value, Val::Null | Val::Bool(false))),
        Some(Err(error)) => Err(error.to_string()),
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
            assert_eq!(holds(code, &page), Ok(said), "{code}");
        }
    }

    #[test]
    fn mistakes_are_found_without_running_the_filter() {
        assert_eq!(check(".methods | any("), Err("it is not a jq filter".to_owned()));
        assert_eq!(
            check(".methods | anny(.x)"),
            Err("it names what is not there: \"anny\"".to_owned())
        );
        assert!(check("halt").is_err());
        assert!(holds(".methods.x", &json!({"methods": 1})).is_err());
    }
}
