//! The registration report. Hours old, and without the state of accounts: the disabled ones are read beside it. Where
//! the organization has none, people and their methods are read instead (`live`).

mod live;

use std::collections::HashSet;
use std::pin::Pin;

use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};
use serde_json::Value;

use super::EntraService;
use super::error::Family;
use super::graph::{V1, parse};
use super::wire::{WireRegistration, preferred_kinds, reported_kind};
use crate::domain::{
    Clock, Error, ErrorCode, MethodKind, RegistrationRow, ReportQuery, Result, SystemClock, User, UserId,
};
use crate::http::Request;

const PATH: &str = "/reports/authenticationMethods/userRegistrationDetails";

/// Whether the report is not there: no licence, or a cloud without it. Whoever lacks a permission is told so instead.
fn is_not_there(error: &Error) -> bool {
    matches!(error.code(), ErrorCode::Unsupported | ErrorCode::NotFound)
}

impl EntraService {
    pub(super) fn registration_rows<'a>(
        &'a self,
        query: &'a ReportQuery,
    ) -> BoxStream<'a, Result<RegistrationRow>> {
        stream::once(async move {
            let mut report = self.reported(query).peekable();
            match Pin::new(&mut report).peek().await {
                Some(Err(error)) if is_not_there(error) => self.live(query),
                _ => report.boxed(),
            }
        })
        .flatten()
        .boxed()
    }

    /// The rows of the service's own report.
    fn reported<'a>(&'a self, query: &'a ReportQuery) -> BoxStream<'a, Result<RegistrationRow>> {
        stream::once(self.disabled())
            .map_ok(move |disabled| {
                let rows = self
                    .graph
                    .items(Request::get(V1, format!("{PATH}?$top=999"), PATH), Family::Report);
                rows.and_then(async |item| parse::<WireRegistration>(item))
                    .try_filter_map(move |row| {
                        let enabled = !disabled.contains(&row.id);
                        std::future::ready(Ok(
                            Some(row_of(row, enabled)).filter(|row| row.is_wanted_by(query))
                        ))
                    })
            })
            .try_flatten()
            .boxed()
    }

    /// Ids of the disabled accounts: few, where all accounts would be many.
    async fn disabled(&self) -> Result<HashSet<String>> {
        let path = "/users?$filter=accountEnabled%20eq%20false&$select=id&$top=999";
        self.graph
            .items(Request::get(V1, path, "/users"), Family::Users)
            .try_filter_map(async |item| Ok(item.get("id").and_then(Value::as_str).map(str::to_owned)))
            .try_collect()
            .await
    }
}

fn row_of(row: WireRegistration, enabled: bool) -> RegistrationRow {
    let mut methods: Vec<MethodKind> = row
        .methods_registered
        .unwrap_or_default()
        .iter()
        .filter_map(|name| reported_kind(name))
        .collect();
    methods.sort();
    methods.dedup();
    let preferred = row
        .user_preferred_method_for_secondary_authentication
        .unwrap_or_default();
    let default_method = preferred_kinds(&preferred)
        .iter()
        .copied()
        .find(|kind| methods.contains(kind))
        .or_else(|| preferred_kinds(&preferred).first().copied());
    RegistrationRow {
        user: User {
            sign_in_name: row.user_principal_name.unwrap_or_else(|| row.id.clone()),
            id: UserId(row.id),
            display_name: row.user_display_name.filter(|name| !name.is_empty()),
            mail: None,
            enabled,
            guest: row
                .user_type
                .is_some_and(|kind| kind.eq_ignore_ascii_case("guest")),
            synced: None,
            last_sign_in_at: None,
        },
        admin: row.is_admin.unwrap_or(false),
        mfa_registered: row.is_mfa_registered,
        mfa_capable: row.is_mfa_capable,
        passwordless_capable: row.is_passwordless_capable,
        reset_registered: row.is_sspr_registered,
        default_method,
        methods,
        grace_until: None,
        as_of: row.last_updated_date_time.unwrap_or_else(|| SystemClock.now()),
        source: "report",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::Without;

    fn row(enabled: bool) -> RegistrationRow {
        let wire = json!({"id": "u", "userPrincipalName": "a@c.example", "userType": "member", "isAdmin": false,
            "isMfaRegistered": true, "isSsprRegistered": true,
            "userPreferredMethodForSecondaryAuthentication": "oath",
            "methodsRegistered": ["softwareOneTimePasscode", "mobilePhone", "password", "newThing"],
            "lastUpdatedDateTime": "2026-01-02T03:04:05Z"});
        row_of(serde_json::from_value(wire).unwrap(), enabled)
    }

    #[test]
    fn a_row_is_read_and_filtered() {
        let read = row(true);
        assert_eq!(
            read.methods,
            [MethodKind::Totp, MethodKind::PhoneMobile, MethodKind::Unknown]
        );
        assert_eq!(read.default_method, Some(MethodKind::Totp));
        let all = ReportQuery::default();
        assert!(read.is_wanted_by(&all));
        assert!(!row(false).is_wanted_by(&all));
        assert!(!read.is_wanted_by(&ReportQuery {
            without: Some(Without::Mfa),
            ..all.clone()
        }));
        assert!(read.is_wanted_by(&ReportQuery {
            without: Some(Without::Kinds(&[MethodKind::Passkey])),
            ..all.clone()
        }));
        let kinds = MethodKind::kinds("phone").unwrap();
        let with_phone = ReportQuery {
            method: Some(kinds),
            ..all.clone()
        };
        let without_phone = ReportQuery {
            without: Some(Without::Kinds(kinds)),
            ..all.clone()
        };
        let mut phoned = read.clone();
        phoned.methods = vec![MethodKind::PhoneOffice];
        assert!(phoned.is_wanted_by(&with_phone) && !phoned.is_wanted_by(&without_phone));
        phoned.methods = vec![MethodKind::Totp];
        assert!(!phoned.is_wanted_by(&with_phone) && phoned.is_wanted_by(&without_phone));
        assert!(!read.is_wanted_by(&ReportQuery { admins: true, ..all }));
    }
}
