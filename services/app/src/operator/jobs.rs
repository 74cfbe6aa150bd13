//! `signalbox jobs`: what the queue holds, and dead letters tried again or discarded.

use clap::{Args, Subcommand, ValueEnum};
use jobs::Hint;
use jobs::desk::{self, DeskError, JobFilter, JobState, JobView, Wish};
use serde_json::{Value, json};
use tenancy::audit::{self, Act};
use tenancy::verbs::{Selector, VerbError};
use uuid::Uuid;

use super::{Desk, Outcome, tenant};

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Jobs {
    /// Lists work, what is due first at the top.
    List(List),
    /// Shows one piece of work, with its last error.
    Show {
        /// Its id.
        id: Uuid,
    },
    /// Has it tried now: a dead letter with all its attempts again, what waits at once.
    Retry(Retry),
    /// Removes dead letters for good. What they were to do is never done.
    Discard(Discard),
}

/// Which page of the queue.
#[derive(Clone, Debug, Args)]
pub struct List {
    /// Only work in this state.
    #[arg(long, value_enum)]
    state: Option<State>,
    /// Only work of this kind.
    #[arg(long)]
    kind: Option<String>,
    /// Only work of the organisation with this slug.
    #[arg(long)]
    tenant: Option<String>,
    /// How many.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
    /// The page after this one: `next` of the page before.
    #[arg(long)]
    after: Option<String>,
}

/// States of work.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
    /// Its time has not come.
    Waiting,
    /// Waits for a worker.
    Due,
    /// A worker has it.
    Leased,
    /// Given up.
    Dead,
}

impl From<State> for JobState {
    fn from(state: State) -> Self {
        match state {
            State::Waiting => Self::Waiting,
            State::Due => Self::Due,
            State::Leased => Self::Leased,
            State::Dead => Self::Dead,
        }
    }
}

/// What to try again.
#[derive(Clone, Debug, Args)]
pub struct Retry {
    /// Ids of work.
    #[arg(required_unless_present = "dead", conflicts_with = "dead")]
    ids: Vec<Uuid>,
    /// Every dead letter.
    #[arg(long)]
    dead: bool,
    /// With --dead: of this kind alone.
    #[arg(long, requires = "dead")]
    kind: Option<String>,
    /// With --dead: of the organisation with this slug alone.
    #[arg(long, requires = "dead")]
    tenant: Option<String>,
}

/// What to discard.
#[derive(Clone, Debug, Args)]
pub struct Discard {
    /// Ids of dead letters.
    #[arg(required = true)]
    ids: Vec<Uuid>,
    /// The same id again, for each of them.
    #[arg(long)]
    confirm: Vec<Uuid>,
}

/// Runs the command.
pub async fn run(desk: &Desk, command: Jobs) -> anyhow::Result<Outcome> {
    match command {
        Jobs::List(page) => list(desk, &page).await,
        Jobs::Show { id } => show(desk, id).await,
        Jobs::Retry(retry) if retry.dead => retry_dead(desk, &retry).await,
        Jobs::Retry(retry) => retry_each(desk, &retry.ids).await,
        Jobs::Discard(discard) => discard_each(desk, &discard).await,
    }
}

/// What the desk refuses, in the words of the verbs.
fn verb_error(error: DeskError) -> VerbError {
    match error {
        DeskError::UnknownTenant(slug) => VerbError::NotFound(Selector::Slug(slug)),
        // A cursor is looked at by `list` alone, which tells of it itself.
        DeskError::Cursor => VerbError::Db(db::DbError::Missing),
        DeskError::Db(error) => VerbError::Db(error),
    }
}

