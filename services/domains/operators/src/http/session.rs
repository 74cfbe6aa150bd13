//! `/session` and `/sessions`: signing in and out, and one's own sessions.

use actix_web::http::header::USER_AGENT;
use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use gateway::{ApiResult, Office, PathId, Problems, ValidJson};
use kernel::id::SessionId;

use super::dto::accounts::{ChangePassword, MeView, SessionList, SessionView, SignIn};
use crate::cookie;
use crate::door::Operator;
use crate::model::{Device, SESSION};
use crate::roles::{InPerson, SignedIn};
use crate::service::{Operators, accounts};

/// Signs an operator in, with password and code in one form.
///
/// Errors: `invalid_credentials` (401, whatever was wrong), `rate_limited` (429).
#[utoipa::path(
    tag = "session",
    request_body = SignIn,
    responses(
        (status = 200, body = MeView, headers(("Set-Cookie" = String, description = "The session."))),
        Problems
    )
)]
#[post("/session")]
pub async fn create_session(
    request: HttpRequest,
    office: Office,
    operators: Data<Operators>,
    body: ValidJson<SignIn>,
) -> ApiResult<HttpResponse> {
    let user_agent = request.headers().get(USER_AGENT);
    let user_agent = user_agent.and_then(|value| value.to_str().ok());
    let device = Device::new(office.address(), user_agent);
    let opened = operators.sign_in(&office, &body.0.into(), &device).await?;
    Ok(HttpResponse::Ok()
        .cookie(opened.proof.set(&office, SESSION))
        .json(MeView::new(opened.caller, operators.approval())))
}

/// Tells who is signed in, and what they may do.
#[utoipa::path(
    tag = "session",
    responses((status = 200, body = MeView), Problems),
    security(("operator_cookie" = []), ("operator_token" = []))
)]
#[get("/session")]
pub async fn show_session(
    operator: Operator<SignedIn>,
    operators: Data<Operators>,
) -> ApiResult<Json<MeView>> {
    let caller = operator.caller().await?;
    Ok(Json(MeView::new(caller, operators.approval())))
}

/// Signs out.
#[utoipa::path(
    tag = "session",
    responses((status = 204, description = "Signed out."), Problems),
    security(("operator_cookie" = []))
)]
#[delete("/session")]
pub async fn end_session(operator: Operator<InPerson>) -> ApiResult<HttpResponse> {
    operator
        .act(async |tx, caller| accounts::revoke_session(tx, caller, caller.session()?.id).await)
        .await?;
    Ok(HttpResponse::NoContent()
        .cookie(cookie::clear(operator.office()))
        .finish())
}

/// Changes the caller's password, and ends their other sessions.
///
/// Errors: `validation_failed` (400) at `current_password` or `password`.
#[utoipa::path(
    tag = "session",
    request_body = ChangePassword,
    responses((status = 204, description = "Changed."), Problems),
    security(("operator_cookie" = []))
)]
#[post("/session/password")]
pub async fn change_password(
    operator: Operator<InPerson>,
    operators: Data<Operators>,
    body: ValidJson<ChangePassword>,
) -> ApiResult<HttpResponse> {
    let (caller, known) = operator
        .act(async |tx, caller| Ok((caller.clone(), accounts::fetch_hash(tx, caller).await?)))
        .await?;
    operators
        .prove_limited(&caller, &known, &body.0.current())
        .await?;
    let context = [caller.account.name.as_str(), caller.account.email.as_str()];
    let hash = operators.hash(&body.0.replacement(), &context).await?;
    operator
        .act(async |tx, caller| accounts::change_password(tx, caller, &known, &hash).await)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Lists the caller's own sessions that are not over.
#[utoipa::path(
    tag = "session",
    responses((status = 200, body = SessionList), Problems),
    security(("operator_cookie" = []))
)]
#[get("/sessions")]
pub async fn list_sessions(operator: Operator<InPerson>) -> ApiResult<Json<SessionList>> {
    let (current, all) = operator
        .act(async |tx, caller| {
            let all = accounts::list_sessions(tx, caller).await?;
            Ok((caller.session()?.id, all))
        })
        .await?;
    let items = all.into_iter().map(|one| SessionView::new(one, current));
    Ok(Json(SessionList {
        items: items.collect(),
    }))
}

/// Ends one of the caller's own sessions.
///
/// Errors: `session_not_found` (404).
#[utoipa::path(
    tag = "session",
    params(("id" = SessionId, Path)),
    responses((status = 204, description = "Over."), Problems),
    security(("operator_cookie" = []))
)]
#[delete("/sessions/{id}")]
pub async fn revoke_session(
    operator: Operator<InPerson>,
    id: PathId<SessionId>,
) -> ApiResult<HttpResponse> {
    operator
        .act(async |tx, caller| accounts::revoke_session(tx, caller, id.0).await)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
