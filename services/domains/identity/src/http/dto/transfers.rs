//! Offers of an organisation's ownership as JSON.

use jiff::Timestamp;
use kernel::id::UserId;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::Me;
use crate::model::transfer::{Offer, Party};

impl Me {
    /// The same of somebody to whom the organisation is offered or not.
    pub fn with_offer(mut self, offered: bool) -> Self {
        self.ownership_offered = offered;
        self
    }
}

/// To whom the organisation is offered.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferOwnership {
    /// A member whose account is in use.
    pub member_id: UserId,
}

/// Taking an offer.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptOwnership {
    /// What stands behind `#token=` in the mail's link; nothing for whoever saw the offer in the console.
    #[schema(value_type = Option<String>, example = "FA1Y0uMU2l1vXwFyvnMf0JJ2dQ4O2fC9cW3yqk7LZbE")]
    pub token: Option<SecretString>,
}

/// One of the two an offer is about.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartyView {
    id: UserId,
    #[schema(example = "ann@example.com")]
    email: String,
    /// What they call themselves.
    #[schema(required = true, example = "Ann Miller")]
    name: Option<String>,
}

impl From<Party> for PartyView {
    fn from(party: Party) -> Self {
        Self {
            id: party.id,
            email: party.email,
            name: party.name,
        }
    }
}

/// An offer of the organisation's ownership.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfferView {
    /// The owner who made it, an administrator once it is taken.
    from: PartyView,
    /// Whose it is to take.
    to: PartyView,
    created_at: Timestamp,
    /// Until when it can be taken.
    expires_at: Timestamp,
    /// Whether it is the caller's to take.
    mine: bool,
}

impl OfferView {
    /// The offer as `caller` sees it.
    pub fn new(offer: Offer, caller: UserId) -> Self {
        Self {
            mine: offer.to.id == caller,
            from: offer.from.into(),
            to: offer.to.into(),
            created_at: offer.created_at,
            expires_at: offer.expires_at,
        }
    }
}

/// Whether the organisation is being handed over.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransferStatus {
    /// The open offer, as far as it concerns the caller.
    #[schema(required = true)]
    offer: Option<OfferView>,
}

impl TransferStatus {
    /// What `caller` may know.
    pub fn new(offer: Option<Offer>, caller: UserId) -> Self {
        Self {
            offer: offer.map(|it| OfferView::new(it, caller)),
        }
    }
}
