//! What the storefront can do beside its tour: publish, show, explain; and which words do it.

use serde_json::Value;
use stheno::{
    Bus, Exit, Key, Operator, Outgoing, RecordedEvent,
    backend::{BackendErrorKind, Query, info::Durability},
    catalog::redact::redact,
    delivery::{doc::NoteKind, why::Why},
    shown::{shown, shown_chain},
};

use crate::{
    app, many,
    print::{Grid, misused},
    steer::{self, Verdict},
};

/// Events that `log` shows without a key.
const NEWEST: usize = 40;

const HELP: &str = "\
cargo run -- COMMAND

  (none)                          take a tour: publish events, handle them, say who handled what
  serve                           run the plugins until SIGTERM or Ctrl-C
  publish NAME JSON               publish an event: publish order.placed '{\"id\":\"order_1\"}'
  log [KEY]                       the newest events; or all of one key, with their bodies: log order:order_1
  why SEQUENCE SUBSCRIBER         why a handler did, or did not, act: why 12 notifications.receipt
  dead [SUBSCRIBER]               the dead letters; of many the first, or all of one handler
  redrive SUBSCRIBER SEQUENCE     hand a dead letter back to its handler
  discard SUBSCRIBER SEQUENCE     give a dead letter up for good; what waits behind it goes on
  redrive-all SUBSCRIBER [WHICH]  hand all of them back: redrive-all notifications.receipt reason=exhausted error=smtp
  discard-all SUBSCRIBER [WHICH]  give all of them up: key=order:order_1, reason=, error=TEXT, after=12, upto=40
  progress SUBSCRIBER             how far these two are
  rewind SUBSCRIBER SEQUENCE      let a handler see again every event after this one
  pause SUBSCRIBER                let a handler stand still, also over restarts
  resume SUBSCRIBER               let it go on
  backup FILE                     copy the log as it is now, also while the plugins run

STHENO_URL says where the log is, MEDUSA_URL and MEDUSA_TOKEN where the shop is.
";

/// Says what there is.
pub(crate) fn help() -> Exit {
    print!("{HELP}");
    Exit::OK
}

/// Runs one command.
pub(crate) async fn run(words: &[&str]) -> stheno::Result<Exit> {
    match words {
        ["publish", name, body] => publish(&app().await?.bus(), name, body).await,
        ["log"] => log(&app().await?.bus(), None).await,
        ["log", key] => log(&app().await?.bus(), Some(key)).await,
        ["why", sequence, subscriber] => why(&app().await?.bus(), sequence, subscriber).await,
        ["dead"] => many::dead(&operator().await?).await,
        ["dead", subscriber] => many::dead_of(&operator().await?, subscriber).await,
        ["redrive", subscriber, sequence] => steer::decide(app().await?, subscriber, sequence, Verdict::Redrive).await,
        ["discard", subscriber, sequence] => steer::decide(app().await?, subscriber, sequence, Verdict::Discard).await,
        ["redrive-all", subscriber, which @ ..] => {
            many::decide(&operator().await?, subscriber, which, Verdict::Redrive).await
        }
        ["discard-all", subscriber, which @ ..] => {
            many::decide(&operator().await?, subscriber, which, Verdict::Discard).await
        }
        ["progress", subscriber] => many::progress(&operator().await?, subscriber).await,
        ["rewind", subscriber, sequence] => steer::rewind(&app().await?.bus(), subscriber, sequence).await,
        ["pause", subscriber] => steer::pause(&operator().await?, subscriber).await,
        ["resume", subscriber] => steer::resume(&operator().await?, subscriber).await,
        ["backup", file] => backup(&operator().await?, file).await,
        [command, ..] => {
            let usage = HELP.lines().find(|line| line.split_whitespace().next() == Some(*command));
            match usage {
                Some(usage) => eprintln!("`{}` is not how it is called; write\n{usage}", shown(&words.join(" "))),
                None => eprint!("`{}` is no command\n\n{HELP}", shown(command)),
            }
            Ok(Exit::USAGE)
        }
        [] => Ok(help()),
    }
}

