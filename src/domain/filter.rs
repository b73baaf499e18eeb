//! Filters in the language of jq, as far as they may go here: one reads a value and gives values, and never ends the
//! program. Whoever takes one says in its own words what is wrong with it.

use jaq_core::data::JustLut;
use jaq_core::load::{self, Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, unwrap_valr};
use jaq_json::Val;

/// A filter, read once: reading takes a thousand times as long as asking.
pub(crate) struct Filter {
    compiled: jaq_core::Filter<JustLut<Val>>,
}

/// Why a text is no filter.
#[derive(Debug)]
pub(crate) struct Mistake {
    /// The character at which it is wrong, from 1.
    pub(crate) at: usize,
    /// What is wrong.
    pub(crate) what: Wrong,
}

/// What is wrong with a filter.
#[derive(Debug)]
pub(crate) enum Wrong {
    /// It cannot be read; why, as a clause.
    Form(String),
    /// Names of what is not there, each with what it would be: `function`, `variable`.
    Names(Vec<(String, String)>),
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// Where it is wrong, and how.
    pub(crate) fn read(code: &str) -> Result<Self, Mistake> {
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
            .map_err(|errors| {
                let first = errors.first().and_then(|(_, error)| of_load(error));
                let (part, why) = first.map_or_else(
                    || (None, "it cannot be read".to_owned()),
                    |(part, why)| (Some(part), why),
                );
                Mistake {
                    at: place(code, part),
                    what: Wrong::Form(why),
                }
            })?;
        let compiled = Compiler::default()
            .with_funs(funs)
            .compile(modules)
            .map_err(|errors| {
                let all: Vec<_> = errors.iter().flat_map(|(_, errors)| errors).collect();
                let names = all.iter().map(|(name, what)| {
                    let word = match what.as_str() {
                        "filter" => "function",
                        other => other,
                    };
                    ((*name).to_owned(), word.to_owned())
                });
                Mistake {
                    at: place(code, all.first().map(|(name, _)| *name)),
                    what: Wrong::Names(names.collect()),
                }
            })?;
        Ok(Self { compiled })
    }

    /// What the filter makes of a value, one after the other; `json`: the value as it is printed.
    ///
    /// # Errors
    /// It is not JSON; each of what it gives: what is wrong with running it on this value.
    pub(crate) fn run(&self, json: &[u8]) -> Result<impl Iterator<Item = Result<Val, String>>, String> {
        let input = jaq_json::read::parse_single(json).map_err(|error| error.to_string())?;
        let cx = Ctx::<JustLut<Val>>::new(&self.compiled.lut, Vars::new([]));
        let given = self.compiled.id.run((cx, input)).map(unwrap_valr);
        Ok(given.map(|value| value.map_err(|error| error.to_string())))
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

/// At which character of the filter a part of it begins.
fn place(code: &str, part: Option<&str>) -> usize {
    let start = part.map_or(0, |part| load::span(code, part).start);
    code.get(..start).unwrap_or(code).chars().count() + 1
}
