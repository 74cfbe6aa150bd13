//! Spellings of paths, and the methods of each.

use super::*;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{Info, OpenApi, Paths};

#[test]
fn a_path_is_served_under_one_spelling() {
    // As asked; as routed; whether a version was filled in.
    let table = [
        ("/api/me", Some(("/api/v1/me", true))),
        ("/api/me/", Some(("/api/v1/me", true))),
        ("/api/v1/me/", Some(("/api/v1/me", false))),
        ("/api/v1/me", None),
        ("/api/v2/me", None),
        ("/api/v10/me", None),
        ("/api/version", Some(("/api/v1/version", true))),
        ("/api/v1x/me", Some(("/api/v1/v1x/me", true))),
        ("/api/health", None),
        ("/api/health/", Some(("/api/health", false))),
        ("/api/healthy", Some(("/api/v1/healthy", true))),
        ("/api/docs", None),
        ("/api/docs/index.html", None),
        ("/api/docs/", None),
        ("/api/docsx/", Some(("/api/v1/docsx", true))),
        ("/api", None),
        ("/api/", Some(("/api", false))),
        ("/api//me", Some(("/api/v1//me", true))),
        ("/", None),
        ("//", None),
        ("/login", None),
        ("/login/", Some(("/login", false))),
        ("/health/", Some(("/health", false))),
    ];
    for (asked, expected) in table {
        let routed = respell(asked);
        let routed = routed
            .as_ref()
            .map(|(path, version)| (path.as_str(), *version));
        assert_eq!(routed, expected, "{asked}");
    }
}

fn table() -> RouteTable {
    let mut paths = Paths::new();
    let item = |methods: &[HttpMethod]| {
        let mut item = PathItem::new(methods[0].clone(), Operation::new());
        for method in &methods[1..] {
            item.merge_operations(PathItem::new(method.clone(), Operation::new()));
        }
        item
    };
    use utoipa::openapi::HttpMethod;
    for (path, methods) in [
        (
            "/api/v1/endpoints",
            &[HttpMethod::Get, HttpMethod::Post][..],
        ),
        (
            "/api/v1/endpoints/{id}",
            &[HttpMethod::Get, HttpMethod::Put, HttpMethod::Delete],
        ),
        ("/api/v1/endpoints/try", &[HttpMethod::Post]),
        ("/api/v1/endpoints/{id}/pause", &[HttpMethod::Post]),
    ] {
        paths.paths.insert(path.to_owned(), item(methods));
    }
    RouteTable::of(&OpenApi::new(Info::new("x", "1"), paths))
}

#[test]
fn a_known_path_tells_its_methods() {
    let table = table();
    let allow = |path: &str| table.allow(path);
    assert_eq!(
        allow("/api/v1/endpoints").as_deref(),
        Some("GET, HEAD, POST")
    );
    assert_eq!(
        allow("/api/v1/endpoints/7").as_deref(),
        Some("DELETE, GET, HEAD, PUT")
    );
    assert_eq!(allow("/api/v1/endpoints/7/pause").as_deref(), Some("POST"));
    assert_eq!(
        allow("/api/v1/endpoints/try").as_deref(),
        Some("DELETE, GET, HEAD, POST, PUT")
    );
    for unknown in [
        "/",
        "/api/v1",
        "/api/v1/endpoint",
        "/api/v1/endpoints/",
        "/api/v1/endpoints/7/pause/x",
        "/api/v1/endpoints//pause",
    ] {
        assert_eq!(allow(unknown), None, "{unknown}");
    }
}
