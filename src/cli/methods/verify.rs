//! `methods verify USER METHOD`: sends the code of a method that waits for one, or checks it.

use crate::cli::context::{Context, Intent};
use crate::cli::{challenge, change, record};
use crate::domain::shape::StepRow;
use crate::domain::{
    Capability, Challenge, Error, ErrorCode, IdentityService, Method, MethodState, Parts, Purpose, Result,
    Secret, Status, User, reference,
};
use crate::jobs::guard::Bound;
use crate::jobs::select::{self, Typed};
use crate::jobs::witness::{About, Witness as _};

/// Which method of whom.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl methods verify bas phone:mobile\n  \
    mfactl methods verify bas phone:mobile --code 123456")]
pub struct Args {
    /// Sign-in name, object id or primary mail address
    #[arg(value_name = "USER")]
    user: String,
    /// The method, as methods list prints it
    #[arg(value_name = "METHOD")]
    method: String,
    /// The code that the person reads out; without it a code is sent
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
}

const VERB: &str = "methods verify";

/// What a service that answered made of it, in words: a row of the answer, also where it is a refusal. That there was no
/// answer is the command's own error.
type Judged = Result<String>;

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self { user, method, code } = self;
        let dry_run = cx.globals.dry_run;
        change::admit_command(cx, dry_run, cx.globals.ticket.clone())?;
        let session = cx
            .connect(if dry_run { Intent::Read } else { Intent::Change })
            .await?;
        let service = session.service.as_ref();
        // Not the line as it was typed: there may be a code in it.
        let command = |_: &str, user: &str| cx.command(["methods", "verify", user, &method]);
        let typed = [Typed::argument(user)];
        let prefix = change::prefix(cx);
        let found = select::each(service, &typed, session.domain.as_deref(), &prefix, &command).await?;
        let Some(person) = found.into_iter().next().transpose()? else {
            return Err(Error::new(
                ErrorCode::Internal,
                "nobody was found, and nobody was missing",
            ));
        };
        change::admit_number(cx, &session, 1, Bound::Direct)?;
        let privileges = change::admit_people(cx, &session, std::slice::from_ref(&person)).await?;
        if let Some(warning) = change::cannot_tell(cx, &session, &privileges) {
            cx.ui.warn(&warning);
        }
        let info = match change::read(&session, std::slice::from_ref(&person), Parts::METHODS)
            .await
            .pop()
        {
            Some(info) => info?,
            None => return Err(Error::new(ErrorCode::Internal, "nothing was read")),
        };
        let whose = person.sign_in_name.clone();
        let chosen = reference::find_method(&method, info.methods(), &whose, cx.clock.now(), |found| {
            cx.command(["methods", "verify", &whose, found])
        })?;
        // A service that sends no codes cannot say that none is waited for either.
        admit(service.capabilities(), chosen)?;
        let mut row = row(&person, chosen, info.methods());
        if chosen.state != MethodState::Pending && chosen.pending_number.is_none() {
            row.status = Status::Unchanged;
            row.detail = "it waits for no code".to_owned();
            return change::one_row(cx, &session, VERB, row, Vec::new());
        }
        let again = cx.command(["methods", "verify", &whose, &row.target]);
        if dry_run {
            row.detail = match code {
                Some(_) => "check the code".to_owned(),
                None => "send a code".to_owned(),
            };
            return change::one_row(cx, &session, VERB, row, Vec::new());
        }
        if code.is_some() {
            let (guard, whom) = (&session.guard, (whose.as_str(), &person.id));
            change::checked(cx, &session)?.admit_person(guard, whom, None, None, &prefix)?;
        }
        if code.is_none() {
            row.step = "send".to_owned();
        }
        let log = record::of_verb(cx, VERB)?;
        let step_id = uuid::Uuid::now_v7().to_string();
        let about = About {
            step_id: step_id.clone(),
            user: row.user.clone(),
            user_id: person.id.clone(),
            step: row.step.clone(),
            target: row.target.clone(),
        };
        log.before(&[about]).await?;
        let was_sent = code.is_none();
        let outcome = match code {
            Some(code) => check(service, &person, chosen, &code, &row.target, &again).await,
            None => send(cx, service, &person, chosen).await,
        };
        row.at = Some(cx.clock.now());
        row.attempts = 1;
        match &outcome {
            Ok(Ok(detail)) => {
                row.status = Status::Done;
                row.detail.clone_from(detail);
            }
            Ok(Err(refused)) | Err(refused) => {
                row.status = Status::Failed;
                row.detail = refused.message().to_owned();
                row.error = Some(refused.to_body());
            }
        }
        log.after(&[(step_id, row.clone())]).await?;
        let next = (outcome?.is_ok() && was_sent)
            .then(|| format!("It counts once the code is checked: {again} --code CODE"));
        change::one_row(cx, &session, VERB, row, next.into_iter().collect())
    }
}

/// Sends a code; gives what is said of it.
async fn send(cx: &Context, service: &dyn IdentityService, person: &User, method: &Method) -> Result<Judged> {
    let purpose = Purpose::Verify(method.kind);
    let challenge = service.challenge(&person.id, &method.id, purpose).await?;
    Ok(Ok(challenge::sent(cx, &challenge)))
}

/// Checks the code that was typed; `target` and `again` are for the words of a wrong one.
async fn check(
    service: &dyn IdentityService,
    person: &User,
    method: &Method,
    code: &str,
    target: &str,
    again: &str,
) -> Result<Judged> {
    let challenge = Challenge {
        user: person.id.clone(),
        method: method.id.clone(),
        purpose: Purpose::Verify(method.kind),
        channel: String::new(),
        to: None,
        expires_at: None,
    };
    let verdict = service.answer(&challenge, Secret::new(code.trim())).await?;
    let judged = challenge::judge(verdict, target, again);
    Ok(judged.map(|()| "the code is right; it counts from now on".to_owned()))
}

fn row(person: &User, method: &Method, methods: &[Method]) -> StepRow {
    let at = methods
        .iter()
        .position(|one| one.id == method.id && one.kind == method.kind);
    let target = at.and_then(|at| reference::of_methods(methods).into_iter().nth(at));
    StepRow {
        user: person.sign_in_name.clone(),
        user_id: person.id.0.clone(),
        step: "verify".to_owned(),
        target: target.unwrap_or_else(|| method.kind.to_string()),
        status: Status::Planned,
        detail: String::new(),
        error: None,
        attempts: 0,
        request_id: None,
        at: None,
    }
}

fn admit(capabilities: &crate::domain::Capabilities, method: &Method) -> Result<()> {
    crate::services::admit(capabilities, Capability::Verify(method.kind))
}
