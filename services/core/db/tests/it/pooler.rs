//! Several processes that share few backends by a PgBouncer in transaction mode: what holds on connections of one's
//! own holds there.

use testkit::{Pooler, TestDb};

use crate::storm::{SWITCHES, crowded, weather};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_shared_backends_leave_no_foreign_row_and_no_dirty_one() {
    let Some(pooler) = Pooler::start().await else {
        return;
    };
    let test = TestDb::with(|config| pooler.between(crowded(config))).await;
    let other = test
        .again_with(|config| pooler.between(crowded(config)))
        .await;
    weather(&test, vec![other.db.clone()], SWITCHES).await;
}