async fn list(desk: &Desk, page: &List) -> anyhow::Result<Outcome> {
    let filter = JobFilter {
        state: page.state.map(JobState::from),
        kind: page.kind.as_deref(),
        tenant: page.tenant.as_deref(),
    };
    let after = page.after.as_deref();
    let found = desk
        .db
        .read_platform(async |tx| desk::list(tx, filter, page.limit, after).await)
        .await;
    let found = match found {
        Ok(found) => found,
        Err(DeskError::Cursor) => {
            anyhow::bail!("--after: expected `next` of the page before, of the same list")
        }
        Err(error) => {
            let name = page.tenant.clone().unwrap_or_default();
            return tenant::refuse(desk, &name, &verb_error(error));
        }
    };
    let text = if found.items.is_empty() {
        "No work fits.".to_owned()
    } else {
        table(&found.items, found.next_cursor.as_deref())
    };
    desk.say(
        &text,
        &json!({ "items": found.items, "next": found.next_cursor }),
    )?;
    Ok(Outcome::Done)
}

fn table(jobs: &[JobView], next: Option<&str>) -> String {
    let mut lines = vec![format!(
        "{:<36}  {:<7} {:<22} {:<20} {:>5}  {:<20}  {}",
        "id", "state", "kind", "tenant", "tries", "due", "last error"
    )];
    for job in jobs {
        lines.push(format!(
            "{:<36}  {:<7} {:<22} {:<20} {:>5}  {:<20}  {}",
            job.id,
            job.state.as_str(),
            job.kind,
            whose(job),
            job.attempts,
            format!("{:.0}", job.due_at),
            job.last_error.as_deref().unwrap_or("-"),
        ));
    }
    if let Some(next) = next {
        lines.push(format!("more with --after {next}"));
    }
    lines.join("\n")
}

/// The organisation's slug, its schema where it has no slug any more, or a dash for the platform.
fn whose(job: &JobView) -> &str {
    let name = job.tenant.as_deref().or(job.schema.as_deref());
    name.unwrap_or("-")
}

async fn show(desk: &Desk, id: Uuid) -> anyhow::Result<Outcome> {
    let found = desk.db.read_platform(async |tx| desk::find(tx, id).await);
    let Some(job) = found.await? else {
        return not_found(desk, id);
    };
    let at = |at: Option<jiff::Timestamp>| at.map_or("-".to_owned(), |at| at.to_string());
    let text = format!(
        "id            {}\nkind          {}\nstate         {}\ntenant        {}\nreference     {}\n\
         attempts      {}\ndue           {}\nleased until  {}\ngiven up      {}\nlast error    {}",
        job.id,
        job.kind,
        job.state.as_str(),
        whose(&job),
        job.reference,
        job.attempts,
        job.due_at,
        at(job.leased_until),
        at(job.dead_at),
        job.last_error.as_deref().unwrap_or("-"),
    );
    desk.say(&text, &serde_json::to_value(&job)?)?;
    Ok(Outcome::Done)
}

fn not_found(desk: &Desk, id: Uuid) -> anyhow::Result<Outcome> {
    let text = format!("{id}: there is no such work: it is done, was discarded, or never was");
    desk.say(&text, &json!({ "id": id, "error": "not_found" }))?;
    Ok(Outcome::NotFound)
}

/// Writes into the audit log what was done to `job`.
async fn record(
    desk: &Desk,
    tx: &db::PlatformTx,
    action: &str,
    job: &JobView,
) -> Result<(), db::DbError> {
    let act = Act {
        mandate: &desk.mandate,
        action,
        tenant: job.tenant_id,
        subject: job.tenant.as_deref(),
        detail: json!({ "job": job.id, "kind": job.kind, "attempts": job.attempts, "last_error": job.last_error }),
    };
    audit::record(tx, &act).await
}

async fn retry_each(desk: &Desk, ids: &[Uuid]) -> anyhow::Result<Outcome> {
    let mut outcomes = Vec::with_capacity(ids.len());
    for &id in ids {
        let done = desk
            .act(async |tx| {
                let job = desk::find(tx, id).await?;
                let wish = desk::retry(tx, id).await?;
                if let (Some(job), Wish::Done) = (&job, wish) {
                    record(desk, tx, "job.retried", job).await?;
                }
                Ok::<_, VerbError>(wish)
            })
            .await?;
        outcomes.push(tell(desk, id, done, "tried again", "would be tried again")?);
    }
    desk.tell(vec![Hint::WorkQueued]).await;
    Ok(Outcome::of_all(&outcomes))
}

