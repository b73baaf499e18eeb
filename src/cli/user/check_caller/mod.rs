//! `user check-caller USER`: whether whoever is on the phone is the person. The service asks, where it can; else the
//! operator attests it. Never by a method that is lost, on the lost phone, or new.

mod asked;

use crate::cli::context::{Context, Intent, Session};
use crate::cli::{change, record};
use crate::domain::shape::StepRow;
use crate::domain::{Capability, Error, ErrorCode, Method, Parts, Result, Status, User, reference};
use crate::jobs::caller::{self, By, Callers, Check, Way};
use crate::jobs::select::{self, Typed};
use crate::render::time;

/// Who calls, and how to ask.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    mfactl -p local user check-caller adele --lost authenticator\n  \
    mfactl -p local user check-caller adele --lost authenticator --by callback --code 4821\n  \
    mfactl user check-caller chidi --by in-person --reason \"showed a passport\"\n\n\
    A check is good for 30 minutes, for you, this person and this tenant.")]
pub struct Args {
    /// Sign-in name, object id or primary mail address
    #[arg(value_name = "USER")]
    user: String,
    /// What the caller has lost, as methods list prints it: nothing on the same phone is asked
    #[arg(long, value_name = "METHOD", value_delimiter = ',')]
    lost: Vec<String>,
    /// Ask so; in-person and manager are your own word, and callback too where the service cannot call
    #[arg(long, value_name = "HOW", value_enum)]
    by: Option<How>,
    /// The code that the caller reads out; without it one is sent
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
}

/// How a caller is checked, as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum How {
    /// A notification to an app that approves
    Push,
    /// A code by text, mail or from an app
    Code,
    /// A call to a registered number
    Callback,
    /// The person stands before you
    InPerson,
    /// The manager vouches
    Manager,
}

impl How {
    const fn by(self) -> By {
        match self {
            Self::Push => By::Push,
            Self::Code => By::Code,
            Self::Callback => By::Callback,
            Self::InPerson => By::InPerson,
            Self::Manager => By::Manager,
        }
    }
}

const VERB: &str = "user check-caller";
/// What one check is made of.
struct Asking<'a> {
    cx: &'a Context,
    session: &'a Session,
    person: &'a User,
    lost: Vec<String>,
    by: Option<By>,
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self { user, lost, by, code } = self;
        let by = by.map(How::by);
        if let (Some(By::InPerson | By::Manager), Some(_)) = (by, &code) {
            return Err(Error::new(ErrorCode::Usage, "nobody reads out a code in person")
                .hint("leave out --code, or use --by code"));
        }
        let dry_run = cx.globals.dry_run;
        let session = cx
            .connect(if dry_run { Intent::Read } else { Intent::Change })
            .await?;
        let command = |_: &str, user: &str| cx.command(["user", "check-caller", user]);
        let typed = [Typed::argument(user)];
        let prefix = change::prefix(cx);
        let domain = session.domain.as_deref();
        let found = select::each(session.service.as_ref(), &typed, domain, &prefix, &command).await?;
        let internal = |what: &str| Error::new(ErrorCode::Internal, what.to_owned());
        let person = found
            .into_iter()
            .next()
            .ok_or_else(|| internal("nobody was found, and nobody was missing"))??;
        let can = crate::services::admit(session.service.capabilities(), Capability::CheckCaller);
        admit_own(cx, &session, &person, by, can.is_ok())?;
        let info = change::read(&session, std::slice::from_ref(&person), Parts::METHODS)
            .await
            .pop()
            .ok_or_else(|| internal("nothing was read"))??;
        let mut gone: Vec<&Method> = Vec::new();
        for typed in &lost {
            gone.extend(reference::find_methods(
                typed,
                info.methods(),
                &person.sign_in_name,
            )?);
        }
        let asking = Asking {
            cx,
            session: &session,
            person: &person,
            lost,
            by,
        };
        match (by, can) {
            (Some(By::InPerson | By::Manager), _) => asking.attest(None).await,
            (Some(By::Callback), Err(_)) => {
                let way = asking.way(info.methods(), &gone)?;
                asking.attest(Some(&way)).await
            }
            (_, Err(error)) => {
                let calls = caller::ways(info.methods(), &gone, By::Callback.asked(), cx.clock.now());
                let can = calls.iter().any(|way| way.why_not.is_none());
                Err(error.hint(asking.command(if can { "callback" } else { "in-person" })))
            }
            (_, Ok(())) => {
                let way = asking.way(info.methods(), &gone)?;
                asking.challenge(&way, code).await
            }
        }
    }
}

/// Whether one's own account may be checked: asked by the service with `--include-self`, and never by one's own word.
///
/// # Errors
/// `guard_self`.
fn admit_own(cx: &Context, session: &Session, person: &User, by: Option<By>, can_ask: bool) -> Result<()> {
    let own = session.operator.user_id.as_ref();
    if !own.is_some_and(|own| person.id.0.eq_ignore_ascii_case(&own.0)) {
        return Ok(());
    }
    let name = &person.sign_in_name;
    let own_word = match by {
        Some(By::InPerson | By::Manager) => true,
        Some(By::Callback) => !can_ask,
        _ => false,
    };
    if own_word {
        return Err(Error::new(
            ErrorCode::GuardSelf,
            format!("{name} is your own account, and nobody vouches for themselves"),
        )
        .hint("a colleague checks you, and makes the change"));
    }
    if cx.globals.include_self {
        return Ok(());
    }
    Err(
        Error::new(ErrorCode::GuardSelf, format!("{name} is your own account"))
            .hint("--include-self allows it"),
    )
}

