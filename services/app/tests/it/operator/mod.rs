//! What operators do at a terminal: the real program against a house that runs.

mod archives;
mod backups;
mod hosts;
mod jobs;
mod keys;
mod killed;
mod migrations;
mod networks;
mod recovering;
mod scripts;
mod switches;
mod tenants;

use std::process::Stdio;

use secrecy::ExposeSecret;
use serde_json::Value;
use testkit::TestApp;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// What the program said, and its exit code.
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    /// The lines of standard output, each a JSON document.
    pub fn lines(&self) -> Vec<Value> {
        let parsed = self.out.lines().map(serde_json::from_str);
        parsed
            .collect::<Result<_, _>>()
            .unwrap_or_else(|error| panic!("{error} in {}\n{}", self.out, self.err))
    }

    /// The one document.
    pub fn json(&self) -> Value {
        let mut lines = self.lines();
        assert_eq!(lines.len(), 1, "{}\n{}", self.out, self.err);
        lines.remove(0)
    }

    /// Fails unless the program ended with `code`.
    pub fn is(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        self
    }
}

/// Runs `signalbox` as an operator of `app`'s house would.
pub async fn signalbox(app: &TestApp, arguments: &[&str]) -> Said {
    signalbox_told(app, arguments, "").await
}

/// The same with a line on its standard input.
pub async fn signalbox_told(app: &TestApp, arguments: &[&str], line: &str) -> Said {
    done(command(app, arguments), line).await
}

/// Runs `program` to its end, with a line on its standard input.
async fn done(mut program: Command, line: &str) -> Said {
    let mut program = program.spawn().expect("the program runs");
    let mut stdin = program.stdin.take().expect("an input");
    // A program that does not read has closed it.
    let _ = stdin.write_all(format!("{line}\n").as_bytes()).await;
    drop(stdin);
    let output = program.wait_with_output().await.expect("an end");
    Said {
        code: output.status.code().expect("an exit code"),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// The program, ready to run as an operator of `app`'s house.
fn command(app: &TestApp, arguments: &[&str]) -> Command {
    let (serving, owner) = (app.db.url("signalbox_app"), app.db.url("signalbox_owner"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_signalbox"));
    command
        .args(arguments)
        .env_clear()
        .env("SIGNALBOX_BASE_DOMAIN", "localhost")
        .env("SIGNALBOX_DATABASE_URL", serving.expose_secret())
        .env("SIGNALBOX_OWNER_DATABASE_URL", owner.expose_secret())
        .env(
            "SIGNALBOX_SECRET_KEY",
            "a secret key for tests, and for nothing but tests",
        )
        .env("SIGNALBOX_SMTP_URL", "off")
        .env("USER", "ada")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}
