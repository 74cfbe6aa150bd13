//! What is not loaded, and that nothing of it stays.

use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;

use flate2::Compression;
use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};
use tenancy::archive::ArchiveError;

use super::*;

/// Everything that an import could leave: schemas, roles, rows of the platform.
async fn everything(owner: &OwnerConnection) -> Vec<i64> {
    let mut counts = Vec::new();
    for what in [
        "pg_namespace WHERE nspname ~ '^t_'",
        "platform.tenants",
        "platform.hosts",
        "platform.work",
        "platform.check_schedule",
        "platform.address_hashes",
    ] {
        counts.push(count(owner, what).await);
    }
    counts
}

struct Stage {
    test: TestDb,
    owner: OwnerConnection,
    _folder: tempfile::TempDir,
    path: PathBuf,
    before: Vec<i64>,
}

impl Stage {
    async fn set() -> Self {
        let (here, test) = (TestDb::start().await, TestDb::start().await);
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("acme.tar.gz");
        furnished(&here, "acme").await;
        export(&here.owner().await, "acme", &path).await;
        let owner = test.owner().await;
        let before = everything(&owner).await;
        Self {
            test,
            owner,
            _folder: folder,
            path,
            before,
        }
    }

    /// The refusal of `bytes` as an archive, after which everything is as before.
    async fn refusal(&self, bytes: &[u8]) -> ArchiveError {
        let path = self.path.with_extension("bad");
        fs::write(&path, bytes).expect("a file");
        let error = import(&self.owner, &path, arrival(&self.test, None))
            .await
            .expect_err("a refusal");
        assert_eq!(everything(&self.owner).await, self.before, "{error}");
        error
    }

