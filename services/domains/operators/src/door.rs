//! `Operator<P>`: the only door to `platform` for whoever is signed in as an operator, or has an operator's token.

use std::future::{Ready, ready};
use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use db::PlatformTx;
use gateway::{ApiError, Office};

use crate::cookie;
use crate::error::Error;
use crate::model::{AccountState, Caller, Means, NOTED, later};
use crate::roles::Policy;
use crate::store::{sessions, tokens};
use crate::token::Token;

/// What came along. Whether it holds, say the rows.
#[derive(Clone, Debug)]
enum Proof {
    Cookie(cookie::Proof),
    Token(Token),
}

/// An operator who may do `P`. Put it first in a handler's signature. Cookie or token are read here; whether
/// they hold, and whether role and token allow `P`, say the rows, in the transaction of the act.
#[derive(Clone)]
pub struct Operator<P> {
    office: Office,
    proof: Proof,
    policy: PhantomData<P>,
}

impl<P: Policy> Operator<P> {
    /// Runs `work` in a transaction, once it is known who is asking and that they may. Errors:
    /// [`Error::SignedOut`], [`Error::Forbidden`], [`Error::TokenLacks`], [`Error::SessionNeeded`].
    pub async fn act<T>(
        &self,
        work: impl AsyncFnOnce(&PlatformTx, &Caller) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.office
            .write_platform(async |tx| {
                let caller = admit::<P>(tx, &self.proof, &self.office).await?;
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

async fn admit<P: Policy>(
    tx: &PlatformTx,
    proof: &Proof,
    office: &Office,
) -> Result<Caller, Error> {
    let found = match proof {
        Proof::Cookie(proof) => sessions::find_caller(tx, proof).await?,
        Proof::Token(token) => tokens::find_caller(tx, token).await?,
    };
    let caller = found
        .filter(|caller| caller.account.state == AccountState::Active)
        .filter(|caller| tx.now() < caller.ends_at())
        .ok_or(Error::SignedOut)?;
    // The row was read and is good, whatever the role then allows: nothing said sooner would be true.
    office.accept_cookie();
    if P::IN_PERSON {
        caller.session()?;
    }
    if let Some(permission) = P::PERMISSION {
        caller.may(permission)?;
    }
    let noted = |at| later(at, NOTED) > tx.now();
    match &caller.means {
        Means::Session(session) if !noted(session.last_used_at) => {
            sessions::note_use(tx, session.id).await?;
        }
        Means::Token(token) if !token.last_used_at.is_some_and(noted) => {
            tokens::note_use(tx, token.id, office.address()).await?;
        }
        Means::Session(_) | Means::Token(_) => {}
    }
    Ok(caller)
}

/// With an `Authorization` header the cookie is not looked at.
fn read(office: &Office) -> Result<Option<Proof>, ApiError> {
    Ok(match office.bearer() {
        Some(sent) => Token::parse(sent).map(Proof::Token),
        None => office.proof(cookie::Proof::parse)?.map(Proof::Cookie),
    })
}

impl<P: Policy> FromRequest for Operator<P> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let office = Office::from_request(request, payload).into_inner();
        ready(office.and_then(|office| {
            let proof = read(&office)?.ok_or(Error::SignedOut)?;
            Ok(Self {
                office,
                proof,
                policy: PhantomData,
            })
        }))
    }
}
