//! Time, and the processor time of a process, as the kernel counts it.

use std::{collections::BTreeMap, fs, time::Instant};

use serde::{Deserialize, Serialize};

use crate::Fallible;

/// What the kernel counts processor time in: a hundredth of a second, on every Linux that matters here.
const TICK: f64 = 0.01;

/// What one measurement says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Measured {
    /// How many messages.
    pub messages: u64,
    /// How long they took.
    pub seconds: f64,
    /// Processor time of the client, in microseconds a message.
    pub client: f64,
    /// Processor time of the server, in microseconds a message.
    pub server: f64,
    /// What only some measurements say.
    #[serde(default)]
    pub further: BTreeMap<String, f64>,
}

impl Measured {
    /// Messages per second.
    pub fn rate(&self) -> f64 {
        self.messages as f64 / self.seconds
    }

    /// Says one thing more.
    #[must_use]
    pub fn with(mut self, what: &str, value: f64) -> Self {
        self.further.insert(what.to_owned(), value);
        self
    }
}

/// Runs from the moment it is made.
#[derive(Debug)]
pub struct Watch {
    server: u32,
    server_before: f64,
    client_before: f64,
    start: Instant,
}

impl Watch {
    /// Counts from now on; `server` is the process of the server.
    ///
    /// # Errors
    /// When the kernel does not say what a process used.
    pub fn start(server: u32) -> Fallible<Self> {
        let (server_before, client_before) = (used(server)?, used(std::process::id())?);
        Ok(Self { server, server_before, client_before, start: Instant::now() })
    }

    /// Ends here.
    ///
    /// # Errors
    /// As [`Watch::start`].
    pub fn stop(self, messages: u64) -> Fallible<Measured> {
        let seconds = self.start.elapsed().as_secs_f64();
        let each = |before: f64, after: f64| (after - before) * 1e6 / messages as f64;
        Ok(Measured {
            messages,
            seconds,
            client: each(self.client_before, used(std::process::id())?),
            server: each(self.server_before, used(self.server)?),
            further: BTreeMap::new(),
        })
    }
}

/// Seconds of processor time that a process has used, all its threads together.
fn used(process: u32) -> Fallible<f64> {
    let line = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The program's name, in parentheses, may have spaces.
    let fields = line.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    let ticks = ticks.sum::<Result<f64, _>>()?;
    Ok(ticks * TICK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_says_what_this_process_used() {
        assert!(used(std::process::id()).is_ok_and(|seconds| seconds >= 0.0));
        assert!(used(u32::MAX).is_err());
    }
}
