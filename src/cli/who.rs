//! Whom a verb is for: USERs, or one selector in their place: the rows of a file, which may bring the values of the
//! verb's own options with them, the members of a group, a filter, everybody.

mod given;
mod selection;
mod telling;

use std::path::PathBuf;

use super::context::Context;
use crate::domain::quoted;
use crate::domain::{Error, ErrorCode, Result, UserQuery};
use crate::jobs::input::{Columns, Input, Source};
use crate::jobs::plan::Wish;
use crate::jobs::select::Part;
use crate::render::text::{counted, grouped};

pub(crate) use given::Given;
use selection::People;
pub(crate) use selection::{Selection, elsewhere};
pub(crate) use telling::Telling;

/// Selectors of several people, for reads and changes alike.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Many people")]
pub(crate) struct Selector {
    /// Take people, and values for the options above, from a CSV or NDJSON file; - for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["group", "filter", "everyone"])]
    from: Option<PathBuf>,
    /// Fill an option from a column of another name; can be repeated
    #[arg(long, value_name = "OPTION=COLUMN", requires = "from", value_parser = mapping)]
    column: Vec<(String, String)>,
    /// Take the members of a group, transitively: its name or id
    #[arg(long, value_name = "NAME", conflicts_with_all = ["filter", "everyone"])]
    group: Option<String>,
    /// Take whom the service's own filter finds, such as "startswith(displayName,'A')"
    #[arg(long, value_name = "EXPR", conflicts_with = "everyone")]
    filter: Option<String>,
    /// Take every enabled person
    #[arg(long)]
    everyone: bool,
    /// Take these people out: USER, group:NAME, or a file such as ./list.csv; can be repeated
    #[arg(long, value_name = "WHO", value_delimiter = ',')]
    except: Vec<String>,
}

/// What goes with selectors of changes.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Many people")]
pub(crate) struct Many {
    #[command(flatten)]
    selector: Selector,
    /// Check the file and do nothing else
    #[arg(long, requires = "from")]
    check: bool,
    /// Leave rows out that are wrong, and run the others
    #[arg(long, requires = "from")]
    skip_invalid: bool,
    /// Plan all, do this many people, and stop; jobs resume goes on
    #[arg(long, value_name = "N", value_parser = some)]
    first: Option<u64>,
    /// Take the I-th of N stable parts of the people, I from 1; auto/N on Kubernetes
    #[arg(long, value_name = "I/N")]
    shard: Option<Part>,
}

/// Several USERs, or a selector, of a change.
#[derive(Debug, clap::Args)]
pub(crate) struct Who {
    /// Sign-in names, object ids or primary mail addresses
    #[arg(
        value_name = "USER",
        required_unless_present_any = ["from", "group", "filter", "everyone"],
        conflicts_with_all = ["from", "group", "filter", "everyone"]
    )]
    user: Vec<String>,
    #[command(flatten)]
    many: Many,
}

/// Several USERs, or a selector, of a read.
#[derive(Debug, clap::Args)]
pub(crate) struct Whose {
    /// Sign-in names, object ids or primary mail addresses
    #[arg(
        value_name = "USER",
        required_unless_present_any = ["from", "group", "filter", "everyone"],
        conflicts_with_all = ["from", "group", "filter", "everyone"]
    )]
    user: Vec<String>,
    #[command(flatten)]
    selector: Selector,
}

/// How many people, one at the least.
pub(crate) fn some(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err("write a number of people from 1 up".to_owned()),
    }
}

fn mapping(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((option, column)) if !option.is_empty() && !column.is_empty() => {
            Ok((option.trim_start_matches('-').to_owned(), column.to_owned()))
        }
        _ => Err("write OPTION=COLUMN, such as number=Mobile".to_owned()),
    }
}

impl Who {
    /// The people, each with what `make` makes of the values.
    ///
    /// # Errors
    /// The file cannot be read; everything that is wrong in it; what `make` says.
    pub(crate) fn select(
        self,
        cx: &Context,
        options: &'static [&'static str],
        make: impl Fn(&Given<'_>) -> Result<Wish> + 'static,
    ) -> Result<Selection> {
        let Self { user, many } = self;
        many.select(cx, user, options, make)
    }

    /// Whether people are read from standard input, where nothing else can be read then.
    pub(crate) fn reads_stdin(&self) -> bool {
        let Selector { from, except, .. } = &self.many.selector;
        is_stdin(from.as_ref()) || except.iter().any(|one| one == "-")
    }

    /// As [`Many::region`].
    ///
    /// # Errors
    /// As [`Many::region`].
    pub(crate) fn region(&self, cx: &Context) -> Result<Option<String>> {
        self.many.region(cx)
    }
}

impl Whose {
    /// The people of a read.
    ///
    /// # Errors
    /// The file cannot be read; everything that is wrong in it.
    pub(crate) fn select(self, cx: &Context) -> Result<Selection> {
        let Self { user, selector } = self;
        let many = Many {
            selector,
            ..Many::default()
        };
        many.select(cx, user, &[], |_| Ok(Wish::SignOut))
    }
}

/// Whether rows come from standard input.
fn is_stdin(from: Option<&PathBuf>) -> bool {
    from.is_some_and(|path| path.as_os_str() == "-")
}

