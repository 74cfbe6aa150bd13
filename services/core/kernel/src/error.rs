//! What a refusal means, apart from how it travels. The gateway alone turns it into a status.

/// The kind of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The input breaks a rule (400).
    Invalid,
    /// Nobody is signed in, or the proof is not good (401).
    Unauthenticated,
    /// Signed in, but without the permission or beyond the plan (403).
    Forbidden,
    /// Not there, or not theirs (404).
    NotFound,
    /// In conflict with what is stored (409).
    Conflict,
    /// Gone for good (410).
    Gone,
    /// `If-Match` names another version (412).
    PreconditionFailed,
    /// Larger than allowed (413).
    TooLarge,
    /// Understood, but cannot be done with this content (422).
    Unprocessable,
    /// `If-Match` is needed and missing (428).
    PreconditionRequired,
    /// Too often (429).
    TooMany {
        /// Seconds until the next attempt can succeed.
        retry_after_s: u64,
    },
    /// Our own fault (500). Its text stays inside.
    Internal,
    /// A service we depend on is broken (502).
    Upstream,
    /// For a moment (503). Its text stays inside.
    Unavailable {
        /// Seconds after which it is worth another try.
        retry_after_s: u64,
    },
}

/// One fault of one field.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) to the field, `/email`; for a query parameter its name, `/limit`.
    #[schema(example = "/email")]
    pub pointer: String,
    /// Stable code of the rule that was broken.
    #[schema(example = "email")]
    pub code: String,
    /// What is expected, for a person.
    #[schema(example = "Enter an e-mail address, like name@example.com.")]
    pub message: String,
}

impl FieldError {
    /// A fault of the top-level field `field`.
    pub fn new(field: &str, code: &str, message: impl Into<String>) -> Self {
        Self {
            pointer: format!("/{field}"),
            code: code.to_owned(),
            message: message.into(),
        }
    }
}

/// A domain's refusal, as the gateway needs to know it.
pub trait DomainError: std::error::Error + 'static {
    /// What it means.
    fn kind(&self) -> ErrorKind;

    /// Stable snake_case code, listed in a snapshot.
    fn code(&self) -> &'static str;

    /// A sentence for the person: what happened and what to do.
    fn detail(&self) -> String;

    /// Faults by field, where there are any.
    fn fields(&self) -> Vec<FieldError> {
        Vec::new()
    }

    /// Further members of the problem document, as an object (RFC 9457 3.2).
    fn extensions(&self) -> Option<serde_json::Map<String, serde_json::Value>> {
        None
    }
}
