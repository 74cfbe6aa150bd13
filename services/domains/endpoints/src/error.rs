//! What can be wrong with a request about endpoints: facts, each with a stable code.

use db::DbError;
use kernel::error::{DomainError, ErrorKind, FieldError};
use kernel::id::EndpointId;
use serde_json::{Map, Value, json};

/// A refusal, or a failure of the database.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such endpoint, or it is in the bin.
    #[error("endpoint {0} is not there")]
    NotFound(EndpointId),
    /// Another endpoint has this address.
    #[error("another endpoint has this address")]
    Exists {
        /// Which one; unknown where it was added at the same moment.
        existing: Option<EndpointId>,
    },
    /// The plan allows no more.
    #[error("the plan allows {max} endpoints")]
    PlanLimit {
        /// How many.
        max: i32,
        /// Where more can be had.
        upgrade_url: String,
    },
    /// Fields that break a rule.
    #[error("{} fields break a rule", .0.len())]
    Invalid(Vec<FieldError>),
    /// Somebody else has changed it since.
    #[error("the endpoint is at revision {current}")]
    VersionStale {
        /// The present revision.
        current: i32,
    },
    /// As many trials are running as one organisation may have.
    #[error("too many trials at once")]
    TooManyTrials,
    /// The database failed, or its gate refused.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<FieldError> for Error {
    fn from(fault: FieldError) -> Self {
        Self::Invalid(vec![fault])
    }
}

impl DomainError for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound(_) => ErrorKind::NotFound,
            Self::Exists { .. } => ErrorKind::Conflict,
            Self::PlanLimit { .. } => ErrorKind::Forbidden,
            Self::Invalid(_) => ErrorKind::Invalid,
            Self::VersionStale { .. } => ErrorKind::PreconditionFailed,
            Self::TooManyTrials => ErrorKind::TooMany { retry_after_s: 1 },
            Self::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "endpoint_not_found",
            Self::Exists { .. } => "endpoint_exists",
            Self::PlanLimit { .. } => "plan_limit",
            Self::Invalid(_) => "validation_failed",
            Self::VersionStale { .. } => "precondition_failed",
            Self::TooManyTrials => "rate_limited",
            Self::Db(error) => error.code(),
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::NotFound(_) => "There is no such endpoint.".to_owned(),
            Self::Exists { .. } => {
                "An endpoint with this address is being watched already.".to_owned()
            }
            Self::PlanLimit { max, .. } => {
                format!("Your {max}-endpoint limit reached. Please upgrade to Pro.")
            }
            Self::Invalid(_) => "The request breaks a rule: see errors.".to_owned(),
            Self::VersionStale { .. } => {
                "Somebody has changed this endpoint since you read it. Read it again.".to_owned()
            }
            Self::TooManyTrials => {
                "Too many trials are running. Wait for one to end and try again.".to_owned()
            }
            Self::Db(error) => error.detail(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Invalid(faults) => faults.clone(),
            _ => Vec::new(),
        }
    }

    fn extensions(&self) -> Option<Map<String, Value>> {
        let members = match self {
            Self::Exists { existing } => json!({ "existing_id": existing }),
            Self::PlanLimit { max, upgrade_url } => {
                json!({ "limit": max, "upgrade_url": upgrade_url })
            }
            _ => return None,
        };
        members.as_object().cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_has_its_code() {
        let id = EndpointId::from(uuid::Uuid::nil());
        let codes: Vec<_> = [
            Error::NotFound(id),
            Error::Exists { existing: None },
            Error::PlanLimit {
                max: 3,
                upgrade_url: "/billing".to_owned(),
            },
            Error::Invalid(Vec::new()),
            Error::VersionStale { current: 2 },
            Error::TooManyTrials,
            Error::Db(DbError::Missing),
        ]
        .iter()
        .map(DomainError::code)
        .collect();
        assert_eq!(
            codes.join(" "),
            "endpoint_not_found endpoint_exists plan_limit validation_failed \
             precondition_failed rate_limited internal"
        );
    }

    #[test]
    fn the_limit_of_the_plan_is_said_with_its_number_and_the_way_out() {
        let full = Error::PlanLimit {
            max: 3,
            upgrade_url: "/billing".to_owned(),
        };
        assert_eq!(
            full.detail(),
            "Your 3-endpoint limit reached. Please upgrade to Pro."
        );
        assert_eq!(
            full.extensions().map(Value::Object),
            Some(json!({ "limit": 3, "upgrade_url": "/billing" }))
        );
    }
}
