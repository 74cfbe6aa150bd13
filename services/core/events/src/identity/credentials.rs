//! What happens to the ways in which people prove who they are.

use kernel::event::{Audit, Event};
use kernel::id::{SessionId, TenantId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Somebody cannot sign in and asked for a link. Whether the address is known here is found out by whoever
/// acts on it, not by whoever asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordResetRequested {
    /// Where it was asked.
    pub organization_id: TenantId,
    /// The address as it was typed, normalised.
    pub email: String,
}

impl Event for PasswordResetRequested {
    const KIND: &'static str = "password_reset.requested";

    fn audit(&self) -> Audit {
        Audit {
            target_kind: "organization",
            target_id: self.organization_id.uuid(),
            before: None,
            after: Some(json!({ "email": self.email })),
        }
    }
}

/// How a password came to be another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PasswordChange {
    /// By the link of a mail.
    Reset,
    /// By whoever knew the one before.
    Changed,
    /// There was none before.
    Set,
}

/// A person has another password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordChanged {
    /// Who.
    pub user_id: UserId,
    /// How.
    pub change: PasswordChange,
    /// The sessions that are over with it.
    pub ended_sessions: Vec<SessionId>,
}

impl Event for PasswordChanged {
    const KIND: &'static str = "password.changed";

    fn audit(&self) -> Audit {
        let after = json!({ "change": self.change, "sessions_ended": self.ended_sessions.len() });
        about(self.user_id, after)
    }
}

/// A person wants another address. It becomes theirs once both have been proven.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailChangeRequested {
    /// Who.
    pub user_id: UserId,
    /// The address they want.
    pub email: String,
}

impl Event for EmailChangeRequested {
    const KIND: &'static str = "email_change.requested";

    fn audit(&self) -> Audit {
        about(self.user_id, json!({ "email": self.email }))
    }
}

/// One of the two addresses of a change is proven; the other is not yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailChangeConfirmed {
    /// Who.
    pub user_id: UserId,
    /// Whether it was the address they have, or the one they want.
    pub present_address: bool,
}

impl Event for EmailChangeConfirmed {
    const KIND: &'static str = "email_change.confirmed";

    fn audit(&self) -> Audit {
        about(
            self.user_id,
            json!({ "present_address": self.present_address }),
        )
    }
}

/// A person has another address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailChanged {
    /// Who.
    pub user_id: UserId,
    /// The address they had.
    pub before: String,
    /// The address they have.
    pub after: String,
}

impl Event for EmailChanged {
    const KIND: &'static str = "email.changed";

    fn audit(&self) -> Audit {
        Audit {
            before: Some(json!({ "email": self.before })),
            ..about(self.user_id, json!({ "email": self.after }))
        }
    }
}

/// What became of the one-time codes of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodesChange {
    /// A seed was made; nothing asks for its codes yet.
    Started,
    /// Its owner showed a code: from now on signing in asks for one.
    Added,
    /// Signing in asks for none any more.
    Removed,
    /// There are new recovery codes; the older ones are worth nothing.
    RecoveryReplaced,
}

/// The one-time codes of an account changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodesChanged {
    /// Who.
    pub user_id: UserId,
    /// How.
    pub change: CodesChange,
}

impl Event for CodesChanged {
    const KIND: &'static str = "codes.changed";

    fn audit(&self) -> Audit {
        about(self.user_id, json!({ "change": self.change }))
    }
}

/// Somebody says that it was not them of whom a mail told: nobody gets in until the password was reset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountDisowned {
    /// Who.
    pub user_id: UserId,
    /// The sessions that are over.
    pub ended_sessions: Vec<SessionId>,
}

impl Event for AccountDisowned {
    const KIND: &'static str = "account.disowned";

    fn audit(&self) -> Audit {
        about(
            self.user_id,
            json!({ "sessions_ended": self.ended_sessions.len() }),
        )
    }
}

fn about(user: UserId, after: Value) -> Audit {
    Audit {
        target_kind: "user",
        target_id: user.uuid(),
        before: None,
        after: Some(after),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_listed() {
        for kind in [
            PasswordResetRequested::KIND,
            PasswordChanged::KIND,
            EmailChangeRequested::KIND,
            EmailChangeConfirmed::KIND,
            EmailChanged::KIND,
            CodesChanged::KIND,
            AccountDisowned::KIND,
        ] {
            assert!(crate::KINDS.contains(&kind), "{kind}");
        }
    }
}
