//! A first code of a new authenticator, checked here where the service checks none: a seed that was mistyped, or a phone
//! whose clock is wrong, is found while somebody is still there.

use super::keep::Keeper;
use crate::cli::context::{Context, Session};
use crate::domain::{Capability, Clock, MethodKind, Result, Secret};

/// How often a wrong code is asked again.
const TRIES: usize = 3;

/// Asks for a code of the one authenticator that was shown, on the terminal; Enter leaves it.
///
/// # Errors
/// The terminal is gone.
pub(super) fn ask(cx: &Context, session: &Session, keeper: &Keeper) -> Result<()> {
    let verifies = session
        .service
        .capabilities()
        .get(Capability::Verify(MethodKind::Totp));
    let Some(uri) = keeper.shown_seed() else {
        return Ok(());
    };
    if verifies.is_yes() || cx.ui.can_ask().is_err() {
        return Ok(());
    }
    for _ in 0..TRIES {
        let code = cx
            .ui
            .ask("A code that the app shows now, to check it (Enter leaves it): ")?;
        if code.is_empty() {
            return Ok(());
        }
        if is_right(uri, &code, cx.clock.as_ref()) {
            cx.ui.note("The code is right: the app is set up");
            return Ok(());
        }
        cx.ui.note("That is not its code now");
    }
    cx.ui.warn(
        "the app shows other codes: its seed or the clock of the phone is wrong, and the authenticator counts already",
    );
    cx.ui
        .hint("look for it and remove it: methods list USER, methods remove USER METHOD");
    Ok(())
}

/// Whether a code is one of now, or of the step before or after.
fn is_right(uri: &Secret, code: &str, clock: &dyn Clock) -> bool {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let now = u64::try_from(clock.now().as_second()).unwrap_or_default();
    totp_rs::Totp::from_url(uri.expose()).is_ok_and(|totp| totp.check(&digits, now).is_some())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    struct At(i64);

    impl Clock for At {
        fn now(&self) -> Timestamp {
            Timestamp::from_second(self.0).unwrap()
        }
    }

    #[test]
    fn a_code_of_now_or_of_the_step_beside_is_right() {
        let link = "otpauth://totp/Staff:alice?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Staff";
        let uri = Secret::new(link);
        let code = totp_rs::Totp::from_url(link).unwrap().generate(1_800_000_000);
        let code = code.to_string();
        let spaced = format!("{} {}", &code[..3], &code[3..]);
        for (second, right) in [(0, true), (30, true), (-30, true), (120, false)] {
            let clock = At(1_800_000_000 + second);
            assert_eq!(is_right(&uri, &spaced, &clock), right, "{second}");
        }
        assert!(!is_right(&uri, "", &At(1_800_000_000)));
        assert!(!is_right(&Secret::new("otpauth:"), &code, &At(1_800_000_000)));
    }
}
