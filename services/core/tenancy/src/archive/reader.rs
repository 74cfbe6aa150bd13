//! Reading the file: order, names, sizes, hashes and the seal, in one pass and without holding a table.

use std::io::{BufReader, Read};

use flate2::read::GzDecoder;
use serde::de::DeserializeOwned;
use tar::{Archive, Entry, EntryType};

use super::manifest::Adding;
use super::seal::Unsealing;
use super::writer::part_name;
use super::{About, ArchiveError, FORMAT, Manifest, Sum};

/// A piece of a table in an archive, at the most.
pub(super) const PART: usize = 1024 * 1024;
/// What an archive may say of itself, at the most.
const WORDS: usize = 4 * 1024 * 1024;

/// What is read, in this order: one `About`, pieces, one `End`.
pub(super) enum Item {
    About(About),
    /// A piece of the table with this place among the archive's tables.
    Part(usize, Vec<u8>),
    End(Manifest),
}

/// Reads all of an archive and hands each thing to `take`. Whatever `take` was given before an error is
/// worth nothing.
pub(super) fn read(
    from: impl Read,
    mut take: impl FnMut(Item) -> Result<(), ArchiveError>,
) -> Result<(), ArchiveError> {
    let gzip = GzDecoder::new(Unsealing::new(BufReader::new(from)));
    let mut tar = Archive::new(gzip);
    let mut reading: Option<Reading> = None;
    // Raw: extensions of tar could ask for any amount of memory, and ours has none.
    for entry in tar.entries().map_err(ArchiveError::of_reading)?.raw(true) {
        let mut entry = entry.map_err(ArchiveError::of_reading)?;
        let name = name(&entry)?;
        match &mut reading {
            None => {
                let about = about(&name, &mut entry)?;
                take(Item::About(about.clone()))?;
                reading = Some(Reading::new(about));
            }
            Some(reading) if name == "manifest.json" => {
                let manifest = parse(&bytes(&mut entry, WORDS)?)?;
                take(Item::End(reading.end(manifest)?))?;
            }
            Some(reading) => {
                let place = reading.place(&name)?;
                let piece = bytes(&mut entry, PART)?;
                reading.add(&piece);
                take(Item::Part(place, piece))?;
            }
        }
    }
    if !reading.is_some_and(|reading| reading.ended) {
        return Err(ArchiveError::corrupt("it ends before its manifest"));
    }
    tar.into_inner().into_inner().finish()
}

/// Where in the archive the reader stands.
struct Reading {
    about: About,
    sums: Vec<Sum>,
    table: Adding,
    part: u32,
    ended: bool,
}

impl Reading {
    fn new(about: About) -> Self {
        Self {
            about,
            sums: Vec::new(),
            table: Adding::default(),
            part: 0,
            ended: false,
        }
    }

    /// The table that the piece called `name` belongs to: the present one or a later one, whose first it is.
    fn place(&mut self, name: &str) -> Result<usize, ArchiveError> {
        while let Some(table) = self
            .about
            .tables
            .get(self.sums.len())
            .filter(|_| !self.ended)
        {
            if part_name(&table.name, self.part + 1) == name {
                self.part += 1;
                return Ok(self.sums.len());
            }
            self.close();
        }
        Err(ArchiveError::corrupt(format!("{name} is out of place")))
    }

    fn add(&mut self, piece: &[u8]) {
        self.table.add(piece);
    }

    fn close(&mut self) {
        if let Some(table) = self.about.tables.get(self.sums.len()) {
            let adding = std::mem::take(&mut self.table);
            self.sums.push(adding.sum(&table.name));
            self.part = 0;
        }
    }

    fn end(&mut self, manifest: Manifest) -> Result<Manifest, ArchiveError> {
        while self.sums.len() < self.about.tables.len() {
            self.close();
        }
        if self.ended || manifest.about != self.about {
            return Err(ArchiveError::corrupt("it says two things of itself"));
        }
        let wrong = self
            .sums
            .iter()
            .zip(&manifest.sums)
            .find(|(is, should)| is != should);
        if let Some((sum, _)) = wrong {
            let table = &sum.table;
            return Err(ArchiveError::corrupt(format!(
                "the rows of {table} are not those it was made with"
            )));
        }
        if self.sums.len() != manifest.sums.len() {
            return Err(ArchiveError::corrupt("tables are missing"));
        }
        self.ended = true;
        Ok(manifest)
    }
}

fn name(entry: &Entry<'_, impl Read>) -> Result<String, ArchiveError> {
    if entry.header().entry_type() != EntryType::Regular {
        return Err(ArchiveError::corrupt("it holds more than files"));
    }
    String::from_utf8(entry.path_bytes().into_owned())
        .map_err(|_| ArchiveError::corrupt("a name in it is not text"))
}

fn bytes(entry: &mut Entry<'_, impl Read>, limit: usize) -> Result<Vec<u8>, ArchiveError> {
    if entry.size() > limit as u64 {
        return Err(ArchiveError::corrupt("a piece of it is too large"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(entry.size()).unwrap_or(0));
    entry
        .read_to_end(&mut bytes)
        .map_err(ArchiveError::of_reading)?;
    if bytes.len() as u64 != entry.size() {
        return Err(ArchiveError::corrupt("it was cut off"));
    }
    Ok(bytes)
}

#[derive(serde::Deserialize)]
struct Format {
    format: u32,
}

fn about(name: &str, entry: &mut Entry<'_, impl Read>) -> Result<About, ArchiveError> {
    if name != "about.json" {
        return Err(ArchiveError::corrupt("it does not begin with about.json"));
    }
    let text = bytes(entry, WORDS)?;
    // A later format may say everything else in other words.
    let Format { format } = parse(&text)?;
    if format > FORMAT {
        return Err(ArchiveError::TooNew {
            what: "format",
            archive: format.into(),
            here: FORMAT.into(),
        });
    }
    parse(&text)
}

fn parse<T: DeserializeOwned>(text: &[u8]) -> Result<T, ArchiveError> {
    serde_json::from_slice(text).map_err(|error| ArchiveError::Corrupt(error.to_string()))
}
