//! The service as an identity provider: what a client finds out by itself, tenants by their other names, claims
//! challenges, and the machine's own identity.

use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{BASE, Service};
use crate::server::Trusted;
use crate::server::faults::Faults;

impl Service {
    async fn open(&self, uri: &str) -> super::Answer {
        self.send(Request::get(uri).body(Body::empty()).unwrap()).await
    }

    async fn ask(&self, tenant: &str, form: &[(&str, &str)]) -> super::Answer {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let uri = format!("/{tenant}/oauth2/v2.0/token");
        self.send(Request::post(uri).body(Body::from(body)).unwrap())
            .await
    }

    /// A token of the application, with this `claims`.
    async fn token_with(&self, claims: Option<&str>) -> super::Answer {
        let mut form = self.client_credentials();
        form.extend(claims.map(|claims| ("claims", claims.to_owned())));
        self.grant(&form).await
    }
}

#[tokio::test]
async fn a_client_finds_every_address_by_tenant_domain_and_common() {
    let service = Service::demo().await;
    let tenant = service.state.tenant.clone();
    let found = async |name: &str| {
        let answer = service
            .open(&format!("/{name}/v2.0/.well-known/openid-configuration"))
            .await;
        (answer.status, answer.body)
    };
    let (status, own) = found(&tenant).await;
    assert_eq!(status, 200);
    assert_eq!(found("contoso.example").await.1, own);
    assert_eq!(own["issuer"], format!("{BASE}/{tenant}/v2.0"));
    let (_, common) = found("common").await;
    assert_eq!(common["issuer"], format!("{BASE}/{{tenantid}}/v2.0"));
    assert_eq!(
        common["token_endpoint"],
        format!("{BASE}/common/oauth2/v2.0/token")
    );
    assert_eq!(found("organizations").await.0, 200);
    assert_eq!(found("another.example").await.0, 400);
    // Each address that is named is there.
    for (name, missing) in [
        ("jwks_uri", None),
        ("authorization_endpoint", Some(400)),
        ("end_session_endpoint", None),
    ] {
        for document in [&own, &common] {
            let path = document[name]
                .as_str()
                .unwrap()
                .strip_prefix(BASE)
                .unwrap()
                .to_owned();
            assert_eq!(service.open(&path).await.status, missing.unwrap_or(200), "{path}");
        }
    }
    let posted = |name: &str| own[name].as_str().unwrap().strip_prefix(BASE).unwrap().to_owned();
    for (name, status) in [
        ("token_endpoint", 400),
        ("device_authorization_endpoint", 400),
        ("revocation_endpoint", 200),
    ] {
        let answer = service
            .send(Request::post(posted(name)).body(Body::empty()).unwrap())
            .await;
        assert_eq!(answer.status, status, "{name}");
    }
}

#[tokio::test]
async fn an_instance_is_only_known_as_itself() {
    let service = Service::demo().await;
    let ask = async |endpoint: &str| {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("api-version", "1.1")
            .append_pair("authorization_endpoint", endpoint)
            .finish();
        service.open(&format!("/common/discovery/instance?{query}")).await
    };
    let own = ask(&format!("{BASE}/common/oauth2/v2.0/authorize")).await;
    assert_eq!(own.status, 200);
    assert_eq!(
        own.body["tenant_discovery_endpoint"],
        format!("{BASE}/common/v2.0/.well-known/openid-configuration")
    );
    assert_eq!(own.body["metadata"][0]["aliases"], json!(["service.test"]));
    let other = ask("https://login.elsewhere.example/common/oauth2/v2.0/authorize").await;
    assert_eq!(
        (other.status, &other.body["error"]),
        (400, &json!("invalid_instance"))
    );
    assert_eq!(ask("nothing").await.status, 400);
}

#[tokio::test]
async fn people_sign_in_by_common_and_applications_name_their_tenant() {
    let service = Service::demo().await;
    let person = service.password_grant("chidi").await;
    let person: Vec<(&str, &str)> = person
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    for tenant in ["common", "organizations", "Common"] {
        let answer = service.ask(tenant, &person).await;
        assert_eq!(answer.status, 200, "{tenant}: {}", answer.body);
    }
    let application = service.client_credentials();
    let application: Vec<(&str, &str)> = application
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let answer = service.ask("common", &application).await;
    assert_eq!(
        (answer.status, &answer.body["error_codes"]),
        (400, &json!([50_059]))
    );
}

