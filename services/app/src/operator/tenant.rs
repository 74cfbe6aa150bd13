//! `signalbox tenant`: looking organisations up, and moving them through their lives.

use clap::{Args, Subcommand, ValueEnum};
use jobs::Hint;
use serde_json::{Value, json};
use tenancy::life::Verb;
use tenancy::roster::{self, Entry, Filter, Order};
use tenancy::verbs::{self, Changed, Selector, VerbError};

use super::archive::{self, Archive};
use super::create::{self, Creation};
use super::domain::{self, Domain};
use super::naming::{self, Naming, Swapping};
use super::plan::{self, Planning};
use super::recover::{self, Recovering};
use super::{Desk, Outcome};

/// Organisations at the most in one page.
const MOST: u16 = 1000;
/// Acts that `show` tells of.
const RECENT: i64 = 20;

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Tenant {
    /// Lists organisations.
    List(List),
    /// Registers an organisation for its owner, who is mailed a link to prove their address.
    Create(Creation),
    /// Shows one organisation, and what was done to it lately.
    Show(One),
    /// Leaves sign-in, export and billing only; checks and jobs pause, nothing is lost.
    Suspend(Several),
    /// Lets it be read only.
    Freeze(Several),
    /// Serves everything again.
    Resume(Several),
    /// Gives it another address, and another name where one is given; the old address redirects for 90 days.
    Rename(Naming),
    /// Lets two change places: each gets all addresses of the other. Said again, it is taken back.
    Swap(Swapping),
    /// Gives it a plan, and the limits that go with it.
    Plan(Planning),
    /// Gives its only owner, who lost access, another way in: everybody is told, and can object while they wait.
    Recover(Recovering),
    /// Its own domains: adds, lists, releases them, makes one the address where its console signs in.
    #[command(subcommand)]
    Domain(Domain),
    /// Begins 30 days of grace, after which everything is dropped.
    Delete(Deletion),
    /// Ends the days of grace: back to what it was.
    Undelete(Several),
    /// Organisations as files, and beside themselves.
    #[command(flatten)]
    Archive(Archive),
}

/// Which page of organisations.
#[derive(Clone, Debug, Args)]
pub struct List {
    /// Only those with this in their slug or name.
    #[arg(long, short = 'q')]
    search: Option<String>,
    /// Only those in this state.
    #[arg(long, value_parser = ["active", "read_only", "suspended", "deleting", "deleted", "pooled"])]
    state: Option<String>,
    /// Only those with this plan.
    #[arg(long)]
    plan: Option<String>,
    /// Only those whose schema is below this version.
    #[arg(long)]
    below_version: Option<i32>,
    /// In which order.
    #[arg(long, value_enum, default_value = "slug")]
    sort: Sort,
    /// How many.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=i64::from(MOST)))]
    limit: u16,
    /// The page after this one: `next` of the page before.
    #[arg(long)]
    after: Option<String>,
}

/// Orders of the roster.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Sort {
    Slug,
    Size,
    Plan,
    State,
    Version,
    Created,
    Active,
}

impl From<Sort> for Order {
    fn from(sort: Sort) -> Self {
        match sort {
            Sort::Slug => Self::Slug,
            Sort::Size => Self::Size,
            Sort::Plan => Self::Plan,
            Sort::State => Self::State,
            Sort::Version => Self::Version,
            Sort::Created => Self::Created,
            Sort::Active => Self::Active,
        }
    }
}

/// One organisation.
#[derive(Clone, Debug, Args)]
pub struct One {
    /// Its slug, or its id.
    tenant: String,
}

/// Any number of organisations. One that fails does not stop the others.
#[derive(Clone, Debug, Args)]
pub struct Several {
    /// Their slugs, or their ids.
    #[arg(required = true)]
    tenants: Vec<String>,
}

/// Organisations to delete.
#[derive(Clone, Debug, Args)]
pub struct Deletion {
    /// Their slugs, or their ids.
    #[arg(required = true)]
    tenants: Vec<String>,
    /// The same name again, for each of them: what is dropped after the grace cannot be brought back but from
    /// a backup.
    #[arg(long)]
    confirm: Vec<String>,
}

/// Reads a slug or an id as a person writes it.
pub fn selector(text: &str) -> Selector {
    match text.parse() {
        Ok(id) => Selector::Id(id),
        Err(_) => Selector::Slug(text.to_lowercase()),
    }
}

