//! What is said on a socket, in both directions.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Bytes of a client's message at the most.
pub(super) const MAX_MESSAGE_BYTES: usize = 4096;

/// What a client says.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ClientMessage {
    Join { room: String },
    Leave { room: String },
    Resume { epoch: String, since: u64 },
    Pong {},
}

/// What the server says.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ServerMessage<'a> {
    Hello { epoch: &'a str, seq: u64 },
    Ping,
    Resync,
    Refused { room: &'a str },
}

impl ServerMessage<'_> {
    pub(super) fn text(&self) -> String {
        to_text(self)
    }
}

/// Something changed.
#[derive(Debug, Serialize)]
pub(super) struct HintMessage<'a> {
    pub(super) epoch: &'a str,
    pub(super) seq: u64,
    pub(super) room: &'a str,
    #[serde(rename = "type")]
    pub(super) kind: &'a str,
    pub(super) id: Uuid,
}

impl HintMessage<'_> {
    pub(super) fn text(&self) -> String {
        to_text(self)
    }
}

fn to_text(message: &impl Serialize) -> String {
    // Texts, numbers and ids: serialising them cannot fail.
    serde_json::to_string(message).unwrap_or_default()
}

/// Why a socket is closed by us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closing {
    /// The session is over: sign in again.
    SessionOver,
    /// Operators have blocked the network it comes from.
    Blocked,
    /// No pong for too long.
    Idle,
    /// This process stops, or the client is too slow: come back.
    Restart,
    /// What was sent is not a message of ours.
    Protocol,
}

impl Closing {
    pub(super) const fn code(self) -> u16 {
        match self {
            Self::SessionOver => 4401,
            Self::Blocked => 4403,
            Self::Idle => 4408,
            Self::Restart => 1012,
            Self::Protocol => 1008,
        }
    }

    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::SessionOver => "session over",
            Self::Blocked => "network blocked",
            Self::Idle => "idle",
            Self::Restart => "come back",
            Self::Protocol => "not understood",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_says_four_things() {
        let read = |text| serde_json::from_str::<ClientMessage>(text).ok();
        assert_eq!(
            read(r#"{"type":"join","room":"org"}"#),
            Some(ClientMessage::Join { room: "org".into() })
        );
        assert_eq!(
            read(r#"{"type":"resume","epoch":"x","since":7}"#),
            Some(ClientMessage::Resume {
                epoch: "x".into(),
                since: 7
            })
        );
        assert_eq!(read(r#"{"type":"pong"}"#), Some(ClientMessage::Pong {}));
        for wrong in [
            "",
            "{}",
            r#"{"type":"publish"}"#,
            r#"{"type":"join"}"#,
            r#"{"type":"resume","epoch":"x","since":-1}"#,
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_server_says_what_the_console_reads() {
        assert_eq!(
            ServerMessage::Hello { epoch: "e", seq: 3 }.text(),
            r#"{"type":"hello","epoch":"e","seq":3}"#
        );
        assert_eq!(ServerMessage::Ping.text(), r#"{"type":"ping"}"#);
        let hint = HintMessage {
            epoch: "e",
            seq: 4,
            room: "org",
            kind: "endpoint.changed",
            id: Uuid::nil(),
        };
        assert_eq!(
            hint.text(),
            r#"{"epoch":"e","seq":4,"room":"org","type":"endpoint.changed","id":"00000000-0000-0000-0000-000000000000"}"#
        );
    }
}
