//! The types of the first version, as far as it had them. A host of that version may share a log with today's: it has to read
//! what today's writes, and to find the same in it.

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[expect(dead_code, reason = "only reading them is tested")]
struct State {
    format: u32,
    run: u32,
    epoch: u64,
    began: u64,
    floor: u64,
    done: Vec<(u64, u64)>,
    reserved: u64,
    clean: bool,
    suspect: Option<Suspect>,
    paused: bool,
    patterns: Vec<String>,
    counts: Counts,
    at: String,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only reading them is tested")]
struct Suspect {
    sequence: u64,
    starts: u32,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only reading them is tested")]
struct Counts {
    handled: u64,
    skipped: u64,
    failed: u64,
    dead: u64,
    notes: u64,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only reading them is tested")]
struct Lane {
    key: Option<String>,
    from: u64,
    state: LaneState,
}

#[derive(Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[expect(dead_code, reason = "only reading them is tested")]
enum LaneState {
    Behind,
    Waiting { attempts: u32, due: String, first_failed: String, error: Vec<String> },
    Parked { dead: u64 },
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only reading them is tested")]
struct Letter {
    sequence: u64,
    id: String,
    name: String,
    key: Option<String>,
    run: u32,
    reason: Reason,
    attempts: u32,
    error: Vec<String>,
    first_failed: String,
    at: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reason {
    Terminal,
    Exhausted,
    Undecodable,
    CrashLoop,
    Gone,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only reading them is tested")]
struct Note {
    sequence: u64,
    run: u32,
    attempt: u32,
    at: String,
    what: What,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only reading them is tested")]
enum What {
    Skipped(String),
    Failed(Vec<String>),
    Redriven,
    Discarded,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only reading them is tested")]
struct Lease {
    holder: String,
    epoch: u64,
    free: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only reading them is tested")]
enum Command {
    Redrive { sequence: u64 },
    Discard { sequence: u64 },
    Rewind { after: u64 },
    Pause,
    Resume,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only reading them is tested")]
struct Subscriber {
    id: String,
    patterns: Vec<String>,
    ordered: bool,
    policy: String,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only reading them is tested")]
struct Catalog {
    name: String,
    version: String,
    patterns: Vec<String>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only reading them is tested")]
struct Unknown {
    name: String,
    nearest: Option<String>,
    count: u64,
    last_sequence: u64,
    last_stored: String,
}

/// Reads a golden file as the first version would. What it did not have, it did not read.
pub(super) fn read(file: &str, text: &str) -> serde_json::Result<()> {
    let kind = file.split(['-', '.']).next().unwrap_or_default();
    match kind {
        "state" => serde_json::from_str::<State>(text).map(drop),
        "lane" => serde_json::from_str::<Lane>(text).map(drop),
        "letter" => serde_json::from_str::<Letter>(text).map(drop),
        "note" => serde_json::from_str::<Note>(text).map(drop),
        "lease" => serde_json::from_str::<Lease>(text).map(drop),
        // It leaves them where they are, and says that it cannot read them.
        "command" if text.contains("_all") => Ok(()),
        "command" => serde_json::from_str::<Command>(text).map(drop),
        "subscriber" => serde_json::from_str::<Subscriber>(text).map(drop),
        "catalog" => serde_json::from_str::<Catalog>(text).map(drop),
        "unknown" => serde_json::from_str::<Unknown>(text).map(drop),
        "missed" => serde_json::from_str::<Value>(text).map(drop),
        other => panic!("no type is given here for `{other}`"),
    }
}