#[tokio::test]
async fn a_claims_challenge_is_answered_by_a_token_that_holds_what_it_asks_for() {
    let rules = "[[rule]]\nmethod = \"GET\"\npath = \"/users\"\nclaims_challenge = \"c1\"\n";
    let faults = Faults::parse(rules).unwrap();
    let service = Service::with(false, faults, Trusted::default()).await;
    let plain = service.call("GET", "/v1.0/users", Value::Null).await;
    assert_eq!(plain.code(), (401, "InvalidAuthenticationToken"));
    let header = plain.headers["www-authenticate"].to_str().unwrap();
    assert!(header.contains("error=\"insufficient_claims\""), "{header}");
    let (_, claims) = header.split_once("claims=\"").unwrap();
    let claims = STANDARD.decode(claims.trim_end_matches('"')).unwrap();
    let claims = String::from_utf8(claims).unwrap();
    assert_eq!(
        claims,
        r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#
    );
    // What the rule is not about, and a token that is none, are as ever.
    assert_eq!(service.call("GET", "/v1.0/groups", Value::Null).await.status, 200);
    let none = service.call_as("x", "GET", "/v1.0/users", Value::Null).await;
    assert!(
        none.headers["www-authenticate"]
            .to_str()
            .unwrap()
            .contains("invalid_token")
    );

    let answer = service.token_with(Some(&claims)).await;
    let token = answer.body["access_token"].as_str().unwrap();
    assert_eq!(
        service
            .call_as(token, "GET", "/v1.0/users", Value::Null)
            .await
            .status,
        200
    );
    let other = service.token_with(Some(&claims.replace("c1", "c2"))).await;
    let token = other.body["access_token"].as_str().unwrap();
    assert_eq!(
        service
            .call_as(token, "GET", "/v1.0/users", Value::Null)
            .await
            .status,
        401
    );
    let wrong = service.token_with(Some("c1")).await;
    assert_eq!(
        (wrong.status, &wrong.body["error"]),
        (400, &json!("invalid_request"))
    );

    // In a batch the item is refused, and the others are not.
    let batch = json!({"requests": [
        {"id": "1", "method": "GET", "url": "/users"}, {"id": "2", "method": "GET", "url": "/groups"},
    ]});
    let answer = service.call("POST", "/v1.0/$batch", batch).await;
    let of = |n: usize| answer.body["responses"][n]["status"].clone();
    assert_eq!((of(0), of(1)), (json!(401), json!(200)));
    assert!(
        answer.body["responses"][0]["headers"]["Www-Authenticate"]
            .as_str()
            .unwrap()
            .contains("insufficient_claims")
    );
}

#[tokio::test]
async fn app_service_gives_a_token_to_who_knows_its_header() {
    let service = Service::demo().await;
    let ask = async |header: &str| {
        let uri = format!("/msi/token?api-version=2019-08-01&resource={BASE}");
        let request = Request::get(uri).header("X-IDENTITY-HEADER", header);
        service.send(request.body(Body::empty()).unwrap()).await
    };
    assert_eq!(ask("wrong").await.status, 401);
    let answer = ask(service.state.client_secret.expose()).await;
    assert_eq!(answer.status, 200);
    let token = answer.body["access_token"].as_str().unwrap();
    assert_eq!(
        service
            .call_as(token, "GET", "/v1.0/users", Value::Null)
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn the_machines_identity_is_given_to_nobody_who_may_be_elsewhere() {
    let mut trusted = Trusted::default();
    let ask = async |trusted: Trusted, forwarded: bool| {
        let service = Service::trusting(trusted).await;
        let uri = format!("/metadata/identity/oauth2/token?api-version=2018-02-01&resource={BASE}");
        let mut request = Request::get(uri).header("Metadata", "true");
        if forwarded {
            request = request.header("X-Forwarded-For", "192.0.2.1");
        }
        service.send(request.body(Body::empty()).unwrap()).await.status
    };
    assert_eq!(ask(trusted.clone(), false).await, 200);
    assert_eq!(ask(trusted.clone(), true).await, 400);
    trusted.reachable = true;
    assert_eq!(ask(trusted, false).await, 404);
}
