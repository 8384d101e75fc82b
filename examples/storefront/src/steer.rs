//! What the storefront tells subscribers: take a dead letter again, give it up, go back, stand still, go on.
//!
//! An operator leaves a command in the log, and the host that runs the subscriber carries it out. Only when there is no such
//! host are the plugins run here, for as long as it takes to see what becomes of a dead letter.

use std::time::Duration;

use stheno::{
    App, Exit, Operator, RewindTo,
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
    if runs_elsewhere(&operator, subscriber).await? {
        eprintln!("another process runs `{}` and carries this out", shown(subscriber));
        if let Some(why) = settled(&operator, subscriber, &letter, ELSEWHERE).await? {
            return Ok(became(subscriber, &letter, Some(&why)));
        }
        // Beside one that lives the plugins only wait here.
        eprintln!("nothing came of it yet; the plugins are started here too, in case that process has crashed");
    }
    let running = match app.provide_shared(shop::from_env()?).start().await {
        Ok(running) => running,
        Err(StartError::Backend(error)) if error.kind() == BackendErrorKind::Permission => {
            eprintln!("this user may not run `{}`; the host that may carries it out when it runs", shown(subscriber));
            return Ok(became(subscriber, &letter, None));
        }
        Err(error) => return Ok(print::refusal(&error)),
    };
    let outcome = settled(running.operator(), subscriber, &letter, PATIENCE).await;
    running.stop().await;
    Ok(became(subscriber, &letter, outcome?.as_ref()))
}

/// Whether a process runs the subscriber, or crashed while it did: who stops in order records that.
pub(crate) async fn runs_elsewhere(operator: &Operator, subscriber: &str) -> Result<bool, BackendError> {
    let subscribers = operator.subscribers().await?;
    Ok(subscribers.iter().any(|status| status.id == subscriber && !status.state.clean))
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

fn became(subscriber: &str, letter: &DeadLetter, why: Option<&Why>) -> Exit {
    let (sequence, subscriber) = (letter.sequence, shown(subscriber));
    match why {
        Some(why) => println!("{sequence}  {}  {subscriber}: {why}", letter.name),
        None => println!("{sequence} is asked for, and not done yet; ask again with `why {sequence} {subscriber}`"),
    }
    Exit::OK
}

/// Lets a subscriber see again what came after an event.
pub(crate) async fn rewind(operator: &Operator, subscriber: &str, sequence: &str) -> stheno::Result<Exit> {
    let Ok(after) = sequence.parse::<u64>() else {
        return Ok(print::misused(&format!("`{sequence}` is no sequence; `log` shows them")));
    };
    let asked = operator.rewind(subscriber, RewindTo::After(after)).await;
    told(operator, subscriber, asked, &format!("goes on after {after}, as a new run")).await
}

/// Lets a subscriber stand still.
pub(crate) async fn pause(operator: &Operator, subscriber: &str) -> stheno::Result<Exit> {
    let asked = operator.pause(subscriber).await;
    told(operator, subscriber, asked, "stands still until `resume`, also over restarts").await
}

/// Lets a subscriber go on.
pub(crate) async fn resume(operator: &Operator, subscriber: &str) -> stheno::Result<Exit> {
    let asked = operator.resume(subscriber).await;
    told(operator, subscriber, asked, "goes on").await
}

/// Says who carries a command out, or that there is no such subscriber.
async fn told(
    operator: &Operator,
    subscriber: &str,
    asked: Result<(), BackendError>,
    what: &str,
) -> stheno::Result<Exit> {
    if let Err(error) = asked {
        let known = operator.subscribers().await?.iter().any(|status| status.id == subscriber);
        return if known { Err(error.into()) } else { Ok(print::misused(&error.to_string())) };
    }
    let who = match runs_elsewhere(operator, subscriber).await? {
        true => "the host that runs it does this within about a second",
        false => "no host runs it now: the next one does this about a second after its start",
    };
    println!("{} {what}; {who}", shown(subscriber));
    Ok(Exit::OK)
}