    /// The same archive, sealed and hashed anew after `change` has had its way with each entry.
    fn rewritten(&self, change: impl Fn(&str, Vec<u8>) -> (String, Vec<u8>)) -> Vec<u8> {
        let file = fs::read(&self.path).expect("the archive");
        let mut tar = Vec::new();
        GzDecoder::new(file.as_slice())
            .read_to_end(&mut tar)
            .expect("a tar");
        let mut from = tar::Archive::new(tar.as_slice());
        let mut to = tar::Builder::new(Vec::new());
        for entry in from.entries().expect("entries") {
            let mut entry = entry.expect("an entry");
            let name = entry.path().expect("a name").display().to_string();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("its bytes");
            let (name, bytes) = change(&name, bytes);
            let mut header = tar::Header::new_ustar();
            header.set_size(bytes.len() as u64);
            header.set_entry_type(tar::EntryType::Regular);
            to.append_data(&mut header, &name, bytes.as_slice())
                .expect("an entry");
        }
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(&to.into_inner().expect("a tar"))
            .expect("bytes");
        let mut bytes = gzip.finish().expect("a gzip");
        let digest = Sha256::digest(&bytes);
        bytes.extend([
            0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 36, 0, b'S', b'B', 32, 0,
        ]);
        bytes.extend(digest);
        bytes.extend([3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        bytes
    }

    /// `from` becomes `to` in both descriptions.
    fn redescribed(&self, from: &str, to: &str) -> Vec<u8> {
        self.rewritten(|name, bytes| {
            let bytes = if name.ends_with(".json") {
                let text = String::from_utf8(bytes).expect("text");
                assert!(text.contains(from), "{from} is not in {text}");
                text.replacen(from, to, 1).into_bytes()
            } else {
                bytes
            };
            (name.to_owned(), bytes)
        })
    }
}

#[tokio::test]
async fn an_archive_with_one_byte_changed_is_refused_wherever_it_is() {
    let stage = Stage::set().await;
    let whole = fs::read(&stage.path).expect("the archive");
    let mut seed: u64 = 2026;
    let mut places: Vec<usize> = (0..250)
        .map(|_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(seed >> 33).expect("a place") % whole.len()
        })
        .collect();
    // The header and the seal, byte by byte.
    places.extend(0..16);
    places.extend(whole.len() - 70..whole.len());
    for place in places {
        let mut bytes = whole.clone();
        bytes[place] ^= 1 << (place % 8);
        let error = archive::verify(bytes.as_slice()).expect_err("a refusal");
        assert!(
            matches!(error, ArchiveError::Corrupt(_)),
            "{place}: {error}"
        );
    }
    let mut bytes = whole.clone();
    bytes[whole.len() / 2] ^= 4;
    let error = stage.refusal(&bytes).await;
    assert!(matches!(error, ArchiveError::Corrupt(_)), "{error}");
}

#[tokio::test]
async fn an_archive_that_was_cut_off_or_added_to_is_refused() {
    let stage = Stage::set().await;
    let whole = fs::read(&stage.path).expect("the archive");
    for length in [
        0,
        1,
        9,
        68,
        1000,
        whole.len() / 2,
        whole.len() - 68,
        whole.len() - 1,
    ] {
        let error = archive::verify(&whole[..length]).expect_err("a refusal");
        assert!(
            matches!(error, ArchiveError::Corrupt(_)),
            "{length}: {error}"
        );
    }
    let error = archive::verify([whole.as_slice(), b"x"].concat().as_slice()).expect_err("longer");
    assert!(matches!(error, ArchiveError::Corrupt(_)), "{error}");
    let error = stage.refusal(&whole[..whole.len() - 1000]).await;
    assert!(matches!(error, ArchiveError::Corrupt(_)), "{error}");
    // The control: the whole one is taken.
    import(&stage.owner, &stage.path, arrival(&stage.test, None))
        .await
        .expect("the whole one");
}

#[tokio::test]
async fn an_archive_of_a_later_version_is_refused() {
    let stage = Stage::set().await;
    let later = stage.redescribed("\"format\": 1", "\"format\": 2");
    let error = stage.refusal(&later).await;
    assert_eq!(
        error.to_string(),
        "the archive is too new: it has format 2, this version of Signalbox reads up to 1"
    );
    let version = about_of(&stage.path).schema_version;
    let later = stage.redescribed(
        &format!("\"schema_version\": {version}"),
        &format!("\"schema_version\": {}", version + 1),
    );
    archive::verify(later.as_slice()).expect("it is whole");
    let error = stage.refusal(&later).await;
    assert!(
        matches!(
            error,
            ArchiveError::TooNew {
                what: "schema version",
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn an_archive_that_names_something_else_is_refused() {
    let stage = Stage::set().await;
    for table in [
        "qvotas",
        "refinery_schema_history",
        "platform.tenants",
        "users\\\"; --",
    ] {
        let named = |text: &str| text.replace("\"quotas\"", &format!("\"{table}\""));
        let renamed = stage.rewritten(|name, bytes| match name {
            "manifest.json" | "about.json" => {
                let text = String::from_utf8(bytes).expect("text");
                (name.to_owned(), named(&text).into_bytes())
            }
            _ => (name.replace("quotas", &table.replace('\\', "")), bytes),
        });
        archive::verify(renamed.as_slice()).expect("it is whole in itself");
        let error = stage.refusal(&renamed).await;
        assert!(
            matches!(error, ArchiveError::DoesNotFit(_)),
            "{table}: {error}"
        );
    }
    for column in ["user_agents", "user_agent; DROP TABLE users", "user_id"] {
        let renamed = stage.redescribed("\"user_agent\"", &format!("\"{column}\""));
        let error = stage.refusal(&renamed).await;
        assert!(
            matches!(error, ArchiveError::DoesNotFit(_)),
            "{column}: {error}"
        );
    }
}

#[tokio::test]
async fn rows_that_the_database_does_not_take_are_refused() {
    let stage = Stage::set().await;
    let control = stage.rewritten(|name, bytes| (name.to_owned(), bytes));
    archive::verify(control.as_slice()).expect("the control is whole");
    let of = |bytes: &[u8]| data_encoding::HEXLOWER.encode(&Sha256::digest(bytes));
    let bad = b"endpoints\tminus one\t10\n".to_vec();
    // Hashes and seal are right: somebody has made this with care.
    let forged = stage.rewritten(|name, bytes| {
        let bytes = match name {
            "data/quotas/000001.copy" => bad.clone(),
            "manifest.json" => {
                let mut manifest: Manifest = serde_json::from_slice(&bytes).expect("a manifest");
                let sum = manifest.sums.iter_mut().find(|it| it.table == "quotas");
                let sum = sum.expect("the table");
                sum.bytes = bad.len() as u64;
                sum.sha256 = of(&bad);
                serde_json::to_vec(&manifest).expect("JSON")
            }
            _ => bytes,
        };
        (name.to_owned(), bytes)
    });
    archive::verify(forged.as_slice()).expect("it is whole in itself");
    let error = stage.refusal(&forged).await;
    assert!(
        matches!(&error, ArchiveError::Unloadable { table, .. } if table == "quotas"),
        "{error}"
    );
}

#[tokio::test]
async fn a_slug_that_is_taken_or_cannot_be_one_is_refused() {
    let stage = Stage::set().await;
    let acme = stage.test.tenant("acme").await;
    let before = everything(&stage.owner).await;
    let error = import(&stage.owner, &stage.path, arrival(&stage.test, None))
        .await
        .expect_err("taken");
    assert_eq!(error.to_string(), "the slug acme is taken");
    for slug in ["a", "Acme", "acme-", "ac--me", "acme.evil", "x'y"] {
        let error = import(&stage.owner, &stage.path, arrival(&stage.test, Some(slug)))
            .await
            .expect_err(slug);
        assert!(
            matches!(error, ArchiveError::SlugUnfit(_)),
            "{slug}: {error}"
        );
    }
    // A name of the dead is nobody's for a while.
    let bury = "INSERT INTO platform.tombstones (slug, tenant_id, until)
                SELECT 'gone', id, '2026-11-20T12:00:01Z' FROM platform.tenants LIMIT 1";
    stage.owner.batch(bury).await.expect("a tombstone");
    let error = import(
        &stage.owner,
        &stage.path,
        arrival(&stage.test, Some("gone")),
    )
    .await
    .expect_err("held");
    assert!(matches!(error, ArchiveError::SlugTaken(_)), "{error}");
    assert_eq!(everything(&stage.owner).await, before);
    stage.test.clock.advance(jiff::SignedDuration::from_secs(2));
    import(
        &stage.owner,
        &stage.path,
        arrival(&stage.test, Some("gone")),
    )
    .await
    .expect("free again");
    assert_eq!(acme.slug(), "acme");
    let missing = archive::fingerprint(&stage.owner, "nobody")
        .await
        .expect_err("nobody");
    assert!(matches!(missing, ArchiveError::NotFound(_)), "{missing}");
}
