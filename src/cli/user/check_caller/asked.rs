//! The caller is asked through the service: a code that is read out, or an approval on the phone.

use super::{Asking, VERB};
use crate::cli::{challenge, change, record};
use crate::domain::shape::StepRow;
use crate::domain::{Challenge, Error, ErrorCode, Purpose, Result, Secret, Status, Verdict};
use crate::jobs::caller::{By, Check, Way};
use crate::jobs::witness::{About, Witness as _};

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

impl Asking<'_> {
    /// Asks through the service, and checks what the caller says.
    pub(super) async fn challenge(&self, way: &Way<'_>, code: Option<String>) -> Result<u8> {
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
}
