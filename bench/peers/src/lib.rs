//! What every peer does around its own loop: it is told where to measure, counts what it handles, and says what came of it.

use std::{
    process,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use serde::{Deserialize, Serialize};
use stheno_bench::{
    Fallible,
    nats::{events::Ledger, side::Place, watch::Watch},
};

/// How many messages a peer that handles several at once handles at once, and how many tasks publish.
pub fn side_by_side() -> usize {
    std::env::var("SIDE_BY_SIDE").ok().and_then(|number| number.parse().ok()).unwrap_or(1)
}

/// What is to be done.
pub fn mode() -> String {
    std::env::var("MODE").unwrap_or_default()
}

/// The event, as the peers decode and encode it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Placed {
    /// ID of the order.
    pub id: String,
    /// Whether nobody should hear of it.
    pub no_notification: bool,
}

/// One measurement, from the first message to the last.
#[derive(Debug)]
pub struct Measurement {
    /// Where.
    pub place: Place,
    ledger: Ledger,
    watch: Mutex<Option<Watch>>,
}

/// The measurement of this process.
///
/// # Panics
/// When nobody said where to measure.
pub fn measurement() -> Arc<Measurement> {
    static ONE: OnceLock<Arc<Measurement>> = OnceLock::new();
    let make = || {
        let place = std::env::var("PLACE").expect("`cargo xtask bench peers` says where");
        let place = serde_json::from_str(&place).expect("it says so in JSON");
        Arc::new(Measurement { place, ledger: Ledger::default(), watch: Mutex::new(None) })
    };
    Arc::clone(ONE.get_or_init(make))
}

impl Measurement {
    /// Time counts from now on.
    ///
    /// # Errors
    /// When the kernel does not say what a process used.
    pub fn begin(&self) -> Fallible<()> {
        let watch = Watch::start(self.place.server)?;
        *self.watch.lock().unwrap_or_else(PoisonError::into_inner) = Some(watch);
        Ok(())
    }

    /// An order was handled, or is published; says what there is to say and ends the process after the last one.
    pub fn handled(&self, id: &str) {
        let before = self.ledger.note(id);
        let result = match before {
            0 if self.watch.lock().unwrap_or_else(PoisonError::into_inner).is_none() => self.begin(),
            _ => Ok(()),
        };
        let result = if before + 1 == self.place.messages { result.and_then(|()| self.end()) } else { result };
        if let Err(error) = result {
            eprintln!("{error}");
            process::exit(1);
        }
    }

    fn end(&self) -> Fallible<()> {
        let watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner).take();
        let measured = watch.ok_or("nothing was begun")?.stop(self.place.messages)?;
        self.ledger.check(self.place.messages, 1)?;
        println!("{}", serde_json::to_string(&measured)?);
        process::exit(0);
    }
}
