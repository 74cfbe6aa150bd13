//! Work that is given up is told to Sentry once, without anything about a person.

use std::sync::{Arc, Mutex};

use app::config::SentrySetting;
use app::telemetry::Reports;
use db::{DbError, Sql, sql};
use jobs::desk::{self, JobFilter, JobState};
use sentry::{ClientOptions, Envelope, Transport};
use testkit::{TestApp, worker};
use tracing_subscriber::layer::SubscriberExt;
use uuid::Uuid;

/// Takes reports instead of the wire.
#[derive(Default)]
struct Caught(Mutex<Vec<String>>);

impl Transport for Caught {
    fn send_envelope(&self, envelope: Envelope) {
        let mut written = Vec::new();
        envelope.to_writer(&mut written).expect("an envelope");
        let text = String::from_utf8_lossy(&written).into_owned();
        self.0.lock().expect("a list").push(text);
    }
}

/// A mail whose values fit no template: no attempt can succeed.
const ADD_MAIL: Sql = sql!(
    "INSERT INTO mails (id, template, recipient, params, created_at)
     VALUES ($1, 'verify', 'person@private.example', '{}', $2)"
);

#[tokio::test]
async fn a_dead_letter_is_reported_once_and_says_nothing_of_the_person() {
    let app = TestApp::start().await;
    let caught = Arc::new(Caught::default());
    let transport = Arc::clone(&caught);
    let setting = SentrySetting {
        dsn: "https://key@sentry.example/1".into(),
        environment: "test".to_owned(),
        trace_rate: 0.0,
    };
    let reports = Reports::start_with(
        Some(&setting),
        Some(Arc::new(move |_: &ClientOptions| {
            Arc::clone(&transport) as Arc<dyn Transport>
        })),
    )
    .expect("reports");
    let log = tracing_subscriber::registry().with(reports.layer());
    let _log = tracing::subscriber::set_default(log);

    let acme = app.db.tenant("acme").await;
    let id = Uuid::from_u128(7);
    // One that its handler gives up, and one that the queue gives up: the platform sends no mail.
    let left: Result<(), DbError> = app
        .house
        .db
        .write(&acme, worker(), None, async |tx| {
            tx.execute(ADD_MAIL, &[&id, &tx.now()]).await?;
            tx.enqueue("mail", id, tx.now()).await
        })
        .await;
    left.expect("work is left");
    let left = app
        .house
        .db
        .write_platform(async |tx| jobs::enqueue(tx, "mail", id, tx.now()).await);
    left.await.expect("work is left");
    app.run_jobs().await;
    app.run_jobs().await;

    let dead = JobFilter {
        state: Some(JobState::Dead),
        ..JobFilter::default()
    };
    let dead = app
        .house
        .db
        .read_platform(async |tx| desk::list(tx, dead, 10, None).await);
    assert_eq!(dead.await.expect("a page").items.len(), 2);
    let sent = caught.0.lock().expect("a list").clone();
    let told: Vec<_> = sent
        .iter()
        .filter(|text| text.contains("a dead letter"))
        .collect();
    assert_eq!(told.len(), 2, "each once: {sent:#?}");
    assert!(!sent.iter().any(|text| text.contains("person@private")));
}
