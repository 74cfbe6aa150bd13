//! `Tenant<P>`: the only door to a tenant's rows for whoever is signed in.

use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use actix_web::cookie::Cookie;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest};
use db::{Db, DbError, Gate, PlatformTx, TenantRef, TenantState, TenantTx};
use jiff::Timestamp;
use kernel::event::Origin;
use kernel::id::SessionId;
use kernel::roles::Policy;

use crate::auth::credential::Proof;
use crate::auth::gate::Ask;
use crate::auth::{Caller, SessionCookie, SessionSecret, csrf, gate};
use crate::context::RequestContext;
use crate::host;
use crate::limits::Source;
use crate::problem::ApiError;
use crate::routes;

/// A signed-in person, or a program with a key, on a tenant's host who may do `P`. Put it first in a handler's signature, so that
/// 401 and 403 are answered before the body is looked at.
///
/// The proof that came along is read here; whether it holds, and whether the role allows `P`, says the
/// session's row, which travels with the first statement of every transaction.
pub struct Tenant<P> {
    context: Arc<RequestContext>,
    tenant: TenantRef,
    session: SessionId,
    write: bool,
    db: Db,
    policy: PhantomData<P>,
}

impl<P: Policy> Tenant<P> {
    /// Runs `work` in a read-only transaction of the tenant. Its first statement is on the wire before
    /// the caller is known; what it answered is thrown away where the gate refuses.
    pub async fn read<T, E: From<DbError>>(
        &self,
        work: impl AsyncFnOnce(&TenantTx) -> Result<T, E>,
    ) -> Result<T, E> {
        self.db
            .read(&self.tenant, self.context.origin(), Some(self.gate()), work)
            .await
    }

    /// Runs `work` in a transaction of the tenant: committed when it answers `Ok`. Nothing of it runs
    /// before the gate has opened.
    pub async fn write<T, E: From<DbError>>(
        &self,
        work: impl AsyncFnOnce(&TenantTx) -> Result<T, E>,
    ) -> Result<T, E> {
        self.db
            .write(&self.tenant, self.context.origin(), Some(self.gate()), work)
            .await
    }

    /// Runs `work` in a transaction on `platform`, once the gate has opened in one of its own: for what the
    /// platform keeps of this organisation. Its rows are reached by [`PlatformTx::enter`].
    pub async fn write_platform<T, E: From<DbError>>(
        &self,
        work: impl AsyncFnOnce(&PlatformTx, Caller) -> Result<T, E>,
    ) -> Result<T, E> {
        self.check(Ask::of::<P>(self.write)).await?;
        let caller = self.caller()?;
        self.db
            .write_platform(async |tx| work(tx, caller).await)
            .await
    }

    /// Who is calling. Known once a transaction of this request has run its first statement (inside a
    /// `write`, from the beginning); before that, [`DbError::Refused`].
    pub fn caller(&self) -> Result<Caller, DbError> {
        match self.context.standing() {
            Some(Ok(caller)) => Ok(caller),
            Some(Err(_)) | None => Err(DbError::Refused),
        }
    }

    /// The session the caller says they come by. A key to look up with, never proof of anything: the gate
    /// of the same transaction proves it. A program with a key has no session: by its key's id none is found.
    pub fn session_id(&self) -> SessionId {
        self.session
    }

    fn gate(&self) -> Gate {
        gate::gate(Arc::clone(&self.context), Ask::of::<P>(self.write))
    }
}

impl<P> Tenant<P> {
    /// The organisation that owns this host.
    pub fn organization(&self) -> &TenantRef {
        &self.tenant
    }

    /// Its console's address, `https://acme.signalbox.example`.
    pub fn url(&self) -> String {
        self.context.gateway.base().url_of(self.tenant.host())
    }

    /// From where, and in which request.
    pub fn origin(&self) -> Origin {
        self.context.origin()
    }

    /// From where, for what counts by address.
    pub fn source(&self) -> Source {
        self.context.source()
    }

    /// The database's time.
    pub fn now(&self) -> Timestamp {
        self.context.gateway.now()
    }

