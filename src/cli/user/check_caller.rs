//! `user check-caller USER`: whether whoever is on the phone is the person. The service asks, where it can; else the
//! operator attests it. Never by a method that is lost, on the lost phone, or new.

mod attest;

use crate::cli::context::{Context, Intent, Session};
use crate::cli::{challenge, change, record};
use crate::domain::shape::StepRow;
use crate::domain::{
    Capability, Challenge, Error, ErrorCode, Method, Parts, Purpose, Result, Secret, Status, User, Verdict,
    reference,
};
use crate::jobs::caller::{self, By, Callers, Check, Way};
use crate::jobs::select::{self, Typed};
use crate::jobs::witness::{About, Witness as _};
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
/// The channel of a challenge that is approved on the phone: nobody reads anything out.
const WITHOUT_CODE: &str = "push";

/// Nobody said Yes in time. `again`: the command that asks once more.
fn not_answered(target: &str, again: &str) -> Error {
    Error::new(
        ErrorCode::ServiceRefused,
        format!("nobody answered on the phone of {target} in time"),
    )
    .hint(again)
}

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
        let can = crate::services::admit(session.service.capabilities(), Capability::CheckCaller);
        match (by, can) {
            (Some(By::InPerson | By::Manager), _) => asking.attest(None).await,
            (Some(By::Callback), Err(_)) => {
                let way = asking.way(info.methods(), &gone)?;
                asking.attest(Some(&way)).await
            }
            (_, Err(error)) => Err(error.hint(asking.command("callback"))),
            (_, Ok(())) => {
                let way = asking.way(info.methods(), &gone)?;
                asking.challenge(&way, code).await
            }
        }
    }
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

    /// Asks through the service, and checks what the caller says.
    async fn challenge(&self, way: &Way<'_>, code: Option<String>) -> Result<u8> {
        let Self {
            cx, session, person, ..
        } = self;
        let by = By::from(way.asked);
        let again = self.command(by.as_str());
        let mut row = self.row(&way.reference);
        if cx.globals.dry_run {
            row.detail = match code {
                Some(_) => "check what the caller says".to_owned(),
                None => format!("ask by {}", by.as_str()),
            };
            return change::one_row(cx, session, VERB, row, Vec::new());
        }
        row.attempts = 1;
        if code.is_none() {
            row.step = "ask".to_owned();
        }
        let log = record::of_verb(cx, VERB)?;
        let step_id = uuid::Uuid::now_v7().to_string();
        log.before(&[About {
            step_id: step_id.clone(),
            user: row.user.clone(),
            user_id: person.id.clone(),
            step: row.step.clone(),
            target: row.target.clone(),
        }])
        .await?;
        let ended = self.asked(way, code, &mut row).await;
        row.at = Some(cx.clock.now());
        if let Err(error) = &ended {
            row.status = Status::Failed;
            row.detail = error.message().to_owned();
            row.error = Some(error.to_body());
        }
        log.after(&[(step_id, row.clone())]).await?;
        match ended {
            Err(error) if error.code() == ErrorCode::ServiceRefused => {
                change::one_row(cx, session, VERB, row, Vec::new())
            }
            Err(error) => Err(error),
            Ok(None) => {
                let next = format!("The caller is checked once the code is: {again} --code CODE");
                change::one_row(cx, session, VERB, row, vec![next])
            }
            Ok(Some(check)) => {
                self.keep(&check)?;
                change::one_row(cx, session, VERB, row, Vec::new())
            }
        }
    }

    /// Sends the challenge and checks what the caller says; `None`: nobody can be asked for that here.
    async fn asked(&self, way: &Way<'_>, code: Option<String>, row: &mut StepRow) -> Result<Option<Check>> {
        let Self {
            cx, session, person, ..
        } = self;
        let (service, by) = (session.service.as_ref(), By::from(way.asked));
        let again = self.command(by.as_str());
        let purpose = Purpose::CheckCaller(way.asked);
        let (challenge, code) = match code {
            Some(code) => (self.open(way, purpose), code),
            None => {
                let challenge = service.challenge(&person.id, &way.method.id, purpose).await?;
                let sent = challenge::sent(cx, &challenge);
                if challenge.channel == WITHOUT_CODE {
                    row.step = "check".to_owned();
                    cx.ui.note(&format!(
                        "Asked {}: {sent}; waiting for an answer on the phone",
                        way.reference
                    ));
                    let answered = tokio::select! {
                        verdict = service.answer(&challenge, Secret::new("")) => verdict?,
                        () = cx.interrupt.wait() => return Err(Error::interrupted()),
                    };
                    if answered != Verdict::Accepted {
                        return Err(not_answered(&way.reference, &again));
                    }
                    return Ok(Some(self.checked(by, way, row)));
                }
                if cx.ui.can_ask().is_err() {
                    (row.status, row.detail) = (Status::Done, sent);
                    return Ok(None);
                }
                row.step = "check".to_owned();
                cx.ui.note(&format!("Asked {}: {sent}", way.reference));
                (challenge, self.read_out()?)
            }
        };
        let mut verdict = service.answer(&challenge, Secret::new(code.trim())).await?;
        while let Verdict::Wrong { attempts_left } = verdict
            && attempts_left != Some(0)
            && cx.ui.can_ask().is_ok()
        {
            if let Err(wrong) = challenge::judge(verdict, &way.reference, &again) {
                cx.ui.warn(wrong.message());
            }
            let code = self.read_out()?;
            verdict = service.answer(&challenge, Secret::new(code)).await?;
        }
        challenge::judge(verdict, &way.reference, &again)?;
        Ok(Some(self.checked(by, way, row)))
    }

    /// The check that the service made, and its row.
    fn checked(&self, by: By, way: &Way<'_>, row: &mut StepRow) -> Check {
        let check = self.check(by, false, Some(way), self.cx.globals.reason.clone());
        (row.status, row.detail) = (Status::Done, self.said(&check));
        check
    }

    /// What the caller reads out; nothing is No.
    fn read_out(&self) -> Result<String> {
        let code = self.cx.ui.ask("The code that the caller reads out: ")?;
        if code.is_empty() {
            return Err(Error::new(
                ErrorCode::NotConfirmed,
                "no code was typed; nobody was checked",
            ));
        }
        Ok(code)
    }

    fn open(&self, way: &Way<'_>, purpose: Purpose) -> Challenge {
        Challenge {
            user: self.person.id.clone(),
            method: way.method.id.clone(),
            purpose,
            channel: String::new(),
            to: None,
            expires_at: None,
        }
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
