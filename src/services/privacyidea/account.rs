//! The account itself: its lock, wrong tries of its methods, and its password where the resolver can be written to.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::PrivacyIdeaService;
use super::api::{Answer, Call};
use super::error::Area;
use super::methods::{done, said_yes};
use super::rights::held;
use super::wire::{WireLock, WireLocks, WireToken, WireUser};
use crate::domain::{
    Effect, EffectState, Error, ErrorCode, MethodId, Minted, Notice, Result, Secret, Step, UserId,
};
use crate::http::{Class, Verb, encode_segment};
use crate::services::password::{Rules, generate};

/// Where the locks of all are.
const LOCKS: &str = "/conditionalaccess/lock/users";
/// Where the lock of one person is.
const LOCK: &str = "/conditionalaccess/lock/user";

impl PrivacyIdeaService {
    /// What keeps the person from signing in; `None`: nothing does.
    pub(super) async fn lock_of(&self, person: &WireUser) -> Result<Option<WireLock>> {
        let path = format!("{LOCK}?{}", self.api.query_plainly(person));
        let call = Call::get(path, LOCK, "user_lock_read", Area::People);
        self.api.read(&call).await
    }

    /// Everybody of the realm whom somebody locked for good; nobody, where the account may not see locks.
    pub(super) async fn closed(&self) -> Result<HashSet<UserId>> {
        let mut closed = HashSet::new();
        if held("user_lock_read", self.api.claims()) == Some(false) {
            return Ok(closed);
        }
        let mut page = 1;
        loop {
            let path = format!(
                "{LOCKS}?realms={}&states=permanent&causes=MANUAL&page={page}&page_size=1000",
                encode_segment(self.api.realm())
            );
            let call = Call::get(path, LOCKS, "user_lock_read", Area::People);
            let WireLocks { next, locked_users } = match self.api.read(&call).await {
                Err(error) if error.code() == ErrorCode::PermissionMissing => return Ok(closed),
                read => read?,
            };
            let empty = locked_users.is_empty();
            let by_hand = locked_users.iter().filter(|lock| lock.is_by_hand());
            closed.extend(by_hand.filter_map(WireLock::whose));
            match next {
                Some(next) if next > page && !empty => page = next,
                _ => return Ok(closed),
            }
        }
    }

