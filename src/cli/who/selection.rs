//! Who was selected, and what is wished for each: checked without a connection, then looked up in pieces.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hasher};

use super::telling::{Telling, said_well, tell};
use super::{Given, rows};
use crate::cli::context::{Context, Session};
use crate::domain::{Parts, Result, UserQuery};
use crate::jobs::input::{Checked, Columns, Input, InputRow, Source, check};
use crate::jobs::plan::Wish;
use crate::jobs::select::{Chosen, Except, Finder, Pick, Wanted, completed, pick};
use crate::render::Shape;
use crate::render::text::{counted, grouped};

/// Makes a wish of a person's values.
type Make = Box<dyn Fn(&Given<'_>) -> Result<Wish>>;

/// Who, as it was said.
pub(crate) enum People {
    /// USERs.
    Texts(Vec<String>),
    /// The rows of a file.
    Rows(Box<RowsOfFile>),
    /// A group, a filter, everybody.
    Query(UserQuery),
}

/// A file, and what the first pass found in it.
pub(crate) struct RowsOfFile {
    input: Input,
    checked: Checked,
    skip_invalid: bool,
}

impl People {
    /// The rows of a file, which is still to be checked.
    pub(super) fn file(input: Input, skip_invalid: bool) -> Self {
        Self::Rows(Box::new(RowsOfFile {
            input,
            checked: Checked::default(),
            skip_invalid,
        }))
    }
}

/// What the wishes of all need, known before anybody is looked up.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Facts {
    /// Parts of a person that must be read.
    pub(crate) parts: Parts,
    /// Whether one is certain to make a secret.
    pub(crate) mints: bool,
    /// Whether policy has a say in one.
    pub(crate) asks_policy: bool,
    /// Whether one holds a secret.
    pub(crate) holds_secret: bool,
}

impl Facts {
    fn add(&mut self, wish: &Wish) {
        let parts = wish.parts();
        let all = &mut self.parts;
        all.methods |= parts.methods;
        all.default |= parts.default;
        all.devices |= parts.devices;
        all.sessions |= parts.sessions;
        all.app_passwords |= parts.app_passwords;
        all.registration |= parts.registration;
        all.locks |= parts.locks;
        self.asks_policy |= wish.asks_policy();
        self.mints |= wish.mints();
        self.holds_secret |= wish.holds_secret();
    }
}

/// Who was asked for, what is wished for each, and how that was said.
pub(crate) struct Selection {
    /// For the plan file and the journal: the USERs, or `--from FILE`.
    pub(crate) said: String,
    /// What the wishes of all need.
    pub(crate) facts: Facts,
    /// `--first`: so many people are worked on in this run.
    pub(crate) limit: Option<u64>,
    /// `--shard`: which part, from 1, of how many.
    pub(crate) part: Option<(u32, u32)>,
    /// `--check`: nothing else is done.
    pub(crate) only_check: bool,
    /// `--except`.
    pub(super) except: Vec<String>,
    /// A mark of the rows of a file, in whatever order they stand.
    pub(crate) rows: Option<String>,
    people: People,
    make: Make,
}

impl Selection {
    pub(super) fn new(people: People, said: String, make: Make) -> Self {
        Self {
            said,
            facts: Facts::default(),
            limit: None,
            part: None,
            only_check: false,
            except: Vec::new(),
            rows: None,
            people,
            make,
        }
    }

    /// One USER with one wish.
    pub(crate) fn one(user: String, wish: Wish) -> Self {
        let mut facts = Facts::default();
        facts.add(&wish);
        let mut one = Self::new(
            People::Texts(vec![user.clone()]),
            user,
            Box::new(move |_| Ok(wish.clone())),
        );
        one.facts = facts;
        one
    }

    /// Whether it is one USER.
    pub(crate) fn is_one(&self) -> bool {
        matches!(&self.people, People::Texts(texts) if texts.len() == 1)
    }

    /// The question to the service; `None`: USERs, or rows.
    pub(crate) const fn query(&self) -> Option<&UserQuery> {
        match &self.people {
            People::Query(query) => Some(query),
            _ => None,
        }
    }

