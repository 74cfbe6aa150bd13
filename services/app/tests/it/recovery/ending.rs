//! Ends without effect: a link that nobody used, what was asked for and holds no more, an organisation in another
//! state; and a transaction that fails on its last line.

use kernel::roles::Role;
use testkit::TestApp;

use super::*;
use crate::gateway::states::set_state;

const NOTHING: &str = "The recovery of acme's owner came to nothing";

#[actix_web::test]
async fn a_link_that_nobody_used_ends_it_and_everybody_is_told() {
    let app = TestApp::start_with_office().await;
    let (acme, token) = sent(&app).await;
    app.advance(LINK);
    // Nobody has looked at it yet, and it is over all the same.
    redeem(acme.visitor(), &token)
        .await
        .is_problem(404, "token_not_found");
    assert_eq!(told(&app, &[OWNER]).await, [NOTHING]);
    assert_eq!(state(&app).await, "expired");
    redeem(acme.visitor(), &token)
        .await
        .is_problem(404, "token_not_found");
    owner_is_as_before(&acme).await;
    let ada = operator(&app, "bob").await;
    assert_eq!(
        ada.get(path(&acme)).await.is(200).json(),
        json!({ "recovery": null })
    );
    assert_eq!(
        facts(&app).await.pop().as_deref(),
        Some("recovery.ended worker expired")
    );
    assert_eq!(
        deeds(&app).await.pop().as_deref(),
        Some("recovery.expired worker expired")
    );
    ask(&ada, &acme, NEW).await.is(201);
}

#[actix_web::test]
async fn a_second_owner_who_appears_ends_it_at_the_end_of_the_wait_and_at_the_link() {
    let app = TestApp::start_with_office().await;
    let acme = app.tenant("acme").await;
    let ada = operator(&app, "ada").await;
    ask(&ada, &acme, NEW).await.is(201);
    second_owner(&app).await;
    app.advance(WAIT);
    assert_eq!(told(&app, &[OWNER, "bea@acme.example"]).await, [NOTHING; 2]);
    assert!(app.newest_mail(NEW).is_none());
    assert_eq!(state(&app).await, "void");
    assert_eq!(
        facts(&app).await.pop().as_deref(),
        Some("recovery.ended worker other_owner")
    );

    let app = TestApp::start_with_office().await;
    let (acme, token) = sent(&app).await;
    second_owner(&app).await;
    redeem(acme.visitor(), &token)
        .await
        .is_problem(404, "token_not_found");
    assert_eq!(told(&app, &[OWNER, "bea@acme.example"]).await, [NOTHING; 2]);
    assert_eq!(state(&app).await, "void");
    assert_eq!(
        deeds(&app).await.pop().as_deref(),
        Some("recovery.void worker other_owner")
    );
    owner_is_as_before(&acme).await;
}

#[actix_web::test]
async fn whoever_takes_the_organisation_over_meanwhile_ends_it_too() {
    let app = TestApp::start_with_office().await;
    let acme = app.tenant("acme").await;
    let ann = acme.member(Role::Admin).await;
    ask(&operator(&app, "ada").await, &acme, NEW).await.is(201);
    let id = ann.get("/api/v1/me").await.is(200).json()["user"]["id"].clone();
    let offer = json!({ "member_id": id });
    acme.owner()
        .post_json("/api/v1/ownership-transfer", &offer)
        .await
        .is(201);
    ann.post_json("/api/v1/ownership-transfer/accept", &json!({}))
        .await
        .is(204);
    // The one owner is another one by now.
    app.advance(WAIT);
    app.run_jobs().await;
    assert!(app.newest_mail(NEW).is_none());
    assert_eq!(state(&app).await, "void");
    owner_is_as_before(&acme).await;
}

