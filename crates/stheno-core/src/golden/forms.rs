//! Every form of every record, with the value it stands for. Values name all fields and variants, so that a new one does not
//! compile before it has a golden file.

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    backend::{BackendError, Record},
    delivery::doc::{
        Beside, Counts, DeadLetter, DeadReason, FORMAT, Former, LaneDoc, LaneState, Note, NoteKind, StateDoc, Suspect,
        Waiting,
    },
    event::recorded::EventId,
    key::Key,
    name::EventName,
    pattern::PatternSet,
    runtime::{
        host::{CatalogSpec, SubscriberSpec},
        missed::Missed,
        operator::{
            LetterFilter,
            command::{Command, Many},
        },
        rules::RecordedSource,
        store,
        subscription::lease::LeaseDoc,
        unknown::UnknownName,
    },
    time::Timestamp,
};

/// One golden file.
pub(super) struct Form {
    pub(super) file: String,
    /// What is written of the value, in lines.
    pub(super) written: String,
    /// The value, in a form that compares.
    pub(super) value: String,
    /// Reads a record of this form as delivery does.
    pub(super) read: fn(&Record) -> Result<String, BackendError>,
}

fn form<T: Serialize + DeserializeOwned>(file: &str, value: &T) -> Form {
    Form {
        file: format!("{file}.json"),
        written: serde_json::to_string_pretty(value).unwrap() + "\n",
        value: serde_json::to_string(value).unwrap(),
        read: |record| store::parse::<T>(record).map(|value| serde_json::to_string(&value).unwrap()),
    }
}

fn time(second: i64) -> Timestamp {
    Timestamp::from_micros((1_790_000_000 + second) * 1_000_000 + 42)
}

fn key() -> Option<Key> {
    Some(Key::new("order", "order_1").unwrap())
}

fn patterns() -> PatternSet {
    PatternSet::parse(["order.*", "swap.created"]).unwrap()
}

fn state() -> StateDoc {
    StateDoc {
        format: FORMAT,
        log: "0190c1d2-log".to_owned(),
        run: 2,
        run_epoch: 1_790_000_000_000,
        rewound: 3,
        epoch: 4,
        began: 5,
        floor: 6,
        done: vec![(8, 9), (11, 12)],
        reserved: 44,
        clean: true,
        suspect: Some(Suspect { sequence: 10, starts: 1 }),
        suspects: vec![Suspect { sequence: 13, starts: 2 }],
        started: Some(vec![14, 15]),
        paused: true,
        patterns: patterns(),
        counts: Counts { handled: 21, skipped: 22, failed: 23, dead: 24, notes: 25 },
        former: vec![Former { id: "receipts.mail".to_owned(), upto: 4 }],
        beside: Some(Beside { lanes: 26, parked: 27, letters: 28 }),
        at: time(0),
    }
}

fn without_counted_records() -> StateDoc {
    StateDoc { beside: None, ..state() }
}

fn without_suspects() -> StateDoc {
    StateDoc { suspects: Vec::new(), started: None, ..without_counted_records() }
}

fn without_former_ids() -> StateDoc {
    StateDoc { run_epoch: 0, former: Vec::new(), ..without_suspects() }
}

fn waiting() -> Waiting {
    Waiting { wait_ms: Some(4_400), waited_ms: Some(7_700), ..without_waits() }
}

fn without_waits() -> Waiting {
    Waiting {
        attempts: 3,
        due: time(1),
        first_failed: time(2),
        error: vec!["outer".to_owned(), "inner".to_owned()],
        wait_ms: None,
        waited_ms: None,
        paused: false,
    }
}

fn lane(state: LaneState) -> LaneDoc {
    LaneDoc { key: key(), run: 2, from: 7, upto: Some(9), state }
}

fn letter(reason: DeadReason) -> DeadLetter {
    DeadLetter {
        sequence: 7,
        id: EventId::new("order_1/placed").unwrap(),
        name: EventName::trusted("order.placed".into()),
        key: key(),
        run: 2,
        reason,
        attempts: 3,
        error: vec!["outer".to_owned(), "inner".to_owned()],
        first_failed: time(2),
        at: time(3),
    }
}

fn note(what: NoteKind) -> Note {
    Note { sequence: 7, run: 2, attempt: 3, at: time(4), what }
}

/// The file of a dead letter. A new reason does not compile before it has one here and in [`all_forms`].
fn letter_form(reason: DeadReason) -> Form {
    let file = match reason {
        DeadReason::Terminal => "letter-terminal",
        DeadReason::Exhausted => "letter-exhausted",
        DeadReason::Undecodable => "letter-undecodable",
        DeadReason::CrashLoop => "letter-crash-loop",
        DeadReason::Gone => "letter-gone",
    };
    form(file, &letter(reason))
}

fn lane_form(state: LaneState) -> Form {
    let file = match state {
        LaneState::Behind => "lane-behind",
        LaneState::Waiting(_) => "lane-waiting",
        LaneState::Parked { .. } => "lane-parked",
    };
    form(file, &lane(state))
}

