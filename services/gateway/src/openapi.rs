//! What the description of the API says beside the domains' operations.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Info, OpenApi};
use utoipa::{PartialSchema, ToSchema};

use crate::problem::Problem;

/// Name of the security scheme of browsers.
pub const COOKIE_SCHEME: &str = "session_cookie";
/// Name of the security scheme of programs.
pub const BEARER_SCHEME: &str = "access_token";
/// Name of the security scheme of programs with a key of their own.
pub const KEY_SCHEME: &str = "api_key";

/// Name of the security scheme of operators.
pub const OPERATOR_SCHEME: &str = "operator_cookie";
/// Name of the security scheme of operators' programs.
pub const OPERATOR_TOKEN_SCHEME: &str = "operator_token";

/// The same for the operators' listener.
pub(crate) fn complete_operators(mut description: OpenApi) -> OpenApi {
    description.info = Info::builder()
        .title("Signalbox for operators")
        .version("1")
        .description(Some(
            "Answers on the operators' listener only. `x-permission` is what the operator's role must \
             allow; operations without it ask only that somebody is signed in, and those without \
             `security` not even that. A token does what it was made for and its operator's role allows, \
             and only where `security` names it.",
        ))
        .build();
    let components = description.components.get_or_insert_default();
    let mut schemas = vec![(Problem::name().into_owned(), Problem::schema())];
    Problem::schemas(&mut schemas);
    components.schemas.extend(schemas);
    components.add_security_scheme(
        OPERATOR_SCHEME,
        SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
            "__Host-operator",
            "Set by `create_session`. Over http it is called `operator`.",
        ))),
    );
    let token = Http::builder()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A token of `create_token`: `sbo_…`."))
        .build();
    components.add_security_scheme(OPERATOR_TOKEN_SCHEME, SecurityScheme::Http(token));
    description
}

/// Adds title, schemes and the problem's schema to what was collected from the routes.
pub(crate) fn complete(mut description: OpenApi) -> OpenApi {
    description.info = Info::builder()
        .title("Signalbox")
        .version("1")
        .description(Some(
            "Operations carry `x-host`: `root` answers on the base domain only, `tenant` on an \
             organisation's host only, `any` on both. `x-permission` is what the caller's role, or their \
             key, must allow; operations without it ask only that somebody is signed in, and those without \
             `security` not even that. `x-recent` wants a proof of the last ten minutes, by the person \
             themselves.",
        ))
        .build();
    let components = description.components.get_or_insert_default();
    let mut schemas = vec![(Problem::name().into_owned(), Problem::schema())];
    Problem::schemas(&mut schemas);
    components.schemas.extend(schemas);
    components.add_security_scheme(
        COOKIE_SCHEME,
        SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
            "__Host-session",
            "Set by `create_session`. Over http, in development, it is called `session`.",
        ))),
    );
    components.add_security_scheme(
        BEARER_SCHEME,
        SecurityScheme::Http(
            Http::builder()
                .scheme(HttpAuthScheme::Bearer)
                .bearer_format("JWT")
                .description(Some("Given by `create_token`; lives ten minutes."))
                .build(),
        ),
    );
    let key = Http::builder()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some(
            "A key of `create_api_key`: `sbk_…`. It does what it was made for, as long as its maker may too.",
        ))
        .build();
    components.add_security_scheme(KEY_SCHEME, SecurityScheme::Http(key));
    description
}
