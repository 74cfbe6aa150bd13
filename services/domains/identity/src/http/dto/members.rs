//! Members and invitations as JSON.

use gateway::ApiError;
use jiff::Timestamp;
use kernel::email::EmailAddress;
use kernel::id::{InvitationId, UserId};
use kernel::page::{self, Page};
use kernel::roles::{Permission, Role};
use passwords::Password;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::{Validate, ValidationErrors};

use super::{address, email_faults};
use crate::model::UserState;
use crate::model::people::{Invitation, ListMembers, Listed, Member, NewInvitation};
use crate::service::{Invited, NewMember};

/// Whether a member's account may be used.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MemberState {
    /// Nobody has shown yet that mail to the address arrives.
    Unverified,
    /// In use.
    Active,
    /// Switched off.
    Deactivated,
}

impl From<UserState> for MemberState {
    fn from(state: UserState) -> Self {
        match state {
            UserState::Unverified => Self::Unverified,
            UserState::Active => Self::Active,
            UserState::Deactivated => Self::Deactivated,
        }
    }
}

impl From<MemberState> for UserState {
    fn from(state: MemberState) -> Self {
        match state {
            MemberState::Unverified => Self::Unverified,
            MemberState::Active => Self::Active,
            MemberState::Deactivated => Self::Deactivated,
        }
    }
}

/// Which members to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListMembersQuery {
    /// Rows of the page.
    #[validate(range(min = 1, max = 200))]
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Only those with this text in their name or address, whatever its case.
    #[param(max_length = 200)]
    q: Option<String>,
    /// Only those of this role.
    #[param(inline)]
    role: Option<Role>,
    /// Only those in this state.
    #[param(inline)]
    state: Option<MemberState>,
}

impl From<ListMembersQuery> for ListMembers {
    fn from(query: ListMembersQuery) -> Self {
        Self {
            limit: query.limit.unwrap_or(page::DEFAULT_LIMIT),
            cursor: query.cursor,
            search: query.q,
            role: query.role,
            state: query.state.map(Into::into),
        }
    }
}

/// Somebody who belongs to the organisation.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberView {
    id: UserId,
    #[schema(example = "ann@example.com")]
    email: String,
    /// What they call themselves.
    #[schema(required = true, example = "Ann Miller")]
    name: Option<String>,
    role: Role,
    state: MemberState,
    /// Since when they belong.
    created_at: Timestamp,
    /// When they were there last, to the minute. Null where nobody has seen them yet, and in the answer to a
    /// change.
    #[schema(required = true)]
    last_seen_at: Option<Timestamp>,
    /// Whether they have a second factor. Null for whoever does not manage members, and in the answer to a
    /// change.
    #[schema(required = true)]
    second_factor: Option<bool>,
    /// Whether it is the caller.
    current: bool,
}

impl MemberView {
    /// A member whom `caller` has just changed.
    pub fn changed(member: Member, caller: UserId) -> Self {
        Self {
            current: member.id == caller,
            id: member.id,
            email: member.email,
            name: member.name,
            role: member.role,
            state: member.state.into(),
            created_at: member.created_at,
            last_seen_at: None,
            second_factor: None,
        }
    }
}

/// A page of members.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberPage {
    items: Vec<MemberView>,
    /// Null on the last page.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

impl MemberPage {
    /// What `caller` sees, who manages members or does not.
    pub fn new(page: Page<Listed>, caller: UserId, manages: bool) -> Self {
        let view = |listed: Listed| MemberView {
            last_seen_at: listed.last_seen_at,
            second_factor: manages.then_some(listed.second_factor),
            ..MemberView::changed(listed.member, caller)
        };
        let page = page.map(view);
        Self {
            items: page.items,
            next_cursor: page.next_cursor,
        }
    }
}

/// What changes about a member.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeMember {
    /// Their role from now on: not above the caller's, and not `owner`.
    pub role: Role,
}

/// A role and what it may do.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoleRow {
    role: Role,
    #[schema(example = "Reads, and runs checks.")]
    description: &'static str,
    permissions: &'static [Permission],
}

/// A permission in words.
#[derive(Debug, Serialize, ToSchema)]
pub struct PermissionRow {
    permission: Permission,
    #[schema(example = "Run a check now")]
    description: &'static str,
}

/// What each role may do.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoleTable {
    /// Strongest first.
    roles: Vec<RoleRow>,
    /// In the order of the table.
    permissions: Vec<PermissionRow>,
}

impl RoleTable {
    /// The one table.
    pub fn new() -> Self {
        let role = |role: Role| RoleRow {
            role,
            description: role.describe(),
            permissions: role.permissions(),
        };
        let permission = |permission: Permission| PermissionRow {
            permission,
            description: permission.describe(),
        };
        Self {
            roles: Role::ALL.map(role).into(),
            permissions: Permission::ALL.map(permission).into(),
        }
    }
}

