//! Waits until the machine has nothing else to do: what another program uses is missing from a measurement.

use std::{
    fs,
    time::{Duration, Instant},
};

/// Below this share of its time the machine counts as idle.
const IDLE: f64 = 0.12;
/// Over how long the share is taken.
const WINDOW: Duration = Duration::from_millis(200);
/// After this long a measurement begins all the same.
const PATIENCE: Duration = Duration::from_secs(8);

/// Waits until the machine is idle; false when it did not become so.
pub async fn quiet() -> bool {
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        let Some(before) = times() else { return false };
        tokio::time::sleep(WINDOW).await;
        let Some(after) = times() else { return false };
        let all = after.0 - before.0;
        if all > 0.0 && 1.0 - (after.1 - before.1) / all < IDLE {
            return true;
        }
    }
    false
}

/// How many programs wanted a processor over the last minute.
pub fn load() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|word| word.parse().ok()).unwrap_or(f64::NAN)
}

/// All time of all processors, and what of it was idle.
fn times() -> Option<(f64, f64)> {
    let text = fs::read_to_string("/proc/stat").ok()?;
    let fields: Vec<f64> = text.lines().next()?.split_whitespace().skip(1).flat_map(str::parse).collect();
    Some((fields.iter().sum(), fields.get(3)? + fields.get(4)?))
}
