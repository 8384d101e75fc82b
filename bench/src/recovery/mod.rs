//! Recovery after an outage: keys that fall due together, and failures among events that go well, against as many events that all
//! go well on the same backend in the same round.

mod host;
mod place;
mod row;

use std::{collections::HashMap, time::Duration};

pub(crate) use place::{Place, Stored, fill};

use crate::{
    Case, Fallible,
    nats::watch::{Measured, Watch},
    recovery::{
        host::Run,
        row::{What, all},
    },
};

/// The longest that anything here may take.
pub(crate) const LIMIT: Duration = Duration::from_secs(1_800);
/// Keys that wait when a host starts.
const AT_START: u64 = 200;
/// A wait that is over when the clock is set forward, and not before.
const OUTAGE: Duration = Duration::from_secs(3_600);
/// What is said of the messages between clients and the server, for each event.
const MESSAGES: &str = "messages";
/// A wait that is over at once.
const AT_ONCE: Duration = Duration::from_millis(1);

/// The longest time until a fresh event was handled, in seconds.
const LONGEST: &str = "longest wait";

/// All of them go well, or so many of a hundred fail once and are tried again at once.
async fn failing(url: &str, events: u64, percent: u64, stored: Stored) -> Fallible<Measured> {
    let place = Place::new(url)?;
    fill(&place, events, stored).await?;
    let (watch, before) = (Watch::start(place.server())?, place.messages());
    let run = Run::start(&place, events, percent, AT_ONCE).await?;
    run.until_handled().await?;
    let measured = watch.stop(events)?.with(MESSAGES, (place.messages() - before) as f64 / events as f64);
    run.running.stop().await;
    Ok(measured)
}

/// All of them fail once, and fall due together while fresh ones come: how long the failing took, and the rest.
async fn due_together(url: &str, keys: u64, stored: Stored) -> Fallible<(Measured, Measured)> {
    let place = Place::new(url)?;
    fill(&place, keys, stored).await?;
    let watch = Watch::start(place.server())?;
    let run = Run::start(&place, keys, 100, OUTAGE).await?;
    run.running.settle(LIMIT).await?;
    let failed = watch.stop(keys)?;
    let (watch, before) = (Watch::start(place.server())?, place.messages());
    run.set_forward();
    let longest = run.until_handled_with_fresh().await?;
    let messages = (place.messages() - before) as f64 / keys as f64;
    let recovered = watch.stop(keys)?.with(LONGEST, longest).with(MESSAGES, messages);
    run.running.stop().await;
    Ok((failed, recovered))
}

/// As many keys wait when a host starts, and are due.
async fn waiting_at_start(url: &str, keys: u64, stored: Stored) -> Fallible<Measured> {
    let place = Place::new(url)?;
    fill(&place, keys, stored).await?;
    let run = Run::start(&place, keys, 100, OUTAGE).await?;
    run.running.settle(LIMIT).await?;
    run.running.stop().await;
    let watch = Watch::start(place.server())?;
    let run = Run::start(&place, keys, 0, OUTAGE).await?;
    run.set_forward();
    run.until_handled().await?;
    let measured = watch.stop(keys)?;
    run.running.stop().await;
    Ok(measured)
}

/// One round on one backend: what the rows ask for.
struct Round(HashMap<What, Measured>);

impl Round {
    async fn measure(url: &str, keys: u64, stored: Stored, wanted: &[What]) -> Fallible<Self> {
        let mut measured = HashMap::new();
        for what in wanted {
            if measured.contains_key(what) {
                continue;
            }
            match what {
                What::Clean => drop(measured.insert(*what, failing(url, keys, 0, stored).await?)),
                What::Failing(percent) => drop(measured.insert(*what, failing(url, keys, *percent, stored).await?)),
                What::Failed | What::Due => {
                    let (failed, due) = due_together(url, keys, stored).await?;
                    measured.extend([(What::Failed, failed), (What::Due, due)]);
                }
                What::FewDue => drop(measured.insert(*what, due_together(url, keys / 10, stored).await?.1)),
                What::AtStart => drop(measured.insert(*what, waiting_at_start(url, AT_START, stored).await?)),
                What::AsMany => drop(measured.insert(*what, failing(url, AT_START, 0, stored).await?)),
            }
        }
        if url == "embedded" {
            // There is no server: what was counted for it is the client again.
            measured.values_mut().for_each(|measured| measured.server = 0.0);
        }
        Ok(Self(measured))
    }

    fn say(&self, url: &str, stored: Stored, round: usize) {
        for (what, measured) in &self.0 {
            let Measured { seconds, client, server, further, .. } = measured;
            eprintln!(
                "round {round}, {url} {stored:?}, {what:?}: {seconds:.3} s, client {client:.1} us, server {server:.1} us{}",
                further.iter().map(|(what, value)| format!(", {what} {value:.3}")).collect::<String>()
            );
        }
    }
}

/// Measures a backend: so many rounds, with so many keys. Only the rows that have all of the words.
///
/// # Errors
/// When something does not come to its end.
pub async fn rows(url: &str, rounds: usize, keys: u64, words: &[&str]) -> Fallible<Vec<Case>> {
    let kinds: &[_] = if url == "nats" { &[Stored::Keyed, Stored::Bare] } else { &[Stored::Keyed] };
    let mut cases = Vec::new();
    for stored in kinds {
        let mut rows = all(url, keys, *stored);
        rows.retain(|row| words.iter().all(|word| row.case.contains(word)));
        let wanted: Vec<What> = rows.iter().flat_map(|row| [row.ours, row.reference]).collect();
        let mut measured = Vec::new();
        for number in 0..rounds {
            let round = Round::measure(url, keys, *stored, &wanted).await?;
            round.say(url, *stored, number);
            measured.push(round);
        }
        let none = Measured { messages: 0, seconds: 0.0, client: 0.0, server: 0.0, further: Default::default() };
        for row in rows {
            let of = |round: &Round, what| round.0.get(&what).unwrap_or(&none).clone();
            let pair = |round: &Round| (row.pair)(&of(round, row.ours), &of(round, row.reference));
            let pairs: Vec<_> = measured.iter().map(pair).collect();
            cases.push(row.case(&pairs));
        }
    }
    Ok(cases)
}
