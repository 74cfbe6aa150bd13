//! The console's files and page, served from a folder that the test makes.

use super::*;
use crate::Audience;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const INDEX: &str = "<!doctype html><meta property=\"csp-nonce\" nonce=\"__CSP_NONCE__\">\
    <meta name=\"signalbox-host\" content=\"__HOST_KIND__\">\
    <meta name=\"signalbox-base\" content=\"__BASE_URL__\">\
    <script nonce=\"__CSP_NONCE__\" src=\"/assets/app-1a2b.js\"></script>";

fn write(dir: &Path, name: &str, body: &[u8]) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
    fs::write(path, body).expect("it can be written");
}

/// A console as the build leaves it, and something secret beside it.
fn console() -> (TempDir, Gateway) {
    let dir = tempfile::tempdir().expect("a folder");
    let dist = dir.path().join("dist");
    write(&dist, "index.html", INDEX.as_bytes());
    write(&dist, "icon.svg", b"<svg/>");
    write(
        &dist,
        "assets/app-1a2b.js",
        "let a = 1;\n".repeat(500).as_bytes(),
    );
    write(&dist, ".vite/manifest.json", b"{}");
    let page = INDEX.replace("<!doctype html>", "<!doctype html><title>Operators</title>");
    write(&dist, "operator/index.html", page.as_bytes());
    write(&dist, "operator/assets/desk-3c4d.js", b"let b = 2;");
    write(dir.path(), "secret.txt", b"hunter2");
    let config = GatewayConfig {
        console_dir: Some(dist),
        ..config()
    };
    (dir, gateway(config))
}

#[actix_web::test]
async fn every_address_of_a_browser_gets_the_page_with_a_nonce_of_its_own() {
    let (_dir, gateway) = console();
    let mut nonces = Vec::new();
    for path in ["/", "/login", "/register", "/endpoints/7", "/endpoints/"] {
        let request = get_of(path).insert_header(("accept", "text/html,application/xhtml+xml"));
        let reply = send_to(&gateway, request).await;
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(
            reply.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        let nonce = reply.body.split("nonce=\"").nth(1).expect("a nonce");
        let nonce = nonce.split('"').next().expect("its end").to_owned();
        assert_eq!(nonce.len(), 24);
        assert_eq!(reply.body.matches(&nonce).count(), 2);
        let policy = reply.header("content-security-policy").expect("a policy");
        assert!(
            policy.contains(&format!("script-src 'nonce-{nonce}' 'strict-dynamic'")),
            "{policy}"
        );
        assert!(
            reply
                .body
                .contains("name=\"signalbox-host\" content=\"root\"")
        );
        assert!(reply.body.contains("content=\"https://signalbox.example\""));
        assert!(!nonces.contains(&nonce));
        nonces.push(nonce);
    }
}

#[actix_web::test]
async fn a_file_named_by_its_content_is_kept_for_ever_and_sent_small() {
    let (_dir, gateway) = console();
    let script = "/assets/app-1a2b.js";
    let plain = send_to(&gateway, get_of(script)).await;
    assert_eq!(
        plain.header("cache-control"),
        Some("public, max-age=31536000, immutable")
    );
    assert_eq!(
        plain.header("content-type"),
        Some("text/javascript; charset=utf-8")
    );
    assert_eq!(plain.header("content-encoding"), None);
    assert_eq!(plain.header("vary"), Some("accept-encoding"));
    let small = send_to(
        &gateway,
        get_of(script).insert_header(("accept-encoding", "gzip")),
    )
    .await;
    assert_eq!(small.header("content-encoding"), Some("gzip"));
    assert!(small.body.len() < plain.body.len() / 4);
    let etag = plain.header("etag").expect("a tag").to_owned();
    let known = send_to(
        &gateway,
        get_of(script).insert_header(("if-none-match", etag)),
    )
    .await;
    assert_eq!((known.status.as_u16(), known.body.as_str()), (304, ""));
    let icon = send_to(&gateway, get_of("/icon.svg")).await;
    assert_eq!(icon.header("cache-control"), Some("public, no-cache"));
    assert_eq!(icon.header("content-type"), Some("image/svg+xml"));
    assert_eq!(icon.header("x-content-type-options"), Some("nosniff"));
}

#[actix_web::test]
async fn nothing_but_the_files_of_the_build_can_be_read() {
    let (_dir, gateway) = console();
    for path in [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/..%5csecret.txt",
        "//secret.txt",
        "/.vite/manifest.json",
        "/index.html",
        "/secret.txt",
        "/operator/index.html",
        "/operator/assets/desk-3c4d.js",
        "/assets/desk-3c4d.js",
        "/assets/app-1a2b.js%00.svg",
    ] {
        let reply = send_to(
            &gateway,
            get_of(path).insert_header(("accept", "image/png")),
        )
        .await;
        assert_eq!(reply.status, 404, "{path}");
        let page = send_to(&gateway, get_of(path)).await;
        assert!(!page.body.contains("hunter2"), "{path}");
    }
    for path in ["/assets/gone-9f.js", "/assets/"] {
        let missing = send_to(&gateway, get_of(path).insert_header(("accept", "*/*"))).await;
        if path != "/assets/" {
            assert_eq!(missing.problem(), (404, "not_found".into()));
        }
    }
}

#[actix_web::test]
async fn the_page_of_operators_is_served_on_their_listener_and_nowhere_else() {
    let (dir, public) = console();
    let of_operators = gateway(GatewayConfig {
        console_dir: Some(dir.path().join("dist")),
        audience: Audience::Operators {
            hosts: vec!["signalbox.example".to_owned()],
        },
        ..config()
    });
    for path in ["/", "/operator", "/operator/"] {
        let page = send_to(&public, get_of(path)).await;
        assert!(!page.body.contains("<title>Operators</title>"), "{path}");
    }
    let page = send_to(&of_operators, get_of("/tenants")).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("<title>Operators</title>"));
    assert!(page.body.contains("content=\"operators\""));
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.contains("'strict-dynamic'"), "{policy}");
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let script = send_to(&of_operators, get_of("/assets/desk-3c4d.js")).await;
    assert_eq!(
        script.header("cache-control"),
        Some("public, max-age=31536000, immutable")
    );
    let theirs = get_of("/assets/app-1a2b.js").insert_header(("accept", "*/*"));
    let theirs = send_to(&of_operators, theirs).await;
    assert_eq!(theirs.problem(), (404, "not_found".into()));
}

