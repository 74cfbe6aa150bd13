//! `Office`: the door to `platform` on the operators' listener. Who is asking, the operators' domain finds
//! out; this knows the host, the cookie as it was sent, and that a write was caused by this very page.

use std::future::{Ready, ready};
use std::net::IpAddr;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::{FromRequest, HttpRequest};
use db::{Db, DbError, PlatformTx};

use crate::auth::credential::bearer_token;
use crate::auth::csrf::{self, Cookies};
use crate::context::{HostKind, RequestContext};
use crate::host;
use crate::limits::Source;
use crate::problem::ApiError;
use crate::tenant::csrf_refused;
use crate::visitor::refuse_foreign_write;

/// The names over https. The prefix makes browsers insist on Secure, Path=/ and no Domain.
const SECURE_NAMES: [&str; 2] = ["__Host-operator", "__Host-operator-csrf"];
/// The names over http, where browsers refuse the prefix: a loopback address, or a tunnel to one. Cookies
/// ignore ports, so none of them may be one of the root host's, which is `localhost` too in development.
const PLAIN_NAMES: [&str; 2] = ["operator", "operator-csrf"];

/// Anybody on the operators' listener.
#[derive(Clone)]
pub struct Office {
    context: Arc<RequestContext>,
    db: Db,
    cookie: Option<String>,
    /// The cookie came along with a write that has not the token of its page.
    lacks_token: bool,
    bearer: Option<String>,
}

impl Office {
    /// Runs `work` in a transaction on `platform`: committed when it answers `Ok`.
    pub async fn write_platform<T, E: From<DbError>>(
        &self,
        work: impl AsyncFnOnce(&PlatformTx) -> Result<T, E>,
    ) -> Result<T, E> {
        self.db.write_platform(work).await
    }

    /// The token of a program, as it was sent; empty where the header holds none.
    pub fn bearer(&self) -> Option<&str> {
        self.bearer.as_deref()
    }

    /// What `read` makes of the operators' session cookie; none beside a program's token. Errors: 403
    /// `csrf_refused` where it would sign a write without the token of its page.
    ///
    /// Signing in does not ask for it: a cookie that outlives its session and its token keeps nobody out.
    pub fn proof<T>(&self, read: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, ApiError> {
        let proof = self.cookie.as_deref().and_then(read);
        if proof.is_some() && self.lacks_token {
            return Err(csrf_refused());
        }
        Ok(proof)
    }

    /// Says that this cookie's session is good: its page may have the token that goes with it.
    pub fn accept_cookie(&self) {
        if let Some(cookie) = &self.cookie {
            self.context.accept_cookie(cookie);
        }
    }

    /// What that cookie is called here.
    pub fn cookie_name(&self) -> &'static str {
        cookies(self.is_https()).session
    }

    /// Whether browsers come by https.
    pub fn is_https(&self) -> bool {
        self.context.gateway.base().https
    }

    /// The client's address, by what trusted proxies say.
    pub fn address(&self) -> Option<IpAddr> {
        self.context.address
    }

    /// The same for what counts by address: on this listener no network is trusted.
    pub fn source(&self) -> Source {
        self.context.source()
    }
}

/// The session's cookie and its token's.
pub(crate) const fn cookies(https: bool) -> Cookies {
    let [session, token] = if https { SECURE_NAMES } else { PLAIN_NAMES };
    Cookies {
        session,
        token,
        https,
    }
}

/// The token of the one `Authorization` header.
fn bearer(headers: &HeaderMap) -> Option<String> {
    let mut all = headers.get_all(AUTHORIZATION);
    let first = all.next()?;
    let token = first.to_str().ok().and_then(bearer_token);
    let token = token.filter(|_| all.next().is_none());
    Some(token.unwrap_or_default().to_owned())
}

impl FromRequest for Office {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(RequestContext::of(request).and_then(|context| {
            if !matches!(context.host, HostKind::Operators) {
                return Err(ApiError::not_found());
            }
            let bearer = bearer(request.headers());
            let name = cookies(context.gateway.base().https).session;
            let cookie = request.cookie(name).filter(|_| bearer.is_none());
            match &cookie {
                // No page of another host can send the header.
                _ if bearer.as_deref().is_some_and(|it| !it.is_empty()) => {}
                Some(_) if csrf::is_write(request.method()) => {
                    let own_origin = host::origin_of(request, &context)?;
                    if !csrf::allows_cookie_write(request.headers(), &own_origin) {
                        return Err(csrf_refused());
                    }
                }
                _ => refuse_foreign_write(request, &context)?,
            }
            let keys = &context.gateway.config().keys;
            let lacks_token = csrf::is_write(request.method())
                && cookie.as_ref().is_some_and(|cookie| {
                    !csrf::has_token(request.headers(), keys, cookie.value())
                });
            let db = context.gateway.db()?.clone();
            Ok(Self {
                context,
                db,
                cookie: cookie.map(|cookie| cookie.value().to_owned()),
                lacks_token,
                bearer,
            })
        }))
    }
}
