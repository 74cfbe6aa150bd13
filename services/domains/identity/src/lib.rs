//! People of an organisation: proving an address, signing in and out, tokens of programs.
//!
//! Owns the tables `users`, `sessions`, `refresh_tokens`, `one_time_tokens`, `identities`, `passkeys`, `devices` and
//! `auth_log` of every tenant. It never sees another tenant's, and never keeps a secret in clear.

mod ceremony;
mod discord;
mod error;
mod forgetting;
mod http;
mod model;
mod recovering;
mod rotation;
mod service;
mod store;
mod subscribers;

pub use discord::{Discord, DiscordSettings};
pub use error::Error;
pub use http::routes;
pub use model::NewOwner;
pub use service::recovery;
pub use service::support::end_overdue as end_support_that_is_over;
pub use service::{
    Identity, Limits, Resealed, add_owner, call_last, find_proof, list_owners, reseal, withdraw,
};
pub use subscribers::subscribers;

/// Handlers of this domain's work.
pub fn jobs() -> Vec<Box<dyn jobs::Handler>> {
    vec![
        Box::new(forgetting::Forgetting),
        Box::new(recovering::RecoverOwner),
    ]
}
