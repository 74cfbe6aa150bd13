//! Signing in and out.

use db::{DbError, TenantTx};
use events::identity::{SessionCreated, SessionEnd, SessionEnded, SessionKind};
use gateway::SessionSecret;
use gateway::Visitor;
use kernel::event::Actor;
use kernel::id::{SessionId, UserId};
use uuid::Uuid;

use super::{Identity, Noted, devices, policy};
use crate::error::{CredentialsError, Error};
use crate::model::{
    Account, Attempt, BROWSER_SESSION, BrowserSession, Credentials, Device, Method, PROGRAM_IDLE,
    PROGRAM_SESSION, ProgramSession, SecretToken, UserState, later,
};
use crate::store::sessions::NewSession;
use crate::store::{attempts, families, people, sessions};

impl Identity {
    /// Signs a browser in. Errors: [`Error::InvalidCredentials`], [`Error::EmailUnverified`].
    pub async fn sign_in_browser(
        &self,
        visitor: &Visitor,
        typed: &Credentials,
        device: &Device,
    ) -> Result<BrowserSession, gateway::ApiError> {
        self.sign_in(visitor, typed, device, async |tx, account| {
            open_browser_session(tx, account, device, &Method::Password.into()).await
        })
        .await
    }

    /// Signs a program in. Errors: as for a browser.
    pub async fn sign_in_program(
        &self,
        visitor: &Visitor,
        typed: &Credentials,
        device: &Device,
    ) -> Result<ProgramSession, gateway::ApiError> {
        self.sign_in(visitor, typed, device, async |tx, account| {
            open_program_session(tx, account, device).await
        })
        .await
    }

    /// The access token of a program that was just let in to the organisation of `visitor`'s host.
    pub fn access_token(&self, visitor: &Visitor, session: &ProgramSession) -> String {
        let tenant = visitor.organization().id();
        self.keys
            .sign_access_token(tenant, session.user.id, session.id, visitor.now())
    }

    /// One attempt. Every one that is refused takes as long and does the same work: a look-up, a hash
    /// (of nobody's, where there is no account), a note.
    async fn sign_in<T>(
        &self,
        visitor: &Visitor,
        typed: &Credentials,
        device: &Device,
        open: impl AsyncFnOnce(&TenantTx, &Account) -> Result<T, Error>,
    ) -> Result<T, gateway::ApiError> {
        let taken = self.take_sign_in(visitor, typed, device).await?;
        let found = find_account(visitor, typed, device).await?;
        let hash = found
            .as_ref()
            .and_then(|account| account.password_hash.as_ref());
        let proven = match self.passwords.verify(&typed.password, hash).await {
            Ok(proven) => proven,
            Err(error) => return Err(self.unread(taken, error.into()).await),
        };
        // A code is a million to guess: whoever has the password has few tries.
        let asked = found.as_ref().filter(|it| proven && it.asks_for_code);
        let tenant = visitor.organization().id();
        let tries = asked.map(|it| self.tries(tenant, it.user.id, &taken));
        if let (Some(tries), Some(_)) = (tries, &typed.code)
            && let Err(refusal) = self.limiter.take(self.limits.code, tries).await
        {
            self.give_back(taken).await?;
            return Err(refusal);
        }
        let admitted = visitor
            .write(
                async |tx| match self.admit(tx, found, proven, typed, device).await? {
                    Ok(account) => Ok::<_, Error>(Ok(open(tx, &account).await?)),
                    Err(refusal) => Ok(Err(refusal)),
                },
            )
            .await?;
        // The right password is no guess, whatever else is missing.
        if matches!(admitted, Err(Error::InvalidCredentials)) {
            return Err(self.failed(&taken, Error::InvalidCredentials).await);
        }
        self.give_back(taken).await?;
        if let (Ok(_), Some(tries)) = (&admitted, tries) {
            let given_back = self.limiter.give_back(self.limits.code, tries).await;
            given_back.map_err(Error::from)?;
        }
        Ok(admitted?)
    }