/// Somebody who is to be invited.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateInvitation {
    /// Where the mail goes.
    #[schema(example = "ann@example.com", max_length = 254)]
    email: String,
    /// As what: not above the caller's role, and not `owner`.
    role: Role,
}

impl Validate for CreateInvitation {
    fn validate(&self) -> Result<(), ValidationErrors> {
        let faults = email_faults(&self.email);
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults)
        }
    }
}

impl TryFrom<CreateInvitation> for NewInvitation {
    type Error = ApiError;

    fn try_from(input: CreateInvitation) -> Result<Self, ApiError> {
        let email: EmailAddress = address(&input.email)?;
        Ok(Self {
            email,
            role: input.role,
        })
    }
}

/// Which page of invitations.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListInvitationsQuery {
    /// Rows of the page.
    #[validate(range(min = 1, max = 200))]
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl ListInvitationsQuery {
    /// Rows of the page.
    pub fn limit(&self) -> u32 {
        self.limit.unwrap_or(page::DEFAULT_LIMIT)
    }
}

/// An invitation that waits for an answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationView {
    id: InvitationId,
    #[schema(example = "ann@example.com")]
    email: String,
    role: Role,
    /// The address of whoever invited them, while they belong to the organisation.
    #[schema(required = true, example = "bob@example.com")]
    invited_by: Option<String>,
    created_at: Timestamp,
    /// Until when it can be accepted. Send it again afterwards.
    expires_at: Timestamp,
}

impl From<Invitation> for InvitationView {
    fn from(it: Invitation) -> Self {
        Self {
            id: it.id,
            email: it.email,
            role: it.role,
            invited_by: it.invited_by,
            created_at: it.created_at,
            expires_at: it.expires_at,
        }
    }
}

/// A page of invitations.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationPage {
    items: Vec<InvitationView>,
    /// Null on the last page.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

impl From<Page<Invitation>> for InvitationPage {
    fn from(page: Page<Invitation>) -> Self {
        let page = page.map(InvitationView::from);
        Self {
            items: page.items,
            next_cursor: page.next_cursor,
        }
    }
}

/// The token of an invitation's link.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationToken {
    /// What stands behind `#token=` in the link.
    #[schema(value_type = String, example = "FA1Y0uMU2l1vXwFyvnMf0JJ2dQ4O2fC9cW3yqk7LZbE")]
    pub token: SecretString,
}

/// What an invitation's link is for.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationPreview {
    #[schema(example = "Acme Rockets")]
    organization: String,
    /// Who is invited.
    #[schema(example = "ann@example.com")]
    email: String,
    role: Role,
    /// The address of whoever invited them, while they belong to the organisation.
    #[schema(required = true, example = "bob@example.com")]
    invited_by: Option<String>,
    /// Until when it can be accepted.
    expires_at: Timestamp,
    /// Whether the address has an account here already: then sign in with it instead.
    member: bool,
}

impl InvitationPreview {
    /// What there is to know of it.
    pub fn new(invited: Invited, organization: &str) -> Self {
        let Invited { invitation, member } = invited;
        Self {
            organization: organization.to_owned(),
            email: invitation.email,
            role: invitation.role,
            invited_by: invitation.invited_by,
            expires_at: invitation.expires_at,
            member,
        }
    }
}

/// What somebody who was invited chooses.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptInvitation {
    /// What stands behind `#token=` in the link.
    #[schema(value_type = String, example = "FA1Y0uMU2l1vXwFyvnMf0JJ2dQ4O2fC9cW3yqk7LZbE")]
    token: SecretString,
    /// What they call themselves.
    #[schema(example = "Ann Miller", min_length = 1, max_length = 120)]
    name: String,
    /// At least 12 characters that are not easy to guess.
    #[schema(value_type = String, format = Password, example = "tangerine plinth oboe")]
    password: SecretString,
}

impl AcceptInvitation {
    /// The link's token, and what was chosen.
    pub fn into_parts(self) -> (SecretString, NewMember) {
        let chosen = NewMember {
            name: self.name,
            password: Password::new(self.password.expose_secret()),
        };
        (self.token, chosen)
    }
}

/// That somebody belongs to the organisation now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Joined {
    #[schema(example = "joined")]
    status: &'static str,
    /// The address to sign in with.
    #[schema(example = "ann@example.com")]
    email: String,
}

impl From<Member> for Joined {
    fn from(member: Member) -> Self {
        Self {
            status: "joined",
            email: member.email,
        }
    }
}
