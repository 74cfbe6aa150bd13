//! Hosts, headers, routes, limits: what surrounds every operation.

use super::*;
use actix_web::http::header::HeaderValue;

fn at_host(path: &str, host: &str) -> TestRequest {
    let host = HeaderValue::from_str(host).expect("a header");
    get_of(path).insert_header(("host", host))
}

#[actix_web::test]
async fn health_answers_on_any_host() {
    for path in ["/health", "/health/", "/health/ready", "/api/health"] {
        for host in [
            "signalbox.example",
            "10.0.0.7:8080",
            "evil.example",
            "[::1]",
            "not a host",
        ] {
            let reply = send(at_host(path, host)).await;
            assert_eq!(reply.status, 200, "{path} {host}");
            assert_eq!(reply.json()["status"], "ok");
        }
        let nameless = TestRequest::default().uri(path);
        assert_eq!(send(nameless).await.status, 200);
    }
}

#[actix_web::test]
async fn a_gateway_that_stops_is_not_ready_but_alive() {
    let gateway = gateway(config());
    gateway.drain();
    let ready = send_to(&gateway, get_of("/health/ready")).await;
    assert_eq!(ready.status, 503);
    assert_eq!(ready.json()["status"], "draining");
    assert_eq!(send_to(&gateway, get_of("/health")).await.status, 200);
}

#[actix_web::test]
async fn only_hosts_of_ours_are_answered() {
    for path in [
        "/",
        "/api/v1/notes",
        "/api/nothing",
        "/assets/x.js",
        "/login",
    ] {
        for host in [
            "evil.example",
            "acme.signalbox.example",
            "a.b.signalbox.example",
            "192.0.2.1",
            "[::1]:80",
        ] {
            let reply = send(at_host(path, host)).await;
            assert_eq!(
                reply.problem(),
                (404, "unknown_host".into()),
                "{path} {host}"
            );
        }
        for host in [
            "",
            "a b",
            "a,b",
            "user@signalbox.example",
            "signalbox.example:x",
        ] {
            let reply = send(at_host(path, host)).await;
            assert_eq!(
                reply.problem(),
                (400, "invalid_host".into()),
                "{path} {host}"
            );
        }
    }
    let twice = get_of("/").append_header(("host", "signalbox.example"));
    assert_eq!(send(twice).await.problem(), (400, "invalid_host".into()));
    let nameless = TestRequest::default().uri("/");
    assert_eq!(send(nameless).await.problem(), (400, "invalid_host".into()));
    for host in [
        "SIGNALBOX.example",
        "signalbox.example.",
        "signalbox.example:8443",
    ] {
        assert_eq!(
            send(at_host("/api/v1/notes", host)).await.status,
            200,
            "{host}"
        );
    }
}

#[actix_web::test]
async fn forwarded_headers_of_a_stranger_are_nothing() {
    for forwarded in ["signalbox.example", "evil.example", "not a host", ""] {
        let reply =
            send(get_of("/api/v1/notes").insert_header(("x-forwarded-host", forwarded))).await;
        assert_eq!(reply.status, 200, "{forwarded}");
    }
    let trusting = GatewayConfig {
        trusted_proxies: vec!["192.0.2.0/24".parse().expect("a network")],
        ..config()
    };
    let gateway = gateway(trusting);
    let forwarded =
        |host: &'static str| get_of("/api/v1/notes").insert_header(("x-forwarded-host", host));
    assert_eq!(
        send_to(&gateway, forwarded("signalbox.example"))
            .await
            .status,
        200
    );
    let other = send_to(&gateway, forwarded("evil.example")).await;
    assert_eq!(other.problem(), (404, "unknown_host".into()));
    let broken = send_to(&gateway, forwarded("not a host")).await;
    assert_eq!(broken.problem(), (400, "invalid_host".into()));
}