    /// The `Set-Cookie` of a session that goes on with another secret; `None` for a program, which has no
    /// cookie.
    pub fn renewed_cookie(
        &self,
        secret: &SessionSecret,
        max_age: Duration,
    ) -> Option<Cookie<'static>> {
        let by_cookie = matches!(self.context.proof(), Some(Proof::Cookie(_)));
        by_cookie.then(|| {
            SessionCookie {
                session: self.session,
                secret: secret.clone(),
            }
            .set(self.context.gateway.base().https, max_age)
        })
    }

    /// The `Set-Cookie` that ends a browser's session.
    pub fn clear_cookie(&self) -> Cookie<'static> {
        SessionCookie::clear(self.context.gateway.base().https)
    }

    pub(crate) fn context(&self) -> &RequestContext {
        &self.context
    }

    /// Asks the session's row, and nothing else, whether the caller may do what is asked at this moment.
    pub(crate) async fn check(&self, ask: Ask) -> Result<(), DbError> {
        let gate = gate::gate(Arc::clone(&self.context), ask);
        self.db
            .read(&self.tenant, self.origin(), Some(gate), async |_| Ok(()))
            .await
    }

    fn from_context(
        context: Arc<RequestContext>,
        request: &HttpRequest,
        allowed_suspended: bool,
    ) -> Result<Self, ApiError> {
        let tenant = context.tenant().ok_or_else(ApiError::not_found)?.clone();
        let proof = context.proof().ok_or_else(ApiError::unauthenticated)?;
        let session = proof.session();
        let write = csrf::is_write(request.method());
        if write && let Proof::Cookie(cookie) = proof {
            let own_origin = host::origin_of(request, &context)?;
            let keys = &context.gateway.config().keys;
            let headers = request.headers();
            if !csrf::allows_cookie_write(headers, &own_origin)
                || !csrf::has_token(headers, keys, &cookie.value())
            {
                return Err(csrf_refused());
            }
        }
        admit(&tenant, write, allowed_suspended)?;
        if let Some(module) = routes::module_of(request.path())
            && context.switches.is_off(tenant.id(), module)
        {
            return Err(ApiError::module_off(module));
        }
        let db = context.gateway.db()?.clone();
        Ok(Self {
            context,
            tenant,
            session,
            write,
            db,
            policy: PhantomData,
        })
    }
}

impl<P: Policy> FromRequest for Tenant<P> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(
            RequestContext::of(request)
                .and_then(|context| Self::from_context(context, request, P::PERMISSION.is_none())),
        )
    }
}

pub(crate) fn csrf_refused() -> ApiError {
    ApiError::new(
        StatusCode::FORBIDDEN,
        "csrf_refused",
        "This write did not come from a page of this host. Reload the page and try again.",
    )
}

/// Whether a tenant in its present state answers at all. Suspended ones still let people sign in, see who
/// they are and sign out.
pub(crate) fn admit(
    tenant: &TenantRef,
    write: bool,
    allowed_suspended: bool,
) -> Result<(), ApiError> {
    admit_state(tenant.state(), write, allowed_suspended)?;
    if tenancy::is_served(tenant) {
        Ok(())
    } else {
        Err(ApiError::migrating())
    }
}

fn admit_state(state: TenantState, write: bool, allowed_suspended: bool) -> Result<(), ApiError> {
    match state {
        TenantState::Active => Ok(()),
        TenantState::ReadOnly if write => Err(ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "read_only",
            "This workspace can only be read right now. Try again later.",
        )
        .retry_after(60)),
        TenantState::ReadOnly => Ok(()),
        TenantState::Suspended if allowed_suspended => Ok(()),
        TenantState::Suspended => Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "suspended",
            "This workspace is suspended. Its owner can find out more by signing in.",
        )),
        TenantState::Deleting if allowed_suspended => Ok(()),
        TenantState::Deleting => Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "deleting",
            "This workspace is about to be deleted. Its owner can still undo that.",
        )),
        TenantState::Deleted => Err(ApiError::new(
            StatusCode::GONE,
            "deleted",
            "This workspace was deleted.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_of_a_tenant_answers_with_its_own_code() {
        use TenantState::{Active, Deleted, Deleting, ReadOnly, Suspended};
        // State; write; signing in or out; code.
        let table = [
            (Active, true, false, None),
            (ReadOnly, false, false, None),
            (ReadOnly, true, false, Some((503, "read_only"))),
            (ReadOnly, true, true, Some((503, "read_only"))),
            (Suspended, true, true, None),
            (Suspended, false, false, Some((403, "suspended"))),
            (Deleting, false, true, None),
            (Deleting, false, false, Some((403, "deleting"))),
            (Deleted, false, true, Some((410, "deleted"))),
            (Deleted, false, false, Some((410, "deleted"))),
        ];
        for (state, write, signing, expected) in table {
            let answer = admit_state(state, write, signing).err();
            let answer = answer.map(|error| (error.status().as_u16(), error.code()));
            assert_eq!(answer, expected, "{state:?} {write} {signing}");
        }
    }
}
