//! The pages that a browser sees: signing in for a client, and answering a device that waits. One form, no scripts,
//! nothing kept in the browser. Who signs in here is judged as by every other sign-in of this service.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Form as FormBody;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use rusqlite::Connection;
use url::Url;

use super::grants::{self, NewCode};
use super::scope::Scopes;
use super::{Form, Person, admit, field};
use crate::server::AppState;
use crate::server::clock;
use crate::server::error::ApiError;
use crate::server::evaluate::factor::Given;
use crate::server::evaluate::sign_in::{self, Attempt, Verdict};

/// What of a request goes through the form and back.
const CARRIED: [&str; 10] = [
    "client_id",
    "response_type",
    "redirect_uri",
    "response_mode",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "login_hint",
];

/// Factors that the page offers, with their words.
const FACTORS: [(&str, &str); 7] = [
    ("", "none"),
    ("totp", "code of the authenticator app"),
    ("sms", "code of a text message"),
    ("call", "code of a call"),
    ("approve", "number that the app approved"),
    ("pass", "temporary access pass"),
    ("email", "code of a mail"),
];

/// What somebody who signs in on the page turned out to be.
enum Judged {
    In(Person),
    Not(String),
}

/// `GET /{tenant}/oauth2/v2.0/authorize`
pub(crate) async fn authorize(
    State(state): State<Arc<AppState>>,
    Path(tenant): Path<String>,
    Query(query): Query<Form>,
) -> Response {
    match check(&state, &tenant, &query) {
        Err(response) => *response,
        Ok(uri) => {
            if field(&query, "prompt") == Some("none") {
                let why = "AADSTS50058: A silent sign-in request was sent but no user is signed in.";
                return back(
                    &uri,
                    &query,
                    &[("error", "login_required"), ("error_description", why)],
                );
            }
            form(&query, "Sign in", None)
        }
    }
}

/// `POST /{tenant}/oauth2/v2.0/authorize`
pub(crate) async fn signed(
    State(state): State<Arc<AppState>>,
    Path(tenant): Path<String>,
    FormBody(given): FormBody<Form>,
) -> Response {
    let uri = match check(&state, &tenant, &given) {
        Ok(uri) => uri,
        Err(response) => return *response,
    };
    if field(&given, "action") == Some("cancel") {
        let why = "AADSTS65004: User declined to consent to access the app.";
        return back(
            &uri,
            &given,
            &[("error", "access_denied"), ("error_description", why)],
        );
    }
    let kept = given.clone();
    let judged = state
        .store
        .write(move |connection| {
            let now = clock::now_ms(connection)?;
            let judged = judge(connection, &kept)?;
            Ok(match judged {
                Judged::Not(why) => Err(why),
                Judged::In(person) => Ok(grants::code(
                    connection,
                    &NewCode {
                        user_id: &person.id,
                        scopes: field(&kept, "scope").unwrap_or_default(),
                        redirect_uri: field(&kept, "redirect_uri").unwrap_or_default(),
                        challenge: field(&kept, "code_challenge").unwrap_or_default(),
                        nonce: field(&kept, "nonce"),
                    },
                    now,
                )?),
            })
        })
        .await;
    match judged {
        Ok(Ok(code)) => back(&uri, &given, &[("code", &code)]),
        Ok(Err(why)) => form(&given, "Sign in", Some(&why)),
        Err(error) => error.into_response(),
    }
}

/// `GET /{tenant}/oauth2/v2.0/deviceauth`
pub(crate) async fn device(Query(query): Query<Form>) -> Response {
    form(&device_fields(&query), "Sign in for a device", None)
}

