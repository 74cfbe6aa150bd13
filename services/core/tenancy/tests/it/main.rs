//! Schemas as they are made, migrated and described, on a real Postgres.

mod migrations;
mod pool;
