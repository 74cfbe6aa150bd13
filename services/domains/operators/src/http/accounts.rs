//! `/operators`: whoever runs the platform.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get, post, put};
use gateway::{ApiResult, PathId, Problems, ValidJson};
use kernel::id::OperatorId;

use super::dto::accounts::{AccountList, AccountView, ChangeRole, CreateOperator, EnrollmentView};
use crate::door::Operator;
use crate::error::Error;
use crate::model::{Account, AccountState, Caller, NewAccount};
use crate::roles::AccountsManage;
use crate::service::{Operators, accounts};

/// Lists every operator.
#[utoipa::path(
    tag = "operators",
    responses((status = 200, body = AccountList), Problems),
    security(("operator_cookie" = []), ("operator_token" = [])),
    extensions(("x-permission" = json!("accounts_manage")))
)]
#[get("/operators")]
pub async fn list_operators(operator: Operator<AccountsManage>) -> ApiResult<Json<AccountList>> {
    let all = operator.act(async |tx, _| accounts::list(tx).await).await?;
    let items = all.into_iter().map(AccountView::from).collect();
    Ok(Json(AccountList { items }))
}

/// Makes an operator. The answer holds the secret of their authenticator app, once.
///
/// Errors: `email_taken` (409), `validation_failed` (400).
#[utoipa::path(
    tag = "operators",
    request_body = CreateOperator,
    responses((status = 201, body = EnrollmentView), Problems),
    security(("operator_cookie" = []), ("operator_token" = [])),
    extensions(("x-permission" = json!("accounts_manage")))
)]
#[post("/operators")]
pub async fn create_operator(
    operator: Operator<AccountsManage>,
    operators: Data<Operators>,
    body: ValidJson<CreateOperator>,
) -> ApiResult<HttpResponse> {
    // Nobody who may not do it makes the house hash.
    operator.caller().await?;
    let (email, name) = (body.0.email()?, body.0.name()?);
    let context = [name.as_str(), email.as_str()];
    let password_hash = operators.hash(&body.0.password(), &context).await?;
    let new = NewAccount {
        email,
        name,
        role: body.0.role,
        password_hash,
    };
    let made = operator
        .act(async |tx, caller| {
            accounts::create(tx, operators.keys(), &new, &caller.mandate(None)).await
        })
        .await?;
    Ok(HttpResponse::Created().json(EnrollmentView::from(made)))
}

/// Lets an operator sign in again.
#[utoipa::path(
    tag = "operators",
    params(("id" = OperatorId, Path)),
    responses((status = 200, body = AccountView), Problems),
    security(("operator_cookie" = []), ("operator_token" = [])),
    extensions(("x-permission" = json!("accounts_manage")))
)]
#[post("/operators/{id}/enable")]
pub async fn enable_operator(
    operator: Operator<AccountsManage>,
    id: PathId<OperatorId>,
) -> ApiResult<Json<AccountView>> {
    set_state(&operator, id.0, AccountState::Active).await
}

/// Switches an operator off: their sessions end at once.
///
/// Errors: `own_account`, `last_administrator` (409).
#[utoipa::path(
    tag = "operators",
    params(("id" = OperatorId, Path)),
    responses((status = 200, body = AccountView), Problems),
    security(("operator_cookie" = []), ("operator_token" = [])),
    extensions(("x-permission" = json!("accounts_manage")))
)]
#[post("/operators/{id}/disable")]
pub async fn disable_operator(
    operator: Operator<AccountsManage>,
    id: PathId<OperatorId>,
) -> ApiResult<Json<AccountView>> {
    set_state(&operator, id.0, AccountState::Disabled).await
}

/// Gives an operator another role.
///
/// Errors: `own_account`, `last_administrator` (409).
#[utoipa::path(
    tag = "operators",
    params(("id" = OperatorId, Path)),
    request_body = ChangeRole,
    responses((status = 200, body = AccountView), Problems),
    security(("operator_cookie" = []), ("operator_token" = [])),
    extensions(("x-permission" = json!("accounts_manage")))
)]
#[put("/operators/{id}/role")]
pub async fn change_operator_role(
    operator: Operator<AccountsManage>,
    id: PathId<OperatorId>,
    body: ValidJson<ChangeRole>,
) -> ApiResult<Json<AccountView>> {
    let account = operator
        .act(async |tx, caller| {
            not_oneself(caller, id.0)?;
            accounts::set_role(tx, id.0, body.0.role, &caller.mandate(None)).await
        })
        .await?;
    Ok(Json(account.into()))
}

/// Gives an operator another secret for their authenticator app, and ends their sessions.
///
/// Errors: `own_account` (409): whoever has the session should not be able to keep the account.
#[utoipa::path(
    tag = "operators",
    params(("id" = OperatorId, Path)),
    responses((status = 200, body = EnrollmentView), Problems),
    security(("operator_cookie" = []), ("operator_token" = [])),
    extensions(("x-permission" = json!("accounts_manage")))
)]
#[post("/operators/{id}/reset-totp")]
pub async fn reset_operator_totp(
    operator: Operator<AccountsManage>,
    operators: Data<Operators>,
    id: PathId<OperatorId>,
) -> ApiResult<Json<EnrollmentView>> {
    let enrollment = operator
        .act(async |tx, caller| {
            not_oneself(caller, id.0)?;
            accounts::reset_totp(tx, operators.keys(), id.0, &caller.mandate(None)).await
        })
        .await?;
    Ok(Json(enrollment.into()))
}

async fn set_state(
    operator: &Operator<AccountsManage>,
    id: OperatorId,
    state: AccountState,
) -> ApiResult<Json<AccountView>> {
    let account: Account = operator
        .act(async |tx, caller| {
            not_oneself(caller, id)?;
            accounts::set_state(tx, id, state, &caller.mandate(None)).await
        })
        .await?;
    Ok(Json(account.into()))
}

fn not_oneself(caller: &Caller, id: OperatorId) -> Result<(), Error> {
    if caller.account.id == id {
        Err(Error::OwnAccount)
    } else {
        Ok(())
    }
}
