//! Signing in with Discord: the way there and back, and what must not come of it.

use app::config::DiscordSetting;
use fakes::FakeDiscord;
use fakes::discord::{CLIENT_ID, CLIENT_SECRET, Person};
use jiff::SignedDuration;
use kernel::rng::{SystemEntropy, token256};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, TestApp, TestTenant, Visitor};

use super::{attempts, audit};
use crate::rows::{number, run, schema, texts};

const EXCHANGE: &str = "/api/v1/auth/discord/exchange";
const IDENTITIES: &str = "/api/v1/me/identities";
pub const OWNER: &str = "owner@acme.example";

/// A house whose Discord is on this machine.
pub async fn house(discord: &FakeDiscord) -> TestApp {
    let url = discord.url().parse().expect("a URL");
    TestApp::start_with(|config| {
        config.discord = Some(DiscordSetting {
            url,
            client_id: CLIENT_ID.to_owned(),
            client_secret: CLIENT_SECRET.into(),
        });
    })
    .await
}

/// A browser on the root host, and the secret of the page that began.
struct Way {
    root: Visitor,
    page: String,
    /// Where Discord asks its owner.
    authorize: String,
}

impl Way {
    async fn begin(app: &TestApp, host: &str) -> Self {
        Self::begin_with(app, host, &token256(&SystemEntropy)).await
    }

    async fn begin_with(app: &TestApp, host: &str, page: &str) -> Self {
        let path = format!("/api/v1/auth/discord/start?host={host}&page={page}&next=%2Fendpoints");
        let answer = app.root().get(path).await.is(303);
        Self {
            root: app.root().with_cookie(&answer.cookie().expect("a cookie")),
            page: page.to_owned(),
            authorize: answer.header("location").to_owned(),
        }
    }

    /// Comes back from Discord to the callback. Answers where it sends the browser.
    async fn back(&self, place: &str) -> String {
        let path = place.split_once("localhost").expect("the root host").1;
        let answer = self.root.get(path).await.is(303);
        assert_eq!(answer.header("cache-control"), "no-store");
        answer.header("location").to_owned()
    }

    async fn through(&self, discord: &FakeDiscord) -> String {
        self.back(&discord.agree(&self.authorize)).await
    }

    fn body(&self, place: &str) -> Value {
        json!({ "code": member(place, "code"), "page": self.page })
    }
}

/// A member of an address's fragment.
fn member(place: &str, name: &str) -> String {
    let fragment = place.split_once('#').expect("a fragment").1;
    let mut pairs = fragment.split('&').filter_map(|pair| pair.split_once('='));
    let found = pairs.find(|(it, _)| *it == name);
    found.map_or_else(String::new, |(_, value)| value.to_owned())
}

fn ann() -> Person {
    Person::new("81384788765712384", "ann.signals", OWNER)
}

async fn signed_in(app: &TestApp, discord: &FakeDiscord, person: Person) -> Answer {
    discord.sign_in(person);
    let way = Way::begin(app, "acme.localhost").await;
    let place = way.through(discord).await;
    app.visitor("acme.localhost")
        .post_json(EXCHANGE, &way.body(&place))
        .await
}

/// What the page of `acme` brings after somebody with `email` agreed at Discord.
pub async fn way_through(app: &TestApp, discord: &FakeDiscord, email: &str) -> Value {
    discord.sign_in(Person::new("81384788765712384", "ann.signals", email));
    let way = Way::begin(app, "acme.localhost").await;
    way.body(&way.through(discord).await)
}

async fn linked(app: &TestApp) -> i64 {
    let rows = format!(
        "SELECT count(*) FROM {}.identities",
        schema(app, "acme").await
    );
    number(app, &rows).await
}

async fn sessions(app: &TestApp) -> i64 {
    let rows = format!(
        "SELECT count(*) FROM {}.sessions",
        schema(app, "acme").await
    );
    number(app, &rows).await
}

