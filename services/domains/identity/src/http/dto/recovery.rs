//! The recovery of an owner who lost access, as its organisation sees it.

use jiff::Timestamp;
use serde::Serialize;
use tenancy::recovery::Recovery;
use utoipa::ToSchema;

use super::Me;

impl Me {
    /// The same while a recovery is under way or not.
    pub fn with_recovery(mut self, under_way: bool) -> Self {
        self.recovery_under_way = under_way;
        self
    }
}

/// Another way in for the owner.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OwnerRecovery)]
pub struct RecoveryView {
    /// `waiting`, or `sent` once the link is with the new address.
    #[schema(example = "waiting")]
    state: &'static str,
    /// The address that the owner is to have, masked.
    #[schema(example = "a•••@example.com")]
    email: String,
    /// Since when there is a recovery.
    created_at: Timestamp,
    /// When the link is sent; once it is, until when it works.
    due_at: Timestamp,
}

/// Whether operators are about to give the owner another way in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OwnerRecoveryStatus)]
pub struct RecoveryStatus {
    /// None where they are not.
    recovery: Option<RecoveryView>,
}

impl RecoveryStatus {
    /// As `open` stands; what a second operator has yet to approve is nobody's to know.
    pub fn new(open: Option<Recovery>) -> Self {
        let known = open.filter(Recovery::is_known);
        Self {
            recovery: known.map(|it| RecoveryView {
                state: it.state.as_str(),
                email: it.email.masked(),
                created_at: it.created_at,
                due_at: it.due_at,
            }),
        }
    }
}
