//! Names, hosts and plans of organisations as JSON.

use gateway::ApiError;
use jiff::Timestamp;
use kernel::error::FieldError;
use kernel::id::TenantId;
use kernel::text;
use serde::{Deserialize, Serialize};
use tenancy::domains::RECORD;
use tenancy::rename::Renamed;
use tenancy::roster::Host;
use utoipa::ToSchema;
use validator::Validate;

use super::readable;

/// Another address, and another name.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenameTenant {
    /// The first label of its new host; the present one to change the name alone.
    #[validate(length(min = 3, max = 40, message = "From 3 to 40 characters."))]
    #[schema(example = "acme-rockets", min_length = 3, max_length = 40)]
    pub slug: String,
    /// Its new name; without it, the name stays.
    #[validate(length(min = 1, max = 120, message = "From 1 to 120 characters."))]
    #[schema(example = "Acme Rockets", min_length = 1, max_length = 120)]
    name: Option<String>,
    /// For the audit log.
    #[validate(
        length(max = 500, message = "At most 500 characters."),
        custom(function = "readable")
    )]
    #[schema(max_length = 500)]
    pub reason: Option<String>,
    /// Whether it is only tried: nothing changes, and the answer says what would.
    #[serde(default)]
    pub dry_run: bool,
}

impl RenameTenant {
    /// The new name. Errors: 400 with a pointer to it.
    pub fn name(&self) -> Result<Option<String>, ApiError> {
        let read = self.name.as_deref().map(|name| text::line(name, 120));
        read.transpose().map_err(|_| {
            let words = "Enter a name of at most 120 characters, without control characters.";
            ApiError::invalid(vec![FieldError::new("name", "name", words)])
        })
    }
}

/// What renaming did.
#[derive(Debug, Serialize, ToSchema)]
pub struct TenantRenamed {
    id: TenantId,
    /// Its own host from now on.
    #[schema(example = "acme-rockets.signalbox.example")]
    host: String,
    /// Whether anything had to be done.
    changed: bool,
}

impl From<Renamed> for TenantRenamed {
    fn from(renamed: Renamed) -> Self {
        Self {
            id: renamed.subject.id,
            host: renamed.host,
            changed: renamed.changed,
        }
    }
}

/// A plan that can be had.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlanName {
    /// Without payment.
    Free,
    /// For a team.
    Pro,
    /// For a company.
    Business,
}

impl PlanName {
    /// The name that is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Pro => "pro",
            Self::Business => "business",
        }
    }
}

/// Another plan.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePlan {
    /// The plan.
    pub plan: PlanName,
    /// How many endpoints it may watch; without it, as many as before. What is there above it stays.
    #[validate(range(min = 0, max = 1_000_000, message = "From 0 to 1,000,000."))]
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub endpoints: Option<i32>,
    /// For the audit log.
    #[validate(
        length(max = 500, message = "At most 500 characters."),
        custom(function = "readable")
    )]
    #[schema(max_length = 500)]
    pub reason: Option<String>,
    /// Whether it is only tried: nothing changes, and the answer says what would.
    #[serde(default)]
    pub dry_run: bool,
}

/// What a change of plan did.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanChanged {
    /// The organisation.
    pub id: TenantId,
    /// The plan it has now.
    pub plan: PlanName,
    /// Whether anything had to be done.
    pub changed: bool,
}

/// A host of an organisation, and why something is done to it.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NameHost {
    /// The host.
    #[validate(length(min = 1, max = 200, message = "From 1 to 200 characters."))]
    #[schema(example = "status.example.com", min_length = 1, max_length = 200)]
    pub host: String,
    /// For the audit log.
    #[validate(
        length(max = 500, message = "At most 500 characters."),
        custom(function = "readable")
    )]
    #[schema(max_length = 500)]
    pub reason: Option<String>,
    /// Whether it is only tried: nothing changes.
    #[serde(default)]
    pub dry_run: bool,
}

/// A host of an organisation.
#[derive(Debug, Serialize, ToSchema)]
pub struct HostView {
    #[schema(example = "acme.signalbox.example")]
    host: String,
    /// `own` below the base domain, or `custom`.
    #[schema(example = "own")]
    kind: String,
    /// Whether its console signs in here.
    canonical: bool,
    /// The same in words.
    #[schema(example = "canonical")]
    standing: String,
    /// For `custom`: the name of the TXT record that proves it.
    #[schema(example = "_signalbox.status.example.com")]
    record: Option<String>,
    /// What that record has to hold.
    proof: Option<String>,
    /// Since when it is proven.
    verified_at: Option<Timestamp>,
    /// Until when an earlier address leads to the present one.
    redirects_until: Option<Timestamp>,
}

impl From<Host> for HostView {
    fn from(host: Host) -> Self {
        Self {
            standing: host.standing(),
            record: host
                .proof
                .is_some()
                .then(|| format!("{RECORD}.{}", host.host)),
            proof: host.proof,
            verified_at: host.verified_at,
            redirects_until: host.redirects_until,
            host: host.host,
            kind: host.kind,
            canonical: host.canonical,
        }
    }
}

/// The hosts of an organisation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TenantHosts)]
pub struct HostList {
    /// The canonical one first.
    pub items: Vec<HostView>,
}
