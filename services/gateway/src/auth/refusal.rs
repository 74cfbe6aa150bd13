//! What the gate's refusals look like from outside.

use actix_web::http::StatusCode;

use super::gate::Refusal;
use crate::problem::ApiError;

/// The problem that tells of `refusal`.
pub(crate) fn refused_by_gate(refusal: Refusal) -> ApiError {
    let forbidden = |code, detail| ApiError::new(StatusCode::FORBIDDEN, code, detail);
    match refusal {
        Refusal::Unauthenticated => ApiError::unauthenticated(),
        Refusal::Forbidden(permission) => {
            let name = permission.as_str();
            let detail = format!("Your role lacks the permission {name}.");
            ApiError::new(StatusCode::FORBIDDEN, "forbidden", detail)
                .with_extension("permission", name)
        }
        Refusal::OutOfScope(permission) => {
            let name = permission.as_str();
            let detail = format!("This key, or whoever made it, lacks the permission {name}.");
            ApiError::new(StatusCode::FORBIDDEN, "forbidden", detail)
                .with_extension("permission", name)
        }
        Refusal::NotThePerson => forbidden(
            "person_required",
            "Only the person whose account this is can do that, signed in by themselves.",
        ),
        Refusal::Support => forbidden(
            "support_read_only",
            "Support access shows this workspace. It changes nothing, and shows nothing of people's own accounts.",
        ),
        Refusal::Elsewhere => forbidden(
            "network_not_allowed",
            "This organisation lets nobody in from the network you are in.",
        ),
        Refusal::Owing => forbidden(
            "second_factor_due",
            "This organisation asks for a second factor. Set one up first, or sign in with the one you have.",
        ),
        Refusal::Stale => forbidden(
            "reauthentication_required",
            "This needs you to prove again who you are: POST /api/v1/auth/reauthenticate, then try again.",
        ),
    }
}
