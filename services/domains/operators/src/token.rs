//! Tokens of operators' programs: the gateway's keys of programs, under a prefix of their own.

use gateway::ProgramKey;
use kernel::id::OperatorTokenId;
use kernel::rng::Entropy;

const PREFIX: &str = "sbo_";

/// A token as it is shown once. Only the hash of its secret is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Which row.
    pub id: OperatorTokenId,
    key: ProgramKey,
}

impl Token {
    /// A new one.
    pub fn generate(id: OperatorTokenId, entropy: &dyn Entropy) -> Self {
        let key = ProgramKey::generate(id.uuid(), entropy);
        Self { id, key }
    }

    /// What is stored.
    pub fn hash(&self) -> [u8; 32] {
        self.key.hash()
    }

    /// Reads one as it was sent; `None` for what we never made.
    pub fn parse(sent: &str) -> Option<Self> {
        let key = ProgramKey::parse(PREFIX, sent)?;
        let id = key.id.into();
        Some(Self { id, key })
    }

    /// The text, to be shown to its operator.
    pub fn expose(&self) -> String {
        self.key.expose(PREFIX)
    }
}

#[cfg(test)]
mod tests {
    use kernel::rng::SystemEntropy;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_token_reads_back_and_is_no_organisations_key() {
        let token = Token::generate(Uuid::from_u128(1).into(), &SystemEntropy);
        let text = token.expose();
        assert!(text.starts_with("sbo_aaaaaaaa"), "{text}");
        assert_eq!(Token::parse(&text), Some(token));
        assert_eq!(ProgramKey::parse(ProgramKey::ORGANIZATION, &text), None);
    }
}
