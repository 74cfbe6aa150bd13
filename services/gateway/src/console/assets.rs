//! Reading the folder once, and what is known of each file.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;
use data_encoding::BASE64URL_NOPAD;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use super::page::Template;
use crate::config::ConfigError;

/// Files below this are named by their content and never change.
const HASHED: &str = "/assets/";
/// The folder of the operators' page inside the console's. Served on their listener alone.
const OPERATORS: &str = "operator";
/// A file smaller than this is not worth compressing.
const MIN_COMPRESSED: usize = 1024;

/// The console, or a word about its absence.
pub(crate) struct Console {
    pub(super) template: Template,
    assets: HashMap<String, Asset>,
}

/// One file.
pub(super) struct Asset {
    pub(super) body: Bytes,
    pub(super) content_type: HeaderValue,
    pub(super) etag: HeaderValue,
    pub(super) immutable: bool,
    brotli: Option<Bytes>,
    gzip: OnceLock<Option<Bytes>>,
}

impl Console {
    /// Reads the operators' page, which lies in the console's `dir`. Errors: as [`Self::load`].
    pub(crate) fn load_of_operators(
        dir: Option<&Path>,
        base_url: &str,
    ) -> Result<Self, ConfigError> {
        let dir = dir.map(|dir| dir.join(OPERATORS));
        Self::load(dir.as_deref(), base_url)
    }

    /// Reads all files of `dir` but the operators'. Errors: a folder that cannot be read, or has no `index.html`.
    pub(crate) fn load(dir: Option<&Path>, base_url: &str) -> Result<Self, ConfigError> {
        let Some(dir) = dir else {
            return Ok(Self {
                template: Template::absent(),
                assets: HashMap::new(),
            });
        };
        let mut files = HashMap::new();
        read_folder(dir, "", &mut files)?;
        let index = files
            .remove("/index.html")
            .ok_or_else(|| ConfigError::NoIndex(dir.to_owned()))?;
        let index = String::from_utf8_lossy(&index).into_owned();
        Ok(Self {
            template: Template::new(&index, base_url),
            assets: assets_of(files),
        })
    }

    pub(super) fn asset(&self, path: &str) -> Option<&Asset> {
        self.assets.get(path)
    }
}

/// Whether a missing file of this path is an error, and never a page.
pub(super) fn is_asset_path(path: &str) -> bool {
    path.starts_with(HASHED)
}

fn read_folder(
    dir: &Path,
    prefix: &str,
    files: &mut HashMap<String, Bytes>,
) -> Result<(), ConfigError> {
    let failed = |path: PathBuf| {
        move |source| ConfigError::Console {
            path: path.clone(),
            source,
        }
    };
    for entry in std::fs::read_dir(dir).map_err(failed(dir.to_owned()))? {
        let entry = entry.map_err(failed(dir.to_owned()))?;
        let path = entry.path();
        let name = entry.file_name();
        if prefix.is_empty() && name == OPERATORS {
            continue;
        }
        // A name that is no text, or is hidden, was not made by the build.
        let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else {
            continue;
        };
        let key = format!("{prefix}/{name}");
        let kind = entry.file_type().map_err(failed(path.clone()))?;
        if kind.is_dir() {
            read_folder(&path, &key, files)?;
        } else if kind.is_file() {
            let body = std::fs::read(&path).map_err(failed(path.clone()))?;
            files.insert(key, body.into());
        }
    }
    Ok(())
}

fn assets_of(mut files: HashMap<String, Bytes>) -> HashMap<String, Asset> {
    let (compressed, plain): (Vec<String>, Vec<String>) = files
        .keys()
        .cloned()
        .partition(|key| key.ends_with(".br") || key.ends_with(".gz"));
    let mut variants: HashMap<String, Bytes> = compressed
        .into_iter()
        .filter_map(|key| files.remove_entry(&key))
        .collect();
    plain
        .into_iter()
        .filter_map(|key| files.remove_entry(&key))
        .map(|(key, body)| {
            let brotli = variants.remove(&format!("{key}.br"));
            let gzip = variants.remove(&format!("{key}.gz"));
            let asset = Asset::new(&key, body, brotli, gzip);
            (key, asset)
        })
        .collect()
}

