//! What the storefront tells subscribers: take a dead letter again, give it up, go back, stand still, go on.
//!
//! An operator leaves a command in the log, and the host that runs the subscriber carries it out. Only when there is no such
//! host are the plugins run here, for as long as it takes to see what becomes of a dead letter.

use std::time::Duration;

use stheno::{
    App, Bus, Exit, Operator, RewindTo, SubscriberStatus,
    app::StartError,
    backend::{BackendError, BackendErrorKind},
    delivery::{doc::DeadLetter, why::Why},
    shown::shown,
};

use crate::{print, shop};

/// How long to wait for what becomes of the event.
const PATIENCE: Duration = Duration::from_secs(15);
/// A host that runs the subscriber elsewhere has done what it was asked by then, or has crashed.
const ELSEWHERE: Duration = Duration::from_secs(10);

/// What can be done with a dead letter.
#[derive(Clone, Copy)]
pub(crate) enum Verdict {
    /// Hand it back to its handler.
    Redrive,
    /// Give it up for good.
    Discard,
}

/// Has a dead letter handed back or given up, and says what became of it.
pub(crate) async fn decide(app: App, subscriber: &str, sequence: &str, verdict: Verdict) -> stheno::Result<Exit> {
    let Ok(sequence) = sequence.parse::<u64>() else {
        return Ok(print::misused(&format!("`{sequence}` is no sequence; `dead` shows them")));
    };
    let operator = Operator::new(app.bus());
    let Some(letter) = operator.dead_letter(subscriber, sequence).await? else {
        // Why it is none: the subscriber is misspelt, the event was handled, it waits for a retry.
        let why = operator.why(subscriber, sequence).await?;
        let message = format!("{sequence} is no dead letter of `{subscriber}`: {why}; `dead` shows what is");
        return Ok(print::misused(&message));
    };
    match verdict {
        Verdict::Redrive => operator.redrive(subscriber, sequence).await?,
        Verdict::Discard => operator.discard(subscriber, sequence).await?,
    }
    let status = status(&operator, subscriber).await?;
    if matches!(verdict, Verdict::Redrive) && status.as_ref().is_some_and(SubscriberStatus::is_paused) {
        println!("{sequence} is asked for, and `{}` is paused: it is handled when that goes on", shown(subscriber));
        println!("{}", how_it_goes_on(subscriber, status.is_some_and(|status| status.paused_by_policy)));
        return Ok(Exit::CUT);
    }
    if runs_elsewhere(status.as_ref()) {
        eprintln!("another process runs `{}` and carries this out", shown(subscriber));
        if let Some(why) = settled(&operator, subscriber, &letter, ELSEWHERE).await? {
            return Ok(became(subscriber, &letter, &why));
        }
        // Beside one that lives the plugins only wait here.
        eprintln!("nothing came of it yet; the plugins are started here too, in case that process has crashed");
    }
    let running = match app.provide_shared(shop::from_env()?).start().await {
        Ok(running) => running,
        Err(StartError::Backend(error)) if error.kind() == BackendErrorKind::Permission => {
            eprintln!("this user may not run `{}`; the host that may carries it out when it runs", shown(subscriber));
            not_done_yet(subscriber, &letter);
            // All that this user may do is done.
            return Ok(Exit::OK);
        }
        Err(error) => return Ok(print::refusal(&error)),
    };
    let outcome = settled(running.operator(), subscriber, &letter, PATIENCE).await;
    running.stop().await;
    Ok(match outcome? {
        Some(why) => became(subscriber, &letter, &why),
        None => {
            not_done_yet(subscriber, &letter);
            Exit::CUT
        }
    })
}

pub(crate) async fn status(operator: &Operator, subscriber: &str) -> Result<Option<SubscriberStatus>, BackendError> {
    Ok(operator.subscribers().await?.into_iter().find(|status| status.id == subscriber))
}

/// What has to be done for a subscriber to go on that is paused.
pub(crate) fn how_it_goes_on(subscriber: &str, by_policy: bool) -> String {
    match by_policy {
        true => {
            format!("take `paused = true` out of [subscribers.\"{}\"], and start its host again", shown(subscriber))
        }
        false => format!("let it go on with `resume {}`", shown(subscriber)),
    }
}

/// Whether a process runs the subscriber, or crashed while it did: who stops in order records that.
pub(crate) fn runs_elsewhere(status: Option<&SubscriberStatus>) -> bool {
    status.is_some_and(|status| !status.state.clean)
}

