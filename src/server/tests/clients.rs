//! What other people's clients send beside the calls themselves: headers, keys in brackets, options with a slip of the pen.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};

use super::Service;
use crate::server::webauthn::authenticator::{AAGUID, Answers, register};

/// A write with this type of body, or none.
async fn typed(service: &Service, content_type: Option<&str>, body: &'static str) -> super::Answer {
    let request = Request::post("/v1.0/users/bas@contoso.example/authentication/phoneMethods")
        .header(header::AUTHORIZATION, format!("Bearer {}", service.app));
    let request = match content_type {
        Some(content_type) => request.header(header::CONTENT_TYPE, content_type),
        None => request,
    };
    service.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn a_body_is_taken_only_where_it_is_said_to_be_json() {
    let service = Service::demo().await;
    let office = r#"{"phoneNumber": "+1 5555551234", "phoneType": "office"}"#;
    for (content_type, message) in [
        (
            None,
            "Write requests (excluding DELETE) must contain the Content-Type header declaration.",
        ),
        (
            Some("application/x-www-form-urlencoded"),
            "Entity only allows writes with a JSON Content-Type header.",
        ),
        (
            Some("text/plain"),
            "Entity only allows writes with a JSON Content-Type header.",
        ),
    ] {
        let answer = typed(&service, content_type, office).await;
        assert_eq!(answer.code(), (400, "BadRequest"), "{content_type:?}");
        assert_eq!(answer.body["error"]["message"], message);
    }
    let answer = typed(&service, Some("Application/JSON; charset=utf-8"), office).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    // Without a body there is no type to be said.
    let bare = service
        .call(
            "POST",
            "/v1.0/users/bas@contoso.example/revokeSignInSessions",
            Value::Null,
        )
        .await;
    assert_eq!(bare.status, 200, "{}", bare.body);
}

#[tokio::test]
async fn answers_say_their_type_as_graph_says_it() {
    let service = Service::demo().await;
    let answer = service.get("/v1.0/users?$top=1").await;
    assert_eq!(
        answer.headers[header::CONTENT_TYPE],
        "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
    );
    assert_eq!(answer.headers["odata-version"], "4.0");
}

#[tokio::test]
async fn keys_by_name_mean_one_thing_and_others_never_the_whole_collection() {
    let service = Service::demo().await;
    let adele = service.get("/v1.0/users/adele@contoso.example").await.body["id"].clone();
    for key in [
        "users('adele@contoso.example')".to_owned(),
        "users(userPrincipalName='adele@contoso.example')".to_owned(),
        format!("users(id='{}')", adele.as_str().unwrap()),
    ] {
        let answer = service.get(&format!("/v1.0/{key}?$select=id")).await;
        assert_eq!(answer.body["id"], adele, "{key}: {}", answer.body);
        let path = format!("/v1.0/{key}/authentication/emailMethods");
        assert_eq!(
            service.get(&path).await.all("emailAddress"),
            ["adele@home.example"]
        );
    }
    for key in ["users(mail='adele@contoso.example')", "users(x)", "users()"] {
        let answer = service.get(&format!("/v1.0/{key}")).await;
        assert_eq!(answer.code(), (400, "BadRequest"), "{key}: {}", answer.body);
    }
}

#[tokio::test]
async fn an_option_that_there_is_not_is_refused_where_it_would_change_who_is_meant() {
    let service = Service::demo().await;
    for path in [
        "users?$fliter=accountEnabled%20eq%20false",
        "groups?$selct=id",
        "reports/authenticationMethods/userRegistrationDetails?$fliter=isAdmin%20eq%20true",
    ] {
        let answer = service.get(&format!("/v1.0/{path}")).await;
        assert_eq!(answer.code(), (400, "Request_BadRequest"), "{path}");
        let message = answer.body["error"]["message"].as_str().unwrap();
        assert!(
            message.starts_with("Unrecognized query argument specified: '$"),
            "{message}"
        );
    }
    for path in ["users?$Top=1", "users?top=1&$format=json", "users?own=1&$top=1"] {
        let answer = service.get(&format!("/v1.0/{path}")).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_body_that_names_its_type_names_that_of_the_collection() {
    let service = Service::demo().await;
    let mobile = "phoneMethods/3179e48a-750b-4051-897c-87b9720928f7";
    for (ty, status) in [
        ("#microsoft.graph.phoneAuthenticationMethod", 204),
        ("microsoft.graph.phoneAuthenticationMethod", 204),
        ("#microsoft.graph.emailAuthenticationMethod", 400),
    ] {
        let body = json!({"@odata.type": ty, "phoneNumber": "+1 4255550142"});
        let answer = service.own("adele", "PATCH", mobile, body).await;
        assert_eq!(answer.status, status, "{ty}: {}", answer.body);
    }
}

#[tokio::test]
async fn which_models_of_passkeys_are_taken_can_be_set_and_holds() {
    let service = Service::demo().await;
    let policy = "/v1.0/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/Fido2";
    let restrict = async |restrictions: Value| {
        let body = json!({"@odata.type": "#microsoft.graph.fido2AuthenticationMethodConfiguration",
            "keyRestrictions": restrictions});
        service.call("PATCH", policy, body).await.status
    };
    let add = async || {
        let options = service
            .own("gita", "GET", "fido2Methods/creationOptions", Value::Null)
            .await;
        let credential = register(&options.body, &Answers::default());
        let body = json!({"displayName": "Key", "publicKeyCredential": credential});
        service.own("gita", "POST", "fido2Methods", body).await
    };
    let own = uuid::Uuid::from_bytes(AAGUID).to_string();
    let other = "cb69481e-8ff7-4039-93ec-0a2729a154a8";
    for (kind, model, status) in [
        ("allow", other, 400),
        ("allow", own.as_str(), 201),
        ("block", own.as_str(), 400),
        ("block", other, 201),
    ] {
        let restrictions = json!({"isEnforced": true, "enforcementType": kind, "aaGuids": [model]});
        assert_eq!(restrict(restrictions.clone()).await, 204);
        assert_eq!(service.get(policy).await.body["keyRestrictions"], restrictions);
        let answer = add().await;
        assert_eq!(answer.status, status, "{kind} {model}: {}", answer.body);
    }
    for wrong in [
        json!({"isEnforced": true, "enforcementType": "forbid", "aaGuids": []}),
        json!({"isEnforced": true, "enforcementType": "allow", "aaGuids": ["a key"]}),
    ] {
        assert_eq!(restrict(wrong.clone()).await, 400, "{wrong}");
    }
}
