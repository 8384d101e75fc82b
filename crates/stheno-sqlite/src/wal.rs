//! The write-ahead log as a file: whether it still has what SQLite wrote into it.
//!
//! SQLite checks the checksums of this file only after a crash. While a log is open it trusts what is there, and would move
//! damaged pages into the sound file. So they are checked here, before that happens and now and then.
//!
//! The form of the file: <https://www.sqlite.org/fileformat2.html#the_write_ahead_log>.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
    thread,
    time::Duration,
};

use rusqlite::Connection;

/// The first version of SQLite that says how far the write-ahead log reaches without moving anything (`NOOP`).
const TELLS_EXTENT: i32 = 3_051_000;
/// How often a file that looks damaged is read: another process may have begun it anew meanwhile.
const TRIES: u32 = 5;
const BETWEEN_TRIES: Duration = Duration::from_millis(10);
const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
/// The first four bytes, without the bit that says in which byte order the checksums count.
const MAGIC: u32 = 0x377f_0682;
/// The greatest page that SQLite knows.
const MAX_PAGE: usize = 65_536;

/// How much is in the write-ahead log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Pages that were committed to it since it was begun.
    pub(crate) pages: u64,
    /// Those of them that are in the file already.
    pub(crate) moved: u64,
}

impl Extent {
    /// Pages that only the write-ahead log has.
    pub(crate) fn pending(self) -> u64 {
        self.pages.saturating_sub(self.moved)
    }
}

/// Whether the SQLite of this program says how far a write-ahead log reaches. An older one takes the question for the order to
/// move it into the file.
pub(crate) fn tells_extent() -> bool {
    rusqlite::version_number() >= TELLS_EXTENT
}

/// How far the write-ahead log reaches; nothing if this SQLite does not say. Outside of transactions.
pub(crate) fn extent(connection: &Connection) -> rusqlite::Result<Option<Extent>> {
    if !tells_extent() {
        return Ok(None);
    }
    let mut ask = connection.prepare_cached("PRAGMA wal_checkpoint(NOOP)")?;
    let number = |number: i64| u64::try_from(number).unwrap_or(0);
    ask.query_row([], |row| Ok(Some(Extent { pages: number(row.get(1)?), moved: number(row.get(2)?) })))
}

/// Moves what is in the write-ahead log into the file, as far as no reader is in the way, and says what is left of it.
pub(crate) fn move_into_file(connection: &Connection) -> rusqlite::Result<Extent> {
    let mut order = connection.prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")?;
    let number = |number: i64| u64::try_from(number).unwrap_or(0);
    order.query_row([], |row| Ok(Extent { pages: number(row.get(1)?), moved: number(row.get(2)?) }))
}

/// What is wrong with the write-ahead log at a path, whose log the connection has open. Nothing also if it cannot be known.
pub(crate) fn what_is_wrong(connection: &Connection, path: &Path) -> rusqlite::Result<Option<String>> {
    let mut wrong = None;
    for _ in 0..TRIES {
        let Some(extent) = extent(connection)? else { return Ok(None) };
        if extent.pending() == 0 {
            return Ok(None);
        }
        // One that cannot be read now may be readable later; one that is gone is noticed elsewhere.
        let Ok(file) = File::open(path) else { return Ok(None) };
        let Ok(found) = first_wrong(BufReader::with_capacity(1 << 18, file), extent.pages) else { return Ok(None) };
        match found {
            None => return Ok(None),
            Some(0) => wrong = Some("its beginning is not what was written".to_owned()),
            Some(page) => {
                wrong = Some(format!("page {page} of the {} in it is not what was written", extent.pages));
            }
        }
        thread::sleep(BETWEEN_TRIES);
    }
    Ok(wrong)
}

