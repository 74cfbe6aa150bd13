//! What is refused in the beginning, and what a second operator has to approve first.

use kernel::roles::Role;
use operators::Approval;
use reqwest::Method;
use testkit::TestApp;

use super::*;
use crate::gateway::states::set_state;
use crate::rows::number;

#[actix_web::test]
async fn only_the_one_owner_is_recovered_and_only_to_an_address_that_lets_them_in() {
    let app = TestApp::start_with_office().await;
    let acme = app.tenant("acme").await;
    let anns = email_of(&acme.member(Role::Viewer).await).await;
    let ada = operator(&app, "ada").await;
    let schema = schema(&app, "acme").await;
    ask(&ada, &acme, &anns)
        .await
        .is_problem(409, "address_taken");
    let nobody = format!("/api/v1/tenants/{}/recovery", uuid::Uuid::nil());
    ada.post_json(&nobody, &wish(NEW))
        .await
        .is_problem(404, "tenant_not_found");
    ada.get(&nobody).await.is_problem(404, "tenant_not_found");

    second_owner(&app).await;
    let refused = ask(&ada, &acme, NEW).await.is_problem(409, "other_owner");
    assert!(
        refused.text.contains("Another owner can help"),
        "{}",
        refused.text
    );
    let of_bea =
        format!("UPDATE {schema}.users SET state = 'deactivated' WHERE email LIKE 'bea@%'");
    run(&app, &of_bea).await;
    run(
        &app,
        &format!("UPDATE {schema}.users SET state = 'unverified' WHERE email = '{OWNER}'"),
    )
    .await;
    ask(&ada, &acme, NEW).await.is_problem(409, "no_owner");
    run(
        &app,
        &format!("UPDATE {schema}.users SET state = 'active' WHERE email = '{OWNER}'"),
    )
    .await;

    let rules = |change: &str| {
        format!(
            "INSERT INTO {schema}.sign_in_policy (idle_s, second_factor_required, methods, mail_domains,
                    console_networks, key_networks, revision, updated_at)
             VALUES (3600, false, '{{password,passkey,discord}}', '{{}}', '{{}}', '{{}}', 1, '2026-11-20')
             ON CONFLICT DO NOTHING;
             UPDATE {schema}.sign_in_policy SET {change}"
        )
    };
    run(&app, &rules("mail_domains = '{acme.example}'")).await;
    let refused = ask(&ada, &acme, NEW)
        .await
        .is_problem(400, "validation_failed")
        .json();
    assert_eq!(refused["errors"][0]["pointer"], "/email");
    assert_eq!(
        refused["errors"][0]["message"],
        "The organisation takes addresses of acme.example only."
    );
    run(&app, &rules("mail_domains = '{}', methods = '{passkey}'")).await;
    ask(&ada, &acme, NEW).await.is_problem(409, "password_off");
    run(&app, &rules("methods = '{password}'")).await;

    set_state(&app, &acme, "read_only").await;
    ask(&ada, &acme, NEW)
        .await
        .is_problem(409, "recovery_unavailable");
    delete(&app, &acme).await;
    ask(&ada, &acme, NEW)
        .await
        .is_problem(409, "recovery_unavailable");
    for verb in ["undelete", "resume"] {
        let path = format!("/api/v1/tenants/{}/{verb}", acme.tenant.id());
        ada.post_json(path, &json!({})).await.is(200);
    }
    assert_eq!(
        number(&app, "SELECT count(*) FROM platform.recoveries").await,
        0
    );
    assert_eq!(
        deeds(&app).await,
        <[&str; 0]>::default(),
        "a refusal does nothing"
    );

    // Their own address is good: whoever lost their codes still reads their mail.
    ask(&ada, &acme, OWNER).await.is(201);
    ask(&ada, &acme, NEW).await.is_problem(409, "recovery_open");
}

#[actix_web::test]
async fn what_cannot_be_read_is_named_and_a_trial_changes_nothing() {
    let app = TestApp::start_with_office().await;
    let acme = app.tenant("acme").await;
    let ada = operator(&app, "ada").await;
    let long = "x".repeat(501);
    for (field, value) in [
        ("email", json!("nobody")),
        ("proof", json!("too short")),
        ("proof", json!(long)),
        ("proof", json!("two\nlines of something")),
        ("reason", json!(long)),
    ] {
        let mut body = wish(NEW);
        body[field] = value;
        let refused = ada.post_json(path(&acme), &body).await;
        let refused = refused.is_problem(400, "validation_failed").json();
        assert_eq!(refused["errors"][0]["pointer"], format!("/{field}"));
    }
    let mut body = wish(NEW);
    body["confirm"] = json!("bravo");
    let refused = ada.post_json(path(&acme), &body).await;
    let refused = refused.is_problem(400, "not_confirmed");
    assert!(
        refused.text.contains("Type acme to confirm"),
        "{}",
        refused.text
    );
    body["confirm"] = json!("acme");
    body["dry_run"] = json!(true);
    ada.post_json(path(&acme), &body).await.is(201);
    assert_eq!(
        number(&app, "SELECT count(*) FROM platform.recoveries").await,
        0
    );
    app.run_jobs().await;
    assert!(
        app.newest_mail(OWNER)
            .is_none_or(|it| !it.subject.contains("way in"))
    );
    let eve = app
        .operator("eve", operators::Role::Support)
        .await
        .sign_in(&app)
        .await;
    ask(&eve, &acme, NEW).await.is_problem(403, "forbidden");
}

