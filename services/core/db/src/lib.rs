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
//! not even one that lives for ever:
//! ```compile_fail,E0435
//! fn attack(text: &'static str) -> db::Sql {
//!     struct Text;
//!     impl db::Literal for Text {
//!         const TEXT: &'static str = text;
//!     }
//!     db::Sql::of::<Text>()
//! }
//! ```
//! and a bare text is none at all:
//! ```compile_fail,E0308
//! async fn attack(tx: &db::TenantTx) {
//!     let _ = tx.query("SELECT id FROM users", &[]).await;
//! }
//! ```
//! A platform statement does not run in a tenant's transaction:
//! ```compile_fail,E0308
//! const TENANTS: db::PlatformSql = db::platform_sql!("SELECT id FROM platform.tenants");
//! async fn attack(tx: &db::TenantTx) {
//!     let _ = tx.query(TENANTS, &[]).await;
//! }
//! ```
//! nor a tenant's statement in the platform's:
//! ```compile_fail,E0308
//! const USERS: db::Sql = db::sql!("SELECT id FROM users");
//! async fn attack(tx: &db::PlatformTx) {
//!     let _ = tx.query(USERS, &[]).await;
//! }
//! ```
//! A tenant cannot be named, only looked up:
//! ```compile_fail,E0451
//! let tenant = db::TenantRef { inner: todo!() };
//! ```
//! a tenant's transaction has no connection to give away:
//! ```compile_fail,E0599
//! async fn attack(tx: &db::TenantTx) {
//!     let _ = tx.batch_execute("SET search_path = t_other").await;
//! }
//! ```
//! and nobody takes one out of the handle:
//! ```compile_fail,E0616
//! async fn attack(db: &db::Db) {
//!     let _ = db.pool.get().await;
//! }
//! ```
//! The transaction stays where it was opened:
//! ```compile_fail
//! async fn attack(db: &db::Db, tenant: &db::TenantRef, origin: kernel::event::Origin) {
//!     let _ = db
//!         .read(tenant, origin, None, async |tx| Ok::<_, db::DbError>(tx))
//!         .await;
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
//! async fn stays(db: &db::Db, tenant: &db::TenantRef, origin: kernel::event::Origin) {
//!     let _ = db
//!         .read(tenant, origin, None, async |tx| Ok::<_, db::DbError>(tx.now()))
//!         .await;
//! }
//! ```

mod connection;
mod crowd;
mod deadline;
mod error;
mod gate;
mod handle;
pub mod listen;
mod login;
pub mod owner;
mod patience;
mod platform_tx;
mod pool;
mod progress;
mod record;
mod row;
mod sql;
mod tenant_ref;
mod tenant_tx;
mod transaction;

pub use error::{DbError, NoConnection, OnConstraint};
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