/// `POST /{tenant}/oauth2/v2.0/deviceauth`
pub(crate) async fn device_answered(
    State(state): State<Arc<AppState>>,
    FormBody(given): FormBody<Form>,
) -> Response {
    let kept = given.clone();
    let answered = state
        .store
        .write(move |connection| {
            let now = clock::now_ms(connection)?;
            let user_code = field(&kept, "user_code").unwrap_or_default();
            if !grants::waits(connection, user_code, now)? {
                return Ok(Err("no device waits for this code".to_owned()));
            }
            if field(&kept, "action") == Some("cancel") {
                grants::answer(connection, user_code, None)?;
                return Ok(Ok("The device was told no. You may close this page."));
            }
            Ok(match judge(connection, &kept)? {
                Judged::Not(why) => Err(why),
                Judged::In(person) => {
                    grants::answer(connection, user_code, Some(&person.id))?;
                    Ok("The device is signed in. You may close this page.")
                }
            })
        })
        .await;
    match answered {
        Ok(Ok(said)) => page("Done", &format!("<p id=\"done\">{said}</p>")),
        Ok(Err(why)) => form(&device_fields(&given), "Sign in for a device", Some(&why)),
        Err(error) => error.into_response(),
    }
}

/// `GET /{tenant}/oauth2/v2.0/logout`: nothing is kept in the browser, so that there is nothing to end there; back to
/// where the client says, if that is on this machine.
pub(crate) async fn logout(Query(query): Query<Form>) -> Response {
    match field(&query, "post_logout_redirect_uri").and_then(registered) {
        Some(uri) => back(&uri, &query, &[]),
        None => page(
            "Signed out",
            "<p id=\"done\">You are signed out. You may close this page.</p>",
        ),
    }
}

/// An address that a browser may be sent to: on this machine, whatever the port (E:v2-oauth2-auth-code-flow, RFC 8252
/// section 7.3). The one of IPv6 is not taken, as the real service takes none.
fn registered(text: &str) -> Option<Url> {
    let uri = Url::parse(text).ok()?;
    let here = uri.scheme() == "http" && matches!(uri.host_str(), Some("localhost" | "127.0.0.1"));
    let plain = uri.username().is_empty() && uri.password().is_none() && uri.fragment().is_none();
    (here && plain).then_some(uri)
}

fn device_fields(given: &Form) -> Form {
    let code = given.get("user_code").cloned().unwrap_or_default();
    let mut fields = given.clone();
    fields.insert("user_code".to_owned(), code);
    fields
}

/// Where the answer goes, once everything that could send it elsewhere is checked.
///
/// # Errors
/// A page that says what is wrong: nothing is sent to an address that is not registered.
fn check(state: &AppState, tenant: &str, given: &Form) -> Result<Url, Box<Response>> {
    let wrong = |code: u32, why: &str| {
        let text = format!(
            "<p id=\"error\" role=\"alert\">AADSTS{code}: {}</p>",
            escaped(why)
        );
        let mut response = page("Sign-in is not possible", &text);
        *response.status_mut() = StatusCode::BAD_REQUEST;
        Box::new(response)
    };
    if admit(state, tenant, given).is_err() {
        return Err(wrong(700_016, "the application or the tenant is not known"));
    }
    let uri = field(given, "redirect_uri").and_then(registered).ok_or_else(|| {
        wrong(
            50011,
            "the redirect address of the request is not registered: http://localhost is",
        )
    })?;
    if field(given, "response_type") != Some("code") {
        return Err(wrong(700_051, "response_type must be code"));
    }
    if field(given, "response_mode").is_some_and(|mode| mode != "query") {
        return Err(wrong(70007, "response_mode must be query"));
    }
    let pkce =
        field(given, "code_challenge_method") == Some("S256") && field(given, "code_challenge").is_some();
    if !pkce {
        return Err(wrong(
            9_002_325,
            "Proof Key for Code Exchange with S256 is required",
        ));
    }
    let scopes = Scopes::read(state, field(given, "scope").unwrap_or_default());
    if scopes
        .and_then(|scopes| scopes.granted(state.graph_only))
        .is_err()
    {
        return Err(wrong(70011, "the scope is not valid"));
    }
    Ok(uri)
}

