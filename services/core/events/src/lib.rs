//! Facts that domains publish, one file per publishing domain: the payloads, and what the audit log keeps.
//!
//! Owns the words in which domains speak to each other. Must not hold behaviour, and no payload holds a
//! secret: events are kept, exported and delivered.

pub mod endpoints;
pub mod identity;
pub mod recovery;
pub mod registration;
pub mod support;

/// Every kind of event that code can record, sorted. A kind is never renamed; what it means changes with
/// its version.
pub const KINDS: &[&str] = &[
    "account.deleted",
    "account.disowned",
    "api_key.created",
    "api_key.revoked",
    "codes.changed",
    "email.changed",
    "email_change.confirmed",
    "email_change.requested",
    "identity.changed",
    "endpoint.changed",
    "endpoint.checked",
    "endpoint.created",
    "endpoint.deleted",
    "endpoint.paused",
    "endpoint.restored",
    "endpoint.resumed",
    "invitation.changed",
    "member.changed",
    "member.deactivated",
    "member.joined",
    "member.reactivated",
    "member.removed",
    "organization.registered",
    "passkey.changed",
    "ownership.offered",
    "ownership.transferred",
    "ownership_offer.ended",
    "password.changed",
    "password_reset.requested",
    "recovery.began",
    "recovery.completed",
    "recovery.ended",
    "recovery.sent",
    "recovery.stopped",
    "session.confirmed",
    "session.created",
    "session.ended",
    "sessions.ended",
    "sign_in_policy.changed",
    "support.allowed",
    "support.began",
    "support.ended",
    "support.withdrawn",
    "token.refreshed",
    "user.verified",
    "verification.requested",
];