#[tokio::test]
async fn an_address_proven_on_both_sides_signs_in_and_is_linked() {
    let discord = FakeDiscord::start().await;
    let app = house(&discord).await;
    app.tenant("acme").await;
    discord.sign_in(ann());
    let way = Way::begin(&app, "acme.localhost").await;
    for part in [
        "scope=identify+email+guilds",
        "code_challenge_method=S256",
        "redirect_uri=http%3A%2F%2Flocalhost%2Fapi%2Fv1%2Fauth%2Fdiscord%2Fcallback",
    ] {
        assert!(way.authorize.contains(part), "{part}: {}", way.authorize);
    }
    let place = way.through(&discord).await;
    assert!(
        place.starts_with("http://acme.localhost/discord#code="),
        "{place}"
    );
    assert_eq!(member(&place, "next"), "%2Fendpoints");

    let visitor = app.visitor("acme.localhost");
    let answer = visitor.post_json(EXCHANGE, &way.body(&place)).await.is(200);
    let me = visitor.signed_in(&answer);
    assert_eq!(
        me.get("/api/v1/me").await.is(200).json()["user"]["email"],
        OWNER
    );
    let shown = me.get(IDENTITIES).await.is(200).json();
    assert_eq!(shown["identities"][0]["name"], "ann.signals");
    let methods = format!(
        "SELECT method FROM {}.sessions ORDER BY method",
        schema(&app, "acme").await
    );
    assert_eq!(texts(&app, &methods).await, ["discord", "password"]);
    let last = audit(&app, "acme").await.pop().expect("a row");
    assert!(
        last.starts_with("session.created user") && last.contains("linked_identity"),
        "{last}"
    );
    app.run_jobs().await;
    let mail = app.newest_mail(OWNER).expect("a mail");
    assert!(
        mail.text.contains("A Discord account was linked"),
        "{}",
        mail.text
    );

    // Another time it is known by who it is there, whatever its address has become.
    let moved = Person::new("81384788765712384", "ann.moved", "elsewhere@acme.example");
    signed_in(&app, &discord, moved).await.is(200);
    assert_eq!(linked(&app).await, 1);
}

#[tokio::test]
async fn what_is_kept_of_tokens_cannot_be_read() {
    let discord = FakeDiscord::start().await;
    let app = house(&discord).await;
    app.tenant("acme").await;
    signed_in(&app, &discord, ann()).await.is(200);
    let kept = format!(
        "SELECT encode(tokens, 'escape') FROM {}.identities",
        schema(&app, "acme").await
    );
    let kept = texts(&app, &kept).await.remove(0);
    assert!(
        !kept.contains("access-") && !kept.contains("refresh-"),
        "{kept}"
    );
}

#[tokio::test]
async fn a_state_is_good_once_for_the_browser_that_began() {
    let discord = FakeDiscord::start().await;
    let app = house(&discord).await;
    app.tenant("acme").await;
    discord.sign_in(ann());
    let mine = Way::begin(&app, "acme.localhost").await;
    let other = Way::begin(&app, "acme.localhost").await;
    let back = discord.agree(&mine.authorize);

    let lost = "http://localhost/discord#error=invalid_state";
    let stateless = back.split_once("&state").expect("a state").0;
    assert_eq!(mine.back(stateless).await, lost);
    let foreign = other.back(&back).await;
    assert_eq!(foreign, "http://acme.localhost/discord#error=invalid_state");
    let none = Way {
        root: app.root(),
        page: mine.page.clone(),
        authorize: String::new(),
    };
    assert_eq!(none.back(&back).await, foreign);
    let unheard = back.replace("acme.localhost", "nobody-is-here.localhost");
    assert_eq!(mine.back(&unheard).await, lost);

    // Whoever tried with it has not used it up.
    assert!(mine.back(&back).await.contains("#code="));
    assert_eq!(mine.back(&back).await, foreign);

    let late = Way::begin(&app, "acme.localhost").await;
    let back = discord.agree(&late.authorize);
    app.advance(SignedDuration::from_mins(11));
    assert_eq!(late.back(&back).await, foreign);
    assert_eq!(linked(&app).await, 0);
}