    /// Whether nobody locked the account for good; who may not see locks takes it for open.
    pub(super) async fn is_open(&self, person: &WireUser) -> Result<bool> {
        if held("user_lock_read", self.api.claims()) == Some(false) {
            return Ok(true);
        }
        match self.lock_of(person).await {
            Ok(lock) => Ok(!lock.is_some_and(|lock| lock.is_by_hand())),
            Err(error) if error.code() == ErrorCode::PermissionMissing => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Ends the lock, whoever set it; wrong tries are another thing.
    pub(super) async fn release(&self, user: &UserId) -> Result<Effect> {
        let person = self.api.person(user).await?;
        let answer = self.end_lock(&person).await?;
        if said_yes(&answer.value) {
            return Ok(done(answer));
        }
        Ok(Effect::unchanged().detail("was not locked"))
    }

    async fn end_lock(&self, person: &WireUser) -> Result<Answer> {
        let path = format!("{LOCK}?{}", self.api.query_plainly(person));
        let call = Call::write(
            Verb::Delete,
            Class::Idempotent,
            path,
            LOCK,
            "user_lock_reset",
            Area::People,
        );
        self.api.send(&call).await
    }

    /// Ends the lock, and forgets the wrong tries of every method that they locked. What somebody locked by hand and for good is an
    /// account that was disabled, and stays so.
    pub(super) async fn unlock(&self, user: &UserId) -> Result<Effect> {
        let person = self.api.person(user).await?;
        let (locked, tokens) = futures::try_join!(self.lock_of(&person), self.tokens_of(&person))?;
        let mut effect = Effect::unchanged();
        let mut said = Vec::new();
        let by_hand = locked.as_ref().is_some_and(WireLock::is_by_hand);
        if by_hand {
            effect.remains.push(Notice {
                text: "still cannot sign in: the account is disabled, and user enable lets it in".to_owned(),
                url: None,
            });
        } else if locked.is_some_and(|lock| lock.holds()) {
            let answer = self.end_lock(&person).await?;
            if said_yes(&answer.value) {
                effect.state = EffectState::Done;
                said.push("the lock is ended".to_owned());
            }
            effect.request_ids.extend(answer.request_id);
        }
        let blocked: Vec<WireToken> = tokens.into_iter().filter(WireToken::is_blocked).collect();
        for token in &blocked {
            let call = self
                .change(
                    user,
                    &MethodId(token.serial.clone()),
                    "reset",
                    "/token/reset/{serial}",
                    "reset",
                    json!({}),
                )
                .await?;
            let answer = self.changed(&call).await?;
            effect.request_ids.extend(answer.request_ids);
            effect.state = EffectState::Done;
        }
        match blocked.len() {
            0 => {}
            1 => said.push("wrong tries of 1 method are forgotten".to_owned()),
            count => said.push(format!("wrong tries of {count} methods are forgotten")),
        }
        Ok(if said.is_empty() {
            effect.detail("was not locked")
        } else {
            effect.detail(said.join("; "))
        })
    }

    /// Keeps the person from signing in wherever privacyIDEA is asked.
    pub(super) async fn lock(&self, user: &UserId) -> Result<Effect> {
        let person = self.api.person(user).await?;
        let call = Call::write(
            Verb::Post,
            Class::Idempotent,
            LOCK.to_owned(),
            LOCK,
            "user_lock_set",
            Area::People,
        );
        let answer = self.api.send(&call.json(self.api.named_plainly(&person))).await?;
        let mut effect = done(answer).detail("locked until user enable");
        effect.remains.push(Notice {
            text: "is let in nowhere by privacyIDEA; the account itself is its directory's".to_owned(),
            url: None,
        });
        Ok(effect)
    }

    pub(super) async fn set_password(&self, step: &Step, permanent: bool) -> Result<Effect> {
        self.write_password(&step.user, step.new_password()?, permanent)
            .await
    }

    pub(super) async fn generate_password(&self, user: &UserId, permanent: bool) -> Result<Effect> {
        let password = generate(&Rules::default())?;
        let mut effect = self.write_password(user, &password, permanent).await?;
        effect.secret = Some(Minted::password(password));
        Ok(effect)
    }

    async fn write_password(&self, user: &UserId, password: &Secret, permanent: bool) -> Result<Effect> {
        let person = self.api.person(user).await?;
        if !person.editable {
            // It would end in a 500 (api/privacyidea 1).
            return Err(Error::new(
                ErrorCode::Unsupported,
                format!(
                    "cannot set a password: the resolver \"{}\" is read-only",
                    person.resolver
                ),
            )
            .hint("set it in the directory behind it"));
        }
        let call = Call::write(
            Verb::Put,
            Class::Idempotent,
            "/user/".to_owned(),
            "/user/",
            "updateuser",
            Area::People,
        );
        let body = json!({
            "user": person.username,
            "realm": self.api.realm(),
            "resolver": person.resolver,
            "userid": person.uid(),
            "password": password.expose(),
        });
        let answer = self.api.send(&call.json(body)).await?;
        if answer.value != Value::Bool(true) {
            return Err(Error::new(
                ErrorCode::UserNotFound,
                "the service changed nothing: there is no such person in the resolver",
            ));
        }
        let mut effect = done(answer);
        if !permanent {
            effect.remains.push(Notice {
                text: "keeps this password: privacyIDEA cannot ask for another at next sign-in".to_owned(),
                url: None,
            });
        }
        Ok(effect)
    }
}