#[actix_web::test]
async fn a_suspended_organisation_is_recovered_and_a_deleted_one_is_not() {
    let app = TestApp::start_with_office().await;
    let acme = app.tenant("acme").await;
    let ada = operator(&app, "ada").await;
    ask(&ada, &acme, NEW).await.is(201);
    set_state(&app, &acme, "suspended").await;
    assert_eq!(
        told(&app, &[OWNER]).await,
        ["The owner of acme is to get another way in"]
    );
    assert!(
        acme.owner()
            .get(STATUS)
            .await
            .is(200)
            .text
            .contains("waiting")
    );
    acme.owner().delete(STATUS).await.is(204);
    ask(&ada, &acme, NEW).await.is(201);
    let token = link(&app).await;
    redeem(acme.visitor(), &token).await.is(200);
    assert_eq!(state(&app).await, "done");

    let app = TestApp::start_with_office().await;
    let acme = app.tenant("acme").await;
    let ada = operator(&app, "ada").await;
    ask(&ada, &acme, NEW).await.is(201);
    delete(&app, &acme).await;
    app.advance(WAIT);
    assert_eq!(told(&app, &[OWNER]).await, [NOTHING]);
    assert!(app.newest_mail(NEW).is_none());
    assert_eq!(
        deeds(&app).await.pop().as_deref(),
        Some("recovery.void worker recovery_unavailable")
    );

    let app = TestApp::start_with_office().await;
    let (acme, token) = sent(&app).await;
    delete(&app, &acme).await;
    redeem(acme.visitor(), &token)
        .await
        .is_problem(404, "token_not_found");
    assert_eq!(state(&app).await, "void");
    owner_is_as_before(&acme).await;
}

#[actix_web::test]
async fn the_link_of_one_that_can_only_be_read_waits_until_somebody_could_use_it() {
    let app = TestApp::start_with_office().await;
    let acme = app.tenant("acme").await;
    ask(&operator(&app, "ada").await, &acme, NEW).await.is(201);
    set_state(&app, &acme, "read_only").await;
    app.advance(WAIT);
    app.run_jobs().await;
    assert!(app.newest_mail(NEW).is_none());
    assert_eq!(state(&app).await, "waiting");
    run(
        &app,
        "UPDATE platform.tenants SET state = 'active' WHERE slug = 'acme'",
    )
    .await;
    app.forget_hosts();
    app.advance(SignedDuration::from_hours(1));
    let token = app.mailed_token(NEW).await;
    redeem(acme.visitor(), &token).await.is(200);
}

#[actix_web::test]
async fn a_use_that_fails_on_its_last_line_has_changed_nothing() {
    let app = TestApp::start_with_office().await;
    let (acme, token) = sent(&app).await;
    let owner = fresh_owner(&acme).await;
    let schema = schema(&app, "acme").await;
    let trap = format!(
        "CREATE FUNCTION public.trap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF NEW.kind = 'recovery.completed' THEN RAISE 'pulled out'; END IF; RETURN NEW; END $$;
         GRANT EXECUTE ON FUNCTION public.trap() TO PUBLIC;
         CREATE TRIGGER trap BEFORE INSERT ON {schema}.events FOR EACH ROW EXECUTE FUNCTION public.trap()"
    );
    run(&app, &trap).await;
    redeem(acme.visitor(), &token).await.is(500);
    owner.get("/api/v1/me").await.is(200);
    owner_is_as_before(&acme).await;
    assert_eq!(state(&app).await, "sent");
    assert_eq!(
        deeds(&app).await.pop().as_deref(),
        Some("recovery.link_sent worker")
    );
    run(&app, &format!("DROP TRIGGER trap ON {schema}.events")).await;
    redeem(acme.visitor(), &token).await.is(200);
    owner.get("/api/v1/me").await.is(401);
}

#[actix_web::test]
async fn what_is_long_over_is_forgotten_a_few_at_a_time() {
    let app = TestApp::start_with_office().await;
    let (acme, token) = sent(&app).await;
    redeem(acme.visitor(), &token).await.is(200);
    let left = async || texts(&app, "SELECT state FROM platform.recoveries").await;
    app.advance(SignedDuration::from_hours(90 * 24) - SignedDuration::from_mins(1));
    app.run_upkeep().await;
    assert_eq!(left().await, ["done"]);
    app.advance(SignedDuration::from_mins(1));
    app.run_upkeep().await;
    assert_eq!(left().await, <[&str; 0]>::default());
    assert_eq!(deeds(&app).await.len(), 3, "the audit keeps it");
}
