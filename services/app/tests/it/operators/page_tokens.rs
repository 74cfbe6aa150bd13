//! The token of an operator's page: it comes and goes with the session's cookie, and no cookie writes without it.

use jiff::SignedDuration;
use operators::Role;
use reqwest::Method;
use serde_json::json;
use testkit::{Answer, TestApp, Visitor};

use super::acts;
use super::described::{Access, described};

fn cookie(visitor: &Visitor) -> &str {
    visitor.cookie().expect("a cookie")
}

fn token(visitor: &Visitor) -> &str {
    visitor.page_token().expect("a token")
}

/// The same browser, whose page has lost its token.
fn without_token(visitor: &Visitor) -> Visitor {
    visitor.with_cookie(cookie(visitor))
}

#[actix_web::test]
async fn an_operators_write_by_cookie_needs_the_token_of_its_own_page() {
    let app = TestApp::start_with_office().await;
    let acme = app.tenant("acme").await;
    let ada = app.operator("ada", Role::Operator).await;
    let other = ada.sign_in(&app).await;
    app.advance(SignedDuration::from_secs(30));
    let here = ada.sign_in(&app).await;
    let path = format!("/api/v1/tenants/{}/suspend", acme.tenant.id());
    let write = |visitor: &Visitor, tokens: &[&str]| {
        let mut request = visitor.request(Method::POST, &path);
        for token in tokens {
            request = request.header("x-csrf-token", *token);
        }
        Answer::of(request.json(&json!({ "reason": "an unpaid bill" })))
    };
    let own = token(&here);
    let page = without_token(&here);
    let before = acts(&app).await.len();
    for tokens in [
        &[][..],
        &[""],
        &["planted"],
        &[&own[1..]],
        &[token(&other)],
        &[token(acme.owner())],
        &[own, own],
        &[cookie(&here)],
    ] {
        write(&page, tokens).await.is_problem(403, "csrf_refused");
    }
    // Its cookie goes along whoever asks: only a page that reads it can send it in the header.
    let both = format!("{}; operator-csrf={own}", cookie(&here));
    let both = write(&app.office().with_cookie(&both), &[]).await;
    both.is_problem(403, "csrf_refused");
    assert_eq!(acts(&app).await.len(), before);
    let theirs = without_token(acme.owner());
    let request = theirs.request(Method::POST, "/api/v1/auth/logout");
    let request = request.header("x-csrf-token", own);
    Answer::of(request).await.is_problem(403, "csrf_refused");
    acme.owner().get("/api/v1/endpoints").await.is(200);

    write(&page, &[own]).await.is(200);
    let stopped = acme.owner().get("/api/v1/endpoints").await;
    stopped.is_problem(403, "suspended");
}

#[actix_web::test]
async fn no_operation_is_without_that_question() {
    let app = TestApp::start_with_office().await;
    let ada = app.operator("ada", Role::Administrator).await;
    let page = without_token(&ada.sign_in(&app).await);
    let before = acts(&app).await.len();
    for operation in described() {
        if operation.method == Method::GET || operation.access == Access::Anyone {
            continue;
        }
        let path = operation
            .path
            .replace("{id}", &uuid::Uuid::nil().to_string());
        let answer = Answer::of(page.request(operation.method, &path)).await;
        assert_eq!(answer.status, 403, "{}: {}", operation.id, answer.text);
        answer.is_problem(403, "csrf_refused");
    }
    assert_eq!(acts(&app).await.len(), before);
    page.get("/api/v1/session").await.is(200);
}

#[actix_web::test]
async fn an_operators_page_that_lost_its_token_gets_it_with_the_next_read() {
    let app = TestApp::start_with_office().await;
    let acme = app.tenant("acme").await;
    let ada = app.operator("ada", Role::Support).await;
    let old = ada.sign_in(&app).await;
    app.advance(SignedDuration::from_secs(30));
    let here = ada.sign_in(&app).await;
    let (own, of_session) = (token(&here), cookie(&here));
    let read = async |cookies: &str, path: &str| {
        let page = app.office().with_cookie(cookies);
        page.get(path).await
    };
    for cookies in [
        of_session,
        &format!("{of_session}; operator-csrf=planted"),
        &format!("{of_session}; operator-csrf={}", token(&old)),
        &format!("{of_session}; csrf={own}"),
    ] {
        let answer = read(cookies, "/api/v1/session").await.is(200);
        let given = format!("operator-csrf={own}; SameSite=Strict; Path=/");
        assert_eq!(answer.header("set-cookie"), given, "{cookies}");
    }
    let held = format!("{of_session}; operator-csrf={own}");
    let answer = read(&held, "/api/v1/session").await.is(200);
    assert_eq!(answer.page_token(), None);
    // Somebody who may not is signed in all the same.
    let answer = read(of_session, "/api/v1/operators").await;
    let answer = answer.is_problem(403, "forbidden");
    assert_eq!(answer.page_token().as_deref(), Some(own));

    // The right session, and one letter of its secret is another.
    let last = if of_session.ends_with('A') { "B" } else { "A" };
    let forged = format!("{}{last}", &of_session[..of_session.len() - 1]);
    for cookies in ["operator=x", &forged, cookie(acme.owner())] {
        let answer = read(cookies, "/api/v1/session").await.is(401);
        assert_eq!(answer.page_token(), None, "{cookies}");
    }
    app.advance(SignedDuration::from_mins(30));
    let over = read(of_session, "/api/v1/session").await.is(401);
    assert_eq!(over.page_token(), None);
}

#[actix_web::test]
async fn signing_out_takes_both_cookies_and_what_the_page_kept() {
    let app = TestApp::start_with_office().await;
    let ada = app.operator("ada", Role::Support).await.sign_in(&app).await;
    let over = ada.delete("/api/v1/session").await.is(204);
    let cookies: Vec<&str> = over
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|set| set.to_str().expect("text"))
        .collect();
    assert_eq!(
        cookies,
        [
            "operator=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0",
            "operator-csrf=; SameSite=Strict; Path=/; Max-Age=0",
        ]
    );
    assert_eq!(over.header("clear-site-data"), "\"storage\"");
}

#[actix_web::test]
async fn a_cookie_that_outlives_its_session_and_its_token_keeps_nobody_out() {
    let app = TestApp::start_with_office().await;
    let ada = app.operator("ada", Role::Support).await;
    let page = without_token(&ada.sign_in(&app).await);
    app.advance(SignedDuration::from_mins(30));
    page.get("/api/v1/session").await.is(401);
    let typed = ada.credentials(&app);
    let again = page.post_json("/api/v1/session", &typed).await.is(200);
    let again = app.office().signed_in(&again);
    again.delete("/api/v1/session").await.is(204);
}
