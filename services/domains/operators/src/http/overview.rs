//! `GET /overview`: how the platform stands.

use actix_web::get;
use actix_web::web::Json;
use gateway::{ApiResult, Problems};
use serde::Serialize;
use tenancy::{MINIMUM_VERSION, TEMPLATE_VERSION};
use utoipa::ToSchema;

use crate::door::Operator;
use crate::roles::TenantsRead;
use crate::service::overview;

/// How the platform stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct Overview {
    /// Organisations by state.
    states: Vec<StateCount>,
    /// Organisations by plan, what was deleted left out.
    plans: Vec<PlanCount>,
    /// Schemas that wait for an organisation.
    pool_ready: i64,
    /// Organisations by the version of their schema, the oldest first.
    versions: Vec<VersionCount>,
    /// The version this build brings.
    current_version: i32,
    /// The oldest version this build serves.
    minimum_version: i32,
    /// Work that was given up.
    dead_letters: i64,
    /// Age of the oldest work that is due.
    due_work_age_seconds: i64,
}

/// How many are in a state.
#[derive(Debug, Serialize, ToSchema)]
pub struct StateCount {
    #[schema(example = "active")]
    state: String,
    tenants: i64,
}

/// How many have a plan.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanCount {
    #[schema(example = "free")]
    plan: String,
    tenants: i64,
}

/// How many are at a version.
#[derive(Debug, Serialize, ToSchema)]
pub struct VersionCount {
    version: i32,
    tenants: i64,
}

/// Shows how the platform stands.
#[utoipa::path(
    tag = "overview",
    responses((status = 200, body = Overview), Problems),
    security(("operator_cookie" = []), ("operator_token" = [])),
    extensions(("x-permission" = json!("tenants_read")))
)]
#[get("/overview")]
pub async fn show_overview(operator: Operator<TenantsRead>) -> ApiResult<Json<Overview>> {
    let standing = operator.act(async |tx, _| overview::read(tx).await).await?;
    let states = standing.states.into_iter();
    let plans = standing.plans.into_iter();
    let versions = standing.versions.into_iter();
    Ok(Json(Overview {
        states: states
            .map(|(state, tenants)| StateCount { state, tenants })
            .collect(),
        plans: plans
            .map(|(plan, tenants)| PlanCount { plan, tenants })
            .collect(),
        pool_ready: standing.pool_ready,
        versions: versions
            .map(|(version, tenants)| VersionCount { version, tenants })
            .collect(),
        current_version: TEMPLATE_VERSION,
        minimum_version: MINIMUM_VERSION,
        dead_letters: standing.dead_letters,
        due_work_age_seconds: standing.due_work_age_seconds,
    }))
}
