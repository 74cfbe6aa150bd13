//! Which sessions open the gate, and that every fault of one looks the same.

use super::*;
use secrecy::SecretString;

use crate::auth::{Keys, SessionCookie, SessionSecret};
use kernel::id::TenantId;
use kernel::rng::SystemEntropy;
use kernel::roles::{EndpointsRead, Myself, Recent, SignedIn};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("in range")
}

fn session() -> SessionId {
    Uuid::from_u128(3).into()
}

fn user() -> UserId {
    Uuid::from_u128(2).into()
}

fn cookie(secret: &SessionSecret) -> Proof {
    Proof::Cookie(SessionCookie {
        session: session(),
        secret: secret.clone(),
    })
}

fn bearer(user: UserId) -> Proof {
    let master = SecretString::from("m".repeat(32));
    let keys = Keys::derive("x", &master, &[]).expect("long enough");
    let tenant: TenantId = Uuid::from_u128(1).into();
    let token = keys.sign_access_token(tenant, user, session(), at(0));
    Proof::Bearer(
        keys.verify_access_token(&token, tenant, at(0))
            .expect("it is good"),
    )
}

/// A good session of a member, by browser.
fn row(secret: &SessionSecret) -> SessionRow {
    SessionRow {
        user: user(),
        kind: Kind::Browser,
        operator: None,
        secret_hash: secret.hash().to_vec(),
        active: true,
        role: Role::Member,
        authenticated_at: at(-599),
        last_seen_at: at(-1_000),
        idle: SignedDuration::from_secs(1_800),
        elsewhere: false,
        owing: false,
        expires_at: at(100),
        revoked: false,
    }
}

fn recently() -> Ask {
    Ask {
        recent: true,
        ..Ask::default()
    }
}

#[test]
fn a_sensitive_act_wants_a_recent_proof() {
    let secret = SessionSecret::generate(&SystemEntropy);
    let judged = |ask, now| row(&secret).judge(&cookie(&secret), ask, now).map(drop);
    assert_eq!(judged(recently(), at(0)), Ok(()));
    assert_eq!(judged(recently(), at(1)), Err(Refusal::Stale));
    assert_eq!(judged(Ask::default(), at(1)), Ok(()));
    let both = Ask {
        recent: true,
        ..Ask::to(Permission::EndpointsWrite)
    };
    assert_eq!(
        judged(both, at(1)),
        Err(Refusal::Forbidden(Permission::EndpointsWrite)),
        "no new proof helps where the role is missing"
    );
}

#[test]
fn a_session_outlives_its_idle_time_by_no_more_than_the_minute_that_is_not_written_down() {
    let secret = SessionSecret::generate(&SystemEntropy);
    let last = but(&secret, |row| row.last_seen_at = at(-1_859));
    let judged = last.judge(&cookie(&secret), Ask::default(), at(0));
    assert!(judged.is_ok(), "{judged:?}");
    let program = but(&secret, |row| {
        row.kind = Kind::Program;
        row.last_seen_at = at(-1_000_000);
    });
    let judged = program.judge(&bearer(user()), Ask::default(), at(0));
    assert!(judged.is_ok(), "{judged:?}");
}

#[test]
fn an_open_socket_outlives_its_cookies_secret_and_nothing_else() {
    let secret = SessionSecret::generate(&SystemEntropy);
    let old = cookie(&SessionSecret::generate(&SystemEntropy));
    let again = |row: SessionRow| row.judge(&old, Ask::default().again(), at(0)).map(drop);
    assert_eq!(again(row(&secret)), Ok(()));
    let revoked = but(&secret, |row| row.revoked = true);
    assert_eq!(again(revoked), Err(Refusal::Unauthenticated));
    let inactive = but(&secret, |row| row.active = false);
    assert_eq!(again(inactive), Err(Refusal::Unauthenticated));
}

