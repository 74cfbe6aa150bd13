//! Who guesses waits, and keeps nobody else out: neither other networks, nor other people, nor the owner in
//! a browser that they are known by.

use futures_util::future::join_all;
use insta::assert_snapshot;
use jiff::SignedDuration;
use kernel::roles::Role;
use reqwest::Method;
use serde_json::json;
use testkit::{Answer, PASSWORD, TestApp, TestTenant, Visitor};

use super::{SESSION, TOKEN, attempts, credentials};
use crate::rows::{number, run, schema};

const OWNER: &str = "owner@acme.example";
const HOME: &str = "192.0.2.7";
const ELSEWHERE: &str = "198.51.100.9";

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";

/// The address of somebody who is signed in.
async fn email_of(person: &Visitor) -> String {
    let me = person.get(super::ME).await.is(200).json();
    super::text(&me["user"], "email").to_owned()
}

async fn limited() -> TestApp {
    TestApp::start_with(|config| {
        config.limits.login_failures_per_hour = 1000;
        config.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    })
    .await
}

/// Somebody at `address`, perhaps with the cookie of a browser.
struct Guest<'a> {
    door: &'a Visitor,
    address: &'a str,
    cookie: Option<String>,
}

impl<'a> Guest<'a> {
    fn at(door: &'a Visitor, address: &'a str) -> Self {
        Self {
            door,
            address,
            cookie: None,
        }
    }

    fn with(door: &'a Visitor, address: &'a str, cookie: &str) -> Self {
        Self {
            cookie: Some(cookie.to_owned()),
            ..Self::at(door, address)
        }
    }

    async fn post(&self, path: &str, email: &str, password: &str) -> Answer {
        let request = self.door.request(Method::POST, path);
        let request = request
            .header("x-forwarded-for", self.address)
            .header("user-agent", FIREFOX);
        let request = match &self.cookie {
            Some(cookie) => request
                .header("cookie", format!("device={cookie}"))
                .header("sec-fetch-site", "same-origin"),
            None => request,
        };
        Answer::of(request.json(&credentials(email, password))).await
    }

    async fn signs_in(&self, email: &str) -> Answer {
        self.post(SESSION, email, PASSWORD).await
    }

    async fn guesses(&self, email: &str) -> Answer {
        self.post(SESSION, email, "not the password").await
    }

    /// Guesses as soon as it is looked at, so often.
    async fn guesses_often(&self, app: &TestApp, email: &str, times: u32) {
        for _ in 0..times {
            let answer = self.guesses(email).await.is(401);
            app.advance(SignedDuration::from_secs(wait(&answer)));
        }
    }
}

fn wait(answer: &Answer) -> i64 {
    answer.header("retry-after").parse().unwrap_or(0)
}

fn device(answer: &Answer) -> String {
    let cookie = answer.set_cookie("device").expect("a cookie of the device");
    cookie.trim_start_matches("device=").to_owned()
}

#[actix_web::test]
async fn each_wrong_guess_waits_twice_as_long_and_the_fifth_is_banned() {
    let app = limited().await;
    let acme = app.tenant("acme").await;
    let guest = Guest::at(acme.visitor(), HOME);
    let mut waits = Vec::new();
    for _ in 0..13 {
        let refused = guest.guesses(OWNER).await;
        let refused = refused.is_problem(401, "invalid_credentials");
        waits.push(wait(&refused));
        // A moment too early, even the right one is not looked at.
        app.advance(SignedDuration::from_millis(wait(&refused) * 1000 - 1));
        let early = guest.signs_in(OWNER).await;
        let early = early.is_problem(429, "rate_limited");
        assert_eq!(wait(&early), 1);
        app.advance(SignedDuration::from_millis(1));
    }
    let day = 86_400;
    let expected = [
        1, 2, 4, 8, 900, 1800, 3600, 7200, 14_400, 28_800, 57_600, day, day,
    ];
    assert_eq!(waits, expected);
    assert_eq!(
        attempts(&app, "acme").await.last().map(String::as_str),
        Some("limited nobody")
    );
    guest.signs_in(OWNER).await.is(200);
}