/// What became of a dead letter within this time, if anything did.
async fn settled(
    operator: &Operator,
    subscriber: &str,
    letter: &DeadLetter,
    patience: Duration,
) -> Result<Option<Why>, BackendError> {
    let settled = async {
        loop {
            match operator.why(subscriber, letter.sequence).await? {
                Why::Dead(now) if now.at == letter.at => {}
                // It was paused meanwhile, and nothing comes of it before it is resumed.
                why if is_paused(&why) => return Ok(why),
                Why::Behind { .. } | Why::NotYetTaken { .. } => {}
                // It is handed back, and no attempt has come to its end.
                Why::Retrying(waiting) if waiting.attempts == 0 => {}
                settled => return Ok(settled),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(patience, settled).await.ok().transpose()
}

/// Whether nothing comes of an event because its subscriber is paused.
fn is_paused(why: &Why) -> bool {
    match why {
        Why::Retrying(waiting) | Why::Behind { retry: Some(waiting), .. } => waiting.paused,
        Why::NotYetTaken { paused } => *paused,
        _ => false,
    }
}

fn became(subscriber: &str, letter: &DeadLetter, why: &Why) -> Exit {
    println!("{}  {}  {}: {why}", letter.sequence, letter.name, shown(subscriber));
    if is_paused(why) { Exit::CUT } else { Exit::OK }
}

fn not_done_yet(subscriber: &str, letter: &DeadLetter) {
    let (sequence, subscriber) = (letter.sequence, shown(subscriber));
    println!("{sequence} is asked for, and not done yet; ask again with `why {sequence} {subscriber}`");
}

/// Lets a subscriber see again what came after an event.
pub(crate) async fn rewind(bus: &Bus, subscriber: &str, sequence: &str) -> stheno::Result<Exit> {
    let Ok(after) = sequence.parse::<u64>() else {
        return Ok(print::misused(&format!("`{sequence}` is no sequence; `log` shows them")));
    };
    let operator = Operator::new(bus.clone());
    let last = bus.backend().info().await?.last;
    let before = status(&operator, subscriber).await?;
    // One digit too many would pass over everything that is not handled yet.
    if after > last && before.is_some() {
        let message = format!(
            "the log ends with {last}, and {after} is beyond it; write {last} to go on with the next event that is published"
        );
        return Ok(print::misused(&message));
    }
    let skips = before.is_some_and(|status| status.state.floor < after);
    let asked = operator.rewind(subscriber, RewindTo::After(after)).await;
    let skipped = if skips { "; what it has not taken yet up to there is passed over" } else { "" };
    told(&operator, subscriber, asked, Asked::Rewind(format!("goes on after {after}, as a new run{skipped}"))).await
}

/// Lets a subscriber stand still.
pub(crate) async fn pause(operator: &Operator, subscriber: &str) -> stheno::Result<Exit> {
    let asked = operator.pause(subscriber).await;
    told(operator, subscriber, asked, Asked::Pause).await
}

/// Lets a subscriber go on.
pub(crate) async fn resume(operator: &Operator, subscriber: &str) -> stheno::Result<Exit> {
    let asked = operator.resume(subscriber).await;
    told(operator, subscriber, asked, Asked::Resume).await
}

/// What a subscriber was asked, and nobody waits for.
enum Asked {
    /// With what it comes to.
    Rewind(String),
    Pause,
    Resume,
}

/// Says who carries a command out, or that there is no such subscriber.
async fn told(
    operator: &Operator,
    subscriber: &str,
    asked: Result<(), BackendError>,
    what: Asked,
) -> stheno::Result<Exit> {
    let status = status(operator, subscriber).await?;
    if let Err(error) = asked {
        return if status.is_some() { Err(error.into()) } else { Ok(print::misused(&error.to_string())) };
    }
    let by_policy = status.as_ref().is_some_and(|status| status.paused_by_policy);
    let is_paused = status.as_ref().is_some_and(SubscriberStatus::is_paused);
    let how = how_it_goes_on(subscriber, by_policy);
    let what = match what {
        Asked::Resume if by_policy => {
            let message = format!("{} stands still because its policy says so; {how}", shown(subscriber));
            return Ok(print::misused(&message));
        }
        Asked::Resume => "goes on".to_owned(),
        Asked::Pause => "stands still until `resume`, also over restarts".to_owned(),
        Asked::Rewind(what) if is_paused => format!("{what}; it is paused, and does not begin before that: {how}"),
        Asked::Rewind(what) => what,
    };
    let who = match runs_elsewhere(status.as_ref()) {
        true => "the host that runs it does this within about a second",
        false => "no host runs it now: the next one does this about a second after its start",
    };
    println!("{} {what}; {who}", shown(subscriber));
    Ok(Exit::OK)
}