/// Signs somebody in as every sign-in is judged.
fn judge(connection: &Connection, given: &Form) -> Result<Judged, ApiError> {
    let username = field(given, "username").unwrap_or_default();
    let attempt = Attempt {
        user: username.to_owned(),
        password: field(given, "password").map(str::to_owned),
        factors: field(given, "factor")
            .map(|kind| Given {
                kind: kind.to_owned(),
                code: field(given, "code").unwrap_or_default().to_owned(),
            })
            .into_iter()
            .collect(),
        ..Attempt::default()
    };
    let answer = sign_in::evaluate(connection, &attempt)?;
    match answer.result {
        Verdict::SignedIn => match Person::find(connection, "upn", username.trim())? {
            Some(person) => Ok(Judged::In(person)),
            None => Ok(Judged::Not("sign in with your sign-in name".to_owned())),
        },
        Verdict::VerificationRequired => {
            let ways = answer.factors.join(", ");
            let asked = answer
                .reason
                .map(|reason| format!("{reason}; "))
                .unwrap_or_default();
            Ok(Judged::Not(format!(
                "{asked}verification is required: choose one of {ways}, and type the password again"
            )))
        }
        Verdict::RegistrationRequired | Verdict::Refused => {
            Ok(Judged::Not(answer.reason.unwrap_or_else(|| "refused".to_owned())))
        }
    }
}

/// Back to the client, with its state.
fn back(uri: &Url, given: &Form, values: &[(&str, &str)]) -> Response {
    let mut uri = uri.clone();
    {
        let mut query = uri.query_pairs_mut();
        for (name, value) in values {
            query.append_pair(name, value);
        }
        if let Some(state) = field(given, "state") {
            query.append_pair("state", state);
        }
    }
    // 303, so that the browser does not send the form on.
    Redirect::to(uri.as_str()).into_response()
}

fn form(given: &HashMap<String, String>, title: &str, wrong: Option<&str>) -> Response {
    let mut body = String::new();
    if let Some(wrong) = wrong {
        body.push_str(&format!("<p id=\"error\" role=\"alert\">{}</p>", escaped(wrong)));
    }
    body.push_str("<form method=\"post\">");
    for name in CARRIED {
        if let Some(value) = field(given, name) {
            body.push_str(&format!(
                "<input type=\"hidden\" name=\"{name}\" value=\"{}\">",
                escaped(value)
            ));
        }
    }
    if let Some(code) = given.get("user_code") {
        body.push_str(&format!(
            "<label>Code of the device <input name=\"user_code\" value=\"{}\" autocomplete=\"off\" required></label>",
            escaped(code)
        ));
    }
    let name = field(given, "username")
        .or_else(|| field(given, "login_hint"))
        .unwrap_or_default();
    let factors: String = FACTORS
        .iter()
        .map(|(factor, words)| {
            let chosen = if field(given, "factor").unwrap_or_default() == *factor {
                " selected"
            } else {
                ""
            };
            format!("<option value=\"{factor}\"{chosen}>{words}</option>")
        })
        .collect();
    body.push_str(&format!(
        "<label>Sign-in name <input name=\"username\" value=\"{}\" autocomplete=\"username\"></label>\
         <label>Password <input name=\"password\" type=\"password\" autocomplete=\"off\"></label>\
         <label>Second factor <select name=\"factor\">{factors}</select></label>\
         <label>Its code <input name=\"code\" autocomplete=\"one-time-code\"></label>\
         <button name=\"action\" value=\"sign-in\">Sign in</button> \
         <button name=\"action\" value=\"cancel\" formnovalidate>Cancel</button></form>",
        escaped(name)
    ));
    page(title, &body)
}

fn page(title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>body{{font:1rem/1.5 system-ui;margin:2rem auto;max-width:24rem;padding:0 1rem}}\
         label{{display:block;margin:.75rem 0}}input,select{{display:block;width:100%;font:inherit}}\
         [role=alert]{{border-left:.25rem solid;padding-left:.5rem}}:root{{color-scheme:light dark}}</style>\
         <h1>{title}</h1><p>The identity service inside mfactl: demo data.</p>{body}</html>"
    );
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        ),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, Html(html)).into_response()
}

fn escaped(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut out, c| {
            match c {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '"' => out.push_str("&quot;"),
                '\'' => out.push_str("&#39;"),
                c => out.push(c),
            }
            out
        })
}
