//! `hardware-tokens import FILE`: the whole file is checked, then shown, then sent row by row.

use std::collections::HashSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use futures::{StreamExt as _, stream};

use crate::cli::change::{self, place};
use crate::cli::context::{Context, Intent, Session};
use crate::cli::record;
use crate::domain::shape::StepRow;
use crate::domain::{Capability, Error, ErrorCode, Result, Status, User, UserId};
use crate::jobs::guard::Bound;
use crate::jobs::select::{self, Typed};
use crate::jobs::tokens::{self, TokenOfFile};
use crate::jobs::witness::{About, Witness as _};
use crate::render::text::counted;

/// More than a file of a million tokens has.
const LONGEST: u64 = 256 * 1024 * 1024;
/// How many are sent side by side.
const SIDE_BY_SIDE: usize = 8;
const VERB: &str = "hardware-tokens import";

/// From where.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl hardware-tokens import tokens.csv --dry-run\n  \
    mfactl hardware-tokens import tokens.csv --yes\n\n\
    The first line is: upn,serial number,secret key,time interval,manufacturer,model; upn may be empty. The secret key is \
    Base32. A token that is there already stays as it is")]
pub struct Args {
    /// A CSV file in Microsoft's form; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// A token of the file, and what becomes of it.
struct Planned {
    of_file: TokenOfFile,
    user: Option<User>,
    row: StepRow,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self { file } = self;
        let (name, bytes) = read(&file)?;
        let tokens = tokens::read(&name, &bytes)?;
        let dry_run = cx.globals.dry_run;
        change::admit_command(cx, dry_run, cx.globals.ticket.clone())?;
        let session = cx
            .connect(if dry_run { Intent::Read } else { Intent::Change })
            .await?;
        crate::services::admit(session.service.capabilities(), Capability::HardwareTokens)?;
        let planned = plan(cx, &session, &name, tokens).await?;
        let subject = format!("{} of {name}", counted(planned.len() as u64, "token", "tokens"));
        let new = planned
            .iter()
            .filter(|one| one.row.status == Status::Planned)
            .count();
        if dry_run || new == 0 {
            return rows(cx, &session, &subject, planned);
        }
        change::confirm(cx, &told(&session, &planned, new), new as u64)?;
        let planned = carry_out(cx, &session, planned).await?;
        rows(cx, &session, &subject, planned)
    }
}

fn rows(cx: &Context, session: &Session, subject: &str, planned: Vec<Planned>) -> Result<u8> {
    let rows = planned.into_iter().map(|one| one.row).collect();
    change::rows(cx, session, VERB, subject, rows)
}

/// The file, whole, with the name that errors give it.
fn read(path: &Path) -> Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let name = if path.as_os_str() == "-" {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    };
    let read = if path.as_os_str() == "-" {
        std::io::stdin().lock().take(LONGEST).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(LONGEST).read_to_end(&mut bytes))
    };
    read.map_err(|error| Error::new(ErrorCode::FileUnreadable, format!("cannot read {name}: {error}")))?;
    Ok((name, bytes))
}

/// Who the people of the file are, whether they may be touched, and which tokens are there already.
async fn plan(cx: &Context, session: &Session, name: &str, tokens: Vec<TokenOfFile>) -> Result<Vec<Planned>> {
    let service = session.service.as_ref();
    let typed: Vec<Typed> = tokens
        .iter()
        .filter_map(|one| one.user.clone().map(Typed::argument))
        .collect();
    let command = |_: &str, _: &str| cx.command(["hardware-tokens", "import", name]);
    let prefix = change::prefix(cx);
    let found = if typed.is_empty() {
        Vec::new()
    } else {
        select::each(service, &typed, session.domain.as_deref(), &prefix, &command).await?
    };
    let mut found = found.into_iter();
    let mut people = Vec::with_capacity(tokens.len());
    for token in &tokens {
        people.push(match token.user {
            None => None,
            Some(_) => found
                .next()
                .transpose()
                .map_err(|error| error.at(name, Some(token.line), None))?,
        });
    }
    let users: Vec<User> = people.iter().flatten().cloned().collect();
    if !users.is_empty() {
        change::admit_number(cx, session, users.len(), Bound::Direct)?;
        change::admit_people(cx, session, &users).await?;
    }
    let there: HashSet<String> = service
        .hardware_tokens()
        .await?
        .into_iter()
        .map(|token| token.serial.to_lowercase())
        .collect();
    Ok(tokens
        .into_iter()
        .zip(people)
        .map(|(mut of_file, user)| {
            of_file.token.assign_to = user.as_ref().map(|user| user.id.clone());
            let known = there.contains(&of_file.token.serial.to_lowercase());
            let row = row(&of_file, user.as_ref(), known);
            Planned { of_file, user, row }
        })
        .collect())
}

