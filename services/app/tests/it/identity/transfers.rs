//! Handing an organisation over: both agree, once, and while both are who they were.

use jiff::SignedDuration;
use kernel::roles::Role;
use serde_json::{Value, json};
use testkit::{Answer, PASSWORD, TestApp, TestTenant, Visitor};

use super::{ME, audit, text};
use crate::rows::{number, run, schema, texts};

const TRANSFER: &str = "/api/v1/ownership-transfer";
const ACCEPT: &str = "/api/v1/ownership-transfer/accept";
const OWNER: &str = "owner@acme.example";

async fn me(person: &Visitor) -> Value {
    person.get(ME).await.is(200).json()
}

async fn id_of(person: &Visitor) -> String {
    text(&me(person).await["user"], "id").to_owned()
}

async fn email_of(person: &Visitor) -> String {
    text(&me(person).await["user"], "email").to_owned()
}

async fn offer(acme: &TestTenant<'_>, to: &str) -> Answer {
    acme.owner()
        .post_json(TRANSFER, &json!({ "member_id": to }))
        .await
}

async fn accept(person: &Visitor) -> Answer {
    person.post_json(ACCEPT, &json!({})).await
}

async fn owners(app: &TestApp) -> Vec<String> {
    let schema = schema(app, "acme").await;
    let all = format!("SELECT email FROM {schema}.users WHERE role = 'owner' ORDER BY email");
    texts(app, &all).await
}

#[actix_web::test]
async fn whoever_accepts_is_the_owner_and_whoever_offered_an_administrator() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let ann = acme.member(Role::Member).await;
    let bystander = acme.member(Role::Admin).await;
    let (id, email) = (id_of(&ann).await, email_of(&ann).await);
    assert_eq!(me(&ann).await["ownership_offered"], false);
    let made = offer(&acme, &id).await.is(201).json();
    assert_eq!(made["to"]["email"], email.as_str());
    assert_eq!(made["from"]["email"], OWNER);
    assert_eq!(made["mine"], false);
    assert_eq!(me(&ann).await["ownership_offered"], true);
    assert_eq!(me(acme.owner()).await["ownership_offered"], false);
    for (person, mine) in [(&ann, json!(true)), (acme.owner(), json!(false))] {
        assert_eq!(
            person.get(TRANSFER).await.is(200).json()["offer"]["mine"],
            mine
        );
    }
    let hidden = bystander.get(TRANSFER).await.is(200).json();
    assert_eq!(hidden, json!({ "offer": null }), "it concerns two people");
    accept(&bystander)
        .await
        .is_problem(404, "transfer_not_found");
    bystander
        .delete(TRANSFER)
        .await
        .is_problem(404, "transfer_not_found");
    app.run_jobs().await;
    let mail = app.newest_mail(&email).expect("a mail");
    assert_eq!(mail.subject, "acme is to be yours");
    let token = app.mailed_token(&email).await;
    assert_eq!(
        app.newest_mail(OWNER).expect("a mail").subject,
        "You offered acme to somebody"
    );
    let wrong = json!({ "token": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" });
    ann.post_json(ACCEPT, &wrong)
        .await
        .is_problem(404, "token_not_found");
    let rows = acme.audit_rows().await;
    ann.post_json(ACCEPT, &json!({ "token": token }))
        .await
        .is(204);
    assert_eq!(acme.audit_rows().await, rows + 1);
    // From the very next request on.
    assert_eq!(me(&ann).await["user"]["role"], "owner");
    assert_eq!(me(acme.owner()).await["user"]["role"], "admin");
    offer(&acme, &id).await.is_problem(403, "forbidden");
    accept(&ann).await.is_problem(404, "transfer_not_found");
    app.run_jobs().await;
    for (to, subject) in [
        (email.as_str(), "You own acme now"),
        (OWNER, "You own acme no more"),
    ] {
        assert_eq!(app.newest_mail(to).expect("a mail").subject, subject);
    }
    assert_eq!(owners(&app).await, [email]);
    let kinds: Vec<String> = audit(&app, "acme")
        .await
        .iter()
        .filter_map(|row| row.split(' ').next())
        .filter(|kind| kind.starts_with("ownership"))
        .map(str::to_owned)
        .collect();
    assert_eq!(kinds, ["ownership.offered", "ownership.transferred"]);
}

#[actix_web::test]
async fn an_offer_is_made_to_an_active_other_and_one_at_a_time() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let ann = acme.member(Role::Viewer).await;
    let bob = acme.member(Role::Manager).await;
    let (own, anns, bobs) = (
        id_of(acme.owner()).await,
        id_of(&ann).await,
        id_of(&bob).await,
    );
    offer(&acme, &own).await.is_problem(409, "own_account");
    let unknown = "01900000-0000-7000-8000-000000000000";
    offer(&acme, unknown)
        .await
        .is_problem(404, "member_not_found");
    let wrong = offer(&acme, "somebody")
        .await
        .is_problem(400, "validation_failed");
    assert_eq!(wrong.json()["errors"][0]["pointer"], "/member_id");
    let schema = schema(&app, "acme").await;
    let state = |to: &str| format!("UPDATE {schema}.users SET state = '{to}' WHERE id = '{anns}'");
    run(&app, &state("unverified")).await;
    offer(&acme, &anns).await.is_problem(409, "member_inactive");
    run(&app, &state("active")).await;
    let other = acme.member(Role::Owner).await;
    offer(&acme, &id_of(&other).await)
        .await
        .is_problem(409, "already_owner");
    offer(&acme, &anns).await.is(201);
    offer(&acme, &bobs).await.is_problem(409, "transfer_open");
    // Another owner may take it back; then there is room for the next.
    other.delete(TRANSFER).await.is(204);
    other
        .delete(TRANSFER)
        .await
        .is_problem(404, "transfer_not_found");
    accept(&ann).await.is_problem(404, "transfer_not_found");
    app.run_jobs().await;
    assert_eq!(
        app.newest_mail(&email_of(&ann).await)
            .expect("a mail")
            .subject,
        "acme is offered to you no more"
    );
    offer(&acme, &bobs).await.is(201);
    bob.delete(TRANSFER).await.is(204);
    app.run_jobs().await;
    let told = app
        .mail
        .messages()
        .into_iter()
        .filter(|mail| mail.to == OWNER);
    assert!(
        told.map(|mail| mail.subject)
            .any(|subject| subject == "Nobody takes acme over")
    );
    bob.post_json(TRANSFER, &json!({ "member_id": anns }))
        .await
        .is_problem(403, "forbidden");
}

