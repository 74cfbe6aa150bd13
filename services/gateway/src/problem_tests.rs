//! Problem documents, and what stays out of them.

use super::*;
use actix_web::body::MessageBody;
use serde_json::json;

#[derive(Debug, thiserror::Error)]
enum Story {
    #[error("taken by {0}")]
    Taken(u8),
    #[error("wrapped")]
    Wrapped(#[source] DbError),
    #[error("deep inside")]
    Deep(#[source] std::io::Error),
}

impl DomainError for Story {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Taken(_) => ErrorKind::Conflict,
            Self::Wrapped(_) | Self::Deep(_) => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Taken(_) => "name_taken",
            Self::Wrapped(_) | Self::Deep(_) => "internal",
        }
    }

    fn detail(&self) -> String {
        "Choose another name.".into()
    }

    fn fields(&self) -> Vec<FieldError> {
        vec![FieldError::new("name", "taken", "This name is taken.")]
    }

    fn extensions(&self) -> Option<Map<String, Value>> {
        match self {
            Self::Taken(_) => json!({"existing_id": 7}).as_object().cloned(),
            Self::Wrapped(_) | Self::Deep(_) => None,
        }
    }
}

fn body_of(error: &ApiError) -> Value {
    let response = error.respond(Uuid::nil());
    assert_eq!(
        response
            .headers()
            .get("content-type")
            .expect("it has a type"),
        "application/problem+json"
    );
    let bytes = response.into_body().try_into_bytes().expect("it is whole");
    serde_json::from_slice(&bytes).expect("JSON")
}

#[test]
fn a_domains_error_becomes_a_whole_document() {
    let error = ApiError::from(Story::Taken(1));
    assert_eq!(
        body_of(&error),
        json!({
            "type": "about:blank", "title": "Conflict", "status": 409, "code": "name_taken",
            "detail": "Choose another name.", "request_id": Uuid::nil(),
            "errors": [{"pointer": "/name", "code": "taken", "message": "This name is taken."}],
            "existing_id": 7,
        })
    );
}

#[test]
fn text_from_inside_is_told_to_the_log_and_to_nobody_else() {
    let cause = std::io::Error::other("password=hunter2");
    let error = ApiError::from(Story::Deep(cause));
    assert_eq!(error.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(
        error.story().as_deref(),
        Some("deep inside: password=hunter2")
    );
    let text = body_of(&error).to_string();
    assert!(
        !text.contains("hunter2") && !text.contains("deep inside"),
        "{text}"
    );
    assert_eq!(body_of(&error)["code"], "internal");
}

#[test]
fn a_failing_database_keeps_its_meaning_inside_a_domains_error() {
    let missing = ApiError::from(Story::Wrapped(DbError::Missing));
    assert_eq!(
        (missing.status().as_u16(), missing.code()),
        (500, "internal")
    );
    let refused = ApiError::from(DbError::Refused);
    assert_eq!(
        (refused.status().as_u16(), refused.code()),
        (401, "unauthenticated")
    );
    let wrapped = ApiError::from(Story::Wrapped(DbError::Refused));
    assert_eq!(wrapped.status().as_u16(), 401);
    let closed = deadpool_closed();
    let away = ApiError::from(Story::Wrapped(closed));
    assert_eq!((away.status().as_u16(), away.code()), (503, "unavailable"));
    let answer = away.respond(Uuid::nil());
    assert_eq!(answer.headers().get(RETRY_AFTER).expect("it is there"), "1");
    assert_eq!(body_of(&away).get("errors"), None);
}

/// A database that is away: a server that was never there.
fn deadpool_closed() -> DbError {
    let config = db::DbConfig::new("postgres://nobody@127.0.0.1:1/none?sslmode=disable".to_owned());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime
        .block_on(db::Db::connect(&config))
        .err()
        .expect("nobody listens there")
}

#[test]
fn a_401_says_how_to_sign_in() {
    let answer = ApiError::unauthenticated().respond(Uuid::nil());
    assert_eq!(
        answer.headers().get(WWW_AUTHENTICATE).expect("it is there"),
        "Bearer"
    );
}

#[test]
fn every_kind_has_its_status() {
    use ErrorKind::*;
    let table = [
        (Invalid, 400),
        (Unauthenticated, 401),
        (Forbidden, 403),
        (NotFound, 404),
        (Conflict, 409),
        (Gone, 410),
        (PreconditionFailed, 412),
        (TooLarge, 413),
        (Unprocessable, 422),
        (PreconditionRequired, 428),
        (TooMany { retry_after_s: 3 }, 429),
        (Internal, 500),
        (Upstream, 502),
        (Unavailable { retry_after_s: 3 }, 503),
    ];
    for (kind, status) in table {
        assert_eq!(status_of(kind).0.as_u16(), status, "{kind:?}");
    }
    assert_eq!(status_of(TooMany { retry_after_s: 3 }).1, Some(3));
}
