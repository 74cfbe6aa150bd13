//! Refusals about who belongs to the organisation, and as what.

use kernel::error::{ErrorKind, FieldError};

/// Why somebody's belonging stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum PeopleRefusal {
    /// Nobody of the organisation has this id.
    #[error("there is no such member")]
    MemberNotFound,
    /// The member, or the role asked for, stands above the caller.
    #[error("that is above the caller's role")]
    RoleTooHigh,
    /// The organisation would have no owner.
    #[error("it is the last owner")]
    LastOwner,
    /// What is done to others is not done to oneself.
    #[error("it is the caller's own account")]
    OwnAccount,
    /// Nobody becomes an owner without having said yes.
    #[error("an owner is not made by a change of role")]
    OwnerByChange,
    /// No open invitation has this id.
    #[error("there is no such invitation")]
    InvitationNotFound,
    /// There is an open invitation for the address.
    #[error("the address is invited already")]
    AlreadyInvited,
    /// The address has an account here.
    #[error("the address belongs to a member")]
    AlreadyMember,
    /// The organisation invites people of other domains only.
    #[error("the address is of another domain")]
    MailDomain(Vec<String>),
    /// Every place of the plan is taken.
    #[error("the plan allows {max} people")]
    NoSeat {
        /// How many it allows.
        max: i32,
    },
    /// The same, told to whoever was invited.
    #[error("the plan has no place for whoever was invited")]
    NoSeatForYou,
    /// No offer of ownership holds, or none that concerns the caller.
    #[error("there is no offer of ownership")]
    TransferNotFound,
    /// The organisation is being offered to somebody already.
    #[error("there is an offer of ownership already")]
    TransferOpen,
    /// Whoever owns the organisation needs no offer.
    #[error("the member is an owner")]
    AlreadyOwner,
    /// The account is switched off, or its address was never proven.
    #[error("the member's account is not in use")]
    MemberInactive,
    /// No recovery is under way.
    #[error("no recovery is under way")]
    RecoveryNotFound,
    /// What owners alone decide.
    #[error("this is an owner's to do")]
    OwnersOnly,
    /// Not the address of whoever is signed in.
    #[error("the address is not that of the account")]
    NotYourAddress,
    /// The organisation can only be read.
    #[error("the organisation can only be read")]
    ReadOnly,
    /// A name that is empty, too long, or holds what nobody types.
    #[error("the name cannot be used")]
    BadName,
}

impl PeopleRefusal {
    /// See `DomainError::kind`.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::MemberNotFound
            | Self::InvitationNotFound
            | Self::TransferNotFound
            | Self::RecoveryNotFound => ErrorKind::NotFound,
            Self::ReadOnly => ErrorKind::Unavailable { retry_after_s: 60 },
            Self::RoleTooHigh | Self::NoSeat { .. } | Self::NoSeatForYou | Self::OwnersOnly => {
                ErrorKind::Forbidden
            }
            Self::LastOwner
            | Self::OwnAccount
            | Self::AlreadyInvited
            | Self::AlreadyMember
            | Self::TransferOpen
            | Self::AlreadyOwner
            | Self::MemberInactive => ErrorKind::Conflict,
            Self::OwnerByChange | Self::MailDomain(_) | Self::BadName | Self::NotYourAddress => {
                ErrorKind::Invalid
            }
        }
    }

    /// See `DomainError::code`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::MemberNotFound => "member_not_found",
            Self::RoleTooHigh => "role_too_high",
            Self::LastOwner => "last_owner",
            Self::OwnAccount => "own_account",
            Self::InvitationNotFound => "invitation_not_found",
            Self::AlreadyInvited => "already_invited",
            Self::AlreadyMember => "already_member",
            Self::TransferNotFound => "transfer_not_found",
            Self::TransferOpen => "transfer_open",
            Self::RecoveryNotFound => "recovery_not_found",
            Self::OwnersOnly => "forbidden",
            Self::ReadOnly => "read_only",
            Self::AlreadyOwner => "already_owner",
            Self::MemberInactive => "member_inactive",
            Self::NoSeat { .. } | Self::NoSeatForYou => "plan_limit",
            Self::OwnerByChange | Self::MailDomain(_) | Self::BadName | Self::NotYourAddress => {
                "validation_failed"
            }
        }
    }

    /// See `DomainError::detail`.
    pub fn detail(&self) -> String {
        match self {
            Self::MemberNotFound => "Nobody in this organisation has this id.",
            Self::RoleTooHigh => "You can only give and change roles up to your own.",
            Self::LastOwner => {
                "An organisation keeps at least one owner. Hand it over to somebody else first."
            }
            Self::OwnAccount => "This is your own account. Somebody else has to do that.",
            Self::InvitationNotFound => {
                "There is no open invitation with this id: it was accepted or taken back."
            }
            Self::AlreadyInvited => {
                "This address is invited already. Send that invitation again, or take it back."
            }
            Self::TransferNotFound => {
                "There is no such offer: it was taken, taken back, or holds no more."
            }
            Self::TransferOpen => {
                "The organisation is being offered to somebody already. Take that offer back first."
            }
            Self::RecoveryNotFound => "There is nothing to stop: it is over, or was stopped already.",
            Self::OwnersOnly => "Only an owner of the organisation can do this.",
            Self::ReadOnly => "This workspace can only be read right now. Try again later.",
            Self::AlreadyOwner => "This member owns the organisation already.",
            Self::MemberInactive => {
                "This account is switched off, or its address was never proven. Choose somebody else."
            }
            Self::AlreadyMember => "This address has an account here already. Sign in with it.",
            Self::NoSeat { max } => {
                return format!(
                    "Your plan allows {max} people. Remove somebody, or choose a larger plan."
                );
            }
            Self::NoSeatForYou => {
                "There is no free place for you at present. Ask whoever invited you; the link keeps working."
            }
            Self::OwnerByChange
            | Self::MailDomain(_)
            | Self::BadName
            | Self::NotYourAddress => "The request breaks a rule: see errors.",
        }
        .to_owned()
    }

    /// See `DomainError::fields`.
    pub fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::OwnerByChange => vec![FieldError::new(
                "role",
                "owner",
                "Nobody becomes an owner by somebody else's word. Choose admin, manager, member or viewer.",
            )],
            Self::MailDomain(allowed) => vec![FieldError::new(
                "email",
                "mail_domain",
                format!(
                    "Your organisation invites addresses of {} only.",
                    allowed.join(", ")
                ),
            )],
            Self::BadName => vec![FieldError::new(
                "name",
                "name",
                "Enter a name of 1 to 120 characters, without control characters.",
            )],
            Self::NotYourAddress => vec![FieldError::new(
                "email",
                "own_address",
                "Type the address of your account, as it stands above.",
            )],
            _ => Vec::new(),
        }
    }
}
