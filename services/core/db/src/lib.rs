//! The only door to Postgres: the pool, the tenant's transaction, the platform's transaction.
//!
//! No other crate names the driver. What goes through here is decided by types: a statement is a
//! constant made by [`sql!`] (a tenant's) or [`platform_sql!`] (the platform's), and each runs only in
//! the transaction of its own kind.
//!
//! A text built at run time is not a statement:
//! ```compile_fail
//! fn attack(name: &str) -> db::Sql {
//!     db::sql!(&format!("SELECT id FROM endpoints WHERE name = '{name}'"))
//! }
//! ```
//! A platform statement does not run in a tenant's transaction:
//! ```compile_fail
//! const TENANTS: db::PlatformSql = db::platform_sql!("SELECT id FROM platform.tenants");
//! async fn attack(tx: &db::TenantTx) {
//!     let _ = tx.query(TENANTS, &[]).await;
//! }
//! ```
//! nor a tenant's statement in the platform's:
//! ```compile_fail
//! const USERS: db::Sql = db::sql!("SELECT id FROM users");
//! async fn attack(tx: &db::PlatformTx) {
//!     let _ = tx.query(USERS, &[]).await;
//! }
//! ```
//! A tenant cannot be named, only looked up:
//! ```compile_fail
//! let tenant = db::TenantRef { inner: todo!() };
//! ```
//! and a tenant's transaction has no connection to give away:
//! ```compile_fail
//! async fn attack(tx: &db::TenantTx) {
//!     let _ = tx.batch_execute("SET search_path = t_other").await;
//! }
//! ```
//! The same shapes with the right kinds compile:
//! ```
//! const TENANTS: db::PlatformSql = db::platform_sql!("SELECT id FROM platform.tenants");
//! const USERS: db::Sql = db::sql!("SELECT id FROM users");
//! async fn platform(tx: &db::PlatformTx) {
//!     let _ = tx.query(TENANTS, &[]).await;
//! }
//! async fn tenant(tx: &db::TenantTx) {
//!     let _ = tx.query(USERS, &[]).await;
//! }
//! ```

mod error;
mod gate;
mod handle;
pub mod listen;
mod login;
pub mod owner;
mod platform_tx;
mod pool;
mod record;
mod row;
mod sql;
mod tenant_ref;
mod tenant_tx;
mod transaction;

pub use error::{DbError, OnConstraint};
pub use gate::Gate;
pub use handle::{Db, Pulse};
pub use platform_tx::PlatformTx;
pub use pool::{DbConfig, RoleWall};
pub use record::DELIVER_EVENT;
pub use row::Row;
pub use sql::{Literal, PlatformSql, Sql};
pub use tenant_ref::{NewTenant, SchemaName, TenantRef, TenantState};
pub use tenant_tx::TenantTx;
pub use tokio_postgres::types::{FromSql, ToSql};