#[actix_web::test]
async fn every_answer_of_the_api_carries_the_same_headers() {
    let answers = [
        send(get_of("/api/v1/notes")).await,
        send(get_of("/api/v1/nothing")).await,
        send(get_of("/api/v1/panic")).await,
        send(post_of("/api/v1/notes", "{")).await,
        send(at_host("/api/v1/notes", "evil.example")).await,
        send(get_of("/health")).await,
    ];
    for answer in &answers {
        assert!(
            answer
                .header("x-request-id")
                .is_some_and(|id| id.len() == 36)
        );
    }
    insta::assert_snapshot!(answers[0].shape(), @r"
    200
    cache-control: no-store
    content-security-policy: default-src 'none'; frame-ancestors 'none'
    content-type: text/plain; charset=utf-8
    cross-origin-opener-policy: same-origin
    cross-origin-resource-policy: same-origin
    permissions-policy: camera=(), geolocation=(), microphone=(), payment=(), usb=()
    referrer-policy: no-referrer
    strict-transport-security: max-age=31536000; includeSubDomains
    x-content-type-options: nosniff
    ");
    let rest = |answer: &Reply| {
        let shape = answer.shape();
        let lines = shape.lines().skip(1);
        let lines = lines.filter(|line| !line.starts_with("content-type: "));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    for answer in &answers[1..] {
        assert_eq!(rest(answer), rest(&answers[0]), "{}", answer.body);
    }
}

#[actix_web::test]
async fn without_https_browsers_are_not_told_to_insist_on_it() {
    let plain = GatewayConfig {
        base_url: "http://signalbox.example:8080".parse().expect("a URL"),
        ..config()
    };
    let reply = send_to(&gateway(plain), get_of("/api/v1/notes")).await;
    assert_eq!(reply.header("strict-transport-security"), None);
}

#[actix_web::test]
async fn a_panic_is_our_fault_and_says_nothing() {
    let reply = send(get_of("/api/v1/panic")).await;
    assert_eq!(reply.problem(), (500, "internal".into()));
    assert!(!reply.body.contains("secret"));
    // And the next request is served.
    let gateway = gateway(config());
    assert_eq!(send_to(&gateway, get_of("/api/v1/panic")).await.status, 500);
    assert_eq!(send_to(&gateway, get_of("/api/v1/notes")).await.status, 200);
}

#[actix_web::test]
async fn an_unknown_route_is_404_and_a_wrong_method_405() {
    for path in [
        "/api/v1/nothing",
        "/api/v2/notes",
        "/api",
        "/api/v1",
        "/api/v1/notes/x/y",
    ] {
        assert_eq!(
            send(get_of(path)).await.problem(),
            (404, "not_found".into()),
            "{path}"
        );
    }
    let id = "0193ae5c-3f60-7000-8000-000000000001";
    for (method, path, allow) in [
        (
            Method::DELETE,
            "/api/v1/notes".to_owned(),
            "GET, HEAD, POST",
        ),
        (
            Method::PUT,
            format!("/api/v1/notes/{id}"),
            "GET, HEAD, PATCH",
        ),
        (Method::GET, "/api/v1/root".to_owned(), "POST"),
        (Method::OPTIONS, "/api/v1/root/".to_owned(), "POST"),
        (Method::POST, "/health".to_owned(), "GET, HEAD"),
        (Method::POST, "/api/v1/live".to_owned(), "GET, HEAD"),
        (Method::TRACE, "/api/notes".to_owned(), "GET, HEAD, POST"),
    ] {
        let reply = send(request(method.clone(), &path)).await;
        assert_eq!(
            reply.problem(),
            (405, "method_not_allowed".into()),
            "{method} {path}"
        );
        assert_eq!(reply.header("allow"), Some(allow), "{method} {path}");
    }
    let lost = send(request(Method::POST, "/nowhere")).await;
    assert_eq!(lost.problem(), (404, "not_found".into()));
}

#[actix_web::test]
async fn a_path_is_found_under_its_other_spellings() {
    let canonical = send(get_of("/api/v1/notes?limit=3")).await;
    assert_eq!(
        (canonical.body.as_str(), canonical.header("api-version")),
        ("Some(3)", None)
    );
    let slash = send(get_of("/api/v1/notes/?limit=3")).await;
    assert_eq!(
        (slash.body.as_str(), slash.header("api-version")),
        ("Some(3)", None)
    );
    for path in ["/api/notes?limit=3", "/api/notes/?limit=3"] {
        let reply = send(get_of(path)).await;
        assert_eq!(
            (reply.body.as_str(), reply.header("api-version")),
            ("Some(3)", Some("1"))
        );
    }
    let head = send(request(Method::HEAD, "/api/v1/notes")).await;
    assert_eq!(head.status, 200);
    let version =
        |version: &'static str| get_of("/api/notes").insert_header(("accept-version", version));
    assert_eq!(send(version("1")).await.status, 200);
    assert_eq!(
        send(version("2")).await.problem(),
        (400, "unsupported_version".into())
    );
}

#[actix_web::test]
async fn what_needs_a_tenant_is_not_on_the_root_host() {
    for path in ["/api/v1/tenant", "/api/v1/visitor", "/api/v1/live"] {
        let method = if path.ends_with("live") {
            Method::GET
        } else {
            Method::POST
        };
        let reply = send(request(method, path).insert_header(("cookie", "__Host-session=x"))).await;
        assert_eq!(reply.problem(), (404, "not_found".into()), "{path}");
    }
}

#[actix_web::test]
async fn a_page_of_another_host_cannot_write_here() {
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://acme.signalbox.example"),
        ("origin", "null"),
    ] {
        let reply = send(post_of("/api/v1/root", "").insert_header((name, value))).await;
        assert_eq!(
            reply.problem(),
            (403, "csrf_refused".into()),
            "{name}: {value}"
        );
    }
}

#[actix_web::test]
async fn too_many_requests_are_told_when_to_come_back() {
    let limited = GatewayConfig {
        api_limits: ApiLimits {
            anonymous_per_minute: Some(2),
            session_per_minute: Some(600),
            key_per_minute: Some(100),
            copies: 1,
        },
        ..config()
    };
    let gateway = gateway(limited);
    let first = send_to(&gateway, get_of("/api/v1/notes")).await;
    assert_eq!(first.header("ratelimit"), Some("\"anonymous\";r=1;t=30"));
    assert_eq!(
        first.header("ratelimit-policy"),
        Some("\"anonymous\";q=2;w=60")
    );
    assert_eq!(first.header("x-ratelimit-limit"), Some("2"));
    assert_eq!(
        send_to(&gateway, get_of("/api/v1/nothing")).await.status,
        404
    );
    let refused = send_to(&gateway, get_of("/api/v1/notes")).await;
    assert_eq!(refused.problem(), (429, "rate_limited".into()));
    assert!(refused.header("retry-after").is_some());
    assert_eq!(refused.header("ratelimit"), Some("\"anonymous\";r=0;t=60"));
    // Others, health and the console go on.
    let other = get_of("/api/v1/notes").peer_addr("192.0.2.8:1".parse().expect("an address"));
    assert_eq!(send_to(&gateway, other).await.status, 200);
    assert_eq!(send_to(&gateway, get_of("/api/health")).await.status, 200);
    assert_eq!(send_to(&gateway, get_of("/login")).await.status, 200);
}

#[test]
fn the_description_holds_every_operation_and_how_to_sign_in() {
    let description = Gateway::describe(routes);
    let text = description.to_json().expect("JSON");
    let json: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(json["paths"]["/api/v1/live"]["get"]["x-host"], "tenant");
    assert_eq!(json["paths"]["/health"]["get"]["x-host"], "any");
    let note = &json["paths"]["/api/v1/notes"]["post"];
    assert_eq!(note["operationId"], "add_note");
    let problem = &note["responses"]["429"]["content"]["application/problem+json"]["schema"];
    assert_eq!(problem["$ref"], "#/components/schemas/Problem");
    let schemas = json["components"]["schemas"]
        .as_object()
        .expect("an object");
    for name in ["Problem", "FieldError", "Note", "Health"] {
        assert!(schemas.contains_key(name), "{name}");
    }
    assert_eq!(
        json["components"]["securitySchemes"]["access_token"]["scheme"],
        "bearer"
    );
    assert_eq!(
        json["components"]["securitySchemes"]["session_cookie"]["in"],
        "cookie"
    );
    assert_eq!(json["openapi"], "3.1.0");
    let id = &json["paths"]["/api/v1/notes/{id}"]["get"]["parameters"];
    assert_eq!(id.as_array().map(Vec::len), Some(1), "{id}");
}
