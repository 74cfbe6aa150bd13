//! `signalbox switch`: how the switches stand, and throwing one.

use clap::{Args, Subcommand, ValueEnum};
use db::PlatformTx;
use jobs::Hint;
use serde_json::{Value, json};
use tenancy::audit::{self, Act};
use tenancy::switches::{self, Module, Positions, RegistrationSwitch};
use tenancy::verbs::{self, VerbError};

use super::{Desk, Outcome, tenant};

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Switch {
    /// Shows how every switch stands.
    List,
    /// Throws one.
    Set {
        /// Which, and how.
        #[command(subcommand)]
        switch: Lever,
    },
}

/// A switch and its position.
#[derive(Clone, Debug, Subcommand)]
pub enum Lever {
    /// Who may register an organisation.
    Registration {
        /// The position.
        #[arg(value_parser = registration)]
        position: RegistrationSwitch,
    },
    /// Asks everybody to come back later: a page for people, 503 for programs. Checks go on.
    Maintenance {
        /// The position.
        position: Power,
    },
    /// Puts a text at the top of every console.
    Banner(Banner),
    /// A module of one organisation: its operations are refused and its work rests.
    Module {
        /// Which.
        #[arg(value_parser = module)]
        module: Module,
        /// The position.
        position: Power,
        /// The organisation, by slug or id.
        #[arg(long)]
        tenant: String,
    },
}

/// The text of the banner.
#[derive(Clone, Debug, Args)]
pub struct Banner {
    /// 1 to 300 characters on one line.
    #[arg(required_unless_present = "off", conflicts_with = "off", value_parser = text)]
    text: Option<String>,
    /// Takes it away.
    #[arg(long)]
    off: bool,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Power {
    /// On.
    On,
    /// Off.
    Off,
}

fn registration(name: &str) -> Result<RegistrationSwitch, String> {
    let names = RegistrationSwitch::ALL.map(RegistrationSwitch::as_str);
    RegistrationSwitch::parse(name).ok_or_else(|| format!("expected one of {}", names.join(", ")))
}

fn module(name: &str) -> Result<Module, String> {
    let names = Module::ALL.map(Module::as_str);
    Module::parse(name).ok_or_else(|| format!("expected one of {}", names.join(", ")))
}

fn text(typed: &str) -> Result<String, String> {
    let text = typed.trim();
    let fits = (1..=300).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
        .ok_or_else(|| "expected 1 to 300 characters on one line".to_owned())
}

/// Runs the command.
pub async fn run(desk: &Desk, command: Switch) -> anyhow::Result<Outcome> {
    match command {
        Switch::List => list(desk).await,
        Switch::Set { switch } => set(desk, &switch).await,
    }
}

async fn list(desk: &Desk) -> anyhow::Result<Outcome> {
    let positions = desk.db.read_platform(switches::read).await?;
    let mut off: Vec<(String, &str)> = Vec::new();
    for (tenant, modules) in &positions.modules_off {
        off.extend(modules.iter().map(|it| (tenant.to_string(), it.as_str())));
    }
    off.sort_unstable();
    let mut lines = vec![
        format!("registration  {}", positions.registration.as_str()),
        format!("maintenance   {}", on_or_off(positions.maintenance)),
        format!(
            "banner        {}",
            positions.banner.as_deref().unwrap_or("-")
        ),
    ];
    lines.extend(
        off.iter()
            .map(|(tenant, module)| format!("off           {module} of {tenant}")),
    );
    let off: Vec<Value> = off
        .iter()
        .map(|(tenant, module)| json!({ "tenant_id": tenant, "module": module }))
        .collect();
    desk.say(
        &lines.join("\n"),
        &json!({
            "registration": positions.registration.as_str(),
            "maintenance": positions.maintenance,
            "banner": positions.banner,
            "modules_off": off,
        }),
    )?;
    Ok(Outcome::Done)
}

const fn on_or_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

async fn set(desk: &Desk, lever: &Lever) -> anyhow::Result<Outcome> {
    let thrown = desk.act(async |tx| throw(desk, tx, lever).await).await;
    let (name, to, changed) = match thrown {
        Ok(thrown) => thrown,
        Err(error) => {
            let Lever::Module { tenant, .. } = lever else {
                return Err(error.into());
            };
            return tenant::refuse(desk, tenant, &error);
        }
    };
    if changed {
        desk.tell(vec![Hint::SwitchesChanged]).await;
    }
    let sentence = match (changed, desk.manner.dry_run) {
        (false, _) => format!("{name}: nothing to do, it is {to}"),
        (true, true) => format!("{name}: would be {to}"),
        (true, false) => format!("{name}: {to}"),
    };
    desk.say(
        &sentence,
        &json!({ "switch": name, "position": to, "changed": changed }),
    )?;
    Ok(Outcome::Done)
}

/// Throws it and writes that down. Answers its name, its position, and whether that was something new.
async fn throw(
    desk: &Desk,
    tx: &PlatformTx,
    lever: &Lever,
) -> Result<(String, String, bool), VerbError> {
    let before = switches::read(tx).await?;
    let mut whose = None;
    let (name, to, changed) = match lever {
        Lever::Registration { position } => {
            let changed = switches::set_registration(tx, *position).await?;
            ("registration", position.as_str().to_owned(), changed)
        }
        Lever::Maintenance { position } => {
            let on = *position == Power::On;
            let changed = switches::set_maintenance(tx, on).await?;
            ("maintenance", on_or_off(on).to_owned(), changed)
        }
        Lever::Banner(banner) => {
            let changed = switches::set_banner(tx, banner.text.as_deref()).await?;
            let to = banner.text.clone().unwrap_or_else(|| "off".to_owned());
            ("banner", to, changed)
        }
        Lever::Module {
            module,
            position,
            tenant: which,
        } => {
            let subject = verbs::fetch_for_update(tx, &tenant::selector(which)).await?;
            let on = *position == Power::On;
            let changed = switches::set_module(tx, subject.id, *module, on).await?;
            whose = Some(subject);
            (module.as_str(), on_or_off(on).to_owned(), changed)
        }
    };
    if changed {
        let act = Act {
            mandate: &desk.mandate,
            action: "switch.thrown",
            tenant: whose.as_ref().map(|subject| subject.id),
            subject: whose.as_ref().and_then(|subject| subject.slug.as_deref()),
            detail: json!({ "switch": name, "from": position_before(&before, lever), "to": to }),
        };
        audit::record(tx, &act).await?;
    }
    Ok((name.to_owned(), to, changed))
}

fn position_before(before: &Positions, lever: &Lever) -> Value {
    match lever {
        Lever::Registration { .. } => before.registration.as_str().into(),
        Lever::Maintenance { .. } => on_or_off(before.maintenance).into(),
        Lever::Banner(_) => before.banner.clone().unwrap_or("off".to_owned()).into(),
        // Recorded only where it moved: it stood the other way.
        Lever::Module { position, .. } => on_or_off(*position == Power::Off).into(),
    }
}
