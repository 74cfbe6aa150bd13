//! Neighbours that are broken: a mail server that hangs for hours, a Redis that answers nonsense. They break
//! nothing else.

use std::future::Future;
use std::time::Duration;

use app::wiring::Furniture;
use fakes::Fault;
use jiff::SignedDuration;
use jobs::BusConfig;
use jobs::desk::{self, JobFilter, JobState, JobView, Wish};
use testkit::{Target, TestApp, TestDb};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), work)
        .await
        .expect("it happens soon")
}

async fn jobs_of(app: &TestApp, kind: &str) -> Vec<JobView> {
    let filter = JobFilter {
        kind: Some(kind),
        ..JobFilter::default()
    };
    let page = app
        .house
        .db
        .read_platform(async |tx| desk::list(tx, filter, 200, None).await);
    page.await.expect("a page").items
}

/// A house whose mail server hangs, and that gives it up after `patience`.
async fn hanging(patience: Duration) -> TestApp {
    let furniture = Furniture {
        mail_timeout: patience,
        ..TestApp::furniture()
    };
    TestApp::furnished(|_| {}, furniture).await
}

/// Leaves a mail to the owner of acme.
async fn ask_for_mail(app: &TestApp) {
    let form = serde_json::json!({
        "organization_name": "Late", "slug": "late", "email": "owner@late.example",
        "password": testkit::PASSWORD, "password_confirm": testkit::PASSWORD,
    });
    app.db.fill(1).await;
    app.root()
        .post_json("/api/v1/auth/register", &form)
        .await
        .is(201);
}

#[tokio::test]
async fn a_mail_server_that_hangs_for_hours_is_tried_again_and_again_and_nothing_else_waits() {
    let app = hanging(Duration::from_millis(100)).await;
    let acme = app.tenant("acme").await;
    app.mail.set_fault(Some(Fault::Hang));
    ask_for_mail(&app).await;
    let site = Target::start().await;
    let endpoint = acme.create_endpoint(site.url()).await;
    let mut last_due = app.house.db.now();
    for attempt in 1..=8 {
        app.run_jobs().await;
        let mails = jobs_of(&app, "mail").await;
        let mail = mails.first().expect("the mail is kept");
        assert_eq!(mail.attempts, attempt);
        assert_eq!(
            mail.last_error.as_deref(),
            Some("the mail server did not answer in time")
        );
        let expected = if attempt < 8 {
            JobState::Waiting
        } else {
            JobState::Dead
        };
        assert_eq!(mail.state, expected, "attempt {attempt}");
        if attempt < 8 {
            assert!(mail.due_at > last_due, "later each time");
            last_due = mail.due_at;
        }
        // The rest of the house is as quick as ever.
        for act in ["pause", "resume"] {
            let path = format!("/api/v1/endpoints/{endpoint}/{act}");
            acme.owner().post(path).await.is(200);
        }
        app.run_jobs().await;
        assert_eq!(jobs_of(&app, "event").await, []);
        app.advance(SignedDuration::from_hours(1));
    }
    assert!(app.newest_mail("owner@late.example").is_none());

    // The server is back: the mail still has its link, and leaves.
    app.mail.set_fault(None);
    let id = jobs_of(&app, "mail").await.remove(0).id;
    let wish = app
        .house
        .db
        .write_platform(async |tx| desk::retry(tx, id).await);
    assert_eq!(wish.await.expect("an answer"), Wish::Done);
    let token = app.mailed_token("owner@late.example").await;
    assert_eq!(token.len(), 43);
}

#[tokio::test]
async fn a_worker_goes_on_with_other_work_while_the_mail_server_says_nothing() {
    let app = hanging(Duration::from_secs(10)).await;
    let acme = app.tenant("acme").await;
    app.mail.set_fault(Some(Fault::Hang));
    ask_for_mail(&app).await;
    let runner = std::sync::Arc::clone(&app.house.runner);
    let working = tokio::spawn(async move { runner.run(std::future::pending()).await });
    soon(async {
        while jobs_of(&app, "mail")
            .await
            .first()
            .is_none_or(|mail| mail.state != JobState::Leased)
        {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let site = Target::start().await;
    acme.create_endpoint(site.url()).await;
    soon(async {
        while !jobs_of(&app, "event").await.is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(app.run_checks().await, 1);
    assert_eq!(site.hits(), 1);
    let mail = jobs_of(&app, "mail").await.remove(0);
    assert_eq!(
        (mail.state, mail.attempts),
        (JobState::Leased, 1),
        "it still hangs"
    );
    working.abort();
}

/// Something on the port of Redis that answers `nonsense` to whatever it is sent, for ever.
async fn babbler(nonsense: &'static [u8]) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let url = format!("redis://{}", listener.local_addr().expect("an address"));
    let babbling = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut heard = [0; 1024];
                while let Ok(1..) = stream.read(&mut heard).await {
                    if stream.write_all(nonsense).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (url, babbling)
}

#[tokio::test]
async fn a_redis_that_answers_nonsense_costs_hints_and_nothing_else() {
    for nonsense in [
        b"HTTP/1.1 400 Bad Request\r\n\r\n".as_slice(),
        b"\x00\xff\xfe lorem ipsum \r\n",
        b"-ERR unknown command\r\n",
    ] {
        let (url, babbling) = babbler(nonsense).await;
        let bus = |_: &TestDb| BusConfig::Redis { url: url.into() };
        let (one, two) = TestApp::start_two(bus, |_| {}, TestApp::furniture()).await;
        assert!(!one.house.bus.is_listening(), "{nonsense:?}");
        let health = one.root().get("/health/ready").await.is(200).json();
        assert_eq!(health["status"], "degraded");
        assert_eq!(health["checks"]["bus"], "degraded");

        // Nothing is remembered that only a hint would make forget: not even that nobody is there.
        let late = two.visitor("acme.localhost");
        late.get("/api/v1/organization").await.is(404);
        let acme = one.tenant("acme").await;
        late.get("/api/v1/organization").await.is(200);
        let site = Target::start().await;
        acme.create_endpoint(site.url()).await;
        one.run_jobs().await;
        assert_eq!(two.run_checks().await, 1);
        acme.owner().get("/api/v1/endpoints?state=up").await.is(200);
        babbling.abort();
    }
}
