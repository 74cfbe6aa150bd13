//! One attempt to sign in, from the limit to the session.
//!
//! Every attempt that is refused answers the same and does the same work: a look-up, a hash (of nobody's,
//! where there is no account), the codes of three steps, a row of the audit log.

use db::PlatformTx;
use gateway::{ApiError, LimitSubject, Office};
use jiff::SignedDuration;
use kernel::email::EmailAddress;
use passwords::Password;
use passwords::totp::Seed;
use serde_json::json;
use tenancy::audit::{self, Act, Mandate, OperatorActor};
use uuid::Uuid;

use super::Operators;
use super::accounts::place;
use crate::cookie::Proof;
use crate::error::Error;
use crate::model::{
    Account, AccountState, Caller, Device, Means, SESSION, Secrets, Session, actor, later,
};
use crate::store::{accounts, sessions};

/// How long sessions that are over stay on record.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What somebody types to sign in.
#[derive(Debug)]
pub struct Credentials {
    /// The account's address; none where what was typed is no address.
    pub email: Option<EmailAddress>,
    /// The password.
    pub password: Password,
    /// The code their app shows.
    pub code: String,
}

/// A session that was just opened.
#[derive(Debug)]
pub struct Opened {
    /// Whose, and which.
    pub caller: Caller,
    /// What its cookie says.
    pub proof: Proof,
}

/// Why an attempt came to nothing; for the audit log alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    Unknown,
    WrongPassword,
    WrongCode,
    Disabled,
}

impl Refusal {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::WrongPassword => "wrong_password",
            Self::WrongCode => "wrong_code",
            Self::Disabled => "disabled",
        }
    }
}

/// Attempts that were counted, to be given back to whoever got in.
struct Taken {
    network: LimitSubject,
    account: LimitSubject,
}

impl Operators {
    /// Signs an operator in. Errors: [`Error::InvalidCredentials`]; 429 `rate_limited`.
    pub async fn sign_in(
        &self,
        office: &Office,
        typed: &Credentials,
        device: &Device,
    ) -> Result<Opened, ApiError> {
        let folded = typed.email.as_ref().map(EmailAddress::folded);
        let folded = folded.unwrap_or_default();
        let taken = self.take(office, &folded).await?;
        let found = office
            .write_platform(async |tx| accounts::find_by_email(tx, &folded).await)
            .await
            .map_err(Error::from)?;
        let hash = found.as_ref().map(|it| &it.password_hash);
        let proven = self
            .passwords
            .verify(&typed.password, hash)
            .await
            .map_err(Error::from)?;
        // A code is a million to guess: whoever has the password has few tries. Everybody else's are
        // counted where they harm nobody, so that the answer takes as long.
        let tries = match proven {
            true => taken.account,
            false => self.limiter.account(Uuid::nil().into(), ""),
        };
        let counted = self.limiter.take(self.limits.code, tries).await;
        let may_try = !proven || counted.is_ok();
        let admitted = office
            .write_platform(async |tx| {
                let judged = self.judge(tx, found, proven, may_try, &typed.code).await?;
                Ok::<_, Error>(match judged {
                    Ok((account, step)) => Ok(open(tx, account, step, device).await?),
                    Err((refusal, account)) => {
                        note_refusal(tx, refusal, account.as_ref(), device).await?;
                        Err(Error::InvalidCredentials)
                    }
                })
            })
            .await??;
        self.give_back(taken).await?;
        Ok(admitted)
    }

