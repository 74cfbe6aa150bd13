//! `signalbox tenant plan`: a plan's name, and the limits that go with it.

use clap::Args;
use serde_json::json;
use tenancy::verbs::{self, Plan};

use super::tenant::{refuse, selector};
use super::{Desk, Outcome};

/// Who is to have which plan.
#[derive(Clone, Debug, Args)]
pub struct Planning {
    /// Its slug, or its id.
    tenant: String,
    /// The plan's name.
    #[arg(value_parser = ["free", "pro", "business"])]
    plan: String,
    /// How many endpoints it may watch; without it, as many as before.
    #[arg(long, value_parser = clap::value_parser!(i32).range(0..))]
    endpoints: Option<i32>,
}

/// Runs the command.
pub async fn run(desk: &Desk, planning: &Planning) -> anyhow::Result<Outcome> {
    let which = selector(&planning.tenant);
    let limits: Vec<(&str, i32)> = planning
        .endpoints
        .map(|max| ("endpoints", max))
        .into_iter()
        .collect();
    let plan = Plan {
        name: &planning.plan,
        limits: &limits,
    };
    let done = desk
        .act(async |tx| verbs::set_plan(tx, &which, &plan, &desk.mandate).await)
        .await;
    let changed = match done {
        Ok(changed) => changed,
        Err(error) => return refuse(desk, &planning.tenant, &error),
    };
    let text = match (changed, desk.manner.dry_run) {
        (false, _) => format!("{}: nothing to do", planning.tenant),
        (true, true) => format!(
            "{}: would be on the plan {}",
            planning.tenant, planning.plan
        ),
        (true, false) => format!("{}: on the plan {}", planning.tenant, planning.plan),
    };
    desk.say(
        &text,
        &json!({ "tenant": planning.tenant, "plan": planning.plan, "changed": changed }),
    )?;
    Ok(Outcome::Done)
}