#[test]
fn a_console_without_the_page_of_operators_is_refused_on_their_listener() {
    let dir = tempfile::tempdir().expect("a folder");
    write(dir.path(), "index.html", INDEX.as_bytes());
    let missing = crate::console::Console::load_of_operators(Some(dir.path()), "");
    assert!(matches!(missing, Err(crate::ConfigError::Console { .. })));
    let nothing = crate::console::Console::load_of_operators(None, "");
    assert!(nothing.is_ok(), "an API without pages");
}

#[actix_web::test]
async fn an_old_address_leads_to_the_new_one() {
    let (_dir, gateway) = console();
    for path in ["/dashboard", "/dashboard/"] {
        let reply = send_to(&gateway, get_of(path)).await;
        assert_eq!(
            (reply.status.as_u16(), reply.header("location")),
            (308, Some("/"))
        );
    }
}

#[actix_web::test]
async fn without_the_files_the_page_says_so() {
    let reply = send(get_of("/")).await;
    assert_eq!(reply.status, 200);
    assert!(reply.body.contains("The console is not here"));
    assert!(
        reply
            .header("content-security-policy")
            .is_some_and(|p| p.contains("frame-ancestors 'none'"))
    );
}

#[test]
fn a_folder_without_a_page_is_no_console() {
    let dir = tempfile::tempdir().expect("a folder");
    let missing = crate::console::Console::load(Some(dir.path()), "");
    assert!(matches!(missing, Err(crate::ConfigError::NoIndex(_))));
    let gone = dir.path().join("nowhere");
    let unreadable = crate::console::Console::load(Some(&gone), "");
    assert!(matches!(
        unreadable,
        Err(crate::ConfigError::Console { .. })
    ));
}

#[actix_web::test]
async fn a_report_of_a_browser_is_taken_and_bounded() {
    let report = r#"{"csp-report":{"violated-directive":"script-src","blocked-uri":"eval"}}"#;
    assert_eq!(send(post_of("/csp", report)).await.status, 204);
    assert_eq!(send(post_of("/csp", "rubbish")).await.status, 204);
    let long = send(post_of("/csp", "x".repeat(9000))).await;
    assert_eq!(long.status, 413);
    assert_eq!(long.problem().0, 413);
    let page = send(get_of("/csp").insert_header(("accept", "text/html"))).await;
    assert_eq!(
        page.status, 200,
        "for a browser it is an address like any other"
    );
}