#[tokio::test]
async fn another_provider_and_a_code_of_another_challenge_bring_nobody_in() {
    let discord = FakeDiscord::start().await;
    let app = house(&discord).await;
    app.tenant("acme").await;
    discord.sign_in(ann());
    let mixed = Way::begin(&app, "acme.localhost").await;
    let back = discord.agree(&mixed.authorize);
    let named = format!("{back}&iss=https%3A%2F%2Fevil.example");
    assert!(mixed.back(&named).await.ends_with("#error=invalid_state"));
    assert_eq!(
        mixed.back(&back).await,
        "http://acme.localhost/discord#error=invalid_state"
    );

    // A code that was made for another attempt's challenge: Discord compares what we show it.
    let (one, two) = (
        Way::begin(&app, "acme.localhost").await,
        Way::begin(&app, "acme.localhost").await,
    );
    let stolen = discord.agree(&one.authorize);
    let code = stolen
        .split_once("code=")
        .expect("a code")
        .1
        .split_once('&')
        .expect("more")
        .0;
    let own = discord.agree(&two.authorize);
    let state = own.split_once("&state=").expect("a state").1;
    let injected =
        format!("http://localhost/api/v1/auth/discord/callback?code={code}&state={state}");
    assert!(
        two.back(&injected)
            .await
            .ends_with("#error=provider_unreached")
    );
    let refused = Way::begin(&app, "acme.localhost").await;
    let own = discord.agree(&refused.authorize);
    let state = own.split_once("&state=").expect("a state").1;
    let denied =
        format!("http://localhost/api/v1/auth/discord/callback?error=access_denied&state={state}");
    assert!(refused.back(&denied).await.ends_with("#error=denied"));
    let down = Way::begin(&app, "acme.localhost").await;
    let back = discord.agree(&down.authorize);
    discord.set_broken(true);
    assert!(
        down.back(&back)
            .await
            .ends_with("#error=provider_unreached")
    );
    assert_eq!((linked(&app).await, sessions(&app).await), (0, 1));
}

#[tokio::test]
async fn a_code_is_good_once_for_a_minute_for_its_page_and_host() {
    let discord = FakeDiscord::start().await;
    let app = house(&discord).await;
    app.tenant("acme").await;
    app.tenant("other").await;
    discord.sign_in(ann());
    let way = Way::begin(&app, "acme.localhost").await;
    let place = way.through(&discord).await;
    let (body, here) = (way.body(&place), app.visitor("acme.localhost"));
    let there = app.visitor("other.localhost");
    there
        .post_json(EXCHANGE, &body)
        .await
        .is_problem(401, "invalid_hand_over");
    let other_page = json!({ "code": body["code"], "page": token256(&SystemEntropy) });
    here.post_json(EXCHANGE, &other_page)
        .await
        .is_problem(401, "invalid_hand_over");
    // A state is no code.
    let state = way.authorize.split_once("state=").expect("a state").1;
    let as_code = json!({ "code": &state[..43], "page": way.page });
    here.post_json(EXCHANGE, &as_code)
        .await
        .is_problem(401, "invalid_hand_over");
    let nonsense = json!({ "code": "x", "page": way.page });
    let told = here
        .post_json(EXCHANGE, &nonsense)
        .await
        .is_problem(400, "validation_failed");
    assert_eq!(told.json()["errors"][0]["pointer"], "/code");

    here.post_json(EXCHANGE, &body).await.is(200);
    here.post_json(EXCHANGE, &body)
        .await
        .is_problem(401, "invalid_hand_over");
    let late = Way::begin(&app, "acme.localhost").await;
    let place = late.through(&discord).await;
    app.advance(SignedDuration::from_secs(61));
    here.post_json(EXCHANGE, &late.body(&place))
        .await
        .is_problem(401, "invalid_hand_over");
    assert_eq!(
        attempts(&app, "acme").await.last().map(String::as_str),
        Some("identity_refused nobody")
    );
}

