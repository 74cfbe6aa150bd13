//! Rooms: which there are, and what it takes to join one.

use kernel::roles::Permission;
use uuid::Uuid;

/// A kind of room, exported by the domain that fills it. Rooms are a tenant's own: the same name on
/// another host is another room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomRule {
    name: &'static str,
    takes_id: bool,
    permission: Permission,
}

impl RoomRule {
    /// One room of this name, `org`.
    pub const fn one(name: &'static str, permission: Permission) -> Self {
        Self {
            name,
            takes_id: false,
            permission,
        }
    }

    /// One room for each thing, `endpoint:<id>`.
    pub const fn each(name: &'static str, permission: Permission) -> Self {
        Self {
            name,
            takes_id: true,
            permission,
        }
    }

    fn fits(&self, room: &str) -> bool {
        match room.split_once(':') {
            None => !self.takes_id && room == self.name,
            Some((name, id)) => self.takes_id && name == self.name && is_canonical(id),
        }
    }
}

/// One spelling for one room: whoever joins by another one would wait for ever.
fn is_canonical(id: &str) -> bool {
    Uuid::try_parse(id)
        .is_ok_and(|uuid| uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()) == id)
}

/// What it takes to join `room`, if there is such a room.
pub(super) fn permission_for(rules: &[RoomRule], room: &str) -> Option<Permission> {
    rules
        .iter()
        .find(|rule| rule.fits(room))
        .map(|rule| rule.permission)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exported_rooms_can_be_joined() {
        let read = Permission::EndpointsRead;
        let rules = [RoomRule::one("org", read), RoomRule::each("endpoint", read)];
        let id = "0193ae5c-3f60-7000-8000-00000000000a";
        assert_eq!(permission_for(&rules, "org"), Some(read));
        assert_eq!(
            permission_for(&rules, &format!("endpoint:{id}")),
            Some(read)
        );
        for wrong in [
            "",
            "endpoint",
            "endpoint:",
            "endpoint:1",
            "org:",
            &format!("org:{id}"),
            &format!("endpoint:{}", id.to_uppercase()),
            &format!("endpoint:{{{id}}}"),
            &format!("incident:{id}"),
        ] {
            assert_eq!(permission_for(&rules, wrong), None, "{wrong}");
        }
    }
}
