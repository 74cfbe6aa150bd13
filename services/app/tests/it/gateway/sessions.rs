//! Who is let in: the session's row decides, on every request.

use super::*;
use jiff::SignedDuration;
use kernel::roles::Role;
use reqwest::Method;
use testkit::Answer;

#[tokio::test]
async fn a_session_is_good_on_its_own_host_only() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    app.tenant("globex").await;
    assert!(signed_in(acme.owner()).await);
    let program = acme.visitor().with_bearer(&access_token(&acme).await);
    assert!(signed_in(&program).await);
    for stranger in [
        acme.owner().on("globex.localhost"),
        program.on("globex.localhost"),
    ] {
        let refused = stranger.get("/api/v1/me").await;
        let refused = refused.is_problem(401, "unauthenticated");
        assert_eq!(refused.header("www-authenticate"), "Bearer");
    }
}

#[tokio::test]
async fn what_is_no_proof_is_401_and_reaches_no_row() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let good = acme.owner().cookie().expect("a cookie").to_owned();
    let mut other_secret = good.clone();
    other_secret.pop();
    let last = if good.ends_with('A') { 'Q' } else { 'A' };
    other_secret.push(last);
    let visitor = acme.visitor();
    for cookie in [
        &other_secret,
        "session=x",
        &good[..40],
        &format!("{good}x"),
        "session=%00",
    ] {
        visitor
            .with_cookie(cookie)
            .get("/api/v1/me")
            .await
            .is_problem(401, "unauthenticated");
    }
    for scheme in [
        "Basic b3duZXI6eA==",
        "Bearer",
        "Bearer x",
        "Bearer a.b.c",
        "Token x",
        "",
    ] {
        // A cookie beside it is not looked at.
        let request = acme.owner().request(Method::GET, "/api/v1/me");
        let answer = Answer::of(request.header("authorization", scheme)).await;
        answer.is_problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn an_end_of_a_session_is_felt_by_the_next_request() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let schema = acme.tenant.schema();
    let changes = [
        format!("UPDATE {schema}.sessions SET revoked_at = now()"),
        format!("UPDATE {schema}.sessions SET user_state = 'deactivated'"),
        format!("UPDATE {schema}.sessions SET expires_at = created_at"),
        format!(
            "UPDATE {schema}.sessions SET kind = CASE kind WHEN 'browser' THEN 'program' ELSE 'browser' END"
        ),
    ];
    for change in changes {
        let browser = testkit::sign_in(acme.visitor(), "owner@acme.example").await;
        let program = acme.visitor().with_bearer(&access_token(&acme).await);
        assert!(signed_in(&browser).await && signed_in(&program).await);
        run(&app, &change).await;
        for gone in [&browser, &program] {
            gone.get("/api/v1/me")
                .await
                .is_problem(401, "unauthenticated");
            gone.post_json("/api/v1/endpoints", &endpoint(1))
                .await
                .is_problem(401, "unauthenticated");
        }
    }
}

#[tokio::test]
async fn an_access_token_lives_ten_minutes() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let program = acme.visitor().with_bearer(&access_token(&acme).await);
    app.advance(SignedDuration::from_secs(599));
    assert!(signed_in(&program).await);
    app.advance(SignedDuration::from_secs(1));
    program
        .get("/api/v1/me")
        .await
        .is_problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_role_without_the_permission_is_403_and_told_which() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let id = acme.create_endpoint("https://site.example/").await;
    let viewer = acme.member(Role::Viewer).await;
    viewer.get("/api/v1/endpoints").await.is(200);
    let path = format!("/api/v1/endpoints/{id}");
    for refused in [
        viewer.post_json("/api/v1/endpoints", &endpoint(2)).await,
        viewer.delete(&path).await,
        viewer.post(format!("{path}/pause")).await,
    ] {
        let refused = refused.is_problem(403, "forbidden");
        assert_eq!(refused.json()["permission"], "endpoints_write");
        assert!(
            refused.json()["detail"]
                .as_str()
                .expect("text")
                .contains("endpoints_write")
        );
    }
    acme.owner().get(&path).await.is(200);
}

