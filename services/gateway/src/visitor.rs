//! `Visitor` and `Root`: the doors for whoever is not signed in.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::time::Duration;

use actix_web::cookie::Cookie;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use db::{Db, DbError, PlatformTx, TenantRef, TenantTx};
use jiff::Timestamp;
use kernel::event::Origin;
use kernel::id::SessionId;

use crate::auth::{SessionCookie, SessionSecret, csrf, sent_device, set_device};
use crate::context::{HostKind, RequestContext};
use crate::host;
use crate::limits::Source;
use crate::problem::ApiError;
use crate::tenant::{admit, csrf_refused};

/// Anybody on a tenant's host: signing in, verifying, asking for a link. Credentials are not looked at.
pub struct Visitor {
    context: Arc<RequestContext>,
    tenant: TenantRef,
    db: Db,
}

impl Visitor {
    /// Runs `work` in a read-only transaction of the tenant.
    pub async fn read<T, E: From<DbError>>(
        &self,
        work: impl AsyncFnOnce(&TenantTx) -> Result<T, E>,
    ) -> Result<T, E> {
        self.db.read(&self.tenant, self.origin(), None, work).await
    }

    /// Runs `work` in a transaction of the tenant: committed when it answers `Ok`.
    pub async fn write<T, E: From<DbError>>(
        &self,
        work: impl AsyncFnOnce(&TenantTx) -> Result<T, E>,
    ) -> Result<T, E> {
        self.db.write(&self.tenant, self.origin(), None, work).await
    }

    /// Runs `work` in a transaction on `platform`: committed when it answers `Ok`. The organisation's rows are
    /// reached by [`PlatformTx::enter`].
    pub async fn write_platform<T, E: From<DbError>>(
        &self,
        work: impl AsyncFnOnce(&PlatformTx) -> Result<T, E>,
    ) -> Result<T, E> {
        self.db.write_platform(work).await
    }

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

    /// The `Set-Cookie` that signs a browser in: to be sent once the session's row is committed.
    pub fn session_cookie(
        &self,
        session: SessionId,
        secret: &SessionSecret,
        max_age: Duration,
    ) -> Cookie<'static> {
        SessionCookie {
            session,
            secret: secret.clone(),
        }
        .set(self.context.gateway.base().https, max_age)
    }

    /// The `Set-Cookie` by which this browser is known again: see [`device_cookie`].
    pub fn set_device_cookie(&self, value: String, max_age: Duration) -> Cookie<'static> {
        set_device(self.context.gateway.base().https, value, max_age)
    }
}

/// What a browser that was here before sends to be known again, whoever signed in. It signs nobody in.
pub fn device_cookie(request: &HttpRequest) -> Option<String> {
    let context = RequestContext::of(request).ok()?;
    sent_device(request.headers(), context.gateway.base().https).map(str::to_owned)
}

impl FromRequest for Visitor {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(RequestContext::of(request).and_then(|context| {
            let tenant = context.tenant().ok_or_else(ApiError::not_found)?.clone();
            refuse_foreign_write(request, &context)?;
            admit(&tenant, csrf::is_write(request.method()), true)?;
            let db = context.gateway.db()?.clone();
            Ok(Self {
                context,
                tenant,
                db,
            })
        }))
    }
}

/// Anybody on the root host: registering, finding a workspace.
pub struct Root {
    context: Arc<RequestContext>,
    db: Db,
}

impl Root {
    /// Runs `work` in a read-only transaction on `platform`.
    pub async fn read_platform<T, E: From<DbError>>(
        &self,
        work: impl AsyncFnOnce(&PlatformTx) -> Result<T, E>,
    ) -> Result<T, E> {
        self.db.read_platform(work).await
    }

    /// Runs `work` in a transaction on `platform`: committed when it answers `Ok`.
    pub async fn write_platform<T, E: From<DbError>>(
        &self,
        work: impl AsyncFnOnce(&PlatformTx) -> Result<T, E>,
    ) -> Result<T, E> {
        self.db.write_platform(work).await
    }

    /// The base domain below which tenants' hosts hang, `signalbox.example`.
    pub fn domain(&self) -> &str {
        &self.context.gateway.base().domain
    }

    /// The address of a tenant's console on `host`, `https://acme.signalbox.example`.
    pub fn url_of(&self, host: &str) -> String {
        self.context.gateway.base().url_of(host)
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

    /// Whether browsers come by https.
    pub fn https(&self) -> bool {
        self.context.gateway.base().https
    }

    /// The organisation that answers on `host`, for whoever is on their way there. Errors: 404
    /// `unknown_host`; what the organisation's own host would answer to a write.
    pub async fn find_organization(&self, host: &str) -> Result<TenantRef, ApiError> {
        let named = host::Authority::parse(host)?;
        let finder = self.context.gateway.finder();
        let (kind, _) = host::resolve(&named.host, &finder).await?;
        let HostKind::Tenant(tenant) = kind else {
            return Err(host::unknown_host());
        };
        admit(&tenant, true, true)?;
        Ok(tenant)
    }

    /// Runs `work` in a transaction of `tenant`: committed when it answers `Ok`.
    pub async fn write<T, E: From<DbError>>(
        &self,
        tenant: &TenantRef,
        work: impl AsyncFnOnce(&TenantTx) -> Result<T, E>,
    ) -> Result<T, E> {
        self.db.write(tenant, self.origin(), None, work).await
    }

    pub(crate) fn context(&self) -> &RequestContext {
        &self.context
    }
}

impl FromRequest for Root {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(RequestContext::of(request).and_then(|context| {
            if !matches!(context.host, HostKind::Root) {
                return Err(ApiError::not_found());
            }
            refuse_foreign_write(request, &context)?;
            let db = context.gateway.db()?.clone();
            Ok(Self { context, db })
        }))
    }
}

pub(crate) fn refuse_foreign_write(
    request: &HttpRequest,
    context: &RequestContext,
) -> Result<(), ApiError> {
    if csrf::is_write(request.method())
        && context.cors_origin.is_none()
        && !csrf::allows_anonymous_write(request.headers(), &host::origin_of(request, context)?)
    {
        return Err(csrf_refused());
    }
    Ok(())
}
