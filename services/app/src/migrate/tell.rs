//! What a migration command says: for people, or as JSON.

use std::io::Write;

use serde_json::{Value, json};
use tenancy::TenancyError;
use tenancy::migrate::{Drift, Failure, Preview, RunReport};

use crate::operator::Outcome;

/// Prints answers to stdout.
#[derive(Clone, Copy, Debug)]
pub struct Teller {
    /// As JSON.
    pub json: bool,
}

impl Teller {
    /// Prints `text`, or `document` where JSON was asked for.
    pub fn say(&self, text: &str, document: &Value) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        if self.json {
            writeln!(out, "{document}")?;
        } else {
            writeln!(out, "{text}")?;
        }
        Ok(())
    }

    /// What a run would do.
    pub fn preview(&self, preview: &Preview) -> anyhow::Result<Outcome> {
        let [canary, hundredth, tenth, rest] = preview.rings;
        let text = match preview.planned() {
            0 => "Nothing to do.".to_owned(),
            all => format!(
                "{all} tenant(s) would be migrated: {canary} as canary, then {hundredth}, {tenth} and {rest}."
            ),
        };
        let document = json!({ "dry_run": true, "platform_pending": 0, "planned": preview.planned(),
            "rings": preview.rings });
        self.say(&text, &document)?;
        Ok(Outcome::Done)
    }

    /// What a run came to.
    pub fn report(&self, report: &RunReport) -> anyhow::Result<Outcome> {
        self.say(&lines_of(report).join("\n"), &document_of(report))?;
        Ok(match report.state.as_str() {
            "done" => Outcome::Done,
            "halted" => Outcome::Failed,
            _ => Outcome::Partly,
        })
    }

    /// Why nothing was begun. Errors: those that are no refusals.
    pub fn refusal(&self, error: TenancyError) -> anyhow::Result<Outcome> {
        let (outcome, code) = match &error {
            TenancyError::Halted(_) => (Outcome::Refused, "halted"),
            TenancyError::UnderWay(_) => (Outcome::Refused, "under_way"),
            TenancyError::NotMigrated => (Outcome::Refused, "not_migrated"),
            TenancyError::UnknownTenant(_) => (Outcome::NotFound, "not_found"),
            _ => return Err(error.into()),
        };
        let text = error.to_string();
        self.say(&text, &json!({ "error": code, "detail": text }))?;
        Ok(outcome)
    }

    /// A schema that is not what its version says.
    pub fn drift(&self, drift: &Drift) -> anyhow::Result<()> {
        let name = drift.slug.as_deref().unwrap_or("nobody's");
        let mut lines = vec![format!(
            "{name} ({}), version {}:",
            drift.schema, drift.version
        )];
        if drift.fingerprint.is_none() {
            lines.push("  the schema is not there".to_owned());
        }
        let mut differences = Vec::new();
        for it in &drift.differences {
            let (table, kind, name) = (&it.part.table, it.part.kind.as_str(), &it.part.name);
            let place = match table.as_str() {
                "" => name.clone(),
                table if table == name => name.clone(),
                table => format!("{table}.{name}"),
            };
            lines.push(format!("  {kind} {place} is {}", it.what.as_str()));
            if let Some(text) = &it.expected {
                lines.push(format!("    should be: {text}"));
            }
            if let Some(text) = &it.found {
                lines.push(format!("    is:        {text}"));
            }
            differences.push(json!({ "table": table, "kind": kind, "name": name,
                "what": it.what.as_str(), "expected": it.expected, "found": it.found }));
        }
        let document = json!({ "tenant": drift.slug, "id": drift.tenant,
            "schema": drift.schema.as_str(), "version": drift.version,
            "fingerprint": drift.fingerprint, "differences": differences });
        self.say(&lines.join("\n"), &document)
    }
}

/// A run, for people.
pub fn lines_of(report: &RunReport) -> Vec<String> {
    let kind = if report.retry { "retry" } else { "run" };
    let mut lines = vec![format!(
        "{kind} to version {}: {}, {} of {} migrated, {} not, {} under way, {} waiting",
        report.target,
        report.state,
        report.done,
        report.planned,
        report.failed,
        report.open,
        report.waiting
    )];
    if let Some(reason) = &report.halted_because {
        lines.push(format!(
            "halted: {reason}. `migrate retry` tries the failed again, `migrate resume` goes on without them"
        ));
    }
    lines.extend(report.failures.iter().map(|it| {
        format!(
            "  {} ({}): {}, {} time(s) gave way; {}",
            it.slug.as_deref().unwrap_or("nobody's"),
            it.schema.as_ref().map_or("gone", |schema| schema.as_str()),
            it.outcome,
            it.gave_way,
            it.error.as_deref().unwrap_or_default()
        )
    }));
    lines
}

/// A run, as JSON.
pub fn document_of(report: &RunReport) -> Value {
    let failures: Vec<Value> = report.failures.iter().map(document_of_failure).collect();
    json!({
        "run": report.id,
        "kind": if report.retry { "retry" } else { "run" },
        "target": report.target,
        "state": report.state,
        "halted_because": report.halted_because,
        "planned": report.planned,
        "done": report.done,
        "failed": report.failed,
        "open": report.open,
        "waiting": report.waiting,
        "failures": failures,
    })
}

fn document_of_failure(failure: &Failure) -> Value {
    json!({
        "tenant": failure.slug,
        "id": failure.tenant,
        "schema": failure.schema.as_ref().map(|schema| schema.as_str()),
        "outcome": failure.outcome,
        "gave_way": failure.gave_way,
        "error": failure.error,
    })
}