#[actix_web::test]
async fn an_offer_ends_after_seven_days_and_with_the_standing_of_either() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let schema = schema(&app, "acme").await;
    let ann = acme.member(Role::Member).await;
    let other = acme.member(Role::Owner).await;
    let id = id_of(&ann).await;
    let void = async |breaks: &str, mends: &str| {
        offer(&acme, &id).await.is(201);
        run(&app, &breaks.replace("{s}", &schema)).await;
        accept(&ann).await.is_problem(404, "transfer_not_found");
        assert_eq!(me(&ann).await["ownership_offered"], false);
        run(&app, &mends.replace("{s}", &schema)).await;
        acme.owner().delete(TRANSFER).await.is(204);
    };
    let giver = "UPDATE {s}.users SET role = 'admin' WHERE email = 'owner@acme.example'";
    let again = "UPDATE {s}.users SET role = 'owner' WHERE email = 'owner@acme.example'";
    void(giver, again).await;
    let off = "UPDATE {s}.users SET state = 'deactivated' WHERE email = 'owner@acme.example'";
    let on = "UPDATE {s}.users SET state = 'active' WHERE email = 'owner@acme.example'";
    void(off, on).await;
    let late =
        "UPDATE {s}.one_time_tokens SET expires_at = created_at WHERE purpose = 'take_ownership'";
    let early = "UPDATE {s}.one_time_tokens SET expires_at = created_at + interval '7 days' WHERE purpose = 'take_ownership'";
    void(late, early).await;
    let made = offer(&acme, &id).await.is(201).json();
    let at = |member: &str| -> jiff::Timestamp { text(&made, member).parse().expect("a time") };
    assert_eq!(
        at("expires_at").duration_since(at("created_at")),
        SignedDuration::from_hours(7 * 24)
    );
    // Whoever leaves takes their offers along.
    let owner_id = id_of(acme.owner()).await;
    other
        .delete(format!("/api/v1/members/{owner_id}"))
        .await
        .is(204);
    accept(&ann).await.is_problem(404, "transfer_not_found");
    let left =
        format!("SELECT count(*) FROM {schema}.one_time_tokens WHERE purpose = 'take_ownership'");
    assert_eq!(number(&app, &left).await, 0);
}