#[actix_web::test]
async fn a_right_guess_wipes_the_slate_and_so_does_a_quiet_day() {
    let app = limited().await;
    let acme = app.tenant("acme").await;
    let guest = Guest::at(acme.visitor(), HOME);
    guest.guesses_often(&app, OWNER, 4).await;
    guest.signs_in(OWNER).await.is(200);
    assert_eq!(wait(&guest.guesses(OWNER).await.is(401)), 1);
    app.advance(SignedDuration::from_secs(1));
    guest.guesses_often(&app, OWNER, 3).await;
    app.advance(SignedDuration::from_hours(24));
    assert_eq!(wait(&guest.guesses(OWNER).await.is(401)), 1);
}

#[actix_web::test]
async fn a_ban_is_of_one_network_for_one_account_at_every_door() {
    let app = limited().await;
    let acme = app.tenant("acme").await;
    let member = email_of(&acme.member(Role::Member).await).await;
    app.tenant("globex").await;
    let guest = Guest::at(acme.visitor(), HOME);
    guest.guesses_often(&app, OWNER, 4).await;
    guest.guesses(OWNER).await.is(401);
    for path in [SESSION, TOKEN] {
        guest.post(path, OWNER, PASSWORD).await.is(429);
        let shouted = OWNER.to_uppercase();
        guest.post(path, &shouted, PASSWORD).await.is(429);
        Guest::at(acme.visitor(), ELSEWHERE)
            .post(path, OWNER, PASSWORD)
            .await
            .is(200);
        guest.post(path, &member, PASSWORD).await.is(200);
    }
    let globex = app.visitor("globex.localhost");
    let other = Guest::at(&globex, HOME);
    other.signs_in("owner@globex.example").await.is(200);
    // The same address there is somebody else.
    other.guesses(OWNER).await.is(401);
    app.advance(SignedDuration::from_mins(15));
    guest.signs_in(OWNER).await.is(200);
}

#[actix_web::test]
async fn a_network_of_ipv6_is_banned_as_one() {
    let app = limited().await;
    let acme = app.tenant("acme").await;
    for n in 1..=5 {
        let address = format!("2001:db8:1:2::{n}");
        let guest = Guest::at(acme.visitor(), &address);
        guest.guesses_often(&app, OWNER, u32::from(n < 5)).await;
        if n == 5 {
            guest.guesses(OWNER).await.is(401);
        }
    }
    let beside = Guest::at(acme.visitor(), "2001:db8:1:2:ffff::1");
    beside.signs_in(OWNER).await.is(429);
    let next = Guest::at(acme.visitor(), "2001:db8:1:3::1");
    next.signs_in(OWNER).await.is(200);
}