fn note_form(what: NoteKind) -> Form {
    let file = match what {
        NoteKind::Skipped(_) => "note-skipped",
        NoteKind::Failed(_) => "note-failed",
        NoteKind::Redriven => "note-redriven",
        NoteKind::Discarded => "note-discarded",
    };
    form(file, &note(what))
}

fn command_form(command: Command) -> Form {
    let file = match command {
        Command::Redrive { .. } => "command-redrive",
        Command::Discard { .. } => "command-discard",
        Command::RedriveAll(_) => "command-redrive-all",
        Command::DiscardAll(_) => "command-discard-all",
        Command::Rewind { .. } => "command-rewind",
        Command::Pause => "command-pause",
        Command::Resume => "command-resume",
    };
    form(file, &command)
}

fn many() -> Many {
    let filter = LetterFilter {
        key: key(),
        names: Some(patterns()),
        reason: Some(DeadReason::Exhausted),
        error: Some("outer".to_owned()),
        after: Some(3),
        upto: Some(9),
    };
    Many { filter, letters: 24 }
}

fn catalog() -> CatalogSpec {
    let order = RecordedSource::Body { kind: "order".to_owned(), pointer: "/id".to_owned() };
    let app = RecordedSource::Token { kind: "app".to_owned(), token: 2 };
    CatalogSpec {
        name: "medusa".to_owned(),
        version: "0.1.0".to_owned(),
        patterns: vec!["order.placed".to_owned(), "oauth.token_generated.*".to_owned()],
        keys: Some(
            [("order.placed".to_owned(), vec![order]), ("oauth.token_generated.*".to_owned(), vec![app])].into(),
        ),
    }
}

fn missed() -> Missed {
    Missed {
        before: patterns(),
        since: PatternSet::all(),
        after: 5,
        floor: 6,
        done: vec![(8, 9)],
        run: 2,
        run_epoch: 1_790_000_000_000,
    }
}

/// What this version writes.
pub(super) fn all_forms() -> Vec<Form> {
    let mut forms = vec![
        form("state", &state()),
        form("lease", &LeaseDoc { holder: "host-a/123".to_owned(), epoch: 4, free: true }),
        form(
            "subscriber",
            &SubscriberSpec {
                id: "receipts.send".to_owned(),
                patterns: vec!["order.*".to_owned()],
                ordered: true,
                paused: false,
                policy: "retry 1s to 15m".to_owned(),
            },
        ),
        form("catalog", &catalog()),
        form("missed", &missed()),
        form(
            "unknown",
            &UnknownName {
                name: "order.plcaed".to_owned(),
                nearest: Some("order.placed".to_owned()),
                count: 2,
                last_sequence: 7,
                last_stored: time(5),
            },
        ),
    ];
    forms.extend([LaneState::Behind, LaneState::Waiting(waiting()), LaneState::Parked { dead: 6 }].map(lane_form));
    let reasons =
        [DeadReason::Terminal, DeadReason::Exhausted, DeadReason::Undecodable, DeadReason::CrashLoop, DeadReason::Gone];
    forms.extend(reasons.map(letter_form));
    let notes = [
        NoteKind::Skipped("no_notification is set".to_owned()),
        NoteKind::Failed(vec!["outer".to_owned(), "inner".to_owned()]),
        NoteKind::Redriven,
        NoteKind::Discarded,
    ];
    forms.extend(notes.map(note_form));
    let commands = [
        Command::Redrive { sequence: 7 },
        Command::Discard { sequence: 7 },
        Command::RedriveAll(many()),
        Command::DiscardAll(Many { filter: LetterFilter::all(), letters: 24 }),
        Command::Rewind { after: 7 },
        Command::Pause,
        Command::Resume,
    ];
    forms.extend(commands.map(command_form));
    forms
}

/// What earlier versions wrote, with the value it means today.
pub(super) fn older_forms() -> Vec<Form> {
    let unkeyed = CatalogSpec { keys: None, ..catalog() };
    let plain = |state| LaneDoc { key: key(), run: 0, from: 7, upto: None, state };
    vec![
        form(
            "older/state-without-log-and-rewound",
            &StateDoc { log: String::new(), rewound: 0, ..without_former_ids() },
        ),
        form("older/state-without-run-epoch-and-former-ids", &without_former_ids()),
        form("older/state-without-suspects-and-started", &without_suspects()),
        form("older/state-without-counted-records", &without_counted_records()),
        form("older/lane-waiting-without-waits", &lane(LaneState::Waiting(without_waits()))),
        form("older/missed-without-run", &Missed { run: 0, run_epoch: 0, ..missed() }),
        form("older/lane-behind-without-run", &plain(LaneState::Behind)),
        form("older/lane-waiting-without-run", &plain(LaneState::Waiting(without_waits()))),
        form("older/lane-parked-without-run", &plain(LaneState::Parked { dead: 6 })),
        form("older/catalog-without-keys", &unkeyed),
    ]
}
