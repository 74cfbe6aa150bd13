//! Rooms, memory and places in the hub, without sockets.

use super::*;
use kernel::rng::SystemEntropy;

const ACME: u128 = 1;
const GLOBEX: u128 = 2;

fn tenant(n: u128) -> TenantId {
    Uuid::from_u128(n).into()
}

fn session(n: u128) -> SessionId {
    Uuid::from_u128(n).into()
}

fn hub() -> Hub {
    Hub::new(Arc::new(SystemEntropy), 3)
}

fn seat(hub: &Hub, tenant_id: u128, rooms: &[&str]) -> Seat {
    let (seat, _) = hub
        .enter(tenant(tenant_id), session(tenant_id))
        .expect("there is room");
    for room in rooms {
        assert!(seat.join(room));
    }
    seat
}

fn say(hub: &Hub, tenant_id: u128, room: &str, n: u128) {
    hub.publish(
        tenant(tenant_id),
        room,
        "endpoint.changed",
        Uuid::from_u128(n),
    );
}

/// What has arrived, as numbers of things; `-1` for a loss, `-2` for a close.
fn heard(seat: &mut Seat) -> Vec<i64> {
    let mut all = Vec::new();
    while let Ok(outgoing) = seat.queue.try_recv() {
        all.push(match outgoing {
            Outgoing::Text(text) => thing(&text),
            Outgoing::Lost => -1,
            Outgoing::Close(_) => -2,
        });
    }
    all
}

fn thing(text: &str) -> i64 {
    let hint: serde_json::Value = serde_json::from_str(text).expect("JSON");
    let id: Uuid = hint["id"].as_str().expect("an id").parse().expect("a UUID");
    i64::try_from(id.as_u128()).expect("small")
}

fn greeting(hub: &Hub, tenant_id: u128) -> (String, u64) {
    let (_seat, greeting) = hub
        .enter(tenant(tenant_id), session(9))
        .expect("there is room");
    let hello: serde_json::Value = serde_json::from_str(&greeting).expect("JSON");
    let epoch = hello["epoch"].as_str().expect("an epoch").to_owned();
    (epoch, hello["seq"].as_u64().expect("a number"))
}

fn missed(seat: &Seat, epoch: &str, since: u64) -> Option<Vec<i64>> {
    match seat.missed(epoch, since) {
        Missed::Hints(hints) => Some(hints.iter().map(|text| thing(text)).collect()),
        Missed::Unknown => None,
    }
}

#[test]
fn a_hint_reaches_its_room_on_its_tenant_and_nobody_else() {
    let hub = hub();
    let mut org = seat(&hub, ACME, &["org"]);
    let mut other_room = seat(&hub, ACME, &["endpoint:1"]);
    let mut other_tenant = seat(&hub, GLOBEX, &["org"]);
    say(&hub, ACME, "org", 7);
    assert_eq!(heard(&mut org), [7]);
    assert!(heard(&mut other_room).is_empty());
    assert!(heard(&mut other_tenant).is_empty());
    org.leave("org");
    say(&hub, ACME, "org", 8);
    assert!(heard(&mut org).is_empty());
}

#[test]
fn a_client_that_comes_back_hears_what_it_missed() {
    let hub = hub();
    let mut first = seat(&hub, ACME, &["org"]);
    let (epoch, since) = greeting(&hub, ACME);
    say(&hub, ACME, "org", 1);
    say(&hub, ACME, "endpoint:5", 2);
    say(&hub, ACME, "org", 3);
    assert_eq!(heard(&mut first), [1, 3]);
    drop(first);
    say(&hub, ACME, "org", 4);
    let again = seat(&hub, ACME, &["org"]);
    assert_eq!(missed(&again, &epoch, since), Some(vec![1, 3, 4]));
    assert_eq!(missed(&again, &epoch, since + 3), Some(vec![4]));
    assert_eq!(missed(&again, &epoch, since + 4), Some(vec![]));
}

#[test]
fn a_client_that_cannot_be_brought_up_to_date_is_told_so() {
    let hub = hub();
    let seat = seat(&hub, ACME, &["org"]);
    let (epoch, since) = greeting(&hub, ACME);
    assert_eq!(missed(&seat, "of another process", since), None);
    assert_eq!(missed(&seat, &epoch, since + 1), None, "from the future");
    for n in 0..=MEMORY as u128 {
        say(&hub, ACME, "endpoint:5", n);
    }
    assert_eq!(
        missed(&seat, &epoch, since),
        None,
        "more than is remembered"
    );
    assert_eq!(missed(&seat, &epoch, since + 1), Some(vec![]));
}

