//! A token that somebody hands over: from a variable or standard input. It cannot be renewed.

use async_trait::async_trait;

use super::claims::TokenClaims;
use super::flow::{Fetched, Flow, Need, unanswered};
use crate::domain::{Clock as _, Error, ErrorCode, Result, Secret, SystemClock};

/// The token.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) token: Secret,
    /// The variable that it came in.
    pub(super) variable: &'static str,
}

#[async_trait]
impl Flow for Given {
    async fn fetch(&self, need: Need<'_>) -> Result<Fetched> {
        if need.claims.is_some() {
            return Err(unanswered("a token that was given").hint(format!(
                "sign in another way, such as auth = \"browser\", or give a new token in {}",
                self.variable
            )));
        }
        let left = TokenClaims::read(&self.token)
            .ends_at
            .map_or(i64::MAX, |ends| ends.as_second() - SystemClock.now().as_second());
        if left <= 0 {
            return Err(Error::new(
                ErrorCode::NotSignedIn,
                "not signed in: the token that was given has expired",
            )
            .hint(format!("give a new one in {}", self.variable)));
        }
        // It is used to its very end, because no other comes.
        let left = u64::try_from(left)
            .unwrap_or(u64::MAX)
            .saturating_add(super::source::EARLY.as_secs());
        let lifetime = std::time::Duration::from_secs(left.min(u64::from(u32::MAX)));
        Ok(Fetched::alone(self.token.clone(), lifetime))
    }

    fn renews(&self) -> bool {
        false
    }
}