async fn house_of_two() -> TestApp {
    TestApp::start_with(|config| {
        config.operator_listen = Some(([127, 0, 0, 1], 0).into());
        config.operator_approval = Approval::Destructive;
    })
    .await
}

fn approval(asked: &Answer, verb: &str) -> String {
    let asked = asked.json();
    let id = asked["approval"]["id"].as_str().expect("an id");
    format!("/api/v1/approvals/{id}/{verb}")
}

#[actix_web::test]
async fn a_second_operator_approves_before_anybody_is_told() {
    let app = house_of_two().await;
    let acme = app.tenant("acme").await;
    let (ada, bob) = (operator(&app, "ada").await, operator(&app, "bob").await);
    let asked = ask(&ada, &acme, NEW).await.is(202);
    assert_eq!(asked.json()["approval"]["verb"], "recover");
    app.run_jobs().await;
    assert!(
        app.newest_mail(OWNER)
            .is_none_or(|it| !it.subject.contains("way in"))
    );
    let hidden = acme.owner().get(STATUS).await.is(200).json();
    assert_eq!(hidden, json!({ "recovery": null }));
    acme.owner()
        .delete(STATUS)
        .await
        .is_problem(404, "recovery_not_found");
    let shown = ada.get(path(&acme)).await.is(200).json();
    assert_eq!(shown["recovery"]["state"], "asked");
    ask(&bob, &acme, NEW).await.is_problem(409, "recovery_open");
    ada.post(approval(&asked, "approve"))
        .await
        .is_problem(409, "own_approval");
    // What was shown stands where the second one looks, and nowhere else.
    let seen = bob
        .get(format!("/api/v1/tenants/{}", acme.tenant.id()))
        .await
        .is(200)
        .json();
    assert_eq!(seen["timeline"][0]["detail"]["proof"], PROOF);
    assert_eq!(seen["timeline"][0]["detail"]["email"], NEW);

    let done = bob.post(approval(&asked, "approve")).await.is(200).json();
    assert_eq!(done["tenants"][0]["outcome"], "done");
    assert_eq!(
        told(&app, &[OWNER]).await,
        ["The owner of acme is to get another way in"]
    );
    let token = link(&app).await;
    redeem(acme.visitor(), &token).await.is(200);
    assert_eq!(
        deeds(&app).await,
        [
            "recovery.began operator",
            "recovery.link_sent worker",
            "recovery.done organization"
        ]
    );
}

#[actix_web::test]
async fn what_is_rejected_lapses_or_holds_no_more_never_begins_and_stands_in_nobodys_way() {
    let app = house_of_two().await;
    let acme = app.tenant("acme").await;
    let (ada, bob) = (operator(&app, "ada").await, operator(&app, "bob").await);
    let rejected = ask(&ada, &acme, NEW).await.is(202);
    bob.post(approval(&rejected, "reject")).await.is(200);
    assert_eq!(state(&app).await, "stopped");

    let stopped = ask(&ada, &acme, NEW).await.is(202);
    ada.delete(path(&acme)).await.is(204);
    let late = bob.post(approval(&stopped, "approve")).await.is(200).json();
    assert_eq!(late["tenants"][0]["outcome"], "recovery_not_found");

    let overtaken = ask(&ada, &acme, NEW).await.is(202);
    second_owner(&app).await;
    let void = bob
        .post(approval(&overtaken, "approve"))
        .await
        .is(200)
        .json();
    assert_eq!(void["tenants"][0]["outcome"], "other_owner");
    assert_eq!(state(&app).await, "void");
    let schema = schema(&app, "acme").await;
    run(
        &app,
        &format!("DELETE FROM {schema}.users WHERE email = 'bea@acme.example'"),
    )
    .await;

    ask(&ada, &acme, NEW).await.is(202);
    app.advance(SignedDuration::from_hours(24));
    let cid = operator(&app, "cid").await;
    let shown = cid.get(path(&acme)).await.is(200).json();
    assert_eq!(shown, json!({ "recovery": null }));
    // Nobody decided: another one can be asked for, and upkeep ends what nobody asked again.
    ask(&cid, &acme, NEW).await.is(202);
    app.advance(SignedDuration::from_hours(24));
    app.run_upkeep().await;
    let lapsed =
        "SELECT count(*) FROM platform.recoveries WHERE state = 'expired' AND email IS NULL";
    assert_eq!(number(&app, lapsed).await, 2);
    app.run_jobs().await;
    assert_eq!(
        facts(&app).await,
        <[&str; 0]>::default(),
        "the organisation never knew"
    );
}

#[actix_web::test]
async fn two_who_ask_at_once_begin_one() {
    let app = TestApp::start_with_office().await;
    let acme = app.tenant("acme").await;
    let (ada, bob) = (operator(&app, "ada").await, operator(&app, "bob").await);
    let askers = [&ada, &bob, &ada, &bob];
    let asked = askers.map(|it| ask(it, &acme, NEW));
    let answers = futures_util::future::join_all(asked).await;
    let mut statuses: Vec<u16> = answers.iter().map(|it| it.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409]);
    let by_token = acme.owner().request(Method::DELETE, STATUS);
    Answer::of(by_token).await.is(204);
}