impl Selector {
    fn is_given(&self) -> bool {
        self.from.is_some() || self.group.is_some() || self.filter.is_some() || self.everyone
    }

    /// How it was said: `--group Sales`.
    fn said(&self, users: &[String]) -> String {
        let mut said = match (&self.from, &self.group, &self.filter) {
            (Some(path), ..) => format!("--from {}", quoted(&path.display().to_string())),
            (_, Some(group), _) => format!("--group {}", quoted(group)),
            (.., Some(filter)) => format!("--filter {}", quoted(filter)),
            _ if self.everyone => "--everyone".to_owned(),
            _ => users.join(" "),
        };
        for one in &self.except {
            said.push_str(&format!(" --except {}", quoted(one)));
        }
        said
    }
}

impl Many {
    /// Whether a selector stands in the place of USER.
    pub(crate) fn is_given(&self) -> bool {
        self.selector.is_given()
    }

    /// Whether rows of a file bring values.
    pub(crate) const fn has_rows(&self) -> bool {
        self.selector.from.is_some()
    }

    /// The region that reads national numbers. A file can be checked without a profile.
    ///
    /// # Errors
    /// As [`Context::profile`].
    pub(crate) fn region(&self, cx: &Context) -> Result<Option<String>> {
        match cx.profile() {
            Ok(profile) => Ok(profile.region),
            Err(error)
                if self.check && matches!(error.code(), ErrorCode::NoProfile | ErrorCode::NotSignedIn) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// For verbs with a second operand: with a selector, what stands in the place of USER is the first of the others.
    pub(crate) fn operands(&self, user: Option<String>, rest: Vec<String>) -> (Vec<String>, Vec<String>) {
        if self.is_given() {
            (Vec::new(), user.into_iter().chain(rest).collect())
        } else {
            (user.into_iter().collect(), rest)
        }
    }

    /// As [`Who::select`], with the USERs beside.
    ///
    /// # Errors
    /// As [`Who::select`].
    pub(crate) fn select(
        self,
        cx: &Context,
        users: Vec<String>,
        options: &'static [&'static str],
        make: impl Fn(&Given<'_>) -> Result<Wish> + 'static,
    ) -> Result<Selection> {
        let said = self.selector.said(&users);
        let Self {
            selector,
            check,
            skip_invalid,
            first,
            shard,
        } = self;
        let Selector {
            from,
            column,
            group,
            filter,
            everyone,
            except,
        } = selector;
        // clap does not ask for an option that another one excludes.
        let needs = [
            (check, "--check"),
            (skip_invalid, "--skip-invalid"),
            (!column.is_empty(), "--column"),
        ];
        if let (None, Some((_, option))) = (&from, needs.iter().find(|(given, _)| *given)) {
            return Err(Error::new(
                ErrorCode::Usage,
                format!("{option} is about the rows of a file, and none is given"),
            )
            .hint(format!("name it: --from FILE {option}")));
        }
        if is_stdin(from.as_ref()) && except.iter().any(|one| one == "-") {
            return Err(Error::new(
                ErrorCode::Usage,
                "standard input can be read once, and --from and --except both name it",
            )
            .hint("write one of the two lists to a file"));
        }
        let part = shard.map(|part| number_of(cx, part)).transpose()?;
        cx.does_part(part);
        let people = match (from, group, filter) {
            (Some(path), ..) => {
                let columns = Columns {
                    options,
                    mapped: column,
                };
                People::file(Input::new(Source::open(&path)?, columns)?, skip_invalid)
            }
            (_, Some(group), _) => People::Query(UserQuery::Group(group)),
            (.., Some(filter)) => People::Query(UserQuery::Filter(filter)),
            _ if everyone => People::Query(UserQuery::Everyone),
            _ => People::Texts(users),
        };
        let mut selection = Selection::new(people, said, Box::new(make));
        selection.except = except;
        selection.part = part;
        selection.limit = first;
        selection.only_check = check;
        selection.check(cx)?;
        Ok(selection)
    }
}

/// The part with its number: `auto` is the machine's own, which Kubernetes counts from 0.
fn number_of(cx: &Context, part: Part) -> Result<(u32, u32)> {
    let Part { index, of } = part;
    if let Some(index) = index {
        return Ok((index, of));
    }
    let told = cx.completion_index();
    let index = told.as_deref().and_then(|text| text.parse::<u32>().ok());
    match (index.and_then(|index| index.checked_add(1)), told) {
        (Some(index), _) if index <= of => Ok((index, of)),
        (_, Some(text)) => Err(Error::new(
            ErrorCode::Usage,
            format!(
                "JOB_COMPLETION_INDEX is \"{text}\", and --shard auto/{of} needs 0 to {}",
                of - 1
            ),
        )
        .hint("give the Indexed Job as many completions as there are parts")),
        (_, None) => Err(
            Error::new(ErrorCode::Usage, "--shard auto/N needs JOB_COMPLETION_INDEX")
                .hint("it is set in the pods of an Indexed Job; elsewhere give the number: --shard 1/4"),
        ),
    }
}

/// `1,000,000 rows`.
fn rows(count: u64) -> String {
    match count {
        1 => counted(1, "row", "rows"),
        count => format!("{} rows", grouped(count)),
    }
}
