//! Keys of programs: made by somebody who proves themselves again, listed, ended.

use db::{DbError, TenantTx};
use events::identity::{ApiKeyCreated, ApiKeyRevoked};
use gateway::{Caller, ProgramKey};
use kernel::error::FieldError;
use kernel::id::ApiKeyId;
use kernel::page::{self, Page};
use kernel::roles::Permission;

use crate::error::Error;
use crate::model::{ApiKey, MAX_KEYS, NewApiKey};
use crate::store::{keys, people};

/// Makes a key of the caller's. Its secret is known here and nowhere else. Errors: [`Error::Field`] for a scope
/// that the caller has not, [`Error::ApiKeyLimit`].
pub async fn create_key(
    tx: &TenantTx,
    caller: Caller,
    mut new: NewApiKey,
) -> Result<(ApiKey, ProgramKey), Error> {
    // The row's lock makes counting and adding one, and nobody's role changes meanwhile.
    let account = people::lock_account(tx, caller.user).await?;
    let role = account.ok_or(DbError::Refused)?.user.role;
    if let Some(beyond) = new.scopes.iter().find(|it| !role.allows(**it)) {
        return Err(Error::Field(FieldError::new(
            "scopes",
            "beyond_role",
            format!("Your role lacks {}: a key cannot have it.", beyond.as_str()),
        )));
    }
    // Each once, in the order of the matrix.
    let all = Permission::ALL.into_iter();
    new.scopes = all.filter(|it| new.scopes.contains(it)).collect();
    if keys::count_working(tx, caller.user).await? >= MAX_KEYS {
        return Err(Error::ApiKeyLimit);
    }
    let secret = ProgramKey::generate(tx.new_id(), tx.entropy());
    keys::add(tx, caller.user, role, &new, &secret).await?;
    let key = keys::fetch(tx, secret.id.into()).await?;
    let created = ApiKeyCreated {
        key_id: key.id,
        user_id: caller.user,
        name: key.name.clone(),
        scopes: key.scopes.clone(),
        expires_at: key.expires_at,
    };
    tx.record(&created).await?;
    Ok((key, secret))
}

/// A page of the organisation's keys, the newest first: those that are over, or those that are not.
pub async fn list_keys(
    tx: &TenantTx,
    ended: bool,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Page<ApiKey>, Error> {
    let scope = format!("api_keys {} {ended}", tx.tenant().id());
    let before = page::read(&scope, cursor)?;
    let rows = keys::list(tx, before, ended, i64::from(limit) + 1).await?;
    Ok(Page::cut(rows, limit, &scope, |key| key.id))
}

/// Ends a key. Errors: [`Error::ApiKeyNotFound`].
pub async fn revoke_key(tx: &TenantTx, id: ApiKeyId) -> Result<(), Error> {
    let name = keys::revoke(tx, id).await?.ok_or(Error::ApiKeyNotFound)?;
    Ok(tx.record(&ApiKeyRevoked { key_id: id, name }).await?)
}
