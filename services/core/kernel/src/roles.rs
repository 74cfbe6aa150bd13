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
        use Permission::{
            AuditRead, ChecksRun, EndpointsRead, EndpointsWrite, KeysManage, MembersInvite,
            MembersManage, MembersRead, OrganizationManage,
        };
        match self {
            Role::Owner => &Permission::ALL,
            Role::Admin => &[
                EndpointsRead,
                ChecksRun,
                EndpointsWrite,
                MembersRead,
                MembersInvite,
                MembersManage,
                KeysManage,
                AuditRead,
                OrganizationManage,
            ],
            Role::Manager => &[
                EndpointsRead,
                ChecksRun,
                EndpointsWrite,
                MembersRead,
                MembersInvite,
            ],
            Role::Member => &[EndpointsRead, ChecksRun, MembersRead],
            Role::Viewer => &[EndpointsRead, MembersRead],
        }
    }

    /// Whether this role is stronger than `other`.
    pub const fn is_above(self, other: Role) -> bool {
        (self as u8) < (other as u8)
    }

    /// What it is for, in a sentence for people.
    pub const fn describe(self) -> &'static str {
        match self {
            Role::Owner => "Everything, the organisation itself included.",
            Role::Admin => "Everything but handing the organisation over or deleting it.",
            Role::Manager => "Runs what is watched, and invites members and viewers.",
            Role::Member => "Reads, and runs checks.",
            Role::Viewer => "Reads.",
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
    /// See who belongs to the organisation, and as what.
    MembersRead,
    /// Invite people, up to the standing of a member (whoever may manage members: up to their own).
    MembersInvite,
    /// Change people's roles, switch their accounts off, remove them.
    MembersManage,
    /// Make and revoke API keys.
    KeysManage,
    /// See the audit log and everybody's sign-ins.
    AuditRead,
    /// Change the organisation itself: its settings, and its rules for signing in.
    OrganizationManage,
    /// Hand the organisation over, delete it.
    OrganizationOwn,
}

impl Permission {
    /// Every permission, in the order of the matrix.
    pub const ALL: [Permission; 10] = [
        Permission::EndpointsRead,
        Permission::ChecksRun,
        Permission::EndpointsWrite,
        Permission::MembersRead,
        Permission::MembersInvite,
        Permission::MembersManage,
        Permission::KeysManage,
        Permission::AuditRead,
        Permission::OrganizationManage,
        Permission::OrganizationOwn,
    ];

    /// What it allows, in a sentence for people.
    pub const fn describe(self) -> &'static str {
        match self {
            Permission::EndpointsRead => "See endpoints, their results and figures",
            Permission::ChecksRun => "Run a check now",
            Permission::EndpointsWrite => "Add, change, pause and delete endpoints",
            Permission::MembersRead => "See who belongs to the organisation",
            Permission::MembersInvite => "Invite people (managers: members and viewers)",
            Permission::MembersManage => "Change roles, switch accounts off, remove people",
            Permission::KeysManage => "Make and revoke API keys",
            Permission::AuditRead => "See the audit log and everybody's sign-ins",
            Permission::OrganizationManage => "Change settings and the rules for signing in",
            Permission::OrganizationOwn => "Hand the organisation over, delete it",
        }
    }

    /// The name that is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Permission::EndpointsRead => "endpoints_read",
            Permission::ChecksRun => "checks_run",
            Permission::EndpointsWrite => "endpoints_write",
            Permission::MembersRead => "members_read",
            Permission::MembersInvite => "members_invite",
            Permission::MembersManage => "members_manage",
            Permission::KeysManage => "keys_manage",
            Permission::AuditRead => "audit_read",
            Permission::OrganizationManage => "organization_manage",
            Permission::OrganizationOwn => "organization_own",
        }
    }

    /// Reads a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }
}

/// Some permissions, in the order of the matrix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permissions(u32);

impl Permissions {
    /// All that a role may do.
    pub fn of(role: Role) -> Self {
        role.permissions().iter().copied().collect()
    }

    /// Whether `permission` is among them.
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u32) != 0
    }

    /// Those that are among `other` too.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL
            .into_iter()
            .filter(move |it| self.contains(*it))
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(all: I) -> Self {
        Self(all.into_iter().fold(0, |set, it| set | 1 << it as u32))
    }
}

