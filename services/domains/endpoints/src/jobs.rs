//! Work of this domain in the queue.

use async_trait::async_trait;
use jobs::{Claimed, Handler, JobError};
use kernel::id::EndpointId;

use crate::service::life::{self, PURGE};

/// Empties the bin: removes an endpoint whose seven days are over, with all its results.
pub struct PurgeEndpoint;

#[async_trait]
impl Handler for PurgeEndpoint {
    fn kind(&self) -> &'static str {
        PURGE
    }

    async fn run(&self, job: &Claimed) -> Result<(), JobError> {
        let id = EndpointId::from(job.reference());
        job.finish(async |tx| {
            life::purge(tx, id)
                .await
                .map_err(|error| JobError::Retry(error.to_string()))
        })
        .await
    }
}
