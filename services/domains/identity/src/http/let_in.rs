//! The answer that lets a browser in: the session's cookie, and the one it is known again by.

use actix_web::HttpResponse;
use gateway::Visitor;

use super::dto::SessionView;
use crate::model::{BROWSER_SESSION, BrowserSession, KNOWN_DEVICE};

/// Lets a browser in whose session is committed.
pub fn let_in(visitor: &Visitor, session: BrowserSession) -> HttpResponse {
    let life = BROWSER_SESSION.unsigned_abs();
    let session_cookie = visitor.session_cookie(session.id, &session.secret, life);
    let known = session.known_by.value();
    let device_cookie = visitor.set_device_cookie(known, KNOWN_DEVICE.unsigned_abs());
    HttpResponse::Ok()
        .cookie(session_cookie)
        .cookie(device_cookie)
        .json(SessionView::new(session))
}
