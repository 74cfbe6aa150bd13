//! `Office`: the door to `platform` on the operators' listener. Who is asking, the operators' domain finds
//! out; this knows the host, the cookie as it was sent, and that a write was caused by this very page.

use std::future::{Ready, ready};
use std::net::IpAddr;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use db::{Db, DbError, PlatformTx};

use crate::auth::csrf;
use crate::context::{HostKind, RequestContext};
use crate::host;
use crate::problem::ApiError;
use crate::tenant::csrf_refused;
use crate::visitor::refuse_foreign_write;

/// The name over https. The prefix makes browsers insist on Secure, Path=/ and no Domain.
const SECURE_NAME: &str = "__Host-operator";
/// The name over http, where browsers refuse the prefix: a loopback address, or a tunnel to one.
const PLAIN_NAME: &str = "operator";

/// Anybody on the operators' listener.
#[derive(Clone)]
pub struct Office {
    context: Arc<RequestContext>,
    db: Db,
    cookie: Option<String>,
}

impl Office {
    /// Runs `work` in a transaction on `platform`: committed when it answers `Ok`.
    pub async fn write_platform<T, E: From<DbError>>(
        &self,
        work: impl AsyncFnOnce(&PlatformTx) -> Result<T, E>,
    ) -> Result<T, E> {
        self.db.write_platform(work).await
    }

    /// The value of the operators' session cookie, as it was sent.
    pub fn cookie(&self) -> Option<&str> {
        self.cookie.as_deref()
    }

    /// What that cookie is called here.
    pub fn cookie_name(&self) -> &'static str {
        cookie_name(self.is_https())
    }

    /// Whether browsers come by https.
    pub fn is_https(&self) -> bool {
        self.context.gateway.base().https
    }

    /// The client's address, by what trusted proxies say.
    pub fn address(&self) -> Option<IpAddr> {
        self.context.address
    }
}

const fn cookie_name(https: bool) -> &'static str {
    if https { SECURE_NAME } else { PLAIN_NAME }
}

impl FromRequest for Office {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(RequestContext::of(request).and_then(|context| {
            if !matches!(context.host, HostKind::Operators) {
                return Err(ApiError::not_found());
            }
            let cookie = request.cookie(cookie_name(context.gateway.base().https));
            match &cookie {
                Some(_) if csrf::is_write(request.method()) => {
                    let own_origin = host::origin_of(request, &context)?;
                    if !csrf::allows_cookie_write(request.headers(), &own_origin) {
                        return Err(csrf_refused());
                    }
                }
                _ => refuse_foreign_write(request, &context)?,
            }
            let db = context.gateway.db()?.clone();
            Ok(Self {
                context,
                db,
                cookie: cookie.map(|cookie| cookie.value().to_owned()),
            })
        }))
    }
}