#[tokio::test]
async fn nobody_comes_in_by_an_address_that_is_not_theirs() {
    let discord = FakeDiscord::start().await;
    let app = house(&discord).await;
    app.tenant("acme").await;
    for (change, word) in [
        (json!({ "verified": false }), "email_unverified"),
        (json!({ "email": null }), "email_missing"),
    ] {
        let mut person = ann();
        let profile = person.profile.as_object_mut().expect("a profile");
        profile.extend(change.as_object().expect("members").clone());
        discord.sign_in(person);
        let way = Way::begin(&app, "acme.localhost").await;
        let place = way.through(&discord).await;
        assert_eq!(place, format!("http://acme.localhost/discord#error={word}"));
    }
    assert_eq!(
        discord.refresh_tokens(),
        0,
        "tokens of nobody are given back"
    );
    let stranger = Person::new("1", "stranger", "stranger@elsewhere.example");
    signed_in(&app, &discord, stranger)
        .await
        .is_problem(403, "no_account");

    // Somebody registered with the victim's address, and has not proven it.
    let users = format!("{}.users", schema(&app, "acme").await);
    run(
        &app,
        &format!("UPDATE {users} SET state = 'unverified', verified_at = NULL"),
    )
    .await;
    signed_in(&app, &discord, ann())
        .await
        .is_problem(403, "email_unverified");
    run(&app, &format!("UPDATE {users} SET state = 'deactivated'")).await;
    signed_in(&app, &discord, ann())
        .await
        .is_problem(403, "no_account");
    assert_eq!((linked(&app).await, sessions(&app).await), (0, 1));
}

async fn link(app: &TestApp, discord: &FakeDiscord, person: &Visitor, other: Person) -> Answer {
    discord.sign_in(other);
    let way = Way::begin(app, "acme.localhost").await;
    let place = way.through(discord).await;
    person.post_json(IDENTITIES, &way.body(&place)).await
}

async fn two_people(acme: &TestTenant<'_>) -> (Visitor, Visitor) {
    (
        acme.owner().clone(),
        acme.member(kernel::roles::Role::Member).await,
    )
}

#[tokio::test]
async fn a_link_is_one_persons_and_the_last_way_in_stays() {
    let discord = FakeDiscord::start().await;
    let app = house(&discord).await;
    let acme = app.tenant("acme").await;
    let (owner, member) = two_people(&acme).await;
    // The address there need not be the one here: both were proven by whoever links them.
    let other = || Person::new("77", "ann.private", "ann@private.example");
    let view = link(&app, &discord, &owner, other()).await.is(201).json();
    link(&app, &discord, &member, other())
        .await
        .is_problem(409, "identity_taken");
    link(&app, &discord, &owner, ann())
        .await
        .is_problem(409, "has_identity");
    signed_in(&app, &discord, other()).await.is(200);

    let path = format!("{IDENTITIES}/{}", view["id"].as_str().expect("an id"));
    member
        .delete(&path)
        .await
        .is_problem(404, "identity_not_found");
    let users = format!("{}.users", schema(&app, "acme").await);
    run(
        &app,
        &format!(
            "CREATE TABLE public.kept AS SELECT password_hash FROM {users} WHERE role = 'owner'"
        ),
    )
    .await;
    run(
        &app,
        &format!("UPDATE {users} SET password_hash = NULL WHERE role = 'owner'"),
    )
    .await;
    owner.delete(&path).await.is_problem(409, "last_way_in");
    run(&app, &format!("UPDATE {users} SET password_hash = (SELECT password_hash FROM public.kept) WHERE role = 'owner'; DROP TABLE public.kept")).await;
    let before = discord.refresh_tokens();
    owner.delete(&path).await.is(204);
    assert_eq!(
        discord.refresh_tokens(),
        before - 1,
        "the tokens are given back"
    );
    signed_in(&app, &discord, other())
        .await
        .is_problem(403, "no_account");

    app.advance(SignedDuration::from_mins(11));
    link(&app, &discord, &owner, ann())
        .await
        .is_problem(403, "reauthentication_required");
}

