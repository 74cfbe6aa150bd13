//! `Operator<P>`: the only door to `platform` for whoever is signed in as an operator.

use std::future::{Ready, ready};
use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use db::PlatformTx;
use gateway::{ApiError, Office};

use crate::cookie::Proof;
use crate::error::Error;
use crate::model::{AccountState, Caller, NOTED, later};
use crate::roles::Policy;
use crate::store::sessions;

/// A signed-in operator who may do `P`. Put it first in a handler's signature. The cookie is read here;
/// whether it holds, and whether the role allows `P`, say the rows, in the transaction of the act.
#[derive(Clone)]
pub struct Operator<P> {
    office: Office,
    proof: Proof,
    policy: PhantomData<P>,
}

impl<P: Policy> Operator<P> {
    /// Runs `work` in a transaction, once it is known who is asking and that they may. Errors:
    /// [`Error::SignedOut`], [`Error::Forbidden`].
    pub async fn act<T>(
        &self,
        work: impl AsyncFnOnce(&PlatformTx, &Caller) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.office
            .write_platform(async |tx| {
                let caller = admit::<P>(tx, &self.proof).await?;
                work(tx, &caller).await
            })
            .await
    }

    /// Like [`Self::act`]; with `dry_run` it is rolled back after it was tried, and answers what it would have done.
    pub async fn rehearse<T>(
        &self,
        dry_run: bool,
        work: impl AsyncFnOnce(&PlatformTx, &Caller) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut tried = None;
        let done = self
            .act(async |tx, caller| {
                let value = work(tx, caller).await?;
                if dry_run {
                    tried = Some(value);
                    return Err(Error::Rehearsed);
                }
                Ok(value)
            })
            .await;
        match (done, tried) {
            (Err(Error::Rehearsed), Some(value)) => Ok(value),
            (done, _) => done,
        }
    }

    /// Only finds out who is asking: before what must not be done inside a transaction.
    pub async fn caller(&self) -> Result<Caller, Error> {
        self.act(async |_, caller| Ok(caller.clone())).await
    }
}

impl<P> Operator<P> {
    /// The listener it came by.
    pub fn office(&self) -> &Office {
        &self.office
    }
}

async fn admit<P: Policy>(tx: &PlatformTx, proof: &Proof) -> Result<Caller, Error> {
    let caller = sessions::find_caller(tx, proof)
        .await?
        .filter(|caller| caller.account.state == AccountState::Active)
        .filter(|caller| tx.now() < caller.session.ends_at())
        .ok_or(Error::SignedOut)?;
    if let Some(permission) = P::PERMISSION
        && !caller.account.role.allows(permission)
    {
        return Err(Error::Forbidden(permission));
    }
    if later(caller.session.last_used_at, NOTED) <= tx.now() {
        sessions::note_use(tx, proof.session).await?;
    }
    Ok(caller)
}

impl<P: Policy> FromRequest for Operator<P> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let office = Office::from_request(request, payload).into_inner();
        ready(office.and_then(|office| {
            let proof = office.cookie().and_then(Proof::parse);
            let proof = proof.ok_or(Error::SignedOut)?;
            Ok(Self {
                office,
                proof,
                policy: PhantomData,
            })
        }))
    }
}
