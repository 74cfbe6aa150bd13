//! Redirects: followed, bounded, refused.

use crate::{
    get, prober,
    server::{OK, Server},
};
use egress::{HttpMethod, HttpProbe, Outcome, ReasonCode};

fn redirect(code: u16, location: &str) -> String {
    format!("HTTP/1.1 {code} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
}

#[tokio::test]
async fn redirects_are_followed_to_the_last_answer() {
    for code in [301, 302, 303, 307, 308] {
        let last = Server::answering("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n").await;
        let first = Server::answering(redirect(code, &last.url("/there"))).await;
        let result = prober().http(&get(&first.url("/"))).await;
        assert_eq!(
            (result.reason, result.status_code),
            (ReasonCode::Status, Some(404)),
            "{code}"
        );
        assert_eq!(result.addresses.len(), 2);
        assert!(last.requests()[0].starts_with("GET /there HTTP/1.1\r\n"));
    }
}

#[tokio::test]
async fn a_redirect_whose_own_code_is_expected_is_the_answer() {
    let server = Server::answering(redirect(301, "http://example.invalid/")).await;
    let probe = HttpProbe {
        expected: "301".parse().unwrap(),
        ..get(&server.url("/"))
    };
    let result = prober().http(&probe).await;
    assert_eq!(
        (result.reason, result.status_code),
        (ReasonCode::Ok, Some(301))
    );
}

#[tokio::test]
async fn ten_redirects_are_followed_and_the_eleventh_is_too_many() {
    for (count, reason) in [(10, ReasonCode::Ok), (11, ReasonCode::RedirectLimit)] {
        let mut answers = vec![redirect(302, "/next"); count];
        answers.push(OK.to_owned());
        let server = Server::answering_in_turn(answers).await;
        let result = prober().http(&get(&server.url("/"))).await;
        assert_eq!(result.reason, reason, "{count}");
        assert_eq!(server.requests().len(), 11);
    }
}

#[tokio::test]
async fn a_loop_ends_at_the_limit() {
    let server = Server::answering(redirect(302, "/")).await;
    let result = prober().http(&get(&server.url("/"))).await;
    assert_eq!(
        (result.outcome, result.reason),
        (Outcome::Down, ReasonCode::RedirectLimit)
    );
    assert_eq!(result.message, "The server redirected more than 10 times.");
}

#[tokio::test]
async fn a_redirect_that_leaves_the_web_is_invalid() {
    for location in [
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_INFO",
        "dict://127.0.0.1:11211/",
        "ftp://127.0.0.1/",
        "unix:/run/x",
        "http://",
        "http://user:secret@127.0.0.1/",
    ] {
        let server = Server::answering(redirect(302, location)).await;
        let result = prober().http(&get(&server.url("/"))).await;
        assert_eq!(
            (result.outcome, result.reason),
            (Outcome::Down, ReasonCode::RedirectInvalid)
        );
        assert_eq!(server.requests().len(), 1, "{location}");
        assert!(!result.message.contains("secret"), "{}", result.message);
    }
}

#[tokio::test]
async fn a_redirect_to_nowhere_is_invalid() {
    let server = Server::answering("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n").await;
    let result = prober().http(&get(&server.url("/"))).await;
    assert_eq!(result.reason, ReasonCode::RedirectInvalid);
    assert_eq!(
        result.message,
        "The server answered 302 Found without saying where to."
    );
}

#[tokio::test]
async fn a_line_break_in_a_location_cannot_add_a_header() {
    let last = Server::answering(OK).await;
    let location = format!(
        "{}\r\nX-Injected: yes",
        last.url("/%0d%0aX-Injected:%20yes")
    );
    let first = Server::answering(redirect(302, &location)).await;
    assert_eq!(
        prober().http(&get(&first.url("/"))).await.reason,
        ReasonCode::Ok
    );
    assert!(!last.requests()[0].to_lowercase().contains("\nx-injected"));
}

#[tokio::test]
async fn a_post_becomes_a_get_where_browsers_do_so() {
    for (code, method) in [(302, "GET"), (307, "POST")] {
        let server = Server::answering_in_turn(vec![redirect(code, "/next"), OK.to_owned()]).await;
        let probe = HttpProbe {
            method: HttpMethod::Post,
            ..get(&server.url("/"))
        };
        assert_eq!(prober().http(&probe).await.reason, ReasonCode::Ok);
        assert!(
            server.requests()[1].starts_with(&format!("{method} /next ")),
            "{code}"
        );
    }
}

#[tokio::test]
async fn what_a_server_sends_is_not_carried_to_the_next() {
    let last = Server::answering(OK).await;
    let first = Server::answering(format!(
        "HTTP/1.1 302 Found\r\nLocation: {}\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n",
        last.url("/")
    ))
    .await;
    prober().http(&get(&first.url("/"))).await;
    let names: Vec<_> = last.requests()[0]
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(':').map(|(name, _)| name.to_owned()))
        .collect();
    assert_eq!(names, ["host", "user-agent", "accept", "connection"]);
}
