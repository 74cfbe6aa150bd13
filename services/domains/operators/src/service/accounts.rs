//! Making operators, and changing their standing. Used by the API and by the command line alike.

use db::{DbError, OnConstraint, PlatformTx};
use gateway::{ApiError, Keys};
use kernel::email::EmailAddress;
use kernel::id::{OperatorId, SessionId, TenantId};
use passwords::totp::Seed;
use passwords::{Password, PasswordHash, Passwords};
use serde_json::{Value, json};
use tenancy::audit::{self, Act, Mandate};
use uuid::Uuid;

use super::Operators;
use crate::error::Error;
use crate::model::{Account, AccountState, Caller, Enrollment, NewAccount, Secrets, Session};
use crate::roles::Role;
use crate::store::{accounts, sessions, tokens};

/// Where an operator's seed is sealed into.
pub(crate) fn place(id: OperatorId) -> Vec<u8> {
    [
        b"platform.operators.totp_secret/",
        &id.uuid().as_bytes()[..],
    ]
    .concat()
}

/// Judges a new password, then hashes it. Not inside a transaction.
pub async fn hash(
    passwords: &Passwords,
    password: &Password,
    context: &[&str],
) -> Result<PasswordHash, Error> {
    let faults = passwords.judge(password, context).await?;
    if !faults.is_empty() {
        return Err(Error::PasswordRefused(faults));
    }
    Ok(passwords.hash(password).await?)
}

/// Makes an account. Its seed is shown once, in the answer. Errors: [`Error::EmailTaken`].
pub async fn create(
    tx: &PlatformTx,
    keys: &Keys,
    new: &NewAccount,
    mandate: &Mandate,
) -> Result<Enrollment, Error> {
    let id: OperatorId = tx.new_id();
    let seed = Seed::generate(tx.entropy());
    let sealed = keys.seal(&place(id), seed.bytes(), tx.entropy());
    accounts::add(tx, id, new, &sealed)
        .await
        .on_constraint(accounts::EMAIL_KEY, Error::EmailTaken)?;
    let account = fetch(tx, id).await?.account;
    let detail = json!({ "role": new.role.as_str() });
    note(tx, mandate, "operator.created", &account, detail).await?;
    Ok(Enrollment { account, seed })
}

/// Seals the accounts' seeds anew that a replaced key sealed. Answers how many those were, and how many no
/// key of the list opens.
pub async fn reseal(tx: &PlatformTx, keys: &Keys) -> Result<(u64, u64), DbError> {
    let (mut sealed, mut unreadable) = (0, 0);
    for (id, seed) in accounts::lock_seeds(tx).await? {
        match keys.reseal(&place(id), &seed, tx.entropy()) {
            Ok(Some(seed)) => {
                accounts::keep_seed(tx, id, &seed).await?;
                sealed += 1;
            }
            Ok(None) => {}
            Err(gateway::Unreadable) => unreadable += 1,
        }
    }
    Ok((sealed, unreadable))
}

/// Every account.
pub async fn list(tx: &PlatformTx) -> Result<Vec<Account>, Error> {
    Ok(accounts::list(tx).await?)
}

/// The id of the account with this address. Errors: [`Error::OperatorNotFound`].
pub async fn fetch_id(tx: &PlatformTx, email: &EmailAddress) -> Result<OperatorId, Error> {
    let found = accounts::find_by_email(tx, &email.folded()).await?;
    Ok(found.ok_or(Error::OperatorNotFound)?.account.id)
}

async fn fetch(tx: &PlatformTx, id: OperatorId) -> Result<Secrets, Error> {
    accounts::lock(tx, id).await?.ok_or(Error::OperatorNotFound)
}

