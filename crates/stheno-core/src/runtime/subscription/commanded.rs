//! Commands of operators are found in the log, and those who run the subscribers are told that there are some.

use std::{collections::HashSet, sync::Arc, time::Duration};

use tokio::sync::Notify;

use crate::{
    backend::{Backend, BackendError},
    delivery::names,
    runtime::{
        alarm::{Alarm, Verdict},
        store::Pages,
        subscription::supervisors::Supervisors,
    },
};

/// How often commands of other processes are looked for.
const POLL: Duration = Duration::from_secs(1);

/// Looks for commands. Runs on the control thread, for as long as the app does.
pub(crate) async fn watch(
    backend: Arc<dyn Backend>,
    alarm: Arc<Alarm>,
    asked: Arc<Notify>,
    supervisors: Arc<Supervisors>,
) {
    loop {
        let _ = tokio::time::timeout(POLL, asked.notified()).await;
        match say_who_is_asked(&*backend, &supervisors).await {
            Ok(()) => {}
            Err(error) if alarm.judge(&error) == Verdict::Retry => {
                tracing::debug!(%error, "commands could not be read; trying again");
            }
            Err(_) => return,
        }
    }
}

/// Tells every subscriber that there are commands for it. It reads them by itself, as many as it can carry out.
async fn say_who_is_asked(backend: &dyn Backend, supervisors: &Supervisors) -> Result<(), BackendError> {
    let (mut told, mut others) = (HashSet::new(), HashSet::new());
    let mut pages = Pages::of(names::COMMANDS.to_owned());
    while let Some(records) = pages.next(backend).await? {
        for subscriber in records.iter().filter_map(|record| names::commanded(&record.name)) {
            if !told.contains(&subscriber) && !others.contains(&subscriber) {
                match supervisors.say_asked(&subscriber) {
                    true => told.insert(subscriber),
                    false => others.insert(subscriber),
                };
            }
        }
        if told.len() >= supervisors.count() {
            return Ok(());
        }
    }
    Ok(())
}