/// What a stranger sees, but for the request's own id and the time of day.
fn seen(answer: &Answer) -> String {
    let id = answer.json()["request_id"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let mut headers: Vec<String> = answer
        .headers
        .iter()
        .filter(|(name, _)| name.as_str() != "date")
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    headers.sort();
    format!("{} {headers:?} {}", answer.status, answer.text).replace(&id, "<id>")
}

#[actix_web::test]
async fn an_unknown_account_is_banned_byte_for_byte_like_a_known_one() {
    let app = limited().await;
    let acme = app.tenant("acme").await;
    let guest = Guest::at(acme.visitor(), HOME);
    let mut answers = 0;
    for _ in 0..7 {
        let known = guest.guesses(OWNER).await;
        let unknown = guest.guesses("nobody@acme.example").await;
        assert_eq!(seen(&known), seen(&unknown));
        answers += usize::from(known.status == 401);
        let early = guest.guesses(OWNER).await;
        let unknown = guest.guesses("nobody@acme.example").await;
        assert_eq!(seen(&early), seen(&unknown));
        let pause = if known.status == 401 { wait(&known) } else { 0 };
        app.advance(SignedDuration::from_secs(pause.min(60)));
    }
    assert_eq!(answers, 5);
}

#[actix_web::test]
async fn of_fifty_guesses_at_once_five_are_looked_at() {
    let app = limited().await;
    let acme = app.tenant("acme").await;
    let guest = Guest::at(acme.visitor(), HOME);
    let answers = join_all((0..50).map(|_| guest.guesses(OWNER))).await;
    let looked_at = answers.iter().filter(|it| it.status == 401).count();
    let refused = answers.iter().filter(|it| it.status == 429).count();
    assert_eq!((looked_at, refused), (5, 45));
    assert_eq!(wait(&guest.signs_in(OWNER).await.is(429)), 900);
    let counted = "SELECT failures::bigint FROM platform.rate_limits WHERE bucket = 'guess'";
    assert_eq!(number(&app, counted).await, 5);
}

#[actix_web::test]
async fn three_right_ones_at_once_do_not_wait_for_each_other() {
    let app = limited().await;
    let acme = app.tenant("acme").await;
    let guest = Guest::at(acme.visitor(), HOME);
    for answer in join_all((0..3).map(|_| guest.signs_in(OWNER))).await {
        answer.is(200);
    }
}

/// Uses up what strangers may guess at an account, from networks of their own.
async fn exhaust(app: &TestApp, acme: &TestTenant<'_>) {
    for n in 0..300 {
        let address = format!("10.{}.{}.1", n / 200, n % 200);
        Guest::at(acme.visitor(), &address)
            .guesses(OWNER)
            .await
            .is(401);
    }
    let next = Guest::at(acme.visitor(), ELSEWHERE);
    next.signs_in(OWNER).await.is(429);
    // What was not looked at is no guess.
    let guesses = "SELECT sum(failures) FROM platform.rate_limits WHERE bucket = 'guess'";
    assert_eq!(number(app, guesses).await, 300);
}

#[actix_web::test]
async fn the_owner_gets_in_from_a_known_browser_whatever_strangers_do() {
    let app = limited().await;
    let acme = app.tenant("acme").await;
    let home = Guest::at(acme.visitor(), HOME);
    let known = device(&home.signs_in(OWNER).await.is(200));
    exhaust(&app, &acme).await;
    // Even where the stranger sits beside them.
    let at_home = Guest::with(acme.visitor(), ELSEWHERE, &known);
    at_home.signs_in(OWNER).await.is(200);
    // Its allowance is its own, and small.
    at_home.guesses_often(&app, OWNER, 4).await;
    at_home.guesses(OWNER).await.is(401);
    at_home.signs_in(OWNER).await.is(429);
    app.advance(SignedDuration::from_mins(15));
    at_home.signs_in(OWNER).await.is(200);
}

#[actix_web::test]
async fn a_cookie_that_is_made_up_or_another_persons_is_worth_nothing() {
    let app = limited().await;
    let acme = app.tenant("acme").await;
    let member = email_of(&acme.member(Role::Member).await).await;
    app.tenant("globex").await;
    let home = Guest::at(acme.visitor(), HOME);
    let theirs = device(&home.signs_in(&member).await.is(200));
    let globex = app.visitor("globex.localhost");
    let there = Guest::at(&globex, HOME);
    let foreign = device(&there.signs_in("owner@globex.example").await.is(200));
    exhaust(&app, &acme).await;
    for cookie in [theirs.as_str(), &foreign, &"A".repeat(43), "", "...", "%00"] {
        let stranger = Guest::with(acme.visitor(), ELSEWHERE, cookie);
        stranger.signs_in(OWNER).await.is(429);
    }
    // One that was sent is never made known: whoever planted it would be known by it.
    app.advance(SignedDuration::from_hours(2));
    let planted = "A".repeat(43);
    let victim = Guest::with(acme.visitor(), HOME, &planted);
    let own = device(&victim.signs_in(OWNER).await.is(200));
    assert!(!own.starts_with(&planted), "{own}");
    let kept = format!(
        "SELECT count(*) FROM {}.devices",
        schema(&app, "acme").await
    );
    let before = number(&app, &kept).await;
    Guest::with(acme.visitor(), HOME, &planted)
        .signs_in(OWNER)
        .await
        .is(200);
    assert_eq!(number(&app, &kept).await, before + 1, "it is not known");
}

#[actix_web::test]
async fn a_new_password_by_mail_ends_the_ban_where_it_was_chosen_and_forgets_browsers() {
    let app = limited().await;
    let acme = app.tenant("acme").await;
    let home = Guest::at(acme.visitor(), "127.0.0.1");
    let known = device(&home.signs_in(OWNER).await.is(200));
    home.guesses_often(&app, OWNER, 4).await;
    home.guesses(OWNER).await.is(401);
    home.signs_in(OWNER).await.is(429);
    let forgot = json!({ "email": OWNER });
    let visitor = acme.visitor();
    visitor
        .post_json("/api/v1/auth/forgot-password", &forgot)
        .await
        .is(202);
    app.run_jobs().await;
    let token = app.mailed_token(OWNER).await;
    let chosen = json!({ "token": token, "password": PASSWORD });
    visitor
        .post_json("/api/v1/auth/reset-password", &chosen)
        .await
        .is(200);
    let kept = format!(
        "SELECT count(*) FROM {}.devices",
        schema(&app, "acme").await
    );
    assert_eq!(number(&app, &kept).await, 0);
    let again = Guest::with(acme.visitor(), "127.0.0.1", &known);
    again.signs_in(OWNER).await.is(200);
}

#[actix_web::test]
async fn a_person_is_known_by_the_twenty_browsers_they_used_last() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let guest = Guest::at(acme.visitor(), HOME);
    let mut cookies = Vec::new();
    for _ in 0..21 {
        app.advance(SignedDuration::from_secs(1));
        cookies.push(device(&guest.signs_in(OWNER).await.is(200)));
    }
    let kept = format!(
        "SELECT count(*) FROM {}.devices",
        schema(&app, "acme").await
    );
    assert_eq!(number(&app, &kept).await, 20);
    let oldest = Guest::with(acme.visitor(), HOME, &cookies[0]);
    assert_ne!(device(&oldest.signs_in(OWNER).await.is(200)), cookies[0]);
    let newest = Guest::with(acme.visitor(), HOME, &cookies[20]);
    assert_eq!(device(&newest.signs_in(OWNER).await.is(200)), cookies[20]);
}

