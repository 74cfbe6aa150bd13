//! `signalbox operator`: the accounts of whoever runs the platform. The first one is made here.

use std::io::{BufRead, IsTerminal, Write};
use std::num::NonZeroUsize;
use std::os::fd::AsFd;

use ::operators::{Account, AccountState, Enrollment, Error, NewAccount, Role, accounts};
use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use kernel::email::EmailAddress;
use kernel::error::DomainError;
use kernel::rng::SystemEntropy;
use kernel::text;
use passwords::{Cost, Password, PasswordHash, Passwords};
use rustix::termios::{self, LocalModes, OptionalActions};
use serde_json::{Value, json};

use super::{Desk, Outcome};
use crate::wiring;

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Accounts {
    /// Makes an account, and prints the secret of its authenticator app once.
    Create(Creation),
    /// Lists every account.
    List,
    /// Switches an account off; its sessions end at once.
    Disable(One),
    /// Lets it sign in again.
    Enable(One),
    /// Gives it another secret for its authenticator app, prints it once, and ends its sessions.
    ResetTotp(One),
    /// Gives it another password, and ends its sessions.
    ResetPassword(Reset),
}

/// An account to be made.
#[derive(Clone, Debug, Args)]
pub struct Creation {
    /// Where to sign in with.
    #[arg(long, value_parser = email)]
    email: EmailAddress,
    /// Who it is.
    #[arg(long, value_parser = name)]
    name: String,
    /// What they may do.
    #[arg(long, value_enum)]
    role: Standing,
    /// Reads the password from the first line of standard input, instead of asking for it.
    #[arg(long)]
    password_stdin: bool,
}

/// Roles of operators.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Standing {
    /// Reads.
    Support,
    /// Moves organisations through their lives, trusts and blocks networks.
    Operator,
    /// Operators' accounts too.
    Administrator,
}

impl From<Standing> for Role {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Support => Self::Support,
            Standing::Operator => Self::Operator,
            Standing::Administrator => Self::Administrator,
        }
    }
}

/// One account.
#[derive(Clone, Debug, Args)]
pub struct One {
    /// Its address.
    #[arg(value_parser = email)]
    email: EmailAddress,
}

/// One account, and where its new password comes from.
#[derive(Clone, Debug, Args)]
pub struct Reset {
    /// Its address.
    #[arg(value_parser = email)]
    email: EmailAddress,
    /// Reads the password from the first line of standard input, instead of asking for it.
    #[arg(long)]
    password_stdin: bool,
}

fn email(typed: &str) -> Result<EmailAddress, &'static str> {
    EmailAddress::parse(typed).ok_or("expected an e-mail address, like name@example.com")
}

fn name(typed: &str) -> Result<String, &'static str> {
    text::line(typed, 120)
        .map_err(|_| "expected 1 to 120 characters on one line, without control characters")
}

/// Runs the command.
pub async fn run(desk: &Desk, command: Accounts) -> anyhow::Result<Outcome> {
    match command {
        Accounts::Create(creation) => create(desk, creation).await,
        Accounts::List => list(desk).await,
        Accounts::Disable(one) => set_state(desk, &one, AccountState::Disabled).await,
        Accounts::Enable(one) => set_state(desk, &one, AccountState::Active).await,
        Accounts::ResetTotp(one) => reset_totp(desk, &one).await,
        Accounts::ResetPassword(reset) => reset_password(desk, &reset).await,
    }
}

async fn create(desk: &Desk, creation: Creation) -> anyhow::Result<Outcome> {
    let keys = wiring::keys(&desk.config)?;
    let context = [creation.name.as_str(), creation.email.as_str()];
    let password_hash = match hash(&read_password(creation.password_stdin)?, &context).await {
        Ok(hash) => hash,
        Err(error) => return refuse(desk, creation.email.as_str(), error),
    };
    let new = NewAccount {
        email: creation.email,
        name: creation.name,
        role: creation.role.into(),
        password_hash,
    };
    let made = desk
        .act(async |tx| accounts::create(tx, &keys, &new, &desk.mandate).await)
        .await;
    match made {
        Ok(enrollment) => say_enrollment(desk, &enrollment, "made"),
        Err(error) => refuse(desk, new.email.as_str(), error),
    }
}

async fn list(desk: &Desk) -> anyhow::Result<Outcome> {
    let all = desk
        .db
        .read_platform(async |tx| accounts::list(tx).await)
        .await?;
    let lines: Vec<String> = all
        .iter()
        .map(|it| {
            let login = it.last_login_at;
            let login = login.map_or("never".to_owned(), |at| format!("{at:.0}"));
            format!(
                "{:<36} {:<14} {:<9} {login:<22} {}",
                it.email,
                it.role.as_str(),
                it.state.as_str(),
                it.name
            )
        })
        .collect();
    let text = match lines.is_empty() {
        true => "There is no operator yet: signalbox operator create --help".to_owned(),
        false => lines.join("\n"),
    };
    let items: Vec<Value> = all.iter().map(document).collect();
    desk.say(&text, &json!({ "items": items }))?;
    Ok(Outcome::Done)
}

async fn set_state(desk: &Desk, one: &One, state: AccountState) -> anyhow::Result<Outcome> {
    let done = desk
        .act(async |tx| {
            let id = accounts::fetch_id(tx, &one.email).await?;
            accounts::set_state(tx, id, state, &desk.mandate).await
        })
        .await;
    match done {
        Ok(account) => {
            let text = format!("{}: {}{}", account.email, state.as_str(), tried(desk));
            desk.say(&text, &document(&account))?;
            Ok(Outcome::Done)
        }
        Err(error) => refuse(desk, one.email.as_str(), error),
    }
}