    /// USERs that were typed; `None`: a selector.
    pub(crate) fn texts(&self) -> Option<&[String]> {
        match &self.people {
            People::Texts(texts) if self.except.is_empty() => Some(texts),
            _ => None,
        }
    }

    /// Whether the table names whose row it is.
    pub(crate) fn shape(&self) -> Shape {
        match self.texts() {
            Some([_]) => Shape::One,
            _ => Shape::Several,
        }
    }

    /// Whether somebody named each of them: on the command line or in a file.
    pub(crate) fn is_named(&self) -> bool {
        !matches!(self.people, People::Query(_))
    }

    /// Whether all people stand in a list, none of whom is taken out: then so many are meant.
    pub(crate) fn is_list(&self) -> bool {
        matches!(self.people, People::Rows(_)) && self.except.is_empty()
    }

    /// How many people there are at most, where that is known before anybody is looked up.
    pub(crate) fn at_most(&self) -> Option<u64> {
        match &self.people {
            People::Texts(texts) => Some(texts.len() as u64),
            People::Rows(file) => Some(file.checked.good),
            People::Query(_) => None,
        }
    }

    /// Judges everything that can be judged here: every row of a file, or the wish for all.
    pub(super) fn check(&mut self, cx: &Context) -> Result<()> {
        let Self {
            facts,
            people,
            make,
            only_check,
            rows: marks,
            ..
        } = self;
        let People::Rows(file) = people else {
            facts.add(&make(&Given::default())?);
            return Ok(());
        };
        let RowsOfFile {
            input,
            checked,
            skip_invalid,
        } = &mut **file;
        let domain = cx.profile().ok().and_then(|profile| profile.domain);
        let mut all_rows = 0_u128;
        *checked = check(
            input,
            |text| completed(text, domain.as_deref()),
            |row| {
                if !*only_check {
                    let user = completed(&row.user.text, domain.as_deref());
                    all_rows = all_rows.wrapping_add(row.mark(&user));
                }
                let wish = make(&Given {
                    row: Some((input, row)),
                })?;
                facts.add(&wish);
                Ok(mark(&wish))
            },
        )?;
        *marks = (!*only_check).then(|| format!("{all_rows:032x}"));
        tell(cx, input.name(), checked);
        let (all, wrong) = (rows(checked.rows()), checked.problems.count());
        if *only_check {
            std::mem::take(&mut checked.problems)
                .finish(input.name(), |wrong| format!("{all}, {} wrong", grouped(wrong)))?;
            return said_well(cx, input.name(), checked);
        }
        if !*skip_invalid {
            return std::mem::take(&mut checked.problems).finish(input.name(), |wrong| {
                format!("{} of {all} are wrong; nothing was sent", grouped(wrong))
            });
        }
        if checked.good == 0 {
            let error = std::mem::take(&mut checked.problems).finish(input.name(), |_| {
                format!("all of {all} are wrong; nothing was sent")
            });
            return error;
        }
        if wrong > 0 {
            cx.ui.note(&format!(
                "{}: {} of {all} wrong, left out",
                input.name(),
                grouped(wrong)
            ));
        }
        Ok(())
    }

    /// What is wished for a person.
    ///
    /// # Errors
    /// The file changed since it was checked.
    pub(crate) fn wish(&self, pick: &Pick) -> Result<Wish> {
        let given = |row| match (&self.people, row) {
            (People::Rows(file), Some(row)) => Given {
                row: Some((&file.input, row)),
            },
            _ => Given::default(),
        };
        let mut wish = (self.make)(&given(pick.row.as_ref()))?;
        for row in &pick.more {
            add_up(&mut wish, (self.make)(&given(Some(row)))?);
        }
        Ok(wish)
    }