#[actix_web::test]
async fn both_have_just_proven_who_they_are() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let ann = acme.member(Role::Member).await;
    let id = id_of(&ann).await;
    app.advance(SignedDuration::from_mins(11));
    offer(&acme, &id)
        .await
        .is_problem(403, "reauthentication_required");
    let proof = json!({ "password": PASSWORD });
    let path = "/api/v1/auth/reauthenticate";
    let again = acme.owner().post_json(path, &proof).await.is(204);
    let owner = acme.visitor().signed_in(&again);
    owner
        .post_json(TRANSFER, &json!({ "member_id": id }))
        .await
        .is(201);
    accept(&ann)
        .await
        .is_problem(403, "reauthentication_required");
    assert_eq!(owners(&app).await, [OWNER]);
    let again = ann.post_json(path, &proof).await.is(204);
    accept(&acme.visitor().signed_in(&again)).await.is(204);
}

#[actix_web::test]
async fn an_offer_that_is_accepted_twice_at_once_is_taken_once() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let ann = acme.member(Role::Member).await;
    offer(&acme, &id_of(&ann).await).await.is(201);
    let rows = acme.audit_rows().await;
    let (one, two) = tokio::join!(accept(&ann), accept(&ann));
    let mut answers = [one.status, two.status];
    answers.sort_unstable();
    assert_eq!(answers, [204, 404], "{} {}", one.text, two.text);
    assert_eq!(acme.audit_rows().await, rows + 1);
    assert_eq!(owners(&app).await.len(), 1);
    assert_eq!(me(acme.owner()).await["user"]["role"], "admin");
}

#[actix_web::test]
async fn two_owners_who_offer_at_once_make_one_offer() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let (ann, bob) = (
        acme.member(Role::Member).await,
        acme.member(Role::Member).await,
    );
    let other = acme.member(Role::Owner).await;
    let (anns, bobs) = (id_of(&ann).await, id_of(&bob).await);
    let by_other = json!({ "member_id": bobs });
    let (one, two) = tokio::join!(offer(&acme, &anns), other.post_json(TRANSFER, &by_other));
    let mut answers = [one.status, two.status];
    answers.sort_unstable();
    assert_eq!(answers, [201, 409], "{} {}", one.text, two.text);
}

#[actix_web::test]
async fn nobody_takes_from_whoever_is_removed_meanwhile() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    for _ in 0..6 {
        let (ann, giver) = (
            acme.member(Role::Member).await,
            acme.member(Role::Owner).await,
        );
        let (to, from) = (id_of(&ann).await, id_of(&giver).await);
        giver
            .post_json(TRANSFER, &json!({ "member_id": to }))
            .await
            .is(201);
        let path = format!("/api/v1/members/{from}");
        let (taken, removed) = tokio::join!(accept(&ann), acme.owner().delete(&path));
        removed.is(204);
        match taken.status {
            204 => assert_eq!(me(&ann).await["user"]["role"], "owner"),
            _ => drop(taken.is_problem(404, "transfer_not_found")),
        }
    }
}

#[actix_web::test]
async fn whoever_is_removed_while_they_accept_takes_nothing() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    for _ in 0..6 {
        let ann = acme.member(Role::Member).await;
        let id = id_of(&ann).await;
        offer(&acme, &id).await.is(201);
        let path = format!("/api/v1/members/{id}");
        let (taken, removed) = tokio::join!(accept(&ann), acme.owner().delete(&path));
        match (taken.status, removed.status) {
            // First the one, and whoever was the owner may not remove who is.
            (204, 403) => {
                assert_eq!(owners(&app).await.len(), 1);
                assert_eq!(me(&ann).await["user"]["role"], "owner");
                let schema = schema(&app, "acme").await;
                let back = format!(
                    "UPDATE {schema}.users SET role = CASE email WHEN '{OWNER}' THEN 'owner' ELSE 'member' END;
                     UPDATE {schema}.sessions s SET role = u.role FROM {schema}.users u WHERE u.id = s.user_id"
                );
                run(&app, &back).await;
            }
            // Or the other, and nobody accepts.
            (401 | 404, 204) => assert_eq!(owners(&app).await, [OWNER]),
            _ => panic!("{} {}", taken.text, removed.text),
        }
    }
}