async fn reset_totp(desk: &Desk, one: &One) -> anyhow::Result<Outcome> {
    let keys = wiring::keys(&desk.config)?;
    let done = desk
        .act(async |tx| {
            let id = accounts::fetch_id(tx, &one.email).await?;
            accounts::reset_totp(tx, &keys, id, &desk.mandate).await
        })
        .await;
    match done {
        Ok(enrollment) => say_enrollment(desk, &enrollment, "has another secret"),
        Err(error) => refuse(desk, one.email.as_str(), error),
    }
}

async fn reset_password(desk: &Desk, reset: &Reset) -> anyhow::Result<Outcome> {
    let context = [reset.email.as_str()];
    let hash = match hash(&read_password(reset.password_stdin)?, &context).await {
        Ok(hash) => hash,
        Err(error) => return refuse(desk, reset.email.as_str(), error),
    };
    let done = desk
        .act(async |tx| {
            let id = accounts::fetch_id(tx, &reset.email).await?;
            accounts::replace_password(tx, id, &hash, &desk.mandate).await
        })
        .await;
    match done {
        Ok(account) => {
            let text = format!("{}: has another password{}", account.email, tried(desk));
            desk.say(&text, &document(&account))?;
            Ok(Outcome::Done)
        }
        Err(error) => refuse(desk, reset.email.as_str(), error),
    }
}

/// By the rules of the house, at the price of the house.
async fn hash(password: &Password, context: &[&str]) -> Result<PasswordHash, Error> {
    let passwords = Passwords::new(
        Cost::OWASP,
        NonZeroUsize::MIN,
        std::sync::Arc::new(SystemEntropy),
    )?;
    accounts::hash(&passwords, password, context).await
}

fn tried(desk: &Desk) -> &'static str {
    if desk.manner.dry_run {
        " (only tried)"
    } else {
        ""
    }
}

fn document(account: &Account) -> Value {
    json!({
        "id": account.id,
        "email": account.email,
        "name": account.name,
        "role": account.role,
        "state": account.state.as_str(),
        "created_at": account.created_at,
        "last_login_at": account.last_login_at,
    })
}

/// What an authenticator app is told. What was only tried is nobody's secret.
fn say_enrollment(desk: &Desk, enrollment: &Enrollment, what: &str) -> anyhow::Result<Outcome> {
    let account = &enrollment.account;
    if desk.manner.dry_run {
        let text = format!("{}: {what}{}", account.email, tried(desk));
        desk.say(&text, &json!({ "operator": document(account) }))?;
        return Ok(Outcome::Done);
    }
    let (secret, uri) = (enrollment.seed.base32(), enrollment.uri());
    let text = format!(
        "{}: {what}, {}\n\nPut this into an authenticator app; it is shown once:\n  {secret}\n  {uri}",
        account.email,
        account.role.as_str()
    );
    let json = json!({ "operator": document(account), "totp_secret": secret, "otpauth_uri": uri });
    desk.say(&text, &json)?;
    Ok(Outcome::Done)
}

/// Says why a command came to nothing. Errors: what is nobody's refusal.
fn refuse(desk: &Desk, email: &str, error: Error) -> anyhow::Result<Outcome> {
    let outcome = match &error {
        Error::OperatorNotFound => Outcome::NotFound,
        Error::EmailTaken | Error::LastAdministrator | Error::PasswordRefused(_) => {
            Outcome::Refused
        }
        _ => return Err(error.into()),
    };
    let mut text = format!("{email}: {error}");
    for fault in error.fields() {
        text.push_str("\n  ");
        text.push_str(&fault.message);
    }
    let json = json!({ "operator": email, "error": error.code(), "errors": error.fields() });
    desk.say(&text, &json)?;
    Ok(outcome)
}

/// The password: the first line of standard input, or typed twice at a terminal that does not show it.
fn read_password(from_stdin: bool) -> anyhow::Result<Password> {
    let stdin = std::io::stdin();
    if from_stdin {
        return Ok(Password::new(&read_line()?));
    }
    anyhow::ensure!(
        stdin.is_terminal(),
        "there is no terminal to ask for a password at: use --password-stdin"
    );
    let first = ask("Password: ")?;
    let second = ask("The same again: ")?;
    anyhow::ensure!(first == second, "the two passwords differ");
    Ok(Password::new(&first))
}

fn ask(question: &str) -> anyhow::Result<String> {
    let mut out = std::io::stderr().lock();
    write!(out, "{question}")?;
    out.flush()?;
    let _hidden = Hidden::begin()?;
    let line = read_line();
    writeln!(out)?;
    line
}

fn read_line() -> anyhow::Result<String> {
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.context("the password cannot be read")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// A terminal that does not show what is typed, for as long as this lives.
struct Hidden(termios::Termios);

impl Hidden {
    fn begin() -> anyhow::Result<Self> {
        let stdin = std::io::stdin();
        let before = termios::tcgetattr(stdin.as_fd())?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        termios::tcsetattr(stdin.as_fd(), OptionalActions::Flush, &hidden)?;
        Ok(Self(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        let stdin = std::io::stdin();
        // A terminal that is gone shows nothing any more.
        let _ = termios::tcsetattr(stdin.as_fd(), OptionalActions::Flush, &self.0);
    }
}
