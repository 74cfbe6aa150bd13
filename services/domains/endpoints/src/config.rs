//! What an installation decides about endpoints.

use crate::model::health::Confirmation;

/// Settings of this domain. They come from the plan where it says something else.
#[derive(Clone, Debug)]
pub struct Config {
    /// Endpoints of an organisation whose plan says nothing.
    pub free_endpoints: i32,
    /// The shortest interval.
    pub min_interval_seconds: i32,
    /// Where more endpoints can be had.
    pub upgrade_url: String,
    /// What it takes to change a state.
    pub confirmation: Confirmation,
    /// Trials of one organisation at the same time, in this process.
    pub trials_at_once: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            free_endpoints: 3,
            min_interval_seconds: 10,
            upgrade_url: "/billing".to_owned(),
            confirmation: Confirmation::default(),
            trials_at_once: 4,
        }
    }
}