    /// Looks everybody up, each once.
    ///
    /// # Errors
    /// As [`pick`].
    pub(crate) async fn pick(&self, cx: &Context, session: &Session, verb: &str) -> Result<Chosen> {
        let telling = Telling::new(cx, self.at_most());
        let command = |typed: &str, user: &str| cx.instead(typed, user, verb);
        let finder = Finder {
            service: session.service.as_ref(),
            domain: session.domain.as_deref(),
            prefix: &cx.command([]),
            command: &command,
            elsewhere: &|text| elsewhere(session, text),
            told: &|count| telling.told("looked up", count),
        };
        let mut except = Except::new(self.part);
        self.take_out(&finder, &mut except).await?;
        let judge = |input: &Input, row: &InputRow| {
            let wish = (self.make)(&Given {
                row: Some((input, row)),
            })?;
            Ok(mark(&wish))
        };
        let chosen = match &self.people {
            People::Texts(texts) => pick(&finder, Wanted::Texts(texts), &except).await?,
            People::Query(query) => pick(&finder, Wanted::Query(query), &except).await?,
            People::Rows(file) => {
                let RowsOfFile {
                    input,
                    checked,
                    skip_invalid,
                } = &**file;
                let wanted = Wanted::Rows {
                    input,
                    checked,
                    skip_invalid: *skip_invalid,
                    judge: &|row| judge(input, row),
                };
                pick(&finder, wanted, &except).await?
            }
        };
        if !self.except.is_empty() {
            let out = counted(chosen.taken_out, "person", "people");
            cx.ui.note(&format!("{out} taken out by --except"));
        }
        if let Some((index, of)) = self.part {
            let (here, all) = (
                grouped(chosen.people),
                counted(chosen.selected, "person", "people"),
            );
            cx.ui.note(&format!("part {index} of {of}: {here} of {all}"));
        }
        Ok(chosen)
    }

    async fn take_out(&self, finder: &Finder<'_>, except: &mut Except) -> Result<()> {
        let mut texts = Vec::new();
        for one in &self.except {
            if let Some(group) = one.strip_prefix("group:") {
                let query = UserQuery::Group(group.trim().to_owned());
                except.take_out(finder, Wanted::Query(&query)).await?;
            } else if is_file(one) {
                let columns = Columns {
                    options: &[],
                    mapped: Vec::new(),
                };
                let input = Input::new(Source::open(one.as_ref())?, columns)?;
                let mut checked = check(&input, |text| completed(text, finder.domain), |_| Ok(Some(0)))?;
                std::mem::take(&mut checked.problems).finish(input.name(), |wrong| {
                    format!("{} rows of {one} are wrong; nothing was sent", grouped(wrong))
                })?;
                let wanted = Wanted::Rows {
                    input: &input,
                    checked: &checked,
                    skip_invalid: false,
                    judge: &|_| Ok(Some(0)),
                };
                except.take_out(finder, wanted).await?;
            } else {
                texts.push(one.clone());
            }
        }
        if texts.is_empty() {
            return Ok(());
        }
        except.take_out(finder, Wanted::Texts(&texts)).await
    }
}

/// Whether a word of `--except` names a file. By its form alone: a file that happens to lie there does not change who is
/// taken out.
fn is_file(word: &str) -> bool {
    let ends = |end: &&str| word.to_ascii_lowercase().ends_with(end);
    word == "-"
        || word.contains(['/', '\\'])
        || [".csv", ".tsv", ".txt", ".ndjson", ".jsonl"].iter().any(ends)
}

/// A mark of what is wished, or none where the wishes of several rows add up. A secret is the same as any other here.
fn mark(wish: &Wish) -> Option<u64> {
    struct Marking(DefaultHasher);
    impl std::fmt::Write for Marking {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0.write(text.as_bytes());
            Ok(())
        }
    }
    if matches!(wish, Wish::Remove { methods, .. } if !methods.is_empty()) {
        return None;
    }
    let mut marking = Marking(DefaultHasher::new());
    // Writing to a hasher does not fail.
    let _ = write!(marking, "{wish:?}");
    Some(marking.0.finish())
}

fn add_up(wish: &mut Wish, more: Wish) {
    if let (Wish::Remove { methods, .. }, Wish::Remove { methods: more, .. }) = (wish, more) {
        for method in more {
            if !methods.contains(&method) {
                methods.push(method);
            }
        }
    }
}

/// A sign-in name whose domain is another profile's.
pub(crate) fn elsewhere(session: &Session, text: &str) -> Option<String> {
    let (_, domain) = text.rsplit_once('@')?;
    let domain = domain.to_lowercase();
    let (_, profile) = session.other_domains.iter().find(|(other, _)| *other == domain)?;
    Some(format!("{domain} is of another profile: add -p {profile}"))
}