/// What was mailed to the owner about sign-ins, the newest first.
async fn mails(app: &TestApp) -> Vec<String> {
    app.run_jobs().await;
    let about =
        |mail: &fakes::CaughtMail| mail.to == OWNER && mail.subject == "New sign-in to acme";
    let caught = app.mail.messages().into_iter();
    caught.filter(about).map(|mail| mail.text).collect()
}

async fn told(app: &TestApp) -> usize {
    mails(app).await.len()
}

#[actix_web::test]
async fn a_sign_in_from_a_new_browser_is_told_by_mail_once() {
    let app = limited().await;
    let (door, email) = super::unverified(&app, "acme").await;
    app.run_jobs().await;
    let token = json!({ "token": app.mailed_token(&email).await });
    door.post_json(super::VERIFY, &token).await.is(200);
    let home = Guest::at(&door, HOME);
    let known = device(&home.signs_in(OWNER).await.is(200));
    assert_eq!(told(&app).await, 0, "the very first one is their own");
    let again = Guest::with(&door, ELSEWHERE, &known);
    again.signs_in(OWNER).await.is(200);
    assert_eq!(told(&app).await, 0, "the browser is known, wherever it is");
    let cookie = device(&home.signs_in(OWNER).await.is(200));
    assert_eq!(told(&app).await, 1);
    Guest::with(&door, HOME, &cookie)
        .signs_in(OWNER)
        .await
        .is(200);
    assert_eq!(told(&app).await, 1, "once");
    home.guesses(OWNER).await.is(401);
    assert_eq!(told(&app).await, 1, "not of what was refused");
    let mail = mails(&app).await.swap_remove(0);
    let (text, token) = mail.split_once("#token=").expect("a link");
    assert_snapshot!(text, @r"
    A sign-in from somewhere new

    Somebody signed in to your account at acme on 20 November 2026 at 12:00 (UTC), from where you had not signed in before.

    Firefox on Linux, from 192.0.2.x

    Was it you? Then there is nothing to do. All your sessions are on the page below.

    Your sessions
    http://acme.localhost/account/sessions

    It was not me:
    http://acme.localhost/not-me
    ");
    let token = token.split_whitespace().next().expect("a token");
    let undo = json!({ "token": token });
    door.post_json("/api/v1/auth/not-me", &undo).await.is(202);
    app.advance(SignedDuration::from_secs(1));
    home.signs_in(OWNER).await.is(401);
    let kept = format!(
        "SELECT count(*) FROM {}.devices",
        schema(&app, "acme").await
    );
    assert_eq!(number(&app, &kept).await, 0);
}

#[actix_web::test]
async fn people_who_share_a_browser_are_both_known_there() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let member = email_of(&acme.member(Role::Member).await).await;
    let first = device(
        &Guest::at(acme.visitor(), HOME)
            .signs_in(OWNER)
            .await
            .is(200),
    );
    let both = Guest::with(acme.visitor(), HOME, &first);
    let both = device(&both.signs_in(&member).await.is(200));
    let kept = format!(
        "SELECT count(*) FROM {}.devices",
        schema(&app, "acme").await
    );
    let before = number(&app, &kept).await;
    for email in [OWNER, &member, OWNER] {
        let shared = Guest::with(acme.visitor(), HOME, &both);
        shared.signs_in(email).await.is(200);
    }
    assert_eq!(number(&app, &kept).await, before);
}

