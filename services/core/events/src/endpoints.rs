//! What endpoints publish: what is watched, and what people do with it. Results of checks are rows and
//! hints, not events: there are thousands a second.

use kernel::event::{Audit, Event};
use kernel::id::{EndpointId, ResultId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

const TARGET: &str = "endpoint";

macro_rules! endpoint_events {
    ($($(#[$doc:meta])* $name:ident = $kind:literal, $field:literal: $before:literal => $after:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $name {
            /// Which endpoint.
            pub endpoint_id: EndpointId,
        }

        impl Event for $name {
            const KIND: &'static str = $kind;

            fn audit(&self) -> Audit {
                Audit {
                    target_kind: TARGET,
                    target_id: self.endpoint_id.uuid(),
                    before: Some(json!({ $field: $before })),
                    after: Some(json!({ $field: $after })),
                }
            }
        }
    )+};
}

endpoint_events! {
    /// Checks of an endpoint stopped, until it is resumed.
    EndpointPaused = "endpoint.paused", "paused": false => true;
    /// Checks of a paused endpoint go on.
    EndpointResumed = "endpoint.resumed", "paused": true => false;
    /// An endpoint went to the bin. It can be restored for seven days.
    EndpointDeleted = "endpoint.deleted", "deleted": false => true;
    /// An endpoint came back from the bin.
    EndpointRestored = "endpoint.restored", "deleted": true => false;
}

/// Something new is watched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointCreated {
    /// Which endpoint.
    pub endpoint_id: EndpointId,
    /// Its settings by name.
    pub settings: Map<String, Value>,
}

impl Event for EndpointCreated {
    const KIND: &'static str = "endpoint.created";

    fn audit(&self) -> Audit {
        Audit {
            target_kind: TARGET,
            target_id: self.endpoint_id.uuid(),
            before: None,
            after: Some(Value::Object(self.settings.clone())),
        }
    }
}

/// An endpoint is watched in another way than before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointChanged {
    /// Which endpoint.
    pub endpoint_id: EndpointId,
    /// The settings that changed, as they were.
    pub before: Map<String, Value>,
    /// The same settings, as they are now.
    pub after: Map<String, Value>,
}

impl Event for EndpointChanged {
    const KIND: &'static str = "endpoint.changed";

    fn audit(&self) -> Audit {
        Audit {
            target_kind: TARGET,
            target_id: self.endpoint_id.uuid(),
            before: Some(Value::Object(self.before.clone())),
            after: Some(Value::Object(self.after.clone())),
        }
    }
}

/// Somebody had an endpoint checked out of turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointChecked {
    /// Which endpoint.
    pub endpoint_id: EndpointId,
    /// The result.
    pub result_id: ResultId,
    /// `up`, `down` or `unknown`.
    pub outcome: String,
    /// Why, from the closed list of reasons.
    pub reason_code: String,
}

impl Event for EndpointChecked {
    const KIND: &'static str = "endpoint.checked";

    fn audit(&self) -> Audit {
        Audit {
            target_kind: TARGET,
            target_id: self.endpoint_id.uuid(),
            before: None,
            after: Some(json!({ "outcome": self.outcome, "reason_code": self.reason_code })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_listed() {
        for kind in [
            EndpointChanged::KIND,
            EndpointChecked::KIND,
            EndpointCreated::KIND,
            EndpointDeleted::KIND,
            EndpointPaused::KIND,
            EndpointRestored::KIND,
            EndpointResumed::KIND,
        ] {
            assert!(crate::KINDS.contains(&kind), "{kind}");
        }
    }

    #[test]
    fn an_audit_row_says_what_it_was_and_what_it_is() {
        let audit = EndpointPaused {
            endpoint_id: uuid::Uuid::nil().into(),
        }
        .audit();
        assert_eq!(audit.before, Some(json!({ "paused": false })));
        assert_eq!(audit.after, Some(json!({ "paused": true })));
    }
}
