//! What an operator's role allows: one table, and the permissions as types. What is not in it is refused.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An operator's standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OperatorRole)]
pub enum Role {
    /// Operators' accounts too.
    Administrator,
    /// Moves organisations through their lives, trusts and blocks networks.
    Operator,
    /// Reads.
    Support,
}

impl Role {
    /// Every role, the strongest first.
    pub const ALL: [Self; 3] = [Self::Administrator, Self::Operator, Self::Support];

    /// The name that is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Operator => "operator",
            Self::Support => "support",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }

    /// Everything this role may do.
    pub const fn permissions(self) -> &'static [Permission] {
        use Permission::{
            AccountsManage, AuditRead, NetworksManage, SupportAccess, TenantsManage, TenantsRead,
        };
        match self {
            Self::Administrator => &[
                TenantsRead,
                AuditRead,
                SupportAccess,
                TenantsManage,
                NetworksManage,
                AccountsManage,
            ],
            Self::Operator => &[
                TenantsRead,
                AuditRead,
                SupportAccess,
                TenantsManage,
                NetworksManage,
            ],
            Self::Support => &[TenantsRead, AuditRead, SupportAccess],
        }
    }

    /// Whether this role may do `permission`.
    pub fn allows(self, permission: Permission) -> bool {
        self.permissions().contains(&permission)
    }
}

/// One thing an operator may be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OperatorPermission)]
pub enum Permission {
    /// See organisations and the state of the platform.
    TenantsRead,
    /// See what operators did.
    AuditRead,
    /// Look into organisations that let operators do so.
    SupportAccess,
    /// Suspend, freeze, resume, delete organisations.
    TenantsManage,
    /// Trust and block networks.
    NetworksManage,
    /// See, make, change and disable operators.
    AccountsManage,
}

impl Permission {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::TenantsRead,
        Self::AuditRead,
        Self::SupportAccess,
        Self::TenantsManage,
        Self::NetworksManage,
        Self::AccountsManage,
    ];

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }

    /// The name that is sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TenantsRead => "tenants_read",
            Self::AuditRead => "audit_read",
            Self::SupportAccess => "support_access",
            Self::TenantsManage => "tenants_manage",
            Self::NetworksManage => "networks_manage",
            Self::AccountsManage => "accounts_manage",
        }
    }
}

/// A permission as a type, so that a handler names it in its signature and cannot forget it.
pub trait Policy: 'static {
    /// What is asked for; `None` asks only that somebody is signed in.
    const PERMISSION: Option<Permission>;
    /// Whether it takes a session: what a token must not do in its operator's name.
    const IN_PERSON: bool = false;
}

macro_rules! policies {
    ($($(#[$doc:meta])* $name:ident = $permission:expr $(, in person $in_person:literal)?);+ $(;)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl Policy for $name {
            const PERMISSION: Option<Permission> = $permission;
            $(const IN_PERSON: bool = $in_person;)?
        }
    )+};
}

policies! {
    /// Anybody who is signed in, or has a token.
    SignedIn = None;
    /// Anybody who is signed in; no token.
    InPerson = None, in person true;
    /// See [`Permission::TenantsRead`].
    TenantsRead = Some(Permission::TenantsRead);
    /// See [`Permission::AuditRead`].
    AuditRead = Some(Permission::AuditRead);
    /// See [`Permission::SupportAccess`].
    SupportAccess = Some(Permission::SupportAccess);
    /// See [`Permission::TenantsManage`].
    TenantsManage = Some(Permission::TenantsManage);
    /// [`Permission::TenantsManage`], for what somebody has to decide themselves.
    TenantsDecide = Some(Permission::TenantsManage), in person true;
    /// See [`Permission::NetworksManage`].
    NetworksManage = Some(Permission::NetworksManage);
    /// See [`Permission::AccountsManage`].
    AccountsManage = Some(Permission::AccountsManage);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stronger_role_may_do_all_that_a_weaker_one_may_and_more() {
        for pair in Role::ALL.windows(2) {
            let [stronger, weaker] = pair else {
                unreachable!()
            };
            assert!(stronger.permissions().len() > weaker.permissions().len());
            for permission in weaker.permissions() {
                assert!(stronger.allows(*permission), "{stronger:?} {permission:?}");
            }
        }
    }

    #[test]
    fn stored_names_read_back_and_sent_names_are_the_stored_ones() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
            assert_eq!(serde_json::to_value(role).expect("JSON"), role.as_str());
            for permission in role.permissions() {
                let sent = serde_json::to_value(permission).expect("JSON");
                assert_eq!(sent, permission.as_str());
            }
        }
        for permission in Permission::ALL {
            assert_eq!(Permission::parse(permission.as_str()), Some(permission));
            assert!(Role::Administrator.allows(permission), "{permission:?}");
        }
        assert_eq!(Role::parse("owner"), None);
    }
}
