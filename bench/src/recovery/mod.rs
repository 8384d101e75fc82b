//! Recovery after an outage: keys that fall due together, and failures among events that go well, against as many events that all
//! go well on the same backend in the same round.

mod host;
mod place;

use std::time::Duration;

pub(crate) use place::{Place, Stored, fill};

use crate::{
    Case, Fallible,
    nats::watch::{Measured, Watch},
    recovery::host::Run,
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

/// All of them go well, or so many of a hundred fail once and are tried again at once.
async fn failing(url: &str, events: u64, percent: u64, stored: Stored) -> Fallible<Measured> {
    let place = Place::new(url)?;
    fill(&place, events, stored).await?;
    let (watch, before) = (Watch::start(place.server())?, place.messages());
    let run = Run::start(&place, percent, AT_ONCE).await?;
    run.until(events).await?;
    let measured = watch.stop(events)?.with(MESSAGES, (place.messages() - before) as f64 / events as f64);
    run.running.stop().await;
    Ok(measured)
}

/// All of them fail once, and fall due together: how long the failing took, and the rest.
async fn due_together(url: &str, keys: u64, stored: Stored) -> Fallible<(Measured, Measured)> {
    let place = Place::new(url)?;
    fill(&place, keys, stored).await?;
    let watch = Watch::start(place.server())?;
    let run = Run::start(&place, 100, OUTAGE).await?;
    run.running.settle(LIMIT).await?;
    let failed = watch.stop(keys)?;
    let watch = Watch::start(place.server())?;
    run.set_forward();
    run.until(keys).await?;
    let recovered = watch.stop(keys)?;
    run.running.stop().await;
    Ok((failed, recovered))
}

/// As many keys wait when a host starts, and are due.
async fn waiting_at_start(url: &str, keys: u64, stored: Stored) -> Fallible<Measured> {
    let place = Place::new(url)?;
    fill(&place, keys, stored).await?;
    let run = Run::start(&place, 100, OUTAGE).await?;
    run.running.settle(LIMIT).await?;
    run.running.stop().await;
    let watch = Watch::start(place.server())?;
    let run = Run::start(&place, 0, OUTAGE).await?;
    run.set_forward();
    run.until(keys).await?;
    let measured = watch.stop(keys)?;
    run.running.stop().await;
    Ok(measured)
}

/// Processor time of an event in microseconds, of the client and the server together.
fn processor(url: &str, measured: &Measured) -> f64 {
    if url == "nats" { measured.client + measured.server } else { measured.client }
}

/// One round on one backend.
struct Round {
    clean: Measured,
    one: Measured,
    ten: Measured,
    failed: Measured,
    due: Measured,
    few: Measured,
    waiting: Measured,
    fresh: Measured,
}

impl Round {
    async fn measure(url: &str, keys: u64, stored: Stored) -> Fallible<Self> {
        let clean = failing(url, keys, 0, stored).await?;
        let one = failing(url, keys, 1, stored).await?;
        let ten = failing(url, keys, 10, stored).await?;
        let (failed, due) = due_together(url, keys, stored).await?;
        let (_, few) = due_together(url, keys / 10, stored).await?;
        let waiting = waiting_at_start(url, AT_START, stored).await?;
        let fresh = failing(url, AT_START, 0, stored).await?;
        Ok(Self { clean, one, ten, failed, due, few, waiting, fresh })
    }

    fn say(&self, url: &str, stored: Stored, round: usize) {
        let Self { clean, one, ten, failed, due, few, waiting, fresh } = self;
        let all = [clean, one, ten, failed, due, few, waiting, fresh];
        let what = ["0 %", "1 %", "10 %", "failed", "due", "a tenth due", "waiting", "as many fresh"];
        for (what, measured) in what.iter().zip(all) {
            eprintln!(
                "round {round}, {url} {stored:?}, {what}: {:.3} s, client {:.1} us, server {:.1} us, {:.2} messages",
                measured.seconds,
                measured.client,
                measured.server,
                messages(measured)
            );
        }
    }
}

fn messages(measured: &Measured) -> f64 {
    measured.further.get(MESSAGES).copied().unwrap_or(0.0)
}

/// Measures a backend: so many rounds, with so many keys.
///
/// # Errors
/// When something does not come to its end.
pub async fn rows(url: &str, rounds: usize, keys: u64) -> Fallible<Vec<Case>> {
    let is_nats = url == "nats";
    let kinds: &[_] = if is_nats { &[Stored::Keyed, Stored::Bare] } else { &[Stored::Keyed] };
    let (fresh_most, ten_least) = if is_nats { (20.0, 0.25) } else { (10.0, 0.4) };
    let mut cases = Vec::new();
    for stored in kinds {
        let mut measured = Vec::new();
        for number in 0..rounds {
            let round = Round::measure(url, keys, *stored).await?;
            round.say(url, *stored, number);
            measured.push(round);
        }
        let pairs = |pair: &dyn Fn(&Round) -> (f64, f64)| measured.iter().map(pair).collect::<Vec<_>>();
        let name = |what: &str| format!("recovery, {url} {}: {what}", format!("{stored:?}").to_lowercase());
        let cost = |measured: &Measured| 1e6 / processor(url, measured).max(0.01);
        let due = name(&format!("{keys} keys due together"));
        let seconds = |other: fn(&Round) -> &Measured| pairs(&|round| (round.due.seconds, other(round).seconds));
        cases.extend([
            Case::of(format!("{due}, against a tenth of them"), "s", &seconds(|round| &round.few), 12.0).at_most(),
            Case::of(format!("{due}, against fresh events"), "s", &seconds(|round| &round.clean), fresh_most).at_most(),
            Case::of(
                name(&format!("{keys} failing once, against 5,000 a second")),
                "attempts/s",
                &pairs(&|round| (round.failed.rate(), 5_000.0)),
                1.0,
            ),
            Case::of(name("0 % failing"), "events/s", &pairs(&|round| (round.clean.rate(), round.clean.rate())), None),
            Case::of(
                name("1 % failing against 0 %, processor time"),
                "events/s",
                &pairs(&|round| (cost(&round.one), cost(&round.clean))),
                0.5,
            ),
            Case::of(
                name("10 % failing against 0 %, processor time"),
                "events/s",
                &pairs(&|round| (cost(&round.ten), cost(&round.clean))),
                ten_least,
            ),
            Case::of(
                name("200 keys waiting at start, against 200 fresh events"),
                "s",
                &pairs(&|round| (round.waiting.seconds, round.fresh.seconds)),
                10.0,
            )
            .at_most(),
        ]);
        if is_nats {
            let each = pairs(&|round| (messages(&round.ten), 1.0));
            cases.push(Case::of(name("10 % failing, messages an event"), "messages", &each, 3.0).at_most());
        }
    }
    Ok(cases)
}
