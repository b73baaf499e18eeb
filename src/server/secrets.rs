//! Secrets of the service: those that derive from the seed of the file, those that are made new, and how both are
//! kept and checked. What a person chooses is kept as argon2id; what a machine made, as SHA-256.
//!
//! No secret leaves this module in a log or in a Debug.

use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::error::ApiError;
use super::evaluate::refusal;

/// No letters and digits that are read for one another, so that a secret can be spelled over a telephone.
const CLEAR: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";
const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const DIGITS: &[u8] = b"0123456789";
const PASSWORD_LEN: usize = 16;

/// What every secret of the demo directory derives from: HMAC-SHA-256 over user, kind and number.
pub(crate) struct Seed([u8; 32]);

impl Seed {
    /// Reads the seed of this file; fails when the file has none.
    pub(crate) fn load(conn: &Connection) -> rusqlite::Result<Self> {
        let bytes: Vec<u8> =
            conn.query_row("SELECT value FROM meta WHERE key = 'seed'", [], |row| row.get(0))?;
        let seed = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Blob, error.into())
        })?;
        Ok(Self(seed))
    }

    /// A person's password as the demo directory has it.
    pub(crate) fn password(&self, user_id: &str) -> String {
        strong(|n| self.spell(user_id, "password", n, CLEAR, PASSWORD_LEN))
    }

    /// The seed of a person's n-th authenticator.
    pub(crate) fn totp_secret(&self, user_id: &str, n: i64) -> [u8; 20] {
        let mut secret = [0; 20];
        secret.copy_from_slice(&self.derive(user_id, "totp", n, 0)[..20]);
        secret
    }

    /// The token of a person's n-th remembered device.
    pub(crate) fn remembered_token(&self, user_id: &str, n: i64) -> String {
        URL_SAFE_NO_PAD.encode(self.derive(user_id, "remembered", n, 0))
    }

    /// A person's n-th app password: 16 lower-case letters.
    pub(crate) fn app_password(&self, user_id: &str, n: i64) -> String {
        self.spell(user_id, "app-password", n, LOWER, 16)
    }

    /// A person's n-th answer to a security question.
    pub(crate) fn answer(&self, user_id: &str, n: i64) -> String {
        self.spell(user_id, "answer", n, LOWER, 8)
    }

    /// The secret of the one application that may ask for tokens by itself.
    pub(crate) fn client_secret(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.derive("", "client", 0, 0))
    }

    /// A keyed digest of a code that is out, bound to whose it is and how it went.
    pub(crate) fn code_hash(&self, parts: [&str; 6]) -> [u8; 32] {
        self.mac(&parts)
    }

    fn spell(&self, user_id: &str, kind: &str, n: i64, alphabet: &[u8], len: usize) -> String {
        let blocks = (0_i64..).flat_map(|block| self.derive(user_id, kind, n, block));
        spell(blocks, alphabet, len)
    }

    fn derive(&self, user_id: &str, kind: &str, n: i64, block: i64) -> [u8; 32] {
        self.mac(&[user_id, kind, &n.to_string(), &block.to_string()])
    }

    fn mac(&self, parts: &[&str]) -> [u8; 32] {
        // A key of 32 bytes is always taken; the error type is there for other MACs.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            return [0; 32];
        };
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }
}

/// SHA-256 of some bytes.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Whether two secrets are the same, in a time that does not tell where they differ.
pub(crate) fn same(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

/// A password for a person who forgot theirs: 16 characters, upper and lower case and digits, easy to read aloud.
pub(crate) fn generate_password() -> Result<String, ApiError> {
    strong_random(PASSWORD_LEN)
}

/// A temporary access pass of so many characters.
pub(crate) fn generate_pass(len: usize) -> Result<String, ApiError> {
    random_text(CLEAR, len)
}

/// A new app password: 16 lower-case letters.
pub(crate) fn generate_app_password() -> Result<String, ApiError> {
    random_text(LOWER, 16)
}

/// A token of a session or of a remembered device: 32 random bytes.
pub(crate) fn generate_token() -> Result<String, ApiError> {
    Ok(URL_SAFE_NO_PAD.encode(random::<32>()?))
}

/// The seed of a new authenticator.
pub(crate) fn generate_totp_secret() -> Result<[u8; 20], ApiError> {
    random::<20>()
}

/// A code of so many digits.
pub(crate) fn generate_digits(len: usize) -> Result<String, ApiError> {
    random_text(DIGITS, len)
}

/// Whether this is the person's password. A seeded one is hashed and kept at its first use, so that from then on
/// everybody's is checked in the same way. False for a person who is not there.
pub(crate) fn verify_password(conn: &Connection, user_id: &str, password: &str) -> Result<bool, ApiError> {
    let row: Option<(Option<String>, bool)> = conn
        .query_row(
            "SELECT password_hash, password_seeded FROM users WHERE id = ?1",
            [user_id],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    match row {
        Some((Some(hash), _)) => Ok(verify_slowly(password, &hash)),
        Some((None, true)) => {
            let hash = hash_slowly(password)?;
            let right = same(
                Seed::load(conn)?.password(user_id).as_bytes(),
                password.as_bytes(),
            );
            if right {
                conn.execute(
                    "UPDATE users SET password_hash = ?2 WHERE id = ?1",
                    params![user_id, hash],
                )?;
            }
            Ok(right)
        }
        // As slow as for somebody who is there, so that the time does not tell.
        Some((None, false)) | None => {
            hash_slowly(password)?;
            Ok(false)
        }
    }
}

/// Gives a person another password and ends what the old one opened: sessions, failed tries, a lockout.
pub(crate) fn set_password(
    conn: &Connection,
    user_id: &str,
    password: &str,
    must_change: bool,
) -> Result<(), ApiError> {
    let hash = hash_slowly(password)?;
    conn.execute(
        "UPDATE users SET password_hash = ?2, password_seeded = 0, must_change_password = ?3, failed = 0,
         locked_until = NULL WHERE id = ?1",
        params![user_id, hash, must_change],
    )?;
    conn.execute("DELETE FROM sessions WHERE user_id = ?1", [user_id])?;
    Ok(())
}

/// argon2id of what a person chose, as a PHC string.
pub(crate) fn hash_slowly(text: &str) -> Result<String, ApiError> {
    let hash = Argon2::default()
        .hash_password(text.as_bytes())
        .map_err(|error| refusal::internal(&error))?;
    Ok(hash.to_string())
}

/// Whether a text is what a PHC string was made of.
pub(crate) fn verify_slowly(text: &str, hash: &str) -> bool {
    Argon2::default().verify_password(text.as_bytes(), hash).is_ok()
}

fn random<const N: usize>() -> Result<[u8; N], ApiError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| refusal::internal(&error))?;
    Ok(bytes)
}

