//! Whom a change of the rules would shut out, and what of it the log tells.

use proptest::prelude::*;

use super::*;

fn ways(password: bool, passkey: bool, discord: bool, codes: bool) -> WaysOf {
    WaysOf {
        user: uuid::Uuid::from_u128(1).into(),
        password,
        passkey,
        discord,
        codes,
    }
}

const OFFICE: &str = "203.0.113.0/24";

/// Somebody in the office with a password and codes, among owners like them.
fn author() -> Author {
    let own = ways(true, false, false, true);
    Author {
        own,
        address: Some("203.0.113.9".parse().expect("an address")),
        owners: vec![own],
        has_discord: true,
    }
}

fn networks(typed: &[&str]) -> Vec<Network> {
    let read = |it: &&str| Network::parse(it).expect("a network");
    typed.iter().map(read).collect()
}

fn by(methods: &[Method]) -> Rules {
    Rules {
        methods: methods.to_vec(),
        ..Rules::default()
    }
}

fn told(rules: &Rules, author: &Author) -> Vec<(String, String)> {
    let faults = rules.faults(author).into_iter();
    faults.map(|it| (it.pointer, it.code)).collect()
}

fn fault(field: &str, code: &str) -> Vec<(String, String)> {
    vec![(format!("/{field}"), code.to_owned())]
}

#[test]
fn the_rules_of_the_beginning_shut_nobody_out() {
    assert_eq!(told(&Rules::default(), &author()), []);
}

#[test]
fn whoever_changes_the_ways_in_keeps_one() {
    use Method::{Discord, Passkey};
    let locked = fault("methods", "locks_you_out");
    assert_eq!(told(&by(&[Discord, Passkey]), &author()), locked);
    let own = ways(true, false, true, true);
    let linked = Author {
        own,
        owners: vec![own],
        ..author()
    };
    assert_eq!(told(&by(&[Discord, Passkey]), &linked), []);
    let other = Author {
        owners: vec![own, ways(true, true, false, true)],
        ..linked.clone()
    };
    let locked = fault("methods", "locks_owner_out");
    assert_eq!(told(&by(&[Discord]), &other), locked);
    assert_eq!(told(&by(&[Discord, Passkey]), &other), []);
    let own = ways(true, true, true, true);
    let all = Author {
        own,
        owners: vec![own],
        ..author()
    };
    let newcomers = fault("methods", "locks_newcomers_out");
    assert_eq!(told(&by(&[Passkey]), &all), newcomers);
    let off = Author {
        has_discord: false,
        ..all.clone()
    };
    assert_eq!(told(&by(&[Passkey, Discord]), &off), newcomers);
    assert_eq!(told(&by(&[Passkey, Discord]), &all), []);
}

#[test]
fn nobody_asks_of_others_what_they_do_not_have() {
    let rules = Rules {
        second_factor_required: true,
        ..Rules::default()
    };
    assert_eq!(told(&rules, &author()), []);
    let with_passkey = Author {
        own: ways(true, true, false, false),
        ..author()
    };
    assert_eq!(told(&rules, &with_passkey), []);
    let without = Author {
        own: ways(true, false, true, false),
        ..author()
    };
    let locked = fault("second_factor_required", "locks_you_out");
    assert_eq!(told(&rules, &without), locked);
}

#[test]
fn whoever_names_networks_is_in_one_of_them() {
    let from = |list: &[&str], address: Option<&str>| {
        let rules = Rules {
            console_networks: networks(list),
            ..Rules::default()
        };
        let address = address.map(|it| it.parse().expect("an address"));
        let author = Author {
            address,
            ..author()
        };
        told(&rules, &author)
    };
    let locked = fault("console_networks", "locks_you_out");
    assert_eq!(from(&[OFFICE], Some("203.0.113.9")), []);
    assert_eq!(from(&[OFFICE], Some("::ffff:203.0.113.9")), []);
    assert_eq!(from(&[OFFICE, "2001:db8::/32"], Some("2001:db8::9")), []);
    assert_eq!(from(&[OFFICE], Some("203.0.114.9")), locked);
    assert_eq!(from(&[OFFICE], None), locked);
    assert_eq!(from(&[], None), []);
    // Keys are not the author's way in.
    let keys = Rules {
        key_networks: networks(&["192.0.2.0/24"]),
        ..Rules::default()
    };
    assert_eq!(told(&keys, &author()), []);
}

#[test]
fn the_log_is_told_what_differs() {
    let old = Rules::default();
    let new = Rules {
        idle_minutes: 15,
        console_networks: networks(&[OFFICE]),
        ..Rules::default()
    };
    let (before, after) = old.changes(&new);
    assert_eq!(
        before,
        json!({"idle_minutes": 20_160, "console_networks": []})
    );
    assert_eq!(
        after,
        json!({"idle_minutes": 15, "console_networks": [OFFICE]})
    );
    assert_eq!(old.changes(&old), (json!({}), json!({})));
}

proptest! {
    #[test]
    fn no_change_that_passes_shuts_its_author_or_an_owner_out(
        methods in proptest::sample::subsequence(Method::ALL.to_vec(), 0..=3),
        required: bool, has_discord: bool,
        own in any::<[bool; 4]>(), other in any::<[bool; 4]>(),
        network in 0_u8..=32, address in any::<[u8; 4]>(), probe in any::<[u8; 4]>(),
    ) {
        let of = |[password, passkey, discord, codes]: [bool; 4]| {
            ways(password, passkey, discord && has_discord, codes)
        };
        let author = Author {
            own: of(own),
            address: Some(IpAddr::from(address)),
            owners: vec![of(own), of(other)],
            has_discord,
        };
        let rules = Rules {
            methods,
            second_factor_required: required,
            console_networks: networks(&[&format!("{}/{network}", IpAddr::from(probe))]),
            ..Rules::default()
        };
        if rules.faults(&author).is_empty() {
            prop_assert!(author.owners.iter().all(|it| it.by_any(&rules.methods)));
            prop_assert!(!required || author.own.has_second_factor());
            prop_assert!(rules.let_in_from(author.address));
        }
    }
}
