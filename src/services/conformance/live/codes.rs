//! Codes as people come by them: shown by an authenticator, or in what was sent to them. Shared with `tests/live`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use totp_rs::{Builder, Secret};

/// Seconds that a code is shown.
pub(crate) const STEP: u64 = 30;

/// What an authenticator with this seed, in base 32, shows at a second. One that counts (RFC 4226, 5.3) shows the same at
/// as many steps as it has counted.
pub(crate) fn shown(seed: &str, second: u64) -> String {
    let seed = Secret::try_from_base32(seed).unwrap();
    let totp = Builder::new().with_secret(seed).build().unwrap();
    totp.generate(second).to_string()
}

/// The seed in the link that an authenticator is made with.
pub(crate) fn seed_in(link: &str) -> String {
    let rest = link.split("secret=").nth(1).unwrap();
    rest.split('&').next().unwrap().to_owned()
}

/// The code in a text, or in a mail, which comes in base 64.
pub(crate) fn code_in(message: &str) -> String {
    let text = if message.contains("Content-Transfer-Encoding: base64") {
        let body: String = message
            .rsplit("\n\n")
            .next()
            .unwrap()
            .split_whitespace()
            .collect();
        String::from_utf8(STANDARD.decode(body).unwrap()).unwrap()
    } else {
        message.to_owned()
    };
    let digits = |word: &&str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .find(digits)
        .unwrap_or_else(|| panic!("no code in {text:?}"))
        .to_owned()
}
