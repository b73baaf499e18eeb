//! Whether a token is for this tenant and this service: one that is not is never sent anywhere. Tokens that cannot be
//! read are the service's to judge.

use url::Url;

use super::claims::TokenClaims;
use crate::domain::{Error, ErrorCode, Result, is_loopback};

/// Microsoft Graph's own id, by which its tokens may name it (E:access-tokens).
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";

/// The tenant and the service that tokens must be for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Addressee {
    tenant: String,
    audience: String,
}

impl Addressee {
    /// As a profile names them.
    pub(crate) fn new(tenant: &str, audience: &str) -> Self {
        Self {
            tenant: tenant.to_owned(),
            audience: audience.to_owned(),
        }
    }

    /// Refuses a token for somebody else.
    ///
    /// # Errors
    /// `token_rejected`.
    pub(crate) fn check(&self, claims: &TokenClaims) -> Result<()> {
        if let Some(actual) = &claims.tenant
            && is_guid(&self.tenant)
            && is_guid(actual)
            && !actual.eq_ignore_ascii_case(&self.tenant)
        {
            return Err(Error::new(
                ErrorCode::TokenRejected,
                format!("the token is of another tenant, {actual}"),
            )
            .hint("check tenant and authority in the profile; nothing was sent"));
        }
        let audiences = &claims.audiences;
        if !audiences.is_empty() && !audiences.iter().any(|audience| self.is(audience)) {
            return Err(Error::new(
                ErrorCode::TokenRejected,
                format!("the token is for another service, {}", audiences.join(", ")),
            )
            .hint("ask for one for the url of the profile; nothing was sent"));
        }
        Ok(())
    }

    fn is(&self, audience: &str) -> bool {
        let same = |a: &str, b: &str| {
            a.trim_end_matches('/')
                .eq_ignore_ascii_case(b.trim_end_matches('/'))
        };
        if audience == GRAPH || same(audience, &self.audience) {
            return true;
        }
        match (Url::parse(audience), Url::parse(&self.audience)) {
            // The embedded service has several names on its machine, and a container gives it another port.
            (Ok(one), Ok(other)) => is_loopback(&one) && is_loopback(&other),
            _ => false,
        }
    }
}

fn is_guid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: &str = "11111111-1111-4111-8111-111111111111";
    const OTHER: &str = "22222222-2222-4222-8222-222222222222";

    fn check(tenant: Option<&str>, audiences: &[&str]) -> String {
        let claims = TokenClaims {
            tenant: tenant.map(str::to_owned),
            audiences: audiences.iter().map(|one| (*one).to_owned()).collect(),
            ..TokenClaims::default()
        };
        match Addressee::new(TENANT, "https://graph.microsoft.com/").check(&claims) {
            Ok(()) => "ok".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_token_for_another_tenant_or_service_is_refused() {
        for good in [
            check(None, &[]),
            check(Some(TENANT), &["https://graph.microsoft.com"]),
            check(Some(&TENANT.to_uppercase()), &[GRAPH]),
            check(Some("contoso.onmicrosoft.com"), &["https://graph.microsoft.com/"]),
            check(Some(TENANT), &["other", "https://graph.microsoft.com"]),
        ] {
            assert_eq!(good, "ok");
        }
        assert!(check(Some(OTHER), &[]).starts_with("the token is of another tenant"));
        for audience in [
            "https://management.azure.com/",
            "https://graph.microsoft.com.evil.example",
            "http://graph.microsoft.com",
            "api://something",
            OTHER,
            "",
        ] {
            let said = check(Some(TENANT), &[audience]);
            assert!(
                said.starts_with("the token is for another service"),
                "{audience}: {said}"
            );
        }
    }

    #[test]
    fn the_embedded_service_goes_by_any_name_of_its_machine() {
        let here = Addressee::new("t", "http://localhost:8080/");
        assert!(here.is("http://127.0.0.1:8080"));
        assert!(!here.is("https://graph.microsoft.com"));
    }
}
