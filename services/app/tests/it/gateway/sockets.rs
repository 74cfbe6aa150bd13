//! Live updates over a real socket.

use super::*;
use futures_util::{SinkExt, StreamExt};
use jobs::Hint;
use kernel::roles::Role;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

pub type Socket = WebSocketStream<TcpStream>;

/// Opens the socket as a page of `origin` would; the status where it is refused.
pub async fn open(visitor: &Visitor, origin: Option<&str>) -> Result<Socket, u16> {
    let stream = TcpStream::connect(visitor.address())
        .await
        .expect("a connection");
    let url = format!("ws://{}/api/v1/live", visitor.host());
    let mut request = url.into_client_request().expect("a request");
    let headers = request.headers_mut();
    if let Some(cookie) = visitor.cookie() {
        headers.insert("cookie", HeaderValue::from_str(cookie).expect("a header"));
    }
    if let Some(address) = visitor.forwarded_for() {
        headers.insert(
            "x-forwarded-for",
            HeaderValue::from_str(address).expect("a header"),
        );
    }
    if let Some(origin) = origin {
        headers.insert("origin", HeaderValue::from_str(origin).expect("a header"));
    }
    match client_async(request, stream).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => Err(response.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

/// Opens the socket as the console does, and reads its greeting.
pub async fn console(visitor: &Visitor) -> (Socket, Value) {
    let origin = format!("http://{}", visitor.host());
    let mut socket = open(visitor, Some(&origin)).await.expect("it opens");
    let hello = hear(&mut socket).await;
    assert_eq!(hello["type"], "hello");
    (socket, hello)
}

pub async fn hear(socket: &mut Socket) -> Value {
    match socket.next().await {
        Some(Ok(Message::Text(text))) => serde_json::from_str(&text).expect("JSON"),
        other => panic!("{other:?}"),
    }
}

pub async fn say(socket: &mut Socket, message: Value) {
    socket
        .send(Message::text(message.to_string()))
        .await
        .expect("it is sent");
}

/// Joins rooms, and waits until the server has dealt with that: it answers the last, unknown one.
pub async fn join(socket: &mut Socket, rooms: &[&str]) {
    for room in rooms.iter().chain([&"nowhere"]) {
        say(socket, json!({ "type": "join", "room": room })).await;
    }
    let refused = hear(socket).await;
    assert_eq!(refused, json!({ "type": "refused", "room": "nowhere" }));
}

/// The code with which the server ends the conversation.
pub async fn closed(socket: &mut Socket) -> u16 {
    loop {
        match socket.next().await {
            Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
            Some(Ok(Message::Text(_))) => {}
            other => panic!("{other:?}"),
        }
    }
}

fn changed(tenant: &TestTenant<'_>, room: &str, n: u128) -> Hint {
    Hint::Live {
        tenant: tenant.tenant.id(),
        room: room.to_owned(),
        kind: "endpoint.changed".to_owned(),
        id: uuid::Uuid::from_u128(n),
    }
}

#[tokio::test]
async fn a_change_reaches_the_pages_of_its_tenant() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let globex = app.tenant("globex").await;
    let (mut page, hello) = console(acme.owner()).await;
    let (mut stranger, _) = console(globex.owner()).await;
    join(&mut page, &["org"]).await;
    join(&mut stranger, &["org"]).await;
    app.house.bus.publish(&[changed(&acme, "org", 7)]);
    let hint = hear(&mut page).await;
    assert_eq!(
        hint,
        json!({
            "epoch": hello["epoch"], "seq": 1, "room": "org", "type": "endpoint.changed",
            "id": uuid::Uuid::from_u128(7),
        })
    );
    app.house.bus.publish(&[changed(&globex, "org", 8)]);
    assert_eq!(
        hear(&mut stranger).await["id"],
        json!(uuid::Uuid::from_u128(8))
    );
}

#[tokio::test]
async fn a_page_that_comes_back_hears_what_it_missed() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let (mut first, hello) = console(acme.owner()).await;
    join(&mut first, &["org"]).await;
    app.house
        .bus
        .publish(&[changed(&acme, "org", 1), changed(&acme, "org", 2)]);
    hear(&mut first).await;
    hear(&mut first).await;
    drop(first);
    let (mut again, _) = console(acme.owner()).await;
    join(&mut again, &["org"]).await;
    say(
        &mut again,
        json!({ "type": "resume", "epoch": hello["epoch"], "since": 1 }),
    )
    .await;
    assert_eq!(hear(&mut again).await["seq"], 2);
    say(
        &mut again,
        json!({ "type": "resume", "epoch": "another", "since": 1 }),
    )
    .await;
    assert_eq!(hear(&mut again).await, json!({ "type": "resync" }));
}

