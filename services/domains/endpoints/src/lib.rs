//! What an organisation watches: endpoints, the checks that ask them, and what came of it.
//!
//! Owns the tables `endpoints`, `results` and `result_hours` of every tenant and the schedule of checks.
//! It contacts nobody but through the guarded prober, and holds no transaction open while it does.

mod config;
mod error;
mod http;
mod jobs;
mod model;
mod rooms;
mod schedule;
mod service;
mod store;
mod subscribers;
mod worker;

use ::jobs::{Handler, Subscriber};
use gateway::RoomRule;
use kernel::roles::Permission;

pub use config::Config;
pub use error::Error;
pub use http::routes;
pub use model::health::Confirmation;
pub use service::Endpoints;
pub use worker::{Checker, CheckerOptions};

/// The rooms of live updates that this domain fills: the organisation's, and one for each endpoint.
pub fn rooms() -> Vec<RoomRule> {
    vec![
        RoomRule::one(rooms::ORGANIZATION, Permission::EndpointsRead),
        RoomRule::each(rooms::ENDPOINT, Permission::EndpointsRead),
    ]
}

/// Handlers of this domain's work.
pub fn jobs() -> Vec<Box<dyn Handler>> {
    vec![Box::new(jobs::PurgeEndpoint)]
}

/// What this domain does about events.
pub fn subscriptions() -> Vec<Box<dyn Subscriber>> {
    vec![Box::new(subscribers::LiveHints)]
}
