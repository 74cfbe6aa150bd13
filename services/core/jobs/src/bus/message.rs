//! What one process says to the others: JSON, in pieces small enough for a NOTIFY.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Hint;

/// Postgres refuses a payload of 8,000 bytes or more.
const LONGEST: usize = 7_999;

/// One message on the wire.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Message {
    /// The process that says it.
    pub origin: Uuid,
    /// Whether that process had to drop hints before these.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lost: bool,
    /// What it says. Nothing at all is a sign of life.
    pub hints: Vec<Hint>,
}

/// Writes `hints` in as few payloads as fit. A hint too long for any is replaced by the word that hints
/// were lost.
pub(super) fn encode(origin: Uuid, lost: bool, hints: Vec<Hint>) -> Vec<String> {
    let message = Message {
        origin,
        lost,
        hints,
    };
    // Ids and short names: serialising them cannot fail.
    let text = serde_json::to_string(&message).unwrap_or_default();
    if text.len() <= LONGEST {
        return vec![text];
    }
    let mut first = message.hints;
    if first.len() <= 1 {
        return encode(origin, true, Vec::new());
    }
    let second = first.split_off(first.len() / 2);
    let mut payloads = encode(origin, lost, first);
    payloads.append(&mut encode(origin, false, second));
    payloads
}

/// Reads a payload; `None` for one that another version, or somebody else, wrote.
pub(super) fn decode(payload: &str) -> Option<Message> {
    serde_json::from_str(payload).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: Uuid = Uuid::from_u128(1);

    fn live(room: &str) -> Hint {
        Hint::Live {
            tenant: Uuid::from_u128(2).into(),
            room: room.to_owned(),
            kind: "endpoint.changed".to_owned(),
            id: Uuid::from_u128(3),
        }
    }

    #[test]
    fn every_hint_has_its_words_on_the_wire() {
        let hints = vec![
            Hint::DirectoryChanged {
                host: "acme.localhost".to_owned(),
            },
            Hint::SessionEnded {
                tenant: Uuid::from_u128(2).into(),
                session: Uuid::from_u128(4).into(),
            },
            live("org"),
            Hint::PoolWanted,
            Hint::WorkQueued,
            Hint::SwitchesChanged,
        ];
        let payload = r#"{"origin":"00000000-0000-0000-0000-000000000001","hints":[
            {"hint":"directory_changed","host":"acme.localhost"},
            {"hint":"session_ended","tenant":"00000000-0000-0000-0000-000000000002","session":"00000000-0000-0000-0000-000000000004"},
            {"hint":"live","tenant":"00000000-0000-0000-0000-000000000002","room":"org","kind":"endpoint.changed","id":"00000000-0000-0000-0000-000000000003"},
            {"hint":"pool_wanted"},
            {"hint":"work_queued"},
            {"hint":"switches_changed"}]}"#;
        let written: serde_json::Value =
            serde_json::from_str(&encode(ORIGIN, false, hints.clone())[0]).expect("JSON");
        let golden: serde_json::Value = serde_json::from_str(payload).expect("JSON");
        assert_eq!(written, golden);
        assert_eq!(
            decode(payload),
            Some(Message {
                origin: ORIGIN,
                lost: false,
                hints
            })
        );
    }

    #[test]
    fn a_long_batch_is_split_and_stays_in_order() {
        let hints: Vec<Hint> = (0..200).map(|n| live(&format!("endpoint:{n}"))).collect();
        let payloads = encode(ORIGIN, true, hints.clone());
        assert!(payloads.len() > 1);
        assert!(payloads.iter().all(|payload| payload.len() <= LONGEST));
        let messages: Vec<Message> = payloads.iter().filter_map(|text| decode(text)).collect();
        let lost: Vec<bool> = messages.iter().map(|message| message.lost).collect();
        assert_eq!(lost.iter().filter(|lost| **lost).count(), 1, "said once");
        assert!(lost[0], "and first");
        let heard: Vec<Hint> = messages.into_iter().flat_map(|m| m.hints).collect();
        assert_eq!(heard, hints);
    }

    #[test]
    fn a_hint_that_fits_nowhere_becomes_a_loss() {
        let hints = vec![live("a"), live(&"x".repeat(9_000)), live("b")];
        let messages: Vec<Message> = encode(ORIGIN, false, hints)
            .iter()
            .filter_map(|text| decode(text))
            .collect();
        assert!(messages.iter().any(|message| message.lost));
        let heard: Vec<Hint> = messages.into_iter().flat_map(|m| m.hints).collect();
        assert_eq!(heard, [live("a"), live("b")]);
    }

    #[test]
    fn a_payload_of_another_version_is_not_read() {
        assert_eq!(
            decode(r#"{"origin":"00000000-0000-0000-0000-000000000001","hints":[{"hint":"new"}]}"#),
            None
        );
    }
}