fn random_text(alphabet: &[u8], len: usize) -> Result<String, ApiError> {
    let mut text = String::with_capacity(len);
    while text.len() < len {
        text.push_str(&spell(random::<64>()?, alphabet, len - text.len()));
    }
    Ok(text)
}

fn strong_random(len: usize) -> Result<String, ApiError> {
    loop {
        let text = random_text(CLEAR, len)?;
        if is_strong(&text) {
            return Ok(text);
        }
    }
}

fn strong(candidate: impl Fn(i64) -> String) -> String {
    let mut n = 0;
    loop {
        let text = candidate(n);
        if is_strong(&text) {
            return text;
        }
        n += 1;
    }
}

fn is_strong(text: &str) -> bool {
    let has = |class: fn(&u8) -> bool| text.bytes().any(|byte| class(&byte));
    has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_digit)
}

/// Letters picked by bytes; bytes past the last whole multiple are dropped, so that every letter is as likely.
fn spell(bytes: impl IntoIterator<Item = u8>, alphabet: &[u8], len: usize) -> String {
    let fair = 256 - 256 % alphabet.len();
    bytes
        .into_iter()
        .map(usize::from)
        .filter(|byte| *byte < fair)
        .map(|byte| char::from(alphabet[byte % alphabet.len()]))
        .take(len)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::evaluate::fixture;

    #[test]
    fn the_same_seed_gives_the_same_secrets_and_each_person_others() {
        let seed = Seed([7; 32]);
        assert_eq!(seed.password("a"), Seed([7; 32]).password("a"));
        assert_ne!(seed.password("a"), seed.password("b"));
        assert_ne!(seed.password("a"), Seed([8; 32]).password("a"));
        assert_ne!(seed.totp_secret("a", 1), seed.totp_secret("a", 2));
        assert_ne!(seed.remembered_token("a", 1), seed.remembered_token("a", 2));
        let app = seed.app_password("a", 1);
        assert!(
            app.len() == 16 && app.bytes().all(|byte| byte.is_ascii_lowercase()),
            "{app}"
        );
        assert!(is_strong(&seed.password("a")));
    }

    #[test]
    fn a_seeded_password_is_hashed_at_its_first_use_and_not_before() {
        let conn = fixture::directory();
        let user = fixture::person(&conn, "adele");
        let password = Seed::load(&conn).unwrap().password(&user);
        let hash = || -> Option<String> {
            conn.query_row("SELECT password_hash FROM users WHERE id = ?1", [&user], |row| {
                row.get(0)
            })
            .unwrap()
        };
        assert!(!verify_password(&conn, &user, "wrong").unwrap());
        assert_eq!(hash(), None);
        assert!(verify_password(&conn, &user, &password).unwrap());
        assert!(hash().unwrap().starts_with("$argon2id$"));
        assert!(verify_password(&conn, &user, &password).unwrap());
        assert!(!verify_password(&conn, &user, "wrong").unwrap());
    }

    #[test]
    fn another_password_ends_the_seeded_one() {
        let conn = fixture::directory();
        let user = fixture::person(&conn, "adele");
        let seeded = Seed::load(&conn).unwrap().password(&user);
        set_password(&conn, &user, "Correct-Horse-9", true).unwrap();
        assert!(!verify_password(&conn, &user, &seeded).unwrap());
        assert!(verify_password(&conn, &user, "Correct-Horse-9").unwrap());
        assert!(!verify_password(&conn, "nobody", "Correct-Horse-9").unwrap());
    }

    #[test]
    fn made_secrets_have_the_length_asked_for_and_differ() {
        assert_ne!(generate_password().unwrap(), generate_password().unwrap());
        assert_eq!(generate_pass(48).unwrap().len(), 48);
        assert_eq!(generate_digits(6).unwrap().len(), 6);
        assert!(is_strong(&generate_password().unwrap()));
    }

    #[test]
    fn every_letter_of_an_alphabet_is_as_likely() {
        let text = spell(0..=255_u8, DIGITS, 256);
        assert_eq!(text.len(), 250);
        assert!((b'0'..=b'9').all(|digit| text.bytes().filter(|byte| *byte == digit).count() == 25));
    }
}
