//! Ids as newtypes, so that an endpoint's id cannot be handed in where a user's belongs.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord,
            serde::Serialize, serde::Deserialize, utoipa::ToSchema,
        )]
        #[serde(transparent)]
        #[schema(value_type = uuid::Uuid)]
        pub struct $name(uuid::Uuid);

        impl $name {
            /// The bare UUID, for a statement's parameter.
            pub const fn uuid(self) -> uuid::Uuid {
                self.0
            }
        }

        impl From<uuid::Uuid> for $name {
            fn from(id: uuid::Uuid) -> Self {
                Self(id)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

ids! {
    /// An organisation with a schema of its own.
    TenantId,
    /// A person inside one organisation.
    UserId,
    /// A sign-in: a browser's cookie or a program's token family.
    SessionId,
    /// A passkey of a person.
    PasskeyId,
    /// Who a person is at another provider.
    IdentityId,
    /// An invitation to an organisation.
    InvitationId,
    /// An API key of an organisation.
    ApiKeyId,
    /// Something that is watched.
    EndpointId,
    /// One result of one check.
    ResultId,
    /// A mail of an organisation.
    MailId,
    /// A recorded fact.
    EventId,
    /// Somebody who runs the platform.
    OperatorId,
    /// A key of an operator's program.
    OperatorTokenId,
    /// What one operator asked for and another one decides about.
    ApprovalId,
    /// One look of an operator at an organisation.
    SupportAccessId,
    /// A network that operators trust or block.
    NetworkId,
    /// One recovery of an organisation's owner.
    RecoveryId,
    /// One HTTP request, or one run of a job.
    RequestId,
}
