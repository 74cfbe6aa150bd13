//! What a restore is held against: figures of the platform and of a few organisations drawn at random.
//!
//! The house goes on while a backup is made, so everything is measured before and after, and only what was the
//! same both times is written down. An organisation counts only where its logs stood still: whatever people do
//! leaves a row there, so that nothing can have changed and changed back in between.

use std::collections::BTreeSet;

use db::owner::OwnerConnection;
use serde::{Deserialize, Serialize};
use tenancy::archive::{self, Sum};
use uuid::Uuid;

/// Organisations drawn from all.
const SAMPLES: i64 = 5;
/// Organisations drawn from those that were used longest ago: of these, hardly one is at work just now.
const QUIET: i64 = 10;
/// Every act of people is in one of these.
const LOGS: [&str; 3] = ["audit_log", "auth_log", "events"];

/// Rows of these come and stay. Queues and limits come and go by the second.
const COUNTS: &str = "
    SELECT 'tenants' AS name, count(*) AS rows FROM platform.tenants
     UNION ALL SELECT 'hosts', count(*) FROM platform.hosts
     UNION ALL SELECT 'address_hashes', count(*) FROM platform.address_hashes
     UNION ALL SELECT 'tombstones', count(*) FROM platform.tombstones
     UNION ALL SELECT 'operator_audit', count(*) FROM platform.operator_audit
     ORDER BY 1";

/// Figures of one moment, or those that did not change between two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// Rows of the platform's tables.
    pub platform: Vec<(String, i64)>,
    /// Organisations, table by table.
    pub samples: Vec<Sample>,
}

/// An organisation's tables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// Its id.
    pub tenant: Uuid,
    /// Its tables.
    pub sums: Vec<Sum>,
}

impl Measured {
    /// Draws organisations and measures.
    pub async fn draw(owner: &OwnerConnection) -> anyhow::Result<Self> {
        let drawn = owner
            .query(
                "WITH there AS (
                     SELECT id, last_active_at FROM platform.tenants WHERE state NOT IN ('pooled', 'deleted')
                 )
                 (SELECT id FROM there ORDER BY random() LIMIT $1)
                  UNION
                 (SELECT id FROM there ORDER BY last_active_at NULLS FIRST, id LIMIT $2)",
                &[&SAMPLES, &QUIET],
            )
            .await?;
        let mut ids = Vec::new();
        for row in drawn {
            ids.push(row.get("id")?);
        }
        Self::of(owner, &ids).await
    }

    /// Measures the same organisations again.
    pub async fn again(&self, owner: &OwnerConnection) -> anyhow::Result<Self> {
        let ids: Vec<Uuid> = self.samples.iter().map(|it| it.tenant).collect();
        Self::of(owner, &ids).await
    }

    async fn of(owner: &OwnerConnection, ids: &[Uuid]) -> anyhow::Result<Self> {
        let mut platform = Vec::new();
        for row in owner.query(COUNTS, &[]).await? {
            platform.push((row.get("name")?, row.get("rows")?));
        }
        let mut samples = Vec::new();
        let slugs = owner
            .query(
                "SELECT id, slug FROM platform.tenants WHERE id = ANY($1) AND slug IS NOT NULL ORDER BY id",
                &[&ids],
            )
            .await?;
        for row in slugs {
            let manifest = archive::fingerprint(owner, row.get("slug")?).await?;
            samples.push(Sample {
                tenant: row.get("id")?,
                sums: manifest.sums,
            });
        }
        Ok(Self { platform, samples })
    }

    /// What was the same before and after.
    pub fn unchanged(&self, after: &Self) -> Self {
        let both = |one: &Sample, two: &Sample| Sample {
            tenant: one.tenant,
            sums: one
                .sums
                .iter()
                .filter(|sum| !sum.table.starts_with("platform.") && two.sums.contains(sum))
                .cloned()
                .collect(),
        };
        let platform = self
            .platform
            .iter()
            .filter(|it| after.platform.contains(it));
        let samples = self.samples.iter().filter_map(|one| {
            let two = after.samples.iter().find(|it| it.tenant == one.tenant)?;
            let both = both(one, two);
            let still: BTreeSet<&str> = both.sums.iter().map(|it| it.table.as_str()).collect();
            LOGS.iter().all(|log| still.contains(log)).then_some(both)
        });
        Self {
            platform: platform.cloned().collect(),
            samples: samples.collect(),
        }
    }

    /// What a restore has otherwise than it must.
    pub fn differences(&self, restored: &Self) -> Vec<String> {
        let mut found = Vec::new();
        for (table, rows) in &self.platform {
            let is = restored.platform.iter().find(|it| it.0 == *table);
            if is.is_none_or(|(_, restored)| restored != rows) {
                found.push(format!("platform.{table} has not its {rows} rows"));
            }
        }
        for sample in &self.samples {
            let Some(is) = restored
                .samples
                .iter()
                .find(|it| it.tenant == sample.tenant)
            else {
                found.push(format!("the organisation {} is missing", sample.tenant));
                continue;
            };
            let wrong = sample.sums.iter().filter(|sum| !is.sums.contains(sum));
            found.extend(wrong.map(|sum| {
                format!(
                    "{} of the organisation {} differs",
                    sum.table, sample.tenant
                )
            }));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(table: &str, sha256: &str) -> Sum {
        Sum {
            table: table.to_owned(),
            rows: 1,
            bytes: 1,
            sha256: sha256.to_owned(),
        }
    }

    fn measured(hosts: i64, users: &str, log: &str) -> Measured {
        let mut sums: Vec<Sum> = LOGS.iter().map(|log| sum(log, "same")).collect();
        sums.extend([
            sum("users", users),
            sum("quotas", "same"),
            sum("platform.work", "same"),
        ]);
        if let Some(events) = sums.iter_mut().find(|it| it.table == "events") {
            log.clone_into(&mut events.sha256);
        }
        Measured {
            platform: vec![("hosts".to_owned(), hosts), ("tenants".to_owned(), 1)],
            samples: vec![Sample {
                tenant: Uuid::nil(),
                sums,
            }],
        }
    }

    #[test]
    fn only_what_stood_still_is_held_against_a_restore() {
        let before = measured(1, "a", "same");
        let changed = before.unchanged(&measured(2, "b", "same"));
        assert_eq!(changed.platform, [("tenants".to_owned(), 1)]);
        let tables = |it: &Measured| -> Vec<String> {
            let sums = it.samples.iter().flat_map(|sample| &sample.sums);
            sums.map(|sum| sum.table.clone()).collect()
        };
        // Neither what changed nor what comes and goes by the second.
        assert_eq!(
            tables(&changed),
            ["audit_log", "auth_log", "events", "quotas"]
        );
        // Somebody was at work: anything may have changed and changed back.
        let busy = before.unchanged(&measured(1, "a", "more"));
        assert!(busy.samples.is_empty());
        let same = before.unchanged(&before);
        assert!(same.differences(&before).is_empty());
        assert_eq!(same.differences(&measured(2, "b", "same")).len(), 2);
        let gone = Measured {
            platform: Vec::new(),
            samples: Vec::new(),
        };
        assert_eq!(same.differences(&gone).len(), 3);
    }
}
