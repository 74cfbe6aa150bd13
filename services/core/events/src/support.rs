//! What support access publishes: consent, and each look of somebody of the platform.

use jiff::Timestamp;
use kernel::event::{Audit, Event};
use kernel::id::{OperatorId, SessionId, SupportAccessId, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The organisation lets operators look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupportAllowed {
    /// Who does.
    pub organization_id: TenantId,
    /// Until when.
    pub until: Timestamp,
    /// What was there before.
    pub before: Option<Timestamp>,
}

impl Event for SupportAllowed {
    const KIND: &'static str = "support.allowed";

    fn audit(&self) -> Audit {
        Audit {
            target_kind: "organization",
            target_id: self.organization_id.uuid(),
            before: Some(json!({ "support_until": self.before })),
            after: Some(json!({ "support_until": self.until })),
        }
    }
}

/// The organisation lets operators look no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupportWithdrawn {
    /// Who does not.
    pub organization_id: TenantId,
    /// What was there before.
    pub before: Option<Timestamp>,
    /// The looks that ended with it: their sockets close.
    pub ended_sessions: Vec<SessionId>,
}

impl Event for SupportWithdrawn {
    const KIND: &'static str = "support.withdrawn";

    fn audit(&self) -> Audit {
        Audit {
            target_kind: "organization",
            target_id: self.organization_id.uuid(),
            before: Some(json!({ "support_until": self.before })),
            after: Some(json!({ "support_until": null, "ended": self.ended_sessions })),
        }
    }
}

/// An operator has begun to look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupportBegan {
    /// Which look.
    pub access_id: SupportAccessId,
    /// As which session.
    pub session_id: SessionId,
    /// Who.
    pub operator_id: OperatorId,
    /// Their name.
    pub operator: String,
    /// Why.
    pub reason: String,
    /// Where else it is written about.
    pub ticket: Option<String>,
    /// Until when at the most.
    pub ends_at: Timestamp,
}

impl Event for SupportBegan {
    const KIND: &'static str = "support.began";

    fn audit(&self) -> Audit {
        Audit {
            target_kind: "session",
            target_id: self.session_id.uuid(),
            before: None,
            after: Some(json!({
                "operator": self.operator, "reason": self.reason, "ticket": self.ticket, "ends_at": self.ends_at,
            })),
        }
    }
}

/// An operator looks no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupportEnded {
    /// Which look.
    pub access_id: SupportAccessId,
    /// As which session.
    pub session_id: SessionId,
    /// Who.
    pub operator_id: OperatorId,
    /// Their name.
    pub operator: String,
    /// The session once more: its sockets close.
    pub ended_sessions: Vec<SessionId>,
}

impl Event for SupportEnded {
    const KIND: &'static str = "support.ended";

    fn audit(&self) -> Audit {
        Audit {
            target_kind: "session",
            target_id: self.session_id.uuid(),
            before: Some(json!({ "operator": self.operator })),
            after: None,
        }
    }
}
