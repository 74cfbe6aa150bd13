//! Who may do what: one table of roles and permissions, and the permissions as types.

use serde::{Deserialize, Serialize};

/// A person's standing in an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// All, ownership and billing included.
    Owner,
    /// All but ownership, billing and deletion of the organisation.
    Admin,
    /// Runs what is watched.
    Manager,
    /// Reads, and checks now.
    Member,
    /// Reads.
    Viewer,
}

impl Role {
    /// Every role, strongest first.
    pub const ALL: [Role; 5] = [
        Role::Owner,
        Role::Admin,
        Role::Manager,
        Role::Member,
        Role::Viewer,
    ];

    /// The name that is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Owner => "owner",
            Role::Admin => "admin",
            Role::Manager => "manager",
            Role::Member => "member",
            Role::Viewer => "viewer",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }

    /// Everything this role may do.
    pub const fn permissions(self) -> &'static [Permission] {
        use Permission::{ChecksRun, EndpointsRead, EndpointsWrite, OrganizationManage};
        match self {
            Role::Owner | Role::Admin => {
                &[EndpointsRead, ChecksRun, EndpointsWrite, OrganizationManage]
            }
            Role::Manager => &[EndpointsRead, ChecksRun, EndpointsWrite],
            Role::Member => &[EndpointsRead, ChecksRun],
            Role::Viewer => &[EndpointsRead],
        }
    }

    /// Whether this role may do `permission`.
    pub fn allows(self, permission: Permission) -> bool {
        self.permissions().contains(&permission)
    }
}

/// One thing a person may be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// See endpoints, their results and figures.
    EndpointsRead,
    /// Run a check now.
    ChecksRun,
    /// Add, change, pause, delete endpoints.
    EndpointsWrite,
    /// Change the organisation itself.
    OrganizationManage,
}

/// A permission as a type, so that a handler names it in its signature and cannot forget it.
pub trait Policy: 'static {
    /// What is asked for; `None` asks only that somebody is signed in.
    const PERMISSION: Option<Permission>;
}

macro_rules! policies {
    ($($(#[$doc:meta])* $name:ident = $permission:expr),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl Policy for $name {
            const PERMISSION: Option<Permission> = $permission;
        }
    )+};
}

policies! {
    /// Anybody who is signed in.
    SignedIn = None,
    /// See [`Permission::EndpointsRead`].
    EndpointsRead = Some(Permission::EndpointsRead),
    /// See [`Permission::EndpointsWrite`].
    EndpointsWrite = Some(Permission::EndpointsWrite),
    /// See [`Permission::ChecksRun`].
    ChecksRun = Some(Permission::ChecksRun),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stronger_role_may_do_all_that_a_weaker_one_may() {
        for pair in Role::ALL.windows(2) {
            let [stronger, weaker] = pair else {
                unreachable!()
            };
            for permission in weaker.permissions() {
                assert!(
                    stronger.allows(*permission),
                    "{stronger:?} lacks {permission:?}"
                );
            }
        }
        assert!(!Role::Viewer.allows(Permission::ChecksRun));
    }

    #[test]
    fn a_stored_role_reads_back() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        assert_eq!(Role::parse("root"), None);
    }
}