/// Runs the command.
pub async fn run(desk: &Desk, command: Tenant) -> anyhow::Result<Outcome> {
    match command {
        Tenant::List(page) => list(desk, page).await,
        Tenant::Create(creation) => create::run(desk, creation).await,
        Tenant::Show(one) => show(desk, &selector(&one.tenant)).await,
        Tenant::Suspend(several) => each(desk, &several.tenants, Verb::Suspend).await,
        Tenant::Freeze(several) => each(desk, &several.tenants, Verb::Freeze).await,
        Tenant::Resume(several) => each(desk, &several.tenants, Verb::Resume).await,
        Tenant::Undelete(several) => each(desk, &several.tenants, Verb::Undelete).await,
        Tenant::Plan(planning) => plan::run(desk, &planning).await,
        Tenant::Recover(recovering) => recover::run(desk, &recovering).await,
        Tenant::Rename(naming) => naming::rename(desk, naming).await,
        Tenant::Domain(command) => domain::run(desk, command).await,
        Tenant::Delete(deletion) => delete(desk, &deletion).await,
        Tenant::Swap(swapping) => naming::swap(desk, swapping).await,
        Tenant::Archive(command) => archive::run(desk, command).await,
    }
}

async fn delete(desk: &Desk, deletion: &Deletion) -> anyhow::Result<Outcome> {
    let unconfirmed: Vec<_> = deletion
        .tenants
        .iter()
        .filter(|name| !deletion.confirm.contains(name))
        .map(String::as_str)
        .collect();
    if !unconfirmed.is_empty() && !desk.manner.dry_run {
        let names = unconfirmed.join(", ");
        let text = format!(
            "Not confirmed: {names}. After 30 days all of their data is dropped. Say it again with --confirm <slug> for each."
        );
        desk.say(
            &text,
            &json!({ "error": "not_confirmed", "tenants": unconfirmed }),
        )?;
        return Ok(Outcome::Refused);
    }
    each(desk, &deletion.tenants, Verb::Delete).await
}

/// Does `verb` to each, in a transaction of its own.
async fn each(desk: &Desk, tenants: &[String], verb: Verb) -> anyhow::Result<Outcome> {
    let mut outcomes = Vec::with_capacity(tenants.len());
    for name in tenants {
        let which = selector(name);
        let done = desk
            .act(async |tx| verbs::change_state(tx, &which, verb, &desk.mandate).await)
            .await;
        outcomes.push(match done {
            Ok(changed) => {
                desk.tell(hints(&changed)).await;
                desk.say(
                    &sentence(name, verb, &changed, desk),
                    &document(name, &changed),
                )?;
                Outcome::Done
            }
            Err(error) => refuse(desk, name, &error)?,
        });
    }
    Ok(Outcome::of_all(&outcomes))
}

/// Says why a verb came to nothing.
pub fn refuse(desk: &Desk, name: &str, error: &VerbError) -> anyhow::Result<Outcome> {
    let (outcome, code) = match error {
        VerbError::NotFound(_) => (Outcome::NotFound, "not_found"),
        VerbError::NotAllowed(_) => (Outcome::Refused, "not_allowed"),
        VerbError::NameRefused { .. } => (Outcome::Refused, "name_refused"),
        VerbError::Db(_) => (Outcome::Failed, "database"),
    };
    desk.say(
        &format!("{name}: {error}"),
        &json!({ "tenant": name, "error": code, "detail": error.to_string() }),
    )?;
    Ok(outcome)
}

/// Every host of an organisation that changed: caches forget it.
pub fn hints(changed: &Changed) -> Vec<Hint> {
    match changed.changed {
        true => forget(&changed.subject.hosts),
        false => Vec::new(),
    }
}

/// That caches forget `hosts`.
pub fn forget(hosts: &[String]) -> Vec<Hint> {
    let hosts = hosts.iter().cloned();
    hosts.map(|host| Hint::DirectoryChanged { host }).collect()
}

fn sentence(name: &str, verb: Verb, changed: &Changed, desk: &Desk) -> String {
    let state = changed.state.as_str();
    if !changed.changed {
        return format!("{name}: nothing to do, it is {state}");
    }
    let was = changed.subject.state.as_str();
    let grace = changed.purge_at.map_or_else(String::new, |at| {
        format!("; everything is dropped after {at}, `tenant undelete` stops that")
    });
    match desk.manner.dry_run {
        true => format!("{name}: would {}: {was} -> {state}", verb.as_str()),
        false => format!("{name}: {was} -> {state}{grace}"),
    }
}

