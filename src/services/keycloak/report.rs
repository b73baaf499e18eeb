//! The registration report: Keycloak has none, so people are listed page by page and their credentials read side by
//! side.

use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};

use super::KeycloakService;
use super::SIDE_BY_SIDE;
use crate::domain::{
    Clock as _, ErrorCode, Method, MethodKind, RegistrationRow, ReportQuery, Result, SystemClock, User,
};

impl KeycloakService {
    pub(super) fn registration_rows<'a>(
        &'a self,
        query: &'a ReportQuery,
    ) -> BoxStream<'a, Result<RegistrationRow>> {
        let all = "/users?briefRepresentation=true".to_owned();
        self.people(all, "/{realm}/users")
            .try_filter(|user| std::future::ready(query.include_disabled || user.enabled))
            .map(move |user| async move { self.row(user?, query).await })
            .buffered(SIDE_BY_SIDE)
            .try_filter_map(|row| std::future::ready(Ok(row)))
            .boxed()
    }

    /// The row of a person, where the query wants it. Who goes away meanwhile has none.
    async fn row(&self, user: User, query: &ReportQuery) -> Result<Option<RegistrationRow>> {
        let methods = match self.methods_of(&user.id).await {
            Err(error) if error.code() == ErrorCode::UserNotFound => return Ok(None),
            methods => methods?,
        };
        let mut row = row_of(user, &methods);
        if !row.has_methods_for(query) {
            return Ok(None);
        }
        let rights = match self.rights_of(&row.user.id).await {
            Err(error) if error.code() == ErrorCode::UserNotFound => return Ok(None),
            rights => rights?,
        };
        row.admin = rights.is_some_and(|rights| !rights.is_empty());
        Ok(Some(row).filter(|row| row.is_wanted_by(query)))
    }
}

fn row_of(user: User, methods: &[Method]) -> RegistrationRow {
    let signs_in = methods.iter().any(Method::signs_in);
    let mut kinds: Vec<MethodKind> = methods.iter().map(|method| method.kind).collect();
    kinds.sort();
    kinds.dedup();
    RegistrationRow {
        user,
        admin: false,
        mfa_registered: Some(signs_in),
        mfa_capable: Some(signs_in),
        passwordless_capable: Some(
            methods
                .iter()
                .any(|method| method.kind == MethodKind::Passkey && method.signs_in()),
        ),
        // It resets passwords by mail, which no list of methods tells.
        reset_registered: None,
        default_method: methods
            .iter()
            .find(|method| method.default == Some(true))
            .map(|method| method.kind),
        methods: kinds,
        grace_until: None,
        as_of: SystemClock.now(),
        source: "per_user",
    }
}
