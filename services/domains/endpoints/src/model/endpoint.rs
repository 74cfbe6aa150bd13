//! Something that is watched, and what people may do with it.

use jiff::{SignedDuration, Timestamp};
use kernel::id::EndpointId;

use super::check::CheckResult;
use super::health::{Health, State};
use super::settings::Settings;

/// How long a deleted endpoint can be restored.
pub const KEPT_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Something that is watched.
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// What people decided about it.
    pub settings: Settings,
    /// How it is.
    pub health: Health,
    /// When it was last asked.
    pub last_checked_at: Option<Timestamp>,
    /// What came of it.
    pub last_result: Option<CheckResult>,
    /// Counts changes that people make, from 1. What checks find out does not count.
    pub revision: i32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When somebody last changed it.
    pub updated_at: Timestamp,
    /// Since when nobody looks.
    pub paused_at: Option<Timestamp>,
    /// Since when it is in the bin.
    pub deleted_at: Option<Timestamp>,
}

impl Endpoint {
    /// A new one, waiting for its first check.
    pub fn new(id: EndpointId, settings: Settings, now: Timestamp) -> Self {
        Self {
            id,
            settings,
            health: Health::settled(State::Pending, now),
            last_checked_at: None,
            last_result: None,
            revision: 1,
            created_at: now,
            updated_at: now,
            paused_at: None,
            deleted_at: None,
        }
    }

    /// The same with other settings; `None` where nothing differs. What was found out about another
    /// target says nothing about this one: it waits for its first check again.
    pub fn changed(&self, settings: Settings, now: Timestamp) -> Option<Self> {
        if settings == self.settings {
            return None;
        }
        let health = if self.paused_at.is_some() || self.settings.same_target(&settings) {
            self.health
        } else {
            Health::settled(State::Pending, now)
        };
        Some(Self {
            settings,
            health,
            ..self.touched(now)
        })
    }

    /// The same, with nobody looking; `None` where nobody does already.
    pub fn paused(&self, now: Timestamp) -> Option<Self> {
        self.paused_at.is_none().then(|| Self {
            health: Health::settled(State::Paused, now),
            paused_at: Some(now),
            ..self.touched(now)
        })
    }

    /// The same, waiting for a check; `None` where it is not paused.
    pub fn resumed(&self, now: Timestamp) -> Option<Self> {
        self.paused_at.is_some().then(|| Self {
            health: Health::settled(State::Pending, now),
            paused_at: None,
            ..self.touched(now)
        })
    }

    /// The same in the bin; `None` where it is there already.
    pub fn deleted(&self, now: Timestamp) -> Option<Self> {
        self.deleted_at.is_none().then(|| Self {
            deleted_at: Some(now),
            ..self.touched(now)
        })
    }

    /// The same out of the bin, paused if it was, else waiting for a check; `None` where it is not in
    /// the bin.
    pub fn restored(&self, now: Timestamp) -> Option<Self> {
        let state = match self.paused_at {
            Some(_) => State::Paused,
            None => State::Pending,
        };
        self.deleted_at.is_some().then(|| Self {
            health: Health::settled(state, now),
            deleted_at: None,
            ..self.touched(now)
        })
    }

    /// Whether its time in the bin is over.
    pub fn expired(&self, now: Timestamp) -> bool {
        self.deleted_at
            .is_some_and(|deleted_at| now.duration_since(deleted_at) >= KEPT_FOR)
    }

    fn touched(&self, now: Timestamp) -> Self {
        Self {
            revision: self.revision.saturating_add(1),
            updated_at: now,
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use egress::TargetPolicy;

    use super::*;
    use crate::model::settings::{Draft, Rules};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_176_000 + second).unwrap()
    }

    fn settings(name: &str, url: &str) -> Settings {
        let draft = Draft {
            name: Some(name.to_owned()),
            url: Some(url.to_owned()),
            ..Draft::default()
        };
        let rules = Rules {
            policy: &TargetPolicy::default(),
            min_interval_seconds: 10,
        };
        Settings::parse(draft, None, rules).unwrap()
    }

    fn watched() -> Endpoint {
        let new = Endpoint::new(
            uuid::Uuid::nil().into(),
            settings("x", "http://a.example"),
            at(0),
        );
        Endpoint {
            health: Health::settled(State::Up, at(1)),
            ..new
        }
    }

    #[test]
    fn a_new_name_keeps_the_state_and_a_new_address_does_not() {
        let renamed = watched()
            .changed(settings("y", "http://a.example"), at(9))
            .unwrap();
        assert_eq!(renamed.health, watched().health);
        assert_eq!((renamed.revision, renamed.updated_at), (2, at(9)));
        let moved = watched()
            .changed(settings("x", "http://b.example"), at(9))
            .unwrap();
        assert_eq!(moved.health, Health::settled(State::Pending, at(9)));
        assert_eq!(watched().changed(watched().settings, at(9)), None);
    }

    #[test]
    fn what_is_done_twice_changes_nothing_the_second_time() {
        let paused = watched().paused(at(2)).unwrap();
        assert_eq!(paused.health.state, State::Paused);
        assert_eq!(paused.paused(at(3)), None);
        assert_eq!(paused.resumed(at(4)).unwrap().health.state, State::Pending);
        assert_eq!(watched().resumed(at(4)), None);
        let deleted = paused.deleted(at(5)).unwrap();
        assert_eq!(deleted.deleted(at(6)), None);
        assert_eq!(deleted.restored(at(6)).unwrap().health.state, State::Paused);
        assert_eq!(watched().restored(at(6)), None);
    }

    #[test]
    fn a_paused_endpoint_stays_paused_when_it_is_changed() {
        let paused = watched().paused(at(2)).unwrap();
        let moved = paused
            .changed(settings("x", "http://b.example"), at(3))
            .unwrap();
        assert_eq!(moved.health, paused.health);
    }

    #[test]
    fn the_bin_keeps_for_seven_days() {
        let deleted = watched().deleted(at(0)).unwrap();
        assert!(!deleted.expired(at(7 * 86_400 - 1)));
        assert!(deleted.expired(at(7 * 86_400)));
        assert!(!watched().expired(at(i64::from(u32::MAX))));
    }
}
