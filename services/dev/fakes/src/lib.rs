//! Stand-ins for the outside world: a private Postgres, a PgBouncer before it, a private
//! Redis, a mail catcher, a name server and a Discord.
//!
//! They are real servers (or, for mail, a real protocol) on this machine alone, started by the
//! process that needs them and gone with it. Owns: finding and running those programs. Must not:
//! know tables, tenants or routes, listen beyond loopback, or be part of a production build.

pub mod discord;
mod name_server;
pub mod pgbouncer;
pub mod postgres;
mod process;
pub mod redis;
pub mod smtp;

pub use discord::FakeDiscord;
pub use name_server::{NameServer, Reply};
pub use pgbouncer::{PgBouncerError, PgBouncerOptions, PrivatePgBouncer};
pub use postgres::{Installation, PostgresError, PostgresOptions, PrivatePostgres};
pub use redis::PrivateRedis;
pub use smtp::{CaughtMail, Fault, MailCatcher};
