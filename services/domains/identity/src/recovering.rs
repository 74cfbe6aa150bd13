//! The recovery of an owner, as work that is due: its link leaves, or works no more.

use async_trait::async_trait;
use jobs::{Claimed, Handler, JobError};

use crate::service::recovery::{self, RECOVER_OWNER};

/// Takes a recovery to its next state; the pointer's reference is its id.
pub struct RecoverOwner;

#[async_trait]
impl Handler for RecoverOwner {
    fn kind(&self) -> &'static str {
        RECOVER_OWNER
    }

    /// People sign in to an organisation that is suspended, and everybody hears of one that came to nothing.
    fn in_any_state(&self) -> bool {
        true
    }

    async fn run(&self, job: &Claimed) -> Result<(), JobError> {
        let (tenant, origin) = (job.tenant()?, job.origin());
        let id = job.reference().into();
        job.finish_platform(async |tx| Ok(recovery::step(tx, tenant, origin, id).await?))
            .await
    }
}
