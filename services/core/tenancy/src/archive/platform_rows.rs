//! What of a tenant lives in the platform's tables: carried along, or made anew where it cannot travel.
//!
//! Carried: when each endpoint is checked, and work that waits. Made anew: the hashes of people's addresses,
//! for they are keyed with the secret of the house that looks them up; and the canonical host, which is the
//! slug's. Other hosts have to be proven again where the tenant arrives; the archive names them.

use db::SchemaName;
use db::owner::OwnerConnection;
use uuid::Uuid;

use super::{ArchiveError, TableShape};

/// Rows outside the schema.
pub(super) struct Outside {
    name: &'static str,
    columns: &'static [&'static str],
    /// What reads them, for the schema in place of `{schema}`.
    select: &'static str,
}

/// When each endpoint is checked next. Leases and fences belong to the server they were made on.
pub(super) const SCHEDULE: Outside = Outside {
    name: "platform.check_schedule",
    columns: &["endpoint_id", "interval_ms", "next_due_at"],
    select: "SELECT endpoint_id, interval_ms, next_due_at FROM platform.check_schedule
              WHERE tenant = '{schema}' ORDER BY endpoint_id",
};

/// Work that waits. The pointers get new ids where they arrive: the old ones may still be there.
pub(super) const WORK: Outside = Outside {
    name: "platform.work",
    columns: &["kind", "ref", "due_at", "attempts", "dead_at", "last_error"],
    select: "SELECT kind, ref, due_at, attempts, dead_at, last_error FROM platform.work
              WHERE tenant = '{schema}' ORDER BY kind COLLATE \"C\", ref, due_at",
};

/// Both, in the order in which they stand in an archive.
pub(super) const ALL: [&Outside; 2] = [&SCHEDULE, &WORK];

impl Outside {
    pub(super) fn shape(&self) -> TableShape {
        TableShape {
            name: self.name.to_owned(),
            columns: self.columns.iter().map(|it| (*it).to_owned()).collect(),
        }
    }

    pub(super) fn select(&self, schema: &SchemaName) -> String {
        self.select.replace("{schema}", schema.as_str())
    }

    /// The table that takes the rows on their arrival; the schema is on the path, which says whose they are.
    pub(super) fn target(&self, schema: &SchemaName) -> String {
        if self.name == WORK.name {
            format!("{schema}.{STAGE}")
        } else {
            self.name.to_owned()
        }
    }
}

/// Where the rows of `platform.work` wait for their ids: a table of the new schema, gone before the end.
pub(super) const STAGE: &str = "arriving_work";

/// Makes the stage.
pub(super) async fn open_stage(
    owner: &OwnerConnection,
    schema: &SchemaName,
) -> Result<(), ArchiveError> {
    let make = format!(
        "CREATE TABLE {schema}.{STAGE} (kind text NOT NULL, ref uuid NOT NULL, due_at timestamptz NOT NULL,
                attempts smallint NOT NULL, dead_at timestamptz, last_error text)"
    );
    Ok(owner.batch(&make).await?)
}

/// Moves the work from the stage to the queue, unless it is to be forgotten, and takes the stage away.
pub(super) async fn close_stage(
    owner: &OwnerConnection,
    schema: &SchemaName,
    keep: bool,
) -> Result<(), ArchiveError> {
    if keep {
        let take = format!(
            "INSERT INTO platform.work (id, tenant, kind, ref, due_at, attempts, dead_at, last_error)
             SELECT gen_random_uuid(), '{schema}', kind, ref, due_at, attempts, dead_at, last_error
               FROM {schema}.{STAGE}"
        );
        owner.batch(&take).await?;
    }
    Ok(owner.batch(&format!("DROP TABLE {schema}.{STAGE}")).await?)
}

/// Hashes an address, in its folded form, as this house looks it up.
pub type HashAddress<'a> = &'a (dyn Fn(&str) -> [u8; 32] + Send + Sync);

/// How many addresses are hashed and written at a time.
const BATCH: i64 = 1000;

/// Writes the hash of everybody's address, so that people find this workspace.
pub(super) async fn write_address_hashes(
    owner: &OwnerConnection,
    schema: &SchemaName,
    tenant: Uuid,
    hash: HashAddress<'_>,
) -> Result<(), ArchiveError> {
    let read =
        format!("SELECT id, email FROM {schema}.users WHERE id > $1 ORDER BY id LIMIT {BATCH}");
    let mut last = Uuid::nil();
    loop {
        let rows = owner.query(&read, &[&last]).await?;
        let (mut ids, mut hashes): (Vec<Uuid>, Vec<Vec<u8>>) = (Vec::new(), Vec::new());
        for row in &rows {
            last = row.get("id")?;
            ids.push(last);
            hashes.push(hash(&row.get::<String>("email")?.to_ascii_lowercase()).to_vec());
        }
        if ids.is_empty() {
            return Ok(());
        }
        owner
            .execute(
                "INSERT INTO platform.address_hashes (address_hash, tenant_id, user_id)
                 SELECT h.address_hash, $1, h.user_id FROM unnest($2::bytea[], $3::uuid[]) AS h (address_hash, user_id)
                     ON CONFLICT DO NOTHING",
                &[&tenant, &hashes, &ids],
            )
            .await?;
    }
}