/// Switches an account on or off; off ends its sessions and tokens at once. Errors: [`Error::OperatorNotFound`],
/// [`Error::LastAdministrator`].
pub async fn set_state(
    tx: &PlatformTx,
    id: OperatorId,
    state: AccountState,
    mandate: &Mandate,
) -> Result<Account, Error> {
    if state == AccountState::Disabled {
        keep_an_administrator(tx, id).await?;
    }
    let account = fetch(tx, id).await?.account;
    if account.state == state {
        return Ok(account);
    }
    accounts::set_state(tx, id, state).await?;
    let action = match state {
        AccountState::Active => "operator.enabled",
        AccountState::Disabled => {
            sessions::revoke_all(tx, id, None).await?;
            tokens::revoke_all(tx, id).await?;
            "operator.disabled"
        }
    };
    note(tx, mandate, action, &account, json!({})).await?;
    Ok(Account { state, ..account })
}

/// Gives an account another role. Errors: [`Error::OperatorNotFound`], [`Error::LastAdministrator`].
pub async fn set_role(
    tx: &PlatformTx,
    id: OperatorId,
    role: Role,
    mandate: &Mandate,
) -> Result<Account, Error> {
    if role != Role::Administrator {
        keep_an_administrator(tx, id).await?;
    }
    let account = fetch(tx, id).await?.account;
    if account.role == role {
        return Ok(account);
    }
    accounts::set_role(tx, id, role).await?;
    let detail = json!({ "from": account.role.as_str(), "to": role.as_str() });
    note(tx, mandate, "operator.role_changed", &account, detail).await?;
    Ok(Account { role, ..account })
}

/// Gives an account another seed and ends its sessions and tokens: the old one was lost, or is somebody else's now.
/// Errors: [`Error::OperatorNotFound`].
pub async fn reset_totp(
    tx: &PlatformTx,
    keys: &Keys,
    id: OperatorId,
    mandate: &Mandate,
) -> Result<Enrollment, Error> {
    let account = fetch(tx, id).await?.account;
    let seed = Seed::generate(tx.entropy());
    let sealed = keys.seal(&place(id), seed.bytes(), tx.entropy());
    accounts::set_seed(tx, id, &sealed).await?;
    sessions::revoke_all(tx, id, None).await?;
    tokens::revoke_all(tx, id).await?;
    note(tx, mandate, "operator.totp_reset", &account, json!({})).await?;
    Ok(Enrollment { account, seed })
}

impl Operators {
    /// The caller's password is `current`. Not inside a transaction. A session that was left open is no
    /// place to guess at: ten tries an hour. Errors: [`Error::WrongPassword`]; 429 `rate_limited`.
    pub(crate) async fn prove_limited(
        &self,
        caller: &Caller,
        known: &PasswordHash,
        current: &Password,
    ) -> Result<(), ApiError> {
        let platform = TenantId::from(Uuid::nil());
        let subject = self.limiter.account(platform, &caller.account.email);
        self.limiter.take(self.limits.password, subject).await?;
        let proven = self.passwords.verify(current, Some(known)).await;
        if !proven.map_err(Error::from)? {
            return Err(Error::WrongPassword.into());
        }
        let given_back = self.limiter.give_back(self.limits.password, subject).await;
        Ok(given_back.map_err(Error::from)?)
    }

    /// A code of the caller's app, and whoever has the password has few to guess. Not inside a transaction.
    /// Errors: 429 `rate_limited`.
    pub(crate) async fn count_code(&self, caller: &Caller) -> Result<(), ApiError> {
        let platform = TenantId::from(Uuid::nil());
        let subject = self.limiter.account(platform, &caller.account.email);
        self.limiter.take(self.limits.code, subject).await.map(drop)
    }

    /// Gives an attempt at a code back to whoever had it right.
    pub(crate) async fn give_code_back(&self, caller: &Caller) -> Result<(), Error> {
        let platform = TenantId::from(Uuid::nil());
        let subject = self.limiter.account(platform, &caller.account.email);
        Ok(self.limiter.give_back(self.limits.code, subject).await?)
    }