fn row(of_file: &TokenOfFile, user: Option<&User>, known: bool) -> StepRow {
    let token = &of_file.token;
    StepRow {
        user: user.map_or_else(|| "-".to_owned(), |user| user.sign_in_name.clone()),
        user_id: user.map_or_else(|| token.serial.clone(), |user| user.id.0.clone()),
        step: "import".to_owned(),
        target: format!("token {}", token.serial),
        status: if known { Status::Unchanged } else { Status::Planned },
        detail: if known {
            "in the inventory already".to_owned()
        } else {
            format!("{} {}, {} s", token.manufacturer, token.model, token.interval_s)
        },
        error: None,
        attempts: 0,
        request_id: None,
        at: None,
    }
}

/// The plan, in a few lines.
fn told(session: &Session, planned: &[Planned], new: usize) -> String {
    let given = planned
        .iter()
        .filter(|one| one.row.status == Status::Planned && one.user.is_some())
        .count();
    let mut text = format!(
        "Import {} into {}",
        counted(new as u64, "hardware token", "hardware tokens"),
        place(session)
    );
    if given > 0 {
        text.push_str(&format!(", {given} of them given to their person"));
    }
    if planned.len() > new {
        text.push_str(&format!("; {} are there already", planned.len() - new));
    }
    text
}

/// Sends what is new: what is about to go out is written down before, and how it ended after.
async fn carry_out(cx: &Context, session: &Session, planned: Vec<Planned>) -> Result<Vec<Planned>> {
    let log = record::of_verb(cx, VERB)?;
    let mut done: Vec<Planned> = Vec::with_capacity(planned.len());
    let mut waiting = planned.into_iter().peekable();
    while waiting.peek().is_some() {
        let together: Vec<Planned> = waiting.by_ref().take(SIDE_BY_SIDE).collect();
        let ids: Vec<String> = together
            .iter()
            .map(|_| uuid::Uuid::now_v7().to_string())
            .collect();
        let is_new = |one: &Planned| one.row.status == Status::Planned;
        let abouts: Vec<About> = together
            .iter()
            .zip(&ids)
            .filter(|(one, _)| is_new(one))
            .map(|(one, id)| About {
                step_id: id.clone(),
                user: one.row.user.clone(),
                user_id: UserId(one.row.user_id.clone()),
                step: one.row.step.clone(),
                target: one.row.target.clone(),
            })
            .collect();
        if abouts.is_empty() {
            done.extend(together);
            continue;
        }
        log.before(&abouts).await?;
        let sent: Vec<(bool, Planned)> = stream::iter(together)
            .map(|one| async move {
                if is_new(&one) {
                    (true, send(cx, session, one).await)
                } else {
                    (false, one)
                }
            })
            .buffered(SIDE_BY_SIDE)
            .collect()
            .await;
        let ended: Vec<(String, StepRow)> = sent
            .iter()
            .zip(&ids)
            .filter(|((sent, _), _)| *sent)
            .map(|((_, one), id)| (id.clone(), one.row.clone()))
            .collect();
        log.after(&ended).await?;
        done.extend(sent.into_iter().map(|(_, one)| one));
    }
    Ok(done)
}

async fn send(cx: &Context, session: &Session, mut one: Planned) -> Planned {
    let answer = session
        .service
        .add_hardware_token(&one.of_file.token, &one.of_file.seed)
        .await;
    let row = &mut one.row;
    row.attempts = 1;
    row.at = Some(cx.clock.now());
    match answer {
        Ok(token) => {
            row.status = Status::Done;
            row.detail = token.status.as_str().to_owned();
        }
        Err(error) => {
            row.status = if error.code() == ErrorCode::OutcomeUnknown {
                Status::Unknown
            } else {
                Status::Failed
            };
            row.detail = error.message().to_owned();
            row.error = Some(error.to_body());
        }
    }
    one
}
