//! What operators see of the queue, and what they may do to it.

use db::DbError;
use jiff::SignedDuration;
use jobs::desk::{self, DeskError, JobFilter, JobState, JobView, Wish};
use jobs::{JobError, Runner};
use uuid::Uuid;

use crate::stage::{Gated, Stage, Tricky, reference};

async fn list(stage: &Stage, filter: JobFilter<'_>) -> Vec<JobView> {
    let db = &stage.test.db;
    let page = db.read_platform(async |tx| desk::list(tx, filter, 50, None).await);
    let page = page.await.expect("a page");
    assert_eq!(page.next_cursor, None);
    page.items
}

async fn retry(stage: &Stage, id: Uuid) -> Wish {
    let db = &stage.test.db;
    db.write_platform(async |tx| desk::retry(tx, id).await)
        .await
        .expect("an outcome")
}

async fn discard(stage: &Stage, id: Uuid) -> Wish {
    let db = &stage.test.db;
    db.write_platform(async |tx| desk::discard(tx, id).await)
        .await
        .expect("an outcome")
}

/// A runner that gives everything of the kind `effect` up at once.
async fn hopeless(stage: &Stage) -> Runner {
    let fails = Tricky::new(|_| Err(JobError::Dead("no such thing".to_owned())));
    stage.runner(fails).await
}

/// A dead letter of acme's.
async fn bury_one(stage: &Stage, n: u128) -> JobView {
    stage.enqueue(&stage.acme, "effect", reference(n)).await;
    hopeless(stage).await.run_due().await.expect("a run");
    let dead = list(
        stage,
        JobFilter {
            state: Some(JobState::Dead),
            ..JobFilter::default()
        },
    );
    dead.await
        .into_iter()
        .find(|job| job.reference == reference(n))
        .expect("a dead letter")
}

#[tokio::test]
async fn each_piece_of_work_is_listed_in_its_state_and_found_by_kind_and_organisation() {
    let stage = Stage::set().await;
    let rival = stage.test.tenant("rival").await;
    let dead = bury_one(&stage, 1).await;
    assert_eq!(dead.last_error.as_deref(), Some("no such thing"));
    assert_eq!((dead.tenant.as_deref(), dead.attempts), (Some("acme"), 1));

    stage.enqueue(&stage.acme, "effect", reference(2)).await;
    let stuck = Gated::closed();
    let busy = stage.runner(stuck.clone()).await;
    let busy = tokio::spawn(async move { busy.run_due().await });
    stuck.begun.notified().await;
    stage.enqueue(&rival, "other", reference(3)).await;
    let later = stage.test.db.now() + SignedDuration::from_hours(1);
    stage
        .test
        .db
        .write_platform(async |tx| jobs::enqueue(tx, "late", reference(4), later).await)
        .await
        .expect("work is left");

    let table = [
        (JobState::Dead, "effect", 1),
        (JobState::Leased, "effect", 2),
        (JobState::Due, "other", 3),
        (JobState::Waiting, "late", 4),
    ];
    for (state, kind, n) in table {
        let state = Some(state);
        let found = list(
            &stage,
            JobFilter {
                state,
                ..JobFilter::default()
            },
        )
        .await;
        let found: Vec<_> = found
            .iter()
            .map(|job| (Some(job.state), job.kind.as_str(), job.reference))
            .collect();
        assert_eq!(found, [(state, kind, reference(n))]);
    }
    let by = async |kind, tenant| {
        let filter = JobFilter {
            kind,
            tenant,
            ..JobFilter::default()
        };
        list(&stage, filter).await.len()
    };
    assert_eq!(by(None, None).await, 4);
    assert_eq!(by(Some("effect"), None).await, 2);
    assert_eq!(by(None, Some("rival")).await, 1);
    assert_eq!(by(Some("effect"), Some("rival")).await, 0);
    busy.abort();
}