#[test]
fn nobody_of_the_platform_acts_on_a_persons_own_account() {
    let secret = SessionSecret::generate(&SystemEntropy);
    let support = but(&secret, |row| row.kind = Kind::Support);
    let judged = |ask| support.judge(&cookie(&secret), ask, at(0)).map(drop);
    assert_eq!(judged(Ask::of::<SignedIn>(false)), Ok(()));
    assert_eq!(judged(Ask::of::<Myself>(false)), Err(Refusal::NotThePerson));
    let sensitive = Ask::of::<Recent<EndpointsRead>>(false);
    assert_eq!(judged(sensitive), Err(Refusal::NotThePerson));
    let own = row(&secret);
    let own = |ask| own.judge(&cookie(&secret), ask, at(0)).map(drop);
    assert_eq!(own(Ask::of::<Myself>(false)), Ok(()));
    assert_eq!(own(sensitive), Ok(()));
}

#[test]
fn a_good_session_tells_who_is_calling() {
    let secret = SessionSecret::generate(&SystemEntropy);
    let caller = Caller {
        user: user(),
        session: session(),
        role: Role::Member,
        operator: None,
        allowed: Permissions::of(Role::Member),
        key: None,
        owing: false,
    };
    let standing = row(&secret).judge(&cookie(&secret), Ask::to(Permission::ChecksRun), at(0));
    assert_eq!(standing, Ok(caller));
    assert_eq!(
        row(&secret).judge(&cookie(&secret), Ask::default(), at(99)),
        Ok(caller)
    );
    let program = SessionRow {
        kind: Kind::Program,
        ..row(&secret)
    };
    assert_eq!(
        program.judge(&bearer(user()), Ask::default(), at(0)),
        Ok(caller)
    );
}

#[test]
fn a_role_without_the_permission_is_refused_by_its_name() {
    let secret = SessionSecret::generate(&SystemEntropy);
    let missing = Permission::EndpointsWrite;
    assert_eq!(
        row(&secret).judge(&cookie(&secret), Ask::to(missing), at(0)),
        Err(Refusal::Forbidden(missing))
    );
}

/// The good session, changed in one way.
fn but(secret: &SessionSecret, change: impl FnOnce(&mut SessionRow)) -> SessionRow {
    let mut row = row(secret);
    change(&mut row);
    row
}

#[test]
fn whatever_is_wrong_with_a_session_looks_the_same() {
    let secret = SessionSecret::generate(&SystemEntropy);
    let own = || cookie(&secret);
    let foreign = cookie(&SessionSecret::generate(&SystemEntropy));
    let stranger = bearer(Uuid::from_u128(9).into());
    let short = secret.hash()[..31].to_vec();
    let wrong = [
        ("expired", but(&secret, |row| row.expires_at = at(0)), own()),
        ("revoked", but(&secret, |row| row.revoked = true), own()),
        ("inactive", but(&secret, |row| row.active = false), own()),
        (
            "a program's session by cookie",
            but(&secret, |row| row.kind = Kind::Program),
            own(),
        ),
        (
            "nobody there for too long",
            but(&secret, |row| row.last_seen_at = at(-1_860)),
            own(),
        ),
        (
            "a support session by token",
            but(&secret, |row| row.kind = Kind::Support),
            bearer(user()),
        ),
        ("a browser's session by token", row(&secret), bearer(user())),
        ("another secret", row(&secret), foreign),
        (
            "no hash",
            but(&secret, |row| row.secret_hash.clear()),
            own(),
        ),
        (
            "a short hash",
            but(&secret, |row| row.secret_hash = short),
            own(),
        ),
        (
            "somebody else's token",
            but(&secret, |row| row.kind = Kind::Program),
            stranger,
        ),
    ];
    for (what, row, proof) in wrong {
        // Also where the role would not be enough: who is not signed in learns nothing of roles.
        for ask in [
            Ask::default(),
            Ask::to(Permission::EndpointsWrite),
            recently(),
        ] {
            let standing = row.judge(&proof, ask, at(0));
            assert_eq!(standing, Err(Refusal::Unauthenticated), "{what}");
        }
    }
}