fn document(name: &str, changed: &Changed) -> Value {
    json!({
        "tenant": name,
        "id": changed.subject.id,
        "from": changed.subject.state.as_str(),
        "state": changed.state.as_str(),
        "changed": changed.changed,
        "purge_at": changed.purge_at,
    })
}

async fn list(desk: &Desk, page: List) -> anyhow::Result<Outcome> {
    let filter = Filter {
        search: page.search,
        state: page.state,
        plan: page.plan,
        below_version: page.below_version,
        order: page.sort.into(),
    };
    let after = page.after.as_deref().map(read_after).transpose()?;
    let limit = i64::from(page.limit);
    let mut entries = desk
        .db
        .read_platform(async |tx| roster::list(tx, &filter, after.as_ref(), limit + 1).await)
        .await?;
    let more = entries.len() > usize::from(page.limit);
    entries.truncate(page.limit.into());
    let next = entries.last().filter(|_| more).map(write_after);
    let text = if entries.is_empty() {
        "No organisation fits.".to_owned()
    } else {
        table(&entries, next.as_deref())
    };
    desk.say(&text, &json!({ "items": entries, "next": next }))?;
    Ok(Outcome::Done)
}

/// The last row of a page, as `--after` takes it.
fn write_after(last: &Entry) -> String {
    format!("{}/{}", last.id, last.key)
}

fn read_after(text: &str) -> anyhow::Result<roster::After> {
    let parts = text.split_once('/').and_then(|(id, key)| {
        let id = id.parse::<kernel::id::TenantId>().ok()?;
        Some(roster::After {
            key: key.to_owned(),
            id: id.uuid(),
        })
    });
    parts.ok_or_else(|| anyhow::anyhow!("--after: expected `next` of the page before"))
}

fn table(entries: &[Entry], next: Option<&str>) -> String {
    let mut lines = vec![format!(
        "{:<24} {:<10} {:<8} {:>3} {:>10}  {:<20} {}",
        "slug", "state", "plan", "v", "size", "last active", "name"
    )];
    for entry in entries {
        let none = || "-".to_owned();
        lines.push(format!(
            "{:<24} {:<10} {:<8} {:>3} {:>10}  {:<20} {}",
            entry.slug.clone().unwrap_or_else(none),
            entry.state,
            entry.plan,
            entry.schema_version,
            entry.size_bytes.map_or_else(none, size),
            entry
                .last_active_at
                .map_or_else(none, |at| format!("{at:.0}")),
            entry.name.clone().unwrap_or_else(none),
        ));
    }
    if let Some(next) = next {
        lines.push(format!("more with --after '{next}'"));
    }
    lines.join("\n")
}

fn size(bytes: i64) -> String {
    format!("{:.1} MiB", bytes as f64 / 1_048_576.0)
}

async fn show(desk: &Desk, which: &Selector) -> anyhow::Result<Outcome> {
    let found = desk
        .db
        .read_platform(async |tx| {
            let Some(entry) = roster::find(tx, which).await? else {
                return Ok::<_, db::DbError>(None);
            };
            let hosts = roster::hosts(tx, entry.id).await?;
            let deeds = roster::timeline(tx, Some(entry.id), None, RECENT).await?;
            Ok(Some((entry, hosts, deeds)))
        })
        .await?;
    let Some((entry, hosts, deeds)) = found else {
        return refuse(
            desk,
            &which.to_string(),
            &VerbError::NotFound(which.clone()),
        );
    };
    let mut lines = vec![table(std::slice::from_ref(&entry), None)];
    lines.push(format!("schema {}  id {}", entry.schema, entry.id));
    if let Some(reason) = &entry.state_reason {
        lines.push(format!("reason: {reason}"));
    }
    if let Some(at) = entry.purge_at {
        lines.push(format!("dropped after {at}"));
    }
    lines.extend(
        hosts
            .iter()
            .map(|host| format!("host {} {}", host.host, host.standing())),
    );
    lines.extend(deeds.iter().map(|deed| {
        let why = deed.reason.as_deref().unwrap_or("");
        format!("{:.0}  {}  by {}  {why}", deed.at, deed.action, deed.actor)
    }));
    desk.say(
        &lines.join("\n"),
        &json!({ "tenant": entry, "hosts": hosts, "timeline": deeds }),
    )?;
    Ok(Outcome::Done)
}
