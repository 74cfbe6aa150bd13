//! Switches are read once and kept, until somebody says that they changed.

use db::DbError;
use tenancy::switches::{self, Module, Positions, RegistrationSwitch, Switches};
use testkit::TestDb;

async fn set_banner(db: &TestDb, text: Option<&str>) -> bool {
    db.db
        .write_platform(async |tx| switches::set_banner(tx, text).await)
        .await
        .expect("a switch is thrown")
}

#[tokio::test]
async fn a_new_house_has_every_switch_open() {
    let db = TestDb::start().await;
    let read = db.db.read_platform(switches::read).await;
    assert_eq!(read.expect("positions"), Positions::default());
    assert_eq!(
        *Switches::new(db.db.clone()).current().await,
        Positions::default()
    );
}

#[tokio::test]
async fn every_switch_is_kept_as_it_was_thrown_and_says_whether_it_moved() {
    let db = TestDb::start().await;
    let acme = db.tenant("acme").await.id();
    let thrown: Result<Vec<bool>, DbError> = db
        .db
        .write_platform(async |tx| {
            Ok(vec![
                switches::set_registration(tx, RegistrationSwitch::Closed).await?,
                switches::set_registration(tx, RegistrationSwitch::Closed).await?,
                switches::set_maintenance(tx, true).await?,
                switches::set_maintenance(tx, true).await?,
                switches::set_banner(tx, Some("Soon")).await?,
                switches::set_banner(tx, Some("Soon")).await?,
                switches::set_module(tx, acme, Module::Endpoints, false).await?,
                switches::set_module(tx, acme, Module::Endpoints, false).await?,
            ])
        })
        .await;
    let twice = [true, false].repeat(4);
    assert_eq!(thrown.expect("they move"), twice);
    let positions = db.db.read_platform(switches::read).await;
    let positions = positions.expect("positions");
    assert_eq!(positions.registration, RegistrationSwitch::Closed);
    assert!(positions.maintenance && positions.is_off(acme, Module::Endpoints));
    assert_eq!(positions.banner.as_deref(), Some("Soon"));

    let back = db.db.write_platform(async |tx| {
        switches::set_module(tx, acme, Module::Endpoints, true).await?;
        switches::read(tx).await
    });
    let back = back.await.expect("positions");
    assert!(!back.is_off(acme, Module::Endpoints));
}

#[tokio::test]
async fn what_is_known_is_kept_until_it_is_said_to_have_changed() {
    let db = TestDb::start().await;
    let known = Switches::new(db.db.clone());
    let elsewhere = known.clone();
    assert_eq!(known.current().await.banner, None);
    assert!(set_banner(&db, Some("Soon")).await);
    assert_eq!(known.current().await.banner, None, "nobody has said so");
    elsewhere.forget();
    assert_eq!(known.current().await.banner.as_deref(), Some("Soon"));
}

#[tokio::test]
async fn switches_that_cannot_be_read_stay_as_they_were() {
    let db = TestDb::start().await;
    assert!(set_banner(&db, Some("Soon")).await);
    let known = Switches::new(db.db.clone());
    known.current().await;
    let superuser = db.superuser().await;
    superuser
        .batch("REVOKE SELECT ON platform.switches FROM signalbox_app")
        .await
        .expect("the right goes");
    known.forget();
    assert_eq!(known.current().await.banner.as_deref(), Some("Soon"));
}

#[tokio::test]
async fn a_position_that_is_none_is_refused_by_the_table() {
    let db = TestDb::start().await;
    let owner = db.owner().await;
    for broken in [
        "UPDATE platform.switches SET registration = 'ajar'",
        "UPDATE platform.switches SET banner = ''",
        "INSERT INTO platform.switches (only_row) VALUES (false)",
        "INSERT INTO platform.switches (only_row) VALUES (true)",
    ] {
        assert!(owner.batch(broken).await.is_err(), "{broken}");
    }
}
