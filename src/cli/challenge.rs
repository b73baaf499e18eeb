//! What is said of a challenge that went out and of the answer to it, by every verb that sends one.

use super::context::Context;
use crate::domain::{Challenge, Error, ErrorCode, PhoneNumber, Result, Verdict};
use crate::render::time;

/// How it went out, where to, and until when it is good.
pub(crate) fn sent(cx: &Context, challenge: &Challenge) -> String {
    let how = match challenge.channel.as_str() {
        "sms" => "text".to_owned(),
        "approve" | "push" => "notification".to_owned(),
        "app" => return "nothing was sent: the app shows the code".to_owned(),
        other => other.to_owned(),
    };
    let to = challenge
        .to
        .as_deref()
        .map(|to| format!(" to {}", shown(to)))
        .unwrap_or_default();
    let until = challenge
        .expires_at
        .map(|at| format!(", until {}", time::short(at, cx.clock.now(), &cx.zone)))
        .unwrap_or_default();
    format!("{how}{to}{until}")
}

/// A number in groups, as everywhere else; whatever else as it is.
fn shown(to: &str) -> String {
    match PhoneNumber::parse(to, None) {
        Ok(number) => number.to_string(),
        Err(_) => to.to_owned(),
    }
}

/// What a verdict means; `again`: the command that sends another code.
///
/// # Errors
/// `service_refused`: the code is not right, with what to do.
pub(crate) fn judge(verdict: Verdict, target: &str, again: &str) -> Result<()> {
    let refused = |message: String| Error::new(ErrorCode::ServiceRefused, message);
    match verdict {
        Verdict::Accepted => Ok(()),
        Verdict::Wrong { attempts_left } => {
            let left = match attempts_left {
                Some(1) => "; one try is left".to_owned(),
                Some(left) => format!("; {left} tries are left"),
                None => String::new(),
            };
            Err(refused(format!("that is not the code of {target}{left}"))
                .hint(format!("{again} --code CODE")))
        }
        Verdict::Expired => Err(refused("the code has expired, or none was sent".to_owned()).hint(again)),
        Verdict::TooMany => {
            Err(refused("too many wrong codes: a new one must be sent".to_owned()).hint(again))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_number_is_shown_in_groups_and_an_address_as_it_is() {
        assert_eq!(shown("+1 4255550142"), "+1 425 555 0142");
        assert_eq!(shown("bas@home.example"), "bas@home.example");
    }
}
