//! Whoever objects: the owner and operators, at every step; and a link that is worth nothing afterwards.

use fakes::Fault;
use kernel::roles::Role;
use testkit::TestApp;

use super::*;

const STOPPED: &str = "The recovery of acme's owner was stopped";

#[actix_web::test]
async fn an_owner_stops_it_while_everybody_waits_and_when_the_link_is_sent() {
    let app = TestApp::start_with_office().await;
    let acme = app.tenant("acme").await;
    let (ann, boss) = (
        acme.member(Role::Member).await,
        acme.member(Role::Admin).await,
    );
    let anns = email_of(&ann).await;
    let ada = operator(&app, "ada").await;
    acme.owner()
        .delete(STATUS)
        .await
        .is_problem(404, "recovery_not_found");
    ask(&ada, &acme, NEW).await.is(201);
    for person in [&ann, &boss] {
        person.delete(STATUS).await.is_problem(403, "forbidden");
    }
    app.run_jobs().await;
    app.advance(SignedDuration::from_mins(1));
    let rows = acme.audit_rows().await;
    acme.owner().delete(STATUS).await.is(204);
    assert_eq!(acme.audit_rows().await, rows + 1);
    acme.owner()
        .delete(STATUS)
        .await
        .is_problem(404, "recovery_not_found");
    assert_eq!(told(&app, &[OWNER, &anns]).await, [STOPPED; 2]);
    assert_eq!(
        ann.get(STATUS).await.is(200).json(),
        json!({ "recovery": null })
    );
    let me = ann.get("/api/v1/me").await.is(200).json();
    assert_eq!(me["recovery_under_way"], false);
    app.advance(WAIT);
    app.run_jobs().await;
    assert!(app.newest_mail(NEW).is_none(), "no link leaves");

    // Another one may be asked for, and be stopped with its link on the way; only by a fresh proof.
    let ada = operator(&app, "bob").await;
    ask(&ada, &acme, NEW).await.is(201);
    let token = link(&app).await;
    let owner = fresh_owner(&acme).await;
    app.advance(SignedDuration::from_mins(11));
    owner
        .delete(STATUS)
        .await
        .is_problem(403, "reauthentication_required");
    fresh_owner(&acme).await.delete(STATUS).await.is(204);
    redeem(acme.visitor(), &token)
        .await
        .is_problem(404, "token_not_found");
    owner_is_as_before(&acme).await;
    assert_eq!(state(&app).await, "stopped");
    assert_eq!(
        facts(&app).await,
        [
            "recovery.began operator",
            "recovery.stopped user",
            "recovery.began operator",
            "recovery.sent worker",
            "recovery.stopped user",
        ]
    );
    assert_eq!(
        deeds(&app).await,
        [
            "recovery.began operator",
            "recovery.stopped organization",
            "recovery.began operator",
            "recovery.link_sent worker",
            "recovery.stopped organization",
        ]
    );
}

#[actix_web::test]
async fn operators_stop_it_while_everybody_waits_and_when_the_link_is_sent() {
    let app = TestApp::start_with_office().await;
    let acme = app.tenant("acme").await;
    let anns = email_of(&acme.member(Role::Viewer).await).await;
    let ada = operator(&app, "ada").await;
    ada.delete(path(&acme))
        .await
        .is_problem(404, "recovery_not_found");
    ask(&ada, &acme, NEW).await.is(201);
    app.run_jobs().await;
    ada.delete(path(&acme)).await.is(204);
    assert_eq!(told(&app, &[OWNER, &anns]).await, [STOPPED; 2]);
    let shown = ada.get(path(&acme)).await.is(200).json();
    assert_eq!(shown, json!({ "recovery": null }));
    ask(&ada, &acme, NEW).await.is(201);
    let token = link(&app).await;
    let eve = app
        .operator("eve", operators::Role::Support)
        .await
        .sign_in(&app)
        .await;
    eve.delete(path(&acme)).await.is_problem(403, "forbidden");
    operator(&app, "bob")
        .await
        .delete(path(&acme))
        .await
        .is(204);
    redeem(acme.visitor(), &token)
        .await
        .is_problem(404, "token_not_found");
    owner_is_as_before(&acme).await;
    // The second link's time passes without another word.
    app.advance(LINK);
    app.run_jobs().await;
    assert_eq!(state(&app).await, "stopped");
    let stopped = facts(&app)
        .await
        .into_iter()
        .filter(|it| it.contains("stopped"));
    assert_eq!(
        stopped.collect::<Vec<_>>(),
        ["recovery.stopped operator"; 2]
    );

    // A link that waits for the mail server leaves no more.
    let cid = operator(&app, "cid").await;
    ask(&cid, &acme, NEW).await.is(201);
    app.mail.set_fault(Some(Fault::Later));
    app.advance(WAIT);
    app.run_jobs().await;
    let schema = schema(&app, "acme").await;
    let secrets = format!("SELECT recipient FROM {schema}.mails WHERE secret IS NOT NULL");
    assert_eq!(texts(&app, &secrets).await, [NEW]);
    operator(&app, "dan")
        .await
        .delete(path(&acme))
        .await
        .is(204);
    assert_eq!(texts(&app, &secrets).await, <[&str; 0]>::default());
}

#[actix_web::test]
async fn a_link_works_once_on_its_own_host_and_every_refusal_is_the_same() {
    let app = TestApp::start_with(|config| {
        config.operator_listen = Some(([127, 0, 0, 1], 0).into());
        config.limits.login_failures_per_hour = 10;
    })
    .await;
    let (acme, token) = sent(&app).await;
    let bravo = app.tenant("bravo").await;
    let bare = |answer: Answer| {
        let mut body = answer.is_problem(404, "token_not_found").json();
        body["request_id"] = Value::Null;
        body
    };
    let unknown = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let mut refusals = vec![
        bare(redeem(bravo.visitor(), &token).await),
        bare(redeem(acme.visitor(), unknown).await),
        bare(redeem(acme.visitor(), "x").await),
    ];
    let answers =
        futures_util::future::join_all((0..4).map(|_| redeem(acme.visitor(), &token))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|it| it.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 404, 404, 404]);
    refusals.push(bare(redeem(acme.visitor(), &token).await));
    assert!(
        refusals.windows(2).all(|pair| pair[0] == pair[1]),
        "{refusals:?}"
    );
    // Ten an hour for a network; those above were eight.
    redeem(acme.visitor(), unknown).await.is(404);
    redeem(acme.visitor(), unknown).await.is(404);
    redeem(acme.visitor(), unknown)
        .await
        .is_problem(429, "rate_limited");
    let log = format!(
        "SELECT outcome FROM {}.auth_log WHERE outcome LIKE 'recover%' ORDER BY outcome",
        acme.tenant.schema()
    );
    let noted = texts(&app, &log).await;
    assert_eq!((noted.len(), noted[0].as_str()), (9, "recovered"));
    assert!(
        noted[1..].iter().all(|it| it == "recovery_refused"),
        "{noted:?}"
    );
}