    /// The caller's row, locked, once `code` is theirs; the code is taken. Errors: [`Error::NotProven`], also
    /// where the password was changed since it was `proven`.
    pub(crate) async fn take_code(
        &self,
        tx: &PlatformTx,
        caller: &Caller,
        proven: &PasswordHash,
        code: &str,
    ) -> Result<(), Error> {
        let id = caller.account.id;
        let known = fetch(tx, id).await?;
        let seed = self.keys.open(&place(id), &known.totp_secret)?;
        let seed = Seed::kept(&seed).ok_or(gateway::Unreadable)?;
        let step = seed.accept(code, tx.now(), known.totp_last_step);
        match step.filter(|_| known.password_hash == *proven) {
            Some(step) => Ok(accounts::note_code(tx, id, step).await?),
            None => Err(Error::NotProven),
        }
    }
}

/// What the caller's password was hashed to.
pub(crate) async fn fetch_hash(tx: &PlatformTx, caller: &Caller) -> Result<PasswordHash, Error> {
    Ok(fetch(tx, caller.account.id).await?.password_hash)
}

/// Replaces the caller's password, which was `proven`, and ends their other sessions. Errors:
/// [`Error::WrongPassword`] where it was changed meanwhile.
pub(crate) async fn change_password(
    tx: &PlatformTx,
    caller: &Caller,
    proven: &PasswordHash,
    hash: &PasswordHash,
) -> Result<(), Error> {
    let id = caller.account.id;
    let known = fetch(tx, id).await?;
    if known.password_hash != *proven {
        return Err(Error::WrongPassword);
    }
    accounts::set_password(tx, id, hash).await?;
    let ended = sessions::revoke_all(tx, id, Some(caller.session()?.id)).await?;
    let detail = json!({ "sessions_ended": ended });
    let mandate = caller.mandate(None);
    note(
        tx,
        &mandate,
        "operator.password_changed",
        &caller.account,
        detail,
    )
    .await
}

/// Gives an account a password that somebody else chose, and ends its sessions and tokens. Errors:
/// [`Error::OperatorNotFound`].
pub async fn replace_password(
    tx: &PlatformTx,
    id: OperatorId,
    hash: &PasswordHash,
    mandate: &Mandate,
) -> Result<Account, Error> {
    let account = fetch(tx, id).await?.account;
    accounts::set_password(tx, id, hash).await?;
    sessions::revoke_all(tx, id, None).await?;
    tokens::revoke_all(tx, id).await?;
    note(tx, mandate, "operator.password_reset", &account, json!({})).await?;
    Ok(account)
}

/// The caller's sessions that are not over.
pub(crate) async fn list_sessions(tx: &PlatformTx, caller: &Caller) -> Result<Vec<Session>, Error> {
    Ok(sessions::list(tx, caller.account.id).await?)
}

/// Ends one of the caller's sessions. Errors: [`Error::SessionNotFound`].
pub(crate) async fn revoke_session(
    tx: &PlatformTx,
    caller: &Caller,
    session: SessionId,
) -> Result<(), Error> {
    if !sessions::revoke(tx, session, caller.account.id).await? {
        return Err(Error::SessionNotFound);
    }
    let action = match session == caller.session()?.id {
        true => "operator.signed_out",
        false => "operator.session_revoked",
    };
    let detail = json!({ "session": session });
    note(tx, &caller.mandate(None), action, &caller.account, detail).await
}

/// Refuses to take the standing of the last one who could give it back.
async fn keep_an_administrator(tx: &PlatformTx, id: OperatorId) -> Result<(), Error> {
    match accounts::lock_administrators(tx).await?.as_slice() {
        [last] if *last == id => Err(Error::LastAdministrator),
        _ => Ok(()),
    }
}

/// Writes an act on an account down.
pub(crate) async fn note(
    tx: &PlatformTx,
    mandate: &Mandate,
    action: &str,
    account: &Account,
    detail: Value,
) -> Result<(), Error> {
    let act = Act {
        mandate,
        action,
        tenant: None,
        subject: Some(&account.email),
        detail,
    };
    Ok(audit::record(tx, &act).await?)
}