async fn retry_dead(desk: &Desk, retry: &Retry) -> anyhow::Result<Outcome> {
    let (kind, slug) = (retry.kind.as_deref(), retry.tenant.as_deref());
    let mut retried: i64 = 0;
    loop {
        let batch = desk
            .act(async |tx| {
                if desk.manner.dry_run {
                    return desk::count_dead(tx, kind, slug).await.map_err(verb_error);
                }
                let ids = desk::retry_dead(tx, kind, slug).await.map_err(verb_error)?;
                let count = i64::try_from(ids.len()).unwrap_or(desk::BATCH);
                if count > 0 {
                    let act = Act {
                        mandate: &desk.mandate,
                        action: "job.retried",
                        tenant: None,
                        subject: slug,
                        detail: json!({ "jobs": ids, "kind": kind }),
                    };
                    audit::record(tx, &act).await?;
                }
                Ok(count)
            })
            .await;
        match batch {
            Ok(count) => {
                retried += count;
                if desk.manner.dry_run || count < desk::BATCH {
                    break;
                }
            }
            Err(error) => return tenant::refuse(desk, slug.unwrap_or_default(), &error),
        }
    }
    desk.tell(vec![Hint::WorkQueued]).await;
    let text = match (retried, desk.manner.dry_run) {
        (0, _) => "No dead letter fits.".to_owned(),
        (_, true) => format!("{retried} dead letter(s) would be tried again"),
        (_, false) => format!("{retried} dead letter(s) are tried again"),
    };
    desk.say(
        &text,
        &json!({ "retried": retried, "dry_run": desk.manner.dry_run }),
    )?;
    Ok(Outcome::Done)
}

async fn discard_each(desk: &Desk, discard: &Discard) -> anyhow::Result<Outcome> {
    let mut outcomes = Vec::with_capacity(discard.ids.len());
    for &id in &discard.ids {
        if !discard.confirm.contains(&id) && !desk.manner.dry_run {
            let text = format!("{id}: not confirmed. Say it again with --confirm {id}");
            desk.say(&text, &json!({ "id": id, "error": "not_confirmed" }))?;
            outcomes.push(Outcome::Refused);
            continue;
        }
        let done = desk
            .act(async |tx| {
                let job = desk::find(tx, id).await?;
                let wish = desk::discard(tx, id).await?;
                if let (Some(job), Wish::Done) = (&job, wish) {
                    record(desk, tx, "job.discarded", job).await?;
                }
                Ok::<_, VerbError>(wish)
            })
            .await?;
        outcomes.push(tell(desk, id, done, "discarded", "would be discarded")?);
    }
    Ok(Outcome::of_all(&outcomes))
}

/// Says what became of a wish about one piece of work.
fn tell(desk: &Desk, id: Uuid, wish: Wish, done: &str, tried: &str) -> anyhow::Result<Outcome> {
    let changed = |changed: bool| -> Value { json!({ "id": id, "changed": changed }) };
    let word = if desk.manner.dry_run { tried } else { done };
    match wish {
        Wish::Done => desk.say(&format!("{id}: {word}"), &changed(true))?,
        Wish::Nothing => desk.say(
            &format!("{id}: nothing to do, it is tried anyway"),
            &changed(false),
        )?,
        Wish::Refused(state) => {
            let state = state.as_str();
            let text = format!("{id}: only a dead letter can be discarded, and this is {state}");
            desk.say(
                &text,
                &json!({ "id": id, "error": "not_allowed", "state": state }),
            )?;
            return Ok(Outcome::Refused);
        }
        Wish::Unknown => return not_found(desk, id),
    }
    Ok(Outcome::Done)
}
