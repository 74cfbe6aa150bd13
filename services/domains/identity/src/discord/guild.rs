//! Servers at Discord, and which of them somebody runs.

use serde::{Deserialize, Deserializer, Serialize};

/// The permission ADMINISTRATOR, bit 3 (Discord's reference, "Permissions").
const ADMINISTRATOR: u64 = 0x8;

/// A server somebody is in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guild {
    /// Its id: a number of 64 bits, kept as the text it is.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Whether they own it.
    #[serde(default)]
    pub owner: bool,
    /// What they may do there: bits, sent as the text of a number.
    #[serde(deserialize_with = "bits", default)]
    pub permissions: u64,
}

impl Guild {
    /// Whether they run it.
    pub const fn administered(&self) -> bool {
        self.owner || self.permissions & ADMINISTRATOR != 0
    }
}

/// Text is what Discord sends, a number what we keep. Anything else grants nothing.
fn bits<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Sent {
        Text(String),
        Number(u64),
        Other(serde::de::IgnoredAny),
    }
    Ok(match Sent::deserialize(from)? {
        Sent::Text(text) => text.parse().unwrap_or(0),
        Sent::Number(number) => number,
        Sent::Other(_) => 0,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(permissions: &serde_json::Value, owner: bool) -> Guild {
        let sent = json!({ "id": "1", "name": "Yard", "owner": owner, "permissions": permissions });
        serde_json::from_value(sent).expect("a guild")
    }

    proptest! {
        #[test]
        fn whoever_has_bit_three_or_owns_it_runs_a_server(bits: u64, owner: bool) {
            let guild = read(&json!(bits.to_string()), owner);
            prop_assert_eq!(guild.administered(), owner || (bits >> 3) & 1 == 1);
            let kept: Guild = serde_json::from_value(serde_json::to_value(&guild).expect("json"))
                .expect("a guild");
            prop_assert_eq!(kept, guild);
        }

        #[test]
        fn what_is_no_number_grants_nothing(text in "[a-z -]{0,12}|-[0-9]{1,8}|[0-9]{21,30}") {
            prop_assert!(!read(&json!(text), false).administered());
        }
    }

    #[test]
    fn a_server_without_permissions_grants_nothing() {
        let bare: Guild =
            serde_json::from_value(json!({ "id": "1", "name": "Yard" })).expect("one");
        assert!(!bare.administered());
        assert!(!read(&json!({ "bits": 8 }), false).administered());
    }
}