#[tokio::test]
async fn a_list_goes_on_where_the_cursor_points_and_nowhere_else() {
    let stage = Stage::set().await;
    for n in 0..5 {
        stage.enqueue(&stage.acme, "effect", reference(n)).await;
    }
    let db = &stage.test.db;
    let page = async |filter, cursor: Option<String>| {
        db.read_platform(async |tx| desk::list(tx, filter, 2, cursor.as_deref()).await)
            .await
    };
    let all = JobFilter::default();
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let next = page(all, cursor).await.expect("a page");
        seen.extend(next.items.iter().map(|job| job.reference));
        cursor = next.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    seen.sort_unstable();
    let left: Vec<_> = (0..5).map(reference).collect();
    assert_eq!(seen, left, "each once");

    let first = page(all, None).await.expect("a page");
    let of_effect = JobFilter {
        kind: Some("effect"),
        ..all
    };
    let refused = page(of_effect, first.next_cursor).await;
    assert!(matches!(refused, Err(DeskError::Cursor)), "{refused:?}");
    let nobody = JobFilter {
        tenant: Some("nobody"),
        ..all
    };
    let refused = page(nobody, None).await;
    assert!(
        matches!(refused, Err(DeskError::UnknownTenant(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_dead_letter_that_is_retried_has_all_its_attempts_again() {
    let stage = Stage::set().await;
    let dead = bury_one(&stage, 1).await;
    assert_eq!(retry(&stage, dead.id).await, Wish::Done);
    assert_eq!(retry(&stage, dead.id).await, Wish::Nothing, "it is due");
    let pointer = stage.pointer().await;
    assert_eq!((pointer.attempts, pointer.dead), (0, false));
    assert_eq!(pointer.due_at, stage.test.db.now());

    let good = stage.runner(Tricky::good()).await;
    assert_eq!(good.run_due().await.expect("a run"), 1);
    assert_eq!(stage.effects(&stage.acme).await, 1);
    assert_eq!(retry(&stage, dead.id).await, Wish::Unknown, "it is done");
}

#[tokio::test]
async fn what_waits_for_its_next_attempt_can_be_hastened() {
    let stage = Stage::set().await;
    stage.enqueue(&stage.acme, "effect", reference(1)).await;
    let fails = stage
        .runner(Tricky::new(|_| Err(JobError::Retry("not yet".to_owned()))))
        .await;
    assert_eq!(fails.run_due().await.expect("a run"), 1);
    let id = list(&stage, JobFilter::default()).await.remove(0).id;
    assert_eq!(retry(&stage, id).await, Wish::Done);
    assert_eq!(stage.pointer().await.attempts, 1, "it still counts");
    assert_eq!(fails.run_due().await.expect("a run"), 1);
}

#[tokio::test]
async fn dead_letters_are_retried_in_bulk_by_kind_and_organisation() {
    let stage = Stage::set().await;
    let rival = stage.test.tenant("rival").await;
    for n in 0..3 {
        stage.enqueue(&stage.acme, "effect", reference(n)).await;
    }
    stage.enqueue(&rival, "effect", reference(3)).await;
    hopeless(&stage).await.run_due().await.expect("a run");
    let db = &stage.test.db;
    let revive = async |kind, tenant| {
        db.write_platform(async |tx| {
            let count = desk::count_dead(tx, kind, tenant).await?;
            let revived = desk::retry_dead(tx, kind, tenant).await?;
            assert_eq!(usize::try_from(count).ok(), Some(revived.len()));
            Ok::<_, DeskError>(revived.len())
        })
        .await
        .expect("an answer")
    };
    assert_eq!(revive(Some("other"), None).await, 0);
    assert_eq!(revive(Some("effect"), Some("rival")).await, 1);
    assert_eq!(revive(Some("effect"), None).await, 3);
    assert_eq!(revive(None, None).await, 0, "nothing is left to do");
    let dead = stage.pointers().await.iter().filter(|it| it.dead).count();
    assert_eq!(dead, 0);
}

#[tokio::test]
async fn only_a_dead_letter_can_be_discarded() {
    let stage = Stage::set().await;
    let dead = bury_one(&stage, 1).await;
    stage.enqueue(&stage.acme, "effect", reference(2)).await;
    let due = list(
        &stage,
        JobFilter {
            state: Some(JobState::Due),
            ..JobFilter::default()
        },
    );
    let due = due.await.remove(0);
    assert_eq!(discard(&stage, due.id).await, Wish::Refused(JobState::Due));
    assert_eq!(discard(&stage, dead.id).await, Wish::Done);
    assert_eq!(discard(&stage, dead.id).await, Wish::Unknown);
    let found = stage
        .test
        .db
        .read_platform(async |tx| desk::find(tx, due.id).await);
    let found: Result<_, DbError> = found.await;
    assert_eq!(found.expect("an answer"), Some(due));
}
