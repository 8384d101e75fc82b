//! What must hold when servers, connections and disks fail: three real nats-servers, three copies of everything, publishers and
//! subscribers at work meanwhile. Whatever happens, nothing acknowledged is lost, every subscriber gets every event, and the
//! order of a key is kept. `docs/faults.md` has the figures; `STHENO_SEED` repeats a run.

mod connections;
mod disks;
mod servers;
mod world;
