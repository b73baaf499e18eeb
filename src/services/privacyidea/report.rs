//! The registration report: privacyIDEA has none, so the people of the realm and all its tokens are read, and joined.

use std::collections::HashMap;

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};

use super::PrivacyIdeaService;
use super::info::{methods, stays_registered};
use super::wire::WireToken;
use crate::domain::{
    Clock as _, Method, MethodKind, RegistrationRow, ReportQuery, Result, SystemClock, User, UserId,
};
use crate::http::encode_segment;

impl PrivacyIdeaService {
    pub(super) fn registration_rows<'a>(
        &'a self,
        query: &'a ReportQuery,
    ) -> BoxStream<'a, Result<RegistrationRow>> {
        stream::once(async move {
            match self.rows(query).await {
                Ok(rows) => stream::iter(rows.into_iter().map(Ok)).boxed(),
                Err(error) => stream::once(async move { Err(error) }).boxed(),
            }
        })
        .flatten()
        .boxed()
    }

    async fn rows(&self, query: &ReportQuery) -> Result<Vec<RegistrationRow>> {
        let realm = format!("realm={}", encode_segment(self.api.realm()));
        // One list of the whole realm takes a request for a thousand tokens; person by person it would be one each.
        let (people, tokens, admin, closed) = futures::try_join!(
            self.everybody(),
            self.tokens(&realm),
            self.is_of_admins(),
            self.closed()
        )?;
        if let (true, Some(somebody)) = (tokens.is_empty(), people.first()) {
            self.see_tokens(somebody).await?;
        }
        let mut of: HashMap<UserId, Vec<WireToken>> = HashMap::new();
        for token in tokens {
            if let Some(owner) = token.owner() {
                of.entry(owner).or_default().push(token);
            }
        }
        let rows = people.iter().map(|person| {
            let tokens = of.remove(&person.id()).unwrap_or_default();
            row_of(
                person.to_user(!closed.contains(&person.id())),
                &methods(tokens, person),
                admin,
            )
        });
        Ok(rows.filter(|row| row.is_wanted_by(query)).collect())
    }
}

fn row_of(user: User, methods: &[Method], admin: bool) -> RegistrationRow {
    let signs_in = stays_registered(methods);
    let mut kinds: Vec<MethodKind> = methods.iter().map(|method| method.kind).collect();
    kinds.sort();
    kinds.dedup();
    RegistrationRow {
        user,
        admin,
        mfa_registered: Some(signs_in),
        mfa_capable: Some(signs_in),
        passwordless_capable: Some(
            methods
                .iter()
                .any(|method| method.kind == MethodKind::Passkey && method.signs_in()),
        ),
        // It resets passwords where its web page does, which no list tells.
        reset_registered: None,
        default_method: None,
        methods: kinds,
        grace_until: None,
        as_of: SystemClock.now(),
        source: "per_user",
    }
}