#[tokio::test]
async fn who_is_not_signed_in_hears_of_that_before_anything_else() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let nobody = acme.visitor();
    let forged = nobody.with_bearer("a.b.c");
    for visitor in [nobody, &forged] {
        let rubbish = visitor.request(Method::POST, "/api/v1/endpoints");
        let rubbish = rubbish.header("content-type", "text/plain").body("{");
        Answer::of(rubbish).await.is_problem(401, "unauthenticated");
        let missing = visitor.get("/api/v1/endpoints/not-an-id").await;
        missing.is_problem(401, "unauthenticated");
        let query = visitor.get("/api/v1/endpoints?limit=x").await;
        query.is_problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn a_cookie_signs_writes_of_its_own_pages_only() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let cookie = acme.owner().cookie().expect("a cookie").to_owned();
    let own = format!("http://{}", acme.visitor().host());
    let write = |name: &'static str, value: String| {
        let request = acme.visitor().request(Method::POST, "/api/v1/endpoints");
        let request = request.header("x-csrf-token", acme.owner().page_token().expect("a token"));
        let request = request.header("cookie", cookie.clone()).json(&endpoint(1));
        Answer::of(request.header(name, value))
    };
    for (name, value) in [
        ("x-nothing", "1"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "none"),
        ("origin", "null"),
        ("origin", "http://globex.localhost"),
        ("origin", "https://acme.localhost"),
    ] {
        write(name, value.to_owned())
            .await
            .is_problem(403, "csrf_refused");
    }
    write("origin", own).await.is(201);
    // A token is sent by whoever means to: nothing to forge.
    let program = acme.visitor().with_bearer(&access_token(&acme).await);
    program
        .post_json("/api/v1/endpoints", &endpoint(2))
        .await
        .is(201);
}

#[tokio::test]
async fn a_write_by_cookie_needs_the_token_of_its_own_page() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let globex = app.tenant("globex").await;
    let owner = acme.owner();
    let other = testkit::sign_in(acme.visitor(), "owner@acme.example").await;
    let without = acme
        .visitor()
        .with_cookie(owner.cookie().expect("a cookie"));
    let write = |tokens: &[&str]| {
        let mut request = without.request(Method::POST, "/api/v1/endpoints");
        for token in tokens {
            request = request.header("x-csrf-token", *token);
        }
        Answer::of(request.json(&endpoint(1)))
    };
    let own = owner.page_token().expect("a token");
    let of = |visitor: &Visitor| visitor.page_token().expect("a token").to_owned();
    for tokens in [
        &[][..],
        &[""],
        &["planted"],
        &[&own[1..]],
        &[&of(&other)],
        &[&of(globex.owner())],
        &[own, own],
        &[owner.cookie().expect("a cookie")],
    ] {
        write(tokens).await.is_problem(403, "csrf_refused");
    }
    write(&[own]).await.is(201);
    // Whoever has lost it is given it with the next answer to a read, and only with the session's proof.
    let read = without.get("/api/v1/me").await.is(200);
    assert_eq!(read.page_token().as_deref(), Some(own));
    let nobody = acme.visitor().get("/api/v1/organization").await.is(200);
    assert_eq!(nobody.page_token(), None);
    let forged = format!("{}x", owner.cookie().expect("a cookie"));
    let refused = acme.visitor().with_cookie(&forged).get("/api/v1/me").await;
    assert_eq!(refused.is(401).page_token(), None);
}

#[tokio::test]
async fn another_host_cannot_sign_somebody_in() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let body = json!({ "email": "owner@acme.example", "password": PASSWORD });
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "http://globex.localhost"),
    ] {
        let request = acme.visitor().request(Method::POST, "/api/v1/auth/session");
        let answer = Answer::of(request.json(&body).header(name, value)).await;
        let answer = answer.is_problem(403, "csrf_refused");
        assert_eq!(answer.cookie(), None);
    }
}