impl Asking<'_> {
    /// The best method that may be asked.
    fn way<'m>(&self, methods: &'m [Method], lost: &[&Method]) -> Result<Way<'m>> {
        let asked = self.by.and_then(By::asked);
        let all = caller::ways(methods, lost, asked, self.cx.clock.now());
        if let Some(way) = all.iter().find(|way| way.why_not.is_none()) {
            return Ok(way.clone());
        }
        let mut why: Vec<String> = Vec::new();
        for way in &all {
            let text = format!(
                "{}: {}",
                way.reference,
                way.why_not.as_deref().unwrap_or_default()
            );
            if !why.contains(&text) {
                why.push(text);
            }
        }
        let how = asked.map_or(String::new(), |asked| format!(" by {}", asked.as_str()));
        let whose = &self.person.sign_in_name;
        let message = if why.is_empty() {
            format!("{whose} has no method that can be asked{how}")
        } else {
            format!("{whose} cannot be asked{how}: {}", why.join("; "))
        };
        Err(Error::new(ErrorCode::GuardCaller, message).hint(self.command("in-person")))
    }

    /// The command for this person by another way.
    fn command(&self, by: &str) -> String {
        let user = self.person.sign_in_name.as_str();
        let mut words = vec!["user", "check-caller", user];
        for lost in &self.lost {
            words.extend(["--lost", lost]);
        }
        words.extend(["--by", by]);
        self.cx.command(words)
    }

    /// The operator's own word, with a reason.
    async fn attest(&self, way: Option<&Way<'_>>) -> Result<u8> {
        let Self { cx, person, .. } = self;
        let by = self.by.unwrap_or(By::Callback);
        let row = self.row(way.map_or("caller", |way| way.reference.as_str()));
        if let Some(way) = way.filter(|way| way.method.added_at.is_none()) {
            cx.ui.warn(&format!(
                "when {} was added is not known: make sure that it is not new",
                way.reference
            ));
        }
        if cx.globals.dry_run {
            return change::one_row(cx, self.session, VERB, row, Vec::new());
        }
        let given = cx
            .globals
            .reason
            .clone()
            .filter(|reason| !reason.trim().is_empty());
        let reason = match given {
            Some(reason) => reason,
            None if cx.ui.can_ask().is_ok() => cx.ui.ask("Reason: ")?,
            None => String::new(),
        };
        if reason.is_empty() {
            return Err(Error::new(
                ErrorCode::NotConfirmed,
                "your own word for a caller takes a reason",
            )
            .hint(format!("{} --reason TEXT", self.command(by.as_str()))));
        }
        let how = match (by, way) {
            (By::Callback, Some(way)) => {
                let number = way.method.label().unwrap_or_default();
                format!("you called {number} ({})", way.reference)
            }
            (By::Manager, _) => "the manager vouched".to_owned(),
            _ => "you saw the person".to_owned(),
        };
        let place = change::place(self.session);
        if !cx.globals.yes
            && !cx.ui.confirm(&format!(
                "Do you attest that the caller is {} in {place}: {how}?",
                person.title()
            ))?
        {
            return Err(Error::new(
                ErrorCode::NotConfirmed,
                "not confirmed; nobody was checked",
            ));
        }
        let check = self.check(by, true, way, Some(reason));
        let log = record::of_verb(cx, VERB)?;
        let told = format!("caller checked {}", check.said());
        log.event(&told, Some((&check.user, &check.user_id))).await?;
        self.keep(&check)?;
        let mut row = row;
        (row.status, row.at) = (Status::Done, Some(check.at));
        row.detail = self.said(&check);
        change::one_row(cx, self.session, VERB, row, Vec::new())
    }

    /// A check that was made now.
    fn check(&self, by: By, attested: bool, way: Option<&Way<'_>>, reason: Option<String>) -> Check {
        let Self {
            cx, session, person, ..
        } = self;
        let Session {
            profile,
            tenant,
            operator,
            ..
        } = session;
        Check {
            by,
            attested,
            method: way.map(|way| way.reference.clone()),
            kind: way.map(|way| way.method.kind),
            lost: (!self.lost.is_empty()).then(|| self.lost.join(",")),
            ticket: cx.globals.ticket.clone(),
            reason,
            ..caller::blank(profile, tenant, operator, person, cx.clock.now())
        }
    }

    /// Keeps a check; the audit log has it by then.
    fn keep(&self, check: &Check) -> Result<()> {
        Callers::of(&self.cx.config()?.state_dir()?).record(check)
    }

    /// How, and until when it is good.
    fn said(&self, check: &Check) -> String {
        let until = time::short(check.good_until(), check.at, &self.cx.zone);
        format!("{}; good until {until}", check.said())
    }

    fn row(&self, target: &str) -> StepRow {
        StepRow {
            user: self.person.sign_in_name.clone(),
            user_id: self.person.id.0.clone(),
            step: "check".to_owned(),
            target: target.to_owned(),
            status: Status::Planned,
            detail: String::new(),
            error: None,
            attempts: 0,
            request_id: None,
            at: None,
        }
    }
}