#[actix_web::test]
async fn a_program_from_a_new_network_is_told_once_a_day() {
    let app = limited().await;
    let acme = app.tenant("acme").await;
    let sign_in = async |address: &str| {
        let guest = Guest::at(acme.visitor(), address);
        guest.post(TOKEN, OWNER, PASSWORD).await.is(200);
    };
    sign_in("127.0.0.9").await;
    assert_eq!(told(&app).await, 0, "the owner's own network");
    sign_in("203.0.113.5").await;
    assert_eq!(told(&app).await, 1);
    sign_in("203.0.113.77").await;
    sign_in("198.51.100.1").await;
    assert_eq!(told(&app).await, 1, "a network once, and one mail a day");
    app.advance(SignedDuration::from_hours(24));
    sign_in("2001:db8::1").await;
    assert_eq!(told(&app).await, 2);
}

#[actix_web::test]
async fn rows_of_limits_that_are_full_again_go_away() {
    let app = limited().await;
    let acme = app.tenant("acme").await;
    Guest::at(acme.visitor(), HOME).guesses(OWNER).await.is(401);
    let rows = "SELECT count(*) FROM platform.rate_limits";
    assert!(number(&app, rows).await >= 3);
    app.run_upkeep().await;
    assert!(number(&app, rows).await >= 3, "they still count");
    app.advance(SignedDuration::from_hours(25));
    run(
        &app,
        "INSERT INTO platform.rate_limits VALUES ('x', '\\x00', '2100-01-01', 0)",
    )
    .await;
    app.run_upkeep().await;
    assert_eq!(number(&app, rows).await, 1);
}
