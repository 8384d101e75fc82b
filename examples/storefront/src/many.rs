//! Dead letters in numbers: a page of them at a time, and one command for all that are meant.

use stheno::{
    Exit, Key, LetterFilter, LetterPage, Operator,
    delivery::doc::{DeadLetter, DeadReason},
    shown::shown,
};

use crate::{
    print::{Grid, misused},
    steer::{self, Verdict},
};

/// Dead letters of one subscriber that are shown at once.
const SHOWN: usize = 100;

const REASONS: [(&str, DeadReason); 5] = [
    ("terminal", DeadReason::Terminal),
    ("exhausted", DeadReason::Exhausted),
    ("undecodable", DeadReason::Undecodable),
    ("crash-loop", DeadReason::CrashLoop),
    ("gone", DeadReason::Gone),
];

fn grid() -> Grid {
    Grid::new(["seq", "subscriber", "event", "key", "attempts", "reason and error"], &[0, 4])
}

fn add(grid: &mut Grid, subscriber: &str, letter: &DeadLetter) {
    let about = letter.key.as_ref().map(ToString::to_string).unwrap_or_default();
    let reason = format!("{}: {}", letter.reason, letter.error.join(": "));
    let (sequence, attempts) = (letter.sequence.to_string(), letter.attempts.to_string());
    grid.row([sequence, subscriber.to_owned(), letter.name.to_string(), about, attempts, reason]);
}

/// The first dead letters of every subscriber.
pub(crate) async fn dead(operator: &Operator) -> stheno::Result<Exit> {
    let (mut grid, mut more) = (grid(), Vec::new());
    for subscriber in operator.subscribers().await? {
        let id = &subscriber.id;
        let page = operator.dead_letters_page(id, &LetterFilter::all(), None, SHOWN).await?;
        page.letters.iter().for_each(|letter| add(&mut grid, id, letter));
        if page.next.is_some() {
            let in_all = subscriber.state.beside.map(|beside| format!("{} ", beside.letters)).unwrap_or_default();
            more.push(format!("{} has {in_all}dead letters in all; `dead {0}` shows them", shown(id)));
        }
    }
    match grid.has_rows() {
        true => print!("{grid}"),
        false => println!("there are no dead letters"),
    }
    more.iter().for_each(|more| println!("{more}"));
    Ok(Exit::OK)
}

/// All dead letters of one subscriber, a page at a time.
pub(crate) async fn dead_of(operator: &Operator, subscriber: &str) -> stheno::Result<Exit> {
    if steer::status(operator, subscriber).await?.is_none() {
        return Ok(never_ran(subscriber));
    }
    let mut page = operator.dead_letters_page(subscriber, &LetterFilter::all(), None, SHOWN).await?;
    if page.letters.is_empty() {
        println!("{} has no dead letters", shown(subscriber));
    }
    loop {
        let LetterPage { letters, next, .. } = page;
        let mut grid = grid();
        letters.iter().for_each(|letter| add(&mut grid, subscriber, letter));
        if grid.has_rows() {
            print!("{grid}");
        }
        let Some(next) = next else { return Ok(Exit::OK) };
        page = operator.dead_letters_page(subscriber, &LetterFilter::all(), Some(&next), SHOWN).await?;
    }
}

/// Has all dead letters that are meant handed back or given up.
pub(crate) async fn decide(
    operator: &Operator,
    subscriber: &str,
    which: &[&str],
    verdict: Verdict,
) -> stheno::Result<Exit> {
    let mut filter = LetterFilter::all();
    let name = |word: &str| word.split_once('=').map(|(name, _)| name.to_owned());
    for (index, word) in which.iter().enumerate() {
        if which[..index].iter().any(|earlier| name(earlier) == name(word)) {
            return Ok(misused(&format!("`{word}` says again what was said before; say each once")));
        }
        filter = match narrowed(filter, word) {
            Ok(filter) => filter,
            Err(message) => return Ok(misused(&message)),
        };
    }
    let known = operator.subscribers().await?.iter().any(|status| status.id == subscriber);
    let asked = match verdict {
        Verdict::Redrive => operator.redrive_all(subscriber, filter).await,
        Verdict::Discard => operator.discard_all(subscriber, filter).await,
    };
    let letters = match asked {
        Ok(0) => {
            return Ok(misused(&format!("no dead letter of `{subscriber}` is meant; `dead {subscriber}` shows them")));
        }
        Ok(letters) => letters,
        Err(error) if !known => return Ok(misused(&error.to_string())),
        Err(error) => return Err(error.into()),
    };
    let what = match verdict {
        Verdict::Redrive => "are handed back",
        Verdict::Discard => "are given up",
    };
    let status = steer::status(operator, subscriber).await?;
    if let Verdict::Redrive = verdict
        && let Some(status) = status.as_ref().filter(|status| status.is_paused())
    {
        println!(
            "{letters} dead letters are asked for, and `{}` is paused: they are handled when that goes on",
            shown(subscriber)
        );
        println!("{}", steer::how_it_goes_on(subscriber, status.paused_by_policy));
        return Ok(Exit::CUT);
    }
    let who = match steer::runs_elsewhere(status.as_ref()) {
        true => "by the host that runs it",
        false => "by the next host that runs it; none does now",
    };
    println!("{letters} dead letters {what} {who}; `progress {}` shows how far that is", shown(subscriber));
    Ok(Exit::OK)
}

fn narrowed(filter: LetterFilter, word: &str) -> Result<LetterFilter, String> {
    let number = |text: &str| text.parse::<u64>().map_err(|_| format!("`{text}` is no sequence; `dead` shows them"));
    match word.split_once('=') {
        Some(("key", key)) => key.parse::<Key>().map(|key| filter.key(key)).map_err(|error| error.to_string()),
        Some(("error", text)) => Ok(filter.error(text)),
        Some(("after", sequence)) => number(sequence).map(|sequence| filter.after(sequence)),
        Some(("upto", sequence)) => number(sequence).map(|sequence| filter.upto(sequence)),
        Some(("reason", reason)) => match REASONS.iter().find(|(name, _)| *name == reason) {
            Some((_, reason)) => Ok(filter.reason(*reason)),
            None => {
                let names = REASONS.map(|(name, _)| format!("`{name}`")).join(", ");
                Err(format!("`{reason}` is no reason; write one of {names}"))
            }
        },
        _ => Err(format!("`{word}` says no dead letters; write `key=`, `reason=`, `error=`, `after=` or `upto=`")),
    }
}

fn never_ran(subscriber: &str) -> Exit {
    misused(&format!("no subscriber `{subscriber}` has ever run on this log; `subscribers` lists those that have"))
}

/// How far the commands about many dead letters are.
pub(crate) async fn progress(operator: &Operator, subscriber: &str) -> stheno::Result<Exit> {
    if steer::status(operator, subscriber).await?.is_none() {
        return Ok(never_ran(subscriber));
    }
    let asked = operator.bulk_progress(subscriber).await?;
    if asked.is_empty() {
        println!("nothing is asked of many dead letters of {}, or it is done", shown(subscriber));
    }
    for asked in asked {
        let what = if asked.discards { "given up" } else { "handed back" };
        println!("{} of {} dead letters are {what}, {} are left", asked.done(), asked.letters, asked.left);
    }
    Ok(Exit::OK)
}