    /// Decides about an attempt whose password was compared with what `found` held, under the row's lock.
    async fn judge(
        &self,
        tx: &PlatformTx,
        found: Option<Secrets>,
        proven: bool,
        may_try: bool,
        code: &str,
    ) -> Result<Result<(Account, i64), (Refusal, Option<Account>)>, Error> {
        let compared = found.as_ref().map(|it| it.password_hash.clone());
        let id = found.map_or_else(|| Uuid::nil().into(), |it| it.account.id);
        let locked = accounts::lock(tx, id).await?;
        let seed = match &locked {
            Some(it) => self.keys.open(&place(id), &it.totp_secret)?,
            None => Seed::NOBODYS.bytes().to_vec(),
        };
        let seed = Seed::kept(&seed).ok_or(gateway::Unreadable)?;
        let last = locked.as_ref().map_or(0, |it| it.totp_last_step);
        let step = seed.accept(code, tx.now(), last);
        let Some(locked) = locked else {
            return Ok(Err((Refusal::Unknown, None)));
        };
        // Between the look-up and now the password may have been changed or the account switched off.
        let same = compared.as_ref() == Some(&locked.password_hash);
        let account = locked.account;
        Ok(match (proven && same, step.filter(|_| may_try)) {
            (false, _) => Err((Refusal::WrongPassword, Some(account))),
            (true, _) if account.state == AccountState::Disabled => {
                Err((Refusal::Disabled, Some(account)))
            }
            (true, None) => Err((Refusal::WrongCode, Some(account))),
            (true, Some(step)) => Ok((account, step)),
        })
    }

    async fn take(&self, office: &Office, folded: &str) -> Result<Taken, ApiError> {
        // Operators are of no organisation: the nil id stands for the platform.
        let taken = Taken {
            network: self.limiter.address(office.source()),
            account: self.limiter.account(Uuid::nil().into(), folded),
        };
        let network = self.limiter.take(self.limits.network, taken.network).await;
        if let Err(refusal) = network {
            tracing::warn!(target: "security", "too many attempts to sign in as an operator");
            return Err(refusal);
        }
        self.limiter
            .take(self.limits.account, taken.account)
            .await?;
        Ok(taken)
    }

    async fn give_back(&self, taken: Taken) -> Result<(), Error> {
        for (limit, subject) in [
            (self.limits.network, taken.network),
            (self.limits.account, taken.account),
            (self.limits.code, taken.account),
        ] {
            self.limiter.give_back(limit, subject).await?;
        }
        Ok(())
    }
}

async fn open(
    tx: &PlatformTx,
    account: Account,
    step: i64,
    device: &Device,
) -> Result<Opened, Error> {
    let proof = Proof::generate(tx.new_id(), tx.entropy());
    let expires_at = later(tx.now(), SESSION);
    accounts::note_login(tx, account.id, step).await?;
    let forgotten = tx.now().saturating_sub(KEPT);
    sessions::forget(tx, account.id, forgotten.unwrap_or(jiff::Timestamp::MIN)).await?;
    sessions::add(tx, &proof, account.id, expires_at, device).await?;
    let mandate = Mandate {
        actor: actor(account.id),
        reason: None,
    };
    let act = Act {
        mandate: &mandate,
        action: "operator.signed_in",
        tenant: None,
        subject: Some(&account.email),
        detail: json!({ "address": device.address }),
    };
    audit::record(tx, &act).await?;
    let session = Session {
        id: proof.session,
        created_at: tx.now(),
        expires_at,
        last_used_at: tx.now(),
        address: device.address,
        user_agent: device.user_agent.clone(),
    };
    Ok(Opened {
        caller: Caller {
            account,
            means: Means::Session(session),
        },
        proof,
    })
}

/// An address that has no account is not kept: it may be anything that was typed into the wrong field.
async fn note_refusal(
    tx: &PlatformTx,
    refusal: Refusal,
    account: Option<&Account>,
    device: &Device,
) -> Result<(), Error> {
    let mandate = Mandate {
        actor: OperatorActor::Stranger,
        reason: None,
    };
    let act = Act {
        mandate: &mandate,
        action: "operator.sign_in_refused",
        tenant: None,
        subject: account.map(|account| account.email.as_str()),
        detail: json!({ "why": refusal.as_str(), "address": device.address }),
    };
    Ok(audit::record(tx, &act).await?)
}