#[tokio::test]
async fn only_pages_of_this_host_with_a_session_get_a_socket() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let own = "http://acme.localhost";
    assert_eq!(open(acme.visitor(), Some(own)).await.err(), Some(401));
    assert_eq!(open(acme.owner(), None).await.err(), Some(403));
    for origin in [
        "http://globex.localhost",
        "https://acme.localhost",
        "null",
        "http://localhost",
    ] {
        assert_eq!(
            open(acme.owner(), Some(origin)).await.err(),
            Some(403),
            "{origin}"
        );
    }
    assert_eq!(
        open(&acme.owner().on("localhost"), Some("http://localhost"))
            .await
            .err(),
        Some(404)
    );
    let plain = acme.owner().get("/api/v1/live").await;
    plain.is_problem(403, "origin_refused");
}

#[tokio::test]
async fn a_socket_closes_when_its_session_ends() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let other = acme.member(Role::Viewer).await;
    let (mut page, _) = console(acme.owner()).await;
    let (mut stays, _) = console(&other).await;
    acme.owner().post("/api/v1/auth/logout").await.is(204);
    app.run_jobs().await;
    assert_eq!(closed(&mut page).await, 4401);
    join(&mut stays, &["org"]).await;
    let origin = "http://acme.localhost";
    assert_eq!(open(acme.owner(), Some(origin)).await.err(), Some(401));
}

#[tokio::test]
async fn joining_asks_the_session_again() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let (mut page, _) = console(acme.owner()).await;
    let schema = acme.tenant.schema();
    run(
        &app,
        &format!("UPDATE {schema}.sessions SET revoked_at = now()"),
    )
    .await;
    say(&mut page, json!({ "type": "join", "room": "org" })).await;
    assert_eq!(
        hear(&mut page).await,
        json!({ "type": "refused", "room": "org" })
    );
}

#[tokio::test]
async fn a_loss_of_hints_is_told_and_the_session_is_asked_again() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let other = acme.member(Role::Viewer).await;
    let (mut page, _) = console(acme.owner()).await;
    let (mut ended, _) = console(&other).await;
    let schema = acme.tenant.schema();
    let viewers = "user_id IN (SELECT id FROM";
    let change = format!(
        "UPDATE {schema}.sessions SET revoked_at = now() WHERE {viewers} {schema}.users WHERE role = 'viewer')"
    );
    run(&app, &change).await;
    app.house.gateway.hub().lost();
    assert_eq!(hear(&mut page).await, json!({ "type": "resync" }));
    assert_eq!(closed(&mut ended).await, 4401);
}

#[tokio::test]
async fn what_is_no_message_ends_the_conversation() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    for rubbish in [
        Message::text("rubbish"),
        Message::text(r#"{"type":"publish","room":"org"}"#),
        Message::text(format!(
            r#"{{"type":"join","room":"{}"}}"#,
            "x".repeat(5000)
        )),
        Message::binary(vec![1, 2, 3]),
    ] {
        let (mut page, _) = console(acme.owner()).await;
        page.send(rubbish).await.expect("it is sent");
        assert_eq!(closed(&mut page).await, 1008);
    }
}

#[tokio::test]
async fn before_a_stop_every_page_is_asked_to_come_back() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let (mut page, _) = console(acme.owner()).await;
    app.house.gateway.drain();
    assert_eq!(closed(&mut page).await, 1012);
    assert_eq!(
        open(acme.owner(), Some("http://acme.localhost"))
            .await
            .err(),
        Some(503)
    );
}