#[test]
fn hints_older_than_the_memory_are_forgotten() {
    let hub = hub();
    let seat = seat(&hub, ACME, &["org"]);
    let (epoch, since) = greeting(&hub, ACME);
    let start = Instant::now();
    hub.publish_at(start, tenant(ACME), "org", "x", Uuid::from_u128(1));
    let later = start + MEMORY_TIME + Duration::from_secs(1);
    hub.publish_at(later, tenant(ACME), "org", "x", Uuid::from_u128(2));
    assert_eq!(missed(&seat, &epoch, since), None);
    assert_eq!(missed(&seat, &epoch, since + 1), Some(vec![2]));
}

#[test]
fn a_tenant_nobody_listens_to_costs_nothing() {
    let hub = hub();
    say(&hub, ACME, "org", 1);
    assert_eq!(hub.state().tenants.len(), 0);
    drop(seat(&hub, ACME, &["org"]));
    assert_eq!(hub.state().tenants.len(), 1, "remembered for a while");
    let later = Instant::now() + MEMORY_TIME + Duration::from_secs(1);
    hub.publish_at(later, tenant(ACME), "org", "x", Uuid::nil());
    assert_eq!(hub.state().tenants.len(), 0);
    assert_eq!(hub.sockets(), 0);
}

#[test]
fn a_slow_client_loses_its_place_and_holds_nobody_up() {
    let hub = hub();
    let mut slow = seat(&hub, ACME, &["org"]);
    let mut quick = seat(&hub, ACME, &["org"]);
    for n in 0..=QUEUE as u128 {
        say(&hub, ACME, "org", n);
        assert_eq!(heard(&mut quick).len(), 1);
    }
    assert_eq!(hub.sockets(), 1);
    assert_eq!(heard(&mut slow).len(), QUEUE);
    assert!(slow.queue.is_closed());
    assert!(!slow.join("org"));
}

#[test]
fn the_end_of_a_session_closes_its_sockets_only() {
    let hub = hub();
    let mut ended = seat(&hub, ACME, &["org"]);
    let (mut other, _) = hub.enter(tenant(ACME), session(77)).expect("there is room");
    hub.end_session(tenant(GLOBEX), session(ACME));
    assert!(heard(&mut ended).is_empty());
    hub.end_session(tenant(ACME), session(ACME));
    assert_eq!(heard(&mut ended), [-2]);
    assert!(heard(&mut other).is_empty());
    assert_eq!(hub.sockets(), 1);
}

#[test]
fn a_loss_is_told_and_nothing_from_before_counts() {
    let hub = hub();
    let mut seat = seat(&hub, ACME, &["org"]);
    let (epoch, since) = greeting(&hub, ACME);
    say(&hub, ACME, "org", 1);
    hub.lost();
    assert_eq!(heard(&mut seat), [1, -1]);
    assert_eq!(missed(&seat, &epoch, since), None);
    let (new_epoch, now) = greeting(&hub, ACME);
    assert_ne!(new_epoch, epoch);
    assert_eq!(missed(&seat, &new_epoch, now), Some(vec![]));
}

#[test]
fn a_tenant_has_a_bounded_number_of_sockets() {
    let hub = hub();
    let seats: Vec<Seat> = (0..3).map(|_| seat(&hub, ACME, &[])).collect();
    assert_eq!(
        hub.enter(tenant(ACME), session(1)).err(),
        Some(NoSeat::Full)
    );
    assert!(hub.enter(tenant(GLOBEX), session(1)).is_ok());
    drop(seats);
    assert!(hub.enter(tenant(ACME), session(1)).is_ok());
}

#[test]
fn a_socket_is_in_a_bounded_number_of_rooms() {
    let hub = hub();
    let seat = seat(&hub, ACME, &[]);
    for n in 0..ROOMS_PER_SOCKET {
        assert!(seat.join(&format!("endpoint:{n}")));
    }
    assert!(!seat.join("org"));
    assert!(seat.join("endpoint:0"), "it is there already");
}

#[test]
fn stopping_asks_all_to_come_back_and_lets_nobody_in() {
    let hub = hub();
    let mut seat = seat(&hub, ACME, &["org"]);
    hub.shut_down();
    assert_eq!(heard(&mut seat), [-2]);
    assert_eq!(
        hub.enter(tenant(ACME), session(1)).err(),
        Some(NoSeat::Stopped)
    );
    drop(seat);
}
