//! What identity publishes: people, and the sessions they come by.

mod credentials;
mod identities;
mod keys;
mod ownership;
mod passkeys;
mod people;
mod policy;

use kernel::event::{Audit, Event};
use kernel::id::{SessionId, TenantId, UserId};
use kernel::roles::Role;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

pub use credentials::{
    AccountDisowned, CodesChange, CodesChanged, EmailChangeConfirmed, EmailChangeRequested,
    EmailChanged, PasswordChange, PasswordChanged, PasswordResetRequested,
};
pub use identities::{IdentityChange, IdentityChanged};
pub use keys::{ApiKeyCreated, ApiKeyRevoked};
pub use ownership::{AccountDeleted, OwnershipOfferEnded, OwnershipOffered, OwnershipTransferred};
pub use passkeys::{PasskeyChange, PasskeyChanged};
pub use people::{
    InvitationChange, InvitationChanged, MemberChanged, MemberDeactivated, MemberJoined,
    MemberReactivated, MemberRemoved,
};
pub use policy::SignInPolicyChanged;

/// A person proved that mail to their address reaches them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserVerified {
    /// Who.
    pub user_id: UserId,
    /// Their standing: an owner's proof is the organisation's.
    pub role: Role,
}

impl Event for UserVerified {
    const KIND: &'static str = "user.verified";

    fn audit(&self) -> Audit {
        Audit {
            target_kind: "user",
            target_id: self.user_id.uuid(),
            before: Some(json!({ "state": "unverified" })),
            after: Some(json!({ "state": "active" })),
        }
    }
}

/// Somebody asked for another verification mail. Whether the address is known here is found out by
/// whoever acts on it, not by whoever asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerificationRequested {
    /// Where it was asked.
    pub organization_id: TenantId,
    /// The address as it was typed, normalised.
    pub email: String,
}

impl Event for VerificationRequested {
    const KIND: &'static str = "verification.requested";

    fn audit(&self) -> Audit {
        Audit {
            target_kind: "organization",
            target_id: self.organization_id.uuid(),
            before: None,
            after: Some(json!({ "email": self.email })),
        }
    }
}

/// How somebody comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionKind {
    /// With a cookie.
    Browser,
    /// With tokens.
    Program,
}

/// Somebody signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionCreated {
    /// The new session.
    pub session_id: SessionId,
    /// Whose.
    pub user_id: UserId,
    /// How they come.
    pub kind: SessionKind,
    /// Who they are elsewhere, where signing in linked that to their account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linked_identity: Option<Uuid>,
}

impl Event for SessionCreated {
    const KIND: &'static str = "session.created";

    fn audit(&self) -> Audit {
        let mut after = json!({ "user_id": self.user_id, "kind": self.kind });
        if let (Some(linked), Some(told)) = (self.linked_identity, after.as_object_mut()) {
            told.insert("linked_identity".to_owned(), json!(linked));
        }
        Audit {
            target_kind: "session",
            target_id: self.session_id.uuid(),
            before: None,
            after: Some(after),
        }
    }
}

/// Somebody who is signed in proved again who they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionConfirmed {
    /// The session that goes on, with a new secret.
    pub session_id: SessionId,
    /// Whose.
    pub user_id: UserId,
}

impl Event for SessionConfirmed {
    const KIND: &'static str = "session.confirmed";

    fn audit(&self) -> Audit {
        Audit {
            target_kind: "session",
            target_id: self.session_id.uuid(),
            before: None,
            after: Some(json!({ "user_id": self.user_id })),
        }
    }
}

/// Why a session is over before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionEnd {
    /// Its owner signed out.
    SignedOut,
    /// A refresh token came a second time: two hold what one should.
    TokenReused,
    /// Its owner ended it from another one.
    Revoked,
    /// The password was changed or reset.
    PasswordChanged,
    /// The address was changed.
    EmailChanged,
    /// Another way of proving who somebody is was added, changed or removed.
    FactorChanged,
    /// Its owner says that somebody else did what a mail told of.
    Disowned,
    /// The account was switched off.
    Deactivated,
    /// The person left, or was removed.
    Removed,
}

/// A session is over. Its sockets close, its tokens are worth nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionEnded {
    /// The session.
    pub session_id: SessionId,
    /// Whose it was.
    pub user_id: UserId,
    /// Why.
    pub reason: SessionEnd,
}

impl Event for SessionEnded {
    const KIND: &'static str = "session.ended";

    fn audit(&self) -> Audit {
        Audit {
            target_kind: "session",
            target_id: self.session_id.uuid(),
            before: Some(json!({ "user_id": self.user_id })),
            after: Some(json!({ "reason": self.reason })),
        }
    }
}

/// Several sessions of one person are over at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionsEnded {
    /// Whose they were.
    pub user_id: UserId,
    /// The sessions.
    pub ended_sessions: Vec<SessionId>,
    /// Why.
    pub reason: SessionEnd,
}

impl Event for SessionsEnded {
    const KIND: &'static str = "sessions.ended";

    fn audit(&self) -> Audit {
        Audit {
            target_kind: "user",
            target_id: self.user_id.uuid(),
            before: Some(json!({ "sessions": self.ended_sessions.len() })),
            after: Some(json!({ "reason": self.reason })),
        }
    }
}

/// What every event holds that ends sessions beside something else it tells of: their sockets close.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndsSessions {
    /// The sessions.
    pub ended_sessions: Vec<SessionId>,
}

/// A program exchanged its refresh token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRefreshed {
    /// The session that goes on.
    pub session_id: SessionId,
    /// Whose.
    pub user_id: UserId,
}

impl Event for TokenRefreshed {
    const KIND: &'static str = "token.refreshed";

    fn audit(&self) -> Audit {
        Audit {
            target_kind: "session",
            target_id: self.session_id.uuid(),
            before: None,
            after: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_listed() {
        for kind in [
            UserVerified::KIND,
            VerificationRequested::KIND,
            SessionConfirmed::KIND,
            SessionCreated::KIND,
            SessionEnded::KIND,
            SessionsEnded::KIND,
            TokenRefreshed::KIND,
        ] {
            assert!(crate::KINDS.contains(&kind), "{kind}");
        }
    }
}