#[tokio::test]
async fn servers_that_somebody_runs_are_asked_for_at_most_every_five_minutes() {
    let discord = FakeDiscord::start().await;
    let app = house(&discord).await;
    let acme = app.tenant("acme").await;
    let mut person = ann();
    person.guilds = json!([
        { "id": "1", "name": "Owned", "owner": true, "permissions": "0" },
        { "id": "2", "name": "Administered", "owner": false, "permissions": "8" },
        { "id": "3", "name": "Visited", "owner": false, "permissions": "2147483639" },
    ]);
    let view = link(&app, &discord, acme.owner(), person)
        .await
        .is(201)
        .json();
    let path = format!(
        "{IDENTITIES}/{}/guilds",
        view["id"].as_str().expect("an id")
    );
    let asked = || {
        discord
            .paths()
            .iter()
            .filter(|it| it.ends_with("/guilds"))
            .count()
    };

    let shown = acme.owner().get(&path).await.is(200).json();
    let names: Vec<_> = shown["guilds"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it["name"].clone())
        .collect();
    assert_eq!(names, ["Owned", "Administered"]);
    app.advance(SignedDuration::from_secs(299));
    acme.owner().get(&path).await.is(200);
    assert_eq!(asked(), 1);
    app.advance(SignedDuration::from_secs(2));
    // Tokens are renewed where they are over.
    discord.expire_access();
    acme.owner().get(&path).await.is(200);
    assert_eq!(asked(), 3);
    app.advance(SignedDuration::from_mins(6));
    discord.set_broken(true);
    acme.owner()
        .get(&path)
        .await
        .is_problem(502, "provider_unreached");
    discord.set_broken(false);
    acme.owner().get(&path).await.is(200);

    // What cannot be renewed ends the link, and nothing else.
    app.advance(SignedDuration::from_mins(6));
    discord.forget_tokens();
    acme.owner()
        .get(&path)
        .await
        .is_problem(409, "identity_ended");
    acme.owner()
        .get(&path)
        .await
        .is_problem(409, "identity_ended");
    let shown = acme.owner().get(IDENTITIES).await.is(200).json();
    assert_eq!(shown["identities"][0]["state"], "ended");
    let rows = audit(&app, "acme").await;
    assert_eq!(
        rows.iter().filter(|it| it.contains("\"ended\"")).count(),
        1,
        "{rows:?}"
    );
    signed_in(&app, &discord, ann()).await.is(200);
    acme.owner().get(&path).await.is(200);
}

#[tokio::test]
async fn an_account_with_codes_is_asked_for_one_here_too() {
    let discord = FakeDiscord::start().await;
    let app = house(&discord).await;
    let acme = app.tenant("acme").await;
    let made = acme.owner().post("/api/v1/me/totp").await.is(200).json();
    let seed = made["secret"].as_str().expect("a secret").to_owned();
    let seed = passwords::totp::Seed::parse(&seed).expect("a seed");
    let now = |app: &TestApp| kernel::clock::Clock::now(&*app.clock);
    let code = seed.code(now(&app));
    let body = json!({ "code": code });
    acme.owner()
        .post_json("/api/v1/me/totp/confirm", &body)
        .await
        .is(200);

    app.advance(SignedDuration::from_secs(60));
    discord.sign_in(ann());
    let way = Way::begin(&app, "acme.localhost").await;
    let place = way.through(&discord).await;
    let here = app.visitor("acme.localhost");
    let mut body = way.body(&place);
    here.post_json(EXCHANGE, &body)
        .await
        .is_problem(401, "second_factor_required");
    body["totp_code"] = json!("000000");
    here.post_json(EXCHANGE, &body)
        .await
        .is_problem(401, "invalid_code");
    assert_eq!(linked(&app).await, 0);
    body["totp_code"] = json!(seed.code(now(&app)));
    here.post_json(EXCHANGE, &body).await.is(200);
}

#[tokio::test]
async fn without_an_application_there_is_no_discord() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let page = token256(&SystemEntropy);
    let path = format!("/api/v1/auth/discord/start?host=acme.localhost&page={page}");
    app.root().get(path).await.is_problem(404, "discord_off");
    let body = json!({ "code": page, "page": page });
    acme.visitor()
        .post_json(EXCHANGE, &body)
        .await
        .is_problem(404, "discord_off");
    let card = acme
        .visitor()
        .get("/api/v1/organization")
        .await
        .is(200)
        .json();
    assert_eq!(card["sign_in_by"], json!(["passkey"]));
    let bad = app.root().request(
        Method::GET,
        "/api/v1/auth/discord/start?host=acme.localhost&page=x",
    );
    let told = Answer::of(bad).await.is_problem(400, "validation_failed");
    assert_eq!(told.json()["errors"][0]["pointer"], "/page");
}