impl Asset {
    fn new(key: &str, body: Bytes, brotli: Option<Bytes>, gzip: Option<Bytes>) -> Self {
        let kind = mime_guess::from_path(key).first_or_octet_stream();
        let mut content_type = kind.essence_str().to_owned();
        if kind.type_() == "text" || content_type == "application/json" {
            content_type.push_str("; charset=utf-8");
        }
        let hash: [u8; 32] = Sha256::digest(&body).into();
        let etag = format!("\"{}\"", BASE64URL_NOPAD.encode(&hash));
        let header = |text: &str| {
            HeaderValue::from_str(text)
                .unwrap_or_else(|_| HeaderValue::from_static("application/octet-stream"))
        };
        let cell = OnceLock::new();
        if gzip.is_some() || !is_compressible(&content_type) || body.len() < MIN_COMPRESSED {
            // Set once, here: a fresh cell is empty.
            let _ = cell.set(gzip);
        }
        Self {
            content_type: header(&content_type),
            etag: header(&etag),
            immutable: is_asset_path(key),
            body,
            brotli,
            gzip: cell,
        }
    }

    /// The best form that `accepted` (the client's `Accept-Encoding`) allows, and its name.
    pub(super) fn encoded(&self, accepted: &str) -> (Bytes, Option<&'static str>) {
        if accepts(accepted, "br")
            && let Some(brotli) = &self.brotli
        {
            return (brotli.clone(), Some("br"));
        }
        if accepts(accepted, "gzip")
            && let Some(gzip) = self.gzip.get_or_init(|| compress(&self.body))
        {
            return (gzip.clone(), Some("gzip"));
        }
        (self.body.clone(), None)
    }
}

fn is_compressible(content_type: &str) -> bool {
    content_type.starts_with("text/")
        || content_type.starts_with("application/j")
        || content_type == "image/svg+xml"
        || content_type == "application/manifest+json"
}

/// Made once for each file, where the build left none beside it.
fn compress(body: &Bytes) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(body).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

/// Whether `Accept-Encoding` lists `coding` and does not refuse it (RFC 9110, 12.5.3).
fn accepts(accepted: &str, coding: &str) -> bool {
    accepted.split(',').any(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case(coding))
            && !parts.any(|weight| matches!(weight, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_coding_is_not_used() {
        assert!(accepts("gzip, deflate, br", "br"));
        assert!(accepts("GZIP;q=0.5", "gzip"));
        assert!(!accepts("br;q=0, gzip", "br"));
        assert!(!accepts("", "gzip"));
    }

    #[test]
    fn a_compressed_file_stands_for_its_plain_one() {
        let files = HashMap::from([
            ("/assets/a.js".to_owned(), Bytes::from(vec![b'a'; 4096])),
            ("/assets/a.js.br".to_owned(), Bytes::from_static(b"brotli")),
            ("/icon.svg".to_owned(), Bytes::from_static(b"<svg/>")),
        ]);
        let assets = assets_of(files);
        assert_eq!(assets.len(), 2);
        let script = assets.get("/assets/a.js").expect("it is there");
        assert!(script.immutable);
        assert_eq!(script.content_type, "text/javascript; charset=utf-8");
        assert_eq!(script.encoded("gzip, br").1, Some("br"));
        let (gzip, coding) = script.encoded("gzip");
        assert_eq!(coding, Some("gzip"));
        assert!(gzip.len() < 200);
        assert_eq!(script.encoded("").1, None);
        let icon = assets.get("/icon.svg").expect("it is there");
        assert!(!icon.immutable);
        assert_eq!(icon.encoded("gzip").1, None);
    }
}
