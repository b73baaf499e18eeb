//! What a service asks for besides when it refuses a token: the claims challenge of a 401 (E:claims-challenge).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::http::client::WireAnswer;

/// The claims that an answer asks for, as JSON; `None`: it asks for none.
pub(super) fn claims(answer: &WireAnswer) -> Option<String> {
    answer
        .headers
        .iter()
        .filter(|(name, value)| name == "www-authenticate" && value.contains("insufficient_claims"))
        .find_map(|(_, value)| {
            let (_, rest) = value.split_once("claims=\"")?;
            let (encoded, _) = rest.split_once('"')?;
            let plain = encoded.trim_end_matches('=').replace('+', "-").replace('/', "_");
            let text = String::from_utf8(URL_SAFE_NO_PAD.decode(plain).ok()?).ok()?;
            serde_json::from_str::<serde_json::Value>(&text)
                .ok()?
                .is_object()
                .then_some(text)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &str) -> Option<String> {
        claims(&WireAnswer {
            status: 401,
            headers: vec![
                ("www-authenticate".to_owned(), "Basic realm=\"\"".to_owned()),
                ("www-authenticate".to_owned(), value.to_owned()),
            ],
            body: Vec::new(),
        })
    }

    #[test]
    fn claims_are_read_out_of_the_challenge_and_nothing_else() {
        let asked = r#"{"access_token":{"nbf":{"essential":true,"value":"1"}}}"#;
        let encoded = base64::engine::general_purpose::STANDARD.encode(asked);
        let header = format!("Bearer realm=\"\", error=\"insufficient_claims\", claims=\"{encoded}\"");
        assert_eq!(of(&header).as_deref(), Some(asked));
        assert_eq!(of("Bearer error=\"invalid_token\""), None);
        assert_eq!(of("Bearer error=\"insufficient_claims\", claims=\"!\""), None);
        assert_eq!(of("Bearer error=\"insufficient_claims\", claims=\"W10=\""), None);
    }
}