/// How long a proof of who somebody is counts as recent.
pub const RECENT: jiff::SignedDuration = jiff::SignedDuration::from_mins(10);

/// A permission as a type, so that a handler names it in its signature and cannot forget it.
pub trait Policy: 'static {
    /// What is asked for; `None` asks only that somebody is signed in.
    const PERMISSION: Option<Permission>;
    /// Whether the caller must have proven who they are within [`RECENT`].
    const RECENT: bool = false;
    /// Whether it has to be the person themselves: no API key, nobody of the platform.
    const PERSON: bool = false;
    /// Whether it only ends the session it is asked with: the one write of support access, and nothing for an API
    /// key, which has none.
    const LEAVING: bool = false;
    /// Whether somebody may do it who still owes the second factor that their organisation asks for.
    const OWING: bool = false;
}

/// Asks for `P`, of a person who proved who they are within [`RECENT`].
#[derive(Clone, Copy, Debug)]
pub struct Recent<P>(std::marker::PhantomData<P>);

impl<P: Policy> Policy for Recent<P> {
    const PERMISSION: Option<Permission> = P::PERMISSION;
    const RECENT: bool = true;
    const PERSON: bool = true;
    const OWING: bool = P::OWING;
}

/// A person, about their own account.
#[derive(Clone, Copy, Debug)]
pub struct Myself;

impl Policy for Myself {
    const PERMISSION: Option<Permission> = None;
    const PERSON: bool = true;
}

/// A person who sets up what they prove themselves by, or shows it: somebody who owes a second factor too.
#[derive(Clone, Copy, Debug)]
pub struct Enrolling;

impl Policy for Enrolling {
    const PERMISSION: Option<Permission> = None;
    const PERSON: bool = true;
    const OWING: bool = true;
}

/// Whoever is signed in, who wants to know as whom: somebody who owes a second factor too.
#[derive(Clone, Copy, Debug)]
pub struct Recognized;

impl Policy for Recognized {
    const PERMISSION: Option<Permission> = None;
    const OWING: bool = true;
}

/// Whoever is signed in, on their way out.
#[derive(Clone, Copy, Debug)]
pub struct Leaving;

impl Policy for Leaving {
    const PERMISSION: Option<Permission> = None;
    const LEAVING: bool = true;
    const OWING: bool = true;
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
    /// See [`Permission::MembersRead`].
    MembersRead = Some(Permission::MembersRead),
    /// See [`Permission::MembersInvite`].
    MembersInvite = Some(Permission::MembersInvite),
    /// See [`Permission::MembersManage`].
    MembersManage = Some(Permission::MembersManage),
    /// See [`Permission::KeysManage`].
    KeysManage = Some(Permission::KeysManage),
    /// See [`Permission::AuditRead`].
    AuditRead = Some(Permission::AuditRead),
    /// See [`Permission::OrganizationManage`].
    OrganizationManage = Some(Permission::OrganizationManage),
    /// See [`Permission::OrganizationOwn`].
    OrganizationOwn = Some(Permission::OrganizationOwn),
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
    fn roles_are_ordered_strongest_first() {
        for (at, role) in Role::ALL.into_iter().enumerate() {
            for (other_at, other) in Role::ALL.into_iter().enumerate() {
                assert_eq!(role.is_above(other), at < other_at, "{role:?} {other:?}");
            }
        }
    }

    #[test]
    fn permissions_are_a_set_of_names() {
        for permission in Permission::ALL {
            assert_eq!(Permission::parse(permission.as_str()), Some(permission));
            let sent = serde_json::to_value(permission).ok();
            assert_eq!(sent, Some(permission.as_str().into()), "one name for both");
        }
        let member = Permissions::of(Role::Member);
        assert_eq!(
            member.iter().collect::<Vec<_>>(),
            Role::Member.permissions().to_vec()
        );
        let key: Permissions = [Permission::ChecksRun, Permission::AuditRead]
            .into_iter()
            .collect();
        let both: Vec<_> = key.and(member).iter().collect();
        assert_eq!(both, [Permission::ChecksRun]);
    }

    #[test]
    fn a_stored_role_reads_back() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        assert_eq!(Role::parse("root"), None);
    }
}
