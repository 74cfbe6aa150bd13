//! Tokens of operators' programs: made by somebody who proves themselves again, listed, revoked.

use db::PlatformTx;
use jiff::SignedDuration;
use kernel::id::OperatorTokenId;
use passwords::{Password, PasswordHash};
use serde_json::json;

use super::Operators;
use super::accounts::{fetch_hash, note};
use crate::door::Operator;
use crate::error::Error;
use crate::model::{Caller, ProgramToken, later};
use crate::roles::{InPerson, Permission};
use crate::store::tokens;
use crate::token::Token;
use gateway::ApiError;
use kernel::error::FieldError;

/// How many tokens of one operator work at a time.
const MAX: usize = 100;

/// A token to be made.
#[derive(Debug)]
pub struct NewToken {
    /// What its operator calls it.
    pub name: String,
    /// What it is for.
    pub permissions: Vec<Permission>,
    /// How long it works.
    pub life: SignedDuration,
    /// Their password again.
    pub password: Password,
    /// A code of their app again.
    pub code: String,
}

impl Operators {
    /// Makes a token, once its operator has proven themselves again. It is shown once, in the answer. Errors:
    /// [`Error::NotProven`], [`Error::TokenLimit`], [`Error::Field`]; 429 `rate_limited`.
    pub(crate) async fn create_token(
        &self,
        operator: &Operator<InPerson>,
        new: &NewToken,
    ) -> Result<(ProgramToken, Token), ApiError> {
        let (caller, known) = operator
            .act(async |tx, caller| {
                within(&new.permissions, caller)?;
                Ok((caller.clone(), fetch_hash(tx, caller).await?))
            })
            .await?;
        self.prove_limited(&caller, &known, &new.password)
            .await
            .map_err(|error| match error.code() {
                "validation_failed" => Error::NotProven.into(),
                _ => error,
            })?;
        self.count_code(&caller).await?;
        let made = operator
            .act(async |tx, caller| self.add(tx, caller, &known, new).await)
            .await?;
        self.give_code_back(&caller).await?;
        Ok(made)
    }

    async fn add(
        &self,
        tx: &PlatformTx,
        caller: &Caller,
        proven: &PasswordHash,
        new: &NewToken,
    ) -> Result<(ProgramToken, Token), Error> {
        // The row's lock makes counting and adding one.
        self.take_code(tx, caller, proven, &new.code).await?;
        let permissions = within(&new.permissions, caller)?;
        if tokens::list(tx, caller.account.id).await?.len() >= MAX {
            return Err(Error::TokenLimit { max: MAX });
        }
        let secret = Token::generate(tx.new_id(), tx.entropy());
        let token = ProgramToken {
            id: secret.id,
            name: new.name.clone(),
            permissions,
            created_at: tx.now(),
            expires_at: later(tx.now(), new.life),
            last_used_at: None,
            last_address: None,
        };
        tokens::add(tx, caller.account.id, &token, &secret).await?;
        let names: Vec<_> = token.permissions.iter().map(|it| it.as_str()).collect();
        let detail = json!({
            "token": token.id, "name": token.name, "permissions": names, "expires_at": token.expires_at,
        });
        let mandate = caller.mandate(None);
        note(tx, &mandate, "token.created", &caller.account, detail).await?;
        Ok((token, secret))
    }
}

/// What a token of `caller` may be for, each once, in the order of the table.
fn within(asked: &[Permission], caller: &Caller) -> Result<Vec<Permission>, Error> {
    let allowed = caller.permissions();
    if let Some(beyond) = asked.iter().find(|it| !allowed.contains(it)) {
        return Err(Error::Field(FieldError::new(
            "permissions",
            "beyond_role",
            format!(
                "Your role lacks {}: a token cannot have it.",
                beyond.as_str()
            ),
        )));
    }
    Ok(allowed
        .into_iter()
        .filter(|it| asked.contains(it))
        .collect())
}

/// The caller's tokens that work.
pub(crate) async fn list(tx: &PlatformTx, caller: &Caller) -> Result<Vec<ProgramToken>, Error> {
    Ok(tokens::list(tx, caller.account.id).await?)
}

/// Revokes one of the caller's tokens. Errors: [`Error::TokenNotFound`].
pub(crate) async fn revoke(
    tx: &PlatformTx,
    caller: &Caller,
    id: OperatorTokenId,
) -> Result<(), Error> {
    let revoked = tokens::revoke(tx, id, caller.account.id).await?;
    let name = revoked.ok_or(Error::TokenNotFound)?;
    let detail = json!({ "token": id, "name": name });
    let mandate = caller.mandate(None);
    note(tx, &mandate, "token.revoked", &caller.account, detail).await
}