/// The first page, counted from 1, that does not have the checksum it was written with, of so many; 0 for the header before
/// them.
fn first_wrong(mut file: impl Read, pages: u64) -> io::Result<Option<u64>> {
    let mut header = [0; HEADER];
    if !fill(&mut file, &mut header)? {
        return Ok(Some(0));
    }
    let (magic, page_size) = (word(&header, 0), word(&header, 8) as usize);
    let read_word = if magic & 1 == 0 { u32::from_le_bytes } else { u32::from_be_bytes };
    let mut sum = Sum { read_word, one: 0, two: 0 };
    sum.add(&header[..24]);
    let is_size = page_size.is_power_of_two() && (512..=MAX_PAGE).contains(&page_size);
    if magic & !1 != MAGIC || !is_size || !sum.is(&header[24..]) {
        return Ok(Some(0));
    }
    let mut frame = vec![0; FRAME_HEADER + page_size];
    for page in 1..=pages {
        if !fill(&mut file, &mut frame)? || frame[8..16] != header[16..24] {
            return Ok(Some(page));
        }
        sum.add(&frame[..8]);
        sum.add(&frame[FRAME_HEADER..]);
        if !sum.is(&frame[16..24]) {
            return Ok(Some(page));
        }
    }
    Ok(None)
}

/// Reads until the buffer is full; false if the file ends before.
fn fill(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match file.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes[at..].first_chunk().map_or(0, |word| u32::from_be_bytes(*word))
}

/// The checksum of everything so far.
struct Sum {
    read_word: fn([u8; 4]) -> u32,
    one: u32,
    two: u32,
}

impl Sum {
    /// Adds bytes, a multiple of eight.
    fn add(&mut self, bytes: &[u8]) {
        let (mut one, mut two) = (self.one, self.two);
        for [a, b, c, d, e, f, g, h] in bytes.as_chunks::<8>().0 {
            one = one.wrapping_add((self.read_word)([*a, *b, *c, *d])).wrapping_add(two);
            two = two.wrapping_add((self.read_word)([*e, *f, *g, *h])).wrapping_add(one);
        }
        (self.one, self.two) = (one, two);
    }

    /// Whether it is the one that stands there.
    fn is(&self, written: &[u8]) -> bool {
        (self.one, self.two) == (word(written, 0), word(written, 4))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A log with so many pages in its write-ahead log, and where that is.
    fn ahead(commits: usize) -> (tempfile::TempDir, Connection, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let connection = Connection::open(folder.path().join("a")).unwrap();
        connection.pragma_update(None, "journal_mode", "WAL").unwrap();
        connection.execute_batch("CREATE TABLE t (x)").unwrap();
        for _ in 0..commits {
            connection.execute("INSERT INTO t VALUES (randomblob(3000))", []).unwrap();
        }
        let path = folder.path().join("a-wal");
        (folder, connection, path)
    }

    fn first_wrong_of(bytes: &[u8], pages: u64) -> Option<u64> {
        first_wrong(bytes, pages).unwrap()
    }

    #[test]
    fn what_sqlite_wrote_is_sound_and_each_changed_byte_of_it_is_found() {
        let (_folder, connection, path) = ahead(8);
        assert_eq!(what_is_wrong(&connection, &path).unwrap(), None);
        let sound = std::fs::read(&path).unwrap();
        let pages = ((sound.len() - HEADER) / (FRAME_HEADER + 4_096)) as u64;
        // An older SQLite does not say it.
        let said = extent(&connection).unwrap().map(|extent| extent.pages);
        assert_eq!(said, tells_extent().then_some(pages));
        assert_eq!(first_wrong_of(&sound, pages), None);
        // Checksums are of everything but themselves and the salts, and those are compared.
        for at in (0..sound.len()).step_by(997) {
            let mut changed = sound.clone();
            changed[at] ^= 0x10;
            let expected = if at < HEADER { 0 } else { (at - HEADER) / (FRAME_HEADER + 4_096) + 1 };
            assert_eq!(first_wrong_of(&changed, pages), Some(expected as u64), "byte {at}");
        }
        let last = pages - 1;
        assert_eq!(first_wrong_of(&sound[..sound.len() - 1], pages), Some(last + 1));
        assert_eq!((first_wrong_of(&[], 1), first_wrong_of(&[0; 8_192], 1)), (Some(0), Some(0)));
    }

    #[test]
    fn what_is_in_the_file_already_may_be_damaged() {
        let (_folder, connection, path) = ahead(3);
        let left = move_into_file(&connection).unwrap();
        assert_eq!(left.pending(), 0);
        std::fs::write(&path, vec![0; std::fs::metadata(&path).unwrap().len() as usize]).unwrap();
        assert_eq!(what_is_wrong(&connection, &path).unwrap(), None);
        connection.execute("INSERT INTO t VALUES (1)", []).unwrap();
        assert_eq!(what_is_wrong(&connection, &path).unwrap(), None, "it was begun anew");
    }
}
