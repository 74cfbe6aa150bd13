//! What happens to an organisation's rules for signing in.

use kernel::event::{Audit, Event};
use kernel::id::{SessionId, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Somebody changed the rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInPolicyChanged {
    /// Whose.
    pub organization_id: TenantId,
    /// What was changed, as it was.
    pub before: Value,
    /// The same as it is.
    pub after: Value,
    /// How many sessions are over with it.
    pub sessions_ended: usize,
    /// The first thousand of them.
    pub ended_sessions: Vec<SessionId>,
}

impl Event for SignInPolicyChanged {
    const KIND: &'static str = "sign_in_policy.changed";

    fn audit(&self) -> Audit {
        let mut after = self.after.clone();
        if let Some(after) = after.as_object_mut()
            && self.sessions_ended > 0
        {
            after.insert("sessions_ended".to_owned(), self.sessions_ended.into());
        }
        Audit {
            target_kind: "organization",
            target_id: self.organization_id.uuid(),
            before: Some(self.before.clone()),
            after: Some(after),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_log_keeps_what_differs_and_how_many_are_out() {
        let mut changed = SignInPolicyChanged {
            organization_id: uuid::Uuid::nil().into(),
            before: json!({"idle_minutes": 20_160}),
            after: json!({"idle_minutes": 15}),
            sessions_ended: 0,
            ended_sessions: Vec::new(),
        };
        assert_eq!(changed.audit().after, Some(json!({"idle_minutes": 15})));
        changed.sessions_ended = 2;
        let kept = json!({"idle_minutes": 15, "sessions_ended": 2});
        assert_eq!(changed.audit().after, Some(kept));
        assert_eq!(
            changed.audit().before,
            Some(json!({"idle_minutes": 20_160}))
        );
        assert!(crate::KINDS.contains(&SignInPolicyChanged::KIND));
    }
}
