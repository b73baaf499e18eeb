//! Sign-in and recovery evaluation on the wire. A refusal is an answer: 200.

use axum::Json;
use serde::Deserialize;
use serde_json::{Value, json};

use super::question::Given as GivenAnswer;
use super::{Body, Ext};
use crate::server::error::ApiError;
use crate::server::evaluate::factor::Given;
use crate::server::evaluate::{recover as recovery, sign_in as evaluation};

#[derive(Deserialize)]
pub(super) struct Factor {
    kind: String,
    #[serde(default)]
    code: String,
}

impl From<Factor> for Given {
    fn from(Factor { kind, code }: Factor) -> Self {
        Self { kind, code }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SignIn {
    user: String,
    password: Option<String>,
    app_password: Option<String>,
    device_token: Option<String>,
    session_token: Option<String>,
    #[serde(default)]
    factors: Vec<Factor>,
    #[serde(default)]
    remember: bool,
}

#[derive(Deserialize)]
pub(super) struct Recover {
    user: String,
    #[serde(default)]
    factors: Vec<Factor>,
    #[serde(default)]
    answers: Vec<GivenAnswer>,
}

pub(super) async fn sign_in(ext: Ext, Body(given): Body<SignIn>) -> Result<Json<Value>, ApiError> {
    let SignIn {
        user,
        password,
        app_password,
        device_token,
        session_token,
        factors,
        remember,
    } = given;
    let attempt = evaluation::Attempt {
        user,
        password,
        app_password,
        device_token,
        session_token,
        factors: factors.into_iter().map(Given::from).collect(),
        remember,
    };
    let answer = ext
        .0
        .store
        .write(move |tx| evaluation::evaluate(tx, &attempt))
        .await?;
    Ok(Json(json!({
        "result": answer.result.as_str(),
        "reason": answer.reason,
        "factors": answer.factors,
        "graceDaysLeft": answer.grace_days_left,
        "deviceToken": answer.device_token,
        "sessionToken": answer.session_token,
    })))
}

pub(super) async fn recover(ext: Ext, Body(given): Body<Recover>) -> Result<Json<Value>, ApiError> {
    let Recover {
        user,
        factors,
        answers,
    } = given;
    let attempt = recovery::Attempt {
        user,
        factors: factors.into_iter().map(Given::from).collect(),
        answers: answers.into_iter().map(Into::into).collect(),
    };
    let answer = ext
        .0
        .store
        .write(move |tx| recovery::evaluate(tx, &attempt))
        .await?;
    Ok(Json(json!({
        "result": answer.result.as_str(),
        "reason": answer.reason,
        "factors": answer.factors,
        "newPassword": answer.new_password,
    })))
}