    /// Decides about an attempt whose password was compared with what `found` held, and writes it down.
    async fn admit(
        &self,
        tx: &TenantTx,
        found: Option<Account>,
        proven: bool,
        typed: &Credentials,
        device: &Device,
    ) -> Noted<Account> {
        let account = match judge(tx, found, proven, device).await? {
            Ok(account) => account,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let named = Some(account.user.id);
        let note = async |attempt| attempts::add_attempt(tx, attempt, named, device).await;
        if account.asks_for_code {
            let Some(code) = &typed.code else {
                note(Attempt::CodeMissing).await?;
                return Ok(Err(CredentialsError::CodeRequired.into()));
            };
            if !self.accept_code(tx, &account.user, code).await? {
                note(Attempt::WrongCode).await?;
                return Ok(Err(CredentialsError::InvalidCode.into()));
            }
        }
        Ok(Ok(account))
    }
}

/// Whose account an attempt names. Where the rules let nobody in by a password, or from here, nothing of the
/// attempt is looked at: neither answer nor time tells of the account.
async fn find_account(
    visitor: &Visitor,
    typed: &Credentials,
    device: &Device,
) -> Result<Option<Account>, gateway::ApiError> {
    let folded = typed.email.folded();
    let (found, ruled) = visitor
        .read(async |tx| {
            let found = people::find_account(tx, &folded).await?;
            Ok::<_, Error>((found, policy::check(tx, Method::Password).await))
        })
        .await?;
    if let Err(refusal) = ruled {
        let Error::Policy(_) = refusal else {
            return Err(refusal.into());
        };
        let named = found.as_ref().map(|it| it.user.id);
        visitor
            .write(async |tx| policy::admits(tx, Method::Password, named, device).await)
            .await??;
    }
    Ok(found)
}

/// The account of an attempt whose password was compared with what `found` held. A refusal is written down.
async fn judge(
    tx: &TenantTx,
    found: Option<Account>,
    proven: bool,
    device: &Device,
) -> Noted<Account> {
    let note = async |attempt, user| attempts::add_attempt(tx, attempt, user, device).await;
    let named = found.as_ref().map(|account| account.user.id);
    let Some(compared) = found.filter(|_| proven) else {
        note(Attempt::WrongPassword, named).await?;
        return Ok(Err(Error::InvalidCredentials));
    };
    // Between the look-up and now the password may have been changed or the account switched off.
    let account = people::lock_account(tx, compared.user.id).await?;
    let Some(account) = account.filter(|it| it.password_hash == compared.password_hash) else {
        note(Attempt::WrongPassword, named).await?;
        return Ok(Err(Error::InvalidCredentials));
    };
    match account.state {
        UserState::Active => Ok(Ok(account)),
        UserState::Unverified => {
            note(Attempt::Unverified, named).await?;
            Ok(Err(Error::EmailUnverified))
        }
        UserState::Deactivated => {
            note(Attempt::Deactivated, named).await?;
            Ok(Err(Error::InvalidCredentials))
        }
    }
}

/// How somebody came to be let in.
pub struct Way {
    /// What they proved themselves by.
    pub method: Method,
    /// Who they are elsewhere, where this attempt linked that to their account.
    pub linked_identity: Option<Uuid>,
}

impl From<Method> for Way {
    fn from(method: Method) -> Self {
        Self {
            method,
            linked_identity: None,
        }
    }
}

/// Opens the session of a browser whose owner was just proven, and notes it. The caller has locked the account.
pub async fn open_browser_session(
    tx: &TenantTx,
    account: &Account,
    device: &Device,
    way: &Way,
) -> Result<BrowserSession, Error> {
    let known_by = devices::recognize(tx, &account.user, device).await?;
    let secret = SessionSecret::generate(tx.entropy());
    let session = NewSession {
        id: tx.new_id(),
        account,
        secret_hash: Some(secret.hash()),
        method: way.method,
        second_factor: account.asks_for_code || way.method.is_two_factors(),
        expires_at: later(tx.now(), BROWSER_SESSION),
        device,
    };
    open(tx, &session, SessionKind::Browser, way.linked_identity).await?;
    Ok(BrowserSession {
        id: session.id,
        secret,
        user: account.user.clone(),
        expires_at: session.expires_at,
        known_by,
    })
}

async fn open_program_session(
    tx: &TenantTx,
    account: &Account,
    device: &Device,
) -> Result<ProgramSession, Error> {
    devices::tell_of_program(tx, &account.user, device).await?;
    let session = NewSession {
        id: tx.new_id(),
        account,
        secret_hash: None,
        method: Method::Password,
        second_factor: account.asks_for_code,
        expires_at: later(tx.now(), PROGRAM_SESSION),
        device,
    };
    open(tx, &session, SessionKind::Program, None).await?;
    let refresh_token = SecretToken::generate(tx.entropy());
    let idle_until = later(tx.now(), PROGRAM_IDLE);
    families::add_refresh_token(tx, session.id, &refresh_token.hash(), None, idle_until).await?;
    Ok(ProgramSession {
        id: session.id,
        user: account.user.clone(),
        refresh_token,
    })
}

async fn open(
    tx: &TenantTx,
    session: &NewSession<'_>,
    kind: SessionKind,
    linked_identity: Option<Uuid>,
) -> Result<(), Error> {
    // The account is locked, so that these are the rules whose copies the row gets.
    policy::check(tx, session.method).await?;
    let user_id = session.account.user.id;
    sessions::add_session(tx, session).await?;
    attempts::add_sign_in(tx, user_id, session.method, session.id, session.device).await?;
    let created = SessionCreated {
        session_id: session.id,
        user_id,
        kind,
        linked_identity,
    };
    Ok(tx.acting_as(Actor::User(user_id)).record(&created).await?)
}

/// Ends the caller's session. Idempotent in effect: a second request does not get through the gate.
pub async fn sign_out(
    tx: &TenantTx,
    session_id: SessionId,
    user_id: UserId,
    device: &Device,
) -> Result<(), DbError> {
    // Two requests may be past the gate at once; the second has nothing left to end.
    if !sessions::revoke_session(tx, session_id).await? {
        return Ok(());
    }
    attempts::add_of_session(tx, Attempt::SignedOut, user_id, session_id, device).await?;
    let ended = SessionEnded {
        session_id,
        user_id,
        reason: SessionEnd::SignedOut,
    };
    tx.record(&ended).await
}
