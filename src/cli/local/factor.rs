//! `KIND:CODE`: a second factor on the command line. Demo data, so that codes may stand there.

use crate::services::local::Factor;

/// Kinds of factor, as the service takes them.
const KINDS: &[&str] = &["totp", "sms", "call", "email", "approve", "pass"];

/// A call to one phone, where a person has several.
const CALLS: &[&str] = &["call-mobile", "call-alternate", "call-office"];

/// Reads `KIND:CODE`; an empty CODE sends one to the outbox.
pub(super) fn factor(text: &str) -> Result<Factor, String> {
    let (kind, code) = text.split_once(':').ok_or_else(|| {
        format!(
            "write KIND:CODE, such as totp:123456; KIND is {}",
            KINDS.join(", ")
        )
    })?;
    if !KINDS.contains(&kind) && !CALLS.contains(&kind) {
        return Err(format!(
            "KIND is one of {}; call-alternate rings one phone",
            KINDS.join(", ")
        ));
    }
    Ok(Factor {
        kind: kind.to_owned(),
        code: code.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_is_a_kind_and_a_code() {
        let read = factor("sms:").unwrap();
        assert_eq!((read.kind.as_str(), read.code.as_str()), ("sms", ""));
        assert_eq!(factor("pass:a:b").unwrap().code, "a:b");
        assert_eq!(factor("call-office:1#").unwrap().kind, "call-office");
        assert!(factor("123456").is_err());
        assert!(factor("smoke:1").is_err());
    }
}
