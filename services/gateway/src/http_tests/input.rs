//! Every way in which input can be wrong, as it is answered on the wire.

use super::*;

#[actix_web::test]
async fn a_good_body_is_taken() {
    let reply = send(post_of("/api/v1/notes", r#"{"text":"hello"}"#)).await;
    assert_eq!(
        (reply.status.as_u16(), reply.body.as_str()),
        (200, r#"{"text":"hello"}"#)
    );
    // Control characters are for the domain to judge.
    assert_eq!(
        send(post_of("/api/v1/notes", r#"{"text":"a\u0000b"}"#))
            .await
            .status,
        200
    );
}

#[actix_web::test]
async fn a_body_of_the_wrong_shape_is_400_with_a_pointer() {
    let table = [
        ("{}", "/text"),
        (r#"{"text":1}"#, "/text"),
        (r#"{"text":"a","more":1}"#, "/more"),
        (r#"{"text":"a","text":"b"}"#, "/text"),
        (r#"{"text":""}"#, "/text"),
        (r#"{"text":"123456789012345678901"}"#, "/text"),
        (r#"{"text":{"a":[[{"b":1,"b":2}]]}}"#, "/text/a/0/0/b"),
        ("{", ""),
        ("", ""),
        ("[]", ""),
        ("null", ""),
        (r#"{"text":"a"}{"#, ""),
    ];
    for (body, pointer) in table {
        let reply = send(post_of("/api/v1/notes", body)).await;
        assert_eq!(reply.problem(), (400, "validation_failed".into()), "{body}");
        assert_eq!(reply.pointers(), [pointer], "{body}");
    }
    let invalid_utf8 = send(post_of("/api/v1/notes", &b"{\"text\":\"\xff\"}"[..])).await;
    assert_eq!(invalid_utf8.problem(), (400, "validation_failed".into()));
    let deep = format!(
        r#"{{"text":{}1{}}}"#,
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    let deep = send(post_of("/api/v1/notes", deep)).await;
    assert_eq!(deep.problem(), (400, "validation_failed".into()));
}

#[actix_web::test]
async fn a_body_of_another_type_is_415_and_a_long_one_413() {
    for kind in [
        "text/plain",
        "application/xml",
        "multipart/form-data; boundary=x",
        "",
    ] {
        let request = request(Method::POST, "/api/v1/notes")
            .insert_header(("content-type", kind))
            .set_payload(r#"{"text":"a"}"#);
        let reply = send(request).await;
        assert_eq!(
            reply.problem(),
            (415, "unsupported_media_type".into()),
            "{kind}"
        );
    }
    let untyped = request(Method::POST, "/api/v1/notes").set_payload(r#"{"text":"a"}"#);
    assert_eq!(
        send(untyped).await.problem(),
        (415, "unsupported_media_type".into())
    );
    let long = format!(r#"{{"text":"{}"}}"#, "a".repeat(64 * 1024));
    let reply = send(post_of("/api/v1/notes", long)).await;
    assert_eq!(reply.problem(), (413, "body_too_large".into()));
}

#[actix_web::test]
async fn a_wrong_parameter_is_400_and_a_malformed_id_404() {
    for (query, pointer) in [
        ("limit=x", "/limit"),
        ("limit=0", "/limit"),
        ("limit=1&limit=2", "/limit"),
        ("offset=1", "/offset"),
        ("limit=%ff", "/limit"),
    ] {
        let reply = send(get_of(&format!("/api/v1/notes?{query}"))).await;
        assert_eq!(
            reply.problem(),
            (400, "validation_failed".into()),
            "{query}"
        );
        assert_eq!(reply.pointers(), [pointer]);
    }
    for id in [
        "1",
        "x",
        "0193ae5c3f6070008000000000000001",
        "%27%20OR%201=1",
        "..%2f..%2fetc",
    ] {
        let reply = send(get_of(&format!("/api/v1/notes/{id}"))).await;
        assert_eq!(reply.problem(), (404, "not_found".into()), "{id}");
    }
    let id = "0193ae5c-3f60-7000-8000-000000000001";
    assert_eq!(send(get_of(&format!("/api/v1/notes/{id}"))).await.body, id);
}

#[actix_web::test]
async fn headers_with_a_meaning_are_read_as_strictly() {
    let id = "0193ae5c-3f60-7000-8000-000000000001";
    let patch = |tag: &'static str| {
        let request = request(Method::PATCH, &format!("/api/v1/notes/{id}"));
        request.insert_header(("if-match", tag))
    };
    assert_eq!(send(patch("\"3\"")).await.body, "Some([3])");
    assert_eq!(send(patch("*")).await.body, "None");
    let malformed = send(patch("3")).await;
    assert_eq!(malformed.problem(), (400, "validation_failed".into()));
    assert_eq!(malformed.pointers(), ["/If-Match"]);
    let missing = send(request(Method::PATCH, &format!("/api/v1/notes/{id}"))).await;
    assert_eq!(missing.problem(), (428, "precondition_required".into()));

    let keyed = |key: &str| {
        let body = r#"{"text":"a"}"#;
        post_of("/api/v1/notes", body).insert_header(("idempotency-key", key))
    };
    assert_eq!(send(keyed("k-1")).await.status, 200);
    for key in ["", "a b", &"k".repeat(256)] {
        let reply = send(keyed(key)).await;
        assert_eq!(reply.problem(), (400, "validation_failed".into()), "{key}");
        assert_eq!(reply.pointers(), ["/Idempotency-Key"]);
    }
    let twice = keyed("a").append_header(("idempotency-key", "b"));
    assert_eq!(
        send(twice).await.problem(),
        (400, "validation_failed".into())
    );
}