#[test]
fn somebody_of_the_platform_looks_and_leaves_and_no_more() {
    use kernel::roles::{EndpointsRead, Leaving, Myself, Recent, SignedIn};
    let secret = SessionSecret::generate(&SystemEntropy);
    let operator = Some(Uuid::from_u128(9).into());
    let support = SessionRow {
        kind: Kind::Support,
        operator,
        role: Role::Viewer,
        ..row(&secret)
    };
    let judged = |ask| {
        support
            .judge(&cookie(&secret), ask, at(0))
            .map(|caller| caller.operator)
    };
    for allowed in [
        Ask::of::<SignedIn>(false),
        Ask::of::<EndpointsRead>(false),
        Ask::of::<Leaving>(true),
    ] {
        assert_eq!(judged(allowed), Ok(operator), "{allowed:?}");
    }
    let (write, person) = (Refusal::Support, Refusal::NotThePerson);
    for (refused, why) in [
        (Ask::of::<SignedIn>(true), write),
        (Ask::of::<EndpointsRead>(true), write),
        (Ask::of::<Myself>(false), person),
        (Ask::of::<Recent<EndpointsRead>>(false), person),
    ] {
        assert_eq!(judged(refused), Err(why), "{refused:?}");
        let person = row(&secret).judge(&cookie(&secret), refused, at(0));
        assert!(person.is_ok(), "{refused:?}");
    }
    let missing = Ask::to(Permission::EndpointsWrite);
    assert_eq!(
        judged(missing),
        Err(Refusal::Forbidden(Permission::EndpointsWrite))
    );
}

#[test]
fn from_elsewhere_a_session_only_ends() {
    use kernel::roles::Leaving;
    let secret = SessionSecret::generate(&SystemEntropy);
    let elsewhere = but(&secret, |row| row.elsewhere = true);
    let judged = |ask| elsewhere.judge(&cookie(&secret), ask, at(0)).map(drop);
    for refused in [
        Ask::of::<SignedIn>(false),
        Ask::of::<Myself>(false),
        Ask::of::<EndpointsRead>(true),
        Ask::default().again(),
        Ask::to(Permission::ChecksRun).again(),
    ] {
        assert_eq!(judged(refused), Err(Refusal::Elsewhere), "{refused:?}");
    }
    assert_eq!(judged(Ask::of::<Leaving>(true)), Ok(()));
    let over = but(&secret, |row| {
        row.elsewhere = true;
        row.revoked = true;
    });
    assert_eq!(
        over.judge(&cookie(&secret), Ask::default(), at(0)),
        Err(Refusal::Unauthenticated),
        "whoever is not signed in learns nothing of networks"
    );
}

#[test]
fn whoever_owes_a_second_factor_sets_one_up_and_no_more() {
    use kernel::roles::{Enrolling, Leaving, Recognized};
    let secret = SessionSecret::generate(&SystemEntropy);
    let owing = but(&secret, |row| {
        row.owing = true;
        row.role = Role::Owner;
    });
    let judged = |ask| owing.judge(&cookie(&secret), ask, at(0));
    for allowed in [
        Ask::of::<Enrolling>(true),
        Ask::of::<Recent<Enrolling>>(true),
        Ask::of::<Recognized>(false),
        Ask::of::<Leaving>(true),
    ] {
        assert_eq!(judged(allowed).map(|it| it.owing), Ok(true), "{allowed:?}");
    }
    for refused in [
        Ask::default().again(),
        Ask::of::<SignedIn>(false),
        Ask::of::<Myself>(false),
        Ask::of::<EndpointsRead>(false),
        Ask::of::<Recent<EndpointsRead>>(true),
        Ask::to(Permission::OrganizationOwn),
    ] {
        assert_eq!(judged(refused), Err(Refusal::Owing), "{refused:?}");
    }
}
