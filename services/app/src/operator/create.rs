//! `signalbox tenant create`: an organisation for somebody who asked for one.

use std::io::BufRead;

use anyhow::Context;
use clap::Args;
use db::{DbError, PlatformTx};
use kernel::error::DomainError;
use kernel::event::{Actor, Origin};
use passwords::Password;
use registration::{Application, Place};
use serde_json::json;
use tenancy::audit::Mandate;

use super::{Desk, Outcome};
use crate::wiring::House;

/// Who it is for.
#[derive(Clone, Debug, Args)]
pub struct Creation {
    /// What the organisation calls itself.
    #[arg(long)]
    name: String,
    /// Its owner's address.
    #[arg(long)]
    email: String,
    /// The first label of its host; without it, one is made from the name.
    #[arg(long)]
    slug: Option<String>,
    /// Reads the owner's first password from standard input, one line. Arguments are seen by everybody on
    /// this machine.
    #[arg(long, required = true)]
    password_stdin: bool,
}

/// An operator's terminal, as registration needs to know it.
struct Terminal<'a> {
    desk: &'a Desk,
    origin: Origin,
}

impl Place for Terminal<'_> {
    async fn read_platform<T, E: From<DbError>>(
        &self,
        work: impl AsyncFnOnce(&PlatformTx) -> Result<T, E>,
    ) -> Result<T, E> {
        self.desk.db.read_platform(work).await
    }

    async fn write_platform<T, E: From<DbError>>(
        &self,
        work: impl AsyncFnOnce(&PlatformTx) -> Result<T, E>,
    ) -> Result<T, E> {
        self.desk.db.write_platform(work).await
    }

    fn domain(&self) -> &str {
        self.desk.domain()
    }

    fn url_of(&self, host: &str) -> String {
        let port = self.desk.config.base_domain.split_once(':');
        let port = port.map_or_else(String::new, |(_, port)| format!(":{port}"));
        let scheme = if self.desk.config.secure() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{host}{port}")
    }

    fn origin(&self) -> Origin {
        self.origin
    }

    fn mandate(&self) -> Option<&Mandate> {
        Some(&self.desk.mandate)
    }
}

/// Runs the command.
pub async fn run(desk: &Desk, creation: Creation) -> anyhow::Result<Outcome> {
    anyhow::ensure!(
        !desk.manner.dry_run,
        "--dry-run: whether a name is free says `GET /api/v1/auth/slug`"
    );
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .context("the password")?;
    let password = Password::new(line.trim_end_matches(['\r', '\n']));
    let form = Application {
        organization_name: creation.name,
        email: creation.email,
        password: password.clone(),
        password_confirm: password,
        slug: creation.slug,
    };
    let house = House::open(&desk.config).await?;
    let pulse = desk.db.pulse();
    let terminal = Terminal {
        desk,
        origin: Origin {
            actor: Actor::Worker("operator"),
            address: None,
            request_id: kernel::rng::uuid_v7(pulse.clock.now(), &*pulse.entropy),
        },
    };
    match house.registration().provision(&terminal, form).await {
        Ok(organization) => {
            let text = format!("{}: {}", organization.slug, organization.url);
            desk.say(&text, &serde_json::to_value(&organization)?)?;
            Ok(Outcome::Done)
        }
        Err(error) => {
            let fields = error.fields();
            let lines = fields
                .iter()
                .map(|it| format!("{} {}", it.pointer, it.message));
            let text: Vec<String> = std::iter::once(error.detail()).chain(lines).collect();
            desk.say(
                &text.join("\n  "),
                &json!({ "error": error.code(), "detail": error.detail(), "errors": fields }),
            )?;
            Ok(Outcome::Refused)
        }
    }
}