async fn operator() -> stheno::Result<Operator> {
    Ok(Operator::new(app().await?.bus()))
}

async fn backup(operator: &Operator, file: &str) -> stheno::Result<Exit> {
    match operator.backup(file).await {
        Ok(()) => {
            println!("{} is the log as it is now, and was read and found whole", shown(file));
            Ok(Exit::OK)
        }
        // There is such a file, or none can be made there.
        Err(error) if error.kind() == BackendErrorKind::Other => Ok(misused(&error.to_string())),
        Err(error) => Err(error.into()),
    }
}

async fn publish(bus: &Bus, name: &str, body: &str) -> stheno::Result<Exit> {
    let published = bus.publish(Outgoing::raw_bytes(name, body.to_owned())).await?;
    let sequence = published.sequence.map_or_else(|| "later".to_owned(), |sequence| format!("as {sequence}"));
    println!("published {} {sequence}, with the id {}", shown(name), published.id);
    if bus.backend().abilities().durability == Durability::Memory {
        eprintln!("the log is in memory and ends with this process; name a file with STHENO_URL to keep it");
    }
    Ok(Exit::OK)
}

async fn log(bus: &Bus, key: Option<&str>) -> stheno::Result<Exit> {
    let mut query = match key.map(Key::parse) {
        None => Query::all().backward().limit(NEWEST),
        Some(Ok(key)) => Query::all().key(key).backward().limit(NEWEST),
        Some(Err(error)) => return Ok(misused(&error.to_string())),
    };
    // As subscribers see it: what another program has published without a key has the key of its catalog.
    let operator = Operator::new(bus.clone());
    let mut events = Vec::new();
    loop {
        let page = operator.events(query.clone()).await?;
        events.extend(page.events);
        // A page of a key may have none of it, where many events were stored without a key.
        if page.end || events.len() >= NEWEST || page.covered <= 1 {
            break;
        }
        query = query.upto(page.covered - 1);
    }
    events.truncate(NEWEST);
    events.reverse();
    let mut grid = Grid::new(["seq", "stored", "event", "key", if key.is_some() { "body" } else { "" }], &[0]);
    for event in &events {
        let body = key.map(|_| redacted(bus, event).to_string()).unwrap_or_default();
        let about = event.key.as_ref().map(ToString::to_string).unwrap_or_default();
        grid.row([event.sequence.to_string(), event.stored.to_string(), event.name.to_string(), about, body]);
    }
    match grid.has_rows() {
        true => print!("{grid}"),
        false => println!("the log has no such event"),
    }
    Ok(Exit::OK)
}

/// The body of an event without what nobody may see.
fn redacted(bus: &Bus, event: &RecordedEvent) -> Value {
    redact(bus.catalogs().find(&event.name), &event.body)
}

async fn why(bus: &Bus, sequence: &str, subscriber: &str) -> stheno::Result<Exit> {
    let Ok(sequence) = sequence.parse::<u64>() else {
        return Ok(misused(&format!("`{sequence}` is no sequence; `log` shows them")));
    };
    let operator = Operator::new(bus.clone());
    if let Some(event) = operator.event(sequence).await? {
        let about = event.key.as_ref().map(|key| format!(" about {key}")).unwrap_or_default();
        println!("{sequence}  {}{about}, stored {}", event.name, event.stored);
    }
    for note in operator.notes(subscriber).await?.iter().filter(|note| note.sequence == sequence) {
        let what = match &note.what {
            NoteKind::Skipped(_) => "skipped".to_owned(),
            NoteKind::Failed(error) => format!("failed: {}", shown_chain(error)),
            NoteKind::Redriven => "handed back by an operator".to_owned(),
            NoteKind::Discarded => "discarded by an operator".to_owned(),
            _ => continue,
        };
        println!("  {}  run {} attempt {}  {what}", note.at, note.run, note.attempt);
    }
    let why = operator.why(subscriber, sequence).await?;
    if matches!(why, Why::NotInTheLog | Why::UnknownSubscriber { .. }) {
        return Ok(misused(&format!("{subscriber}: {why}")));
    }
    println!("{}: {why}", shown(subscriber));
    Ok(Exit::OK)
}
